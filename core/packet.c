/*
** packet.c -- finds a packet in a region that meets wishes, or proves that none
** does.
**
** A region is a product of sets, a set for each field. Try the packet of it
** that the fewest rules speak of; if a wish does not hold, what is in the way
** tells how any better packet must differ: it is out of the box of one of the
** entries that this one met, or in the box of one that would have led round
** them. Each such way is a smaller region, without this packet; look there. The
** search is exact: it ends with a packet or with nothing left to look at.
**
** So the union of all rules is never built, and a rule costs what its packet
** meets: tens of entries of a hundred thousand. Decision diagrams of whole
** rulesets were the other choice; see ARCHITECTURE.md.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { ELSEWHERE = 31, MAX_KNOWN = 1024, MAX_STACK = 1 << 26, MAX_WORK = 1 << 27 };

/* ---------------------------------------------- the atom in fewest boxes -- */

static void cover_box(const ptl_atoms *a, const ptl_box *box, uint32_t field, uint32_t *cover) {
  ptl_set set = ptl_atoms_set(a, box->set[field]);
  uint32_t i;
  for (i = 0; i < set.n; i++) {
    cover[set.at[i].first]++;
    cover[set.at[i].last + 1]--;
  }
}

/* cover[i]: in how many boxes atom i is. */
static int count_cover(ptl_search *s, const ptl_program *programs, uint32_t n, uint32_t field) {
  uint32_t i, j, atoms = ptl_atoms_count(s->atoms, field), *cover;
  s->cover.len = 0;
  if (!ptl_reserve(&s->cover, (atoms + 1) * sizeof *cover)) return 0;
  cover = s->cover.data;
  memset(cover, 0, (atoms + 1) * sizeof *cover);
  for (i = 0; i < n; i++)
    for (j = 0; j < ptl_program_length(&programs[i]); j++)
      cover_box(s->atoms, &ptl_program_at(&programs[i], j)->box, field, cover);
  for (i = 1; i < atoms; i++) cover[i] += cover[i - 1];
  return 1;
}

static uint32_t better(const uint32_t *cover, uint32_t x, uint32_t y) {
  if (x == NONE || y == NONE) return x == NONE ? y : x;
  return cover[y] < cover[x] ? y : x;
}

/* The cover is kept behind the tree: least[2 * leaves + atom]. */
static int grow_least(ptl_search *s, uint32_t field) {
  uint32_t i, n = ptl_atoms_count(s->atoms, field), leaves = ptl_leaves(n), *least;
  const uint32_t *cover = s->cover.data;
  if (!ptl_reserve(&s->least[field], ((size_t)leaves * 2 + n) * sizeof *least)) return 0;
  least = s->least[field].data;
  for (i = 0; i < leaves; i++) least[leaves + i] = i < n ? i : NONE;
  for (i = leaves - 1; i > 0; i--) least[i] = better(cover, least[2 * i], least[2 * i + 1]);
  memcpy(least + 2 * (size_t)leaves, cover, n * sizeof *least);
  return 1;
}

static uint32_t least_in(const ptl_search *s, uint32_t field, uint32_t first, uint32_t last) {
  uint32_t leaves = ptl_leaves(ptl_atoms_count(s->atoms, field)), best = NONE;
  const uint32_t *least = s->least[field].data, *cover = least + 2 * (size_t)leaves;
  for (first += leaves, last += leaves + 1; first < last; first /= 2, last /= 2) {
    if (first % 2 == 1) best = better(cover, best, least[first++]);
    if (last % 2 == 1) best = better(cover, best, least[--last]);
  }
  return best;
}

/* Of a long list of ranges the first few will do: this is a guess anyway. */
static uint32_t pick(const ptl_search *s, uint32_t field, ptl_set set) {
  const uint32_t *cover = (const uint32_t *)s->least[field].data +
                          2 * (size_t)ptl_leaves(ptl_atoms_count(s->atoms, field));
  uint32_t i, best = NONE;
  for (i = 0; i < set.n && i < 16; i++)
    best = better(cover, best, least_in(s, field, set.at[i].first, set.at[i].last));
  return best;
}

int ptl_search_begin(ptl_search *s, const ptl_atoms *a, const ptl_program *programs, uint32_t n) {
  uint32_t field;
  s->atoms = a;
  for (field = 0; field < FIELDS; field++)
    if (!count_cover(s, programs, n, field) || !grow_least(s, field)) return 0;
  return 1;
}

void ptl_search_end(ptl_search *s) {
  uint32_t field;
  for (field = 0; field < FIELDS; field++) free(s->least[field].data);
  free(s->cover.data);
  free(s->met.data);
  free(s->reached.data);
  free(s->blame.data);
  free(s->known.data);
  free(s->escapes.data);
  free(s->stack.data);
  free(s->begins.data);
  free(s->current.data);
}

/* --------------------------------------------------------- one packet's way -- */

int ptl_is_among(const ptl_buffer *numbers, uint32_t x) {
  uint32_t i;
  for (i = 0; i < count(uint32_t, *numbers); i++)
    if (*nth(const uint32_t, *numbers, i) == x) return 1;
  return 0;
}

static int is_certain(const ptl_wish *w, const ptl_entry *e) {
  if (!e->certain || (e->rule == w->doubted && e->rule != NONE)) return 0;
  return w->certain == NULL || ptl_is_among(w->certain, e->rule);
}

/* Where an entry leads; one of a rule that is removed, where it would without. */
static uint32_t leads(const ptl_wish *w, uint32_t i) {
  const ptl_entry *e = ptl_program_at(w->program, i);
  return ptl_wish_removes(w, i) ? e->without : e->to;
}

static int is_void(const ptl_wish *w, uint32_t i) { return leads(w, i) == i + 1 && !w->idle; }

/* The bit of what going on at 'to' means: arrival, an end, or a place beyond. */
static uint32_t meaning(const ptl_wish *w, uint32_t to) {
  if (to == w->until) return BIT(w->strict ? ELSEWHERE : PTL_VERDICT_ACCEPT);
  return to >= FIRST_END ? BIT(to - FIRST_END) : BIT(ELSEWHERE);
}

/* Whether going on at 'to' leaves hope. */
static int may_do(const ptl_wish *w, uint32_t to) {
  return to < w->until || (meaning(w, to) & w->verdicts) != 0;
}

static uint32_t nmet(const ptl_search *s) { return count(uint32_t, s->met); }
static uint32_t met(const ptl_search *s, uint32_t i) { return *nth(const uint32_t, s->met, i); }
static uint8_t *reached(const ptl_search *s, uint32_t i) { return (uint8_t *)s->reached.data + i; }

/* The packet goes on at 'to': at the first entry from there, the i-th or a
   later one, that it is in. */
static void land(ptl_search *s, uint32_t to, uint32_t i) {
  while (i < nmet(s) && met(s, i) < to) i++;
  if (i < nmet(s))
    *reached(s, i) = 1;
  else
    s->verdicts |= BIT(PTL_VERDICT_ACCEPT);
}

static void skip(ptl_search *s, const ptl_wish *w, uint32_t to, uint32_t i) {
  if (to < w->until || (to == w->until && !w->strict))
    land(s, to, i);
  else
    s->verdicts |= meaning(w, to);
}

static void drop_void(ptl_search *s, const ptl_wish *w) {
  uint32_t i, kept = 0, *at = s->met.data;
  for (i = 0; i < nmet(s); i++)
    if (!is_void(w, at[i])) at[kept++] = at[i];
  s->met.len = kept * sizeof *at;
}

int ptl_search_walk(ptl_search *s, const ptl_wish *w, const uint32_t *packet) {
  uint32_t i;
  s->met.len = s->verdicts = 0;
  if (w->from < w->until &&
      !ptl_program_matching(w->program, s->atoms, packet, w->from, w->until, &s->met))
    return PTL_ENOMEM;
  s->work += nmet(s);
  drop_void(s, w);
  if (!ptl_reserve(&s->reached, nmet(s) + 1)) return PTL_ENOMEM;
  memset(s->reached.data, 0, nmet(s) + 1);
  if (w->from <= w->until)
    land(s, w->from, 0);
  else
    s->verdicts = meaning(w, w->from);
  for (i = 0; i < nmet(s); i++) {
    const ptl_entry *e = ptl_program_at(w->program, met(s, i));
    if (!*reached(s, i)) continue;
    skip(s, w, leads(w, met(s, i)), i + 1);
    if (!is_certain(w, e)) land(s, met(s, i) + 1, i + 1);
  }
  return PTL_OK;
}

int ptl_wish_holds(const ptl_search *s, const ptl_wish *w) {
  return w->only ? (s->verdicts & ~w->verdicts) == 0 : (s->verdicts & w->verdicts) != 0;
}

/* ------------------------------------------------------------- regions -- */

typedef enum { COPY, MEET, LESS } operation;

static int operate(operation op, ptl_set x, ptl_set y, ptl_buffer *out) {
  if (op == MEET) return ptl_set_meet(x, y, out);
  if (op == LESS) return ptl_set_less(x, y, out);
  return ptl_append(out, x.at, x.n * sizeof *x.at);
}

/* Pushes what the operations leave of a region, unless that is nothing. On
   the stack a region is how many ranges each field has, and then they. */
static int push(ptl_search *s, const ptl_set *region, const operation *op, const ptl_box *box) {
  uint32_t sizes[FIELDS] = {0}, f, begin = (uint32_t)s->stack.len;
  if (!ptl_append(&s->stack, sizes, sizeof sizes)) return 0;
  for (f = 0; f < FIELDS; f++) {
    size_t before = s->stack.len;
    if (!operate(op[f], region[f], ptl_atoms_set(s->atoms, box->set[f]), &s->stack)) return 0;
    sizes[f] = (uint32_t)((s->stack.len - before) / sizeof(ptl_range));
    if (sizes[f] == 0) {
      s->stack.len = begin;
      return 1;
    }
  }
  memcpy((char *)s->stack.data + begin, sizes, sizeof sizes);
  return ptl_append(&s->begins, &begin, sizeof begin);
}

/* Takes the last region off the stack; its sets live until the next. */
static int pop(ptl_search *s, ptl_set *region) {
  uint32_t f, begin = *nth(uint32_t, s->begins, count(uint32_t, s->begins) - 1);
  const uint32_t *sizes;
  const ptl_range *at;
  s->current.len = 0;
  if (!ptl_append(&s->current, (char *)s->stack.data + begin, s->stack.len - begin)) return 0;
  s->stack.len = begin;
  s->begins.len -= sizeof begin;
  sizes = s->current.data;
  at = nth(const ptl_range, s->current, FIELDS * sizeof *sizes / sizeof *at);
  for (f = 0; f < FIELDS; f++) {
    region[f].at = at;
    region[f].n = sizes[f];
    at += sizes[f];
  }
  return 1;
}

static int push_within(ptl_search *s, const ptl_set *region, const ptl_box *box) {
  static const operation all[FIELDS] = {MEET, MEET, MEET, MEET, MEET, MEET, MEET, MEET, MEET, MEET};
  return push(s, region, all, box);
}

/* The fields by which a region reaches out of a box. */
static uint32_t ways_out(const ptl_search *s, const ptl_set *region, const ptl_box *box,
                         uint32_t *fields) {
  uint32_t f, n = 0;
  for (f = 0; f < FIELDS; f++)
    if (box->set[f] != s->atoms->everything.set[f] &&
        !ptl_set_within(region[f], ptl_atoms_set(s->atoms, box->set[f])))
      fields[n++] = f;
  return n;
}

static void widest_last(const ptl_set *region, uint32_t *fields, uint32_t n) {
  uint32_t i, j;
  for (i = 1; i < n; i++)
    for (j = i; j > 0 && ptl_set_size(region[fields[j - 1]]) > ptl_set_size(region[fields[j]]);
         j--) {
      uint32_t f = fields[j];
      fields[j] = fields[j - 1];
      fields[j - 1] = f;
    }
}

/* Pushes what of the region is out of the box, in disjoint parts, so that
   the one that leaves the field with most room is looked at first. */
static int push_without(ptl_search *s, const ptl_set *region, const ptl_box *box) {
  operation op[FIELDS] = {COPY, COPY, COPY, COPY, COPY, COPY, COPY, COPY, COPY, COPY};
  uint32_t fields[FIELDS], i, n = ways_out(s, region, box, fields);
  widest_last(region, fields, n);
  for (i = 0; i < n; i++) op[fields[i]] = MEET;
  for (i = 0; i < n; i++) {
    op[fields[i]] = LESS;
    if (!push(s, region, op, box)) return 0;
    op[fields[i]] = COPY;
  }
  return 1;
}

/* -------------------------------------------------------- what is in the way -- */

static int touches(const ptl_search *s, const ptl_set *region, const ptl_box *box) {
  uint32_t f;
  for (f = 0; f < FIELDS; f++)
    if (!ptl_set_overlaps(region[f], ptl_atoms_set(s->atoms, box->set[f]))) return 0;
  return 1;
}

static int has(const ptl_search *s, const ptl_box *box, const uint32_t *packet) {
  uint32_t f;
  for (f = 0; f < FIELDS; f++)
    if (!ptl_set_has(ptl_atoms_set(s->atoms, box->set[f]), packet[f])) return 0;
  return 1;
}

static int arrives(const ptl_wish *w, uint32_t to) {
  return to < w->until || (to == w->until && !w->strict);
}

/* Whether some entry may lead round entry y, whatever the packet. */
static int avoidable(const ptl_wish *w, uint32_t y) {
  if (w->verdicts != BIT(PTL_VERDICT_ACCEPT) || w->removed_jump) return 1;
  return arrives(w, *nth(const uint32_t, w->program->escapes, y));
}

/* Whether, out of an entry's box, there might be a way further than it leads:
   through an entry that it skips. */
static int worth_leaving(const ptl_wish *w, uint32_t y) {
  uint32_t i, end = leads(w, y);
  if (w->verdicts != BIT(PTL_VERDICT_ACCEPT) || end > w->until || w->removed_jump) return 1;
  for (i = y + 1; i < end; i++) {
    uint32_t to = ptl_program_at(w->program, i)->to;
    if (to > end && arrives(w, to)) return 1;
  }
  return 0;
}

static int blames(ptl_search *s, const ptl_wish *w, uint32_t entry) {
  uint32_t rule = ptl_program_at(w->program, entry)->rule;
  return ptl_is_among(&s->blame, rule) || ptl_append(&s->blame, &rule, sizeof rule);
}

/* The entry that surely ends the packet's hope, in the way of all the region
   but the least; NONE when each can be led round. */
static uint32_t wall(const ptl_search *s, const ptl_wish *w, const ptl_set *region) {
  uint32_t i, fields[FIELDS], best = NONE, least = NONE;
  for (i = 0; i < nmet(s); i++) {
    const ptl_entry *e = ptl_program_at(w->program, met(s, i));
    uint32_t n;
    if (!is_certain(w, e) || may_do(w, leads(w, met(s, i))) || avoidable(w, met(s, i))) continue;
    n = ways_out(s, region, &e->box, fields);
    if (n < least) {
      least = n;
      best = met(s, i);
    }
  }
  return best;
}

/* A wall is in the way of every packet, so it is worth remembering. */
typedef struct {
  uint32_t wish, entry;
} known_wall;

static int split_at_wall(ptl_search *s, const ptl_wish *w, const ptl_set *region, uint32_t entry) {
  if (!blames(s, w, entry) || !push_without(s, region, &ptl_program_at(w->program, entry)->box))
    return PTL_ENOMEM;
  return PTL_OK;
}

static int remember(ptl_search *s, uint32_t wish, uint32_t entry) {
  known_wall k = {wish, entry};
  return count(known_wall, s->known) >= MAX_KNOWN || ptl_append(&s->known, &k, sizeof k);
}

/* Whether an entry that the packet is not in might, if it were, change its way. */
static int diverts(const ptl_search *s, const ptl_wish *w, uint32_t e, uint32_t last) {
  uint32_t i, to = leads(w, e);
  if (is_void(w, e) || !may_do(w, to) || e >= last) return 0;
  if (w->only && !is_certain(w, ptl_program_at(w->program, e))) return 0;
  if (last < to) return 1;
  for (i = 0; i < nmet(s); i++)
    if (*reached(s, i) && met(s, i) > e && met(s, i) < to) return 1;
  return 0;
}

/* Pushes the region within each entry before 'last' that the packet is not
   in, and that might change its way. */
static int push_escapes(ptl_search *s, const ptl_wish *w, const ptl_set *region,
                        const uint32_t *packet, uint32_t last) {
  ptl_window window = {w->from, last, NONE, 0};
  uint32_t i;
  s->escapes.len = 0;
  if (!ptl_program_overlapping(w->program, s->atoms, region, &window, &s->escapes)) return 0;
  for (i = count(uint32_t, s->escapes); i-- > 0;) {
    uint32_t e = *nth(uint32_t, s->escapes, i);
    const ptl_box *box = &ptl_program_at(w->program, e)->box;
    if (diverts(s, w, e, last) && !has(s, box, packet) && !push_within(s, region, box)) return 0;
  }
  return 1;
}

/* The first place where what should not become of the packet does. */
static uint32_t first_bad(const ptl_search *s, const ptl_wish *w) {
  uint32_t i;
  for (i = 0; i < nmet(s); i++)
    if (*reached(s, i) && !may_do(w, leads(w, met(s, i)))) return i;
  return i;
}

/* Out of which entries a better packet may be: those that it comes to. */
static int push_departures(ptl_search *s, const ptl_wish *w, const ptl_set *region, uint32_t last) {
  uint32_t i;
  for (i = nmet(s); i-- > 0;) {
    const ptl_entry *e = ptl_program_at(w->program, met(s, i));
    if (!*reached(s, i) || met(s, i) > last) continue;
    if (w->only ? met(s, i) != last && leads(w, met(s, i)) > last
                : !is_certain(w, e) || !worth_leaving(w, met(s, i)))
      continue;
    if (!blames(s, w, met(s, i)) || !push_without(s, region, &e->box)) return 0;
  }
  return 1;
}

static int split(ptl_search *s, const ptl_wish *wishes, uint32_t i, const ptl_set *region,
                 const uint32_t *packet) {
  const ptl_wish *w = &wishes[i];
  uint32_t last = w->until, entry = w->only ? NONE : wall(s, w, region);
  if (w->from >= w->until) return PTL_OK;
  if (entry != NONE) return remember(s, i, entry) ? split_at_wall(s, w, region, entry) : PTL_ENOMEM;
  if (w->only && first_bad(s, w) < nmet(s)) last = met(s, first_bad(s, w));
  if (!push_escapes(s, w, region, packet, last) || !push_departures(s, w, region, last))
    return PTL_ENOMEM;
  return PTL_OK;
}

/* -------------------------------------------------------------- searching -- */

/* Splits the region at a known wall that leaves it at most one way out. */
static int split_at_known(ptl_search *s, const ptl_wish *wishes, const ptl_set *region) {
  uint32_t i, fields[FIELDS];
  for (i = 0; i < count(known_wall, s->known); i++) {
    const known_wall *k = nth(const known_wall, s->known, i);
    const ptl_wish *w = &wishes[k->wish];
    const ptl_box *box = &ptl_program_at(w->program, k->entry)->box;
    int code;
    if (ways_out(s, region, box, fields) > 1 || !touches(s, region, box)) continue;
    code = split_at_wall(s, w, region, k->entry);
    return code < 0 ? code : 1;
  }
  return 0;
}

/* 1: the packet that was tried will do; 0: the region was split; or an error. */
static int try(ptl_search *s, const ptl_set *region, const ptl_wish *wishes, uint32_t n) {
  uint32_t i;
  for (i = 0; i < FIELDS; i++) s->packet[i] = pick(s, i, region[i]);
  for (i = 0; i < n; i++) {
    int code = ptl_search_walk(s, &wishes[i], s->packet);
    if (code == PTL_OK && !ptl_wish_holds(s, &wishes[i]))
      return split(s, wishes, i, region, s->packet);
    if (code < 0) return code;
  }
  return 1;
}

static int search(ptl_search *s, const ptl_wish *wishes, uint32_t n) {
  ptl_set region[FIELDS];
  int code = 0;
  while (code == 0 && s->begins.len > 0) {
    if (s->budget-- == 0 || s->stack.len > MAX_STACK || s->work > MAX_WORK) {
      s->budget = 0;
      return PTL_ELIMIT;
    }
    if (!pop(s, region)) return PTL_ENOMEM;
    code = split_at_known(s, wishes, region);
    if (code == 1)
      code = 0;
    else if (code == 0)
      code = try(s, region, wishes, n);
  }
  return code;
}

/* Narrows a region to the field's set: by a meet with that, not with a box. */
static int push_only(ptl_search *s, ptl_set *sets, const ptl_region *region) {
  ptl_buffer met = {NULL, 0, 0};
  int done = ptl_set_meet(sets[region->field], *region->only, &met);
  sets[region->field].at = met.data;
  sets[region->field].n = count(ptl_range, met);
  done = done && push_within(s, sets, &s->atoms->everything);
  free(met.data);
  return done;
}

static int push_region(ptl_search *s, const ptl_region *region) {
  ptl_set sets[FIELDS];
  uint32_t i;
  for (i = 0; i < FIELDS; i++) sets[i] = ptl_atoms_set(s->atoms, region->boxes[0]->set[i]);
  if (!push_within(s, sets, region->boxes[0])) return 0;
  for (i = 1; i < region->nboxes && s->begins.len > 0; i++)
    if (!pop(s, sets) || !push_within(s, sets, region->boxes[i])) return 0;
  if (region->only == NULL || s->begins.len == 0) return 1;
  if (!pop(s, sets)) return 0;
  return push_only(s, sets, region);
}

int ptl_search_find(ptl_search *s, const ptl_region *region, const ptl_wish *wishes, uint32_t n) {
  s->stack.len = s->begins.len = s->known.len = 0;
  return push_region(s, region) ? search(s, wishes, n) : PTL_ENOMEM;
}

ptl_wish ptl_wish_to(const ptl_program *p, uint32_t until) {
  ptl_wish w = {p, 0, until, BIT(PTL_VERDICT_ACCEPT), 0, 0, 0, NONE, 0, 0, NONE, NULL};
  return w;
}
