/*
** program.h -- rulesets on their way to packet space, for the files that take
** them there: ruleset.c collects, atoms.c cuts the fields, program.c lays the
** chains out, packet.c looks for packets, space.c answers.
**
** SPDX-License-Identifier: MIT
*/
#ifndef program_h
#define program_h

#include "internal.h"

#define FIELDS 10u
#define NONE UINT32_MAX

__extension__ typedef unsigned __int128 ptl_wide; /* a value of any field */

#define MAPPED ((ptl_wide)0xffff << 32) /* where IPv4 lives */

/* ---------------------------------------------------------- ruleset.c -- */

/* The values x in first..last with (x & mask) == value. Of an interface,
   'first' is the number of its name and 'last' whether any ending will do. */
typedef struct {
  ptl_wide first, last, mask, value;
} ptl_piece;

typedef struct {
  uint32_t field, except, first, npieces;
} ptl_narrowing;

typedef struct {
  uint32_t first, nnarrowings;
} ptl_conjunction;

typedef struct {
  uint32_t verdict, target, uncertain;
  uint32_t next; /* in its chain */
  uint32_t first, nmatches;
} ptl_rule;

typedef struct {
  uint32_t hook;
  int32_t priority;
  uint32_t policy, first, last;
} ptl_chain;

struct ptl_ruleset {
  ptl_buffer chains, rules, matches, narrowings, pieces;
  ptl_texts names;
};

/* The value of a field's last member. */
ptl_wide ptl_field_max(uint32_t field);
ptl_wide ptl_wide_of(const uint8_t *address);

/* ------------------------------------------------------------ atoms.c -- */

/* Values that no rule tells apart are one atom; from here on a field is its
   atoms, numbered in order, and a set a sorted list of ranges, apart. */
typedef struct {
  uint32_t first, last;
} ptl_range;

typedef struct {
  const ptl_range *at;
  uint32_t n;
} ptl_set;

typedef struct {
  ptl_wide first;  /* where its segment begins; atoms that share one differ by masks */
  ptl_wide sample; /* one of its values */
} ptl_atom;

typedef struct {
  ptl_buffer atoms; /* ptl_atom[], by first */
  ptl_buffer masks; /* ptl_piece[] that are more than an interval */
} ptl_axis;

typedef struct {
  ptl_str text;
  uint32_t open; /* any ending will do */
} ptl_interface;

typedef struct {
  uint32_t set[FIELDS]; /* numbers of sets */
} ptl_box;

enum { NOW = 0, BEFORE = 1, REGIONS = 2, RULESETS = 3 };

typedef struct {
  const ptl_ruleset *rulesets[RULESETS]; /* or NULL */
  ptl_axis axes[FIELDS];
  ptl_buffer interfaces;           /* ptl_interface[], sorted; number i is value i + 1 */
  ptl_texts sets;                  /* ptl_range[], each kept once; set 0 is the empty one */
  ptl_buffer boxes[RULESETS];      /* ptl_box[], by match */
  ptl_box everything, families[2]; /* packets are IPv4 or IPv6, in both addresses */
} ptl_atoms;

int ptl_atoms_cut(ptl_atoms *a, ptl_error *err);
void ptl_atoms_free(ptl_atoms *a);
ptl_set ptl_atoms_set(const ptl_atoms *a, uint32_t number);
int ptl_atoms_intern(ptl_atoms *a, ptl_set set, uint32_t *number);
uint32_t ptl_atoms_count(const ptl_atoms *a, uint32_t field);
/* The atom that a value is in; an interface is named, not numbered. */
uint32_t ptl_atoms_find(const ptl_atoms *a, uint32_t field, ptl_wide value);
ptl_wide ptl_atoms_interface(const ptl_atoms *a, ptl_str name);
ptl_wide ptl_atoms_sample(const ptl_atoms *a, uint32_t field, uint32_t atom);
/* The last value of an atom's segment. */
ptl_wide ptl_atoms_last(const ptl_atoms *a, uint32_t field, uint32_t atom);
/* The number of the set of what both have; 'room' is to work in. */
int ptl_atoms_meet(ptl_atoms *a, uint32_t x, uint32_t y, ptl_buffer *room, uint32_t *out);

/* These append to 'out', a ptl_range[]; 0 when out of memory. */
int ptl_set_meet(ptl_set x, ptl_set y, ptl_buffer *out);
int ptl_set_less(ptl_set x, ptl_set y, ptl_buffer *out);
int ptl_set_overlaps(ptl_set x, ptl_set y);
int ptl_set_within(ptl_set x, ptl_set y);
int ptl_set_has(ptl_set x, uint32_t atom);
uint32_t ptl_set_size(ptl_set set); /* how many atoms */

/* ---------------------------------------------------------- program.c -- */

/* How many leaves a binary tree over n things has. */
static inline uint32_t ptl_leaves(uint32_t n) {
  uint32_t leaves = 1;
  while (leaves < n) leaves *= 2;
  return leaves;
}

/* Where a packet's way ends; a program's length is its "accept". */
#define END(verdict) (UINT32_MAX - 8 + (uint32_t)(verdict))
#define FIRST_END END(PTL_VERDICT_ACCEPT)
#define BIT(verdict) (1u << (verdict))

/* One match of one rule on one way through the chains. A packet in the box
   goes on at 'to', always further on; any other at the next entry. */
typedef struct {
  ptl_box box;
  ptl_range bounds[FIELDS]; /* the least range that holds each set */
  uint32_t to;
  uint32_t without; /* where the packet would go on if there were no such rule */
  uint32_t rule;    /* NONE: a chain's policy */
  uint8_t certain;
  uint8_t target; /* stands for the rule; not an auxiliary of a jump */
} ptl_entry;

typedef struct {
  uint32_t first, last, entry; /* an interval of atoms, and who has it */
} ptl_stretch;

typedef struct {
  ptl_buffer stretches; /* ptl_stretch[], by first */
  ptl_buffer reach;     /* uint32_t[]: one past the greatest last below each node */
  ptl_buffer lasts;     /* uint32_t[], sorted */
} ptl_index;

/* One hook's chains laid out as a list of entries, without loops. */
typedef struct {
  uint32_t hook;
  ptl_buffer entries; /* ptl_entry[] */
  ptl_buffer leads;   /* uint32_t[]: each entry's 'to', to be looked through fast */
  ptl_buffer escapes; /* uint32_t[]: the nearest place that one before leads to, past each entry */
  ptl_buffer living; /* uint32_t[]: for each entry, itself or one nearer to the next not bypassed */
  ptl_index index[FIELDS];
} ptl_program;

/* Marks rules whose jumps loop in 'loops', a byte for each. */
int ptl_program_lay(ptl_program *p, ptl_atoms *a, int which, uint32_t hook, uint8_t *loops,
                    ptl_error *err);
int ptl_program_index(ptl_program *p, const ptl_atoms *a);
void ptl_program_free(ptl_program *p);
static inline uint32_t ptl_program_length(const ptl_program *p) {
  return count(ptl_entry, p->entries);
}
static inline const ptl_entry *ptl_program_at(const ptl_program *p, uint32_t i) {
  return nth(const ptl_entry, p->entries, i);
}

/* Which entries are asked for: of [from, until), none that leads to 'except'
   and, with 'living', few of those that were bypassed. */
typedef struct {
  uint32_t from, until, except;
  int living;
} ptl_window;

/* Appends the entries that share a packet with 'region', in order; 0 when out
   of memory. */
int ptl_program_overlapping(const ptl_program *p, const ptl_atoms *a, const ptl_set *region,
                            const ptl_window *window, ptl_buffer *out);
void ptl_sort_numbers(uint32_t *at, uint32_t n);
/* Bypasses an entry, which is known to meet no packet. */
void ptl_program_bypass(ptl_program *p, uint32_t entry);
/* The same for one packet, given by its atoms. */
int ptl_program_matching(const ptl_program *p, const ptl_atoms *a, const uint32_t *packet,
                         uint32_t from, uint32_t until, ptl_buffer *out);

/* ----------------------------------------------------------- packet.c -- */

/* What is asked of a packet that sets out at 'from': whether it may come to
   'until' (then BIT(PTL_VERDICT_ACCEPT)) or end in one of 'verdicts', or,
   with 'only', whether nothing else may become of it. */
typedef struct {
  const ptl_program *program;
  uint32_t from, until;
  uint32_t verdicts; /* BIT()s */
  uint32_t only;
  uint32_t strict;                /* coming to 'until' by a skip does not count */
  uint32_t idle;                  /* entries that do nothing are met, too */
  uint32_t removed, removed_from; /* a rule, and where it ceases; NONE: none */
  uint32_t removed_jump;          /* it is a jump */
  uint32_t doubted;               /* a rule that ends nothing surely; NONE: none */
  const ptl_buffer *certain;      /* uint32_t[]: only these rules end anything surely; NULL: all */
} ptl_wish;

enum { MAX_BOXES = 24, MAX_WISHES = 24 };

/* What is in all of the boxes and, with 'only', has that field in that set. */
typedef struct {
  const ptl_box *boxes[MAX_BOXES];
  uint32_t nboxes, field;
  const ptl_set *only;
} ptl_region;

typedef struct {
  const ptl_atoms *atoms;
  ptl_buffer least[FIELDS]; /* a tree over atoms: which of those below is in fewest boxes */
  ptl_buffer cover;         /* uint32_t[]: of the field in work */
  uint32_t budget;          /* regions that may yet be looked at */
  uint64_t work;            /* entries that packets have met: of all facts, or of one projection */
  uint32_t packet[FIELDS];  /* what was found */
  uint32_t verdicts;        /* what may become of the packet last walked */
  ptl_buffer met, reached;  /* uint32_t[], uint8_t[]: entries it is in; whether it comes there */
  ptl_buffer blame;         /* uint32_t[]: rules that were in the way of all others */
  ptl_buffer known, escapes, stack, begins, current;
} ptl_search;

int ptl_is_among(const ptl_buffer *numbers, uint32_t x); /* uint32_t[], in no order */
int ptl_search_begin(ptl_search *s, const ptl_atoms *a, const ptl_program *programs, uint32_t n);
void ptl_search_end(ptl_search *s);
/* 1 and s->packet when the region has a packet that every wish holds of; 0
   when it has none; or an error. */
int ptl_search_find(ptl_search *s, const ptl_region *region, const ptl_wish *wishes, uint32_t n);
/* What may become of a packet: sets s->verdicts, s->met and s->reached. */
int ptl_search_walk(ptl_search *s, const ptl_wish *w, const uint32_t *packet);
int ptl_wish_holds(const ptl_search *s, const ptl_wish *w);
static inline int ptl_wish_removes(const ptl_wish *w, uint32_t entry) {
  uint32_t rule = ptl_program_at(w->program, entry)->rule;
  return rule == w->removed && rule != NONE && entry >= w->removed_from;
}
/* The wish to come from the beginning to an entry. */
ptl_wish ptl_wish_to(const ptl_program *p, uint32_t until);

/* ------------------------------------------------------------ space.c -- */

typedef struct {
  uint32_t program, entry;
} ptl_place;

/* What is known of a rule's hiding. */
typedef struct {
  uint32_t by;     /* a rule that hides it alone; NONE: not known; or as fact.c says */
  uint32_t hidden; /* the first of the rules that it hides alone, ... */
  uint32_t next;   /* and the next of those that hide with it under one */
} ptl_note;

struct ptl_space {
  ptl_atoms atoms;
  ptl_buffer programs[2]; /* ptl_program[], of NOW and BEFORE */
  ptl_buffer places;      /* ptl_place[], by rule of NOW */
  ptl_buffer first_place; /* uint32_t[]: rule i has places [first_place[i], first_place[i + 1]) */
  ptl_buffer loops;       /* uint8_t[], by rule of NOW */
  ptl_search search;
  ptl_buffer hiding;      /* uint32_t[] */
  ptl_buffer notes;       /* ptl_note[], by rule of NOW */
  ptl_place seen;         /* where the packet last found comes to its rule */
  ptl_buffer overlapping; /* uint32_t[], a stack of lists in use */
  ptl_buffer marks, openings, examples, steps;
};

const ptl_program *ptl_space_program(const ptl_space *s, int which, uint32_t hook);
int ptl_space_fault(int code, ptl_error *err);
/* Looks for a packet of either family: 1 found, 0 none, or an error. */
int ptl_space_find(ptl_space *s, ptl_region *region, const ptl_wish *wishes, uint32_t n);

#endif
