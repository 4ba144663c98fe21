/*
** search.c -- records by the words in their names, descriptions and notes.
**
** A name tells more than a description, that more than a note; a whole word
** more than the beginning of one. The scores only order: their size means
** nothing by itself.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"

/* By place: name, description, note. */
static const uint32_t whole_word[] = {60, 20, 4}, beginning[] = {24, 6, 1};

#define IS_THE_NAME 200 /* the words are the name, as in "http-alt" */
#define IS_ALIAS 10     /* taken off: the other name of the pair is better */

/* The first word whose beginning is not before 'word' (or is past it). */
static uint32_t bound(const ptl_snapshot *s, ptl_str word, int past) {
  uint32_t lo = 0, hi = s->nwords;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    ptl_str at = ptl_text_of(s, s->words[mid]);
    int d;
    if (at.len > word.len) at.len = word.len;
    d = ptl_compare_folded(at, word);
    if (d < 0 || (past && d == 0))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

/* While counting, a match's 'id' is how many of the words it has had: one that
   missed a word falls behind and never catches up. */
static void credit(const ptl_snapshot *s, uint32_t word, int whole, uint32_t nth_word,
                   ptl_match *out) {
  uint32_t i;
  for (i = s->word_at[word]; i < s->word_at[word + 1]; i++) {
    ptl_match *m = &out[s->word_places[i] >> 2];
    uint32_t place = s->word_places[i] & 3;
    if (m->id + 1 < nth_word || place > PLACE_NOTE) continue;
    m->id = nth_word;
    m->score += (whole ? whole_word : beginning)[place];
  }
}

static uint32_t count_words(const ptl_snapshot *s, ptl_str words, ptl_match *out) {
  char lowered[PTL_WORD_MAX];
  ptl_str word;
  uint32_t n = 0;
  while (ptl_next_word(&words, &word, lowered)) {
    uint32_t i, from = bound(s, word, 0), to = bound(s, word, 1);
    n++;
    for (i = from; i < to; i++) credit(s, i, ptl_text_of(s, s->words[i]).len == word.len, n, out);
  }
  return n;
}

static uint32_t adjust(const ptl_snapshot *s, uint32_t id, uint32_t score, ptl_str words) {
  const ptl_record *r = &s->records[id];
  if (ptl_equal_folded(ptl_text_of(s, r->text[PTL_NAME]), words)) score += IS_THE_NAME;
  if (r->flags & PTL_IS_ALIAS) score = score > IS_ALIAS ? score - IS_ALIAS : 0;
  return score;
}

static int by_score(const void *a, const void *b) {
  const ptl_match *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

uint32_t ptl_snapshot_search(const ptl_snapshot *s, const char *words, size_t len, ptl_match *out) {
  ptl_str text = {words, len};
  uint32_t id, n = 0, nwords;
  memset(out, 0, s->nrecords * sizeof *out);
  nwords = count_words(s, text, out);
  for (id = 0; nwords > 0 && id < s->nrecords; id++) {
    ptl_match m = {id, adjust(s, id, out[id].score, ptl_trim(text))};
    if (out[id].id == nwords) out[n++] = m;
  }
  if (n > 0) qsort(out, n, sizeof *out, by_score);
  return n;
}
