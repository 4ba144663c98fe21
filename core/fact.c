/*
** fact.c -- the facts of each rule: hidden, redundant, in conflict.
**
** Every fact is "there is no packet that ...", so it is asked of packet.c as a
** search: of a region, the rule's box on one way through the chains, and of
** wishes, where a packet there should come. A rule has several places when
** several ways lead to its chain; a fact is over all of them.
**
** Removing a rule parts a packet's way in two, one with the rule and one
** without, and they differ when one leaves the entries between them and then
** fares otherwise than the other. So "redundant" compares two ways.
**
** SPDX-License-Identifier: MIT
*/
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum {
  FACT_BUDGET = 1 << 15,  /* regions looked at for one fact */
  PROBE_BUDGET = 1 << 10, /* and for one set that might hide a rule */
  MAX_PROBES = 256,
  MAX_CANDIDATES = 64,
  MAX_SMALLEST = 3,
  MAX_TURNS = 8 /* where two ways part again */
};

/* --------------------------------------------------------------- places -- */

static const ptl_program *program_at(const ptl_space *s, uint32_t i) {
  return nth(const ptl_program, s->programs[NOW], i);
}

static uint32_t nplaces(const ptl_space *s, uint32_t rule) {
  const uint32_t *first = nth(const uint32_t, s->first_place, rule);
  return first[1] - first[0];
}

static const ptl_place *place_of(const ptl_space *s, uint32_t rule, uint32_t i) {
  return nth(const ptl_place, s->places, *nth(const uint32_t, s->first_place, rule) + i);
}

static const ptl_entry *entry_of(const ptl_space *s, const ptl_place *place) {
  return ptl_program_at(program_at(s, place->program), place->entry);
}

/* Whether a box has any packet, of either family. */
static int has_packets(const ptl_space *s, const ptl_box *box) {
  uint32_t family, f;
  for (family = 0; family < 2; family++) {
    const ptl_box *all = &s->atoms.families[family];
    for (f = 0; f < FIELDS; f++)
      if (!ptl_set_overlaps(ptl_atoms_set(&s->atoms, box->set[f]),
                            ptl_atoms_set(&s->atoms, all->set[f])))
        break;
    if (f == FIELDS) return 1;
  }
  return 0;
}

/* Whether no packet at all is what a rule says. */
static int contradicts_itself(const ptl_space *s, uint32_t rule) {
  const ptl_rule *r = nth(const ptl_rule, s->atoms.rulesets[NOW]->rules, rule);
  uint32_t i;
  for (i = 0; i < r->nmatches; i++)
    if (has_packets(s, nth(const ptl_box, s->atoms.boxes[NOW], r->first + i))) return 0;
  return 1;
}

static int is_reached(const ptl_space *s, uint32_t rule) {
  uint32_t i;
  for (i = 0; i < nplaces(s, rule); i++)
    if (has_packets(s, &entry_of(s, place_of(s, rule, i))->box)) return 1;
  return 0;
}

static const ptl_rule *rule_at(const ptl_space *s, uint32_t rule) {
  return nth(const ptl_rule, s->atoms.rulesets[NOW]->rules, rule);
}

static ptl_region region_of(const ptl_box *box) {
  ptl_region region = {{box}, 1, 0, NULL};
  return region;
}

static void add_box(ptl_region *region, const ptl_box *box) {
  region->boxes[region->nboxes++] = box;
}

/* Before each question that is searched for. */
static void renew(ptl_space *s) {
  s->search.budget = FACT_BUDGET;
  s->overlapping.len = 0;
}

/* --------------------------------------------------------------- hidden -- */

/* Whether a packet of the rule comes to one of its places when of all rules
   only 'certain' end anything surely (NULL: all that do). */
static int is_seen_at(ptl_space *s, uint32_t rule, const ptl_buffer *certain,
                      const ptl_place *place, const ptl_box *within) {
  ptl_region region = region_of(&entry_of(s, place)->box);
  ptl_wish w = ptl_wish_to(program_at(s, place->program), place->entry);
  int code;
  w.doubted = rule;
  w.certain = certain;
  if (within != NULL) add_box(&region, within);
  code = ptl_space_find(s, &region, &w, 1);
  s->seen = *place;
  return code != 1 ? code : ptl_search_walk(&s->search, &w, s->search.packet) < 0 ? PTL_ENOMEM : 1;
}

static int is_seen(ptl_space *s, uint32_t rule, const ptl_buffer *certain) {
  uint32_t i;
  int code = 0;
  s->search.blame.len = 0;
  for (i = 0; i < nplaces(s, rule) && code == 0; i++)
    code = is_seen_at(s, rule, certain, place_of(s, rule, i), NULL);
  return code;
}

/* The same for packets that another rule's boxes have. */
static int is_seen_within(ptl_space *s, uint32_t rule, const ptl_buffer *certain, uint32_t other) {
  uint32_t i, j;
  int code = 0;
  for (i = 0; i < nplaces(s, rule); i++)
    for (j = 0; j < nplaces(s, other) && code == 0; j++) {
      const ptl_place *place = place_of(s, rule, i), *by = place_of(s, other, j);
      if (by->program == place->program && by->entry < place->entry)
        code = is_seen_at(s, rule, certain, place, &entry_of(s, by)->box);
    }
  return code;
}

typedef struct {
  ptl_space *space;
  uint32_t rule, probes;
  int complete;
} hunt;

/* The rules one of which must be in any set that hides the packet just seen. */
static uint32_t candidates(hunt *h, uint32_t *rules) {
  const ptl_search *s = &h->space->search;
  const ptl_program *p = program_at(h->space, h->space->seen.program);
  uint32_t i, n = 0;
  for (i = 0; i < count(uint32_t, s->met); i++) {
    const ptl_entry *e = ptl_program_at(p, *nth(const uint32_t, s->met, i));
    if (!((const uint8_t *)s->reached.data)[i] || !e->certain || e->rule == h->rule) continue;
    if (ptl_is_among(&h->space->hiding, e->rule)) continue;
    if (n == MAX_CANDIDATES) {
      h->complete = 0;
      return n;
    }
    rules[n++] = e->rule;
  }
  return n;
}

/* Whether what was chosen, and at most 'room' rules more, hides the rule. */
static int hides(hunt *h, uint32_t room) {
  uint32_t i, n, rules[MAX_CANDIDATES];
  ptl_buffer *chosen = &h->space->hiding;
  int code = PTL_ELIMIT;
  h->space->search.budget = PROBE_BUDGET;
  if (h->probes > 0) code = is_seen(h->space, h->rule, chosen);
  if (code == PTL_ELIMIT) h->complete = 0;
  if (code <= 0) return code == 0 ? 1 : code == PTL_ELIMIT ? 0 : code;
  h->probes--;
  n = room > 0 ? candidates(h, rules) : 0;
  for (i = 0; i < n; i++) {
    if (!ptl_append(chosen, &rules[i], sizeof *rules)) return PTL_ENOMEM;
    code = hides(h, room - 1);
    if (code != 0) return code;
    chosen->len -= sizeof *rules;
  }
  return 0;
}

/* Looks for a set of one rule, of two, and so on up to 'most'. */
static int hunt_smallest(ptl_space *s, uint32_t rule, uint32_t most, ptl_fact *out) {
  hunt h = {s, rule, MAX_PROBES, 1};
  uint32_t room;
  int code = 0;
  for (room = 1; room <= most && code == 0; room++) {
    out->smallest = h.complete != 0;
    s->hiding.len = 0;
    code = hides(&h, room);
  }
  return code;
}

static void take_out(ptl_buffer *numbers, uint32_t i) {
  uint32_t n = count(uint32_t, *numbers), *at = numbers->data;
  memmove(at + i, at + i + 1, (n - i - 1) * sizeof *at);
  numbers->len -= sizeof *at;
}

static int put_in(ptl_buffer *numbers, uint32_t i, uint32_t x) {
  uint32_t n = count(uint32_t, *numbers), *at;
  if (!ptl_append(numbers, &x, sizeof x)) return PTL_ENOMEM;
  at = numbers->data;
  memmove(at + i + 1, at + i, (n - i) * sizeof *at);
  at[i] = x;
  return PTL_OK;
}

/* Leaves out each rule without which the others still hide all. */
static int thin(ptl_space *s, uint32_t rule) {
  uint32_t i;
  for (i = count(uint32_t, s->hiding); i-- > 0;) {
    uint32_t other = *nth(uint32_t, s->hiding, i);
    int code;
    take_out(&s->hiding, i);
    s->search.budget = FACT_BUDGET;
    code =
        other == NONE ? is_seen(s, rule, &s->hiding) : is_seen_within(s, rule, &s->hiding, other);
    if (code != 0 && put_in(&s->hiding, i, other) < 0) return PTL_ENOMEM;
    if (code < 0) return code;
  }
  return PTL_OK;
}

static int find_hiding(ptl_space *s, uint32_t rule, ptl_fact *out) {
  ptl_buffer blame = s->search.blame;
  int code;
  memset(&s->search.blame, 0, sizeof blame); /* the rules that hide it together, kept */
  code = hunt_smallest(s, rule, MAX_SMALLEST, out);
  if (code == 0) {
    s->hiding.len = 0;
    out->smallest = 0;
    code = ptl_append(&s->hiding, blame.data, blame.len) ? thin(s, rule) : PTL_ENOMEM;
    if (code == PTL_ELIMIT) out->flags |= PTL_RULE_UNDECIDED;
    if (code == PTL_ELIMIT) code = PTL_OK;
  }
  free(blame.data);
  out->nhiding = count(uint32_t, s->hiding);
  out->hiding = s->hiding.data;
  if (out->nhiding > 1) ptl_sort_numbers(s->hiding.data, out->nhiding);
  return code < 0 ? code : PTL_OK;
}

/* What is noted of a rule's hiding: another rule, which does it alone, or one
   of these; the last is told when others do it together, or may. */
enum { SEEN = -2, HIDDEN_BY_OTHERS = -3 };

static ptl_note *note_of(const ptl_space *s, uint32_t rule) {
  return nth(ptl_note, s->notes, rule);
}

/* A rule that another hides alone need not be looked at for any third rule's
   sake: it meets no packet, whether the third is there or not. */
static void note_hidden(ptl_space *s, uint32_t rule, uint32_t by) {
  uint32_t i;
  note_of(s, rule)->by = by;
  note_of(s, rule)->next = note_of(s, by)->hidden;
  note_of(s, by)->hidden = rule;
  for (i = 0; i < nplaces(s, rule); i++) {
    const ptl_place *place = place_of(s, rule, i);
    ptl_program_bypass(nth(ptl_program, s->programs[NOW], place->program), place->entry);
  }
}

static int note_rule(ptl_space *s, uint32_t rule) {
  ptl_fact found = {0, NONE, 0, 0, NULL};
  int code;
  s->search.budget = FACT_BUDGET;
  code = is_seen(s, rule, NULL);
  note_of(s, rule)->by = (uint32_t)(code == 1 ? SEEN : HIDDEN_BY_OTHERS);
  if (code == 0) code = hunt_smallest(s, rule, 1, &found);
  if (code < 0 && code != PTL_ELIMIT) return code;
  if (note_of(s, rule)->by != (uint32_t)SEEN && code == 1 && s->hiding.len == sizeof rule &&
      *nth(uint32_t, s->hiding, 0) != NONE)
    note_hidden(s, rule, *nth(uint32_t, s->hiding, 0));
  return PTL_OK;
}

/* Before the first fact: nothing need be looked for behind a rule that is not seen. */
static int note_all(ptl_space *s) {
  uint32_t i, n = ptl_ruleset_rules(s->atoms.rulesets[NOW]);
  int code = PTL_OK;
  if (note_of(s, 0)->by != NONE) return PTL_OK;
  for (i = n; i-- > 0 && code == PTL_OK;)
    if (note_of(s, i)->by == NONE) code = note_rule(s, i);
  return code;
}

/* 1 and what is told of it when a rule is hidden, 0 when it is not, or an error. */
static int is_hidden(ptl_space *s, uint32_t rule, ptl_fact *out) {
  uint32_t note = note_of(s, rule)->by;
  int code;
  if (note == (uint32_t)SEEN) return 0;
  if (note == (uint32_t)HIDDEN_BY_OTHERS) {
    renew(s);
    code = is_seen(s, rule, NULL);
    if (code == 0) code = find_hiding(s, rule, out);
    return code < 0 ? code : !code;
  }
  s->hiding.len = 0;
  if (!ptl_append(&s->hiding, &note, sizeof note)) return PTL_ENOMEM;
  out->nhiding = out->smallest = 1;
  out->hiding = s->hiding.data;
  return 1;
}

/* Whether a rule is surely hidden even if 'other' were not there. */
static int is_hidden_without(const ptl_space *s, uint32_t rule, uint32_t other) {
  uint32_t by = rule != NONE ? note_of(s, rule)->by : NONE;
  return by < (uint32_t)HIDDEN_BY_OTHERS && by != other;
}

/* ------------------------------------------------------ entries, in order -- */

/* The entries of [from, until) that overlap a box, found in ever larger
   steps: who asks often has enough of the first. */
typedef struct {
  ptl_space *space;
  const ptl_program *program;
  ptl_set box[FIELDS];
  ptl_window window; /* what is still to be looked through */
  uint32_t step, next;
  size_t base; /* of its list, above those of the scans round it */
} scan;

static scan begin_scan(ptl_space *s, const ptl_program *p, const ptl_box *box, ptl_window window) {
  scan c = {s, p, {{NULL, 0}}, window, 32, 0, s->overlapping.len};
  uint32_t f;
  for (f = 0; f < FIELDS; f++) c.box[f] = ptl_atoms_set(&s->atoms, box->set[f]);
  c.next = count(uint32_t, s->overlapping);
  return c;
}

/* Looks through one step more. */
static int advance(scan *c) {
  ptl_buffer *list = &c->space->overlapping;
  ptl_window now = c->window;
  if (now.until - now.from > c->step) now.until = now.from + c->step;
  list->len = c->base;
  c->next = count(uint32_t, *list);
  c->window.from = now.until;
  c->step *= 8;
  return ptl_program_overlapping(c->program, &c->space->atoms, c->box, &now, list);
}

/* 1 and the next entry, 0 when there is none, or an error. */
static int next_entry(scan *c, uint32_t *entry) {
  ptl_buffer *list = &c->space->overlapping;
  while (c->next == count(uint32_t, *list)) {
    if (c->window.from >= c->window.until) {
      list->len = c->base;
      return 0;
    }
    if (!advance(c)) return PTL_ENOMEM;
  }
  *entry = *nth(uint32_t, *list, c->next++);
  return 1;
}

/* ------------------------------------------------------------- conflict -- */

static int is_opposite(uint32_t x, uint32_t y) {
  int stops = x == PTL_VERDICT_DROP || x == PTL_VERDICT_REJECT;
  if (x == PTL_VERDICT_ACCEPT) return y == PTL_VERDICT_DROP || y == PTL_VERDICT_REJECT;
  return stops && y == PTL_VERDICT_ACCEPT;
}

/* Whether an entry, where it applies, keeps packets from the place and does
   with them what the rule would not. */
static int may_conflict(const ptl_space *s, uint32_t rule, const ptl_entry *e, uint32_t place) {
  return e->certain && e->to > place && e->rule != NONE &&
         is_opposite(rule_at(s, rule)->verdict, rule_at(s, e->rule)->verdict);
}

static int conflict_at(ptl_space *s, uint32_t rule, const ptl_place *place, uint32_t *with) {
  const ptl_program *p = program_at(s, place->program);
  ptl_region region = region_of(&entry_of(s, place)->box);
  ptl_window window = {0, place->entry, entry_of(s, place)->to, 1};
  scan c = begin_scan(s, p, region.boxes[0], window);
  uint32_t i;
  int more, code = 0;
  while (code == 0 && (more = next_entry(&c, &i)) != 0) {
    const ptl_entry *e;
    ptl_wish w;
    if (more < 0) return more;
    w = ptl_wish_to(p, i);
    e = ptl_program_at(p, i);
    if (!may_conflict(s, rule, e, place->entry) || is_hidden_without(s, e->rule, NONE)) continue;
    region.nboxes = 1;
    add_box(&region, &e->box);
    code = ptl_space_find(s, &region, &w, 1);
    if (code == 1) *with = e->rule;
  }
  return code;
}

static int find_conflict(ptl_space *s, uint32_t rule, ptl_fact *out) {
  uint32_t i;
  int code = 0;
  for (i = 0; i < nplaces(s, rule) && code == 0; i++)
    code = conflict_at(s, rule, place_of(s, rule, i), &out->conflict);
  if (code == 1) out->flags |= PTL_RULE_CONFLICT;
  return code;
}

/* ------------------------------------------------------------ redundant -- */

/* A packet's way with the rule and its way without it. */
typedef struct {
  ptl_space *space;
  const ptl_program *program;
  uint32_t rule, removed_from, jumps;
  ptl_region region;
  ptl_wish wishes[MAX_WISHES];
  uint32_t nwishes;
} parting;

static int exists(parting *g) {
  return ptl_space_find(g->space, &g->region, g->wishes, g->nwishes);
}

static ptl_wish *wish(parting *g, uint32_t from, uint32_t until) {
  ptl_wish *w = &g->wishes[g->nwishes++];
  *w = ptl_wish_to(g->program, until);
  w->from = from;
  w->removed = g->rule;
  w->removed_from = g->removed_from;
  w->removed_jump = g->jumps;
  return w;
}

/* Where an entry leads on the way without the rule. */
static uint32_t leads(const parting *g, uint32_t entry) {
  const ptl_entry *e = ptl_program_at(g->program, entry);
  return e->rule == g->rule && entry >= g->removed_from ? e->without : e->to;
}

/* Whether the way from a may lead through an entry and fare on otherwise than from b. */
static int differs(parting *g, uint32_t a, uint32_t b);

static int differs_by(parting *g, uint32_t a, uint32_t entry, uint32_t b) {
  const ptl_entry *e = ptl_program_at(g->program, entry);
  uint32_t to = leads(g, entry);
  int code;
  if (to == b || (to < b && b < ptl_program_length(g->program))) return 0;
  if (!g->jumps && is_hidden_without(g->space, e->rule, g->rule)) return 0;
  if (g->nwishes + 2 > MAX_WISHES || g->region.nboxes + 2 > MAX_BOXES) return PTL_ELIMIT;
  wish(g, a, entry);
  add_box(&g->region, &e->box);
  code = b < ptl_program_length(g->program) ? differs(g, b, to) : exists(g);
  g->nwishes--;
  g->region.nboxes--;
  return code;
}

/* Whether a way from 'a' may end otherwise than with 'end'. */
static int ends_otherwise(parting *g, uint32_t a, uint32_t end) {
  uint32_t n = ptl_program_length(g->program);
  int code;
  if (a >= n) return a == end ? 0 : exists(g);
  if (end == n) return 0;
  wish(g, a, n)->strict = 1;
  code = exists(g);
  g->nwishes--;
  return code;
}

/* Whether an entry ends a packet's way, in whatever manner. */
static int is_end(const parting *g, uint32_t entry) {
  uint32_t to = leads(g, entry);
  return to == ptl_program_length(g->program) || to >= FIRST_END;
}

/* The rules that this one alone hides were bypassed; without it they are seen. */
static int differs_by_hidden(parting *g, uint32_t a, uint32_t b) {
  uint32_t n = ptl_program_length(g->program), until = b < n ? b : n, i;
  uint32_t rule = note_of(g->space, g->rule)->hidden;
  int code = 0;
  for (; rule != NONE && code == 0; rule = note_of(g->space, rule)->next)
    for (i = 0; i < nplaces(g->space, rule) && code == 0; i++) {
      const ptl_place *place = place_of(g->space, rule, i);
      uint32_t e = place->entry;
      if (program_at(g->space, place->program) != g->program || e < a || e >= until) continue;
      if (b < n || is_end(g, e)) code = differs_by(g, a, e, b);
    }
  return code;
}

static int differs(parting *g, uint32_t a, uint32_t b) {
  uint32_t n = ptl_program_length(g->program), until = b < n ? b : n, i;
  int more, code = b < n ? 0 : ends_otherwise(g, a, b);
  ptl_window window = {a, until, b, !g->jumps};
  scan c;
  if (a >= until || code != 0) return code;
  if (b >= n && is_end(g, n - 1)) code = differs_by(g, a, n - 1, b);
  c = begin_scan(g->space, g->program, g->region.boxes[0], window);
  while (code == 0 && (more = next_entry(&c, &i)) != 0) {
    if (more < 0) return more;
    if (b < n || is_end(g, i)) code = differs_by(g, a, i, b);
  }
  return code != 0 || g->jumps ? code : differs_by_hidden(g, a, b);
}

static int differs_at(ptl_space *s, uint32_t rule, const ptl_place *place) {
  const ptl_entry *e = entry_of(s, place);
  uint32_t with = e->to, without = e->without;
  parting g = {s, program_at(s, place->program), rule, 0, 0, region_of(&e->box), {{0}}, 0};
  g.jumps = rule_at(s, rule)->verdict >= PTL_VERDICT_JUMP;
  g.wishes[g.nwishes++] = ptl_wish_to(g.program, place->entry);
  g.removed_from = with < without ? without : place->entry + 1;
  if (with == without) return 0;
  return with < without ? differs(&g, with, without) : differs(&g, without, with);
}

static int find_difference(ptl_space *s, uint32_t rule) {
  uint32_t i;
  int code = 0;
  for (i = 0; i < nplaces(s, rule) && code == 0; i++)
    code = differs_at(s, rule, place_of(s, rule, i));
  return code;
}

/* ---------------------------------------------------------------- facts -- */

/* A rule that only logs changes nothing on purpose, and of "other" nobody knows. */
static int may_be_redundant(uint32_t verdict) {
  return verdict != PTL_VERDICT_CONTINUE && verdict != PTL_VERDICT_OTHER;
}

static int judge_seen(ptl_space *s, uint32_t rule, ptl_fact *out) {
  int code = 1;
  renew(s);
  if (may_be_redundant(rule_at(s, rule)->verdict)) code = find_difference(s, rule);
  if (code == 0) out->flags |= PTL_RULE_REDUNDANT;
  if (code == PTL_ELIMIT) out->flags |= PTL_RULE_UNDECIDED;
  return code < 0 && code != PTL_ELIMIT ? code : PTL_OK;
}

static int judge(ptl_space *s, uint32_t rule, ptl_fact *out) {
  int code;
  renew(s);
  code = find_conflict(s, rule, out);
  if (code < 0 && code != PTL_ELIMIT) return code;
  if (code == PTL_ELIMIT) out->flags |= PTL_RULE_UNDECIDED;
  code = is_hidden(s, rule, out);
  if (code == 1) out->flags |= PTL_RULE_HIDDEN;
  if (code == 0) code = judge_seen(s, rule, out);
  return code;
}

int ptl_space_fact(ptl_space *s, uint32_t rule, ptl_fact *out, ptl_error *err) {
  int code = PTL_OK;
  ptl_fact none = {0, NONE, 0, 0, NULL};
  assert(rule < ptl_ruleset_rules(s->atoms.rulesets[NOW]));
  *out = none;
  if (((const uint8_t *)s->loops.data)[rule]) out->flags |= PTL_RULE_LOOP;
  code = note_all(s);
  if (code == PTL_OK && is_reached(s, rule))
    code = judge(s, rule, out);
  else if (code == PTL_OK)
    out->flags |= contradicts_itself(s, rule) ? PTL_RULE_NEVER : PTL_RULE_UNREACHED;
  if (code != PTL_ELIMIT) return code < 0 ? ptl_space_fault(code, err) : PTL_OK;
  out->flags |= PTL_RULE_UNDECIDED;
  return PTL_OK;
}
