/*
** lists.h -- a registry as three lists, for the files that compare registries.
**
** Records, people, and what is said of the registry itself: an item of each is
** some words, of which the first ones are text numbers. Two items of one
** numbering are the same when their words are.
**
** SPDX-License-Identifier: MIT
*/
#ifndef lists_h
#define lists_h

#include "snapshot.h"

enum { LIST_RECORDS, LIST_PEOPLE, LIST_META, LISTS };

#define NONE UINT32_MAX
#define WIDTH_MAX 16

extern const uint8_t ptl_list_width[LISTS]; /* words of an item */
extern const uint8_t ptl_list_texts[LISTS]; /* of these, the text numbers */

typedef struct {
  const uint32_t *items[LISTS];
  uint32_t n[LISTS];
  const uint32_t *text_at; /* as in a snapshot */
  const char *text;
  uint32_t ntexts;
} ptl_lists;

ptl_lists ptl_lists_of(const ptl_snapshot *s);
ptl_lists ptl_lists_in(const ptl_builder *b);
ptl_buffer *ptl_list_of(ptl_builder *b, int list);

static inline const uint32_t *ptl_item(const ptl_lists *l, int list, uint32_t i) {
  return l->items[list] + (size_t)i * ptl_list_width[list];
}

/* ------------------------------------------------------------- copying -- */

/* Gives items of one numbering another: that of a builder's texts. */
typedef struct {
  const ptl_lists *from;
  ptl_builder *to;
  uint32_t *number; /* by text of 'from': its number in 'to', or 0 when it has none yet */
} ptl_copier;

int ptl_copier_begin(ptl_copier *c, const ptl_lists *from, ptl_builder *to);
int ptl_copier_copy(ptl_copier *c, int list, uint32_t first, uint32_t n, ptl_buffer *out);
void ptl_copier_end(ptl_copier *c);

/* ---------------------------------------------------------------- runs -- */

/* A list told by another: items [from, from + n), where those past the end of
   the old list, which are runs of their own, are new ones. */
typedef struct {
  uint32_t from, n;
} ptl_run;

int ptl_runs_put(ptl_buffer *runs, uint32_t nold, uint32_t where);

/* ------------------------------------------------------------- pairing -- */

/* Which item of 'b' is which of 'a'. */
typedef struct {
  const uint32_t *items[2];
  uint32_t n[2], width;
  uint32_t *other[2]; /* by item: the one it is paired with, or NONE */
  uint32_t *first, *head, *next, nslots;
} ptl_pairing;

/* Pairs two items whose 'same' words are equal, if either has the words it
   must have (not 0) and lacks the others. Bit sets of words. */
typedef struct {
  uint32_t same, has[2], lacks[2];
} ptl_rule;

int ptl_pairing_begin(ptl_pairing *p, int list, const uint32_t *a, uint32_t na, const uint32_t *b,
                      uint32_t nb);
/* Among those not paired yet, the first of each list first. */
void ptl_pairing_apply(ptl_pairing *p, const ptl_rule *rule);
void ptl_pairing_end(ptl_pairing *p);

static inline const uint32_t *ptl_paired(const ptl_pairing *p, int side, uint32_t i) {
  return p->items[side] + (size_t)i * p->width;
}

#endif
