/*
** query.c -- every record against every condition; ports by status; free ones.
**
** SPDX-License-Identifier: MIT
*/
#include <string.h>

#include "snapshot.h"

/* ------------------------------------------------------------ matching -- */

/* '*' is any run, '?' any one byte; on a mismatch the last '*' takes one more,
   so this is linear but for the number of stars. */
static int matches_glob(ptl_str s, ptl_str glob) {
  size_t i = 0, j = 0, star = SIZE_MAX, resume = 0;
  while (i < s.len) {
    if (j < glob.len && glob.ptr[j] == '*') {
      star = j++;
      resume = i;
    } else if (j < glob.len && (glob.ptr[j] == '?' || ptl_lower((unsigned char)glob.ptr[j]) ==
                                                          ptl_lower((unsigned char)s.ptr[i]))) {
      i++, j++;
    } else if (star != SIZE_MAX) {
      j = star + 1;
      i = ++resume;
    } else {
      return 0;
    }
  }
  while (j < glob.len && glob.ptr[j] == '*') j++;
  return j == glob.len;
}

static int next_solid(ptl_str *s) {
  int c;
  while (s->len > 0 && ptl_is_space((unsigned char)*s->ptr)) s->ptr++, s->len--;
  if (s->len == 0) return 0;
  c = ptl_lower((unsigned char)*s->ptr);
  s->ptr++, s->len--;
  return c;
}

/* Equal but for case and blanks; what follows a comma in the label is its
   section, and need not be given. */
static int is_label(ptl_str label, ptl_str wanted) {
  int a, b;
  do {
    a = next_solid(&label);
    b = next_solid(&wanted);
  } while (a == b && a != 0);
  return b == 0 && (a == 0 || a == ',');
}

static int has_label(ptl_str text, ptl_str wanted) {
  ptl_str label;
  while (ptl_next_label(&text, &label))
    if (is_label(label, wanted)) return 1;
  return 0;
}

/* Dates are YYYY, YYYY-MM or YYYY-MM-DD: compared as text, on the shorter's
   length where the two agree so far. */
static int compare_dates(ptl_str date, ptl_str bound) {
  size_t n = date.len < bound.len ? date.len : bound.len;
  return n == 0 ? 0 : memcmp(date.ptr, bound.ptr, n);
}

static int holds(ptl_str text, const ptl_condition *c) {
  switch (c->how) {
    case PTL_EQUALS:
      return ptl_equal_folded(text, c->text);
    case PTL_CONTAINS:
      return text.len > 0 && ptl_find_folded(text, c->text) != NULL;
    case PTL_GLOB:
      return matches_glob(text, c->text);
    case PTL_LABEL:
      return has_label(text, c->text);
    case PTL_PRESENT:
      return text.len > 0;
    case PTL_ABSENT:
      return text.len == 0;
    case PTL_FROM:
      return text.len > 0 && compare_dates(text, c->text) >= 0;
    case PTL_UNTIL:
      return text.len > 0 && compare_dates(text, c->text) <= 0;
    default:
      return 0;
  }
}

/* --------------------------------------------------------------- query -- */

static int in_set(uint32_t set, uint32_t bit) { return set == 0 || (set >> bit & 1) != 0; }

/* A record without a transport speaks for all, where it has a port. */
static int has_transport(const ptl_record *r, uint32_t transports) {
  if (r->transport == PTL_NO_TRANSPORT && r->flags & PTL_HAS_PORT)
    return in_set(transports, PTL_NO_TRANSPORT) || (transports & 15) != 0;
  return in_set(transports, r->transport);
}

static int touches(const ptl_portset *ports, const ptl_record *r) {
  const ptl_span *spans;
  uint32_t i, n = ptl_portset_spans(ports, &spans);
  if (!(r->flags & PTL_HAS_PORT)) return 0;
  for (i = 0; i < n; i++)
    if ((r->transport == PTL_NO_TRANSPORT || r->transport == spans[i].transport) &&
        spans[i].first <= r->last && r->first <= spans[i].last)
      return 1;
  return 0;
}

static int matches(const ptl_snapshot *s, const ptl_record *r, const ptl_query *q) {
  uint32_t i;
  if (!in_set(q->statuses, r->status) || !in_set(q->ranges, r->range) ||
      !has_transport(r, q->transports))
    return 0;
  for (i = 0; i < q->nconditions; i++) {
    const ptl_condition *c = &q->conditions[i];
    if (!holds(ptl_text_of(s, r->text[c->field]), c)) return 0;
  }
  return q->ports == NULL || touches(q->ports, r);
}

/* Keeps ids[0, n) in order, each once; returns how many that is. */
static uint32_t insert(uint32_t *ids, uint32_t n, uint32_t id) {
  uint32_t i = n;
  while (i > 0 && ids[i - 1] > id) i--;
  if (i > 0 && ids[i - 1] == id) return n;
  memmove(ids + i + 1, ids + i, (n - i) * sizeof *ids);
  ids[i] = id;
  return n + 1;
}

/* The ids of the cells of a span, which lie together. */
static uint32_t ids_of(const ptl_snapshot *s, const ptl_span *span, const uint32_t **ids) {
  const file_cell *first = ptl_cell_of(s, (int)span->transport, span->first);
  const file_cell *last = ptl_cell_of(s, (int)span->transport, span->last);
  *ids = s->postings + first->at;
  return last[1].at - first->at;
}

/* Of a few ports, the records to look at; FEW + 1 where it is all of them. */
#define FEW 64u

static uint32_t look_up(const ptl_snapshot *s, const ptl_portset *ports, uint32_t found[FEW]) {
  const ptl_span *spans;
  const uint32_t *ids;
  uint32_t i, j, k, n = 0, seen = 0,
                    nspans = ports != NULL ? ptl_portset_spans(ports, &spans) : FEW + 1;
  if (nspans > FEW) return FEW + 1;
  for (i = 0; i < nspans; i++) {
    k = ids_of(s, &spans[i], &ids);
    if (k > FEW || (seen += k) > FEW) return FEW + 1;
    for (j = 0; j < k; j++) n = insert(found, n, ids[j]);
  }
  return n;
}

uint32_t ptl_snapshot_query(const ptl_snapshot *s, const ptl_query *q, uint32_t *out) {
  uint32_t found[FEW + 1], i, n = 0, nfound = look_up(s, q->ports, found);
  int all = nfound > FEW;
  for (i = 0; i < (all ? s->nrecords : nfound); i++) {
    uint32_t id = all ? i : found[i];
    if (matches(s, &s->records[id], q)) out[n++] = id;
  }
  return n;
}

/* --------------------------------------------------------------- ports -- */

int ptl_snapshot_ports(const ptl_snapshot *s, uint32_t statuses, ptl_portset *set, ptl_error *err) {
  uint32_t t, port, from = 0;
  for (t = 0; t < TRANSPORTS; t++) {
    int open = 0;
    for (port = 0; port <= PORTS; port++) {
      int in = port < PORTS && in_set(statuses, ptl_cell_of(s, (int)t, port)->status);
      int rc = PTL_OK;
      if (in && !open) from = port;
      if (!in && open) rc = ptl_portset_add(set, (int)t, from, port - 1, err);
      if (rc != PTL_OK) return rc;
      open = in;
    }
  }
  return PTL_OK;
}

/* ---------------------------------------------------------------- free -- */

static int is_free(const ptl_snapshot *s, uint32_t transports, uint32_t port) {
  uint32_t t;
  for (t = 0; t < TRANSPORTS; t++)
    if (transports >> t & 1 && ptl_cell_of(s, (int)t, port)->status != PTL_UNASSIGNED) return 0;
  return 1;
}

static uint32_t distance(ptl_block b, uint32_t near) {
  return near < b.first ? b.first - near : near > b.last ? near - b.last : 0;
}

/* Keeps 'out' the best 'max' so far, nearest first; the number kept. */
static uint32_t place(ptl_block *out, uint32_t n, uint32_t max, ptl_block b, uint32_t near) {
  uint32_t i;
  if (near != UINT32_MAX && n == max && max > 0 && distance(b, near) < distance(out[n - 1], near))
    n--;
  if (n == max) return n;
  for (i = n; near != UINT32_MAX && i > 0 && distance(b, near) < distance(out[i - 1], near); i--)
    out[i] = out[i - 1];
  out[i] = b;
  return n + 1;
}

uint32_t ptl_snapshot_free(const ptl_snapshot *s, uint32_t transports, uint32_t first,
                           uint32_t last, uint32_t count, uint32_t near, ptl_block *out,
                           uint32_t max) {
  uint32_t port, from = first, found = 0, kept = 0;
  for (port = first; port <= last + 1; port++) {
    if (port <= last && is_free(s, transports, port)) continue;
    if (port > from && port - from >= count) {
      ptl_block b = {(uint16_t)from, (uint16_t)(port - 1)};
      kept = place(out, kept, max, b, near);
      found++;
    }
    from = port + 1;
  }
  return found;
}
