/*
** index.c -- a builder's records become a snapshot: cut, sort, lay out.
**
** The ports of a transport are cut wherever a record begins or ends; between
** two cuts every port has the same records, so one cell serves them all. The
** same input gives the same bytes: nothing here depends on time or addresses.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "snapshot.h"

/* Overlapping ranges multiply; nobody's registry comes near this. */
#define MAX_POSTINGS (1u << 26)

typedef struct {
  ptl_builder *b;
  uint32_t nrecords;
  ptl_buffer table[TABLES];
} layout;

static const ptl_record *record_at(const layout *l, uint32_t id) {
  return nth(const ptl_record, l->b->records, id);
}

static ptl_str text_at(const layout *l, uint32_t number) {
  return ptl_texts_get(&l->b->texts, number);
}

/* 'n' zeroed entries of 'width' bytes. */
static int make(ptl_buffer *b, size_t n, size_t width) {
  if (n > 0 && n > UINT32_MAX / width) return 0;
  if (!ptl_reserve(b, n * width + 1)) return 0;
  memset((char *)b->data + b->len, 0, n * width);
  b->len += n * width;
  return 1;
}

/* ------------------------------------------------------------- by port -- */

/* The transports a record speaks for: its own, or all. */
static uint32_t first_transport(const ptl_record *r) {
  return r->transport == PTL_NO_TRANSPORT ? 0 : r->transport;
}

static uint32_t last_transport(const ptl_record *r) {
  return r->transport == PTL_NO_TRANSPORT ? TRANSPORTS - 1 : r->transport;
}

static void mark_cuts(const layout *l, uint8_t *starts) {
  uint32_t id, t;
  for (t = 0; t < TRANSPORTS; t++) starts[key_of(t, 0)] = starts[key_of(t, 49152)] = 1;
  for (id = 0; id < l->nrecords; id++) {
    const ptl_record *r = record_at(l, id);
    if (!(r->flags & PTL_HAS_PORT)) continue;
    for (t = first_transport(r); t <= last_transport(r); t++) {
      starts[key_of(t, r->first)] = 1;
      starts[key_of(t, r->last) + 1] = 1;
    }
  }
}

/* Numbers the runs between cuts; returns how many there are. */
static uint32_t number_cells(const uint8_t *starts, uint32_t *base, uint16_t *cell) {
  uint32_t key, n = 0;
  for (key = 0; key < TRANSPORTS * PORTS; key++) {
    n += starts[key];
    if (key % PORTS == 0) base[key / PORTS] = n - 1;
    cell[key] = (uint16_t)(n - 1 - base[key / PORTS]);
  }
  return n;
}

static uint32_t cell_of(const layout *l, uint32_t key) {
  return *nth(uint32_t, l->table[PORT_BASE], key / PORTS) +
         *nth(uint16_t, l->table[PORT_CELL], key);
}

/* Puts ids into cells; with no postings yet, only counts them there. */
static int post_ids(layout *l, uint64_t *total) {
  uint32_t *postings = l->table[POSTINGS].data, id, t, c;
  *total = 0;
  for (id = 0; id < l->nrecords; id++) {
    const ptl_record *r = record_at(l, id);
    if (!(r->flags & PTL_HAS_PORT)) continue;
    for (t = first_transport(r); t <= last_transport(r); t++) {
      uint32_t last = cell_of(l, key_of(t, r->last));
      for (c = cell_of(l, key_of(t, r->first)); c <= last; c++) {
        file_cell *cell = nth(file_cell, l->table[CELLS], c);
        if (postings != NULL) postings[cell->at] = id;
        cell->at++;
      }
      *total += last - cell_of(l, key_of(t, r->first)) + 1;
      if (*total > MAX_POSTINGS) return 0;
    }
  }
  return 1;
}

/* Counts become where each cell's ids begin (or, after posting, ended). */
static void lay_cells(layout *l, int posted) {
  uint32_t i, n = count(file_cell, l->table[CELLS]), at = 0;
  for (i = 0; i < n; i++) {
    file_cell *c = nth(file_cell, l->table[CELLS], i);
    uint32_t counted = c->at;
    c->at = at;
    at = posted ? counted : at + counted;
  }
}

static int better(const ptl_record *r, const ptl_record *than) {
  if (r->status != PTL_ASSIGNED) return 0;
  return than == NULL || (than->flags & PTL_IS_ALIAS && !(r->flags & PTL_IS_ALIAS));
}

static uint32_t status_of(uint32_t seen, uint32_t port) {
  if (seen & 1u << PTL_ASSIGNED) return PTL_ASSIGNED;
  if (seen & ~(1u << PTL_UNASSIGNED)) return PTL_RESERVED;
  return port >= 49152 ? PTL_DYNAMIC : PTL_UNASSIGNED;
}

static void judge_cell(const layout *l, file_cell *c, uint32_t port) {
  const ptl_record *best = NULL;
  uint32_t i, seen = 0;
  c->id = UINT32_MAX;
  for (i = c[0].at; i < c[1].at; i++) {
    uint32_t id = *nth(uint32_t, l->table[POSTINGS], i);
    const ptl_record *r = record_at(l, id);
    seen |= 1u << r->status;
    if (better(r, best)) {
      best = r;
      c->id = id;
    }
  }
  c->name = best != NULL ? best->text[PTL_NAME] : 0;
  c->status = status_of(seen, port);
}

static void judge_cells(layout *l, const uint8_t *starts) {
  uint32_t key, n = 0;
  for (key = 0; key < TRANSPORTS * PORTS; key++)
    if (starts[key]) judge_cell(l, nth(file_cell, l->table[CELLS], n++), key % PORTS);
}

static int cut_ports(layout *l, const uint8_t *starts, ptl_error *err) {
  uint64_t total;
  uint32_t n;
  if (!make(&l->table[PORT_BASE], TRANSPORTS, sizeof(uint32_t)) ||
      !make(&l->table[PORT_CELL], TRANSPORTS * PORTS, sizeof(uint16_t)))
    return ptl_fail_memory(err);
  n = number_cells(starts, l->table[PORT_BASE].data, l->table[PORT_CELL].data);
  if (!make(&l->table[CELLS], n + 1, sizeof(file_cell))) return ptl_fail_memory(err);
  if (!post_ids(l, &total))
    return ptl_fail(err, PTL_ELIMIT, "too many overlapping port ranges for one snapshot");
  if (!make(&l->table[POSTINGS], (size_t)total, sizeof(uint32_t))) return ptl_fail_memory(err);
  lay_cells(l, 0);
  post_ids(l, &total);
  lay_cells(l, 1);
  judge_cells(l, starts);
  return PTL_OK;
}

static int index_ports(layout *l, ptl_error *err) {
  uint8_t *starts = calloc(TRANSPORTS * PORTS + 1, 1);
  int rc;
  if (starts == NULL) return ptl_fail_memory(err);
  mark_cuts(l, starts);
  rc = cut_ports(l, starts, err);
  free(starts);
  return rc;
}

/* ------------------------------------------------------------- by name -- */

/* A text to sort by: its first 8 bytes, lowered, as a big-endian number. */
typedef struct {
  uint64_t head;
  uint32_t number;
} sortable;

static uint64_t head_of(ptl_str s) {
  uint64_t head = 0;
  size_t i, n = s.len < 8 ? s.len : 8;
  for (i = 0; i < n; i++) head = head << 8 | (uint64_t)ptl_lower((unsigned char)s.ptr[i]);
  return n == 0 ? 0 : head << 8 * (8 - n);
}

/* Least byte first, one pass a byte; 'spare' has room for as many. */
static void sort_by_head(sortable *list, sortable *spare, uint32_t n) {
  uint32_t shift, i;
  for (shift = 0; shift < 64; shift += 8) {
    uint32_t at[257] = {0};
    sortable *from = shift % 16 == 0 ? list : spare, *to = shift % 16 == 0 ? spare : list;
    for (i = 0; i < n; i++) at[(from[i].head >> shift & 255) + 1]++;
    for (i = 1; i < 257; i++) at[i] += at[i - 1];
    for (i = 0; i < n; i++) to[at[from[i].head >> shift & 255]++] = from[i];
  }
}

static int comes_after(const ptl_texts *t, const sortable *a, const sortable *b) {
  int d = ptl_compare_folded(ptl_texts_get(t, a->number), ptl_texts_get(t, b->number));
  return d > 0 || (d == 0 && a->number > b->number);
}

/* Merges list[from, mid) and list[mid, to), both sorted, by way of 'spare'. */
static void merge(const ptl_texts *t, sortable *list, sortable *spare, uint32_t from, uint32_t mid,
                  uint32_t to) {
  uint32_t i = from, j = mid, k;
  for (k = from; k < to; k++)
    spare[k] = j == to || (i < mid && !comes_after(t, &list[i], &list[j])) ? list[i++] : list[j++];
  memcpy(list + from, spare + from, (to - from) * sizeof *list);
}

/* Sorts those of one head, of which there are few, by all of their bytes. */
static void sort_alike(const ptl_texts *t, sortable *list, sortable *spare, uint32_t from,
                       uint32_t to) {
  uint32_t mid = from + (to - from) / 2;
  if (to - from < 2) return;
  sort_alike(t, list, spare, from, mid);
  sort_alike(t, list, spare, mid, to);
  merge(t, list, spare, from, mid, to);
}

/* By their bytes without case; those equal but for case, by number. */
static int sort_texts(const ptl_texts *t, sortable *list, uint32_t n) {
  sortable *spare = malloc((n + 1) * sizeof *spare);
  uint32_t i, from = 0;
  if (spare == NULL) return 0;
  for (i = 0; i < n; i++) list[i].head = head_of(ptl_texts_get(t, list[i].number));
  sort_by_head(list, spare, n);
  for (i = 1; i <= n; i++)
    if (i == n || list[i].head != list[from].head) {
      sort_alike(t, list, spare, from, i);
      from = i;
    }
  free(spare);
  return 1;
}

/* The records of each name: 'first' by name's text number, 'next' by record;
   both are id + 1, and 0 ends a chain. */
typedef struct {
  uint32_t *first, *next;
  sortable *names;
  uint32_t n;
} chains;

/* From the last record to the first, so that chains run the other way. */
static void chain_names(const layout *l, chains *c) {
  uint32_t id;
  for (id = l->nrecords; id-- > 0;) {
    uint32_t name = record_at(l, id)->text[PTL_NAME];
    if (name == 0) continue;
    if (c->first[name] == 0) c->names[c->n++].number = name;
    c->next[id] = c->first[name];
    c->first[name] = id + 1;
  }
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* The records of names[from, to), which differ in case alone, by id. */
static int list_group(layout *l, const chains *c, uint32_t from, uint32_t to) {
  uint32_t start = count(uint32_t, l->table[NAMES]), i, id, n;
  if (!ptl_append(&l->table[GROUP_AT], &start, sizeof start)) return 0;
  for (i = from; i < to; i++)
    for (n = c->first[c->names[i].number]; n != 0; n = c->next[id]) {
      id = n - 1;
      if (!ptl_append(&l->table[NAMES], &id, sizeof id)) return 0;
    }
  if (to - from > 1)
    qsort(nth(uint32_t, l->table[NAMES], start), count(uint32_t, l->table[NAMES]) - start,
          sizeof(uint32_t), by_value);
  return 1;
}

static int list_names(layout *l, const chains *c) {
  uint32_t i, from = 0, end;
  for (i = 1; i <= c->n; i++) {
    if (i < c->n &&
        ptl_equal_folded(text_at(l, c->names[i].number), text_at(l, c->names[from].number)))
      continue;
    if (!list_group(l, c, from, i)) return 0;
    from = i;
  }
  end = count(uint32_t, l->table[NAMES]);
  return ptl_append(&l->table[GROUP_AT], &end, sizeof end);
}

static int hash_names(layout *l) {
  uint32_t g, ngroups = count(uint32_t, l->table[GROUP_AT]) - 1, n = 2, *slots;
  while (n < ngroups * 2) n *= 2;
  if (!make(&l->table[NAME_SLOTS], n, sizeof(uint32_t))) return 0;
  slots = l->table[NAME_SLOTS].data;
  for (g = 0; g < ngroups; g++) {
    uint32_t id = *nth(uint32_t, l->table[NAMES], *nth(uint32_t, l->table[GROUP_AT], g));
    uint32_t i = (uint32_t)ptl_hash_folded(text_at(l, record_at(l, id)->text[PTL_NAME]));
    while (slots[i & (n - 1)] != 0) i++;
    slots[i & (n - 1)] = g + 1;
  }
  return 1;
}

static int index_names(layout *l) {
  chains c = {.first = calloc(l->b->texts.ntexts + 1, sizeof(uint32_t)),
              .next = calloc(l->nrecords + 1, sizeof(uint32_t)),
              .names = malloc((l->nrecords + 1) * sizeof(sortable))};
  int ok = c.first != NULL && c.next != NULL && c.names != NULL;
  if (ok) chain_names(l, &c);
  ok = ok && sort_texts(&l->b->texts, c.names, c.n) && list_names(l, &c) && hash_names(l);
  free(c.first);
  free(c.next);
  free(c.names);
  return ok;
}

/* ------------------------------------------------------------ by words -- */

/* The words of every text, once each: text i has word numbers
   list[at[i], at[i+1]); a word's number is its place in 'words'. */
typedef struct {
  ptl_texts words;
  ptl_buffer list, at; /* uint32_t[] */
  uint8_t *wanted;     /* by text: is it a name, description or note? */
  uint32_t *rank;      /* by word: its place in byte order */
} wording;

static const uint8_t places[] = {PTL_NAME, PTL_DESCRIPTION, PTL_NOTE};

static int spell(wording *w, ptl_str text) {
  char lowered[PTL_WORD_MAX];
  ptl_str word;
  while (ptl_next_word(&text, &word, lowered)) {
    uint32_t number;
    if (!ptl_texts_intern(&w->words, word, &number) ||
        !ptl_append(&w->list, &number, sizeof number))
      return 0;
  }
  return 1;
}

static int spell_all(const layout *l, wording *w, uint32_t ntexts) {
  uint32_t i, id, end;
  for (id = 0; id < l->nrecords; id++)
    for (i = 0; i < countof(places); i++) w->wanted[record_at(l, id)->text[places[i]]] = 1;
  for (i = 0; i < ntexts; i++) {
    end = count(uint32_t, w->list);
    if (!ptl_append(&w->at, &end, sizeof end)) return 0;
    if (w->wanted[i] && !spell(w, text_at(l, i))) return 0;
  }
  end = count(uint32_t, w->list);
  return ptl_append(&w->at, &end, sizeof end);
}

/* Adds the words to the snapshot's texts, in byte order. */
static int rank_words(layout *l, wording *w) {
  uint32_t i, number, n = w->words.ntexts > 0 ? w->words.ntexts - 1 : 0;
  sortable *list = malloc((n + 1) * sizeof *list);
  int ok = list != NULL;
  for (i = 0; ok && i < n; i++) list[i].number = i + 1;
  ok = ok && sort_texts(&w->words, list, n);
  for (i = 0; ok && i < n; i++) {
    w->rank[list[i].number] = i;
    ok = ptl_texts_append(&l->b->texts, ptl_texts_get(&w->words, list[i].number), &number) &&
         ptl_append(&l->table[WORDS], &number, sizeof number);
  }
  free(list);
  return ok;
}

/* Visits each (word, record, place), twice: to count, then to put. */
static void post_words(const layout *l, const wording *w, uint32_t *at, uint32_t *put) {
  uint32_t id, p, i;
  for (id = 0; id < l->nrecords; id++)
    for (p = 0; p < countof(places); p++) {
      const uint32_t *span = nth(uint32_t, w->at, record_at(l, id)->text[places[p]]);
      for (i = span[0]; i < span[1]; i++) {
        uint32_t *next = &at[w->rank[*nth(uint32_t, w->list, i)]];
        if (put != NULL) put[*next] = id << 2 | p;
        (*next)++;
      }
    }
}

static int place_words(layout *l, const wording *w) {
  uint32_t i, n = count(uint32_t, l->table[WORDS]), total = 0, *at;
  if (!make(&l->table[WORD_AT], (size_t)n + 1, sizeof(uint32_t))) return 0;
  at = l->table[WORD_AT].data;
  post_words(l, w, at, NULL);
  for (i = 0; i <= n; i++) {
    uint32_t counted = at[i];
    at[i] = total;
    total += counted;
  }
  if (!make(&l->table[WORD_PLACES], total, sizeof(uint32_t))) return 0;
  post_words(l, w, at, l->table[WORD_PLACES].data);
  memmove(at + 1, at, n * sizeof *at); /* each has been moved to its end */
  at[0] = 0;
  return 1;
}

static int index_words(layout *l) {
  wording w = {0};
  uint32_t ntexts = l->b->texts.ntexts;
  int ok = (w.wanted = calloc(ntexts + 1, 1)) != NULL && spell_all(l, &w, ntexts) &&
           (w.rank = calloc(w.words.ntexts + 1, sizeof(uint32_t))) != NULL && rank_words(l, &w) &&
           place_words(l, &w);
  ptl_texts_free(&w.words);
  free(w.list.data);
  free(w.at.data);
  free(w.wanted);
  free(w.rank);
  return ok;
}

/* ------------------------------------------------------------- lay out -- */

/* The builder's own tables, which the snapshot takes as they are. */
static void take(layout *l) {
  l->table[RECORDS] = l->b->records;
  l->table[TEXT_AT] = l->b->texts.offsets;
  l->table[TEXT] = l->b->texts.bytes;
  l->table[META] = l->b->meta;
  l->table[PEOPLE] = l->b->people;
}

static void untake(layout *l) {
  static const uint8_t own[] = {PORT_BASE, PORT_CELL,  CELLS, POSTINGS, NAMES,
                                GROUP_AT,  NAME_SLOTS, WORDS, WORD_AT,  WORD_PLACES};
  size_t i;
  for (i = 0; i < countof(own); i++) free(l->table[own[i]].data);
}

static int lay_out(const layout *l, ptl_snapshot **out, ptl_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  int rc = ptl_form_pack(&ptl_snapshot_form, l->table, &bytes, &size, err);
  return rc == PTL_OK ? ptl_snapshot_adopt(bytes, size, out, err) : rc;
}

int ptl_builder_freeze(ptl_builder *b, ptl_snapshot **out, ptl_error *err) {
  layout l = {.b = b, .nrecords = count(ptl_record, b->records)};
  uint32_t none;
  int rc;
  *out = NULL;
  if (l.nrecords >= 1u << 30) return ptl_fail(err, PTL_ELIMIT, "too many records");
  if (!ptl_texts_intern(&b->texts, ptl_literal(""), &none)) return ptl_fail_memory(err);
  rc = index_ports(&l, err);
  if (rc == PTL_OK && (!index_names(&l) || !index_words(&l))) rc = ptl_fail_memory(err);
  if (rc == PTL_OK) {
    take(&l);
    rc = lay_out(&l, out, err);
  }
  untake(&l);
  return rc;
}
