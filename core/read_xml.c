/*
** read_xml.c -- IANA's service-names-port-numbers.xml, by expat.
**
** Two things are made of each record: its columns, as IANA's own CSV has
** them, and its markup, which is the record's bytes with a mark wherever a
** column's text stands (write_xml.c puts the texts back). Whatever lies
** between records belongs to the markup of the next one, so that the whole
** document comes back byte for byte, known elements or not.
**
** SPDX-License-Identifier: MIT
*/
#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "markup.h"

enum element {
  E_OTHER,
  E_REGISTRY,
  E_TITLE,
  E_CATEGORY,
  E_UPDATED,
  E_EXPERT,
  E_XREF,
  E_NOTE,
  E_RECORD,
  E_NAME,
  E_PROTOCOL,
  E_NUMBER,
  E_DESCRIPTION,
  E_ASSIGNEE,
  E_SC,
  E_UNAUTHORIZED,
  E_BR,
  E_PARAGRAPH,
  E_FOOTNOTE,
  E_PEOPLE,
  E_PERSON,
  E_ORG,
  E_URI
};

static const char *const element_names[] = {
    NULL,          "registry", "title",  "category",     "updated",  "expert",
    "xref",        "note",     "record", "name",         "protocol", "number",
    "description", "assignee", "sc",     "unauthorized", "br",       "paragraph",
    "footnote",    "people",   "person", "org",          "uri"};

/* Where we are: directly in the registry, in a record, in a person. */
enum scope { IN_REGISTRY, IN_RECORD, IN_PERSON };

/* Person texts, in ptl_person's order, after the columns. */
enum { P_ID, P_NAME, P_ORG, P_URI, P_UPDATED, P_MARKUP, P_TEXTS };

#define MAX_DEPTH PTL_XML_DEPTH

typedef struct {
  ptl_source *in;
  XML_Parser parser;
  ptl_builder *b;
  int rc;
  int depth;
  enum element path[MAX_DEPTH];
  enum scope scope;
  int leaf;                       /* the depth of the element whose text is gathered, or 0 */
  uint64_t remarked;              /* unknown elements and attributes already spoken of, by hash */
  size_t done;                    /* source bytes that some markup already holds */
  size_t inner;                   /* where the leaf's content begins */
  ptl_buffer text;                /* the leaf's text */
  ptl_buffer label;               /* an xref's own text */
  int in_xref;                    /* the depth of the xref we are in, or 0 */
  size_t xref_at;                 /* where it begins */
  ptl_buffer type, data, section; /* its attributes */
  ptl_buffer column[PTL_COLUMNS + 1]; /* the last is of no column */
  int has_assignee;
  ptl_buffer person[P_TEXTS];
  ptl_markup markup;
} reader;

static ptl_str span(const ptl_buffer *b) {
  ptl_str s = {b->data, b->len};
  return s;
}

static void stop(reader *r, int rc) {
  if (r->rc == PTL_OK) r->rc = rc;
  XML_StopParser(r->parser, XML_FALSE);
}

static void put(reader *r, ptl_buffer *b, const char *s, size_t len) {
  if (!ptl_append(b, s, len)) stop(r, ptl_fail_memory(r->in->err));
}

static void put_literal(reader *r, ptl_buffer *b, const char *s) { put(r, b, s, strlen(s)); }

static size_t offset(const reader *r) { return (size_t)XML_GetCurrentByteIndex(r->parser); }

static ptl_str source_bytes(const reader *r, size_t from, size_t to) {
  ptl_str s = {r->in->text + from, to - from};
  return s;
}

static enum element element_named(const char *name) {
  const char *colon = strchr(name, ':');
  int i;
  if (colon != NULL) name = colon + 1;
  for (i = 1; i < (int)countof(element_names); i++)
    if (name[0] == element_names[i][0] && strcmp(name, element_names[i]) == 0)
      return (enum element)i;
  return E_OTHER;
}

/* ------------------------------------------------------------- remarks -- */

/* Once for each kind of thing: a registry has thousands of each element. */
static void remark(reader *r, const char *what, const char *name) {
  uint64_t bit = (uint64_t)1 << (ptl_hash(ptl_literal(name)) >> 58);
  if (r->remarked & bit) return;
  r->remarked |= bit;
  if (ptl_builder_remarks(r->b, r->in->err,
                          "%.200s:%lu:%lu: %s '%.60s' is not in IANA's model; "
                          "kept as it is, not read",
                          r->in->source, (unsigned long)XML_GetCurrentLineNumber(r->parser),
                          (unsigned long)XML_GetCurrentColumnNumber(r->parser) + 1, what,
                          name) != PTL_OK)
    stop(r, PTL_ENOMEM);
}

/* ---------------------------------------------------------- whitespace -- */

/* IANA's rule: each match of \s\n\s+ becomes one space; then both ends are
   stripped. In place; returns the new length. */
static size_t fold_breaks(char *s, size_t len) {
  size_t i = 0, n = 0;
  while (i < len) {
    if (i + 2 < len && ptl_is_space((unsigned char)s[i]) && s[i + 1] == '\n' &&
        ptl_is_space((unsigned char)s[i + 2])) {
      i += 2;
      while (i < len && ptl_is_space((unsigned char)s[i])) i++;
      s[n++] = ' ';
    } else {
      s[n++] = s[i++];
    }
  }
  return n;
}

/* Folds what 'b' has from 'from' on. */
static void tidy(const reader *r, ptl_buffer *b, size_t from) {
  if (b->len > from && r->in->era->folds)
    b->len = from + fold_breaks((char *)b->data + from, b->len - from);
}

/* ---------------------------------------------------------------- xref -- */

static int is(const char *name, const char *literal) { return strcmp(name, literal) == 0; }

static void begin_xref(reader *r, const char **attributes) {
  r->in_xref = r->depth;
  r->xref_at = offset(r);
  r->type.len = r->data.len = r->section.len = r->label.len = 0;
  for (; attributes[0] != NULL; attributes += 2) {
    if (is(attributes[0], "type"))
      put_literal(r, &r->type, attributes[1]);
    else if (is(attributes[0], "data"))
      put_literal(r, &r->data, attributes[1]);
    else if (is(attributes[0], "section"))
      put_literal(r, &r->section, attributes[1]);
    else
      remark(r, "attribute", attributes[0]);
  }
}

static int is_type(const reader *r, const char *type) {
  return ptl_equal(span(&r->type), ptl_literal(type));
}

/* What stands between the brackets: for people and footnotes the data; for
   others their text, or else the data, an RFC's in capitals, and the section,
   which a text says itself. */
static void make_label(reader *r) {
  size_t i, from;
  int by_data = is_type(r, "person") || is_type(r, "note"), has_text;
  if (by_data) r->label.len = 0;
  has_text = r->label.len > 0;
  if (!has_text) {
    from = r->label.len;
    put(r, &r->label, r->data.data, r->data.len);
    if (is_type(r, "rfc"))
      for (i = from; i < r->label.len; i++) {
        char *c = (char *)r->label.data + i;
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
      }
  }
  if (!has_text && r->section.len > 0) {
    put_literal(r, &r->label, ", Section ");
    put(r, &r->label, r->section.data, r->section.len);
  }
}

static void put_label(reader *r, ptl_buffer *b) {
  put_literal(r, b, "[");
  put(r, b, r->label.data, r->label.len);
  put_literal(r, b, "]");
}

/* The column that an xref directly in a record or its assignee belongs to. */
static int column_of_xref(const reader *r) {
  if (r->path[r->depth - 1] == E_ASSIGNEE) return PTL_ASSIGNEE;
  return is_type(r, "person") ? PTL_CONTACT : PTL_REFERENCE;
}

static void end_record_xref(reader *r) {
  int column = column_of_xref(r);
  ptl_buffer *b = &r->column[column];
  size_t from = b->len;
  put_label(r, b);
  if (column == PTL_REFERENCE) tidy(r, b, from);
  if (!ptl_markup_label(&r->markup, source_bytes(r, r->xref_at, offset(r)), r->xref_at, column,
                        is_type(r, "rfc"), span(&r->label)))
    stop(r, ptl_fail_memory(r->in->err));
}

static void end_xref(reader *r) {
  make_label(r);
  r->in_xref = 0;
  if (r->leaf != 0)
    put_label(r, &r->text);
  else if (r->scope == IN_RECORD)
    end_record_xref(r);
  else if (r->scope == IN_REGISTRY && r->depth == 2) {
    r->text.len = 0;
    put_label(r, &r->text);
    if (ptl_builder_say(r->b, "reference", span(&r->text), r->in->err) != PTL_OK)
      stop(r, PTL_ENOMEM);
  }
}

/* -------------------------------------------------------------- leaves -- */

/* The element's place among the columns, or PTL_COLUMNS. */
static int column_of(enum element e) {
  switch (e) {
    case E_NAME:
      return PTL_NAME;
    case E_NUMBER:
      return PTL_NUMBER;
    case E_PROTOCOL:
      return PTL_TRANSPORT;
    case E_DESCRIPTION:
      return PTL_DESCRIPTION;
    case E_SC:
      return PTL_SERVICE_CODE;
    case E_UNAUTHORIZED:
      return PTL_UNAUTHORIZED;
    case E_NOTE:
      return PTL_NOTE;
    default:
      return PTL_COLUMNS;
  }
}

static int person_text_of(enum element e) {
  switch (e) {
    case E_NAME:
      return P_NAME;
    case E_ORG:
      return P_ORG;
    case E_URI:
      return P_URI;
    case E_UPDATED:
      return P_UPDATED;
    default:
      return P_MARKUP;
  }
}

static const char *meta_key_of(enum element e) {
  switch (e) {
    case E_TITLE:
      return "title";
    case E_CATEGORY:
      return "category";
    case E_UPDATED:
      return "date";
    case E_EXPERT:
      return "expert";
    case E_NOTE:
      return "note";
    case E_FOOTNOTE:
      return "footnote";
    default:
      return NULL;
  }
}

static int is_leaf(const reader *r, enum element e) {
  if (r->scope == IN_RECORD) return r->depth == 3 && column_of(e) < PTL_COLUMNS;
  if (r->scope == IN_PERSON) return r->depth == 4 && person_text_of(e) < P_MARKUP;
  return r->depth == 2 && meta_key_of(e) != NULL;
}

static void begin_leaf(reader *r) {
  r->leaf = r->depth;
  r->text.len = 0;
  r->inner = offset(r) + (size_t)XML_GetCurrentByteCount(r->parser);
}

/* The leaf's text into 'b', where it is text 'number' of the markup. Two
   elements of one kind, such as a person's addresses, give a line each. */
static void keep_leaf(reader *r, ptl_buffer *b, int number, ptl_str text) {
  size_t end = offset(r);
  if (b->len > 0) {
    ptl_markup_as_is(&r->markup);
    put_literal(r, b, "\n");
  } else if (r->inner <= end &&
             !ptl_markup_text(&r->markup, source_bytes(r, r->inner, end), r->inner, number, text)) {
    stop(r, ptl_fail_memory(r->in->err));
  }
  put(r, b, text.ptr, text.len);
}

static void end_leaf(reader *r, enum element e) {
  r->leaf = 0;
  if (r->scope == IN_RECORD) {
    tidy(r, &r->text, 0);
    keep_leaf(r, &r->column[column_of(e)], column_of(e), ptl_trim(span(&r->text)));
  } else if (r->scope == IN_PERSON)
    keep_leaf(r, &r->person[person_text_of(e)], person_text_of(e), span(&r->text));
  else if (ptl_builder_say(r->b, meta_key_of(e), ptl_trim(span(&r->text)), r->in->err) != PTL_OK)
    stop(r, PTL_ENOMEM);
}

/* ----------------------------------------------------- records, people -- */

static void take_attribute(reader *r, ptl_buffer *b, int number, const char *name,
                           const char *value) {
  size_t at = offset(r), len = (size_t)XML_GetCurrentByteCount(r->parser);
  put_literal(r, b, value);
  if (!ptl_markup_attribute(&r->markup, source_bytes(r, at, at + len), at, name, number, span(b)))
    stop(r, ptl_fail_memory(r->in->err));
}

static void begin_record(reader *r, const char **attributes) {
  int i;
  r->scope = IN_RECORD;
  r->has_assignee = 0;
  for (i = 0; i < PTL_COLUMNS; i++) r->column[i].len = 0;
  ptl_markup_begin(&r->markup);
  for (; attributes[0] != NULL; attributes += 2) {
    if (is(attributes[0], "date"))
      take_attribute(r, &r->column[PTL_REGISTERED], PTL_REGISTERED, "date", attributes[1]);
    else if (is(attributes[0], "updated"))
      take_attribute(r, &r->column[PTL_MODIFIED], PTL_MODIFIED, "updated", attributes[1]);
    else
      remark(r, "attribute", attributes[0]);
  }
}

static void begin_person(reader *r, const char **attributes) {
  int i;
  r->scope = IN_PERSON;
  for (i = 0; i < P_TEXTS; i++) r->person[i].len = 0;
  ptl_markup_begin(&r->markup);
  for (; attributes[0] != NULL; attributes += 2) {
    if (is(attributes[0], "id"))
      take_attribute(r, &r->person[P_ID], P_ID, "id", attributes[1]);
    else
      remark(r, "attribute", attributes[0]);
  }
}

/* The markup from where the last one ended to the end of this end tag. */
static int close_markup(reader *r, ptl_str *out) {
  size_t end = offset(r) + (size_t)XML_GetCurrentByteCount(r->parser);
  int ok = ptl_markup_end(&r->markup, source_bytes(r, r->done, end), r->done, out);
  r->done = end;
  if (!ok) stop(r, ptl_fail_memory(r->in->err));
  return ok;
}

static int wrong(reader *r, const char *fmt, ptl_str what) {
  int shown = (int)(what.len < 40 ? what.len : 40);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return ptl_fail_at(r->in->err, r->in->source, (uint32_t)XML_GetCurrentLineNumber(r->parser),
                     (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1, fmt, shown, what.ptr);
#pragma GCC diagnostic pop
}

/* A record that is well-formed, but not in its columns. */
static void refuse(reader *r, const char *fmt, ptl_str what) {
  int rc = ptl_salvage(r->in, wrong(r, fmt, what));
  if (rc != PTL_OK) stop(r, rc);
}

static void end_record(reader *r) {
  ptl_row row;
  const char *fault;
  int i;
  memset(&row, 0, sizeof row);
  r->scope = IN_REGISTRY;
  for (i = 0; i < PTL_COLUMNS; i++) row.text[i] = span(&r->column[i]);
  if (!r->has_assignee) row.text[PTL_ASSIGNEE] = row.text[PTL_CONTACT];
  if (!close_markup(r, &row.text[PTL_MARKUP])) return;
  if ((fault = ptl_row_ports(&row)) != NULL)
    refuse(r, fault, row.text[PTL_NUMBER]);
  else if ((fault = ptl_row_transport(&row)) != NULL)
    refuse(r, fault, row.text[PTL_TRANSPORT]);
  else if ((i = ptl_builder_add(r->b, &row, r->in->err)) != PTL_OK)
    stop(r, i);
}

static void end_person(reader *r) {
  ptl_str text[P_TEXTS];
  int i;
  r->scope = IN_REGISTRY;
  for (i = 0; i < P_MARKUP; i++) text[i] = span(&r->person[i]);
  if (!close_markup(r, &text[P_MARKUP])) return;
  if ((i = ptl_builder_add_person(r->b, text, r->in->err)) != PTL_OK) stop(r, i);
}

/* ------------------------------------------------------ expat's events -- */

static void begin_other(reader *r, enum element e) {
  if (r->leaf != 0 && e == E_PARAGRAPH) put_literal(r, &r->text, r->in->era->paragraph);
  if (r->leaf != 0 && e == E_BR) put_literal(r, &r->text, r->in->era->br);
  if (r->scope == IN_RECORD && e == E_ASSIGNEE) r->has_assignee = 1;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
  reader *r = data;
  enum element e = element_named(name);
  if (++r->depth >= MAX_DEPTH) {
    stop(r, wrong(r, "elements are nested too deep%.*s", ptl_literal("")));
    return;
  }
  if (e == E_RECORD && r->depth > 2) {
    stop(r, wrong(r, "a record must stand directly in the registry%.*s", ptl_literal("")));
    return;
  }
  r->path[r->depth] = e;
  if (e == E_OTHER) remark(r, "element", name);
  if (e == E_RECORD && r->scope == IN_REGISTRY && r->depth == 2)
    begin_record(r, attributes);
  else if (e == E_PERSON && r->scope == IN_REGISTRY && r->depth == 3)
    begin_person(r, attributes);
  else if (e == E_XREF && r->in_xref == 0)
    begin_xref(r, attributes);
  else if (r->leaf == 0 && is_leaf(r, e))
    begin_leaf(r);
  else
    begin_other(r, e);
}

static void on_end(void *data, const XML_Char *name) {
  reader *r = data;
  enum element e = r->depth < MAX_DEPTH ? r->path[r->depth] : E_OTHER;
  (void)name;
  if (r->in_xref == r->depth)
    end_xref(r);
  else if (r->leaf == r->depth)
    end_leaf(r, e);
  else if (e == E_RECORD && r->scope == IN_RECORD && r->depth == 2)
    end_record(r);
  else if (e == E_PERSON && r->scope == IN_PERSON && r->depth == 3)
    end_person(r);
  r->depth--;
}

static void on_text(void *data, const XML_Char *s, int len) {
  reader *r = data;
  if (r->in_xref != 0)
    put(r, &r->label, s, (size_t)len);
  else if (r->leaf != 0)
    put(r, &r->text, s, (size_t)len);
}

/* A document type could define entities without end; IANA's has none. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal) {
  (void)system, (void)public, (void)internal;
  stop(data, wrong(data, "a document type (<!DOCTYPE %.*s) is not accepted", ptl_literal(name)));
}

/* ----------------------------------------------------------- the whole -- */

static int parse(reader *r) {
  size_t len = (size_t)(r->in->end - r->in->text);
  ptl_error *err = r->in->err;
  if (len > INT_MAX) return ptl_fail(err, PTL_ELIMIT, "%.200s: larger than 2 GiB", r->in->source);
  if (XML_Parse(r->parser, r->in->text, (int)len, 1) == XML_STATUS_OK) return r->rc;
  if (r->rc != PTL_OK) return r->rc;
  if (XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY) return ptl_fail_memory(err);
  return ptl_fail_at(err, r->in->source, (uint32_t)XML_GetCurrentLineNumber(r->parser),
                     (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1, "%s",
                     XML_ErrorString(XML_GetErrorCode(r->parser)));
}

/* What follows the last record or person; an empty registry has no other. */
static int keep_tail(reader *r) {
  ptl_str tail = source_bytes(r, r->done, (size_t)(r->in->end - r->in->text));
  return ptl_builder_say(r->b, "xml", tail, r->in->err);
}

static int read(reader *r) {
  int rc;
  XML_SetUserData(r->parser, r);
  XML_SetElementHandler(r->parser, on_start, on_end);
  XML_SetCharacterDataHandler(r->parser, on_text);
  XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
  if ((rc = parse(r)) != PTL_OK) return rc;
  return keep_tail(r);
}

static void discard(reader *r) {
  int i;
  for (i = 0; i < PTL_COLUMNS; i++) free(r->column[i].data);
  for (i = 0; i < P_TEXTS; i++) free(r->person[i].data);
  free(r->text.data);
  free(r->label.data);
  free(r->type.data);
  free(r->data.data);
  free(r->section.data);
  ptl_markup_free(&r->markup);
}

static int read_whole(ptl_source *in) {
  reader r = {.in = in, .b = in->builder, .rc = PTL_OK};
  int rc;
  if ((r.parser = XML_ParserCreate(NULL)) == NULL) return ptl_fail_memory(in->err);
  rc = read(&r);
  XML_ParserFree(r.parser);
  discard(&r);
  return rc;
}

int ptl_read_xml(ptl_source *in) {
  ptl_source mended = *in;
  ptl_buffer text = {0};
  int rc;
  if (!in->salvage) return read_whole(in);
  if ((rc = ptl_salvage_xml(in, &text)) == PTL_OK) {
    mended.text = text.data;
    mended.end = mended.text + text.len;
    rc = read_whole(&mended);
  }
  free(text.data);
  return rc;
}
