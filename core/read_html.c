/*
** read_html.c -- IANA's page in XHTML, and the one that write_html.c makes.
**
** XHTML is XML: what is not well-formed is refused, at its line and column.
** Tables are known by their headings, whatever else is on the page. Of a
** page's cells only the words count, so a row means what the XML's record
** did, but for what an xref points to.
**
** SPDX-License-Identifier: MIT
*/
#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { P_ID, P_NAME, P_ORG, P_URI, P_UPDATED, P_TEXTS = 6 };

static const char *const person_titles[] = {"ID", "Name", "Organization", "Contact URI",
                                            "Last Updated"};

#define MAX_CELLS 64
#define NO_COLUMN 255

/* What the rows of the table we are in are. */
enum rows { UNKNOWN, RECORDS, PEOPLE, FOOTNOTES };

/* What the text we are gathering is; a cell's goes to its own buffer. */
enum text { NOTHING, TITLE, TERM, VALUE, CELL };

typedef struct {
  ptl_source *in;
  XML_Parser parser;
  int rc, depth, has_records;
  enum text gathering;
  int until;       /* the depth of the element whose text is gathered */
  int hidden;      /* the depth of a script or the like, or 0 */
  ptl_buffer text; /* of a title, a term or its value */
  ptl_buffer term; /* the last one */
  int in_table;    /* its depth, or 0 */
  enum rows rows;
  int is_heading;            /* the row has a <th> */
  uint8_t column[MAX_CELLS]; /* what the table's columns hold */
  uint32_t ncolumns, ncells;
  ptl_buffer cell[MAX_CELLS]; /* the row's, in their order */
  uint32_t row_line, row_column;
} reader;

static ptl_str trimmed(const ptl_buffer *b) {
  ptl_str s = {b->data, b->len};
  return ptl_trim(s);
}

static void stop(reader *r, int rc) {
  if (r->rc == PTL_OK) r->rc = rc;
  XML_StopParser(r->parser, XML_FALSE);
}

static void keep(reader *r, int rc) {
  if (rc != PTL_OK) stop(r, rc);
}

static void put(reader *r, ptl_buffer *b, const char *s, size_t len) {
  if (!ptl_append(b, s, len)) stop(r, ptl_fail_memory(r->in->err));
}

static uint32_t line(const reader *r) { return (uint32_t)XML_GetCurrentLineNumber(r->parser); }

static uint32_t column(const reader *r) {
  return (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
}

static int is(const char *name, const char *literal) { return strcmp(name, literal) == 0; }

static int is_text(ptl_str s, const char *text) { return ptl_equal_folded(s, ptl_literal(text)); }

/* ----------------------------------------------------- around the tables -- */

static void say(reader *r, const char *key, ptl_str value) {
  if (value.len > 0) keep(r, ptl_builder_say(r->in->builder, key, value, r->in->err));
}

static void say_references(reader *r, ptl_str rest) {
  const char *from = rest.ptr;
  ptl_str label;
  while (ptl_next_label(&rest, &label)) {
    ptl_str whole = {from, (size_t)(rest.ptr - from)};
    say(r, "reference", whole);
    from = rest.ptr;
  }
}

/* A <dd>: what it says is told by the <dt> before. Links to the page's other
   formats say nothing of the registry. */
static void end_value(reader *r) {
  ptl_str term = trimmed(&r->term), value = trimmed(&r->text);
  if (is_text(term, "Available Formats") || is_text(term, "Alternative Formats")) return;
  if (is_text(term, "Last Updated"))
    say(r, "date", value);
  else if (is_text(term, "Expert(s)"))
    say(r, "expert", value);
  else if (is_text(term, "Reference"))
    say_references(r, value);
  else
    say(r, "note", value);
}

static void begin_text(reader *r, enum text what) {
  r->gathering = what;
  r->until = r->depth;
  r->text.len = 0;
}

static void end_text(reader *r) {
  enum text what = r->gathering;
  ptl_str text = trimmed(&r->text);
  r->gathering = NOTHING;
  if (what == VALUE)
    end_value(r);
  else if (what == TITLE)
    say(r, "title", text);
  if (what != TERM) return;
  r->term.len = 0;
  put(r, &r->term, text.ptr, text.len);
}

/* ----------------------------------------------------------------- cells -- */

/* IANA's rule for its CSV: a blank, a line break and blanks become one blank;
   both ends are stripped. */
static ptl_str tidy(ptl_buffer *b) {
  char *s = b->data;
  size_t i = 0, n = 0;
  while (i < b->len) {
    int folds = i + 2 < b->len && ptl_is_space((unsigned char)s[i]) && s[i + 1] == '\n' &&
                ptl_is_space((unsigned char)s[i + 2]);
    if (folds)
      for (i += 2; i + 1 < b->len && ptl_is_space((unsigned char)s[i + 1]);) i++;
    s[n++] = folds ? ' ' : s[i];
    i++;
  }
  b->len = n;
  return trimmed(b);
}

static ptl_buffer *cell(reader *r) { return &r->cell[r->ncells - 1]; }

static void begin_cell(reader *r, int is_heading) {
  if (r->ncells == MAX_CELLS) {
    stop(r, ptl_fail_at(r->in->err, r->in->source, line(r), column(r), "row has too many cells"));
    return;
  }
  r->ncells++;
  cell(r)->len = 0;
  r->is_heading |= is_heading;
  r->gathering = CELL;
  r->until = r->depth;
}

/* A break is a line's end, which the source often has there as well. */
static void put_break(reader *r) {
  const ptl_buffer *b = cell(r);
  if (b->len == 0 || ((const char *)b->data)[b->len - 1] != '\n') put(r, cell(r), "\n", 1);
}

static void put_words(reader *r, const char *s, size_t len) {
  ptl_buffer *b = cell(r);
  int after_break = b->len > 0 && ((const char *)b->data)[b->len - 1] == '\n';
  if (after_break && len > 0 && s[0] == '\n') s++, len--;
  put(r, b, s, len);
}

/* ------------------------------------------------------------------ rows -- */

static uint8_t person_column(ptl_str title) {
  size_t i;
  for (i = 0; i < countof(person_titles); i++)
    if (is_text(title, person_titles[i])) return (uint8_t)i;
  return NO_COLUMN;
}

static uint8_t record_column(ptl_str title) {
  int found = ptl_column_titled(title);
  return found >= 0 ? (uint8_t)found : NO_COLUMN;
}

static int has_column(const reader *r, uint8_t wanted) {
  return memchr(r->column, wanted, r->ncolumns) != NULL;
}

static void find_columns(reader *r, uint8_t (*find)(ptl_str)) {
  uint32_t i;
  for (i = 0; i < r->ncells; i++) r->column[i] = find(tidy(&r->cell[i]));
  r->ncolumns = r->ncells;
}

static void end_heading(reader *r) {
  find_columns(r, record_column);
  if (has_column(r, PTL_NAME) && has_column(r, PTL_NUMBER)) {
    r->rows = RECORDS;
    r->has_records = 1;
    return;
  }
  find_columns(r, person_column);
  r->rows = has_column(r, P_ID) && has_column(r, P_URI) ? PEOPLE : UNKNOWN;
}

static int wrong(reader *r, const char *fmt, ptl_str what) {
  int shown = (int)(what.len < 40 ? what.len : 40);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return ptl_fail_at(r->in->err, r->in->source, r->row_line, r->row_column, fmt, shown, what.ptr);
#pragma GCC diagnostic pop
}

/* The cells by what they hold. */
static void sort_cells(reader *r, ptl_str *text) {
  uint32_t i;
  for (i = 0; i < r->ncells; i++)
    if (r->column[i] != NO_COLUMN) text[r->column[i]] = tidy(&r->cell[i]);
}

static int add_record(reader *r) {
  ptl_row row;
  const char *what;
  memset(&row, 0, sizeof row);
  sort_cells(r, row.text);
  if ((what = ptl_row_ports(&row)) != NULL) return wrong(r, what, row.text[PTL_NUMBER]);
  if ((what = ptl_row_transport(&row)) != NULL) return wrong(r, what, row.text[PTL_TRANSPORT]);
  return ptl_builder_add(r->in->builder, &row, r->in->err);
}

static int add_person(reader *r) {
  ptl_str text[P_TEXTS] = {{NULL, 0}}, rest;
  sort_cells(r, text);
  rest = text[P_ID];
  if (!ptl_next_label(&rest, &text[P_ID]) || rest.len > 0)
    return wrong(r, "a person's ID stands in brackets, unlike '%.*s'", text[P_ID]);
  return ptl_builder_add_person(r->in->builder, text, r->in->err);
}

static int add_row(reader *r) {
  ptl_str none = {"", 0};
  if (r->ncells != r->ncolumns) return wrong(r, "row and heading differ in their cells%.*s", none);
  return r->rows == RECORDS ? add_record(r) : add_person(r);
}

static int is_footnote(const ptl_buffer *b) {
  ptl_str s = trimmed(b);
  return s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']';
}

static void end_row(reader *r) {
  if (r->ncells == 0) return;
  if (r->is_heading)
    end_heading(r);
  else if (r->rows == RECORDS || r->rows == PEOPLE)
    keep(r, ptl_salvage(r->in, add_row(r)));
  else if (r->ncells == 2 && is_footnote(&r->cell[0]))
    say(r, "footnote", trimmed(&r->cell[1]));
}

static void begin_row(reader *r) {
  r->row_line = line(r);
  r->row_column = column(r);
  r->ncells = 0;
  r->is_heading = 0;
}

/* ------------------------------------------------------ expat's events -- */

static void begin_table(reader *r) {
  r->in_table = r->depth;
  r->rows = UNKNOWN;
  r->ncells = 0;
}

/* A heading that stands before any table is the page's title. */
static void begin_outside(reader *r, const char *name) {
  if (is(name, "table"))
    begin_table(r);
  else if (is(name, "h1") && !r->has_records)
    begin_text(r, TITLE);
  else if (is(name, "dt"))
    begin_text(r, TERM);
  else if (is(name, "dd"))
    begin_text(r, VALUE);
}

static void begin_within(reader *r, const char *name) {
  if (is(name, "tr"))
    begin_row(r);
  else if (is(name, "th") || is(name, "td"))
    begin_cell(r, is(name, "th"));
}

static void begin_in_text(reader *r, const char *name) {
  if (r->gathering == CELL && is(name, "br"))
    put_break(r);
  else if (r->gathering == CELL && is(name, "p"))
    put(r, cell(r), "        ", 8);
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
  reader *r = data;
  (void)attributes;
  if (++r->depth > PTL_XML_DEPTH)
    stop(r, ptl_fail_at(r->in->err, r->in->source, line(r), column(r),
                        "elements are nested too deep"));
  else if (r->hidden > 0)
    return;
  else if (is(name, "script") || is(name, "style"))
    r->hidden = r->depth;
  else if (r->gathering != NOTHING)
    begin_in_text(r, name);
  else if (r->in_table > 0)
    begin_within(r, name);
  else
    begin_outside(r, name);
}

static void XMLCALL on_end(void *data, const XML_Char *name) {
  reader *r = data;
  int depth = r->depth--;
  if (r->hidden == depth) {
    r->hidden = 0;
  } else if (r->gathering != NOTHING && r->until == depth) {
    if (r->gathering == CELL)
      r->gathering = NOTHING;
    else
      end_text(r);
  } else if (r->gathering == NOTHING && r->in_table > 0) {
    if (is(name, "tr")) end_row(r);
    if (r->in_table == depth) r->in_table = 0;
  }
}

static void XMLCALL on_text(void *data, const XML_Char *s, int len) {
  reader *r = data;
  if (r->hidden > 0 || r->gathering == NOTHING) return;
  if (r->gathering == CELL)
    put_words(r, s, (size_t)len);
  else
    put(r, &r->text, s, (size_t)len);
}

/* "&nbsp;" and its like are defined in a file that is not read. */
static void XMLCALL on_entity(void *data, const XML_Char *name, int is_parameter) {
  reader *r = data;
  if (is_parameter) return;
  if (is(name, "nbsp"))
    on_text(data, " ", 1);
  else
    keep(r, ptl_builder_remarks(r->in->builder, r->in->err,
                                "%.200s:%u:%u: entity '&%.40s;' is not known; left out",
                                r->in->source, line(r), column(r), name));
}

/* A document type with definitions of its own could define entities without end. */
static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public, int has_internal) {
  reader *r = data;
  (void)name, (void)system, (void)public;
  if (has_internal)
    stop(r, ptl_fail_at(r->in->err, r->in->source, line(r), column(r),
                        "a document type with definitions is not accepted"));
}

/* ----------------------------------------------------------- the whole -- */

static int parse(reader *r) {
  size_t len = (size_t)(r->in->end - r->in->text);
  ptl_error *err = r->in->err;
  if (len > INT_MAX) return ptl_fail(err, PTL_ELIMIT, "%.200s: larger than 2 GiB", r->in->source);
  if (XML_Parse(r->parser, r->in->text, (int)len, 1) != XML_STATUS_OK && r->rc == PTL_OK)
    return ptl_fail_at(err, r->in->source, line(r), column(r), "%s",
                       XML_ErrorString(XML_GetErrorCode(r->parser)));
  if (r->rc != PTL_OK || r->has_records) return r->rc;
  return ptl_fail_at(err, r->in->source, 1, 1,
                     "no table has the headings 'Service Name' and 'Port Number'");
}

static int read(reader *r) {
  XML_SetUserData(r->parser, r);
  XML_SetElementHandler(r->parser, on_start, on_end);
  XML_SetCharacterDataHandler(r->parser, on_text);
  XML_SetSkippedEntityHandler(r->parser, on_entity);
  XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
  return parse(r);
}

int ptl_read_html(ptl_source *in) {
  reader r = {.in = in, .rc = PTL_OK};
  int i, rc;
  if ((r.parser = XML_ParserCreate(NULL)) == NULL) return ptl_fail_memory(in->err);
  rc = read(&r);
  XML_ParserFree(r.parser);
  for (i = 0; i < MAX_CELLS; i++) free(r.cell[i].data);
  free(r.text.data);
  free(r.term.data);
  return rc;
}
