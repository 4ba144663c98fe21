/*
** read_csv.c -- IANA's service-names-port-numbers.csv.
**
** RFC 4180: fields may be quoted, and a quoted field may hold commas,
** doubled quotes and line breaks. Columns are found by the header line, since
** IANA has added and renamed some. Text is kept byte for byte.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_COLUMNS 64

typedef struct {
  ptl_source *in;
  const char *p, *bol; /* where we are; where this line begins */
  uint32_t line;
  ptl_buffer plain; /* the row's fields that had doubled quotes, without */
  uint32_t ncolumns;
  uint8_t column[MAX_COLUMNS]; /* what each holds: PTL_NAME ..., PTL_COLUMNS for nothing we know */
} cursor;

typedef struct {
  uint32_t line, column;
} place;

static place here(const cursor *c) {
  place at = {c->line, (uint32_t)(c->p - c->bol) + 1};
  return at;
}

static int fail(const cursor *c, place at, const char *fmt, ptl_str what) {
  int shown = (int)(what.len < 40 ? what.len : 40);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return ptl_fail_at(c->in->err, c->in->source, at.line, at.column, fmt, shown, what.ptr);
#pragma GCC diagnostic pop
}

/* From after the opening quote to the closing one; *doubled counts pairs.
   Without one, the cursor stays where it is. */
static int find_close(cursor *c, uint32_t *doubled) {
  cursor open = *c;
  place at = here(c);
  ptl_str none = {"", 0};
  at.column--;
  for (*doubled = 0; c->p < c->in->end; c->p++) {
    if (*c->p == '\n') {
      c->line++;
      c->bol = c->p + 1;
    } else if (*c->p == '"') {
      if (c->p + 1 == c->in->end || c->p[1] != '"') return PTL_OK;
      c->p++;
      ++*doubled;
    }
  }
  *c = open;
  return fail(c, at, "quote is never closed%.*s", none);
}

/* Writes the field with each doubled quote once. 'plain' never moves: there is
   room in it for the whole source. */
static void undouble(cursor *c, ptl_str *field) {
  char *out = (char *)c->plain.data + c->plain.len;
  size_t i, n = 0;
  for (i = 0; i < field->len; i++) {
    out[n++] = field->ptr[i];
    if (field->ptr[i] == '"') i++;
  }
  field->ptr = out;
  field->len = n;
  c->plain.len += n;
}

static int read_quoted(cursor *c, ptl_str *field) {
  uint32_t doubled;
  int rc;
  field->ptr = ++c->p;
  if ((rc = find_close(c, &doubled)) != PTL_OK) return rc;
  field->len = (size_t)(c->p++ - field->ptr);
  if (doubled > 0) undouble(c, field);
  return PTL_OK;
}

static int ends_field(char ch) { return ch == ',' || ch == '\n' || ch == '\r'; }

static int read_field(cursor *c, ptl_str *field) {
  const char *end = c->in->end;
  ptl_str rest;
  if (c->p < end && *c->p == '"') {
    int rc = read_quoted(c, field);
    if (rc != PTL_OK) return rc;
    rest.ptr = c->p;
    rest.len = c->p < end ? 1 : 0;
    if (c->p < end && !ends_field(*c->p))
      return fail(c, here(c), "a comma or the row's end must follow a closing quote, not '%.*s'",
                  rest);
    return PTL_OK;
  }
  field->ptr = c->p;
  while (c->p < end && !ends_field(*c->p)) c->p++;
  field->len = (size_t)(c->p - field->ptr);
  return PTL_OK;
}

/* Moves past the comma, if that is what ended the field. */
static int another(cursor *c) {
  if (c->p == c->in->end || *c->p != ',') return 0;
  c->p++;
  return 1;
}

static void end_row(cursor *c) {
  if (c->p < c->in->end && *c->p == '\r') c->p++;
  if (c->p < c->in->end && *c->p == '\n') c->p++;
  c->line++;
  c->bol = c->p;
}

/* -------------------------------------------------------------- header -- */

static int add_column(cursor *c, ptl_str title, place at) {
  int known = ptl_column_titled(title);
  uint8_t column = (uint8_t)(known < 0 ? PTL_COLUMNS : known);
  if (c->ncolumns == MAX_COLUMNS) return fail(c, at, "too many columns, from '%.*s' on", title);
  if (column != PTL_COLUMNS && memchr(c->column, column, c->ncolumns) != NULL)
    return fail(c, at, "column '%.*s' is there twice", title);
  c->column[c->ncolumns++] = column;
  if (column != PTL_COLUMNS) return PTL_OK;
  return ptl_builder_remarks(c->in->builder, c->in->err,
                             "%.200s:%u:%u: column '%.*s' is not IANA's; left out", c->in->source,
                             at.line, at.column, (int)(title.len < 40 ? title.len : 40), title.ptr);
}

/* Says which of IANA's columns the source does not have. */
static int check_columns(const cursor *c) {
  place first = {1, 1};
  ptl_str none = {"", 0};
  int i;
  for (i = 0; i < PTL_COLUMNS; i++) {
    if (memchr(c->column, i, c->ncolumns) != NULL) continue;
    if (i <= PTL_NUMBER)
      return fail(c, first, "not IANA's header line: no column 'Service Name' or 'Port Number'%.*s",
                  none);
    if (ptl_builder_remarks(c->in->builder, c->in->err, "%.200s:1:1: no column '%s'", c->in->source,
                            ptl_column_title(i)) != PTL_OK)
      return PTL_ENOMEM;
  }
  return PTL_OK;
}

static int read_header(cursor *c) {
  ptl_str title;
  int rc;
  do {
    place at = here(c);
    if ((rc = read_field(c, &title)) != PTL_OK) return rc;
    if ((rc = add_column(c, title, at)) != PTL_OK) return rc;
  } while (another(c));
  end_row(c);
  return check_columns(c);
}

/* ---------------------------------------------------------------- rows -- */

static int read_fields(cursor *c, ptl_row *row, place at[PTL_COLUMNS + 1], uint32_t *n) {
  ptl_str ignored;
  int rc;
  *n = 0;
  do {
    uint8_t column;
    if (*n == c->ncolumns) {
      ptl_str rest = {c->p, 0};
      return fail(c, here(c), "row has more fields than the header has columns%.*s", rest);
    }
    column = c->column[(*n)++];
    at[column] = here(c);
    if ((rc = read_field(c, column < PTL_COLUMNS ? &row->text[column] : &ignored)) != PTL_OK)
      return rc;
  } while (another(c));
  return PTL_OK;
}

static int add_row(cursor *c, ptl_row *row, const place at[PTL_COLUMNS + 1]) {
  const char *wrong;
  if ((wrong = ptl_row_ports(row)) != NULL)
    return fail(c, at[PTL_NUMBER], wrong, row->text[PTL_NUMBER]);
  if ((wrong = ptl_row_transport(row)) != NULL)
    return fail(c, at[PTL_TRANSPORT], wrong, row->text[PTL_TRANSPORT]);
  return ptl_builder_add(c->in->builder, row, c->in->err);
}

static int is_blank(const ptl_row *row, uint32_t nfields) {
  return nfields == 1 && row->text[PTL_NAME].len == 0;
}

static int read_row(cursor *c) {
  ptl_row row;
  place at[PTL_COLUMNS + 1];
  uint32_t n, line = c->line;
  int rc;
  memset(&row, 0, sizeof row);
  memset(at, 0, sizeof at);
  c->plain.len = 0;
  if ((rc = read_fields(c, &row, at, &n)) != PTL_OK) return rc;
  end_row(c);
  if (is_blank(&row, n)) return PTL_OK;
  if (n < c->ncolumns)
    return ptl_fail_at(c->in->err, c->in->source, line, 1, "row has %u fields, the header has %u",
                       n, c->ncolumns);
  return add_row(c, &row, at);
}

/* After a row that was refused half-way, the next begins with the next line. */
static int read_or_refuse(cursor *c) {
  int rc = ptl_salvage(c->in, read_row(c));
  if (rc != PTL_OK || c->p == c->bol) return rc;
  while (c->p < c->in->end && *c->p != '\n') c->p++;
  end_row(c);
  return PTL_OK;
}

int ptl_read_csv(ptl_source *in) {
  cursor c = {.in = in, .p = in->text, .bol = in->text, .line = 1};
  int rc;
  if (!ptl_reserve(&c.plain, (size_t)(in->end - in->text))) return ptl_fail_memory(in->err);
  rc = read_header(&c);
  while (rc == PTL_OK && c.p < in->end) rc = read_or_refuse(&c);
  free(c.plain.data);
  return rc;
}
