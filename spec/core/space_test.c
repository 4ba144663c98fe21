/*
** space_test.c -- packet space against an oracle that tries every packet.
**
** Small random rulesets, a small universe with a value of every kind that they
** can tell apart, and each fact compared with its definition. The oracle walks
** chains by recursion and knows nothing of atoms, programs or searches.
**
**   space_test [rulesets [seed]]      prints what differs, and exits 1
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/failing.h"
#include "portolan.h"

static int failures;
static char scene[16384]; /* the ruleset at hand, as text */

static void fail(const char *what, unsigned rule) {
  if (failures++ == 0) printf("%s\n  not so: %s, rule %u\n", scene, what, rule);
}

#define expect(so, what, rule) ((so) ? (void)0 : fail(what, (unsigned)(rule)))
#define must(call) \
  if ((call) < 0) fail("refused: " #call, 0)

/* ------------------------------------------------------------- universe -- */

enum { SOURCES = 15, DESTINATIONS = 5, PROTOCOLS = 5, PORTS = 5, INPUTS = 4, STATES = 3 };
enum { SOURCE, DESTINATION, PROTOCOL, PORT, INPUT, STATE, DIMENSIONS };

/* 0-7, 8 and 9 (two others) are IPv4; 10-13 and 14 (another) IPv6. */
static const char *const sources[SOURCES] = {
    "192.0.2.0",  "192.0.2.1",   "192.0.2.2",   "192.0.2.3",   "192.0.2.4",
    "192.0.2.5",  "192.0.2.6",   "192.0.2.7",   "203.0.113.9", "203.0.113.8",
    "2001:db8::", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:9::9"};
static const char *const destinations[DESTINATIONS] = {
    "198.51.100.0", "198.51.100.1", "203.0.113.9", "2001:db8:1::1", "2001:db8:9::9"};
static const unsigned protocols[PROTOCOLS] = {6, 17, 1, 50, 8};
static const unsigned ports[PORTS] = {0, 1, 2, 3, 100};
static const char *const inputs[INPUTS] = {"eth0", "eth1", "wan0", "lo"};
static const unsigned states[STATES] = {PTL_STATE_NEW, PTL_STATE_ESTABLISHED, PTL_STATE_INVALID};

typedef struct {
  unsigned value[DIMENSIONS];
} packet;

static packet universe[SOURCES * DESTINATIONS * PROTOCOLS * PORTS * INPUTS * STATES];
static unsigned npackets;

/* One way to say a set of values, and its members as bits. */
typedef struct {
  const char *text;
  unsigned first, last, set;
} saying;

static const saying source_sayings[] = {{"192.0.2.0/29", 0, 0, 0xff},
                                        {"192.0.2.0/30", 0, 0, 0x0f},
                                        {"192.0.2.4/31", 0, 0, 0x30},
                                        {"192.0.2.3", 0, 0, 0x08},
                                        {"192.0.2.6", 0, 0, 0x40},
                                        {"192.0.2.1-192.0.2.5", 0, 0, 0x3e},
                                        {"192.0.2.1/255.255.255.249", 0, 0, 0xaa},
                                        {"192.0.2.2/255.255.255.250", 0, 0, 0xcc},
                                        {"192.0.2.0/255.255.255.253", 0, 0, 0x05},
                                        {"0.0.0.1/0.0.0.1", 0, 0, 0x1aa},
                                        {"0.0.0.0/0", 0, 0, 0x3ff},
                                        {"::/0", 0, 0, 0x7fff},
                                        {"2001:db8::/126", 0, 0, 0x3c00},
                                        {"2001:db8::2", 0, 0, 0x1000},
                                        {"2001:db8::1-2001:db8::2", 0, 0, 0x1800}};
static const saying destination_sayings[] = {{"198.51.100.0", 0, 0, 0x01},
                                             {"198.51.100.0/31", 0, 0, 0x03},
                                             {"0.0.0.0/0", 0, 0, 0x07},
                                             {"2001:db8:1::1", 0, 0, 0x08}};
static const saying protocol_sayings[] = {
    {NULL, 6, 6, 1}, {NULL, 17, 17, 2}, {NULL, 1, 1, 4}, {NULL, 6, 17, 19}};
static const saying port_sayings[] = {{NULL, 0, 0, 1}, {NULL, 1, 1, 2}, {NULL, 2, 3, 12},
                                      {NULL, 0, 2, 7}, {NULL, 3, 3, 8}, {NULL, 1, 65535, 30}};
static const saying input_sayings[] = {
    {"eth0", 0, 0, 1}, {"eth*", 0, 0, 3}, {"wan0", 0, 0, 4}, {"*", 0, 0, 15}};
static const saying state_sayings[] = {{NULL, PTL_STATE_NEW, PTL_STATE_NEW, 1},
                                       {NULL, PTL_STATE_ESTABLISHED, PTL_STATE_RELATED, 2},
                                       {NULL, PTL_STATE_NEW, PTL_STATE_RELATED, 3}};

static const struct {
  int field;
  unsigned nsayings, nvalues;
  const saying *sayings;
} axes[DIMENSIONS] = {
    {PTL_FIELD_SOURCE, 15, SOURCES, source_sayings},
    {PTL_FIELD_DESTINATION, 4, DESTINATIONS, destination_sayings},
    {PTL_FIELD_PROTOCOL, 4, PROTOCOLS, protocol_sayings},
    {PTL_FIELD_DESTINATION_PORT, 6, PORTS, port_sayings},
    {PTL_FIELD_INPUT, 4, INPUTS, input_sayings},
    {PTL_FIELD_STATE, 3, STATES, state_sayings},
};

static unsigned dimensions; /* bit set of those that the rules at hand use */

static int is_v4(const packet *p) { return p->value[SOURCE] < 10; }

/* A value is tried when rules may tell it apart, or to have both families. */
static int is_tried(unsigned d, unsigned value) {
  if (dimensions & 1u << d) return 1;
  return value == 0 || (d == SOURCE && value == 10) || (d == DESTINATION && value == 3);
}

static void add_packets(packet *p, unsigned d) {
  unsigned v;
  if (d == DIMENSIONS) {
    if (is_v4(p) == (p->value[DESTINATION] < 3)) universe[npackets++] = *p;
    return;
  }
  for (v = 0; v < axes[d].nvalues; v++) {
    p->value[d] = v;
    if (is_tried(d, v)) add_packets(p, d + 1);
  }
}

/* -------------------------------------------------------------- rulesets -- */

enum { CHAINS = 5, RULES = 12, MATCHES = 2 };

typedef struct {
  unsigned family; /* 0: any */
  unsigned set[DIMENSIONS];
} match;

typedef struct {
  int verdict, uncertain;
  unsigned target, nmatches;
  match matches[MATCHES];
} rule;

typedef struct {
  unsigned hook;
  int priority, policy;
  unsigned nrules, rules[RULES];
} chain;

typedef struct {
  unsigned nchains, nrules;
  int calls_once; /* no chain is called twice, and no rule that calls has two matches */
  chain chains[CHAINS];
  rule rules[RULES];
} ruleset;

static unsigned long long random_state = 1;

static unsigned below(unsigned n) {
  random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(random_state >> 33) % n;
}

static int one_in(unsigned n) { return below(n) == 0; }

static void say(const char *format, const char *text, unsigned x, unsigned y) {
  size_t at = strlen(scene);
  if (format[0] == '%' && format[1] == 's')
    snprintf(scene + at, sizeof scene - at, "%s", text);
  else if (text != NULL)
    snprintf(scene + at, sizeof scene - at, "%s %s %u %u", format, text, x, y);
  else
    snprintf(scene + at, sizeof scene - at, "%s %u-%u", format, x, y);
}

static void narrow_by(ptl_ruleset *r, unsigned d, const saying *s) {
  ptl_error err;
  if (s->text == NULL) {
    must(ptl_ruleset_range(r, s->first, s->last, &err));
  } else if (d == INPUT) {
    must(ptl_ruleset_interface(r, s->text, strlen(s->text), &err));
  } else {
    must(ptl_ruleset_address(r, s->text, strlen(s->text), &err));
  }
}

static unsigned make_field(ptl_ruleset *r, unsigned d) {
  ptl_error err;
  unsigned i, n = one_in(30) ? 0 : 1 + below(2), set = 0, all = (1u << axes[d].nvalues) - 1;
  int except = one_in(5);
  must(ptl_ruleset_field(r, axes[d].field, except, &err));
  say(except ? " not" : " in", "", d, n);
  for (i = 0; i < n; i++) {
    const saying *s = &axes[d].sayings[below(axes[d].nsayings)];
    narrow_by(r, d, s);
    set |= s->set;
    say(" ", s->text, s->first, s->last);
  }
  return except ? all & ~set : set;
}

static void make_family(ptl_ruleset *r, match *m) {
  ptl_error err;
  m->family = one_in(4) ? 4 + 2 * below(2) : 0;
  if (m->family == 0) return;
  must(ptl_ruleset_field(r, PTL_FIELD_FAMILY, 0, &err));
  must(ptl_ruleset_range(r, m->family, m->family, &err));
  say(" family", NULL, m->family, m->family);
}

static void make_match(ptl_ruleset *r, match *m) {
  ptl_error err;
  unsigned d;
  must(ptl_ruleset_match(r, &err));
  say("\n   match", NULL, 0, 0);
  make_family(r, m);
  for (d = 0; d < DIMENSIONS; d++) {
    m->set[d] = ~0u;
    if ((dimensions & 1u << d) && one_in(2)) m->set[d] = make_field(r, d);
  }
}

static int random_verdict(unsigned c, unsigned nchains) {
  static const int plain[] = {PTL_VERDICT_ACCEPT, PTL_VERDICT_ACCEPT,   PTL_VERDICT_DROP,
                              PTL_VERDICT_DROP,   PTL_VERDICT_REJECT,   PTL_VERDICT_RETURN,
                              PTL_VERDICT_QUEUE,  PTL_VERDICT_CONTINUE, PTL_VERDICT_OTHER};
  if (c + 1 < nchains && one_in(3)) return one_in(3) ? PTL_VERDICT_GOTO : PTL_VERDICT_JUMP;
  return plain[one_in(3) ? below(9) : below(5)];
}

/* Jumps go to later chains only, so that there are no loops. */
static void make_rule(ptl_ruleset *r, ruleset *o, unsigned c) {
  ptl_error err;
  rule *x = &o->rules[o->nrules];
  unsigned i;
  o->chains[c].rules[o->chains[c].nrules++] = o->nrules++;
  x->verdict = random_verdict(c, o->nchains);
  x->uncertain = one_in(6);
  x->target = c + 1 < o->nchains ? c + 1 + below(o->nchains - c - 1) : 0;
  x->nmatches = one_in(20) ? 0 : one_in(4) ? 2 : 1;
  must(ptl_ruleset_rule(r, c, x->verdict, x->target, x->uncertain, &err));
  say("\n rule", "", o->nrules - 1, c);
  say(x->uncertain ? " uncertain verdict" : " verdict", NULL, (unsigned)x->verdict, x->target);
  for (i = 0; i < x->nmatches; i++) make_match(r, &x->matches[i]);
}

static void make_chain(ptl_ruleset *r, ruleset *o, unsigned c, unsigned nbases) {
  static const int policies[] = {PTL_VERDICT_ACCEPT, PTL_VERDICT_DROP, PTL_VERDICT_DROP,
                                 PTL_VERDICT_REJECT};
  ptl_error err;
  chain *x = &o->chains[c];
  x->hook = c < nbases ? 7 : UINT32_MAX;
  x->priority = (int)below(2);
  x->policy = policies[below(4)];
  must(ptl_ruleset_chain(r, x->hook, x->priority, x->policy, &err));
  say("\n chain hook", "priority, policy", (unsigned)x->priority, (unsigned)x->policy);
  if (c < nbases) say(" base", NULL, c, c);
}

static void count_calls(ruleset *o) {
  unsigned calls[CHAINS] = {0}, i;
  o->calls_once = 1;
  for (i = 0; i < o->nchains; i++) calls[i] = o->chains[i].hook != UINT32_MAX;
  for (i = 0; i < o->nrules; i++) {
    const rule *x = &o->rules[i];
    if (x->verdict < PTL_VERDICT_JUMP) continue;
    if (calls[x->target]++ > 0 || x->nmatches > 1) o->calls_once = 0;
  }
}

static ptl_ruleset *make_ruleset(ruleset *o) {
  ptl_ruleset *r = ptl_ruleset_new();
  unsigned c, i, nbases = one_in(4) ? 2 : 1, nrules = 1 + below(RULES);
  memset(o, 0, sizeof *o);
  o->nchains = nbases + (one_in(2) ? below(CHAINS - nbases + 1) : 0);
  for (c = 0; c < o->nchains; c++) make_chain(r, o, c, nbases);
  for (i = 0; i < nrules; i++) make_rule(r, o, below(o->nchains));
  count_calls(o);
  return r;
}

/* ---------------------------------------------------------------- oracle -- */

enum { FALL = 1 << 10 }; /* comes out of the chain */

typedef struct {
  const ruleset *set;
  const packet *packet;
  unsigned removed; /* a rule, or RULES */
  unsigned doubted; /* bit set of rules that end nothing surely; bit RULES: policies */
  int decided;      /* uncertain rules do or do not match as 'matching' says */
  unsigned matching;
  unsigned visited; /* bit set of rules that the packet comes to and is in */
} run;

static int in_match(const match *m, const packet *p) {
  unsigned d;
  if (m->family != 0 && (m->family == 4) != is_v4(p)) return 0;
  for (d = 0; d < DIMENSIONS; d++)
    if (!(m->set[d] >> p->value[d] & 1)) return 0;
  return 1;
}

static int in_rule(const rule *r, const packet *p) {
  unsigned i;
  for (i = 0; i < r->nmatches; i++)
    if (in_match(&r->matches[i], p)) return 1;
  return 0;
}

static unsigned run_chain(run *w, unsigned c);

/* What becomes of a packet that a rule applies to; FALL: leaves the chain;
   'next' is set when it goes on in the chain. */
static unsigned apply(run *w, unsigned id, int *next) {
  const rule *r = &w->set->rules[id];
  unsigned out;
  *next = 0;
  switch (r->verdict) {
    case PTL_VERDICT_CONTINUE:
      *next = 1;
      return 0;
    case PTL_VERDICT_RETURN:
      return FALL;
    case PTL_VERDICT_JUMP:
      out = run_chain(w, r->target);
      *next = (out & FALL) != 0;
      return out & ~(unsigned)FALL;
    case PTL_VERDICT_GOTO:
      out = run_chain(w, r->target);
      *next = (out & FALL) != 0 && (w->doubted >> id & 1);
      return out;
    default:
      return 1u << r->verdict;
  }
}

static int ends(int verdict) { return verdict != PTL_VERDICT_JUMP && verdict != PTL_VERDICT_GOTO; }

static int may_pass(const run *w, unsigned id) {
  const rule *r = &w->set->rules[id];
  if (w->decided) return 0;
  return r->uncertain || r->verdict == PTL_VERDICT_OTHER ||
         (ends(r->verdict) && (w->doubted >> id & 1));
}

/* Nobody knows whether it applies. */
static int is_open(const rule *r) { return r->uncertain || r->verdict == PTL_VERDICT_OTHER; }

static unsigned run_chain(run *w, unsigned c) {
  const chain *x = &w->set->chains[c];
  unsigned i, out = 0;
  for (i = 0; i < x->nrules; i++) {
    unsigned id = x->rules[i];
    int next;
    if (id == w->removed || !in_rule(&w->set->rules[id], w->packet)) continue;
    if (w->decided && is_open(&w->set->rules[id]) && !(w->matching >> id & 1)) continue;
    w->visited |= 1u << id;
    out |= apply(w, id, &next);
    if (!next && !may_pass(w, id)) return out;
  }
  return out | FALL;
}

static unsigned next_base(const ruleset *o, unsigned last) {
  unsigned c, best = CHAINS;
  for (c = 0; c < o->nchains; c++) {
    const chain *x = &o->chains[c];
    if (x->hook == UINT32_MAX) continue;
    if (last < CHAINS && (x->priority < o->chains[last].priority ||
                          (x->priority == o->chains[last].priority && c <= last)))
      continue;
    if (best == CHAINS || x->priority < o->chains[best].priority) best = c;
  }
  return best;
}

static unsigned run_hook(run *w) {
  unsigned out = 0, c = next_base(w->set, CHAINS), accept = 1u << PTL_VERDICT_ACCEPT;
  for (; c < CHAINS; c = next_base(w->set, c)) {
    unsigned o = run_chain(w, c), policy = 1u << w->set->chains[c].policy;
    if ((o & FALL) && policy != accept && (w->doubted >> RULES & 1)) policy |= accept;
    if (o & FALL) o = (o & ~(unsigned)FALL) | policy;
    out |= o & ~accept;
    if (!(o & accept)) return out;
  }
  return out | accept;
}

static run begin_run(const ruleset *o, const packet *p) {
  run w = {o, p, RULES, 0, 0, 0, 0};
  return w;
}

static unsigned outcome(const ruleset *o, const packet *p) {
  run w = begin_run(o, p);
  return run_hook(&w);
}

/* Which rules some packet comes to when those of 'doubted' end nothing surely. */
static unsigned visited_when(const ruleset *o, unsigned doubted) {
  unsigned i, all = 0;
  for (i = 0; i < npackets; i++) {
    run w = begin_run(o, &universe[i]);
    w.doubted = doubted;
    run_hook(&w);
    all |= w.visited;
  }
  return all;
}

static int matches_any(const rule *r) {
  unsigned i;
  for (i = 0; i < npackets; i++)
    if (in_rule(r, &universe[i])) return 1;
  return 0;
}

static unsigned open_rules(const ruleset *o) {
  unsigned i, set = 0;
  for (i = 0; i < o->nrules; i++)
    if (is_open(&o->rules[i])) set |= 1u << i;
  return set;
}

static int fares_alike(const ruleset *o, const packet *p, unsigned id, unsigned matching) {
  run with = begin_run(o, p), without;
  unsigned x, y;
  with.decided = 1;
  with.matching = matching;
  without = with;
  without.removed = id;
  x = run_hook(&with);
  y = run_hook(&without);
  return x == y;
}

static int is_redundant(const ruleset *o, unsigned id) {
  unsigned i, all = open_rules(o), matching;
  for (i = 0; i < npackets; i++) {
    matching = all;
    for (;;) {
      if (!fares_alike(o, &universe[i], id, matching)) return 0;
      if (matching == 0) break;
      matching = (matching - 1) & all;
    }
  }
  return 1;
}

/* ----------------------------------------------------------------- facts -- */

static unsigned set_of(const uint32_t *rules, uint32_t n) {
  unsigned i, set = 0;
  for (i = 0; i < n; i++) set |= 1u << (rules[i] == UINT32_MAX ? RULES : rules[i]);
  return set;
}

static int hides(const ruleset *o, unsigned id, unsigned set) {
  return !(visited_when(o, ~set | 1u << id) >> id & 1);
}

static unsigned members(unsigned set) {
  unsigned n = 0;
  for (; set != 0; set &= set - 1) n++;
  return n;
}

static void check_hiding(const ruleset *o, unsigned id, const ptl_fact *f) {
  unsigned set = set_of(f->hiding, f->nhiding), i, j;
  expect(hides(o, id, set), "the rules that hide it do", id);
  for (i = 0; i <= RULES; i++)
    if (set >> i & 1) expect(!hides(o, id, set & ~(1u << i)), "none of them can be left out", id);
  if (!f->smallest || members(set) < 2) return;
  for (i = 0; i <= RULES; i++)
    for (j = i; j <= RULES; j++) {
      unsigned fewer = 1u << i | 1u << j;
      if ((fewer >> id & 1) || members(fewer) >= members(set)) continue;
      expect(!hides(o, id, fewer), "no fewer rules hide it", id);
    }
}

static int opposite(int x, int y) {
  int drops = y == PTL_VERDICT_DROP || y == PTL_VERDICT_REJECT;
  return x == PTL_VERDICT_ACCEPT
             ? drops
             : (x == PTL_VERDICT_DROP || x == PTL_VERDICT_REJECT) && y == PTL_VERDICT_ACCEPT;
}

/* Whether some packet of both comes to 'other', which surely ends it. */
static int conflicts(const ruleset *o, unsigned id, unsigned other) {
  unsigned i;
  if (o->rules[other].uncertain || !opposite(o->rules[id].verdict, o->rules[other].verdict))
    return 0;
  for (i = 0; i < npackets; i++) {
    run w = begin_run(o, &universe[i]);
    if (!in_rule(&o->rules[id], &universe[i])) continue;
    run_hook(&w);
    if (w.visited >> other & 1) return 1;
  }
  return 0;
}

static void check_conflict(const ruleset *o, unsigned id, const ptl_fact *f) {
  unsigned i, any = 0;
  if (f->conflict != UINT32_MAX) expect(conflicts(o, id, f->conflict), "it conflicts", id);
  expect((f->flags & PTL_RULE_CONFLICT) == 0 || f->conflict != UINT32_MAX, "with a rule", id);
  if (o->nchains > 1) return;
  for (i = 0; i < id; i++) any |= (unsigned)conflicts(o, id, i);
  expect(!any == !(f->flags & PTL_RULE_CONFLICT), "it is in conflict or not", id);
}

static unsigned told[4]; /* how often something worth testing came up */

static void check_redundant(const ruleset *o, unsigned id, const ptl_fact *f) {
  int verdict = o->rules[id].verdict;
  if (f->flags & PTL_RULE_REDUNDANT) {
    told[1]++;
    expect(is_redundant(o, id), "it is redundant", id);
  } else if (o->calls_once && verdict != PTL_VERDICT_CONTINUE && verdict != PTL_VERDICT_OTHER) {
    expect(!is_redundant(o, id), "it is not redundant", id);
  }
}

static void check_fact(const ruleset *o, unsigned id, const ptl_fact *f, unsigned reachable,
                       unsigned seen) {
  int here = (reachable >> id & 1) != 0, hidden = here && !(seen >> id & 1);
  int matches = matches_any(&o->rules[id]);
  expect(!(f->flags & PTL_RULE_UNDECIDED), "all is told", id);
  expect((f->flags & PTL_RULE_NEVER) == (matches ? 0 : PTL_RULE_NEVER), "it never matches or does",
         id);
  expect(!(f->flags & PTL_RULE_UNREACHED) == (here || !matches), "it is reached or not", id);
  expect(!(f->flags & PTL_RULE_HIDDEN) == !hidden, "it is hidden or not", id);
  if (hidden) {
    told[0] += f->nhiding > 1;
    check_hiding(o, id, f);
  }
  if (!here) return;
  check_conflict(o, id, f);
  if (!hidden) check_redundant(o, id, f);
}

static void check_facts(const ruleset *o, ptl_space *s) {
  unsigned id, reachable = visited_when(o, ~0u), seen = visited_when(o, 0);
  for (id = 0; id < o->nrules; id++) {
    ptl_error err;
    ptl_fact f;
    must(ptl_space_fact(s, id, &f, &err));
    check_fact(o, id, &f, reachable, seen);
  }
}

/* ----------------------------------------------------------------- reach -- */

enum { ACCEPT = 1 << PTL_VERDICT_ACCEPT };
enum { MAY_ACCEPT = ACCEPT | 1 << PTL_VERDICT_QUEUE | 1 << PTL_VERDICT_OTHER };

/* What is to be told of each port of each protocol: 0 nothing, 1 perhaps, 2 surely. */
typedef struct {
  unsigned told[PROTOCOLS][PORTS];
} picture;

/* Protocols without ports have one row, at port 0. */
static unsigned *at_packet(picture *p, const packet *k) {
  unsigned protocol = k->value[PROTOCOL];
  return &p->told[protocol][protocol < 2 ? k->value[PORT] : 0];
}

static unsigned openness(unsigned outcomes) {
  return outcomes == ACCEPT ? 2 : (outcomes & MAY_ACCEPT) != 0;
}

static void imagine_reach(const ruleset *o, const rule *region, picture *p) {
  unsigned i;
  memset(p, 0, sizeof *p);
  for (i = 0; i < npackets; i++) {
    unsigned *at, open;
    if (!in_rule(region, &universe[i])) continue;
    at = at_packet(p, &universe[i]);
    open = openness(outcome(o, &universe[i]));
    if (open > *at) *at = open;
  }
}

static void imagine_change(const ruleset *now, const ruleset *before, const rule *region,
                           unsigned certainty, picture *p) {
  unsigned i, level, least = certainty == PTL_SURELY ? 2 : 1;
  memset(p, 0, sizeof *p);
  for (i = 0; i < npackets; i++) {
    unsigned x = openness(outcome(now, &universe[i])), y = openness(outcome(before, &universe[i]));
    unsigned *at = at_packet(p, &universe[i]);
    if (!in_rule(region, &universe[i])) continue;
    for (level = least; level <= 2; level++)
      if (x >= level && y < level && level > *at) *at = level;
  }
}

static int covers(const ptl_opening *o, unsigned protocol, unsigned port) {
  static const unsigned transports[] = {PTL_TCP, PTL_UDP};
  unsigned at = protocol < 2 ? ports[port] : protocols[protocol];
  return o->transport == (protocol < 2 ? transports[protocol] : PTL_NO_TRANSPORT) &&
         o->first <= at && at <= o->last;
}

static unsigned told_of(const ptl_opening *o, uint32_t n, unsigned protocol, unsigned port) {
  unsigned i, open = 0;
  for (i = 0; i < n; i++)
    if (covers(&o[i], protocol, port)) open = o[i].certainty == PTL_SURELY ? 2 : 1;
  return open;
}

static void check_picture(const picture *p, const ptl_opening *o, uint32_t n, const char *what) {
  unsigned protocol, port;
  for (protocol = 0; protocol < PROTOCOLS; protocol++)
    for (port = 0; port < (protocol < 2 ? PORTS : 1); port++) {
      if (!(dimensions & 1u << PROTOCOL) && protocol > 0) continue;
      if (!(dimensions & 1u << PORT) && port > 0) continue;
      expect(p->told[protocol][port] == told_of(o, n, protocol, port), what, protocol * 10 + port);
    }
}

static void check_reach(const ruleset *o, ptl_space *s, const rule *region) {
  const ptl_opening *openings;
  ptl_error err;
  picture p;
  uint32_t n, i;
  must(ptl_space_reach(s, 7, 0, &openings, &n, &err));
  imagine_reach(o, region, &p);
  check_picture(&p, openings, n, "what is open");
  for (i = 0; i < n; i++) {
    int verdict = openings[i].rule == UINT32_MAX ? 0 : o->rules[openings[i].rule].verdict;
    expect(verdict == PTL_VERDICT_ACCEPT || verdict == PTL_VERDICT_QUEUE ||
               verdict == PTL_VERDICT_OTHER,
           "that rule accepts", openings[i].rule);
  }
}

static void check_change(const ruleset *now, const ruleset *before, ptl_space *s,
                         const rule *region, int certainty) {
  const ptl_opening *openings;
  const ptl_packet *examples;
  ptl_error err;
  picture p;
  uint32_t n;
  must(ptl_space_compare(s, 7, 0, 0, certainty, &openings, &examples, &n, &err));
  imagine_change(now, before, region, (unsigned)certainty, &p);
  check_picture(&p, openings, n, "what is newly accepted");
  must(ptl_space_compare(s, 7, 0, 1, certainty, &openings, &examples, &n, &err));
  imagine_change(before, now, region, (unsigned)certainty, &p);
  check_picture(&p, openings, n, "what is newly dropped");
  told[2] += n > 0;
}

/* ----------------------------------------------------------------- trace -- */

static void make_packet(const packet *p, ptl_packet *out) {
  const char *source = sources[p->value[SOURCE]], *to = destinations[p->value[DESTINATION]];
  ptl_error err;
  memset(out, 0, sizeof *out);
  must(ptl_address_read(source, strlen(source), out->source, &err));
  must(ptl_address_read(to, strlen(to), out->destination, &err));
  out->protocol = protocols[p->value[PROTOCOL]];
  out->destination_port = ports[p->value[PORT]];
  out->state = states[p->value[STATE]];
  strcpy(out->input, inputs[p->value[INPUT]]);
}

static void check_trace(const ruleset *o, ptl_space *s, const packet *p) {
  const ptl_step *steps;
  run w = begin_run(o, p);
  unsigned i, visited = 0, outcomes = run_hook(&w);
  ptl_packet k;
  ptl_error err;
  uint32_t n, verdicts;
  make_packet(p, &k);
  must(ptl_space_trace(s, 7, &k, &steps, &n, &verdicts, &err));
  for (i = 0; i < n; i++)
    if (steps[i].rule != UINT32_MAX) visited |= 1u << steps[i].rule;
  expect(visited == w.visited, "these rules are met", visited);
  expect(verdicts == outcomes, "this becomes of it", verdicts);
}

/* ------------------------------------------------------------ all of it -- */

static void choose_dimensions(void) {
  packet p;
  unsigned n = 0;
  dimensions = 0;
  while (n < 3) {
    unsigned d = below(DIMENSIONS);
    if (!(dimensions & 1u << d)) n++;
    dimensions |= 1u << d;
  }
  npackets = 0;
  add_packets(&p, 0);
}

static ptl_ruleset *make_region(ruleset *o) {
  ptl_ruleset *r = ptl_ruleset_new();
  memset(o, 0, sizeof *o);
  o->nchains = 1;
  must(ptl_ruleset_chain(r, UINT32_MAX, 0, PTL_VERDICT_ACCEPT, NULL));
  make_rule(r, o, 0);
  return r;
}

static void try_one(void) {
  static ruleset now, before, region;
  ptl_ruleset *r, *b, *g;
  ptl_space *s;
  ptl_error err;
  unsigned i;
  scene[0] = '\0';
  choose_dimensions();
  r = make_ruleset(&now);
  say("\nbefore", NULL, 0, 0);
  b = make_ruleset(&before);
  say("\nregion", NULL, 0, 0);
  g = make_region(&region);
  must(ptl_space_new(r, b, g, &s, &err));
  check_facts(&now, s);
  check_reach(&now, s, &region.rules[0]);
  check_change(&now, &before, s, &region.rules[0], PTL_PERHAPS);
  check_change(&now, &before, s, &region.rules[0], PTL_SURELY);
  for (i = 0; i < 20; i++) check_trace(&now, s, &universe[below(npackets)]);
  ptl_space_free(s);
  ptl_ruleset_free(r);
  ptl_ruleset_free(b);
  ptl_ruleset_free(g);
}

/* ------------------------------------------------- what chance leaves out -- */

static void add_rule(ptl_ruleset *r, unsigned c, int verdict, unsigned target) {
  must(ptl_ruleset_rule(r, c, verdict, target, 0, NULL));
  must(ptl_ruleset_match(r, NULL));
}

static void add_source(ptl_ruleset *r, const char *text) {
  must(ptl_ruleset_field(r, PTL_FIELD_SOURCE, 0, NULL));
  must(ptl_ruleset_address(r, text, strlen(text), NULL));
}

static ptl_ruleset *begin_ruleset(void) {
  ptl_ruleset *r = ptl_ruleset_new();
  must(ptl_ruleset_chain(r, 7, 0, PTL_VERDICT_DROP, NULL));
  return r;
}

static int open_space(const ptl_ruleset *r, ptl_error *err) {
  ptl_space *s;
  int code = ptl_space_new(r, NULL, NULL, &s, err);
  if (code == PTL_OK) ptl_space_free(s);
  return code;
}

static void tells_which_rules_hide_one_together(void) {
  static const char *const networks[] = {"192.0.2.0/25", "198.51.100.0/24", "192.0.2.128/25",
                                         "192.0.2.0/24"};
  ptl_ruleset *r = begin_ruleset();
  ptl_space *s;
  ptl_fact f;
  unsigned i;
  for (i = 0; i < 4; i++) {
    add_rule(r, 0, i < 3 ? PTL_VERDICT_DROP : PTL_VERDICT_ACCEPT, 0);
    add_source(r, networks[i]);
  }
  must(ptl_space_new(r, NULL, NULL, &s, NULL));
  must(ptl_space_fact(s, 3, &f, NULL));
  expect(f.flags == (PTL_RULE_HIDDEN | PTL_RULE_CONFLICT), "hidden, and in conflict", 3);
  expect(f.nhiding == 2 && f.hiding[0] == 0 && f.hiding[1] == 2, "by 0 and 2", 3);
  expect(f.smallest && f.conflict == 0, "no fewer; it conflicts with 0", 3);
  ptl_space_free(s);
  ptl_ruleset_free(r);
}

static void tells_a_jump_that_comes_back(void) {
  ptl_ruleset *r = begin_ruleset();
  ptl_space *s;
  ptl_fact f;
  must(ptl_ruleset_chain(r, UINT32_MAX, 0, PTL_VERDICT_ACCEPT, NULL));
  add_rule(r, 0, PTL_VERDICT_JUMP, 1);
  add_rule(r, 1, PTL_VERDICT_JUMP, 0);
  add_rule(r, 1, PTL_VERDICT_GOTO, 1);
  must(ptl_space_new(r, NULL, NULL, &s, NULL));
  must(ptl_space_fact(s, 0, &f, NULL));
  expect(!(f.flags & PTL_RULE_LOOP), "the first jump is sound", 0);
  must(ptl_space_fact(s, 1, &f, NULL));
  expect(f.flags & PTL_RULE_LOOP, "a jump to the chain it came from loops", 1);
  must(ptl_space_fact(s, 2, &f, NULL));
  expect(f.flags & PTL_RULE_LOOP, "a jump to its own chain loops", 2);
  ptl_space_free(s);
  ptl_ruleset_free(r);
}

/* Each chain calls the next so many times. */
static ptl_ruleset *make_calls(unsigned nchains, unsigned ncalls) {
  ptl_ruleset *r = begin_ruleset();
  unsigned c, i;
  for (c = 0; c < nchains; c++) {
    must(ptl_ruleset_chain(r, UINT32_MAX, 0, PTL_VERDICT_ACCEPT, NULL));
    for (i = 0; i < ncalls; i++) add_rule(r, c, PTL_VERDICT_JUMP, c + 1);
  }
  return r;
}

static void refuses_what_would_never_end(void) {
  ptl_ruleset *wide = make_calls(64, 2), *deep = make_calls(5000, 1);
  ptl_error err;
  expect(open_space(wide, &err) == PTL_ELIMIT, "calls that double are refused", 0);
  expect(strncmp(err.message, "ruleset too complex: ", 21) == 0, "in words", 0);
  expect(open_space(deep, &err) == PTL_ELIMIT, "calls without bottom are refused", 0);
  ptl_ruleset_free(wide);
  ptl_ruleset_free(deep);
}

static void answers_or_refuses_any_masks(void) {
  ptl_ruleset *r = begin_ruleset();
  ptl_error err;
  unsigned i;
  int code;
  for (i = 0; i < 300; i++) {
    char text[64];
    snprintf(text, sizeof text, "%u.%u.%u.%u/%u.%u.%u.%u", below(256), below(256), below(256),
             below(256), below(256), below(256), below(256), below(256));
    add_rule(r, 0, PTL_VERDICT_ACCEPT, 0);
    add_source(r, text);
  }
  code = open_space(r, &err);
  expect(code == PTL_OK || code == PTL_ELIMIT, "any masks are answered or refused", 0);
  ptl_ruleset_free(r);
}

static void refuses_what_is_no_address(void) {
  static const char *const bad[] = {"",
                                    "x",
                                    "192.0.2",
                                    "192.0.2.1/33",
                                    "192.0.2.1/",
                                    "/24",
                                    "192.0.2.9-",
                                    "192.0.2.9-192.0.2.1",
                                    "::/129",
                                    "192.0.2.1-::1",
                                    "::1/255.0.0.0",
                                    "192.0.2.0/24/24",
                                    "192.0.2.0/024x",
                                    "192.0.2.0 /24"};
  ptl_ruleset *r = begin_ruleset();
  ptl_error err;
  unsigned i;
  add_rule(r, 0, PTL_VERDICT_ACCEPT, 0);
  must(ptl_ruleset_field(r, PTL_FIELD_SOURCE, 0, &err));
  for (i = 0; i < sizeof bad / sizeof *bad; i++)
    expect(ptl_ruleset_address(r, bad[i], strlen(bad[i]), &err) == PTL_ESYNTAX, bad[i], i);
  must(ptl_ruleset_field(r, PTL_FIELD_PROTOCOL, 0, &err));
  expect(ptl_ruleset_range(r, 0, 256, &err) == PTL_ESYNTAX, "no protocol is past 255", 0);
  expect(ptl_ruleset_range(r, 2, 1, &err) == PTL_ESYNTAX, "ranges go upwards", 0);
  ptl_ruleset_free(r);
}

static int refused; /* an allocation has failed, and a call said so */

static void attempt(int code) {
  if (code == PTL_ENOMEM) refused = 1;
  expect(code == PTL_OK || code == PTL_ENOMEM, "out of memory is an error like any", 0);
}

/* One rule with all kinds of field; nothing more is added after a refusal. */
static void attempt_rules(ptl_ruleset *r) {
  static const char *const networks[] = {"192.0.2.0/25", "192.0.2.1/255.255.255.249",
                                         "192.0.2.128/25", "192.0.2.0/24"};
  unsigned i;
  attempt(ptl_ruleset_chain(r, 7, 0, PTL_VERDICT_DROP, NULL));
  for (i = 0; i < 4 && !refused; i++) {
    attempt(ptl_ruleset_rule(r, 0, i < 3 ? PTL_VERDICT_DROP : PTL_VERDICT_ACCEPT, 0, 0, NULL));
    if (!refused) attempt(ptl_ruleset_match(r, NULL));
    if (!refused) attempt(ptl_ruleset_field(r, PTL_FIELD_SOURCE, 0, NULL));
    if (!refused) attempt(ptl_ruleset_address(r, networks[i], strlen(networks[i]), NULL));
    if (!refused) attempt(ptl_ruleset_field(r, PTL_FIELD_INPUT, 0, NULL));
    if (!refused) attempt(ptl_ruleset_interface(r, "eth*", 4, NULL));
  }
}

static void attempt_questions(ptl_space *s) {
  const ptl_opening *openings;
  const ptl_packet *examples;
  const ptl_step *steps;
  ptl_packet zero;
  ptl_fact f;
  uint32_t i, n, verdicts;
  for (i = 0; i < 4; i++) attempt(ptl_space_fact(s, i, &f, NULL));
  attempt(ptl_space_reach(s, 7, UINT32_MAX, &openings, &n, NULL));
  attempt(ptl_space_compare(s, 7, UINT32_MAX, 0, PTL_SURELY, &openings, &examples, &n, NULL));
  memset(&zero, 0, sizeof zero);
  attempt(ptl_space_trace(s, 7, &zero, &steps, &n, &verdicts, NULL));
}

static void attempt_everything(void) {
  ptl_ruleset *r = ptl_ruleset_new();
  ptl_space *s = NULL;
  if (r == NULL) {
    refused = 1;
    return;
  }
  attempt_rules(r);
  if (!refused) attempt(ptl_space_new(r, r, NULL, &s, NULL));
  if (!refused) attempt_questions(s);
  ptl_space_free(s);
  ptl_ruleset_free(r);
}

static void survives_any_failed_allocation(void) {
  unsigned long n;
  for (n = 1, refused = 1; refused; n++) {
    refused = 0;
    fail_allocation(n);
    attempt_everything();
  }
  fail_allocation(0);
  expect(n > 100, "there are allocations to fail", n);
}

int main(int argc, char **argv) {
  int i, n = argc > 1 ? atoi(argv[1]) : 2000;
  unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  tells_which_rules_hide_one_together();
  tells_a_jump_that_comes_back();
  refuses_what_would_never_end();
  answers_or_refuses_any_masks();
  refuses_what_is_no_address();
  survives_any_failed_allocation();
  for (i = 0; i < n && failures == 0; i++) {
    random_state = seed + (unsigned long long)i * 7919;
    below(1);
    try_one();
    if (failures > 0) printf("  ruleset %d of seed %llu\n", i, seed);
  }
  printf("%d rulesets, %u hidden by several rules, %u redundant, %u changes: %d not so\n", n,
         told[0], told[1], told[2], failures);
  return failures > 0;
}
