/*
** write_html.c -- IANA's page as XHTML that needs no other file.
**
** Well-formed whatever the registry holds, and the tables are IANA's own:
** what shows IANA's page as plain text makes the same plain text of this.
** Only addresses that a reader can follow without harm become links.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <string.h>

#include "page.h"
#include "write.h"

typedef struct {
  const ptl_snapshot *snapshot;
  ptl_page page;
  ptl_buffer *out;
} writer;

static int put(writer *w, const char *s) { return ptl_append(w->out, s, strlen(s)); }

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
    "<head>\n"
    "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\"/>\n"
    "<title>";

static const char style[] =
    "</title>\n"
    "<style type=\"text/css\">\n"
    "body { font-family: sans-serif }\n"
    "table { border-collapse: collapse; font-size: small }\n"
    "th, td { border: 1px solid #ccc; padding: 2px 6px; text-align: left }\n"
    "td[align=center] { text-align: center }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n";

/* ---------------------------------------------------------------- cells -- */

static const char *escape_of(char c) {
  return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;
}

static int put_escaped(writer *w, ptl_str s) {
  size_t i, plain = 0;
  for (i = 0; i < s.len; i++) {
    const char *escape = escape_of(s.ptr[i]);
    if (escape == NULL) continue;
    if (!ptl_append(w->out, s.ptr + plain, i - plain) || !put(w, escape)) return 0;
    plain = i + 1;
  }
  return ptl_append(w->out, s.ptr + plain, s.len - plain);
}

static int is_harmless(ptl_str address) {
  static const char *const begins[] = {"#", "http://", "https://", "mailto:", "tel:"};
  size_t i;
  for (i = 0; i < countof(begins); i++)
    if (ptl_starts_folded(address, begins[i])) return 1;
  return 0;
}

/* From *s on, up to 'mark' or the end; *s is then past the mark. */
static ptl_str take(ptl_str *s, int mark) {
  const char *at = s->len > 0 ? memchr(s->ptr, mark, s->len) : NULL;
  ptl_str taken = {s->ptr, at != NULL ? (size_t)(at - s->ptr) : s->len};
  size_t used = taken.len + (at != NULL);
  s->ptr += used;
  s->len -= used;
  return taken;
}

static int put_link(writer *w, ptl_str *rest) {
  ptl_str address = take(rest, CELL_LABEL), label = take(rest, CELL_END_LINK);
  if (!is_harmless(address)) return put_escaped(w, label);
  return put(w, "<a href=\"") && put_escaped(w, address) && put(w, "\">") &&
         put_escaped(w, label) && put(w, "</a>");
}

static int put_mark(writer *w, char mark, ptl_str *rest) {
  switch (mark) {
    case CELL_BREAK:
      return put(w, "<br/>");
    case CELL_PARAGRAPH:
      return put(w, "<p>");
    case CELL_END_PARAGRAPH:
      return put(w, "</p>");
    case CELL_LINK:
      return put_link(w, rest);
    default:
      return 1;
  }
}

static int put_cell(writer *w, ptl_str cell) {
  while (cell.len > 0) {
    ptl_str words = {cell.ptr, 0};
    char mark;
    while (words.len < cell.len && (unsigned char)words.ptr[words.len] > CELL_END_LINK) words.len++;
    if (!put_escaped(w, words)) return 0;
    if (words.len == cell.len) return 1;
    mark = words.ptr[words.len];
    cell.ptr += words.len + 1;
    cell.len -= words.len + 1;
    if (!put_mark(w, mark, &cell)) return 0;
  }
  return 1;
}

static int put_words(writer *w, ptl_str text) {
  w->page.cell[0].len = 0;
  if (!ptl_page_clean(&w->page.cell[0], text, " ")) return 0;
  text.ptr = w->page.cell[0].data;
  text.len = w->page.cell[0].len;
  return put_escaped(w, text);
}

static int put_prose(writer *w, ptl_str text) {
  ptl_str cell;
  return ptl_page_prose(&w->page, text, &cell) && put_cell(w, cell);
}

/* --------------------------------------------------------------- tables -- */

static int begin_table(writer *w, const char *id, const ptl_page_column *columns, uint32_t n) {
  uint32_t i;
  if (!put(w, "<table id=\"") || !put(w, id) || !put(w, "\">\n<thead>\n<tr>")) return 0;
  for (i = 0; i < n; i++)
    if (!put(w, "<th>") || !put(w, columns[i].title) || !put(w, "</th>")) return 0;
  return put(w, "</tr>\n</thead>\n<tbody>\n");
}

static int put_td(writer *w, ptl_str cell, int centred) {
  return put(w, centred ? "<td align=\"center\">" : "<td>") && put_cell(w, cell) && put(w, "</td>");
}

static int end_table(writer *w) { return put(w, "</tbody>\n</table>\n"); }

static int put_record(writer *w, uint32_t id) {
  ptl_str cells[PTL_COLUMNS];
  int i;
  if (!ptl_page_record(&w->page, id, cells) || !put(w, "<tr>")) return 0;
  for (i = 0; i < PTL_COLUMNS; i++)
    if (!put_td(w, cells[i], ptl_record_columns[i].centred)) return 0;
  return put(w, "</tr>\n");
}

static int put_records(writer *w) {
  uint32_t id;
  if (!begin_table(w, "records", ptl_record_columns, PTL_COLUMNS)) return 0;
  for (id = 0; id < w->snapshot->nrecords; id++)
    if (!put_record(w, id)) return 0;
  return end_table(w);
}

/* The id is what the records' links lead to; it is shown in brackets. */
static int put_anchor(writer *w, ptl_str shown) {
  ptl_str id = {shown.ptr + 1, shown.len - 2};
  return put(w, "<tr><td><a id=\"") && put_escaped(w, id) && put(w, "\">") &&
         put_escaped(w, shown) && put(w, "</a></td>");
}

static int put_person(writer *w, uint32_t n, int has_org) {
  ptl_str cells[PTL_PERSON_COLUMNS];
  int i;
  if (!ptl_page_person(&w->page, n, cells) || !put_anchor(w, cells[0])) return 0;
  for (i = 1; i < PTL_PERSON_COLUMNS; i++)
    if ((i != 2 || has_org) && !put_td(w, cells[i], 0)) return 0;
  return put(w, "</tr>\n");
}

static int put_people(writer *w) {
  static const ptl_page_column without_org[] = {
      {"ID", 0}, {"Name", 0}, {"Contact URI", 0}, {"Last Updated", 0}};
  int has_org = ptl_page_has_org(w->snapshot);
  uint32_t i;
  if (w->snapshot->npeople == 0) return 1;
  if (!put(w, "<h1>Contact Information</h1>\n") ||
      !begin_table(w, "people", has_org ? ptl_person_columns : without_org,
                   PTL_PERSON_COLUMNS - !has_org))
    return 0;
  for (i = 0; i < w->snapshot->npeople; i++)
    if (!put_person(w, i, has_org)) return 0;
  return end_table(w);
}

/* ----------------------------------------------------- around the tables -- */

static const struct {
  const char *key, *title, *before, *after;
} heads[] = {{"date", "Last Updated", "", ""},
             {"expert", "Expert(s)", "<pre>", "</pre>"},
             {"reference", "Reference", "", ""},
             {"note", "Note", "<pre>", "</pre>"}};

static int put_head(writer *w, size_t i) {
  ptl_str value;
  uint32_t n;
  for (n = 0; ptl_page_said(w->snapshot, heads[i].key, n, &value); n++)
    if (!put(w, "<dt>") || !put(w, heads[i].title) || !put(w, "</dt>\n<dd>") ||
        !put(w, heads[i].before) || !put_prose(w, value) || !put(w, heads[i].after) ||
        !put(w, "</dd>\n"))
      return 0;
  return 1;
}

static int put_heads(writer *w) {
  ptl_str title = ptl_literal("Service Name and Transport Protocol Port Number Registry");
  size_t i;
  ptl_page_said(w->snapshot, "title", 0, &title);
  if (!put(w, head) || !put_words(w, title) || !put(w, style) || !put(w, "<h1>") ||
      !put_words(w, title) || !put(w, "</h1>\n<dl>\n"))
    return 0;
  for (i = 0; i < countof(heads); i++)
    if (!put_head(w, i)) return 0;
  return put(w, "</dl>\n");
}

static int put_footnote(writer *w, uint32_t n, ptl_str text) {
  char anchor[80];
  snprintf(anchor, sizeof anchor, "<tr><td valign=\"top\"><a id=\"note%u\">[%u]</a></td><td><pre>",
           n, n);
  return put(w, anchor) && put_prose(w, text) && put(w, "</pre></td></tr>\n");
}

static int put_footnotes(writer *w) {
  ptl_str value;
  uint32_t i;
  if (!ptl_page_said(w->snapshot, "footnote", 0, &value)) return 1;
  if (!put(w, ptl_page_said(w->snapshot, "footnote", 1, &value) ? "<h1>Footnotes</h1>\n"
                                                                : "<h1>Footnote</h1>\n") ||
      !put(w, "<table id=\"footnotes\">\n"))
    return 0;
  for (i = 0; ptl_page_said(w->snapshot, "footnote", i, &value); i++)
    if (!put_footnote(w, i + 1, value)) return 0;
  return put(w, "</table>\n");
}

int ptl_write_html(const ptl_snapshot *s, const char *options, ptl_buffer *out, ptl_error *err) {
  writer w = {.snapshot = s, .out = out};
  int ok;
  (void)options;
  ok = ptl_page_begin(&w.page, s) && put_heads(&w) && put_records(&w) && put_people(&w) &&
       put_footnotes(&w) && put(&w, "</body>\n</html>\n");
  ptl_page_end(&w.page);
  return ok ? PTL_OK : ptl_fail_memory(err);
}
