/*
** read_json.c -- Portolan's JSON (json.h), by RFC 8259.
**
** SPDX-License-Identifier: MIT
*/
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_DEPTH 32

typedef struct {
  ptl_source *in;
  const char *p, *bol;
  uint32_t line;
  int depth;
  ptl_buffer plain;  /* strings without escapes; never moves: there is room for the whole source */
  uint64_t remarked; /* unknown members already spoken of, by hash */
  int has_records;
} json;

typedef struct {
  ptl_row row;
  ptl_str first, last;
  char number[20]; /* "first-last" */
} record;

static const char *const columns[PTL_COLUMNS] = JSON_COLUMNS;
static const char *const person_members[PTL_PERSON_TEXTS] = JSON_PERSON;
static const char *const lists[][2] = JSON_LISTS;
static const char *const derived[] = {"id",    "first",      "last",    "status",
                                      "range", "references", "replaces"};

/* --------------------------------------------------------------- tokens -- */

static int fail(const json *j, const char *what) {
  return ptl_fail_at(j->in->err, j->in->source, j->line, (uint32_t)(j->p - j->bol) + 1, "%s", what);
}

static void skip_blanks(json *j) {
  for (; j->p < j->in->end && strchr(" \t\r\n", *j->p) != NULL && *j->p != '\0'; j->p++)
    if (*j->p == '\n') {
      j->line++;
      j->bol = j->p + 1;
    }
}

/* The next character that is no blank; '\0' at the end. */
static char next(json *j) {
  skip_blanks(j);
  return j->p < j->in->end ? *j->p : '\0';
}

static int take(json *j, char c) {
  if (next(j) != c || c == '\0') return 0;
  j->p++;
  return 1;
}

static int hex4(const char *p, const char *end, uint32_t *out) {
  int i;
  *out = 0;
  if (end - p < 4) return 0;
  for (i = 0; i < 4; i++) {
    int c = ptl_lower((unsigned char)p[i]);
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return 0;
    *out = *out << 4 | (uint32_t)digit;
  }
  return 1;
}

static void put(json *j, uint32_t byte) { ((char *)j->plain.data)[j->plain.len++] = (char)byte; }

static void put_character(json *j, uint32_t c) {
  if (c < 0x80) {
    put(j, c);
    return;
  }
  if (c < 0x800) {
    put(j, 0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(j, 0xe0 | c >> 12);
    } else {
      put(j, 0xf0 | c >> 18);
      put(j, 0x80 | (c >> 12 & 0x3f));
    }
    put(j, 0x80 | (c >> 6 & 0x3f));
  }
  put(j, 0x80 | (c & 0x3f));
}

/* After "\u": one code unit, or two that are a pair, or a byte that was not
   UTF-8. 0: none of these. */
static int unescape_unit(json *j) {
  uint32_t c, low;
  if (!hex4(j->p, j->in->end, &c)) return 0;
  j->p += 4;
  if (c < 0xd800 || c > 0xdfff) {
    put_character(j, c);
  } else if (c >= 0xdc80 && c <= 0xdcff) {
    put(j, c & 0xff);
  } else if (c < 0xdc00 && j->in->end - j->p >= 6 && j->p[0] == '\\' && j->p[1] == 'u' &&
             hex4(j->p + 2, j->in->end, &low) && low >= 0xdc00 && low <= 0xdfff) {
    j->p += 6;
    put_character(j, 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00)));
  } else {
    return 0;
  }
  return 1;
}

/* After the backslash. */
static int unescape(json *j) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found = j->p < j->in->end ? memchr(from, *j->p, sizeof from - 1) : NULL;
  if (found != NULL) {
    put(j, (uint32_t)to[found - from]);
    j->p++;
    return 1;
  }
  if (j->p == j->in->end || *j->p != 'u') return 0;
  j->p++;
  return unescape_unit(j);
}

static int read_string(json *j, ptl_str *out) {
  size_t from = j->plain.len;
  json open;
  if (next(j) != '"') return fail(j, "a string is due here");
  open = *j;
  for (j->p++; j->p < j->in->end && *j->p != '"';) {
    if ((unsigned char)*j->p < ' ') return fail(j, "a string cannot hold a control character");
    if (*j->p != '\\') {
      put(j, (unsigned char)*j->p++);
      continue;
    }
    j->p++;
    if (!unescape(j)) return fail(j, "no such escape");
  }
  if (j->p == j->in->end) return fail(&open, "string is never closed");
  j->p++;
  out->ptr = (char *)j->plain.data + from;
  out->len = j->plain.len - from;
  return PTL_OK;
}

static int is_bare(ptl_str s) {
  return ptl_equal(s, ptl_literal("true")) || ptl_equal(s, ptl_literal("false")) ||
         ptl_equal(s, ptl_literal("null")) ||
         (s.len > 0 && (s.ptr[0] == '-' || (s.ptr[0] >= '0' && s.ptr[0] <= '9')));
}

/* A string, or the letters of a number, true, false or null; null is nothing. */
static int read_scalar(json *j, ptl_str *out) {
  static const char bare[] = "+-.0123456789Eaeflnrstu";
  const char *p;
  if (next(j) == '"') return read_string(j, out);
  for (p = j->p; p < j->in->end && *p != '\0' && strchr(bare, *p) != NULL;) p++;
  out->ptr = j->p;
  out->len = (size_t)(p - j->p);
  if (!is_bare(*out)) return fail(j, "a string or a number is due here");
  j->p = p;
  if (ptl_equal(*out, ptl_literal("null"))) out->len = 0;
  return PTL_OK;
}

/* ------------------------------------------------------------- structure -- */

/* Calls 'each' for every element; it reads the element. */
static int read_array(json *j, int (*each)(json *j, void *data), void *data) {
  int rc = PTL_OK;
  if (!take(j, '[')) return fail(j, "a list is due here");
  if (++j->depth > MAX_DEPTH) return fail(j, "nested too deep");
  if (!take(j, ']')) {
    do rc = each(j, data);
    while (rc == PTL_OK && take(j, ','));
    if (rc == PTL_OK && !take(j, ']')) rc = fail(j, "a comma or the list's end is due here");
  }
  if (rc == PTL_OK) j->depth--; /* after a failure it says how deep we are */
  return rc;
}

/* Calls 'each' for every member; it reads the value. */
static int read_object(json *j, int (*each)(json *j, ptl_str key, void *data), void *data) {
  ptl_str key = {NULL, 0};
  int rc = PTL_OK;
  if (!take(j, '{')) return fail(j, "an object is due here");
  if (++j->depth > MAX_DEPTH) return fail(j, "nested too deep");
  if (!take(j, '}')) {
    do {
      if ((rc = read_string(j, &key)) != PTL_OK) break;
      rc = take(j, ':') ? each(j, key, data) : fail(j, "a colon is due here");
    } while (rc == PTL_OK && take(j, ','));
    if (rc == PTL_OK && !take(j, '}')) rc = fail(j, "a comma or the object's end is due here");
  }
  if (rc == PTL_OK) j->depth--;
  return rc;
}

static int skip_value(json *j);

static int skip_element(json *j, void *data) {
  (void)data;
  return skip_value(j);
}

static int skip_member(json *j, ptl_str key, void *data) {
  (void)key, (void)data;
  return skip_value(j);
}

static int skip_value(json *j) {
  ptl_str ignored;
  char c = next(j);
  if (c == '{') return read_object(j, skip_member, NULL);
  if (c == '[') return read_array(j, skip_element, NULL);
  return read_scalar(j, &ignored);
}

/* Says once that a member is not of this form, and goes past it. */
static int skip_unknown(json *j, ptl_str key) {
  uint64_t bit = (uint64_t)1 << (ptl_hash(key) >> 58);
  int rc = PTL_OK;
  if (!(j->remarked & bit))
    rc = ptl_builder_remarks(j->in->builder, j->in->err,
                             "%.200s:%u:%u: no member is called '%.*s'; left out", j->in->source,
                             j->line, (uint32_t)(j->p - j->bol) + 1,
                             (int)(key.len < 40 ? key.len : 40), key.ptr);
  j->remarked |= bit;
  return rc == PTL_OK ? skip_value(j) : rc;
}

static int place_among(ptl_str key, const char *const *words, size_t n) {
  size_t i;
  for (i = 0; i < n; i++)
    if (ptl_equal(key, ptl_literal(words[i]))) return (int)i;
  return -1;
}

/* --------------------------------------------------------------- records -- */

static int read_record_member(json *j, ptl_str key, void *data) {
  record *r = data;
  int column = place_among(key, columns, PTL_COLUMNS);
  if (column >= 0) return read_scalar(j, &r->row.text[column]);
  if (ptl_equal(key, ptl_literal("first"))) return read_scalar(j, &r->first);
  if (ptl_equal(key, ptl_literal("last"))) return read_scalar(j, &r->last);
  if (ptl_equal(key, ptl_literal("alias_of"))) return read_scalar(j, &r->row.link);
  if (place_among(key, derived, countof(derived)) >= 0) return skip_value(j);
  return skip_unknown(j, key);
}

/* No port is longer; what is cut here would be refused anyway. */
static int shown(ptl_str port) { return (int)(port.len < 8 ? port.len : 8); }

/* "first-last", or "first" where they are the same. */
static void make_number(record *r) {
  ptl_str *number = &r->row.text[PTL_NUMBER];
  if (number->len > 0 || r->first.len == 0) return;
  *number = r->first;
  if (r->last.len == 0 || ptl_equal(r->first, r->last)) return;
  snprintf(r->number, sizeof r->number, "%.*s-%.*s", shown(r->first), r->first.ptr, shown(r->last),
           r->last.ptr);
  *number = ptl_literal(r->number);
}

/* 'at' is where the record begins. */
static int add_record(const json *at, ptl_row *row) {
  char what[120];
  const char *wrong;
  int column = PTL_NUMBER;
  if ((wrong = ptl_row_ports(row)) == NULL) {
    column = PTL_TRANSPORT;
    wrong = ptl_row_transport(row);
  }
  if (wrong == NULL) return ptl_builder_add(at->in->builder, row, at->in->err);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(what, sizeof what, wrong, (int)(row->text[column].len < 40 ? row->text[column].len : 40),
           row->text[column].ptr);
#pragma GCC diagnostic pop
  return fail(at, what);
}

static int read_whole_record(json *j) {
  record r;
  json at;
  int rc;
  memset(&r, 0, sizeof r);
  next(j);
  at = *j;
  if ((rc = read_object(j, read_record_member, &r)) != PTL_OK) return rc;
  make_number(&r);
  return add_record(&at, &r.row);
}

/* After a record that was refused half-way the next begins with a line. */
static void skip_to_record(json *j) {
  char c;
  do {
    while (j->p < j->in->end && *j->p != '\n') j->p++;
    c = next(j);
  } while (c != '{' && c != ']' && c != '\0');
}

static int read_record(json *j, void *data) {
  int depth = j->depth, rc;
  (void)data;
  for (;;) {
    rc = ptl_salvage(j->in, read_whole_record(j));
    j->plain.len = 0;
    if (rc != PTL_OK || j->depth == depth) return rc;
    j->depth = depth;
    skip_to_record(j);
    if (next(j) != '{') return PTL_OK;
  }
}

/* ---------------------------------------------------------------- people -- */

typedef struct {
  ptl_str text[PTL_PERSON_TEXTS + 1]; /* the last is the markup: none */
} person;

/* Addresses are kept a line each; in 'plain' they stand one behind the other. */
static int read_uri(json *j, void *data) {
  ptl_str *uris = data, uri;
  int rc = read_string(j, &uri);
  if (rc != PTL_OK) return rc;
  if (uris->ptr == NULL) uris->ptr = uri.ptr;
  put(j, '\n');
  uris->len = (size_t)((char *)j->plain.data + j->plain.len - 1 - uris->ptr);
  return PTL_OK;
}

static int read_person_member(json *j, ptl_str key, void *data) {
  person *p = data;
  int i = place_among(key, person_members, PTL_PERSON_TEXTS);
  if (i < 0) return skip_unknown(j, key);
  return i == PTL_PERSON_URIS ? read_array(j, read_uri, &p->text[i]) : read_scalar(j, &p->text[i]);
}

static int read_person(json *j, void *data) {
  person p;
  int rc;
  (void)data;
  memset(&p, 0, sizeof p);
  rc = read_object(j, read_person_member, &p);
  j->plain.len = 0;
  return rc == PTL_OK ? ptl_builder_add_person(j->in->builder, p.text, j->in->err) : rc;
}

/* ------------------------------------------------------------------ info -- */

static int say(json *j, ptl_str key, ptl_str value) {
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)(key.len < sizeof name ? key.len : sizeof name - 1),
           key.ptr);
  return ptl_builder_say(j->in->builder, name, value, j->in->err);
}

static int read_said(json *j, void *data) {
  ptl_str text;
  int rc = read_scalar(j, &text);
  return rc == PTL_OK ? say(j, ptl_literal(data), text) : rc;
}

/* What is said of the source is said anew, of this one. */
static int read_info_member(json *j, ptl_str key, void *data) {
  static const char *const of_source[] = {"source", "format", "digest", "records"};
  char name[16];
  ptl_str text;
  size_t i;
  int rc;
  (void)data;
  if (place_among(key, of_source, countof(of_source)) >= 0) return skip_value(j);
  for (i = 0; i < countof(lists); i++)
    if (ptl_equal(key, ptl_literal(lists[i][1])))
      return read_array(j, read_said, memcpy(name, lists[i][0], strlen(lists[i][0]) + 1));
  rc = read_scalar(j, &text);
  return rc == PTL_OK ? say(j, key, text) : rc;
}

/* ----------------------------------------------------------------- whole -- */

static int read_version(json *j) {
  ptl_str version = {NULL, 0};
  int rc = read_scalar(j, &version);
  if (rc != PTL_OK || ptl_equal(version, ptl_literal(JSON_VERSION))) return rc;
  return fail(j, "this library reads version " JSON_VERSION " of the form");
}

static int read_part(json *j, ptl_str key, void *data) {
  (void)data;
  if (ptl_equal(key, ptl_literal("portolan"))) return read_version(j);
  if (ptl_equal(key, ptl_literal("info"))) return read_object(j, read_info_member, NULL);
  if (ptl_equal(key, ptl_literal("people"))) return read_array(j, read_person, NULL);
  if (!ptl_equal(key, ptl_literal("records"))) return skip_unknown(j, key);
  j->has_records = 1;
  return read_array(j, read_record, NULL);
}

static int read_all(json *j) {
  int rc = read_object(j, read_part, NULL);
  next(j);
  if (rc == PTL_OK && j->p < j->in->end) rc = fail(j, "nothing may follow the registry");
  if (rc == PTL_OK && !j->has_records) rc = fail(j, "no member 'records': not a registry");
  if (rc != PTL_ESYNTAX || !j->in->salvage || !j->has_records) return rc;
  return ptl_builder_remarks(j->in->builder, j->in->err, "%.340s; what follows is left out",
                             j->in->err->message);
}

int ptl_read_json(ptl_source *in) {
  json j = {.in = in, .p = in->text, .bol = in->text, .line = 1};
  int rc;
  if (!ptl_reserve(&j.plain, (size_t)(in->end - in->text) + 1)) return ptl_fail_memory(in->err);
  rc = read_all(&j);
  free(j.plain.data);
  return rc;
}
