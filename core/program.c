/*
** program.c -- one hook's chains laid out as one list that only goes forward.
**
** A jump is replaced by the rules of its chain, narrowed by the jump; a return
** skips to the end of them; an accept, to the end of the base chain; a drop
** ends. So what a packet meets depends on nothing but the entries it is in,
** and a rule stands once for each way that leads to it. A goto is a jump and
** then a return; a jump that is uncertain has before it an uncertain skip.
**
** The index lists each entry under the field in which it is narrowest.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { MAX_ENTRIES = 1 << 20, MAX_DEPTH = 256, FEW = 32 };

void ptl_program_free(ptl_program *p) {
  uint32_t f;
  for (f = 0; f < FIELDS; f++) {
    free(p->index[f].stretches.data);
    free(p->index[f].reach.data);
    free(p->index[f].lasts.data);
  }
  free(p->entries.data);
  free(p->escapes.data);
  free(p->living.data);
  free(p->leads.data);
}

/* --------------------------------------------------------------- laying -- */

typedef struct {
  ptl_program *program;
  ptl_atoms *atoms;
  const ptl_ruleset *ruleset;
  const ptl_box *boxes;
  uint8_t *loops;   /* by rule */
  uint8_t *entered; /* by chain: whether we are inside */
  ptl_buffer room;
  uint32_t accepts; /* entries yet to be sent to the end of the base chain */
  uint32_t depth;
} layout;

/* Where an entry goes that must wait for its place: a list through 'to'. */
static void send(ptl_program *p, uint32_t waiting, uint32_t to) {
  while (waiting != NONE) {
    ptl_entry *e = nth(ptl_entry, p->entries, waiting);
    waiting = e->to;
    e->to = to;
  }
}

static void set_bounds(const ptl_atoms *a, ptl_entry *e) {
  uint32_t f;
  for (f = 0; f < FIELDS; f++) {
    ptl_set set = ptl_atoms_set(a, e->box.set[f]);
    e->bounds[f].first = set.at[0].first;
    e->bounds[f].last = set.at[set.n - 1].last;
  }
}

static int add(layout *l, const ptl_box *box, uint32_t rule, uint32_t to, int certain, int target) {
  uint32_t at = ptl_program_length(l->program);
  ptl_entry e = {*box, {{0, 0}}, to, at + 1, rule, (uint8_t)certain, (uint8_t)target};
  set_bounds(l->atoms, &e);
  if (at >= MAX_ENTRIES) return PTL_ELIMIT;
  return ptl_append(&l->program->entries, &e, sizeof e) ? PTL_OK : PTL_ENOMEM;
}

/* Adds an entry to a list of those that wait. */
static int add_waiting(layout *l, const ptl_box *box, uint32_t rule, uint32_t *waiting,
                       const ptl_rule *as) {
  uint32_t at = ptl_program_length(l->program);
  int code = add(l, box, rule, *waiting, as == NULL || !as->uncertain, as != NULL);
  if (code == PTL_OK) *waiting = at;
  return code;
}

static int lay_chain(layout *l, uint32_t chain, const ptl_box *guard);

static int lay_body(layout *l, const ptl_rule *rule, uint32_t id, const ptl_box *box,
                    uint32_t *returns) {
  int code;
  if (++l->depth > MAX_DEPTH) return PTL_ELIMIT;
  code = lay_chain(l, rule->target, box);
  l->depth--;
  if (code == PTL_OK && rule->verdict == PTL_VERDICT_GOTO)
    code = add_waiting(l, box, id, returns, NULL);
  return code;
}

static int lay_jump(layout *l, const ptl_rule *rule, uint32_t id, const ptl_box *box,
                    uint32_t *returns) {
  uint32_t at = ptl_program_length(l->program), end;
  int code = add(l, box, id, at + 1, 1, 1);
  if (l->entered[rule->target]) {
    l->loops[id] = 1;
    return code;
  }
  if (code == PTL_OK && rule->uncertain) code = add(l, box, id, 0, 0, 0);
  if (code == PTL_OK) code = lay_body(l, rule, id, box, returns);
  if (code < 0) return code;
  end = ptl_program_length(l->program);
  nth(ptl_entry, l->program->entries, at)->without = end;
  if (rule->uncertain) nth(ptl_entry, l->program->entries, at + 1)->to = end;
  return PTL_OK;
}

static int lay_match(layout *l, const ptl_rule *rule, uint32_t id, const ptl_box *box,
                     uint32_t *returns) {
  uint32_t verdict = rule->verdict;
  if (verdict >= PTL_VERDICT_JUMP && rule->target >= count(ptl_chain, l->ruleset->chains))
    verdict = PTL_VERDICT_OTHER;
  switch (verdict) {
    case PTL_VERDICT_ACCEPT:
      return add_waiting(l, box, id, &l->accepts, rule);
    case PTL_VERDICT_RETURN:
      return add_waiting(l, box, id, returns, rule);
    case PTL_VERDICT_CONTINUE:
      return add(l, box, id, ptl_program_length(l->program) + 1, 1, 1);
    case PTL_VERDICT_JUMP:
    case PTL_VERDICT_GOTO:
      return lay_jump(l, rule, id, box, returns);
    case PTL_VERDICT_OTHER:
      return add(l, box, id, END(verdict), 0, 1);
    default:
      return add(l, box, id, END(verdict), !rule->uncertain, 1);
  }
}

/* 1: there is such a packet; 0: there is none; or an error. */
static int meet(layout *l, const ptl_box *x, const ptl_box *y, ptl_box *out) {
  uint32_t f;
  for (f = 0; f < FIELDS; f++) {
    int any = x->set[f] == l->atoms->everything.set[f];
    out->set[f] = y->set[f];
    if (!any && !ptl_atoms_meet(l->atoms, x->set[f], y->set[f], &l->room, &out->set[f]))
      return PTL_ENOMEM;
    if (out->set[f] == 0) return 0;
  }
  return 1;
}

static int lay_rule(layout *l, uint32_t id, const ptl_box *guard, uint32_t *returns) {
  const ptl_rule *rule = nth(const ptl_rule, l->ruleset->rules, id);
  uint32_t i;
  for (i = 0; i < rule->nmatches; i++) {
    ptl_box box;
    int code = meet(l, guard, &l->boxes[rule->first + i], &box);
    if (code == 1) code = lay_match(l, rule, id, &box, returns);
    if (code < 0) return code;
  }
  return PTL_OK;
}

static int lay_chain(layout *l, uint32_t chain, const ptl_box *guard) {
  const ptl_chain *c = nth(const ptl_chain, l->ruleset->chains, chain);
  uint32_t id, returns = NONE;
  int code = PTL_OK;
  l->entered[chain] = 1;
  for (id = c->first; id != NONE && code == PTL_OK;
       id = nth(const ptl_rule, l->ruleset->rules, id)->next)
    code = lay_rule(l, id, guard, &returns);
  l->entered[chain] = 0;
  send(l->program, returns, ptl_program_length(l->program));
  return code;
}

static int lay_base(layout *l, uint32_t chain) {
  const ptl_chain *c = nth(const ptl_chain, l->ruleset->chains, chain);
  int code;
  l->accepts = NONE;
  code = lay_chain(l, chain, &l->atoms->everything);
  if (code == PTL_OK && c->policy != PTL_VERDICT_ACCEPT)
    code = add(l, &l->atoms->everything, NONE, END(c->policy), c->policy != PTL_VERDICT_OTHER, 0);
  send(l->program, l->accepts, ptl_program_length(l->program));
  return code;
}

/* The next chain of the hook after 'last', by priority and then in order. */
static uint32_t next_base(const ptl_ruleset *r, uint32_t hook, uint32_t last) {
  const ptl_chain *all = r->chains.data;
  uint32_t i, best = NONE, n = count(ptl_chain, r->chains);
  for (i = 0; i < n; i++) {
    int after = last == NONE || all[i].priority > all[last].priority ||
                (i > last && all[i].priority == all[last].priority);
    if (all[i].hook == hook && after && (best == NONE || all[i].priority < all[best].priority))
      best = i;
  }
  return best;
}

static int lay_all(layout *l, uint32_t hook) {
  uint32_t base = next_base(l->ruleset, hook, NONE);
  int code = PTL_OK;
  for (; base != NONE && code == PTL_OK; base = next_base(l->ruleset, hook, base))
    code = lay_base(l, base);
  return code;
}

int ptl_program_lay(ptl_program *p, ptl_atoms *a, int which, uint32_t hook, uint8_t *loops,
                    ptl_error *err) {
  const ptl_ruleset *r = a->rulesets[which];
  layout l = {p, a, r, a->boxes[which].data, loops, NULL, {NULL, 0, 0}, NONE, 0};
  int code = PTL_ENOMEM;
  p->hook = hook;
  l.entered = calloc(count(ptl_chain, r->chains) + 1u, 1);
  if (l.entered != NULL) code = lay_all(&l, hook);
  free(l.entered);
  free(l.room.data);
  if (code == PTL_ELIMIT)
    return ptl_fail(err, code, "ruleset too complex: its jumps unfold into too many rules");
  return code < 0 ? ptl_fail_memory(err) : PTL_OK;
}

/* ------------------------------------------------------------- indexing -- */

static uint32_t narrowest(const ptl_atoms *a, const ptl_box *box) {
  uint32_t f, best = 0;
  double least = 2;
  for (f = 0; f < FIELDS; f++) {
    double share = (double)ptl_set_size(ptl_atoms_set(a, box->set[f])) / ptl_atoms_count(a, f);
    if (share < least) {
      least = share;
      best = f;
    }
  }
  return best;
}

static int list(ptl_program *p, const ptl_atoms *a, uint32_t entry) {
  const ptl_box *box = &ptl_program_at(p, entry)->box;
  uint32_t i, f = narrowest(a, box);
  ptl_set set = ptl_atoms_set(a, box->set[f]);
  for (i = 0; i < set.n; i++) {
    ptl_stretch s = {set.at[i].first, set.at[i].last, entry};
    if (!ptl_append(&p->index[f].stretches, &s, sizeof s)) return 0;
  }
  return 1;
}

static int by_number(const void *x, const void *y) {
  const uint32_t *a = x, *b = y;
  return (*a > *b) - (*a < *b);
}

static int sort_lasts(ptl_index *index) {
  uint32_t i, n = count(ptl_stretch, index->stretches);
  for (i = 0; i < n; i++) {
    uint32_t last = nth(ptl_stretch, index->stretches, i)->last;
    if (!ptl_append(&index->lasts, &last, sizeof last)) return 0;
  }
  if (n > 0) qsort(index->lasts.data, n, sizeof(uint32_t), by_number);
  return 1;
}

static int by_first(const void *x, const void *y) {
  const ptl_stretch *a = x, *b = y;
  return (a->first > b->first) - (a->first < b->first);
}

/* A tree over the sorted stretches: node i has below it 2i and 2i + 1. */
static int grow_tree(ptl_index *index) {
  uint32_t i, n = count(ptl_stretch, index->stretches), leaves = ptl_leaves(n);
  size_t size = (size_t)leaves * 2 * sizeof(uint32_t);
  uint32_t *reach;
  if (n == 0) return 1;
  qsort(index->stretches.data, n, sizeof(ptl_stretch), by_first);
  if (!ptl_reserve(&index->reach, size)) return 0;
  reach = index->reach.data;
  memset(reach, 0, size);
  for (i = 0; i < n; i++) reach[leaves + i] = nth(ptl_stretch, index->stretches, i)->last + 1;
  for (i = leaves - 1; i > 0; i--)
    reach[i] = reach[2 * i] > reach[2 * i + 1] ? reach[2 * i] : reach[2 * i + 1];
  return 1;
}

/* Puts a place among those ahead, which stand nearest last, each once. */
static int look_forward(ptl_buffer *ahead, uint32_t to) {
  uint32_t n = count(uint32_t, *ahead), *at, i;
  if (!ptl_append(ahead, &to, sizeof to)) return 0;
  at = ahead->data;
  for (i = n; i > 0 && at[i - 1] < to; i--) at[i] = at[i - 1];
  at[i] = to;
  if (i == 0 || at[i - 1] != to) return 1;
  memmove(at + i, at + i + 1, (n - i) * sizeof *at);
  ahead->len -= sizeof *at;
  return 1;
}

/* Skips nest, since chains do: there are few places ahead at any time. */
static int note_escapes(ptl_program *p) {
  ptl_buffer ahead = {NULL, 0, 0};
  uint32_t i, done = 1;
  for (i = 0; i < ptl_program_length(p) && done; i++) {
    uint32_t n = count(uint32_t, ahead), to = ptl_program_at(p, i)->to, nearest = NONE;
    while (n > 0 && *nth(uint32_t, ahead, n - 1) <= i) n--;
    ahead.len = n * sizeof i;
    if (n > 0) nearest = *nth(uint32_t, ahead, n - 1);
    done = ptl_append(&p->escapes, &nearest, sizeof nearest) != 0;
    if (done && to > i + 1 && to < FIRST_END) done = look_forward(&ahead, to) != 0;
  }
  free(ahead.data);
  return done != 0;
}

int ptl_program_index(ptl_program *p, const ptl_atoms *a) {
  uint32_t i;
  for (i = 0; i < ptl_program_length(p); i++)
    if (!list(p, a, i) || !ptl_append(&p->living, &i, sizeof i) ||
        !ptl_append(&p->leads, &ptl_program_at(p, i)->to, sizeof i))
      return 0;
  for (i = 0; i < FIELDS; i++)
    if (!grow_tree(&p->index[i]) || !sort_lasts(&p->index[i])) return 0;
  return note_escapes(p);
}

/* -------------------------------------------------------------- looking -- */

typedef struct {
  const ptl_program *program;
  const ptl_atoms *atoms;
  const ptl_set *region;
  ptl_range bounds[FIELDS];
  const ptl_window *window;
  ptl_buffer *out;
} look;

/* The fields that tell most rules apart come first. */
static const uint8_t order[FIELDS] = {
    PTL_FIELD_SOURCE,   PTL_FIELD_DESTINATION, PTL_FIELD_DESTINATION_PORT,
    PTL_FIELD_PROTOCOL, PTL_FIELD_INPUT,       PTL_FIELD_OUTPUT,
    PTL_FIELD_STATE,    PTL_FIELD_SOURCE_PORT, PTL_FIELD_FAMILY,
    PTL_FIELD_ICMP_TYPE};

static int touches(const look *l, const ptl_entry *e) {
  uint32_t i;
  for (i = 0; i < FIELDS; i++) {
    uint32_t f = order[i];
    if (e->bounds[f].last < l->bounds[f].first || e->bounds[f].first > l->bounds[f].last) return 0;
  }
  for (i = 0; i < FIELDS; i++)
    if (e->box.set[i] != l->atoms->everything.set[i] &&
        !ptl_set_overlaps(l->region[i], ptl_atoms_set(l->atoms, e->box.set[i])))
      return 0;
  return 1;
}

static int offer(look *l, uint32_t entry) {
  if (entry < l->window->from || entry >= l->window->until) return 1;
  if (*nth(const uint32_t, l->program->leads, entry) == l->window->except) return 1;
  if (!touches(l, ptl_program_at(l->program, entry))) return 1;
  return ptl_append(l->out, &entry, sizeof entry);
}

/* Offers the stretches below a node that begin before number 'n' and reach 'first'. */
static int descend(look *l, const ptl_index *index, uint32_t node, uint32_t left, uint32_t size,
                   uint32_t n, uint32_t first) {
  if (left >= n || *nth(const uint32_t, index->reach, node) <= first) return 1;
  if (size == 1) return offer(l, nth(const ptl_stretch, index->stretches, left)->entry);
  size /= 2;
  return descend(l, index, 2 * node, left, size, n, first) &&
         descend(l, index, 2 * node + 1, left + size, size, n, first);
}

/* How many stretches begin at or before 'last'. */
static uint32_t begun(const ptl_index *index, uint32_t last) {
  uint32_t low = 0, high = count(ptl_stretch, index->stretches);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (nth(const ptl_stretch, index->stretches, middle)->first <= last)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int look_up(look *l, uint32_t field) {
  const ptl_index *index = &l->program->index[field];
  uint32_t i, leaves = ptl_leaves(count(ptl_stretch, index->stretches));
  if (index->stretches.len == 0) return 1;
  for (i = 0; i < l->region[field].n; i++) {
    const ptl_range *r = &l->region[field].at[i];
    if (!descend(l, index, 1, 0, leaves, begun(index, r->last), r->first)) return 0;
  }
  return 1;
}

void ptl_sort_numbers(uint32_t *at, uint32_t n) {
  uint32_t i, j;
  if (n > 24) {
    qsort(at, n, sizeof *at, by_number);
    return;
  }
  for (i = 1; i < n; i++) {
    uint32_t x = at[i];
    for (j = i; j > 0 && at[j - 1] > x; j--) at[j] = at[j - 1];
    at[j] = x;
  }
}

/* Puts what was found in order, each once. */
static void tidy(ptl_buffer *out, size_t from) {
  uint32_t *at = (uint32_t *)out->data + from / sizeof(uint32_t);
  uint32_t i, n = (uint32_t)((out->len - from) / sizeof *at), kept = 0;
  if (n == 0) return;
  ptl_sort_numbers(at, n);
  for (i = 0; i < n; i++)
    if (kept == 0 || at[kept - 1] != at[i]) at[kept++] = at[i];
  out->len = from + kept * sizeof *at;
}

/* The first entry from i on that is not bypassed. Links are shortened as they
   are followed, which changes nothing that can be seen. */
static uint32_t next_living(const ptl_program *p, uint32_t i) {
  uint32_t *living = p->living.data, n = ptl_program_length(p);
  while (i < n && living[i] != i) {
    if (living[i] < n) living[i] = living[living[i]];
    i = living[i];
  }
  return i;
}

void ptl_program_bypass(ptl_program *p, uint32_t entry) {
  *nth(uint32_t, p->living, entry) = entry + 1;
}

static int look_at_each(look *l) {
  const uint32_t *leads = l->program->leads.data;
  uint32_t i = l->window->from, until = l->window->until, except = l->window->except;
  for (; i < until; i++) {
    if (l->window->living) i = next_living(l->program, i);
    if (i < until && leads[i] != except && !offer(l, i)) return 0;
  }
  return 1;
}

/* How many stretches end before 'first'. */
static uint32_t ended(const ptl_index *index, uint32_t first) {
  uint32_t low = 0, high = count(uint32_t, index->lasts);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (*nth(const uint32_t, index->lasts, middle) < first)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Whether the index would have more to offer than there are entries to see. */
static int is_wide(const look *l) {
  uint32_t f, i, n = 0, few = (l->window->until - l->window->from) / 4;
  if (few < FEW) return 1;
  for (f = 0; f < FIELDS && n <= few; f++)
    for (i = 0; i < l->region[f].n && n <= few; i++) {
      const ptl_range *r = &l->region[f].at[i];
      n += begun(&l->program->index[f], r->last) - ended(&l->program->index[f], r->first);
    }
  return n > few;
}

static int look_all_up(look *l) {
  size_t begin = l->out->len;
  uint32_t f;
  for (f = 0; f < FIELDS; f++)
    if (!look_up(l, f)) return 0;
  tidy(l->out, begin);
  return 1;
}

int ptl_program_overlapping(const ptl_program *p, const ptl_atoms *a, const ptl_set *region,
                            const ptl_window *window, ptl_buffer *out) {
  look l = {p, a, region, {{0, 0}}, window, out};
  uint32_t f;
  if (window->from >= window->until) return 1;
  for (f = 0; f < FIELDS; f++) {
    if (region[f].n == 0) return 1;
    l.bounds[f].first = region[f].at[0].first;
    l.bounds[f].last = region[f].at[region[f].n - 1].last;
  }
  return is_wide(&l) ? look_at_each(&l) : look_all_up(&l);
}

int ptl_program_matching(const ptl_program *p, const ptl_atoms *a, const uint32_t *packet,
                         uint32_t from, uint32_t until, ptl_buffer *out) {
  ptl_range points[FIELDS];
  ptl_set region[FIELDS];
  ptl_window window = {from, until, NONE, 0};
  uint32_t f;
  for (f = 0; f < FIELDS; f++) {
    points[f].first = points[f].last = packet[f];
    region[f].at = &points[f];
    region[f].n = 1;
  }
  return ptl_program_overlapping(p, a, region, &window, out);
}
