/*
** write_json.c -- Portolan's JSON (json.h): a record a line.
**
** SPDX-License-Identifier: MIT
*/
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "write.h"

typedef struct {
  const ptl_snapshot *s;
  ptl_buffer *out;
  const char *comma; /* what stands before the next member */
} writer;

static const char *const columns[PTL_COLUMNS] = JSON_COLUMNS;
static const char *const person_members[PTL_PERSON_TEXTS] = JSON_PERSON;
static const char *const lists[][2] = JSON_LISTS;

static const char *const statuses[] = {"assigned", "reserved",     "unassigned",
                                       "private",  "deregistered", "other"};
static const char *const ranges[] = {"system", "user", "dynamic"};

static int put(writer *w, const char *s) { return ptl_append(w->out, s, strlen(s)); }

/* -------------------------------------------------------------- strings -- */

/* The length of the UTF-8 character at 'p', or 0. */
static size_t character(const unsigned char *p, size_t len) {
  size_t i, n = p[0] < 0x80   ? 1
                : p[0] < 0xc2 ? 0
                : p[0] < 0xe0 ? 2
                : p[0] < 0xf0 ? 3
                : p[0] < 0xf5 ? 4
                              : 0;
  if (n == 0 || n > len) return 0;
  for (i = 1; i < n; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  if (p[0] == 0xe0 && p[1] < 0xa0) return 0; /* longer than it need be */
  if (p[0] == 0xed && p[1] > 0x9f) return 0; /* a surrogate */
  if (p[0] == 0xf0 && p[1] < 0x90) return 0;
  if (p[0] == 0xf4 && p[1] > 0x8f) return 0; /* past the last character */
  return n;
}

static const char *escape_of(unsigned char c, char room[8]) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  snprintf(room, 8, "\\u%s%02x", c < 0x80 ? "00" : "dc", c);
  return room;
}

static int is_plain(unsigned char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

static int put_string(writer *w, ptl_str s) {
  size_t i = 0, from = 0;
  char room[8];
  if (!put(w, "\"")) return 0;
  while (i < s.len) {
    const unsigned char *p = (const unsigned char *)s.ptr + i;
    size_t n = is_plain(*p) ? 1 : *p < 0x80 ? 0 : character(p, s.len - i);
    if (n == 0) {
      if (!ptl_append(w->out, s.ptr + from, i - from) || !put(w, escape_of(*p, room))) return 0;
      from = i + 1;
    }
    i += n > 0 ? n : 1;
  }
  return ptl_append(w->out, s.ptr + from, s.len - from) && put(w, "\"");
}

/* -------------------------------------------------------------- members -- */

static int put_key(writer *w, const char *key) {
  int ok = put(w, w->comma) && put_string(w, ptl_literal(key)) && put(w, ":");
  w->comma = ",";
  return ok;
}

static int put_text(writer *w, const char *key, ptl_str s) {
  return s.len == 0 || (put_key(w, key) && put_string(w, s));
}

static int put_number(writer *w, const char *key, uint32_t n) {
  char digits[12];
  snprintf(digits, sizeof digits, "%u", n);
  return put_key(w, key) && put(w, digits);
}

/* A number where it is written as one, or else the text. */
static int put_code(writer *w, const char *key, ptl_str s) {
  const char *p = s.ptr;
  uint32_t code;
  if (s.len > 0 && s.ptr[0] != '0' && ptl_number(&p, s.ptr + s.len, UINT32_MAX, &code) &&
      p == s.ptr + s.len)
    return put_number(w, key, code);
  return put_text(w, key, s);
}

static int put_labels(writer *w, const char *key, ptl_str s) {
  ptl_str label;
  if (s.len == 0) return 1;
  if (!put_key(w, key) || !put(w, "[")) return 0;
  for (w->comma = ""; ptl_next_label(&s, &label); w->comma = ",")
    if (!put(w, w->comma) || !put_string(w, label)) return 0;
  w->comma = ",";
  return put(w, "]");
}

/* A list of the lines of 's'. */
static int put_lines(writer *w, const char *key, ptl_str s) {
  ptl_lines lines = {s.ptr, s.ptr + s.len, 0};
  ptl_str line;
  if (!put_key(w, key) || !put(w, "[")) return 0;
  for (w->comma = ""; ptl_next_line(&lines, &line); w->comma = ",")
    if (!put(w, w->comma) || !put_string(w, line)) return 0;
  w->comma = ",";
  return put(w, "]");
}

/* -------------------------------------------------------------- records -- */

static int put_ports(writer *w, const ptl_record *r) {
  if (!(r->flags & PTL_HAS_PORT)) return 1;
  return put_number(w, "first", r->first) && put_number(w, "last", r->last) &&
         put_text(w, "range", ptl_literal(ranges[r->range]));
}

static int put_columns(writer *w, const ptl_record *r) {
  int i;
  for (i = 0; i < PTL_COLUMNS; i++) {
    ptl_str s = ptl_text_of(w->s, r->text[i]);
    if (!(i == PTL_SERVICE_CODE ? put_code(w, columns[i], s) : put_text(w, columns[i], s)))
      return 0;
    if (i == PTL_NUMBER && !put_ports(w, r)) return 0;
  }
  return 1;
}

static int put_record(writer *w, uint32_t id) {
  const ptl_record *r = &w->s->records[id];
  w->comma = "";
  return put(w, id == 0 ? "{" : ",\n{") && put_number(w, "id", id) && put_columns(w, r) &&
         put_text(w, "status", ptl_literal(statuses[r->status])) &&
         put_labels(w, "references", ptl_text_of(w->s, r->text[PTL_REFERENCE])) &&
         put_text(w, r->flags & PTL_IS_ALIAS ? "alias_of" : "replaces",
                  ptl_text_of(w->s, r->text[PTL_LINK])) &&
         put(w, "}");
}

static int put_person(writer *w, uint32_t i) {
  ptl_str text[PTL_PERSON_TEXTS];
  int k, ok = put(w, i == 0 ? "{" : ",\n{");
  ptl_snapshot_person(w->s, i, text);
  w->comma = "";
  for (k = 0; ok && k < PTL_PERSON_TEXTS; k++)
    ok = k == PTL_PERSON_URIS ? put_lines(w, person_members[k], text[k])
                              : put_text(w, person_members[k], text[k]);
  return ok && put(w, "}");
}

/* ----------------------------------------------------------------- info -- */

static int is_list(ptl_str key) {
  size_t i;
  for (i = 0; i < countof(lists); i++)
    if (ptl_equal(key, ptl_literal(lists[i][0]))) return 1;
  return 0;
}

/* What is said once; said again, the last counts. */
static int put_single(writer *w, uint32_t i) {
  ptl_str key, value, other, ignored;
  uint32_t j;
  ptl_snapshot_meta(w->s, i, &key, &value);
  if (is_list(key) || ptl_equal(key, ptl_literal("xml"))) return 1;
  for (j = i + 1; ptl_snapshot_meta(w->s, j, &other, &ignored); j++)
    if (ptl_equal(key, other)) return 1;
  if (!put(w, w->comma) || !put_string(w, key) || !put(w, ":")) return 0;
  w->comma = ",";
  return put_string(w, value);
}

static int put_list(writer *w, const char *const list[2]) {
  ptl_str key, value;
  uint32_t i, n = 0;
  for (i = 0; ptl_snapshot_meta(w->s, i, &key, &value); i++) {
    if (!ptl_equal(key, ptl_literal(list[0]))) continue;
    if (n++ == 0 ? !put_key(w, list[1]) || !put(w, "[") : !put(w, ",")) return 0;
    if (!put_string(w, value)) return 0;
  }
  return n == 0 || put(w, "]");
}

static int put_info(writer *w) {
  uint32_t i;
  int ok = 1;
  w->comma = "";
  for (i = 0; ok && i < w->s->nmeta; i++) ok = put_single(w, i);
  for (i = 0; ok && i < countof(lists); i++) ok = put_list(w, lists[i]);
  return ok;
}

int ptl_write_json(const ptl_snapshot *s, const char *options, ptl_buffer *out, ptl_error *err) {
  writer w = {s, out, ""};
  uint32_t i;
  int ok = put(&w, "{\"portolan\":" JSON_VERSION ",\n\"info\":{") && put_info(&w) &&
           put(&w, "},\n\"records\":[\n");
  (void)options;
  for (i = 0; ok && i < s->nrecords; i++) ok = put_record(&w, i);
  ok = ok && put(&w, "\n],\n\"people\":[\n");
  for (i = 0; ok && i < s->npeople; i++) ok = put_person(&w, i);
  return ok && put(&w, "\n]}\n") ? PTL_OK : ptl_fail_memory(err);
}
