/*
** lists.c -- the lists of a registry: renumber, tell one by another, pair.
**
** Pairing is linear: items go into a hash table by the words that must be
** equal, and of those with equal words the k-th of one list is the k-th of
** the other. Nothing is tried twice, whatever the items are.
**
** SPDX-License-Identifier: MIT
*/
#include "lists.h"

#include <stdlib.h>
#include <string.h>

const uint8_t ptl_list_width[LISTS] = {sizeof(ptl_record) / 4, sizeof(ptl_person) / 4,
                                       sizeof(ptl_meta) / 4};
const uint8_t ptl_list_texts[LISTS] = {PTL_TEXTS, 6, 2};

ptl_lists ptl_lists_of(const ptl_snapshot *s) {
  ptl_lists l = {
      {(const uint32_t *)(const void *)s->records, (const uint32_t *)(const void *)s->people,
       (const uint32_t *)(const void *)s->meta},
      {s->nrecords, s->npeople, s->nmeta},
      s->text_at,
      s->text,
      s->ntexts};
  return l;
}

ptl_lists ptl_lists_in(const ptl_builder *b) {
  ptl_lists l = {
      {b->records.data, b->people.data, b->meta.data},
      {count(ptl_record, b->records), count(ptl_person, b->people), count(ptl_meta, b->meta)},
      b->texts.offsets.data,
      b->texts.bytes.data,
      b->texts.ntexts};
  return l;
}

ptl_buffer *ptl_list_of(ptl_builder *b, int list) {
  return list == LIST_RECORDS ? &b->records : list == LIST_PEOPLE ? &b->people : &b->meta;
}

/* ------------------------------------------------------------- copying -- */

int ptl_copier_begin(ptl_copier *c, const ptl_lists *from, ptl_builder *to) {
  c->from = from;
  c->to = to;
  c->number = calloc((size_t)from->ntexts + 1, sizeof *c->number);
  return c->number != NULL;
}

void ptl_copier_end(ptl_copier *c) { free(c->number); }

static int renumber(ptl_copier *c, uint32_t *word) {
  const uint32_t *at = c->from->text_at + *word;
  ptl_str s = {c->from->text + at[0], at[1] - at[0]};
  if (c->number[*word] == 0 && !ptl_texts_intern(&c->to->texts, s, &c->number[*word])) return 0;
  *word = c->number[*word];
  return 1;
}

int ptl_copier_copy(ptl_copier *c, int list, uint32_t first, uint32_t n, ptl_buffer *out) {
  size_t size = ptl_list_width[list] * sizeof(uint32_t);
  uint32_t i, j;
  if (n == 0) return 1;
  if (!ptl_reserve(out, n * size)) return 0;
  for (i = 0; i < n; i++) {
    uint32_t *item = (uint32_t *)(void *)((char *)out->data + out->len);
    memcpy(item, ptl_item(c->from, list, first + i), size);
    for (j = 0; j < ptl_list_texts[list]; j++)
      if (item[j] != 0 && !renumber(c, &item[j])) return 0;
    out->len += size;
  }
  return 1;
}

/* ---------------------------------------------------------------- runs -- */

int ptl_runs_put(ptl_buffer *runs, uint32_t nold, uint32_t where) {
  ptl_run run = {where, 1};
  ptl_run *last = runs->len > 0 ? nth(ptl_run, *runs, count(ptl_run, *runs) - 1) : NULL;
  if (last != NULL && last->from + last->n == where && where != nold) {
    last->n++;
    return 1;
  }
  return ptl_append(runs, &run, sizeof run);
}

/* ------------------------------------------------------------- pairing -- */

static uint32_t *filled(uint32_t n, int with) {
  uint32_t *list = malloc(((size_t)n + 1) * sizeof *list);
  if (list != NULL) memset(list, with, ((size_t)n + 1) * sizeof *list);
  return list;
}

int ptl_pairing_begin(ptl_pairing *p, int list, const uint32_t *a, uint32_t na, const uint32_t *b,
                      uint32_t nb) {
  ptl_pairing begun = {{a, b}, {na, nb}, ptl_list_width[list], {filled(na, 255), filled(nb, 255)},
                       NULL,   NULL,     filled(na, 0),        16};
  while (begun.nslots / 2 < na) begun.nslots *= 2;
  begun.first = filled(begun.nslots, 0);
  begun.head = filled(begun.nslots, 0);
  *p = begun;
  return p->other[0] != NULL && p->other[1] != NULL && p->first != NULL && p->head != NULL &&
         p->next != NULL;
}

void ptl_pairing_end(ptl_pairing *p) {
  free(p->other[0]);
  free(p->other[1]);
  free(p->first);
  free(p->head);
  free(p->next);
}

static int admits(const ptl_pairing *p, const ptl_rule *rule, int side, uint32_t i) {
  const uint32_t *item = ptl_paired(p, side, i);
  uint32_t w, present = 0;
  if (p->other[side][i] != NONE) return 0;
  if ((rule->has[side] | rule->lacks[side]) == 0) return 1;
  for (w = 0; w < p->width; w++) present |= (uint32_t)(item[w] != 0) << w;
  return (present & rule->has[side]) == rule->has[side] && (present & rule->lacks[side]) == 0;
}

static uint32_t hash(const uint32_t *item, uint32_t same) {
  uint64_t h = 0;
  for (; same != 0; same &= same - 1) {
    h = (h ^ item[__builtin_ctz(same)]) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
  }
  return (uint32_t)h;
}

static int equal(const uint32_t *x, const uint32_t *y, uint32_t same) {
  for (; same != 0; same &= same - 1)
    if (x[__builtin_ctz(same)] != y[__builtin_ctz(same)]) return 0;
  return 1;
}

/* The slot of the items of 'a' with these words, or the empty one for them. */
static uint32_t find(const ptl_pairing *p, const uint32_t *item, uint32_t same) {
  uint32_t i = hash(item, same) & (p->nslots - 1);
  while (p->first[i] != 0 && !equal(ptl_paired(p, 0, p->first[i] - 1), item, same))
    i = (i + 1) & (p->nslots - 1);
  return i;
}

/* From the last to the first, so that chains run the other way. In 'first',
   'head' and 'next' an item is its place + 1, and 0 is none. */
static void chain(ptl_pairing *p, const ptl_rule *rule) {
  uint32_t i;
  memset(p->first, 0, p->nslots * sizeof *p->first);
  memset(p->head, 0, p->nslots * sizeof *p->head);
  for (i = p->n[0]; i-- > 0;) {
    uint32_t slot;
    if (!admits(p, rule, 0, i)) continue;
    slot = find(p, ptl_paired(p, 0, i), rule->same);
    p->next[i] = p->head[slot];
    p->first[slot] = p->head[slot] = i + 1;
  }
}

void ptl_pairing_apply(ptl_pairing *p, const ptl_rule *rule) {
  uint32_t j;
  chain(p, rule);
  for (j = 0; j < p->n[1]; j++) {
    uint32_t slot, i;
    if (!admits(p, rule, 1, j)) continue;
    slot = find(p, ptl_paired(p, 1, j), rule->same);
    if (p->head[slot] == 0) continue;
    i = p->head[slot] - 1;
    p->head[slot] = p->next[i];
    p->other[0][i] = j;
    p->other[1][j] = i;
  }
}
