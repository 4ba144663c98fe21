/*
** diff.c -- what made one registry another: events to read, and a patch.
**
** A record has no key: names, numbers and pairs of them come several times,
** and all of it can change. So records are paired by content, by the rules
** below, each among those that no rule before it has paired; where a rule
** fits several, the first in one registry's order is the first in the
** other's. Ranges are paired by their ports, between the rules for what
** stayed in its place and the rule for what moved. What is left was added or
** removed. The same two registries always give the same events.
**
** The patch is apart from the events and complete: the second registry's
** three lists as runs of the first one's items and of new ones. A record that
** moved within the document without a change is in the patch and no event.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "lists.h"

#define BIT(text) (1u << (text))
#define NAMED BIT(PTL_NAME)
#define COLUMNS (BIT(PTL_COLUMNS) - 1)
#define PARTS (NONE - 1) /* instead of the one that a record is paired with */

static const ptl_rule in_place[] = {
    /* unchanged */
    {COLUMNS, {0, 0}, {0, 0}},
    /* changed in its place */
    {BIT(PTL_NAME) | BIT(PTL_NUMBER) | BIT(PTL_TRANSPORT), {0, 0}, {0, 0}},
    /* renamed, if somebody or something stayed */
    {BIT(PTL_NUMBER) | BIT(PTL_TRANSPORT) | BIT(PTL_CONTACT),
     {NAMED | BIT(PTL_NUMBER) | BIT(PTL_CONTACT), NAMED},
     {0, 0}},
    {BIT(PTL_NUMBER) | BIT(PTL_TRANSPORT) | BIT(PTL_DESCRIPTION),
     {NAMED | BIT(PTL_NUMBER) | BIT(PTL_DESCRIPTION), NAMED},
     {0, 0}},
};

static const ptl_rule elsewhere[] = {
    /* moved: to another number, then to another transport */
    {BIT(PTL_NAME) | BIT(PTL_TRANSPORT), {NAMED, NAMED}, {0, 0}},
    {BIT(PTL_NAME) | BIT(PTL_NUMBER), {NAMED, NAMED}, {0, 0}},
    /* assigned or de-assigned: one of the two has a name; first on the same
       transport, then on any */
    {BIT(PTL_NUMBER) | BIT(PTL_TRANSPORT), {NAMED | BIT(PTL_NUMBER), 0}, {0, NAMED}},
    {BIT(PTL_NUMBER) | BIT(PTL_TRANSPORT), {BIT(PTL_NUMBER), NAMED}, {NAMED, 0}},
    {BIT(PTL_NUMBER), {NAMED | BIT(PTL_NUMBER), 0}, {0, NAMED}},
    {BIT(PTL_NUMBER), {BIT(PTL_NUMBER), NAMED}, {NAMED, 0}},
};

struct ptl_diff {
  ptl_buffer events;      /* ptl_event[] */
  ptl_buffer runs[LISTS]; /* ptl_run[] */
  uint32_t nold[LISTS];
  ptl_builder *fresh; /* the new items, and the texts of both registries */
  uint64_t sum;       /* of the first registry's records and people */
};

typedef struct {
  ptl_diff *d;
  ptl_builder *texts;        /* whose numbering both registries get; d->fresh */
  ptl_buffer list[2][LISTS]; /* both registries' items */
  ptl_pairing records;
} comparison;

/* ------------------------------------------------------------- loading -- */

static int load(comparison *c, int side, const ptl_snapshot *s, int from, int to) {
  ptl_lists lists = ptl_lists_of(s);
  ptl_copier copier;
  int ok = ptl_copier_begin(&copier, &lists, c->texts), list;
  for (list = from; ok && list < to; list++)
    ok = ptl_copier_copy(&copier, list, 0, lists.n[list], &c->list[side][list]);
  ptl_copier_end(&copier);
  return ok;
}

static uint64_t sum_of_buffer(const ptl_buffer *b) { return ptl_sum(b->data, b->len); }

/* The numbering is by first use, so equal records and people give one sum. */
static uint64_t sum_of(const comparison *c) {
  return sum_of_buffer(&c->list[0][LIST_RECORDS]) + 3 * sum_of_buffer(&c->list[0][LIST_PEOPLE]) +
         5 * sum_of_buffer(&c->texts->texts.bytes) + 7 * sum_of_buffer(&c->texts->texts.offsets);
}

static uint32_t length(const comparison *c, int side, int list) {
  return (uint32_t)(c->list[side][list].len / sizeof(uint32_t) / ptl_list_width[list]);
}

static int begin_pairing(const comparison *c, int list, ptl_pairing *p) {
  return ptl_pairing_begin(p, list, c->list[0][list].data, length(c, 0, list),
                           c->list[1][list].data, length(c, 1, list));
}

static const ptl_record *record_at(const comparison *c, int side, uint32_t i) {
  return nth(const ptl_record, c->list[side][LIST_RECORDS], i);
}

/* -------------------------------------------------------------- events -- */

/* What stands after "RFC" and a blank, or nothing. */
static ptl_str rfc_number(ptl_str label) {
  size_t before = label.len > 3 && label.ptr[3] == ' ' ? 4 : 3;
  ptl_str number = {label.ptr + before, label.len - before};
  if (label.len <= before || memcmp(label.ptr, "RFC", 3) != 0) number.len = 0;
  return number;
}

/* [RFC 6335] and [RFC6335] are one reference. */
static int same_reference(ptl_str a, ptl_str b) {
  ptl_str x = rfc_number(a), y = rfc_number(b);
  return x.len > 0 && y.len > 0 ? ptl_equal(x, y) : ptl_equal(a, b);
}

static int same_references(const comparison *c, uint32_t a, uint32_t b) {
  ptl_str x = ptl_texts_get(&c->texts->texts, a), y = ptl_texts_get(&c->texts->texts, b);
  ptl_str label[2];
  int more[2];
  do {
    more[0] = ptl_next_label(&x, &label[0]);
    more[1] = ptl_next_label(&y, &label[1]);
  } while (more[0] && more[1] && same_reference(label[0], label[1]));
  return !more[0] && !more[1] && ptl_equal(x, y);
}

static uint32_t differing(const comparison *c, const ptl_record *a, const ptl_record *b) {
  uint32_t i, fields = 0;
  for (i = 0; i < PTL_COLUMNS; i++) fields |= (uint32_t)(a->text[i] != b->text[i]) << i;
  if (fields & BIT(PTL_REFERENCE) &&
      same_references(c, a->text[PTL_REFERENCE], b->text[PTL_REFERENCE]))
    fields &= ~BIT(PTL_REFERENCE);
  return fields;
}

static int overlap(const ptl_record *a, const ptl_record *b) {
  return a->flags & b->flags & PTL_HAS_PORT && a->first <= b->last && b->first <= a->last;
}

static uint32_t kind_of(const ptl_record *a, const ptl_record *b, uint32_t fields) {
  static const struct {
    uint32_t fields, kind;
  } kinds[] = {{BIT(PTL_NAME), PTL_EVENT_RENAMED},
               {BIT(PTL_NUMBER) | BIT(PTL_TRANSPORT), PTL_EVENT_MOVED},
               {BIT(PTL_ASSIGNEE), PTL_EVENT_OWNER},
               {BIT(PTL_CONTACT), PTL_EVENT_CONTACT},
               {BIT(PTL_REFERENCE), PTL_EVENT_REFERENCE},
               {BIT(PTL_SERVICE_CODE), PTL_EVENT_SERVICE_CODE},
               {BIT(PTL_UNAUTHORIZED), PTL_EVENT_UNAUTHORIZED},
               {BIT(PTL_DESCRIPTION), PTL_EVENT_DESCRIPTION},
               {BIT(PTL_NOTE), PTL_EVENT_NOTE}};
  int named[2] = {a->text[PTL_NAME] != 0, b->text[PTL_NAME] != 0};
  size_t i;
  if (named[0] != named[1]) return named[1] ? PTL_EVENT_ASSIGNED : PTL_EVENT_DEASSIGNED;
  if (a->status != b->status) return PTL_EVENT_STATUS;
  if (fields & BIT(PTL_NUMBER) && !(fields & (NAMED | BIT(PTL_TRANSPORT))) && overlap(a, b))
    return PTL_EVENT_RESIZED;
  for (i = 0; i < countof(kinds); i++)
    if (fields & kinds[i].fields) return kinds[i].kind;
  return PTL_EVENT_DATE;
}

static int put_event(comparison *c, uint32_t kind, uint32_t before, uint32_t after,
                     uint32_t fields) {
  ptl_event event = {kind, before, after, fields};
  return ptl_append(&c->d->events, &event, sizeof event);
}

static int put_pair(comparison *c, uint32_t i, uint32_t j) {
  const ptl_record *a = record_at(c, 0, i), *b = record_at(c, 1, j);
  uint32_t fields = differing(c, a, b);
  return fields == 0 || put_event(c, kind_of(a, b, fields), i, j, fields);
}

static int put_pairs(comparison *c) {
  uint32_t j;
  for (j = 0; j < c->records.n[1]; j++)
    if (c->records.other[1][j] < PARTS && !put_pair(c, c->records.other[1][j], j)) return 0;
  return 1;
}

static int put_single(comparison *c, int side, uint32_t i) {
  int named = record_at(c, side, i)->text[PTL_NAME] != 0;
  if (side == 0) return put_event(c, named ? PTL_EVENT_DEASSIGNED : PTL_EVENT_REMOVED, i, NONE, 0);
  return put_event(c, named ? PTL_EVENT_ASSIGNED : PTL_EVENT_ADDED, NONE, i, 0);
}

static int put_singles(comparison *c, int side) {
  uint32_t i;
  for (i = 0; i < c->records.n[side]; i++)
    if (c->records.other[side][i] == NONE && !put_single(c, side, i)) return 0;
  return 1;
}

/* -------------------------------------------------------------- ranges -- */

/* A record that no rule has paired yet, with what must be equal to compare
   its ports: name, transport and status. */
typedef struct {
  uint32_t name, kind, first, last, id, links;
} stretch;

static int by_place(const void *a, const void *b) {
  const stretch *x = a, *y = b;
  if (x->name != y->name) return x->name < y->name ? -1 : 1;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  if (x->first != y->first) return x->first < y->first ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

static int gather(const comparison *c, int side, ptl_buffer *out) {
  uint32_t i;
  for (i = 0; i < c->records.n[side]; i++) {
    const ptl_record *r = record_at(c, side, i);
    stretch s = {
        r->text[PTL_NAME], (uint32_t)r->transport << 8 | r->status, r->first, r->last, i, 0};
    if (c->records.other[side][i] != NONE || !(r->flags & PTL_HAS_PORT)) continue;
    if (!ptl_append(out, &s, sizeof s)) return 0;
  }
  if (out->len > 0) qsort(out->data, count(stretch, *out), sizeof(stretch), by_place);
  return 1;
}

/* Negative where all of x is before y, positive where it is after, or 0: they overlap. */
static int beside(const stretch *x, const stretch *y) {
  if (x->name != y->name) return x->name < y->name ? -1 : 1;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  return x->last < y->first ? -1 : y->last < x->first;
}

typedef struct {
  stretch *before, *after;
} link;

/* One walk along both: each step leaves one behind, so that records which lie
   over each other cost no more than others. */
static int find_links(const ptl_buffer list[2], ptl_buffer *links) {
  uint32_t i = 0, j = 0;
  while (i < count(stretch, list[0]) && j < count(stretch, list[1])) {
    link l = {nth(stretch, list[0], i), nth(stretch, list[1], j)};
    int d = beside(l.before, l.after);
    if (d == 0) {
      l.before->links++;
      l.after->links++;
      if (!ptl_append(links, &l, sizeof l)) return 0;
      d = l.before->last <= l.after->last ? -1 : 1;
    }
    if (d < 0)
      i++;
    else
      j++;
  }
  return 1;
}

/* Of ranges in parts each part is told of; the others are pairs like any. */
static int put_links(comparison *c, const ptl_buffer *links) {
  uint32_t i;
  for (i = 0; i < count(link, *links); i++) {
    const link *l = nth(const link, *links, i);
    uint32_t before = l->before->id, after = l->after->id;
    uint32_t fields = differing(c, record_at(c, 0, before), record_at(c, 1, after));
    int parts = l->before->links > 1 || l->after->links > 1;
    uint32_t kind = l->before->links > 1 ? PTL_EVENT_SPLIT : PTL_EVENT_JOINED;
    c->records.other[0][before] = parts ? PARTS : after;
    c->records.other[1][after] = parts ? PARTS : before;
    if (parts && !put_event(c, kind, before, after, fields)) return 0;
  }
  return 1;
}

static int pair_ranges(comparison *c) {
  ptl_buffer list[2] = {{0}, {0}}, links = {0};
  int ok = gather(c, 0, &list[0]) && gather(c, 1, &list[1]) && find_links(list, &links) &&
           put_links(c, &links);
  free(list[0].data);
  free(list[1].data);
  free(links.data);
  return ok;
}

/* ------------------------------------------------------------- pairing -- */

static void apply_rules(comparison *c, const ptl_rule *rules, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) ptl_pairing_apply(&c->records, &rules[i]);
}

static int pair_records(comparison *c) {
  if (!begin_pairing(c, LIST_RECORDS, &c->records)) return 0;
  apply_rules(c, in_place, countof(in_place));
  if (!pair_ranges(c)) return 0;
  apply_rules(c, elsewhere, countof(elsewhere));
  return 1;
}

/* ------------------------------------------------------------ in order -- */

/* Where an event is told: by port, those without one last; then in the order
   of the registry that has it. */
typedef struct {
  uint64_t place;
  ptl_event event;
} placed;

static placed place(const comparison *c, const ptl_event *e) {
  int side = e->after != NONE;
  uint32_t id = side ? e->after : e->before;
  const ptl_record *r = record_at(c, side, id);
  uint64_t port = r->flags & PTL_HAS_PORT ? r->first : PORTS;
  placed p = {port << 40 | (uint64_t)r->transport << 33 | (uint64_t)side << 32 | id, *e};
  return p;
}

static int by_port(const void *a, const void *b) {
  const placed *x = a, *y = b;
  if (x->place != y->place) return x->place < y->place ? -1 : 1;
  return (x->event.before > y->event.before) - (x->event.before < y->event.before);
}

static int sort_events(comparison *c) {
  uint32_t i, n = count(ptl_event, c->d->events);
  placed *list = malloc(((size_t)n + 1) * sizeof *list);
  if (list == NULL) return 0;
  for (i = 0; i < n; i++) list[i] = place(c, nth(ptl_event, c->d->events, i));
  qsort(list, n, sizeof *list, by_port);
  for (i = 0; i < n; i++) *nth(ptl_event, c->d->events, i) = list[i].event;
  free(list);
  return 1;
}

/* --------------------------------------------------------------- patch -- */

/* The second registry's list by the first one's: an item that is the same in
   every word stays, others are new. */
static int patch_list(comparison *c, int list, const ptl_pairing *p) {
  ptl_diff *d = c->d;
  ptl_buffer *fresh = ptl_list_of(d->fresh, list);
  size_t size = p->width * sizeof(uint32_t);
  uint32_t j, nfresh = 0;
  d->nold[list] = p->n[0];
  for (j = 0; j < p->n[1]; j++) {
    const uint32_t *item = ptl_paired(p, 1, j);
    uint32_t where = p->other[1][j];
    if (where >= PARTS || memcmp(ptl_paired(p, 0, where), item, size) != 0) {
      where = p->n[0] + nfresh++;
      if (!ptl_append(fresh, item, size)) return 0;
    }
    if (!ptl_runs_put(&d->runs[list], p->n[0], where)) return 0;
  }
  return 1;
}

static int patch_others(comparison *c) {
  static const ptl_rule same = {BIT(6) - 1, {0, 0}, {0, 0}};
  int list, ok = 1;
  for (list = LIST_PEOPLE; ok && list < LISTS; list++) {
    ptl_pairing p;
    ok = begin_pairing(c, list, &p);
    if (ok && list == LIST_PEOPLE) ptl_pairing_apply(&p, &same);
    ok = ok && patch_list(c, list, &p);
    ptl_pairing_end(&p);
  }
  return ok;
}

static int compare(comparison *c, const ptl_snapshot *a, const ptl_snapshot *b) {
  if (!load(c, 0, a, LIST_RECORDS, LIST_META)) return 0;
  c->d->sum = sum_of(c);
  return load(c, 1, b, LIST_RECORDS, LISTS) && pair_records(c) && put_pairs(c) &&
         put_singles(c, 0) && put_singles(c, 1) && sort_events(c) &&
         patch_list(c, LIST_RECORDS, &c->records) && patch_others(c);
}

static void end_comparison(comparison *c) {
  int list;
  for (list = 0; list < LISTS; list++) {
    free(c->list[0][list].data);
    free(c->list[1][list].data);
  }
  ptl_pairing_end(&c->records);
}

/* -------------------------------------------------------------- public -- */

static ptl_diff *new_diff(void) {
  ptl_diff *d = calloc(1, sizeof *d);
  if (d == NULL) return NULL;
  if ((d->fresh = ptl_builder_new()) != NULL) return d;
  free(d);
  return NULL;
}

void ptl_diff_free(ptl_diff *d) {
  int list;
  if (d == NULL) return;
  free(d->events.data);
  for (list = 0; list < LISTS; list++) free(d->runs[list].data);
  ptl_builder_free(d->fresh);
  free(d);
}

int ptl_diff_new(const ptl_snapshot *a, const ptl_snapshot *b, ptl_diff **out, ptl_error *err) {
  comparison c;
  int ok;
  memset(&c, 0, sizeof c);
  *out = NULL;
  if ((c.d = new_diff()) == NULL) return ptl_fail_memory(err);
  c.texts = c.d->fresh;
  ok = compare(&c, a, b);
  end_comparison(&c);
  if (ok) {
    *out = c.d;
    return PTL_OK;
  }
  ptl_diff_free(c.d);
  return ptl_fail_memory(err);
}

uint32_t ptl_diff_count(const ptl_diff *d) { return count(ptl_event, d->events); }

void ptl_diff_get(const ptl_diff *d, uint32_t i, ptl_event *out) {
  *out = *nth(const ptl_event, d->events, i);
}

/* ------------------------------------------------------------ applying -- */

/* 0: out of memory. */
static int is_base(const ptl_diff *d, const ptl_snapshot *a, int *same) {
  comparison c;
  int ok;
  memset(&c, 0, sizeof c);
  c.texts = ptl_builder_new();
  ok = c.texts != NULL && load(&c, 0, a, LIST_RECORDS, LIST_META);
  *same = ok && sum_of(&c) == d->sum;
  end_comparison(&c);
  ptl_builder_free(c.texts);
  return ok;
}

static int rebuild(const ptl_diff *d, ptl_copier *old, ptl_copier *fresh, ptl_builder *b) {
  uint32_t i;
  int list;
  for (list = 0; list < LISTS; list++)
    for (i = 0; i < count(ptl_run, d->runs[list]); i++) {
      const ptl_run *run = nth(const ptl_run, d->runs[list], i);
      int is_old = run->from < d->nold[list];
      if (!ptl_copier_copy(is_old ? old : fresh, list,
                           is_old ? run->from : run->from - d->nold[list], run->n,
                           ptl_list_of(b, list)))
        return 0;
    }
  return 1;
}

static int apply(const ptl_diff *d, const ptl_snapshot *a, ptl_builder *b) {
  ptl_lists lists[2] = {ptl_lists_of(a), ptl_lists_in(d->fresh)};
  ptl_copier old, fresh;
  int ok = ptl_copier_begin(&old, &lists[0], b) & ptl_copier_begin(&fresh, &lists[1], b);
  ok = ok && rebuild(d, &old, &fresh, b);
  ptl_copier_end(&old);
  ptl_copier_end(&fresh);
  return ok;
}

int ptl_diff_apply(const ptl_diff *d, const ptl_snapshot *a, ptl_snapshot **out, ptl_error *err) {
  ptl_builder *b;
  int same, rc;
  *out = NULL;
  if (!is_base(d, a, &same)) return ptl_fail_memory(err);
  if (!same) return ptl_fail(err, PTL_EFORMAT, "not the registry that this diff begins with");
  if ((b = ptl_builder_new()) == NULL) return ptl_fail_memory(err);
  rc = apply(d, a, b) ? ptl_builder_freeze(b, out, err) : ptl_fail_memory(err);
  ptl_builder_free(b);
  return rc;
}
