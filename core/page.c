/*
** page.c -- the cells of IANA's page: of records and of people.
**
** A record that was read from XML carries its XML, and only there stand the
** breaks, the paragraphs and what an xref points to; so the description, the
** notes and the references are made from it. What cannot be parsed, or came
** from elsewhere, is made from the columns: "[A][B]" become links by what
** the labels look like.
**
** SPDX-License-Identifier: MIT
*/
#include "page.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"

const ptl_page_column ptl_record_columns[PTL_COLUMNS] = {{"Service Name", 0},
                                                         {"Port Number", 1},
                                                         {"Transport Protocol", 1},
                                                         {"Description", 0},
                                                         {"Assignee", 0},
                                                         {"Contact", 0},
                                                         {"Registration Date", 0},
                                                         {"Modification Date", 0},
                                                         {"Reference", 0},
                                                         {"Service Code", 1},
                                                         {"Unauthorized Use Reported", 0},
                                                         {"Assignment Notes", 0}};

const ptl_page_column ptl_person_columns[PTL_PERSON_COLUMNS] = {
    {"ID", 0}, {"Name", 0}, {"Organization", 0}, {"Contact URI", 0}, {"Last Updated", 0}};

static void put(ptl_page *p, ptl_buffer *b, const char *s, size_t len) {
  if (!ptl_append(b, s, len)) p->out_of_memory = 1;
}

static void put_literal(ptl_page *p, ptl_buffer *b, const char *s) { put(p, b, s, strlen(s)); }

static void put_mark(ptl_page *p, ptl_buffer *b, int mark) {
  char c = (char)mark;
  put(p, b, &c, 1);
}

static ptl_str span(const ptl_buffer *b) {
  ptl_str s = {b->data, b->len};
  return s;
}

/* ------------------------------------------------------------ clean text -- */

/* How many bytes the UTF-8 character at 's' has; 0 when it is not one. */
static size_t character(ptl_str s) {
  unsigned char c = (unsigned char)s.ptr[0], second;
  size_t i, n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
  if (n > s.len) return 0;
  for (i = 1; i < n; i++)
    if (((unsigned char)s.ptr[i] & 0xc0) != 0x80) return 0;
  second = n > 1 ? (unsigned char)s.ptr[1] : 0;
  if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second >= 0xa0) ||
      (c == 0xf0 && second < 0x90) || (c == 0xf4 && second >= 0x90))
    return 0;
  return n;
}

static int clean_byte(ptl_buffer *out, unsigned char c, const char *newline) {
  if (c == '\n') return ptl_append(out, newline, strlen(newline));
  if (c < ' ' || c == 0x7f) return ptl_append(out, " ", 1);
  return ptl_append(out, "\xef\xbf\xbd", 3); /* U+FFFD: this was no UTF-8 */
}

static const char line_break[] = {CELL_BREAK, '\n', '\0'};

int ptl_page_clean(ptl_buffer *out, ptl_str text, const char *newline) {
  while (text.len > 0) {
    size_t n = character(text);
    unsigned char c = (unsigned char)text.ptr[0];
    int as_is = n > 1 || (n == 1 && c >= ' ' && c != 0x7f);
    if (!(as_is ? ptl_append(out, text.ptr, n) : clean_byte(out, c, newline))) return 0;
    if (n == 0) n = 1;
    text.ptr += n;
    text.len -= n;
  }
  return 1;
}

static void put_clean(ptl_page *p, ptl_buffer *b, ptl_str text) {
  if (!ptl_page_clean(b, text, " ")) p->out_of_memory = 1;
}

static void put_lines(ptl_page *p, ptl_buffer *b, ptl_str text) {
  if (!ptl_page_clean(b, text, line_break)) p->out_of_memory = 1;
}

/* ---------------------------------------------------------------- links -- */

/* "[label]", the label linking to 'before' with 'address' after it. */
static void put_link(ptl_page *p, ptl_buffer *b, const char *before, ptl_str address,
                     ptl_str label) {
  put_literal(p, b, "[");
  put_mark(p, b, CELL_LINK);
  put_literal(p, b, before);
  put_clean(p, b, address);
  put_mark(p, b, CELL_LABEL);
  put_clean(p, b, label);
  put_mark(p, b, CELL_END_LINK);
  put_literal(p, b, "]");
}

static void put_unlinked(ptl_page *p, ptl_buffer *b, ptl_str label) {
  put_literal(p, b, "[");
  put_clean(p, b, label);
  put_literal(p, b, "]");
}

static const char rfcs[] = "https://www.iana.org/go/rfc", drafts[] = "https://www.iana.org/go/";

/* The digits of "RFC6335" and of "RFC6335, Section 4". */
static ptl_str rfc_number(ptl_str label) {
  ptl_str number = {label.ptr + 3, 0};
  if (!ptl_starts_folded(label, "rfc")) return number;
  while (number.len + 3 < label.len && number.ptr[number.len] >= '0' &&
         number.ptr[number.len] <= '9')
    number.len++;
  return number;
}

static int is_number(ptl_str s) {
  size_t i;
  for (i = 0; i < s.len; i++)
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return 0;
  return s.len > 0;
}

static void put_reference(ptl_page *p, ptl_buffer *b, ptl_str label) {
  ptl_str rfc = rfc_number(label);
  if (rfc.len > 0)
    put_link(p, b, rfcs, rfc, label);
  else if (is_number(label))
    put_link(p, b, "#note", label, label);
  else if (ptl_starts_folded(label, "http://") || ptl_starts_folded(label, "https://"))
    put_link(p, b, "", label, label);
  else
    put_unlinked(p, b, label);
}

static void put_labels(ptl_page *p, int column, ptl_str text) {
  ptl_buffer *b = &p->cell[column];
  ptl_str label;
  while (ptl_next_label(&text, &label)) {
    if (column == PTL_REFERENCE)
      put_reference(p, b, label);
    else
      put_link(p, b, "#", label, label);
  }
  put_lines(p, b, text); /* what is not in brackets */
}

/* What stands in brackets at 'text', on one line; the brackets are not part. */
static ptl_str bracketed(ptl_str text) {
  ptl_str label = {text.ptr + 1, 0};
  while (label.len + 1 < text.len && label.ptr[label.len] != ']' && label.ptr[label.len] != '[' &&
         label.ptr[label.len] != '\n')
    label.len++;
  if (label.len + 1 >= text.len || label.ptr[label.len] != ']') label.len = 0;
  return label;
}

static void put_plain(ptl_page *p, ptl_buffer *b, ptl_str text) {
  if (!ptl_page_clean(b, text, "\n")) p->out_of_memory = 1;
}

int ptl_page_prose(ptl_page *p, ptl_str text, ptl_str *cell) {
  ptl_buffer *b = &p->cell[0];
  b->len = 0;
  while (text.len > 0) {
    const char *open = memchr(text.ptr, '[', text.len);
    ptl_str before = {text.ptr, open != NULL ? (size_t)(open - text.ptr) : text.len}, label;
    put_plain(p, b, before);
    if (open == NULL) break;
    text.ptr += before.len;
    text.len -= before.len;
    label = bracketed(text);
    if (label.len > 0)
      put_reference(p, b, label);
    else
      put_literal(p, b, "[");
    text.ptr += label.len > 0 ? label.len + 2 : 1;
    text.len -= label.len > 0 ? label.len + 2 : 1;
  }
  *cell = span(b);
  return !p->out_of_memory;
}

/* ------------------------------------------------------- a record's XML -- */

static int is_type(const ptl_page *p, const char *type) {
  return ptl_equal(span(&p->type), ptl_literal(type));
}

static int is_blank(ptl_str s) { return ptl_trim(s).len == 0; }

/* An RFC's data is in lower case; the page shows it in capitals. */
static void capitals(ptl_buffer *b) {
  char *s = b->data;
  size_t i;
  for (i = 0; i < b->len; i++)
    if (s[i] >= 'a' && s[i] <= 'z') s[i] = (char)(s[i] - 'a' + 'A');
}

static void make_label(ptl_page *p) {
  if (is_type(p, "person") || is_type(p, "note")) p->label.len = 0;
  if (!is_blank(span(&p->label))) return;
  p->label.len = 0;
  put(p, &p->label, p->data.data, p->data.len);
  if (is_type(p, "rfc")) capitals(&p->label);
  if (p->section.len == 0) return;
  put_literal(p, &p->label, ", Section ");
  put(p, &p->label, p->section.data, p->section.len);
}

/* "RFC-ietf-..." is a draft that waits for its number. */
static ptl_str draft_name(ptl_str data, const char **before) {
  *before = drafts;
  if (!ptl_starts_folded(data, "RFC-")) return data;
  data.ptr += 4;
  data.len -= 4;
  *before = "https://www.iana.org/go/draft-";
  return data;
}

static void put_xref(ptl_page *p, ptl_buffer *b) {
  const char *before = "";
  ptl_str data = span(&p->data), label;
  make_label(p);
  label = span(&p->label);
  if (is_type(p, "rfc"))
    before = drafts;
  else if (is_type(p, "draft"))
    data = draft_name(data, &before);
  else if (is_type(p, "person"))
    before = "#";
  else if (is_type(p, "note"))
    before = "#note";
  else if (!is_type(p, "uri"))
    data.len = 0;
  if (data.len > 0)
    put_link(p, b, before, data, label);
  else
    put_unlinked(p, b, label);
}

static void begin_xref(ptl_page *p, const XML_Char **attributes) {
  p->in_xref = p->depth;
  p->type.len = p->data.len = p->section.len = p->label.len = 0;
  for (; attributes[0] != NULL; attributes += 2) {
    ptl_buffer *b = strcmp(attributes[0], "type") == 0      ? &p->type
                    : strcmp(attributes[0], "data") == 0    ? &p->data
                    : strcmp(attributes[0], "section") == 0 ? &p->section
                                                            : NULL;
    if (b != NULL) put_literal(p, b, attributes[1]);
  }
}

/* The column that a record's child belongs to, of those made here; or -1. */
static int column_of(const char *name) {
  return strcmp(name, "description") == 0 ? PTL_DESCRIPTION
         : strcmp(name, "note") == 0      ? PTL_NOTE
         : strcmp(name, "xref") == 0      ? PTL_REFERENCE
                                          : -1;
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
  ptl_page *p = data;
  if (++p->depth == 2) p->column = column_of(name);
  if (p->column < 0 || p->in_xref > 0) return;
  if (strcmp(name, "xref") == 0)
    begin_xref(p, attributes);
  else if (strcmp(name, "br") == 0)
    put_mark(p, &p->cell[p->column], CELL_BREAK);
  else if (strcmp(name, "paragraph") == 0)
    put_mark(p, &p->cell[p->column], CELL_PARAGRAPH);
}

static void XMLCALL on_end(void *data, const XML_Char *name) {
  ptl_page *p = data;
  if (p->column >= 0 && p->in_xref == p->depth) {
    p->in_xref = 0;
    if (p->column != PTL_REFERENCE || !is_type(p, "person")) put_xref(p, &p->cell[p->column]);
  } else if (p->column >= 0 && p->in_xref == 0 && strcmp(name, "paragraph") == 0) {
    put_mark(p, &p->cell[p->column], CELL_END_PARAGRAPH);
  }
  if (p->depth-- == 2) p->column = -1;
}

static void XMLCALL on_text(void *data, const XML_Char *s, int len) {
  ptl_page *p = data;
  if (p->column < 0) return;
  if (p->in_xref > 0)
    put(p, &p->label, s, (size_t)len);
  else
    put(p, &p->cell[p->column], s, (size_t)len);
}

static void forget_rich(ptl_page *p) {
  p->cell[PTL_DESCRIPTION].len = p->cell[PTL_NOTE].len = p->cell[PTL_REFERENCE].len = 0;
}

/* The element itself: a markup begins where the record before ended. */
static ptl_str record_element(ptl_str xml) {
  const char *at = ptl_find_folded(xml, ptl_literal("<record"));
  ptl_str none = {NULL, 0};
  if (xml.len == 0 || at == NULL) return none;
  xml.len -= (size_t)(at - xml.ptr);
  xml.ptr = at;
  return xml;
}

static int parse_record(ptl_page *p, ptl_str xml) {
  int ok;
  if (xml.len == 0 || xml.len > INT_MAX || !XML_ParserReset(p->parser, "UTF-8")) return 0;
  XML_SetUserData(p->parser, p);
  XML_SetElementHandler(p->parser, on_start, on_end);
  XML_SetCharacterDataHandler(p->parser, on_text);
  p->depth = p->in_xref = 0;
  p->column = -1;
  ok = XML_Parse(p->parser, xml.ptr, (int)xml.len, 1) == XML_STATUS_OK;
  if (!ok) forget_rich(p);
  return ok;
}

/* -------------------------------------------------------------- records -- */

static int is_linked(int column) {
  return column == PTL_ASSIGNEE || column == PTL_CONTACT || column == PTL_REFERENCE;
}

static int is_rich(int column) {
  return column == PTL_DESCRIPTION || column == PTL_NOTE || column == PTL_REFERENCE;
}

static int from_xml(ptl_page *p, const ptl_record *r) {
  ptl_str text[PTL_COLUMNS], markup = ptl_text_of(p->snapshot, r->text[PTL_MARKUP]);
  int i;
  if (markup.len == 0) return 0;
  for (i = 0; i < PTL_COLUMNS; i++) text[i] = ptl_text_of(p->snapshot, r->text[i]);
  p->xml.len = 0;
  if (!ptl_markup_expand(markup, text, &p->xml)) p->out_of_memory = 1;
  return parse_record(p, record_element(span(&p->xml)));
}

int ptl_page_record(ptl_page *p, uint32_t id, ptl_str cells[PTL_COLUMNS]) {
  const ptl_record *r = &p->snapshot->records[id];
  int i, rich;
  for (i = 0; i < PTL_COLUMNS; i++) p->cell[i].len = 0;
  rich = from_xml(p, r);
  for (i = 0; i < PTL_COLUMNS; i++) {
    ptl_str text = ptl_text_of(p->snapshot, r->text[i]);
    if (rich && is_rich(i)) continue;
    if (is_linked(i))
      put_labels(p, i, text);
    else
      put_lines(p, &p->cell[i], text);
  }
  for (i = 0; i < PTL_COLUMNS; i++) cells[i] = span(&p->cell[i]);
  return !p->out_of_memory;
}

/* --------------------------------------------------------------- people -- */

/* One address a line; each is a link. */
static void put_uris(ptl_page *p, ptl_buffer *b, ptl_str uris) {
  while (uris.len > 0) {
    const char *newline = memchr(uris.ptr, '\n', uris.len);
    ptl_str uri = {uris.ptr, newline != NULL ? (size_t)(newline - uris.ptr) : uris.len};
    put_mark(p, b, CELL_LINK);
    put_clean(p, b, uri);
    put_mark(p, b, CELL_LABEL);
    put_clean(p, b, uri);
    put_mark(p, b, CELL_END_LINK);
    if (newline == NULL) return;
    put_mark(p, b, CELL_BREAK);
    uris.ptr += uri.len + 1;
    uris.len -= uri.len + 1;
  }
}

int ptl_page_person(ptl_page *p, uint32_t i, ptl_str cells[PTL_PERSON_COLUMNS]) {
  enum { ID, NAME, ORG, URI, UPDATED };
  const ptl_person *person = &p->snapshot->people[i];
  int n;
  for (n = 0; n < PTL_PERSON_COLUMNS; n++) {
    ptl_str text = ptl_text_of(p->snapshot, person->text[n]);
    p->cell[n].len = 0;
    if (n == ID)
      put_unlinked(p, &p->cell[n], text);
    else if (n == URI)
      put_uris(p, &p->cell[n], text);
    else
      put_lines(p, &p->cell[n], text);
  }
  for (n = 0; n < PTL_PERSON_COLUMNS; n++) cells[n] = span(&p->cell[n]);
  return !p->out_of_memory;
}

int ptl_page_has_org(const ptl_snapshot *s) {
  uint32_t i;
  for (i = 0; i < s->npeople; i++)
    if (s->people[i].text[2] != 0) return 1;
  return 0;
}

/* ------------------------------------------------------------ the whole -- */

int ptl_page_said(const ptl_snapshot *s, const char *key, uint32_t i, ptl_str *value) {
  ptl_str name;
  uint32_t n;
  for (n = 0; ptl_snapshot_meta(s, n, &name, value); n++)
    if (ptl_equal(name, ptl_literal(key)) && i-- == 0) return 1;
  return 0;
}

int ptl_page_begin(ptl_page *p, const ptl_snapshot *s) {
  memset(p, 0, sizeof *p);
  p->snapshot = s;
  return (p->parser = XML_ParserCreate("UTF-8")) != NULL;
}

void ptl_page_end(ptl_page *p) {
  int i;
  if (p->parser != NULL) XML_ParserFree(p->parser);
  for (i = 0; i < PTL_COLUMNS; i++) free(p->cell[i].data);
  free(p->xml.data);
  free(p->type.data);
  free(p->data.data);
  free(p->section.data);
  free(p->label.data);
}
