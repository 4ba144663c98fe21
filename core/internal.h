/*
** internal.h -- what the core's files share and nobody else sees.
**
** SPDX-License-Identifier: MIT
*/
#ifndef internal_h
#define internal_h

#include <stdarg.h>

#include "portolan.h"

#define countof(a) (sizeof(a) / sizeof((a)[0]))

/* A port, with its transport, as a point on one line. */
#define TRANSPORTS 4u
#define PORTS 65536u
#define key_of(transport, port) ((uint32_t)(transport) << 16 | (uint32_t)(port))

/* ------------------------------------------------------------- error.c -- */

int ptl_fail(ptl_error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int ptl_fail_at(ptl_error *err, const char *source, uint32_t line, uint32_t column, const char *fmt,
                ...) __attribute__((format(printf, 5, 6)));
int ptl_fail_list(ptl_error *err, const char *source, uint32_t line, uint32_t column,
                  const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));
int ptl_fail_memory(ptl_error *err);
void ptl_one_line(char *s); /* control bytes become '?' */

/* -------------------------------------------------------------- text.c -- */

/* Bytes that grow. All zero is empty; whoever declares one frees its data. */
typedef struct {
  void *data;
  size_t len, cap; /* in bytes */
} ptl_buffer;

int ptl_reserve(ptl_buffer *b, size_t extra);
int ptl_append(ptl_buffer *b, const void *data, size_t len);
#define nth(type, buffer, i) (&((type *)(buffer).data)[i])
#define count(type, buffer) ((uint32_t)((buffer).len / sizeof(type)))

ptl_str ptl_literal(const char *s);
int ptl_lower(int c); /* ASCII only, whatever the locale */
int ptl_is_space(int c);
int ptl_equal(ptl_str a, ptl_str b);
int ptl_equal_folded(ptl_str a, ptl_str b);
int ptl_compare_folded(ptl_str a, ptl_str b);              /* like memcmp, the shorter first */
int ptl_has_option(const char *options, const char *word); /* of words between blanks; or NULL */
int ptl_starts_folded(ptl_str s, const char *prefix);
const char *ptl_find_folded(ptl_str in, ptl_str what); /* NULL: not there */
ptl_str ptl_trim(ptl_str s);
uint64_t ptl_hash(ptl_str s);
uint64_t ptl_hash_folded(ptl_str s);

/* The next "[label]" of "[A][B]" from *rest on, without its brackets; a
   label ends where "][" stands or the text does. 0 when there is none. */
int ptl_next_label(ptl_str *rest, ptl_str *label);

/* The next word from *rest on, lowered into 'lowered': letters, digits and
   bytes past ASCII; a longer one than fits is cut. 0 when there is none. */
#define PTL_WORD_MAX 40
int ptl_next_word(ptl_str *rest, ptl_str *word, char lowered[PTL_WORD_MAX]);

/* A decimal number of at most 'max', which 'at' is moved past; 0 if none is. */
int ptl_number(const char **at, const char *end, uint32_t max, uint32_t *out);

/* What stands before the next blank; *rest is moved past it and its blanks. */
ptl_str ptl_take_word(ptl_str *rest);

/* Lines, without their ends; 'number' is that of the line taken last. */
typedef struct {
  const char *p, *end;
  uint32_t number;
} ptl_lines;

int ptl_next_line(ptl_lines *lines, ptl_str *line); /* 0: no more */

/* Texts kept once each and called by number; number 0 is the empty one. */
typedef struct {
  ptl_buffer bytes;
  ptl_buffer offsets; /* uint32_t[]: text i is bytes[offsets[i], offsets[i+1]) */
  uint64_t *slots;    /* open addressing: high half of the hash, number */
  uint32_t nslots, ntexts;
} ptl_texts;

int ptl_texts_intern(ptl_texts *t, ptl_str s, uint32_t *number);
/* Adds a text at the end without looking whether it is there; none may be
   interned after. */
int ptl_texts_append(ptl_texts *t, ptl_str s, uint32_t *number);
ptl_str ptl_texts_get(const ptl_texts *t, uint32_t number);
void ptl_texts_free(ptl_texts *t);

/* -------------------------------------------------------------- file.c -- */

char *ptl_pages(size_t size);                  /* zeroed; NULL: out of memory */
void ptl_pages_seal(char *bytes, size_t size); /* read-only from here on */
void ptl_pages_free(const char *bytes, size_t size);
/* Into pages, which become the caller's. */
int ptl_file_read(const char *path, char **bytes, size_t *size, ptl_error *err);
/* Writes beside 'path', syncs, renames: readers see the old or the new. */
int ptl_file_write(const char *path, const char *bytes, size_t size, ptl_error *err);

/* ------------------------------------------------------------ digest.c -- */

void ptl_digest(const void *data, size_t len, uint8_t out[32]); /* BLAKE2b-256 */
uint64_t ptl_sum(const void *data, size_t len);                 /* quick, against accidents */

/* ------------------------------------------------------------ record.c -- */

/* What a reader hands over; the texts need only live until it is added. */
typedef struct {
  ptl_str text[PTL_COLUMNS + 1]; /* PTL_NAME ... PTL_MARKUP */
  uint16_t first, last;
  uint8_t transport, has_port;
  ptl_str link; /* the name to use instead, where the source says so itself */
} ptl_row;

/* Both read a column into the row's fields, or leave it and return what is
   wrong with it as a format with one %.*s in it; NULL when nothing is. */
const char *ptl_row_ports(ptl_row *row);
const char *ptl_row_transport(ptl_row *row);
int ptl_column_titled(ptl_str title); /* by IANA's header, of any era; PTL_NAME ..., or -1 */
const char *ptl_column_title(int column);
int ptl_transport_named(ptl_str name); /* PTL_TCP ... PTL_DCCP, or -1 */
const char *ptl_transport_name(int transport);
/* What the texts imply: status, range, flags; '*link' is the other name. */
void ptl_derive(const ptl_row *row, ptl_record *record, ptl_str *link);

/* ----------------------------------------------------------- builder.c -- */

typedef struct {
  uint32_t text[6]; /* id, name, org, uri, updated, markup */
} ptl_person;

typedef struct {
  uint32_t key, value; /* text numbers */
} ptl_meta;

struct ptl_builder {
  ptl_texts texts;
  ptl_buffer records;         /* ptl_record[] */
  ptl_record last;            /* of them; all zero before there is one */
  ptl_buffer meta;            /* ptl_meta[] */
  ptl_buffer people;          /* ptl_person[] */
  ptl_buffer remarks;         /* lines, each with its NUL */
  ptl_buffer remark_at;       /* uint32_t[]: where in 'remarks' each begins */
  uint32_t repaired, refused; /* rows */
};

int ptl_builder_add(ptl_builder *b, const ptl_row *row, ptl_error *err);
int ptl_builder_add_person(ptl_builder *b, const ptl_str text[6], ptl_error *err);
int ptl_builder_say(ptl_builder *b, const char *key, ptl_str value, ptl_error *err);
int ptl_builder_remarks(ptl_builder *b, ptl_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* --------------------------------------------------------------- era.c -- */

typedef struct {
  const char *option;         /* what calls for it: "era=B" */
  const char *unauthorized;   /* the header of column 11 */
  int folds;                  /* a blank, a line break and an indent become one blank */
  const char *br, *paragraph; /* what these elements put into the text */
} ptl_era;

const ptl_era *ptl_era_of(const char *options); /* NULL: there is no such era */
int ptl_era_is_today(const ptl_era *era);
extern const char ptl_no_era[]; /* what to say then */

/* -------------------------------------------------------------- read.c -- */

typedef struct {
  ptl_builder *builder;
  const char *source, *text, *end;
  ptl_error *err;     /* never NULL */
  int salvage;        /* a row that cannot be read is refused, and reading goes on */
  const ptl_era *era; /* whose wording an XML's columns take */
} ptl_source;

/* Says that a row is kept, though not as it stands; once for each such row. */
int ptl_repaired(ptl_source *in, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* What reading a row came to. When salvaging, a syntax error is the refusal of
   that row: it becomes a remark, and PTL_OK. */
int ptl_salvage(ptl_source *in, int rc);
/* The row that in->err speaks of is refused, salvaging or not. */
int ptl_refuse(ptl_source *in);

int ptl_read_csv(ptl_source *in);
int ptl_read_xml(ptl_source *in);
int ptl_read_table(ptl_source *in);
int ptl_read_text(ptl_source *in);
int ptl_text_is_header(ptl_str line); /* does this line begin plain text's table? */
int ptl_read_html(ptl_source *in);
int ptl_read_json(ptl_source *in);
int ptl_read_services(ptl_source *in); /* Wireshark's as well */
int ptl_read_nmap_services(ptl_source *in);
int ptl_read_list(ptl_source *in);
/* A copy of an XML source with blanks for what is not well-formed, so that
   all else keeps its line and column. */
int ptl_salvage_xml(ptl_source *in, ptl_buffer *text);
#define PTL_XML_DEPTH 64 /* of elements: deeper is refused */

/* ----------------------------------------------------------- builtin.c -- */

extern const unsigned char ptl_builtin[], ptl_builtin_end[];

#endif
