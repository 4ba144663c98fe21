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
enum { PTL_API = 1 };
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
  PTL_IS_ALIAS = 2,  /* PTL_LINK is the name to use instead */
  PTL_REPLACES = 4   /* PTL_LINK is the ill-formed name that this one replaces */
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
  uint32_t read;     /* kept + refused */
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
  PTL_EVENT_ASSIGNED = 0,    /* a service stands where none did */
  PTL_EVENT_DEASSIGNED = 1,  /* none stands where a service did */
  PTL_EVENT_RENAMED = 2,
  PTL_EVENT_MOVED = 3,       /* to another number or transport */
  PTL_EVENT_RESIZED = 4,     /* a range with other edges */
  PTL_EVENT_SPLIT = 5,       /* one event for each part that overlaps the old range */
  PTL_EVENT_JOINED = 6,      /* one event for each range that became part of the new one */
  PTL_EVENT_OWNER = 7,       /* the assignee */
  PTL_EVENT_CONTACT = 8,
  PTL_EVENT_REFERENCE = 9,   /* [RFC6335] and [RFC 6335] are one */
  PTL_EVENT_SERVICE_CODE = 10,
  PTL_EVENT_UNAUTHORIZED = 11,
  PTL_EVENT_DESCRIPTION = 12,
  PTL_EVENT_NOTE = 13,
  PTL_EVENT_DATE = 14,
  PTL_EVENT_STATUS = 15,     /* of ports that are not assigned: Unassigned to Reserved */
  PTL_EVENT_ADDED = 16,      /* a row that assigns nothing */
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
  ptl_str date;     /* "2026-08-17" */
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
int ptl_history_add(const ptl_history *h, const ptl_snapshot *s, const char *date, ptl_history **out,
                    ptl_error *err);
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
  PTL_NAME_LONG = 2,         /* more than 15 characters */
  PTL_NAME_CHARACTER = 4,    /* other than A-Z a-z 0-9 and hyphen */
  PTL_NAME_NO_LETTER = 8,
  PTL_NAME_EDGE_HYPHEN = 16, /* begins or ends with one */
  PTL_NAME_TWO_HYPHENS = 32  /* next to each other */
};

uint32_t ptl_name_check(const char *name, size_t len); /* 0: well-formed */
int ptl_port_range(uint32_t port);                     /* PTL_SYSTEM ... */
/* ffi: end */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
