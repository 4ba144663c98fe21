/*
** reach.c -- what may pass a hook, one packet's way, and what two rulesets differ in.
**
** What is accepted is projected on destination ports (of protocols that have
** none, on their numbers) atom by atom: whoever may accept is asked for a
** packet whose port is not yet known to be open, until there is none.
**
** SPDX-License-Identifier: MIT
*/
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { PROJECTION_BUDGET = 1 << 20 };

#define ACCEPTING (BIT(PTL_VERDICT_ACCEPT) | BIT(PTL_VERDICT_QUEUE) | BIT(PTL_VERDICT_OTHER))
#define ANY_END ((BIT(PTL_VERDICT_OTHER) << 1) - 1)

/* --------------------------------------------------------- projection -- */

/* What is known of an atom of the field that is projected on. */
typedef struct {
  uint32_t open, certainty, rule;
  uint32_t packet[FIELDS];
} mark;

typedef struct {
  ptl_space *space;
  const ptl_ruleset *ruleset;
  const ptl_program *program, *other; /* 'other', or NULL: what that does not accept */
  const ptl_box *region;
  uint32_t transport, field, certainty;
  ptl_box protocol;
  ptl_buffer unknown; /* ptl_range[]: atoms not known to be open */
  ptl_buffer room;
} projection;

static mark *mark_of(projection *j, uint32_t atom) { return nth(mark, j->space->marks, atom); }

static ptl_wish wish(const ptl_program *p, uint32_t verdicts, uint32_t only) {
  ptl_wish w = ptl_wish_to(p, ptl_program_length(p));
  w.verdicts = verdicts;
  w.only = only;
  return w;
}

/* The wishes of a packet that is to count, 'entry' being what may accept it;
   the program's length stands for coming to the end of its chains. */
static uint32_t make_wishes(const projection *j, uint32_t entry, ptl_wish *wishes) {
  uint32_t n = 0;
  if (j->certainty == PTL_SURELY) wishes[n++] = wish(j->program, BIT(PTL_VERDICT_ACCEPT), 1);
  wishes[n] = ptl_wish_to(j->program, entry);
  wishes[n++].strict = entry == ptl_program_length(j->program);
  if (j->other == NULL) return n;
  if (j->certainty == PTL_SURELY)
    wishes[n++] = wish(j->other, ANY_END & ~BIT(PTL_VERDICT_ACCEPT), 0);
  else
    wishes[n++] = wish(j->other, ANY_END & ~ACCEPTING, 1);
  return n;
}

/* Whether a packet may have ended in an entry and be accepted. */
static int accepts(const projection *j, const ptl_entry *e) {
  const ptl_buffer *rules = &j->ruleset->rules;
  if (e->to >= FIRST_END) return (BIT(e->to - FIRST_END) & ACCEPTING) != 0;
  return e->to == ptl_program_length(j->program) &&
         nth(const ptl_rule, *rules, e->rule)->verdict == PTL_VERDICT_ACCEPT;
}

/* The rule that accepts the packet last walked. */
static uint32_t accepting_rule(const projection *j) {
  const ptl_search *s = &j->space->search;
  uint32_t i;
  for (i = 0; i < count(uint32_t, s->met); i++) {
    const ptl_entry *e = ptl_program_at(j->program, *nth(const uint32_t, s->met, i));
    if (((const uint8_t *)s->reached.data)[i] && accepts(j, e)) return e->rule;
  }
  return NONE;
}

static int set_open(projection *j, const uint32_t *packet) {
  ptl_wish w = wish(j->program, ACCEPTING, 0);
  mark *m = mark_of(j, packet[j->field]);
  ptl_range gone = {packet[j->field], packet[j->field]};
  ptl_set all = {j->unknown.data, count(ptl_range, j->unknown)}, less = {&gone, 1};
  w.idle = 1;
  if (ptl_search_walk(&j->space->search, &w, packet) < 0) return PTL_ENOMEM;
  m->open = 1;
  m->certainty = j->certainty;
  m->rule = accepting_rule(j);
  memcpy(m->packet, packet, sizeof m->packet);
  j->room.len = 0;
  if (!ptl_set_less(all, less, &j->room)) return PTL_ENOMEM;
  j->unknown.len = 0;
  return ptl_append(&j->unknown, j->room.data, j->room.len) ? PTL_OK : PTL_ENOMEM;
}

/* Whether a packet that differs from one found only in this field counts. */
static int counts(projection *j, const ptl_wish *wishes, uint32_t n, const uint32_t *packet) {
  uint32_t i;
  for (i = 0; i < n; i++) {
    int code = ptl_search_walk(&j->space->search, &wishes[i], packet);
    if (code < 0) return code;
    if (!ptl_wish_holds(&j->space->search, &wishes[i])) return 0;
  }
  return 1;
}

/* Opens a found packet's atom, and the next ones as long as they are like it. */
static int spread(projection *j, const ptl_wish *wishes, uint32_t n, const ptl_box *by) {
  uint32_t packet[FIELDS], *at = &packet[j->field], field = j->field;
  ptl_set set = ptl_atoms_set(&j->space->atoms, by->set[field]);
  ptl_set within = ptl_atoms_set(&j->space->atoms, j->region->set[field]);
  int code;
  memcpy(packet, j->space->search.packet, sizeof packet);
  code = set_open(j, packet);
  for (++*at; code == PTL_OK && *at < ptl_atoms_count(&j->space->atoms, field); ++*at) {
    ptl_set unknown = {j->unknown.data, count(ptl_range, j->unknown)};
    if (!ptl_set_has(set, *at) || !ptl_set_has(within, *at) || !ptl_set_has(unknown, *at)) break;
    code = counts(j, wishes, n, packet);
    if (code != 1) break;
    code = set_open(j, packet);
  }
  return code < 0 ? code : PTL_OK;
}

/* Opens all that 'entry' may accept. */
static int project_entry(projection *j, uint32_t entry, const ptl_box *box) {
  ptl_wish wishes[3];
  uint32_t n = make_wishes(j, entry, wishes);
  int code = 1;
  while (code == 1 && j->unknown.len > 0) {
    ptl_set unknown = {j->unknown.data, count(ptl_range, j->unknown)};
    ptl_region region = {{j->region, &j->protocol, box}, 3, j->field, &unknown};
    code = ptl_space_find(j->space, &region, wishes, n);
    if (code == 1 && spread(j, wishes, n, box) < 0) code = PTL_ENOMEM;
  }
  return code;
}

static int may_accept(const projection *j, uint32_t entry) {
  const ptl_entry *e = ptl_program_at(j->program, entry);
  if (e->to == ptl_program_length(j->program)) return 1;
  return j->certainty == PTL_PERHAPS && e->to >= FIRST_END &&
         (BIT(e->to - FIRST_END) & ACCEPTING) != 0;
}

static int project_program(projection *j) {
  uint32_t i, n = ptl_program_length(j->program);
  int code = 0;
  for (i = 0; i < n && code == 0 && j->unknown.len > 0; i++)
    if (may_accept(j, i)) code = project_entry(j, i, &ptl_program_at(j->program, i)->box);
  return code < 0 ? code : project_entry(j, n, &j->space->atoms.everything);
}

/* ------------------------------------------------------------ openings -- */

static const struct {
  uint8_t protocol, transport;
} transports[] = {{6, PTL_TCP}, {17, PTL_UDP}, {132, PTL_SCTP}, {33, PTL_DCCP}};

/* Protocols with no transport of ours: all but those. */
static int other_protocols(ptl_atoms *a, uint32_t *number) {
  ptl_buffer rest = {NULL, 0, 0};
  uint32_t i, first = 0, n = ptl_atoms_count(a, PTL_FIELD_PROTOCOL);
  ptl_set set;
  int done = 1;
  for (i = 0; i < n && done; i++) {
    uint32_t value = (uint32_t)ptl_atoms_sample(a, PTL_FIELD_PROTOCOL, i);
    ptl_range one = {i, i};
    for (first = 0; first < countof(transports) && transports[first].protocol != value;) first++;
    if (first == countof(transports)) done = ptl_append(&rest, &one, sizeof one);
  }
  set.at = rest.data;
  set.n = count(ptl_range, rest);
  done = done && ptl_atoms_intern(a, set, number);
  free(rest.data);
  return done;
}

static int one_protocol(ptl_atoms *a, uint32_t protocol, uint32_t *number) {
  uint32_t atom = ptl_atoms_find(a, PTL_FIELD_PROTOCOL, protocol);
  ptl_range one = {atom, atom};
  ptl_set set = {&one, 1};
  return ptl_atoms_intern(a, set, number);
}

/* Sets out on transport i of the table, or, past its end, on all the rest. */
static int begin_transport(projection *j, uint32_t i) {
  ptl_space *s = j->space;
  int known = i < countof(transports);
  uint32_t *protocols = &j->protocol.set[PTL_FIELD_PROTOCOL];
  size_t size;
  j->transport = known ? transports[i].transport : PTL_NO_TRANSPORT;
  j->field = known ? PTL_FIELD_DESTINATION_PORT : PTL_FIELD_PROTOCOL;
  j->protocol = s->atoms.everything;
  s->marks.len = j->unknown.len = 0;
  size = ptl_atoms_count(&s->atoms, j->field) * sizeof(mark);
  if (!ptl_reserve(&s->marks, size)) return PTL_ENOMEM;
  memset(s->marks.data, 0, size);
  if (known ? !one_protocol(&s->atoms, transports[i].protocol, protocols)
            : !other_protocols(&s->atoms, protocols))
    return PTL_ENOMEM;
  return PTL_OK;
}

/* Asks of each of the region's boxes; what one has opened is not asked again. */
static int project(projection *j, const ptl_box *boxes, uint32_t n, uint32_t certainty) {
  uint32_t i;
  int code = PTL_OK;
  j->certainty = certainty;
  for (i = 0; i < n && code >= 0; i++) {
    j->region = &boxes[i];
    code = project_program(j);
  }
  return code;
}

static int is_like(const ptl_opening *o, const projection *j, const mark *m) {
  return o->transport == j->transport && o->rule == m->rule && o->certainty == m->certainty;
}

static void describe(const ptl_atoms *a, const uint32_t *packet, ptl_packet *out);

/* Adds an open atom: to the last opening, if it is like it and next to it. */
static int add_opening(projection *j, uint32_t atom) {
  ptl_space *s = j->space;
  const mark *m = mark_of(j, atom);
  uint32_t n = count(ptl_opening, s->openings);
  uint16_t first = (uint16_t)ptl_atoms_sample(&s->atoms, j->field, atom);
  ptl_opening o = {first, (uint16_t)ptl_atoms_last(&s->atoms, j->field, atom), j->transport,
                   m->rule, m->certainty};
  ptl_opening *before = n > 0 ? nth(ptl_opening, s->openings, n - 1) : NULL;
  ptl_packet example;
  if (before != NULL && is_like(before, j, m) && before->last + 1 == first) {
    before->last = o.last;
    return PTL_OK;
  }
  describe(&s->atoms, m->packet, &example);
  if (!ptl_append(&s->openings, &o, sizeof o)) return PTL_ENOMEM;
  return ptl_append(&s->examples, &example, sizeof example) ? PTL_OK : PTL_ENOMEM;
}

static int add_openings(projection *j) {
  uint32_t i, n = ptl_atoms_count(&j->space->atoms, j->field);
  int code = PTL_OK;
  for (i = 0; i < n && code == PTL_OK; i++)
    if (mark_of(j, i)->open) code = add_opening(j, i);
  return code;
}

/* 'certainties' is a bit set: of what may be opened, the surest is told. */
static int project_all(projection *j, const ptl_box *boxes, uint32_t n, uint32_t certainties) {
  uint64_t work = j->space->search.work;
  uint32_t i;
  int code = PTL_OK;
  j->space->openings.len = j->space->examples.len = 0;
  j->space->search.budget = PROJECTION_BUDGET;
  j->space->search.work = 0;
  for (i = 0; i <= countof(transports) && code >= 0; i++) {
    ptl_range all = {0, 0};
    code = begin_transport(j, i);
    all.last = ptl_atoms_count(&j->space->atoms, j->field) - 1;
    if (code == PTL_OK && !ptl_append(&j->unknown, &all, sizeof all)) code = PTL_ENOMEM;
    if (code >= 0 && (certainties & BIT(PTL_SURELY))) code = project(j, boxes, n, PTL_SURELY);
    if (code >= 0 && (certainties & BIT(PTL_PERHAPS))) code = project(j, boxes, n, PTL_PERHAPS);
    if (code >= 0) code = add_openings(j);
  }
  j->space->search.work = work;
  free(j->unknown.data);
  free(j->room.data);
  return code < 0 ? code : PTL_OK;
}

static uint32_t boxes_of(const ptl_space *s, uint32_t region, const ptl_box **boxes) {
  const ptl_rule *rule;
  *boxes = &s->atoms.everything;
  if (region == NONE) return 1;
  assert(s->atoms.rulesets[REGIONS] != NULL);
  rule = nth(const ptl_rule, s->atoms.rulesets[REGIONS]->rules, region);
  *boxes = nth(const ptl_box, s->atoms.boxes[REGIONS], rule->first);
  return rule->nmatches;
}

static int answer(ptl_space *s, int which, uint32_t hook, const ptl_program *other, uint32_t region,
                  uint32_t certainties, ptl_error *err) {
  const ptl_program *p = ptl_space_program(s, which, hook);
  projection j = {s,
                  s->atoms.rulesets[which],
                  p,
                  other,
                  NULL,
                  0,
                  0,
                  0,
                  s->atoms.everything,
                  {NULL, 0, 0},
                  {NULL, 0, 0}};
  const ptl_box *boxes;
  uint32_t n = boxes_of(s, region, &boxes);
  return ptl_space_fault(project_all(&j, boxes, n, certainties), err);
}

int ptl_space_reach(ptl_space *s, uint32_t hook, uint32_t region, const ptl_opening **out,
                    uint32_t *n, ptl_error *err) {
  int code = answer(s, NOW, hook, NULL, region, BIT(PTL_SURELY) | BIT(PTL_PERHAPS), err);
  *out = s->openings.data;
  *n = count(ptl_opening, s->openings);
  return code;
}

int ptl_space_compare(ptl_space *s, uint32_t hook, uint32_t region, int dropped, int certainty,
                      const ptl_opening **out, const ptl_packet **examples, uint32_t *n,
                      ptl_error *err) {
  const ptl_program *other = ptl_space_program(s, dropped ? NOW : BEFORE, hook);
  uint32_t certainties = BIT(PTL_SURELY) | BIT((uint32_t)certainty);
  int code = answer(s, dropped ? BEFORE : NOW, hook, other, region, certainties, err);
  *out = s->openings.data;
  *examples = s->examples.data;
  *n = count(ptl_opening, s->openings);
  return code;
}

/* --------------------------------------------------- packets, in values -- */

static void write_address(ptl_wide value, uint8_t *out) {
  int i;
  for (i = 15; i >= 0; i--, value >>= 8) out[i] = (uint8_t)value;
}

static void write_interface(const ptl_atoms *a, uint32_t value, char out[64]) {
  const ptl_interface *in;
  size_t len;
  memset(out, 0, 64);
  if (value == 0) return;
  in = nth(const ptl_interface, a->interfaces, value - 1);
  len = in->text.len < 62 ? in->text.len : 62;
  if (len > 0) memcpy(out, in->text.ptr, len);
  if (in->open) out[len] = '*';
}

static void describe(const ptl_atoms *a, const uint32_t *packet, ptl_packet *out) {
  ptl_wide value[FIELDS];
  uint32_t f;
  for (f = 0; f < FIELDS; f++) value[f] = ptl_atoms_sample(a, f, packet[f]);
  memset(out, 0, sizeof *out);
  write_address(value[PTL_FIELD_SOURCE], out->source);
  write_address(value[PTL_FIELD_DESTINATION], out->destination);
  out->protocol = (uint32_t)value[PTL_FIELD_PROTOCOL];
  out->source_port = (uint32_t)value[PTL_FIELD_SOURCE_PORT];
  out->destination_port = (uint32_t)value[PTL_FIELD_DESTINATION_PORT];
  out->icmp_type = (uint32_t)value[PTL_FIELD_ICMP_TYPE];
  out->state = (uint32_t)value[PTL_FIELD_STATE];
  write_interface(a, (uint32_t)value[PTL_FIELD_INPUT], out->input);
  write_interface(a, (uint32_t)value[PTL_FIELD_OUTPUT], out->output);
}

static ptl_wide read_interface(const ptl_atoms *a, const char name[64]) {
  const char *end = memchr(name, '\0', 64);
  ptl_str text = {name, end == NULL ? 64 : (size_t)(end - name)};
  return ptl_atoms_interface(a, text);
}

static void locate(const ptl_atoms *a, const ptl_packet *in, uint32_t *packet) {
  ptl_wide source = ptl_wide_of(in->source);
  ptl_wide value[FIELDS];
  uint32_t f;
  value[PTL_FIELD_FAMILY] = source >> 32 == MAPPED >> 32 ? 4 : 6;
  value[PTL_FIELD_SOURCE] = source;
  value[PTL_FIELD_DESTINATION] = ptl_wide_of(in->destination);
  value[PTL_FIELD_PROTOCOL] = in->protocol;
  value[PTL_FIELD_SOURCE_PORT] = in->source_port;
  value[PTL_FIELD_DESTINATION_PORT] = in->destination_port;
  value[PTL_FIELD_ICMP_TYPE] = in->icmp_type;
  value[PTL_FIELD_INPUT] = read_interface(a, in->input);
  value[PTL_FIELD_OUTPUT] = read_interface(a, in->output);
  value[PTL_FIELD_STATE] = in->state;
  for (f = 0; f < FIELDS; f++) packet[f] = ptl_atoms_find(a, f, value[f]);
}

/* --------------------------------------------------------------- trace -- */

static int is_uncertain(const ptl_space *s, uint32_t rule) {
  return rule != NONE && nth(const ptl_rule, s->atoms.rulesets[NOW]->rules, rule)->uncertain;
}

static int add_steps(ptl_space *s, const ptl_program *p) {
  uint32_t i, certainty = PTL_SURELY;
  for (i = 0; i < count(uint32_t, s->search.met); i++) {
    const ptl_entry *e = ptl_program_at(p, *nth(uint32_t, s->search.met, i));
    ptl_step step;
    if (!((const uint8_t *)s->search.reached.data)[i]) continue;
    if (!e->certain) certainty = PTL_PERHAPS;
    step.rule = e->rule;
    step.certainty = is_uncertain(s, e->rule) ? PTL_PERHAPS : certainty;
    if ((e->target || e->rule == NONE) && !ptl_append(&s->steps, &step, sizeof step))
      return PTL_ENOMEM;
  }
  return PTL_OK;
}

int ptl_space_trace(ptl_space *s, uint32_t hook, const ptl_packet *packet, const ptl_step **out,
                    uint32_t *n, uint32_t *verdicts, ptl_error *err) {
  const ptl_program *p = ptl_space_program(s, NOW, hook);
  uint32_t atoms[FIELDS];
  ptl_wish w = wish(p, ANY_END, 0);
  int code;
  w.idle = 1;
  s->steps.len = 0;
  locate(&s->atoms, packet, atoms);
  code = ptl_search_walk(&s->search, &w, atoms);
  if (code == PTL_OK) code = add_steps(s, p);
  *out = s->steps.data;
  *n = count(ptl_step, s->steps);
  *verdicts = s->search.verdicts;
  return ptl_space_fault(code, err);
}
