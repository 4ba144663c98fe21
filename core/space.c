/*
** space.c -- makes a space of rulesets, and frees it.
**
** Rulesets are cut into atoms together, so that what is asked of one can be
** asked of the other; then each hook's chains are laid out as a program.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "program.h"

int ptl_space_fault(int code, ptl_error *err) {
  if (code == PTL_ENOMEM) return ptl_fail_memory(err);
  if (code == PTL_ELIMIT)
    return ptl_fail(err, code, "ruleset too complex: its rules overlap in too many ways");
  return code;
}

/* --------------------------------------------------------------- making -- */

static const ptl_chain *chain_at(const ptl_ruleset *r, uint32_t i) {
  return nth(const ptl_chain, r->chains, i);
}

/* Whether no chain before this one has its hook. */
static int is_new_hook(const ptl_ruleset *r, uint32_t chain) {
  uint32_t i;
  for (i = 0; i < chain; i++)
    if (chain_at(r, i)->hook == chain_at(r, chain)->hook) return 0;
  return 1;
}

static int lay_hook(ptl_space *s, int which, uint32_t hook, ptl_error *err) {
  ptl_program program = {0}, *kept;
  if (!ptl_append(&s->programs[which], &program, sizeof program)) return ptl_fail_memory(err);
  kept = nth(ptl_program, s->programs[which], count(ptl_program, s->programs[which]) - 1);
  return ptl_program_lay(kept, &s->atoms, which, hook, s->loops.data, err);
}

static int lay_hooks(ptl_space *s, int which, ptl_error *err) {
  const ptl_ruleset *r = s->atoms.rulesets[which];
  uint32_t i;
  if (r == NULL) return PTL_OK;
  if (!ptl_reserve(&s->loops, ptl_ruleset_rules(r) + 1)) return ptl_fail_memory(err);
  memset(s->loops.data, 0, ptl_ruleset_rules(r) + 1);
  for (i = 0; i < count(ptl_chain, r->chains); i++) {
    uint32_t hook = chain_at(r, i)->hook;
    int code = hook != NONE && is_new_hook(r, i) ? lay_hook(s, which, hook, err) : PTL_OK;
    if (code < 0) return code;
  }
  return PTL_OK;
}

static int index_programs(ptl_space *s, int which) {
  uint32_t i;
  for (i = 0; i < count(ptl_program, s->programs[which]); i++)
    if (!ptl_program_index(nth(ptl_program, s->programs[which], i), &s->atoms)) return 0;
  return 1;
}

static const ptl_program *program_at(const ptl_space *s, uint32_t i) {
  return nth(const ptl_program, s->programs[NOW], i);
}

/* Counts each rule's places, or, with 'places', puts them where they belong. */
static void sort_places(const ptl_space *s, uint32_t *next, ptl_place *places) {
  uint32_t i, j;
  for (i = 0; i < count(ptl_program, s->programs[NOW]); i++)
    for (j = 0; j < ptl_program_length(program_at(s, i)); j++) {
      const ptl_entry *e = ptl_program_at(program_at(s, i), j);
      ptl_place place = {i, j};
      if (!e->target) continue;
      if (places != NULL) places[next[e->rule]] = place;
      next[e->rule]++;
    }
}

/* Counted one rule late and filled in order, each rule's first place is left
   where the next rule's was counted. */
static int find_places(ptl_space *s) {
  uint32_t i, n = ptl_ruleset_rules(s->atoms.rulesets[NOW]), *first;
  size_t size = (n + 2) * sizeof *first;
  if (!ptl_reserve(&s->first_place, size)) return 0;
  first = memset(s->first_place.data, 0, size);
  sort_places(s, first + 2, NULL);
  for (i = 2; i < n + 2; i++) first[i] += first[i - 1];
  if (!ptl_reserve(&s->places, (first[n + 1] + 1) * sizeof(ptl_place))) return 0;
  sort_places(s, first + 1, s->places.data);
  return 1;
}

static int begin_notes(ptl_space *s) {
  size_t size = ptl_ruleset_rules(s->atoms.rulesets[NOW]) * sizeof(ptl_note);
  if (!ptl_reserve(&s->notes, size + 1)) return 0;
  memset(s->notes.data, 0xff, size);
  return 1;
}

static int begin_search(ptl_space *s) {
  return index_programs(s, NOW) && index_programs(s, BEFORE) && find_places(s) && begin_notes(s) &&
         ptl_search_begin(&s->search, &s->atoms, s->programs[NOW].data,
                          count(ptl_program, s->programs[NOW]));
}

static int make(ptl_space *s, ptl_error *err) {
  int code = ptl_atoms_cut(&s->atoms, err);
  if (code == PTL_OK) code = lay_hooks(s, BEFORE, err);
  if (code == PTL_OK) code = lay_hooks(s, NOW, err);
  if (code == PTL_OK && !begin_search(s)) code = ptl_fail_memory(err);
  return code;
}

int ptl_space_new(const ptl_ruleset *now, const ptl_ruleset *before, const ptl_ruleset *regions,
                  ptl_space **out, ptl_error *err) {
  ptl_space *s = calloc(1, sizeof *s);
  int code;
  if (s == NULL) return ptl_fail_memory(err);
  s->atoms.rulesets[NOW] = now;
  s->atoms.rulesets[BEFORE] = before;
  s->atoms.rulesets[REGIONS] = regions;
  code = make(s, err);
  if (code < 0)
    ptl_space_free(s);
  else
    *out = s;
  return code;
}

static void free_programs(ptl_buffer *programs) {
  uint32_t i;
  for (i = 0; i < count(ptl_program, *programs); i++)
    ptl_program_free(nth(ptl_program, *programs, i));
  free(programs->data);
}

void ptl_space_free(ptl_space *s) {
  if (s == NULL) return;
  free_programs(&s->programs[NOW]);
  free_programs(&s->programs[BEFORE]);
  ptl_search_end(&s->search);
  ptl_atoms_free(&s->atoms);
  free(s->places.data);
  free(s->first_place.data);
  free(s->loops.data);
  free(s->hiding.data);
  free(s->notes.data);
  free(s->overlapping.data);
  free(s->marks.data);
  free(s->openings.data);
  free(s->examples.data);
  free(s->steps.data);
  free(s);
}

/* --------------------------------------------------------------- asking -- */

static const ptl_program nothing = {0};

const ptl_program *ptl_space_program(const ptl_space *s, int which, uint32_t hook) {
  const ptl_buffer *all = &s->programs[which];
  uint32_t i;
  for (i = 0; i < count(ptl_program, *all); i++)
    if (nth(const ptl_program, *all, i)->hook == hook) return nth(const ptl_program, *all, i);
  return &nothing;
}

int ptl_space_find(ptl_space *s, ptl_region *region, const ptl_wish *wishes, uint32_t n) {
  int family, code = 0;
  region->nboxes++;
  for (family = 0; family < 2 && code == 0; family++) {
    region->boxes[region->nboxes - 1] = &s->atoms.families[family];
    code = ptl_search_find(&s->search, region, wishes, n);
  }
  region->nboxes--;
  return code;
}
