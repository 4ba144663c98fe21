/*
** history.c -- a registry at many dates, in one file.
**
** Each item (lists.h) is kept once, whatever editions have it; an edition is
** its three lists as runs of the items of the edition before, and of items by
** number. So an edition costs what changed in it, and any is made by reading
** runs, never texts. Every 64th tells its lists by number alone: no edition
** needs more than 63 others, however long the history is.
**
** A date is no key: two registries can bear one. Editions are in order of
** date, those of one date in the order in which they came.
**
** A history file is not trusted: it is read whole and checked once, as a
** snapshot is. An item stands at most once in an edition, so what is made of
** a file is bounded by the file.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "lists.h"

#define WHOLE_EVERY 64u /* editions */

/* One a day for 44 years; what walks all editions stays bounded by the file. */
#define MOST_EDITIONS (1u << 14)

/* The first tables are the lists' items. */
enum { RUN_AT = LISTS, RUNS, EDITIONS, EDITION_TEXT_AT, EDITION_TEXT, HISTORY_TABLES };

typedef struct {
  uint32_t date; /* text number */
  uint32_t added, removed;
  uint32_t n[LISTS];
} file_edition;

static const uint8_t width[HISTORY_TABLES] = {[LIST_RECORDS] = sizeof(ptl_record),
                                              [LIST_PEOPLE] = sizeof(ptl_person),
                                              [LIST_META] = sizeof(ptl_meta),
                                              [RUN_AT] = 4,
                                              [RUNS] = sizeof(ptl_run),
                                              [EDITIONS] = sizeof(file_edition),
                                              [EDITION_TEXT_AT] = 4,
                                              [EDITION_TEXT] = 1};

static const ptl_form form = {"a history", "portolan history add", "PTLHISTO",
                              1,           HISTORY_TABLES,         width};

struct ptl_history {
  const char *bytes;
  size_t size;
  ptl_lists items; /* of all editions */
  uint32_t neditions;
  const file_edition *editions;
  const uint32_t *run_at; /* of list l of edition e: runs[run_at[e * LISTS + l], ...next) */
  const ptl_run *runs;
};

static ptl_str text_of(const ptl_history *h, uint32_t number) {
  const uint32_t *at = h->items.text_at + number;
  ptl_str s = {h->items.text + at[0], at[1] - at[0]};
  return s;
}

/* ------------------------------------------------------------ checking -- */

static uint32_t entries(const ptl_history *h, int table) {
  return ptl_header(h->bytes)->table[table].count;
}

static const void *start(const ptl_history *h, int table) {
  return h->bytes + ptl_header(h->bytes)->table[table].at;
}

static void locate(ptl_history *h) {
  int list;
  for (list = 0; list < LISTS; list++) {
    h->items.items[list] = start(h, list);
    h->items.n[list] = entries(h, list);
  }
  h->items.text_at = start(h, EDITION_TEXT_AT);
  h->items.text = start(h, EDITION_TEXT);
  h->items.ntexts = entries(h, EDITION_TEXT_AT) - 1;
  h->neditions = entries(h, EDITIONS);
  h->editions = start(h, EDITIONS);
  h->run_at = start(h, RUN_AT);
  h->runs = start(h, RUNS);
}

/* How many items of the edition before a list may be told by. */
static uint32_t old_items(const ptl_history *h, uint32_t edition, int list) {
  return edition % WHOLE_EVERY == 0 ? 0 : h->editions[edition - 1].n[list];
}

static int runs_ok(const ptl_history *h, uint32_t edition, int list) {
  uint32_t at = edition * LISTS + (uint32_t)list, i, nold = old_items(h, edition, list);
  uint64_t n = 0;
  for (i = h->run_at[at]; i < h->run_at[at + 1]; i++) {
    const ptl_run *run = &h->runs[i];
    uint64_t end = (uint64_t)run->from + run->n;
    if (end > (run->from < nold ? nold : (uint64_t)nold + h->items.n[list])) return 0;
    n += run->n;
  }
  return n == h->editions[edition].n[list] && n <= h->items.n[list];
}

static int is_digit(int c) { return c >= '0' && c <= '9'; }

/* "YYYY-MM-DD" */
static int is_date(ptl_str s) {
  size_t i;
  if (s.len != 10) return 0;
  for (i = 0; i < s.len; i++)
    if (i == 4 || i == 7 ? s.ptr[i] != '-' : !is_digit(s.ptr[i])) return 0;
  return memcmp(s.ptr + 5, "00", 2) > 0 && memcmp(s.ptr + 5, "12", 2) <= 0 &&
         memcmp(s.ptr + 8, "00", 2) > 0 && memcmp(s.ptr + 8, "31", 2) <= 0;
}

static int edition_ok(const ptl_history *h, uint32_t i) {
  uint32_t date = h->editions[i].date;
  int list;
  if (date >= h->items.ntexts || !is_date(text_of(h, date))) return 0;
  if (i > 0 && memcmp(text_of(h, date).ptr, text_of(h, h->editions[i - 1].date).ptr, 10) < 0)
    return 0;
  for (list = 0; list < LISTS; list++)
    if (!runs_ok(h, i, list)) return 0;
  return 1;
}

static int items_ok(const ptl_history *h) {
  const ptl_lists *l = &h->items;
  return ptl_records_ok(start(h, LIST_RECORDS), l->n[LIST_RECORDS], l->ntexts) &&
         ptl_all_below(l->items[LIST_PEOPLE], (size_t)l->n[LIST_PEOPLE] * 6, l->ntexts) &&
         ptl_all_below(l->items[LIST_META], (size_t)l->n[LIST_META] * 2, l->ntexts);
}

static int check(ptl_history *h) {
  uint32_t i;
  if (entries(h, EDITION_TEXT_AT) < 2) return 0;
  locate(h);
  if (h->neditions > MOST_EDITIONS || h->neditions * LISTS + 1 != entries(h, RUN_AT) ||
      !ptl_offsets_ok(h->items.text_at, h->items.ntexts + 1, entries(h, EDITION_TEXT)) ||
      h->items.text_at[1] != 0 ||
      !ptl_offsets_ok(h->run_at, entries(h, RUN_AT), entries(h, RUNS)) || !items_ok(h))
    return 0;
  for (i = 0; i < h->neditions; i++)
    if (!edition_ok(h, i)) return 0;
  return 1;
}

/* ------------------------------------------------------------- opening -- */

static int adopt(const ptl_history *h, ptl_history **out, ptl_error *err) {
  ptl_history *copy = malloc(sizeof *copy);
  if (copy == NULL) {
    ptl_pages_free(h->bytes, h->size);
    return ptl_fail_memory(err);
  }
  *copy = *h;
  *out = copy;
  return PTL_OK;
}

/* Takes over untrusted bytes from ptl_pages. */
static int admit(const char *bytes, size_t size, const char *source, ptl_history **out,
                 ptl_error *err) {
  ptl_history h = {.bytes = bytes, .size = size};
  int rc = ptl_form_check(&form, bytes, size, source, err);
  if (rc == PTL_OK && !check(&h)) rc = ptl_form_damaged(&form, source, err);
  if (rc == PTL_OK) return adopt(&h, out, err);
  ptl_pages_free(bytes, size);
  return rc;
}

int ptl_history_open(const char *path, ptl_history **out, ptl_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  int rc = ptl_file_read(path, &bytes, &size, err);
  *out = NULL;
  return rc == PTL_OK ? admit(bytes, size, path, out, err) : rc;
}

int ptl_history_load(const char *source, const char *bytes, size_t len, ptl_history **out,
                     ptl_error *err) {
  char *copy = ptl_pages(len);
  *out = NULL;
  if (copy == NULL) return ptl_fail_memory(err);
  if (len > 0) memcpy(copy, bytes, len);
  return admit(copy, len, source, out, err);
}

int ptl_history_write(const ptl_history *h, const char *path, ptl_error *err) {
  return ptl_file_write(path, h->bytes, h->size, err);
}

void ptl_history_close(ptl_history *h) {
  if (h == NULL) return;
  ptl_pages_free(h->bytes, h->size);
  free(h);
}

/* ------------------------------------------------------------- walking -- */

/* The lists of one edition, as item numbers. */
typedef struct {
  ptl_buffer list[LISTS], spare; /* uint32_t[] */
} edition;

static void end_edition(edition *e) {
  int list;
  for (list = 0; list < LISTS; list++) free(e->list[list].data);
  free(e->spare.data);
}

static int put_run(const edition *e, int list, const ptl_run *run, uint32_t nold, ptl_buffer *out) {
  uint32_t i, number;
  if (run->from < nold)
    return ptl_append(out, nth(const uint32_t, e->list[list], run->from),
                      run->n * sizeof(uint32_t));
  if (!ptl_reserve(out, run->n * sizeof(uint32_t))) return 0;
  for (i = 0; i < run->n; i++) {
    number = run->from - nold + i;
    if (!ptl_append(out, &number, sizeof number)) return 0;
  }
  return 1;
}

/* From edition i - 1 to edition i. */
static int step(const ptl_history *h, uint32_t i, edition *e) {
  int list;
  for (list = 0; list < LISTS; list++) {
    const uint32_t *at = h->run_at + i * LISTS + list;
    uint32_t run, nold = old_items(h, i, list);
    ptl_buffer old = e->list[list];
    e->spare.len = 0;
    for (run = at[0]; run < at[1]; run++)
      if (!put_run(e, list, &h->runs[run], nold, &e->spare)) return 0;
    e->list[list] = e->spare;
    e->spare = old;
  }
  return 1;
}

static int walk_to(const ptl_history *h, uint32_t i, edition *e) {
  uint32_t at;
  for (at = i - i % WHOLE_EVERY; at <= i; at++)
    if (!step(h, at, e)) return 0;
  return 1;
}

/* -------------------------------------------------------------- asking -- */

uint32_t ptl_history_count(const ptl_history *h) { return h->neditions; }

void ptl_history_get(const ptl_history *h, uint32_t i, ptl_edition *out) {
  const file_edition *e = &h->editions[i];
  out->date = text_of(h, e->date);
  out->records = e->n[LIST_RECORDS];
  out->added = e->added;
  out->removed = e->removed;
}

static int copy_edition(const ptl_history *h, const edition *e, ptl_builder *b) {
  ptl_copier copier;
  int ok = ptl_copier_begin(&copier, &h->items, b), list;
  uint32_t i;
  for (list = 0; list < LISTS; list++)
    for (i = 0; ok && i < count(uint32_t, e->list[list]); i++)
      ok = ptl_copier_copy(&copier, list, *nth(const uint32_t, e->list[list], i), 1,
                           ptl_list_of(b, list));
  ptl_copier_end(&copier);
  return ok;
}

int ptl_history_at(const ptl_history *h, uint32_t i, ptl_snapshot **out, ptl_error *err) {
  ptl_builder *b = ptl_builder_new();
  edition e;
  int rc;
  memset(&e, 0, sizeof e);
  *out = NULL;
  if (b != NULL && walk_to(h, i, &e) && copy_edition(h, &e, b))
    rc = ptl_builder_freeze(b, out, err);
  else
    rc = ptl_fail_memory(err);
  end_edition(&e);
  ptl_builder_free(b);
  return rc;
}

static int is_at(const ptl_history *h, uint32_t number, int transport, uint32_t port) {
  const ptl_record *r = (const ptl_record *)(const void *)ptl_item(&h->items, LIST_RECORDS, number);
  return r->flags & PTL_HAS_PORT && r->first <= port && port <= r->last &&
         (r->transport == transport || r->transport == PTL_NO_TRANSPORT);
}

/* The items at a port, in order. */
static int records_at(const ptl_history *h, const edition *e, int transport, uint32_t port,
                      ptl_buffer *out) {
  const ptl_buffer *records = &e->list[LIST_RECORDS];
  uint32_t i;
  out->len = 0;
  for (i = 0; i < count(uint32_t, *records); i++) {
    const uint32_t *number = nth(const uint32_t, *records, i);
    if (is_at(h, *number, transport, port) && !ptl_append(out, number, sizeof *number)) return 0;
  }
  return 1;
}

static int same_numbers(const ptl_buffer *a, const ptl_buffer *b) {
  return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int ptl_history_of(const ptl_history *h, int transport, uint32_t port, uint32_t *out, uint32_t *n,
                   ptl_error *err) {
  ptl_buffer there[2] = {{0}, {0}};
  edition e;
  uint32_t i;
  int ok = 1;
  memset(&e, 0, sizeof e);
  *n = 0;
  for (i = 0; ok && i < h->neditions; i++) {
    ok = step(h, i, &e) && records_at(h, &e, transport, port, &there[i % 2]);
    if (ok && !same_numbers(&there[0], &there[1])) out[(*n)++] = i;
  }
  end_edition(&e);
  free(there[0].data);
  free(there[1].data);
  return ok ? PTL_OK : ptl_fail_memory(err);
}

/* -------------------------------------------------------------- adding -- */

/* The items of the history and of one registry more, and the editions told
   anew by them. */
typedef struct {
  ptl_builder *b;
  edition added, at, before;
  uint32_t *place; /* by item: where it stands in the edition before, or NONE */
  ptl_buffer run_at, runs, editions;
} writer;

/* Gives each item of the registry a number: that of the history's own one
   that is the same, or a new one. */
static int number_items(writer *w, int list, const ptl_buffer *items, const ptl_pairing *p) {
  ptl_buffer *all = ptl_list_of(w->b, list);
  size_t size = p->width * sizeof(uint32_t);
  uint32_t j, nnew = 0;
  for (j = 0; j < p->n[1]; j++) {
    uint32_t number = p->other[1][j];
    if (number == NONE) {
      number = p->n[0] + nnew++;
      if (!ptl_append(all, (const char *)items->data + j * size, size)) return 0;
    }
    if (!ptl_append(&w->added.list[list], &number, sizeof number)) return 0;
  }
  return 1;
}

static int add_list(writer *w, ptl_copier *copier, int list) {
  ptl_rule same = {UINT32_MAX >> (32 - ptl_list_width[list]), {0, 0}, {0, 0}};
  ptl_lists all = ptl_lists_in(w->b);
  ptl_buffer items = {0};
  ptl_pairing p;
  int ok;
  ok = ptl_copier_copy(copier, list, 0, copier->from->n[list], &items);
  ok = ptl_pairing_begin(&p, list, all.items[list], all.n[list], items.data,
                         ok ? copier->from->n[list] : 0) &&
       ok;
  if (ok) ptl_pairing_apply(&p, &same);
  ok = ok && number_items(w, list, &items, &p);
  ptl_pairing_end(&p);
  free(items.data);
  return ok;
}

static int add_items(writer *w, const ptl_lists *from, int numbered) {
  ptl_copier copier;
  int ok = ptl_copier_begin(&copier, from, w->b), list;
  for (list = 0; ok && list < LISTS; list++)
    ok = numbered ? add_list(w, &copier, list)
                  : ptl_copier_copy(&copier, list, 0, from->n[list], ptl_list_of(w->b, list));
  ptl_copier_end(&copier);
  return ok;
}

/* One list of an edition by that of the one before; '*stayed' is how many
   items are in both. */
static int put_list(writer *w, int list, const ptl_buffer *numbers, int whole, uint32_t *stayed) {
  const ptl_buffer *before = &w->before.list[list];
  uint32_t i, start_at = count(ptl_run, w->runs), nold = whole ? 0 : count(uint32_t, *before);
  ptl_buffer runs = {0};
  int ok = ptl_append(&w->run_at, &start_at, sizeof start_at);
  for (i = 0; i < count(uint32_t, *before); i++) w->place[*nth(const uint32_t, *before, i)] = i;
  *stayed = 0;
  for (i = 0; ok && i < count(uint32_t, *numbers); i++) {
    uint32_t number = *nth(const uint32_t, *numbers, i), place = w->place[number];
    *stayed += place != NONE;
    ok = ptl_runs_put(&runs, nold, whole || place == NONE ? nold + number : place);
  }
  for (i = 0; i < count(uint32_t, *before); i++) w->place[*nth(const uint32_t, *before, i)] = NONE;
  ok = ok && ptl_append(&w->runs, runs.data, runs.len);
  free(runs.data);
  return ok;
}

static int put_edition(writer *w, ptl_str date, const edition *e) {
  file_edition f;
  int list, whole = count(file_edition, w->editions) % WHOLE_EVERY == 0;
  uint32_t stayed[LISTS];
  memset(&f, 0, sizeof f);
  for (list = 0; list < LISTS; list++) {
    f.n[list] = count(uint32_t, e->list[list]);
    if (!put_list(w, list, &e->list[list], whole, &stayed[list])) return 0;
  }
  f.added = f.n[LIST_RECORDS] - stayed[LIST_RECORDS];
  f.removed = count(uint32_t, w->before.list[LIST_RECORDS]) - stayed[LIST_RECORDS];
  for (list = 0; list < LISTS; list++) {
    w->before.list[list].len = 0;
    if (!ptl_append(&w->before.list[list], e->list[list].data, e->list[list].len)) return 0;
  }
  return ptl_texts_intern(&w->b->texts, date, &f.date) && ptl_append(&w->editions, &f, sizeof f);
}

static int is_added(const writer *w) {
  return same_numbers(&w->added.list[LIST_RECORDS], &w->at.list[LIST_RECORDS]) &&
         same_numbers(&w->added.list[LIST_PEOPLE], &w->at.list[LIST_PEOPLE]);
}

static int by_date(const ptl_history *h, uint32_t i, ptl_str date) {
  return memcmp(text_of(h, h->editions[i].date).ptr, date.ptr, 10);
}

/* All editions again, with the added one at its place. Negative: out of
   memory; 0: it is there already. */
static int put_editions(writer *w, const ptl_history *h, ptl_str date) {
  uint32_t i, n = h == NULL ? 0 : h->neditions;
  int put = 0;
  for (i = 0; i < n; i++) {
    if (!put && by_date(h, i, date) > 0) {
      if (!put_edition(w, date, &w->added)) return -1;
      put = 1;
    }
    if (!step(h, i, &w->at)) return -1;
    if (by_date(h, i, date) == 0 && is_added(w)) return 0;
    if (!put_edition(w, text_of(h, h->editions[i].date), &w->at)) return -1;
  }
  return put || put_edition(w, date, &w->added) ? 1 : -1;
}

static int begin_places(writer *w) {
  uint32_t most = 0, n;
  int list;
  for (list = 0; list < LISTS; list++) {
    n = (uint32_t)(ptl_list_of(w->b, list)->len / width[list]);
    most = n > most ? n : most;
  }
  w->place = malloc(((size_t)most + 1) * sizeof *w->place);
  if (w->place != NULL) memset(w->place, 255, ((size_t)most + 1) * sizeof *w->place);
  return w->place != NULL;
}

static int pack(writer *w, ptl_history **out, ptl_error *err) {
  ptl_buffer tables[HISTORY_TABLES];
  ptl_history h = {0};
  char *bytes = NULL;
  uint32_t end = count(ptl_run, w->runs);
  int list, rc;
  if (!ptl_append(&w->run_at, &end, sizeof end)) return ptl_fail_memory(err);
  for (list = 0; list < LISTS; list++) tables[list] = *ptl_list_of(w->b, list);
  tables[RUN_AT] = w->run_at;
  tables[RUNS] = w->runs;
  tables[EDITIONS] = w->editions;
  tables[EDITION_TEXT_AT] = w->b->texts.offsets;
  tables[EDITION_TEXT] = w->b->texts.bytes;
  if ((rc = ptl_form_pack(&form, tables, &bytes, &h.size, err)) != PTL_OK) return rc;
  h.bytes = bytes;
  locate(&h);
  return adopt(&h, out, err);
}

static void end_writer(writer *w) {
  ptl_builder_free(w->b);
  end_edition(&w->added);
  end_edition(&w->at);
  end_edition(&w->before);
  free(w->place);
  free(w->run_at.data);
  free(w->runs.data);
  free(w->editions.data);
}

static int add(writer *w, const ptl_history *h, const ptl_snapshot *s, ptl_str date) {
  ptl_lists more = ptl_lists_of(s);
  if ((w->b = ptl_builder_new()) == NULL) return -1;
  if (h != NULL && !add_items(w, &h->items, 0)) return -1;
  if (!add_items(w, &more, 1) || !begin_places(w)) return -1;
  return put_editions(w, h, date);
}

int ptl_history_add(const ptl_history *h, const ptl_snapshot *s, const char *date,
                    ptl_history **out, ptl_error *err) {
  writer w;
  int added, rc = PTL_OK;
  *out = NULL;
  if (!is_date(ptl_literal(date)))
    return ptl_fail(err, PTL_ESYNTAX, "a date is written 2026-08-17, not '%.40s'", date);
  if (h != NULL && h->neditions == MOST_EDITIONS)
    return ptl_fail(err, PTL_ELIMIT, "a history holds %u editions", MOST_EDITIONS);
  memset(&w, 0, sizeof w);
  added = add(&w, h, s, ptl_literal(date));
  if (added < 0)
    rc = ptl_fail_memory(err);
  else if (added > 0)
    rc = pack(&w, out, err);
  end_writer(&w);
  return rc;
}
