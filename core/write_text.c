/*
** write_text.c -- IANA's plain text.
**
** The tables of records and of people are IANA's own, line for line; what
** stands above and below them has the form of IANA's since 2026.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "write.h"

/* A row of a million blanks for each record is nobody's plain text. */
#define WIDEST 1000u

typedef struct {
  const ptl_snapshot *snapshot;
  ptl_page page;
  ptl_layout layout;
  ptl_buffer clean;
  int out_of_memory; /* while cleaning */
  ptl_buffer *out;
  ptl_error *err;
} writer;

static int put(writer *w, const char *s) { return ptl_append(w->out, s, strlen(s)); }

/* --------------------------------------------------------------- tables -- */

typedef struct {
  const ptl_page_column *columns;
  uint32_t ncolumns, nrows;
  int (*row)(writer *w, uint32_t i, ptl_str *cells);
} table;

static int record_row(writer *w, uint32_t i, ptl_str *cells) {
  return ptl_page_record(&w->page, i, cells);
}

static int person_row(writer *w, uint32_t i, ptl_str *cells) {
  return ptl_page_person(&w->page, i, cells);
}

/* Where no person has an organisation there is no column for it. */
static int person_row_without_org(writer *w, uint32_t i, ptl_str *cells) {
  ptl_str all[PTL_PERSON_COLUMNS];
  if (!ptl_page_person(&w->page, i, all)) return 0;
  cells[0] = all[0];
  cells[1] = all[1];
  cells[2] = all[3];
  cells[3] = all[4];
  return 1;
}

static int each_row(writer *w, const table *t, int (*visit)(ptl_layout *, const ptl_str *)) {
  ptl_str cells[PTL_COLUMNS];
  uint32_t i;
  for (i = 0; i < t->ncolumns; i++) cells[i] = ptl_literal(t->columns[i].title);
  if (!visit(&w->layout, cells)) return 0;
  for (i = 0; i < t->nrows; i++)
    if (!t->row(w, i, cells) || !visit(&w->layout, cells)) return 0;
  return 1;
}

static int put_rows(writer *w, const table *t) {
  ptl_str cells[PTL_COLUMNS];
  uint32_t i;
  for (i = 0; i < t->ncolumns; i++) cells[i] = ptl_literal(t->columns[i].title);
  if (!ptl_layout_put(&w->layout, cells, 1, w->out)) return 0;
  for (i = 0; i < t->nrows; i++)
    if (!t->row(w, i, cells) || !ptl_layout_put(&w->layout, cells, 0, w->out)) return 0;
  return 1;
}

static void begin_layout(writer *w, const table *t) {
  ptl_layout *l = &w->layout;
  uint32_t i;
  l->ncolumns = t->ncolumns;
  for (i = 0; i < t->ncolumns; i++) {
    l->centred[i] = (uint8_t)t->columns[i].centred;
    l->least[i] = l->most[i] = l->used[i] = 0;
  }
}

static int check_widths(writer *w, const table *t) {
  uint32_t i;
  for (i = 0; i < t->ncolumns; i++)
    if (w->layout.least[i] > WIDEST)
      return ptl_fail(w->err, PTL_ELIMIT, "plain text has no room for a word of %u characters (%s)",
                      w->layout.least[i], t->columns[i].title);
  return PTL_OK;
}

static int put_table(writer *w, const table *t) {
  int rc;
  begin_layout(w, t);
  if (!each_row(w, t, ptl_layout_measure)) return ptl_fail_memory(w->err);
  if ((rc = check_widths(w, t)) != PTL_OK) return rc;
  if (ptl_layout_share(&w->layout)) {
    if (!each_row(w, t, ptl_layout_fit)) return ptl_fail_memory(w->err);
    ptl_layout_settle(&w->layout);
  }
  return put_rows(w, t) ? PTL_OK : ptl_fail_memory(w->err);
}

/* ----------------------------------------------------- around the tables -- */

static int put_blanks(writer *w, uint32_t n) {
  for (; n > 0; n--)
    if (!put(w, " ")) return 0;
  return 1;
}

static ptl_str clean(writer *w, ptl_str text) {
  ptl_str s = {NULL, 0};
  w->clean.len = 0;
  if (!ptl_page_clean(&w->clean, text, "\n")) w->out_of_memory = 1;
  s.ptr = w->clean.data;
  s.len = w->clean.len;
  return s;
}

static int put_centred(writer *w, ptl_str text) {
  uint32_t length;
  text = ptl_trim(clean(w, text));
  length = ptl_layout_length(text);
  return (length >= PTL_PAGE_WIDTH || put_blanks(w, (PTL_PAGE_WIDTH - length) / 2)) &&
         ptl_append(w->out, text.ptr, text.len) && put(w, "\n\n");
}

/* Lines as they are; 'first' stands before the first one, 'before' the others. */
static int put_lines(writer *w, ptl_str text, const char *first, const char *before) {
  const char *indent = first;
  text = clean(w, text);
  while (text.len > 0) {
    const char *newline = memchr(text.ptr, '\n', text.len);
    size_t len = newline != NULL ? (size_t)(newline - text.ptr) : text.len, shown = len;
    while (shown > 0 && ptl_is_space((unsigned char)text.ptr[shown - 1])) shown--;
    if ((shown > 0 && !put(w, indent)) || !ptl_append(w->out, text.ptr, shown) || !put(w, "\n"))
      return 0;
    indent = before;
    text.ptr += len;
    text.len -= len;
    if (text.len > 0) text.ptr++, text.len--;
  }
  return 1;
}

/* IANA's heads: a fact on the line below, or lines as they are. */
static const struct {
  const char *key, *title;
  int as_lines;
} heads[] = {{"date", "Last Updated", 0},
             {"expert", "Expert(s)", 1},
             {"reference", "Reference", 0},
             {"note", "Note", 1}};

static int put_facts(writer *w, const char *key) {
  ptl_str value;
  uint32_t i;
  if (!put(w, "        ")) return 0;
  for (i = 0; ptl_page_said(w->snapshot, key, i, &value); i++) {
    ptl_str s = ptl_trim(clean(w, value));
    if (!ptl_append(w->out, s.ptr, s.len)) return 0;
  }
  return put(w, "\n\n");
}

static int put_texts(writer *w, const char *key, const char *title) {
  ptl_str value;
  uint32_t i;
  for (i = 0; ptl_page_said(w->snapshot, key, i, &value); i++) {
    if (i > 0 && (!put(w, title) || !put(w, "\n"))) return 0;
    if (!put(w, "\n") || !put_lines(w, value, " ", " ") || !put(w, "\n")) return 0;
  }
  return 1;
}

static int put_heads(writer *w) {
  ptl_str value;
  size_t i;
  if (ptl_page_said(w->snapshot, "title", 0, &value) && !put_centred(w, value)) return 0;
  for (i = 0; i < countof(heads); i++) {
    if (!ptl_page_said(w->snapshot, heads[i].key, 0, &value)) continue;
    if (!put(w, heads[i].title) || !put(w, "\n")) return 0;
    if (!(heads[i].as_lines ? put_texts(w, heads[i].key, heads[i].title)
                            : put_facts(w, heads[i].key)))
      return 0;
  }
  return 1;
}

static int put_footnotes(writer *w) {
  ptl_str value;
  uint32_t i, n = 0;
  while (ptl_page_said(w->snapshot, "footnote", n, &value)) n++;
  if (n == 0) return 1;
  if (!put(w, "\n") || !put_centred(w, ptl_literal(n == 1 ? "Footnote" : "Footnotes"))) return 0;
  for (i = 0; ptl_page_said(w->snapshot, "footnote", i, &value); i++) {
    char first[20];
    snprintf(first, sizeof first, "[%u] ", i + 1);
    if (!put_lines(w, value, first, "    ")) return 0;
  }
  return 1;
}

static int put_people(writer *w) {
  static const ptl_page_column without_org[] = {
      {"ID", 0}, {"Name", 0}, {"Contact URI", 0}, {"Last Updated", 0}};
  table people = {ptl_person_columns, PTL_PERSON_COLUMNS, w->snapshot->npeople, person_row};
  if (w->snapshot->npeople == 0) return PTL_OK;
  if (!ptl_page_has_org(w->snapshot)) {
    people.columns = without_org;
    people.ncolumns = countof(without_org);
    people.row = person_row_without_org;
  }
  if (!put(w, "\n") || !put_centred(w, ptl_literal("Contact Information")))
    return ptl_fail_memory(w->err);
  return put_table(w, &people);
}

static int put_all(writer *w) {
  table records = {ptl_record_columns, PTL_COLUMNS, w->snapshot->nrecords, record_row};
  int rc;
  if (!put_heads(w)) return ptl_fail_memory(w->err);
  if ((rc = put_table(w, &records)) != PTL_OK || (rc = put_people(w)) != PTL_OK) return rc;
  return put_footnotes(w) ? PTL_OK : ptl_fail_memory(w->err);
}

int ptl_write_text(const ptl_snapshot *s, const char *options, ptl_buffer *out, ptl_error *err) {
  writer w = {.snapshot = s, .out = out, .err = err};
  int rc;
  (void)options;
  if (!ptl_page_begin(&w.page, s)) return ptl_fail_memory(err);
  rc = put_all(&w);
  if (rc == PTL_OK && w.out_of_memory) rc = ptl_fail_memory(err);
  ptl_page_end(&w.page);
  ptl_layout_free(&w.layout);
  free(w.clean.data);
  return rc;
}
