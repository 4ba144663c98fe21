/*
** portolan.h -- ask the IANA Service Name and Port Number Registry.
**
** Read sources into a builder, freeze it into a snapshot, ask:
**
**   ptl_builder *b = ptl_builder_new();
**   ptl_builder_read(b, "iana.csv", NULL, NULL, text, length, &err);
**   ptl_builder_freeze(b, &s, &err);
**   ptl_snapshot_write(s, "iana.ptl", &err);
**   n = ptl_snapshot_by_port(s, PTL_TCP, 443, &ids);
**
** A function that can fail returns PTL_OK or a negative code and, when
** 'err' is not NULL, fills it in. Everything reached through a snapshot
** belongs to the snapshot and lives until ptl_snapshot_close; a snapshot
** never changes, so any number of threads may ask it at once.
**
** Text is given by number: the same text has the same number, and number 0
** is "the source had nothing here". ptl_snapshot_text turns it into bytes.
**
** The part between the two marks is also what LuaJIT reads: plain
** declarations only -- no macros, callbacks, varargs, or structs by value.
**
** SPDX-License-Identifier: MIT
*/
#ifndef portolan_h
#define portolan_h

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* the build hides everything else */

/* ffi: begin */
typedef struct ptl_builder ptl_builder;   /* collects records; mutable */
typedef struct ptl_snapshot ptl_snapshot; /* a registry; immutable */
typedef struct ptl_portset ptl_portset;   /* a set of ports; mutable */
typedef struct ptl_output ptl_output;     /* bytes that a writer made */
typedef struct ptl_diff ptl_diff;         /* what made one registry another; immutable */
typedef struct ptl_history ptl_history;   /* a registry at many dates; immutable */

enum {
  PTL_OK = 0,
  PTL_ENOMEM = -1,  /* out of memory */
  PTL_EIO = -2,     /* the system refused; the message has its reason */
  PTL_ESYNTAX = -3, /* a source is malformed; line and column say where */
  PTL_EFORMAT = -4, /* not a snapshot, a damaged one, or another version's */
  PTL_ELIMIT = -5   /* more than a snapshot can hold */
};

/* The declarations below, as a number; what ptl_api returns is the library's. */
enum { PTL_API = 2 };
uint32_t ptl_api(void);

typedef struct {
  int code;
  uint32_t line, column; /* 1-based; 0 when there is no position */
  char message[500];     /* one line, no newline, source first */
} ptl_error;

typedef struct {
  const char *ptr; /* not NUL-terminated */
  size_t len;
} ptl_str;

enum { PTL_TCP = 0, PTL_UDP = 1, PTL_SCTP = 2, PTL_DCCP = 3, PTL_NO_TRANSPORT = 4 };

/* What a record says of its ports. RFC 6335 section 6 has the first three;
   the others are IANA's older wordings. */
enum {
  PTL_ASSIGNED = 0,
  PTL_RESERVED = 1,
  PTL_UNASSIGNED = 2,
  PTL_PRIVATE = 3,      /* "any private mail system" */
  PTL_DEREGISTERED = 4, /* "De-registered", "Removed", "Deprecated" */
  PTL_OTHER = 5,
  PTL_DYNAMIC = 6 /* of a port only: 49152-65535, where no record is */
};

/* RFC 6335 section 6: 0-1023, 1024-49151, 49152-65535. */
enum { PTL_SYSTEM = 0, PTL_USER = 1, PTL_DYNAMIC_RANGE = 2, PTL_NO_RANGE = 3 };

/* A record's texts: IANA's twelve columns in their order, then the XML
   around them (write_xml.c) and the other name of an alias pair. */
enum {
  PTL_NAME = 0,
  PTL_NUMBER = 1,
  PTL_TRANSPORT = 2,
  PTL_DESCRIPTION = 3,
  PTL_ASSIGNEE = 4,
  PTL_CONTACT = 5,
  PTL_REGISTERED = 6,
  PTL_MODIFIED = 7,
  PTL_REFERENCE = 8,
  PTL_SERVICE_CODE = 9,
  PTL_UNAUTHORIZED = 10,
  PTL_NOTE = 11,
  PTL_COLUMNS = 12,
  PTL_MARKUP = 12,
  PTL_LINK = 13,
  PTL_TEXTS = 14
};

/* Set in ptl_record.flags. */
enum {
  PTL_HAS_PORT = 1,
  PTL_IS_ALIAS = 2, /* PTL_LINK is the name to use instead */
  PTL_REPLACES = 4  /* PTL_LINK is the ill-formed name that this one replaces */
};

typedef struct {
  uint32_t text[14];    /* text numbers, by PTL_NAME ... PTL_LINK */
  uint16_t first, last; /* ports, inclusive; meaningful with PTL_HAS_PORT */
  uint8_t transport, status, range, flags;
} ptl_record;

/* ------------------------------------------------------------- builder -- */

ptl_builder *ptl_builder_new(void); /* NULL: out of memory */
void ptl_builder_free(ptl_builder *b);
/* Adds every record of a source. 'format' is "csv", "xml", "text" or "html"
   as IANA has them, "table" (its page, copied as text), "list" (before RFC
   6335), "services" (services(5)), "nmap-services", "wireshark" or "json"
   (json.h); or NULL to guess from the content; 'source' is what messages call it. A row that
   cannot be read ends the reading, unless 'options' (may be NULL) has the
   word "salvage": then such rows are refused one by one, and what is not
   well-formed is skipped up to the next row. A builder that failed to read
   can only be freed. */
int ptl_builder_read(ptl_builder *b, const char *source, const char *format, const char *options,
                     const char *text, size_t len, ptl_error *err);
/* Says something of the registry itself: "date", "source", "title" ... */
int ptl_builder_set(ptl_builder *b, const char *key, const char *value, size_t len, ptl_error *err);
/* What the reader had to say though it went on: unknown columns and the
   like, one a line. NULL past the last. */
const char *ptl_builder_remark(const ptl_builder *b, uint32_t i);

/* What became of the rows, a row being what makes one record. Each repair and
   each refusal is a remark too, with its line. */
typedef struct {
  uint32_t read; /* kept + refused */
  uint32_t kept;
  uint32_t repaired; /* of those kept: not as they stood */
  uint32_t refused;
} ptl_account;

void ptl_builder_account(const ptl_builder *b, ptl_account *out);
/* Makes the snapshot, in memory. The builder can only be freed after. */
int ptl_builder_freeze(ptl_builder *b, ptl_snapshot **out, ptl_error *err);

/* ------------------------------------------------------------ snapshot -- */

/* Opens a snapshot file: read whole and checked once, so that nobody who
   changes the file later can disturb it. 'path' NULL is the registry that
   is built in; opening that reads nothing. */
int ptl_snapshot_open(const char *path, ptl_snapshot **out, ptl_error *err);
/* The same from bytes in memory, which are copied. */
int ptl_snapshot_load(const char *source, const char *bytes, size_t len, ptl_snapshot **out,
                      ptl_error *err);
/* Writes beside 'path', syncs, renames: readers see the old or the new. */
int ptl_snapshot_write(const ptl_snapshot *s, const char *path, ptl_error *err);
void ptl_snapshot_close(ptl_snapshot *s); /* NULL is fine */

/* Writes the registry in a format of the world's: "csv" as IANA does (options
   "lf": records end in LF, not CRLF; "era=A" ... "era=D": as IANA did from
   2015, 2019, July 2020 and April 2025 on), "xml" (of a registry read from XML: the
   same bytes again), "text" and "html" as IANA's page, "json" (json.h),
   "services" for /etc/services. 'options' may be NULL. */
int ptl_snapshot_export(const ptl_snapshot *s, const char *format, const char *options,
                        ptl_output **out, ptl_error *err);
void ptl_output_bytes(const ptl_output *out, ptl_str *bytes); /* they live as long as 'out' */
void ptl_output_free(ptl_output *out);

uint32_t ptl_snapshot_count(const ptl_snapshot *s);
/* Fills 'out' with record 'id', 0 <= id < count. */
void ptl_snapshot_get(const ptl_snapshot *s, uint32_t id, ptl_record *out);
uint32_t ptl_snapshot_texts(const ptl_snapshot *s); /* how many text numbers there are */
void ptl_snapshot_text(const ptl_snapshot *s, uint32_t number, ptl_str *out);
/* The i-th thing said of the registry itself; 0 past the last. */
int ptl_snapshot_meta(const ptl_snapshot *s, uint32_t i, ptl_str *key, ptl_str *value);

/* The i-th of the people that records name in brackets, as IANA has them: a
   URI a line, "mailto:user&host". 0 past the last; CSV has none. */
enum {
  PTL_PERSON_ID = 0,
  PTL_PERSON_NAME = 1,
  PTL_PERSON_ORGANISATION = 2,
  PTL_PERSON_URIS = 3,
  PTL_PERSON_UPDATED = 4,
  PTL_PERSON_TEXTS = 5
};

int ptl_snapshot_person(const ptl_snapshot *s, uint32_t i, ptl_str text[5]);

/* The three hot ones: no list, no search. 'id' and 'name' are of the record
   to show first (not an alias where another name is there), UINT32_MAX and
   text 0 where none is assigned. 'status' folds PTL_PRIVATE,
   PTL_DEREGISTERED and PTL_OTHER into PTL_RESERVED: not to be used. */
uint32_t ptl_snapshot_id(const ptl_snapshot *s, int transport, uint32_t port);
uint32_t ptl_snapshot_name(const ptl_snapshot *s, int transport, uint32_t port);
int ptl_snapshot_status(const ptl_snapshot *s, int transport, uint32_t port);

/* These three point '*ids' at all matches, which the snapshot owns, and
   return how many. A record without a transport speaks for all of them. */
uint32_t ptl_snapshot_by_port(const ptl_snapshot *s, int transport, uint32_t port,
                              const uint32_t **ids); /* in the registry's order */
uint32_t ptl_snapshot_by_name(const ptl_snapshot *s, const char *name, size_t len,
                              const uint32_t **ids); /* ignoring case */
uint32_t ptl_snapshot_by_prefix(const ptl_snapshot *s, const char *prefix, size_t len,
                                const uint32_t **ids); /* by name, then in order */

typedef struct {
  uint32_t id, score; /* a higher score is a better match */
} ptl_match;

/* Records that hold every word of 'words' (whole, or as the beginning of a
   longer one) in name, description or note, best first. 'out' has room for
   ptl_snapshot_count matches; returns how many there are. */
uint32_t ptl_snapshot_search(const ptl_snapshot *s, const char *words, size_t len, ptl_match *out);

enum {
  PTL_EQUALS = 0,   /* the whole text, ignoring case */
  PTL_CONTAINS = 1, /* anywhere within, ignoring case */
  PTL_GLOB = 2,     /* the whole text; * and ? stand for any */
  PTL_LABEL = 3,    /* one of [A][B]: blanks and case ignored, "RFC 6335" finds
                       [RFC6335] and [RFC6335, Section 4] */
  PTL_PRESENT = 4,
  PTL_ABSENT = 5,
  PTL_FROM = 6, /* a date, not before; a month counts as each of its days */
  PTL_UNTIL = 7 /* a date, not after */
};

typedef struct {
  uint32_t field; /* PTL_NAME ... PTL_NOTE */
  uint32_t how;
  ptl_str text;
} ptl_condition;

typedef struct {
  const ptl_condition *conditions; /* all must hold */
  uint32_t nconditions;
  uint32_t transports, statuses, ranges; /* bit sets of PTL_...; 0 is any */
  const ptl_portset *ports;              /* NULL, or: has a port in here */
} ptl_query;

/* Ids in the registry's order; 'out' has room for ptl_snapshot_count. */
uint32_t ptl_snapshot_query(const ptl_snapshot *s, const ptl_query *q, uint32_t *out);

/* Adds to 'set' each port whose status is in the bit set 'statuses'. */
int ptl_snapshot_ports(const ptl_snapshot *s, uint32_t statuses, ptl_portset *set, ptl_error *err);

typedef struct {
  uint16_t first, last;
} ptl_block;

/* Maximal runs of at least 'count' ports within first..last that are
   unassigned on every transport of the bit set; nearest to 'near' first
   (UINT32_MAX: in order). Returns how many there are and fills at most 'max'. */
uint32_t ptl_snapshot_free(const ptl_snapshot *s, uint32_t transports, uint32_t first,
                           uint32_t last, uint32_t count, uint32_t near, ptl_block *out,
                           uint32_t max);

/* The parts of "[A][B]", without brackets; they point into 'text'. Fills at
   most 'max' and returns how many there are. */
uint32_t ptl_labels(const char *text, size_t len, ptl_str *out, uint32_t max);

/* ---------------------------------------------------------------- diff -- */

/* What became of a record; where several hold, what matters most. */
enum {
  PTL_EVENT_ASSIGNED = 0,   /* a service stands where none did */
  PTL_EVENT_DEASSIGNED = 1, /* none stands where a service did */
  PTL_EVENT_RENAMED = 2,
  PTL_EVENT_MOVED = 3,   /* to another number or transport */
  PTL_EVENT_RESIZED = 4, /* a range with other edges */
  PTL_EVENT_SPLIT = 5,   /* one event for each part that overlaps the old range */
  PTL_EVENT_JOINED = 6,  /* one event for each range that became part of the new one */
  PTL_EVENT_OWNER = 7,   /* the assignee */
  PTL_EVENT_CONTACT = 8,
  PTL_EVENT_REFERENCE = 9, /* [RFC6335] and [RFC 6335] are one */
  PTL_EVENT_SERVICE_CODE = 10,
  PTL_EVENT_UNAUTHORIZED = 11,
  PTL_EVENT_DESCRIPTION = 12,
  PTL_EVENT_NOTE = 13,
  PTL_EVENT_DATE = 14,
  PTL_EVENT_STATUS = 15, /* of ports that are not assigned: Unassigned to Reserved */
  PTL_EVENT_ADDED = 16,  /* a row that assigns nothing */
  PTL_EVENT_REMOVED = 17
};

typedef struct {
  uint32_t kind;
  uint32_t before, after; /* ids in 'a' and in 'b'; UINT32_MAX where there is none */
  uint32_t fields;        /* the texts that differ, a bit set of 1 << PTL_NAME ... PTL_NOTE */
} ptl_event;

/* Neither registry is needed after. Events come by port, then in the order of
   the registry. */
int ptl_diff_new(const ptl_snapshot *a, const ptl_snapshot *b, ptl_diff **out, ptl_error *err);
void ptl_diff_free(ptl_diff *d);
uint32_t ptl_diff_count(const ptl_diff *d);
void ptl_diff_get(const ptl_diff *d, uint32_t i, ptl_event *out); /* 0 <= i < count */
/* Makes 'b' of 'a', which must have the records and people that it had. */
int ptl_diff_apply(const ptl_diff *d, const ptl_snapshot *a, ptl_snapshot **out, ptl_error *err);

/* ------------------------------------------------------------- history -- */

typedef struct {
  ptl_str date; /* "2026-08-17" */
  uint32_t records;
  uint32_t added, removed; /* records that the edition before had not, or this one has not; a
                              changed record is both */
} ptl_edition;

/* Read whole and checked once, as a snapshot is. */
int ptl_history_open(const char *path, ptl_history **out, ptl_error *err);
int ptl_history_load(const char *source, const char *bytes, size_t len, ptl_history **out,
                     ptl_error *err);
int ptl_history_write(const ptl_history *h, const char *path, ptl_error *err);
void ptl_history_close(ptl_history *h);

/* A history with one edition more, by date, after those of the same date;
   'h' NULL is the empty history. '*out' is NULL when the date is there with
   the same records and people. */
int ptl_history_add(const ptl_history *h, const ptl_snapshot *s, const char *date,
                    ptl_history **out, ptl_error *err);
uint32_t ptl_history_count(const ptl_history *h);
void ptl_history_get(const ptl_history *h, uint32_t i, ptl_edition *out); /* oldest first */
int ptl_history_at(const ptl_history *h, uint32_t i, ptl_snapshot **out, ptl_error *err);
/* The editions in which the records of a port are not what they were in the
   one before; 'out' has room for ptl_history_count, and '*n' is how many. */
int ptl_history_of(const ptl_history *h, int transport, uint32_t port, uint32_t *out, uint32_t *n,
                   ptl_error *err);

/* ------------------------------------------------------------- port set -- */

typedef struct {
  uint16_t first, last; /* inclusive */
  uint32_t transport;
} ptl_span;

ptl_portset *ptl_portset_new(void); /* NULL: out of memory */
void ptl_portset_free(ptl_portset *set);
int ptl_portset_add(ptl_portset *set, int transport, uint32_t first, uint32_t last, ptl_error *err);
/* "tcp/22, udp/6000-6063, 443/tcp, 8080": a number alone is every transport's,
   a transport alone is all of its ports, "*" is everything. */
int ptl_portset_parse(ptl_portset *set, const char *text, size_t len, ptl_error *err);
/* result = a + b, a - b, a * b (what both have); 'op' is '+', '-' or '*'. */
int ptl_portset_combine(ptl_portset *result, int op, const ptl_portset *a, const ptl_portset *b,
                        ptl_error *err);
int ptl_portset_contains(const ptl_portset *set, int transport, uint32_t port);
uint32_t ptl_portset_count(const ptl_portset *set); /* of ports */
/* Points '*spans' at the set's spans: apart, in order; returns how many. */
uint32_t ptl_portset_spans(const ptl_portset *set, const ptl_span **spans);

/* ------------------------------------------------------------ name rules -- */

/* RFC 6335 section 5.1, rule by rule; bits of what ptl_name_check returns. */
enum {
  PTL_NAME_EMPTY = 1,
  PTL_NAME_LONG = 2,      /* more than 15 characters */
  PTL_NAME_CHARACTER = 4, /* other than A-Z a-z 0-9 and hyphen */
  PTL_NAME_NO_LETTER = 8,
  PTL_NAME_EDGE_HYPHEN = 16, /* begins or ends with one */
  PTL_NAME_TWO_HYPHENS = 32  /* next to each other */
};

uint32_t ptl_name_check(const char *name, size_t len); /* 0: well-formed */
int ptl_port_range(uint32_t port);                     /* PTL_SYSTEM ... */
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
   hook; one without chains lets all pass. Points '*out' at the openings,
   apart, by transport and port. */
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

/* The rules that a packet meets and matches, in order, a policy that is not
   "accept" as UINT32_MAX; '*verdicts' is the bit set of what may become of
   the packet (1 << PTL_VERDICT_...), one bit where that is sure. */
int ptl_space_trace(ptl_space *s, uint32_t hook, const ptl_packet *packet, const ptl_step **out,
                    uint32_t *n, uint32_t *verdicts, ptl_error *err);

/* What of a region 'now' accepts and 'before' does not; with 'dropped', the
   reverse. PTL_SURELY: is surely accepted, and was not surely. PTL_PERHAPS:
   also what is perhaps accepted, and by no chance was. Rules that are told are
   of the ruleset that accepts. Points '*examples' at a packet for each opening. */
int ptl_space_compare(ptl_space *s, uint32_t hook, uint32_t region, int dropped, int certainty,
                      const ptl_opening **out, const ptl_packet **examples, uint32_t *n,
                      ptl_error *err);
/* ffi: end */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
