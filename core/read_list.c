/*
** read_list.c -- "PORT NUMBERS", the registry's form before RFC 6335.
**
**   name   port[-port][/transport]   description   [RFC...]
**   #                                Somebody <user@host> Month Year
**
** A row without a name may be commented out, as "#  4/tcp  Unassigned". Rows
** that have a name or a port in common make a block, and the comment below is
** the block's. A mail address there makes a contact, "[Somebody
** <user@host>]", a date behind it the registration, an RFC the reference; any
** other words become the note.
**
** It is a page for people, and always read row by row: a line between two
** headings that is none of this is refused, and the rest is kept.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_BLOCK 256 /* rows */

typedef struct {
  ptl_source *in;
  ptl_lines lines;
  int in_rows;     /* below a heading "Keyword  Decimal  Description" */
  ptl_buffer rows; /* ptl_row[]: of the open block */
  int has_comment; /* the block's rows are over */
  ptl_buffer contact, reference, note;
  char registered[12];
} list;

static ptl_str span(const ptl_buffer *b) {
  ptl_str s = {b->data, b->len};
  return s;
}

static int refuse(const list *l, const char *why) {
  ptl_fail_at(l->in->err, l->in->source, l->lines.number, 1, "%s", why);
  return ptl_refuse(l->in);
}

/* ---------------------------------------------------------------- dates -- */

static const char *const months[] = {"january",   "february", "march",    "april",
                                     "may",       "june",     "july",     "august",
                                     "september", "october",  "november", "december"};

/* 1 to 12; at least three letters of the name; 0: none. */
static uint32_t month_named(ptl_str word) {
  uint32_t i;
  for (i = 0; i < countof(months) && word.len >= 3; i++) {
    ptl_str name = ptl_literal(months[i]);
    if (word.len > name.len) continue;
    name.len = word.len;
    if (ptl_equal_folded(word, name)) return i + 1;
  }
  return 0;
}

static int number_of(ptl_str word, uint32_t most, uint32_t *out) {
  const char *p = word.ptr;
  return ptl_number(&p, word.ptr + word.len, most, out) && p == word.ptr + word.len;
}

/* "April 2003" or "22 December 2005" as YYYY-MM or YYYY-MM-DD; 0: neither. */
static int read_date(ptl_str text, char out[12]) {
  ptl_str word = ptl_take_word(&text);
  uint32_t day = 0, month, year;
  if (number_of(word, 31, &day)) word = ptl_take_word(&text);
  if ((month = month_named(word)) == 0) return 0;
  if (!number_of(ptl_take_word(&text), 2100, &year) || year < 1960 || text.len > 0) return 0;
  snprintf(out, 12, day > 0 ? "%u-%02u-%02u" : "%u-%02u", year, month, day);
  return 1;
}

/* ----------------------------------------------------------------- rows -- */

/* Does the row belong to the block: would one comment speak of both? */
static int is_kin(const list *l, const ptl_row *row) {
  uint32_t n = count(ptl_row, l->rows);
  const ptl_row *above = n > 0 ? nth(const ptl_row, l->rows, n - 1) : row;
  return !l->has_comment && n < MAX_BLOCK &&
         (row->first == above->first || ptl_equal(row->text[PTL_NAME], above->text[PTL_NAME]));
}

static void speak_of(const list *l, ptl_row *row) {
  row->text[PTL_ASSIGNEE] = row->text[PTL_CONTACT] = span(&l->contact);
  row->text[PTL_REGISTERED] = ptl_literal(l->registered);
  row->text[PTL_NOTE] = span(&l->note);
  if (row->text[PTL_REFERENCE].len == 0) row->text[PTL_REFERENCE] = span(&l->reference);
}

static int end_block(list *l) {
  uint32_t i, n = count(ptl_row, l->rows);
  int rc = PTL_OK;
  for (i = 0; i < n && rc == PTL_OK; i++) {
    ptl_row *row = nth(ptl_row, l->rows, i);
    speak_of(l, row);
    rc = ptl_builder_add(l->in->builder, row, l->in->err);
  }
  l->rows.len = l->contact.len = l->reference.len = l->note.len = 0;
  l->registered[0] = '\0';
  l->has_comment = 0;
  return rc;
}

/* A description's last words may be "[RFC1]": those are its reference. */
static void split_reference(ptl_row *row) {
  ptl_str *text = &row->text[PTL_DESCRIPTION];
  const char *at = text->len > 0 ? ptl_find_folded(*text, ptl_literal("[RFC")) : NULL;
  if (at == NULL || text->ptr[text->len - 1] != ']') return;
  row->text[PTL_REFERENCE].ptr = at;
  row->text[PTL_REFERENCE].len = (size_t)(text->ptr + text->len - at);
  text->len = (size_t)(at - text->ptr);
  *text = ptl_trim(*text);
}

/* Is 'word' a number, a range, either with a transport? */
static int read_where(ptl_str word, ptl_row *row) {
  const char *slash = word.len > 0 ? memchr(word.ptr, '/', word.len) : NULL;
  row->text[PTL_NUMBER] = word;
  if (slash != NULL) {
    row->text[PTL_NUMBER].len = (size_t)(slash - word.ptr);
    row->text[PTL_TRANSPORT].ptr = slash + 1;
    row->text[PTL_TRANSPORT].len = (size_t)(word.ptr + word.len - slash) - 1;
  }
  return row->text[PTL_NUMBER].len > 0 && ptl_row_ports(row) == NULL &&
         ptl_row_transport(row) == NULL;
}

static int add_row(list *l, ptl_row *row, ptl_str rest) {
  int rc;
  row->text[PTL_DESCRIPTION] = rest;
  split_reference(row);
  if (!is_kin(l, row) && (rc = end_block(l)) != PTL_OK) return rc;
  return ptl_append(&l->rows, row, sizeof *row) ? PTL_OK : ptl_fail_memory(l->in->err);
}

/* 0: the line is no row. */
static int take_row(ptl_str line, ptl_row *row, ptl_str *rest) {
  ptl_str first;
  memset(row, 0, sizeof *row);
  *rest = line;
  first = ptl_take_word(rest);
  if (read_where(first, row)) return 1;
  memset(row, 0, sizeof *row);
  row->text[PTL_NAME] = first;
  return read_where(ptl_take_word(rest), row);
}

/* ------------------------------------------------------------- comments -- */

static int put(ptl_buffer *b, const char *before, ptl_str s, const char *after) {
  return ptl_append(b, before, strlen(before)) && ptl_append(b, s.ptr, s.len) &&
         ptl_append(b, after, strlen(after));
}

/* Just behind the mail address in 'text', or NULL. */
static const char *end_of_address(ptl_str text) {
  const char *open = memchr(text.ptr, '<', text.len);
  return open != NULL ? memchr(open, '>', (size_t)(text.ptr + text.len - open)) : NULL;
}

/* "Somebody <user@host>", as often as it is there; moves *text past. */
static int take_contacts(list *l, ptl_str *text) {
  const char *close;
  while (text->len > 0 && (close = end_of_address(*text)) != NULL) {
    ptl_str who = {text->ptr, (size_t)(close + 1 - text->ptr)};
    if (!put(&l->contact, "[", who, "]")) return 0;
    text->ptr += who.len;
    text->len -= who.len;
    *text = ptl_trim(*text);
  }
  return 1;
}

static int take_words(list *l, ptl_str text) {
  if (text.len == 0 || read_date(text, l->registered)) return 1;
  if (ptl_starts_folded(text, "[RFC")) return put(&l->reference, "", text, "");
  if (ptl_starts_folded(text, "RFC")) return put(&l->reference, "[", text, "]");
  return put(&l->note, l->note.len > 0 ? "\n" : "", text, "");
}

static int take_comment(list *l, ptl_str text) {
  if (text.len == 0) return PTL_OK;
  if (count(ptl_row, l->rows) == 0 || text.ptr[0] == '#')
    return ptl_builder_remarks(l->in->builder, l->in->err, "%.200s:%u:1: comment '%.*s'; left out",
                               l->in->source, l->lines.number, (int)(text.len < 60 ? text.len : 60),
                               text.ptr);
  l->has_comment = 1;
  return take_contacts(l, &text) && take_words(l, text) ? PTL_OK : ptl_fail_memory(l->in->err);
}

/* A row commented out has no name; one with a name is of the past. */
static int read_comment(list *l, ptl_str text) {
  ptl_row row;
  ptl_str rest;
  if (!take_row(text, &row, &rest)) return take_comment(l, text);
  if (row.text[PTL_NAME].len == 0 && rest.len > 0) return add_row(l, &row, rest);
  if (row.text[PTL_TRANSPORT].len == 0) return take_comment(l, text);
  return refuse(
      l, row.text[PTL_NAME].len > 0 ? "a former assignment" : "a port of which nothing is said");
}

/* ---------------------------------------------------------------- lines -- */

static int is_heading(ptl_str line) {
  size_t i;
  for (i = 0; i < line.len; i++)
    if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ /", line.ptr[i]) == NULL) return 0;
  return 1;
}

static int is_rule(ptl_str line) {
  size_t i;
  for (i = 0; i < line.len; i++)
    if (line.ptr[i] != '-' && !ptl_is_space((unsigned char)line.ptr[i])) return 0;
  return 1;
}

static int read_row_line(list *l, ptl_str line) {
  ptl_row row;
  ptl_str rest;
  if (take_row(line, &row, &rest) && (row.text[PTL_NAME].len > 0 || rest.len > 0))
    return add_row(l, &row, rest);
  if (end_of_address(line) != NULL) return take_comment(l, line);
  return refuse(l, "neither a row nor a comment");
}

static int read_date_line(list *l, ptl_str line) {
  static const char says[] = "(last updated ";
  char date[12];
  if (!ptl_starts_folded(line, says) || line.ptr[line.len - 1] != ')') return PTL_OK;
  line.ptr += sizeof says - 1;
  line.len -= sizeof says;
  if (!read_date(line, date))
    snprintf(date, sizeof date, "%.*s", (int)(line.len < 10 ? line.len : 10), line.ptr);
  return ptl_builder_say(l->in->builder, "date", ptl_literal(date), l->in->err);
}

static int read_line(list *l, ptl_str line) {
  if (line.len == 0) return PTL_OK;
  if (ptl_starts_folded(line, "Keyword ")) {
    l->in_rows = 1;
    return PTL_OK;
  }
  if (is_heading(line)) l->in_rows = 0;
  if (!l->in_rows) return read_date_line(l, line);
  if (is_rule(line)) return PTL_OK;
  if (line.ptr[0] != '#' && line.ptr[0] != '*') return read_row_line(l, line);
  line.ptr++, line.len--;
  return read_comment(l, ptl_trim(line));
}

int ptl_read_list(ptl_source *in) {
  list l = {.in = in, .lines = {in->text, in->end, 0}};
  ptl_str line;
  int rc = ptl_builder_say(in->builder, "title", ptl_literal("Port Numbers"), in->err);
  while (rc == PTL_OK && ptl_next_line(&l.lines, &line)) rc = read_line(&l, ptl_trim(line));
  if (rc == PTL_OK) rc = end_block(&l);
  free(l.rows.data);
  free(l.contact.data);
  free(l.reference.data);
  free(l.note.data);
  return rc;
}
