/*
** read_text.c -- IANA's plain text, of any year since it has tables.
**
** Header fields, a table of records, a table of people, footnotes: each
** begins after the one before. Text has lost what the XML says of line
** breaks and of what an xref points to; all else of a record is there.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "text_table.h"

enum { P_ID, P_NAME, P_ORG, P_URI, P_UPDATED, P_TEXTS = 6 };

static const ptl_text_title record_titles[] = {
    {"Service Name", PTL_NAME},
    {"Port Number", PTL_NUMBER},
    {"Transport Protocol", PTL_TRANSPORT},
    {"Description", PTL_DESCRIPTION},
    {"Assignee", PTL_ASSIGNEE},
    {"Contact", PTL_CONTACT},
    {"Registration Date", PTL_REGISTERED},
    {"Modification Date", PTL_MODIFIED},
    {"Reference", PTL_REFERENCE},
    {"Service Code", PTL_SERVICE_CODE},
    {"Unauthorized Use Reported", PTL_UNAUTHORIZED},
    {"Known Unauthorized Uses", PTL_UNAUTHORIZED},
    {"Assignment Notes", PTL_NOTE},
};

static const ptl_text_title person_titles[] = {{"ID", P_ID},
                                               {"Name", P_NAME},
                                               {"Organization", P_ORG},
                                               {"Contact URI", P_URI},
                                               {"Last Updated", P_UPDATED}};

typedef struct {
  ptl_source *in;
  ptl_buffer lines; /* ptl_str[] */
  uint32_t nlines;
  ptl_buffer text;
} reader;

static ptl_str line_of(const reader *r, uint32_t i) { return *nth(const ptl_str, r->lines, i); }

static ptl_str trimmed(const reader *r, uint32_t i) { return ptl_trim(line_of(r, i)); }

static int is_blank(const reader *r, uint32_t i) { return trimmed(r, i).len == 0; }

static int is_line(const reader *r, uint32_t i, const char *text) {
  return ptl_equal_folded(trimmed(r, i), ptl_literal(text));
}

static uint32_t indent_of(const reader *r, uint32_t i) {
  return (uint32_t)(trimmed(r, i).ptr - line_of(r, i).ptr);
}

static int split(reader *r) {
  ptl_lines lines = {r->in->text, r->in->end, 0};
  ptl_str line;
  while (ptl_next_line(&lines, &line))
    if (!ptl_append(&r->lines, &line, sizeof line)) return 0;
  r->nlines = count(ptl_str, r->lines);
  return 1;
}

/* --------------------------------------------------------------- header -- */

/* Lines [first, end), with their own breaks, without the indent they share. */
static int say_lines(reader *r, const char *key, uint32_t first, uint32_t end) {
  uint32_t i, shared = UINT32_MAX;
  ptl_str all;
  for (i = first; i < end; i++)
    if (!is_blank(r, i) && indent_of(r, i) < shared) shared = indent_of(r, i);
  r->text.len = 0;
  for (i = first; i < end; i++) {
    ptl_str s = line_of(r, i);
    size_t skipped = s.len < shared ? s.len : shared;
    if (!ptl_append(&r->text, s.ptr + skipped, s.len - skipped) || !ptl_append(&r->text, "\n", 1))
      return ptl_fail_memory(r->in->err);
  }
  all.ptr = r->text.data;
  all.len = r->text.len;
  return ptl_builder_say(r->in->builder, key, ptl_trim(all), r->in->err);
}

/* "[A][B]" on any of the lines: each is one reference. */
static int say_references(reader *r, uint32_t first, uint32_t end) {
  int rc = PTL_OK;
  for (; first < end && rc == PTL_OK; first++) {
    ptl_str rest = trimmed(r, first), label;
    const char *from = rest.ptr;
    while (rc == PTL_OK && ptl_next_label(&rest, &label)) {
      ptl_str whole = {from, (size_t)(rest.ptr - from)};
      rc = ptl_builder_say(r->in->builder, "reference", whole, r->in->err);
      from = rest.ptr;
    }
  }
  return rc;
}

/* Links to the page's other formats: nothing of the registry's. */
static int is_formats(const reader *r, uint32_t head) {
  return is_line(r, head, "Available Formats") || is_line(r, head, "Alternative Formats");
}

static int read_field(reader *r, uint32_t head, uint32_t end) {
  if (is_formats(r, head)) return PTL_OK;
  if (is_line(r, head, "Reference")) return say_references(r, head + 1, end);
  return say_lines(r,
                   is_line(r, head, "Last Updated") ? "date"
                   : is_line(r, head, "Expert(s)")  ? "expert"
                                                    : "note",
                   head + 1, end);
}

/* A field's head stands after a blank line, as far in as "Last Updated". */
static int is_head(const reader *r, uint32_t i, uint32_t indent) {
  return !is_blank(r, i) && i > 0 && is_blank(r, i - 1) && indent_of(r, i) == indent &&
         trimmed(r, i).ptr[0] != '[';
}

/* The title is the last line before the first field. */
static int read_title(reader *r, uint32_t first) {
  while (first > 0 && is_blank(r, first - 1)) first--;
  if (first == 0) return PTL_OK;
  return ptl_builder_say(r->in->builder, "title", trimmed(r, first - 1), r->in->err);
}

static int read_fields(reader *r, uint32_t table) {
  uint32_t head = 0, next, indent;
  int rc;
  while (head < table && !is_line(r, head, "Last Updated")) head++;
  if (head == table) return PTL_OK;
  if ((rc = read_title(r, head)) != PTL_OK) return rc;
  for (indent = indent_of(r, head); head < table && rc == PTL_OK; head = next) {
    for (next = head + 1; next < table && !is_head(r, next, indent); next++) continue;
    rc = read_field(r, head, next);
  }
  return rc;
}

/* --------------------------------------------------------------- tables -- */

static ptl_text_table table_of(const reader *r, const ptl_text_title *titles, size_t ntitles,
                               uint32_t anchors) {
  ptl_text_table t = {.in = r->in,
                      .lines = r->lines.data,
                      .titles = titles,
                      .ntitles = (uint32_t)ntitles,
                      .anchors = anchors};
  return t;
}

static int wrong(reader *r, const ptl_text_table *t, uint32_t line, int column, const char *fmt,
                 ptl_str what) {
  int shown = (int)(what.len < 40 ? what.len : 40);
  uint32_t i, position = 0;
  for (i = 0; i < t->ncolumns; i++)
    if (t->at[i].column == column) position = t->at[i].from;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return ptl_fail_at(r->in->err, r->in->source, line + 1, position + 1, fmt, shown, what.ptr);
#pragma GCC diagnostic pop
}

static int add_record(reader *r, ptl_text_table *t, const ptl_text_row *at,
                      const ptl_str cells[PTL_TEXT_COLUMNS]) {
  ptl_row row;
  const char *what;
  memset(&row, 0, sizeof row);
  memcpy(row.text, cells, PTL_COLUMNS * sizeof *cells);
  if ((what = ptl_row_ports(&row)) != NULL)
    return wrong(r, t, at->anchor, PTL_NUMBER, what, row.text[PTL_NUMBER]);
  if ((what = ptl_row_transport(&row)) != NULL)
    return wrong(r, t, at->anchor, PTL_TRANSPORT, what, row.text[PTL_TRANSPORT]);
  return ptl_builder_add(r->in->builder, &row, r->in->err);
}

/* "mailto:a" and on the next line "mailto:b" are two addresses, however full
   the first line is. */
static void part_uris(ptl_buffer *cell) {
  char *s = cell->data;
  size_t i, word;
  for (i = 0; i < cell->len; i++) {
    if (s[i] != ' ') continue;
    for (word = i + 1; word < cell->len && ptl_lower((unsigned char)s[word]) >= 'a' &&
                       ptl_lower((unsigned char)s[word]) <= 'z';)
      word++;
    if (word > i + 1 && word < cell->len && s[word] == ':') s[i] = '\n';
  }
}

static int add_person(reader *r, ptl_text_table *t, const ptl_text_row *at,
                      const ptl_str cells[PTL_TEXT_COLUMNS]) {
  static const ptl_str none = {NULL, 0};
  ptl_str text[P_TEXTS], rest = cells[P_ID];
  memcpy(text, cells, sizeof text);
  text[P_TEXTS - 1] = none; /* no markup */
  if (!ptl_next_label(&rest, &text[P_ID]) || rest.len > 0)
    return wrong(r, t, at->anchor, P_ID, "a person's ID stands in brackets, unlike '%.*s'",
                 cells[P_ID]);
  part_uris(&t->cell[P_URI]);
  return ptl_builder_add_person(r->in->builder, text, r->in->err);
}

typedef int adder(reader *r, ptl_text_table *t, const ptl_text_row *at,
                  const ptl_str cells[PTL_TEXT_COLUMNS]);

/* The account is of records; what is done to a person's row is but told. */
static int tell_repaired(reader *r, const ptl_text_row *row, adder *add) {
  if (add == add_record)
    return ptl_repaired(r->in, row->anchor + 1, 1,
                        "lines %u to %u do not stand as a row's do; taken as one", row->first + 1,
                        row->end);
  return ptl_builder_remarks(r->in->builder, r->in->err,
                             "%.200s:%u:1: lines %u to %u do not stand as a row's do; taken as one",
                             r->in->source, row->anchor + 1, row->first + 1, row->end);
}

static int tell_doubt(reader *r, const ptl_text_row *row) {
  return ptl_builder_remarks(r->in->builder, r->in->err,
                             "%.200s:%u:1: lines %u to %u are taken as one row; it could begin at "
                             "another line",
                             r->in->source, row->anchor + 1, row->first + 1, row->end);
}

static int read_row(reader *r, ptl_text_table *t, const ptl_text_row *row, adder *add) {
  ptl_str cells[PTL_TEXT_COLUMNS];
  int rc;
  if (!ptl_text_table_cells(t, row, cells)) return ptl_fail_memory(r->in->err);
  if ((rc = add(r, t, row, cells)) != PTL_OK) return ptl_salvage(r->in, rc);
  if (row->is_repaired) return tell_repaired(r, row, add);
  return row->is_doubtful ? tell_doubt(r, row) : PTL_OK;
}

static int read_table(reader *r, ptl_text_table *t, uint32_t first, uint32_t end, adder *add) {
  uint32_t i;
  int rc;
  while (end > first && is_blank(r, end - 1)) end--;
  t->first = first;
  t->end = end;
  rc = ptl_text_table_read(t);
  for (i = 0; rc == PTL_OK && i < count(ptl_text_row, t->rows); i++)
    rc = read_row(r, t, nth(const ptl_text_row, t->rows, i), add);
  ptl_text_table_free(t);
  return rc;
}

/* ----------------------------------------------------------- the whole -- */

static int is_heading(const reader *r, uint32_t i) {
  return is_line(r, i, "Contact Information") || is_line(r, i, "People") ||
         is_line(r, i, "Footnote") || is_line(r, i, "Footnotes");
}

/* The next heading from 'i' on, or the end. */
static uint32_t next_heading(const reader *r, uint32_t i) {
  while (i < r->nlines && !(is_heading(r, i) && i > 0 && is_blank(r, i - 1))) i++;
  return i;
}

/* "[1] It is ...", and the lines below, up to the next of them or a blank. */
static int read_footnotes(reader *r, uint32_t i, uint32_t last) {
  uint32_t line, end;
  int rc = PTL_OK;
  for (; i < last && rc == PTL_OK; i = end) {
    ptl_str rest, label;
    end = i + 1;
    if (is_blank(r, i)) continue;
    rest = trimmed(r, i);
    if (rest.ptr[0] != '[' || memchr(rest.ptr, ']', rest.len) == NULL) continue;
    while (end < last && !is_blank(r, end) && trimmed(r, end).ptr[0] != '[') end++;
    label.ptr = (const char *)memchr(rest.ptr, ']', rest.len) + 1;
    label.len = (size_t)(rest.ptr + rest.len - label.ptr);
    *nth(ptl_str, r->lines, i) = ptl_trim(label);
    for (line = i + 1; line < end; line++) *nth(ptl_str, r->lines, line) = trimmed(r, line);
    rc = say_lines(r, "footnote", i, end);
  }
  return rc;
}

/* What begins at a heading, and where the next one is. */
static int read_after(reader *r, uint32_t heading, uint32_t *next) {
  ptl_text_table t = table_of(r, person_titles, countof(person_titles), 1u << P_ID);
  uint32_t first = heading + 1;
  *next = next_heading(r, first);
  if (is_line(r, heading, "Footnote") || is_line(r, heading, "Footnotes"))
    return read_footnotes(r, first, *next);
  while (first < *next && is_blank(r, first)) first++;
  return read_table(r, &t, first, *next, add_person);
}

/* A line of the header of the table of records, or the end. */
static uint32_t find_table(const reader *r) {
  uint32_t i;
  for (i = 0; i < r->nlines; i++)
    if (ptl_text_is_header(line_of(r, i))) break;
  return i;
}

static int read(reader *r) {
  ptl_text_table t =
      table_of(r, record_titles, countof(record_titles), 1u << PTL_NAME | 1u << PTL_NUMBER);
  uint32_t first = find_table(r), end = next_heading(r, first);
  int rc;
  if (first == r->nlines)
    return ptl_fail_at(r->in->err, r->in->source, 1, 1,
                       "no line has the column titles of IANA's table");
  while (first > 0 && !is_blank(r, first - 1)) first--;
  if ((rc = read_fields(r, first)) != PTL_OK) return rc;
  rc = read_table(r, &t, first, end, add_record);
  while (rc == PTL_OK && end < r->nlines) rc = read_after(r, end, &end);
  return rc;
}

/* A header's lines hold nothing but titles, however narrow its columns are. */
int ptl_text_is_header(ptl_str line) {
  return ptl_text_title_words(record_titles, countof(record_titles), line) >= 4;
}

int ptl_read_text(ptl_source *in) {
  reader r = {.in = in};
  int rc = split(&r) ? read(&r) : ptl_fail_memory(in->err);
  free(r.lines.data);
  free(r.text.data);
  return rc;
}
