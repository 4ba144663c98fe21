/*
** read_table.c -- IANA's registry page as text: header fields, then a pipe table.
**
** Such pages are copied by hand and by tools that break rows over lines and
** let empty cells drift to a row's end. A row whose cells do not all fit their
** columns is taken as a list of cells in order, each put under the next column
** that it fits, and said to be repaired. What a cell fits follows from its
** text, so two things are conjecture: a lone date is a modification in a row
** without people, as nearly always at IANA, and else a registration; a lone
** person is the assignee.
**
** A page for people is always read row by row: a bad row is refused, and the
** rest is kept.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_CELLS 64

typedef struct {
  ptl_source *in;
  ptl_lines lines;
  uint32_t ncolumns;
  int8_t column[MAX_CELLS]; /* what each cell of the header is the title of, or -1 */
  ptl_buffer row;           /* the open row, its lines joined */
  uint32_t row_line, row_lines, row_bars;
  int is_cut; /* the text ends in the midst of the open row's last cell */
} table;

typedef struct {
  ptl_str text[MAX_CELLS];
  uint32_t n;
} cells;

/* --------------------------------------------------- what a cell can be -- */

static int has_blank(ptl_str s) {
  size_t i;
  for (i = 0; i < s.len; i++)
    if (ptl_is_space((unsigned char)s.ptr[i])) return 1;
  return 0;
}

static int is_label(ptl_str s) { return s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']'; }

static int is_people(ptl_str s) {
  return is_label(s) && !has_blank(s) && !ptl_starts_folded(s, "[RFC") &&
         !ptl_starts_folded(s, "[draft-") && !ptl_starts_folded(s, "[http");
}

static int is_digits(ptl_str s) {
  size_t i;
  for (i = 0; i < s.len; i++)
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return 0;
  return s.len > 0;
}

static int is_number(ptl_str s) {
  ptl_row row = {.text[PTL_NUMBER] = s};
  return ptl_row_ports(&row) == NULL && row.has_port;
}

static int is_transport(ptl_str s) { return ptl_transport_named(s) >= 0; }

/* YYYY-MM or YYYY-MM-DD */
static int is_date(ptl_str s) {
  static const char form[] = "dddd-dd-dd";
  size_t i;
  for (i = 0; i < s.len && i < sizeof form - 1; i++)
    if (form[i] == '-' ? s.ptr[i] != '-' : s.ptr[i] < '0' || s.ptr[i] > '9') return 0;
  return s.len == 7 || s.len == 10;
}

static int is_name(ptl_str s) {
  size_t i;
  if (has_blank(s) || is_label(s)) return 0;
  for (i = 0; i < s.len; i++)
    if (ptl_lower((unsigned char)s.ptr[i]) >= 'a' && ptl_lower((unsigned char)s.ptr[i]) <= 'z')
      return 1;
  return 0;
}

static int is_prose(ptl_str s) { return !is_label(s) && !is_date(s); }

static int is_report(ptl_str s) {
  return ptl_find_folded(s, ptl_literal("unauthorized")) != NULL ||
         ptl_find_folded(s, ptl_literal("unofficial")) != NULL;
}

/* By column, in IANA's order. */
static int (*const fits[PTL_COLUMNS])(ptl_str s) = {is_name,   is_number, is_transport, is_prose,
                                                    is_people, is_people, is_date,      is_date,
                                                    is_label,  is_digits, is_report,    is_prose};

/* ---------------------------------------------------------------- rows -- */

static void split(ptl_str line, cells *c) {
  const char *bar;
  c->n = 0;
  line = ptl_trim(line);
  if (line.len > 0 && line.ptr[0] == '|') line.ptr++, line.len--;
  while (line.len > 0 && c->n < MAX_CELLS) {
    ptl_str cell = line;
    bar = memchr(line.ptr, '|', line.len);
    if (bar != NULL) cell.len = (size_t)(bar - line.ptr);
    c->text[c->n++] = ptl_trim(cell);
    line.ptr += cell.len + (bar != NULL);
    line.len -= cell.len + (bar != NULL);
  }
}

/* Any words are a report where that is the column they stand in. */
static int fits_here(int column, ptl_str s) {
  return column == PTL_UNAUTHORIZED ? is_prose(s) : fits[column](s);
}

/* Puts the cells where they stand; 0: one does not fit its column. */
static int take_as_is(const table *t, const cells *c, ptl_row *row) {
  uint32_t i;
  if (c->n != t->ncolumns) return 0;
  for (i = 0; i < c->n; i++) {
    if (c->text[i].len == 0 || t->column[i] < 0) continue;
    if (!fits_here(t->column[i], c->text[i])) return 0;
    row->text[t->column[i]] = c->text[i];
  }
  return 1;
}

/* A lone date and nobody who registered: something that was there before. */
static void settle_date(ptl_row *row) {
  ptl_str none = {NULL, 0};
  if (row->text[PTL_ASSIGNEE].len > 0 || row->text[PTL_MODIFIED].len > 0) return;
  row->text[PTL_MODIFIED] = row->text[PTL_REGISTERED];
  row->text[PTL_REGISTERED] = none;
}

/* Puts each cell under the next column that it fits; 0: one fits none. */
static int take_by_content(const cells *c, ptl_row *row) {
  uint32_t i;
  int column = 0;
  memset(row, 0, sizeof *row);
  for (i = 0; i < c->n; i++) {
    if (c->text[i].len == 0) continue;
    while (column < PTL_COLUMNS && !fits[column](c->text[i])) column++;
    if (column == PTL_COLUMNS) return 0;
    row->text[column++] = c->text[i];
  }
  settle_date(row);
  return 1;
}

static int say_repaired(const table *t, uint32_t ncells, int moved) {
  char broken[60] = "", ragged[60] = "";
  if (t->row_lines > 1)
    snprintf(broken, sizeof broken, "; it was broken over %u lines", t->row_lines);
  if (ncells != t->ncolumns)
    snprintf(ragged, sizeof ragged, "; it has %u cells, the header has %u", ncells, t->ncolumns);
  return ptl_repaired(t->in, t->row_line, 1, "row %s%s%s",
                      moved ? "put under its columns by what the cells hold" : "put together",
                      broken, ragged);
}

static int refuse(const table *t, const char *why) {
  ptl_fail_at(t->in->err, t->in->source, t->row_line, 1, "%s", why);
  return ptl_refuse(t->in);
}

static int is_empty(const cells *c) {
  uint32_t i;
  for (i = 0; i < c->n; i++)
    if (c->text[i].len > 0) return 0;
  return 1;
}

static int add_row(const table *t, const cells *c) {
  ptl_row row;
  int rc, as_is;
  memset(&row, 0, sizeof row);
  as_is = take_as_is(t, c, &row);
  if (!as_is && !take_by_content(c, &row)) return refuse(t, "cells fit no columns in order");
  if (row.text[PTL_NAME].len == 0 && row.text[PTL_NUMBER].len == 0)
    return refuse(t, "row has neither a name nor a number");
  ptl_row_ports(&row); /* both fit already */
  ptl_row_transport(&row);
  if ((rc = ptl_builder_add(t->in->builder, &row, t->in->err)) != PTL_OK) return rc;
  return as_is && t->row_lines == 1 ? PTL_OK : say_repaired(t, c->n, !as_is);
}

static void split_row(const table *t, cells *c) {
  ptl_str line = {t->row.data, t->row.len};
  split(line, c);
}

static int end_row(table *t) {
  cells c;
  int rc = PTL_OK;
  if (t->row_lines == 0) return PTL_OK;
  split_row(t, &c);
  if (t->is_cut && c.n < t->ncolumns)
    rc = refuse(t, "the text ends within this row's last cell");
  else if (!is_empty(&c))
    rc = add_row(t, &c);
  t->row.len = t->row_lines = t->row_bars = 0;
  return rc;
}

static int extend_row(table *t, ptl_str line) {
  size_t i;
  for (i = 0; i < line.len; i++) t->row_bars += line.ptr[i] == '|';
  if (t->row_lines++ == 0) t->row_line = t->lines.number;
  t->is_cut = t->lines.p == t->in->end && line.len > 0 && line.ptr[line.len - 1] != '|' &&
              t->lines.p[-1] != '\n';
  return ptl_append(&t->row, line.ptr, line.len) && ptl_append(&t->row, " ", 1)
             ? PTL_OK
             : ptl_fail_memory(t->in->err);
}

/* A whole row has a bar before each cell and one behind the last. */
static int is_open(const table *t) { return t->row_lines > 0 && t->row_bars <= t->ncolumns; }

static int read_rows(table *t) {
  ptl_str line;
  int rc = PTL_OK;
  while (rc == PTL_OK && ptl_next_line(&t->lines, &line)) {
    line = ptl_trim(line);
    if (line.len == 0) continue;
    if (line.ptr[0] != '|' && !is_open(t))
      rc = ptl_builder_remarks(t->in->builder, t->in->err, "%.200s:%u:1: not a row; left out",
                               t->in->source, t->lines.number);
    else if (line.ptr[0] != '|' || (rc = end_row(t)) == PTL_OK)
      rc = extend_row(t, line);
  }
  return rc == PTL_OK ? end_row(t) : rc;
}

/* -------------------------------------------------------------- header -- */

static const struct {
  const char *title, *key; /* no key: of the page, not the registry */
} fields[] = {{"Last Updated", "date"},        {"Expert(s)", "expert"},
              {"Reference", "reference"},      {"Note", "note"},
              {"Request an Assignment", NULL}, {"Available Formats", NULL}};

static int field_titled(ptl_str title) {
  size_t i;
  for (i = 0; i < countof(fields); i++)
    if (ptl_equal_folded(title, ptl_literal(fields[i].title))) return (int)i;
  return -1;
}

/* "- Title", then "- value" or a dash alone and the value in the next lines. */
static int read_field(table *t, ptl_str line, int *field) {
  if (line.ptr[0] == '-') {
    line.ptr++, line.len--;
    line = ptl_trim(line);
    if (field_titled(line) >= 0) {
      *field = field_titled(line);
      return PTL_OK;
    }
  }
  if (line.len == 0 || *field < 0 || fields[*field].key == NULL) return PTL_OK;
  return ptl_builder_say(t->in->builder, fields[*field].key, line, t->in->err);
}

static int is_header(const cells *c) {
  uint32_t i;
  for (i = 0; i < c->n; i++)
    if (ptl_column_titled(c->text[i]) == PTL_NUMBER) return 1;
  return 0;
}

static void take_header(table *t, const cells *c) {
  uint32_t i;
  t->ncolumns = c->n;
  for (i = 0; i < c->n; i++) t->column[i] = (int8_t)ptl_column_titled(c->text[i]);
}

/* Takes the line "|---|---|" below the header, if it is there. */
static void skip_rule(table *t) {
  ptl_lines after = t->lines;
  ptl_str line;
  size_t i;
  if (!ptl_next_line(&after, &line)) return;
  for (i = 0; i < line.len; i++)
    if (strchr("|-: ", line.ptr[i]) == NULL) return;
  t->lines = after;
}

static int read_head(table *t) {
  ptl_str line;
  cells c;
  int field = -1, has_title = 0, rc = PTL_OK;
  while (rc == PTL_OK && ptl_next_line(&t->lines, &line)) {
    line = ptl_trim(line);
    if (line.len == 0) continue;
    split(line, &c);
    if (line.ptr[0] == '|' && is_header(&c)) {
      take_header(t, &c);
      skip_rule(t);
      return PTL_OK;
    }
    if (has_title || line.ptr[0] == '-')
      rc = read_field(t, line, &field);
    else
      rc = ptl_builder_say(t->in->builder, "title", line, t->in->err);
    has_title = 1;
  }
  if (rc != PTL_OK) return rc;
  return ptl_fail_at(t->in->err, t->in->source, 1, 1, "no table with a column 'Port Number'");
}

int ptl_read_table(ptl_source *in) {
  table t = {.in = in, .lines = {in->text, in->end, 0}};
  int rc;
  rc = read_head(&t);
  if (rc == PTL_OK) rc = read_rows(&t);
  free(t.row.data);
  return rc;
}
