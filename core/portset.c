/*
** portset.c -- sets of ports, as spans on one line.
**
** A set is kept normal: spans in order, apart, none across a transport. So
** two equal sets have equal spans, and every operation is one merging walk.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct ptl_portset {
  ptl_buffer spans; /* ptl_span[] */
};

/* On the line, half-open, so that 65535/tcp and 0/udp do not touch: keys are
   spread with a gap of one between transports. */
static uint64_t from_of(const ptl_span *s) {
  return (uint64_t)s->transport * (PORTS + 1) + s->first;
}

static uint64_t to_of(const ptl_span *s) { return from_of(s) + (uint64_t)(s->last - s->first) + 1; }

static uint32_t size(const ptl_portset *set) { return count(ptl_span, set->spans); }

static const ptl_span *span_at(const ptl_portset *set, uint32_t i) {
  return nth(const ptl_span, set->spans, i);
}

ptl_portset *ptl_portset_new(void) { return calloc(1, sizeof(ptl_portset)); }

void ptl_portset_free(ptl_portset *set) {
  if (set == NULL) return;
  free(set->spans.data);
  free(set);
}

uint32_t ptl_portset_spans(const ptl_portset *set, const ptl_span **spans) {
  *spans = set->spans.data;
  return size(set);
}

uint32_t ptl_portset_count(const ptl_portset *set) {
  uint32_t i, n = 0;
  for (i = 0; i < size(set); i++)
    n += (uint32_t)(span_at(set, i)->last - span_at(set, i)->first) + 1;
  return n;
}

int ptl_portset_contains(const ptl_portset *set, int transport, uint32_t port) {
  ptl_span wanted = {(uint16_t)port, (uint16_t)port, (uint32_t)transport};
  uint32_t lo = 0, hi = size(set);
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (to_of(span_at(set, mid)) <= from_of(&wanted))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < size(set) && from_of(span_at(set, lo)) <= from_of(&wanted);
}

/* ----------------------------------------------------------- combining -- */

/* Some of a set's spans, next to each other. */
typedef struct {
  const ptl_span *spans;
  uint32_t n;
} view;

static view all_of(const ptl_portset *set) {
  view v = {set->spans.data, size(set)};
  return v;
}

static int emit(ptl_buffer *out, uint64_t from, uint64_t to) {
  uint64_t base = from / (PORTS + 1) * (PORTS + 1);
  ptl_span s = {(uint16_t)(from - base), (uint16_t)(to - 1 - base), (uint32_t)(from / (PORTS + 1))};
  return ptl_append(out, &s, sizeof s);
}

/* One edge at a time along the line: even positions open a span, odd ones
   close it. */
static uint64_t edge(view v, uint32_t i) {
  if (i / 2 >= v.n) return UINT64_MAX;
  return i % 2 == 0 ? from_of(&v.spans[i / 2]) : to_of(&v.spans[i / 2]);
}

static int holds(int op, int in_a, int in_b) {
  return op == '+' ? in_a || in_b : op == '-' ? in_a && !in_b : in_a && in_b;
}

static int walk(ptl_buffer *out, int op, view a, view b) {
  uint32_t i = 0, j = 0;
  uint64_t from = 0;
  int open = 0;
  while (i / 2 < a.n || j / 2 < b.n) {
    uint64_t x = edge(a, i), y = edge(b, j), at = x < y ? x : y;
    int now;
    if (x == at) i++;
    if (y == at) j++;
    now = holds(op, i % 2, j % 2);
    if (now && !open) from = at;
    if (!now && open && !emit(out, from, at)) return 0;
    open = now;
  }
  return 1;
}

/* How many spans of 'a' end before 'from' (or begin past 'to'). */
static uint32_t ending_before(view a, uint64_t from) {
  uint32_t lo = 0, hi = a.n;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (to_of(&a.spans[mid]) < from)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static uint32_t not_past(view a, uint64_t to) {
  uint32_t lo = 0, hi = a.n;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (from_of(&a.spans[mid]) <= to)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static int copy(ptl_buffer *out, const ptl_span *spans, uint32_t n) {
  return ptl_append(out, spans, n * sizeof *spans);
}

/* Only what lies about 'b' is walked; of 'a' before and after it all is kept
   as it is, or, for what both have, nothing. */
static int combine(ptl_buffer *out, int op, view a, view b) {
  uint32_t from = b.n > 0 ? ending_before(a, from_of(&b.spans[0])) : a.n;
  uint32_t to = b.n > 0 ? not_past(a, to_of(&b.spans[b.n - 1])) : a.n;
  view about = {from > 0 ? a.spans + from : a.spans, to - from};
  if (op != '*' && !copy(out, a.spans, from)) return 0;
  return walk(out, op, about, b) && (op == '*' || copy(out, a.spans + to, a.n - to));
}

int ptl_portset_combine(ptl_portset *result, int op, const ptl_portset *a, const ptl_portset *b,
                        ptl_error *err) {
  ptl_buffer out = {0};
  int swap = op != '-' && size(b) > size(a);
  if (!combine(&out, op, all_of(swap ? b : a), all_of(swap ? a : b))) {
    free(out.data);
    return ptl_fail_memory(err);
  }
  free(result->spans.data); /* 'result' may be 'a' or 'b' */
  result->spans = out;
  return PTL_OK;
}

int ptl_portset_add(ptl_portset *set, int transport, uint32_t first, uint32_t last,
                    ptl_error *err) {
  ptl_span span = {(uint16_t)first, (uint16_t)last, (uint32_t)transport};
  ptl_portset one = {{&span, sizeof span, sizeof span}};
  uint32_t n = size(set);
  if (n > 0 && to_of(span_at(set, n - 1)) < from_of(&span)) /* in order, as most come */
    return ptl_append(&set->spans, &span, sizeof span) ? PTL_OK : ptl_fail_memory(err);
  return ptl_portset_combine(set, '+', set, &one, err);
}

/* ------------------------------------------------------------- parsing -- */

typedef struct {
  const char *text, *p, *end;
  ptl_error *err;
} cursor;

static int wrong(const cursor *c, const char *at, const char *what, size_t len) {
  return ptl_fail_at(c->err, "ports", 1, (uint32_t)(at - c->text) + 1, "%s '%.*s'", what,
                     (int)(len < 40 ? len : 40), at);
}

/* The part up to '/', ',' or the end, without blanks around it. */
static ptl_str part(cursor *c) {
  ptl_str s = {c->p, 0};
  while (c->p < c->end && *c->p != '/' && *c->p != ',') c->p++;
  s.len = (size_t)(c->p - s.ptr);
  return ptl_trim(s);
}

static int add_everywhere(ptl_portset *set, int transport, uint32_t first, uint32_t last,
                          ptl_error *err) {
  int t, rc = PTL_OK;
  if (transport >= 0) return ptl_portset_add(set, transport, first, last, err);
  for (t = 0; t < (int)TRANSPORTS && rc == PTL_OK; t++)
    rc = ptl_portset_add(set, t, first, last, err);
  return rc;
}

static int read_range(const cursor *c, ptl_str s, uint32_t *first, uint32_t *last) {
  ptl_row row;
  memset(&row, 0, sizeof row);
  row.text[PTL_NUMBER] = s;
  if (s.len == 0 || ptl_row_ports(&row) != NULL)
    return wrong(c, s.ptr, "port must be 0-65535 or a range, not", s.len);
  *first = row.first;
  *last = row.last;
  return PTL_OK;
}

/* "tcp/22", "22/tcp", "22", "tcp" or "*" */
static int read_item(cursor *c, ptl_portset *set) {
  ptl_str a = part(c), b = {NULL, 0};
  uint32_t first = 0, last = PORTS - 1;
  int transport = ptl_transport_named(a), rc;
  if (c->p < c->end && *c->p == '/') {
    c->p++;
    b = part(c);
    if (transport < 0 && (transport = ptl_transport_named(b)) < 0)
      return wrong(c, b.ptr, "transport must be tcp, udp, sctp or dccp, not", b.len);
    if (ptl_transport_named(a) >= 0) a = b;
    if ((rc = read_range(c, a, &first, &last)) != PTL_OK) return rc;
  } else if (transport < 0 && !ptl_equal(a, ptl_literal("*"))) {
    if ((rc = read_range(c, a, &first, &last)) != PTL_OK) return rc;
  }
  return add_everywhere(set, transport, first, last, c->err);
}

static int is_blank(const cursor *c) {
  ptl_str rest = {c->p, (size_t)(c->end - c->p)};
  return ptl_trim(rest).len == 0;
}

int ptl_portset_parse(ptl_portset *set, const char *text, size_t len, ptl_error *err) {
  cursor c = {text, text, text + len, err};
  int rc = PTL_OK;
  if (is_blank(&c)) return PTL_OK;
  for (;;) {
    if ((rc = read_item(&c, set)) != PTL_OK || c.p == c.end) return rc;
    if (*c.p != ',') return wrong(&c, c.p, "a comma must follow, not", 1);
    c.p++;
  }
}
