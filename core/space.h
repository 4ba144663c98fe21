/*
** space.h -- packet space: what each rule of a firewall really matches.
**
** Add chains and rules to a ruleset, make a space of it, ask:
**
**   ptl_ruleset *r = ptl_ruleset_new();
**   ptl_ruleset_chain(r, hook, 0, PTL_VERDICT_DROP, &err);
**   ptl_ruleset_rule(r, 0, PTL_VERDICT_ACCEPT, 0, 0, &err);
**   ptl_ruleset_match(r, &err);
**   ptl_ruleset_field(r, PTL_FIELD_DESTINATION_PORT, 0, &err);
**   ptl_ruleset_range(r, 443, 443, &err);
**   ptl_space_new(r, NULL, NULL, &space, &err);
**   ptl_space_fact(space, 0, &fact, &err);
**
** SPDX-License-Identifier: MIT
*/
#ifndef space_h
#define space_h

#include "portolan.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ffi: begin */
/* ------------------------------------------------------------- ruleset -- */

typedef struct ptl_ruleset ptl_ruleset; /* chains of rules; mutable */

/* "Other" ends a packet's way, or changes it, in a manner that is not known. */
enum {
  PTL_VERDICT_ACCEPT = 0,
  PTL_VERDICT_DROP = 1,
  PTL_VERDICT_REJECT = 2,
  PTL_VERDICT_QUEUE = 3,
  PTL_VERDICT_OTHER = 4,
  PTL_VERDICT_CONTINUE = 5,
  PTL_VERDICT_RETURN = 6,
  PTL_VERDICT_JUMP = 7,
  PTL_VERDICT_GOTO = 8
};

enum {
  PTL_FIELD_FAMILY = 0, /* 4 or 6 */
  PTL_FIELD_SOURCE = 1, /* addresses; IPv4 is ::ffff:0:0/96 */
  PTL_FIELD_DESTINATION = 2,
  PTL_FIELD_PROTOCOL = 3, /* IANA's number, 0-255 */
  PTL_FIELD_SOURCE_PORT = 4,
  PTL_FIELD_DESTINATION_PORT = 5,
  PTL_FIELD_ICMP_TYPE = 6,
  PTL_FIELD_INPUT = 7, /* names of interfaces */
  PTL_FIELD_OUTPUT = 8,
  PTL_FIELD_STATE = 9 /* PTL_STATE_... */
};

/* Connection tracking: a packet is in one of these. */
enum {
  PTL_STATE_NEW = 0,
  PTL_STATE_ESTABLISHED = 1,
  PTL_STATE_RELATED = 2,
  PTL_STATE_INVALID = 3,
  PTL_STATE_UNTRACKED = 4
};

ptl_ruleset *ptl_ruleset_new(void); /* NULL: out of memory */
void ptl_ruleset_free(ptl_ruleset *r);

/* Chains and rules are numbered from 0 in the order they are added. 'hook'
   is the caller's number for a place that packets pass, UINT32_MAX for a
   chain that is only jumped to. The chains of one hook are traversed by
   priority, then in order: what one accepts goes on to the next. */
int ptl_ruleset_chain(ptl_ruleset *r, uint32_t hook, int32_t priority, int policy, ptl_error *err);
/* Appends a rule to a chain. 'target' is a chain, for jump and goto, which
   may be added later; one that never is makes the verdict "other". An
   uncertain rule matches at most what its matches say: it hides nothing,
   and what it does is done perhaps. */
int ptl_ruleset_rule(ptl_ruleset *r, uint32_t chain, int verdict, uint32_t target, int uncertain,
                     ptl_error *err);
/* Gives the last rule one more match: the rule matches where any does. */
int ptl_ruleset_match(ptl_ruleset *r, ptl_error *err);
/* Narrows the last match by a field, to what the next calls add, or to all
   but that. A match is all packets until it is narrowed; a field with
   nothing added is no packet at all. */
int ptl_ruleset_field(ptl_ruleset *r, int field, int except, ptl_error *err);
int ptl_ruleset_range(ptl_ruleset *r, uint32_t first, uint32_t last, ptl_error *err);
/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "192.0.2.1-192.0.2.9", and
   value and mask, "192.0.2.1/255.255.0.255". */
int ptl_ruleset_address(ptl_ruleset *r, const char *text, size_t len, ptl_error *err);
/* "eth0"; a last '*' stands for any ending. */
int ptl_ruleset_interface(ptl_ruleset *r, const char *name, size_t len, ptl_error *err);
uint32_t ptl_ruleset_rules(const ptl_ruleset *r); /* how many there are */

/* One address as 16 bytes, and back; 'text' has room for 46 characters. */
int ptl_address_read(const char *text, size_t len, uint8_t *address, ptl_error *err);
void ptl_address_write(const uint8_t *address, char *text);

/* --------------------------------------------------------------- space -- */

typedef struct ptl_space ptl_space; /* answers questions about rulesets */

/* 'now' is the ruleset to ask about, 'before' (or NULL) one to compare it
   with, 'regions' (or NULL) one whose rules only name sets of packets to ask
   for. All must outlive the space, unchanged. A space keeps notes while it
   answers, so only one thread may ask it at a time; what an answer points at
   lives until the next question. PTL_ELIMIT: too complex to be answered. */
int ptl_space_new(const ptl_ruleset *now, const ptl_ruleset *before, const ptl_ruleset *regions,
                  ptl_space **out, ptl_error *err);
void ptl_space_free(ptl_space *s); /* NULL is fine */

/* Facts of a rule; of one in a chain that is jumped to, over all the ways
   that lead there. A fact that is not told may still hold if UNDECIDED is. */
enum {
  PTL_RULE_NEVER = 1,     /* contradicts itself: no packet is like that */
  PTL_RULE_UNREACHED = 2, /* no hook leads here, or only with packets it does not match */
  PTL_RULE_HIDDEN = 4,    /* all its packets end at rules before it */
  PTL_RULE_REDUNDANT = 8, /* not hidden; without it no packet fares otherwise */
  PTL_RULE_CONFLICT = 16, /* a rule before it decides some of its packets the other way */
  PTL_RULE_LOOP = 32,     /* its jump comes back to its own chain; it is read as no jump */
  PTL_RULE_UNDECIDED = 64 /* too complex to tell all */
};

typedef struct {
  uint32_t flags;
  uint32_t conflict;      /* that rule; UINT32_MAX: none */
  uint32_t nhiding;       /* how many rules hide it; leave out any, and it is seen */
  uint32_t smallest;      /* no smaller number of rules hides it */
  const uint32_t *hiding; /* which, in order; UINT32_MAX is a chain's policy */
} ptl_fact;

int ptl_space_fact(ptl_space *s, uint32_t rule, ptl_fact *out, ptl_error *err);

enum { PTL_PERHAPS = 0, PTL_SURELY = 1 };

/* Destination ports that are open; of protocols without ports, their numbers,
   with PTL_NO_TRANSPORT. 'rule' accepts such packets, UINT32_MAX: a policy. */
typedef struct {
  uint16_t first, last;
  uint32_t transport, rule;
  uint32_t certainty;
} ptl_opening;

/* What of a region (a rule of 'regions'; UINT32_MAX: everything) may pass the
   hook. Points '*out' at the openings, apart, by transport and port. */
int ptl_space_reach(ptl_space *s, uint32_t hook, uint32_t region, const ptl_opening **out,
                    uint32_t *n, ptl_error *err);

typedef struct {
  uint8_t source[16], destination[16];
  uint32_t protocol, source_port, destination_port, icmp_type, state;
  char input[64], output[64]; /* "eth*": another that begins so; "": another */
} ptl_packet;

typedef struct {
  uint32_t rule;
  uint32_t certainty; /* whether the packet surely comes here and matches */
} ptl_step;

/* The rules that a packet meets and matches, in order; '*verdicts' is the bit
   set of what may become of it, one bit where that is sure. */
int ptl_space_trace(ptl_space *s, uint32_t hook, const ptl_packet *packet, const ptl_step **out,
                    uint32_t *n, uint32_t *verdicts, ptl_error *err);

/* What of a region 'now' accepts and 'before' does not; with 'dropped', the
   reverse. PTL_SURELY: is surely accepted, and surely was not. PTL_PERHAPS:
   is perhaps accepted, and by no chance was. Points '*examples' at a packet
   for each opening. */
int ptl_space_compare(ptl_space *s, uint32_t hook, uint32_t region, int dropped, int certainty,
                      const ptl_opening **out, const ptl_packet **examples, uint32_t *n,
                      ptl_error *err);
/* ffi: end */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
