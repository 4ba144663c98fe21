/*
** markup.c -- takes the texts out of a record's XML, and puts them back.
**
** SPDX-License-Identifier: MIT
*/
#include "markup.h"

#include <stdlib.h>
#include <string.h>

#define FIRST ' ' /* numbers in marks are counted from here */
#define MOST_LABELS 90

typedef struct {
  size_t from, to; /* in the document */
  char mark[3];
} hole;

void ptl_markup_begin(ptl_markup *m) {
  m->holes.len = m->out.len = 0;
  m->as_is = 0;
  memset(m->labels, 0, sizeof m->labels);
}

void ptl_markup_as_is(ptl_markup *m) { m->as_is = 1; }

void ptl_markup_free(ptl_markup *m) {
  free(m->holes.data);
  free(m->out.data);
}

/* ------------------------------------------------------------ escaping -- */

static const char *escape_of(char c) {
  return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
}

int ptl_escape(ptl_buffer *out, ptl_str s, int lower) {
  size_t i, plain = 0;
  if (s.len == 0) return 1;
  for (i = 0; i < s.len; i++) {
    const char *escape = escape_of(s.ptr[i]);
    char c = (char)ptl_lower((unsigned char)s.ptr[i]);
    if (escape == NULL && (!lower || c == s.ptr[i])) continue;
    if (!ptl_append(out, s.ptr + plain, i - plain)) return 0;
    plain = i + 1;
    if (!(escape != NULL ? ptl_append(out, escape, strlen(escape)) : ptl_append(out, &c, 1)))
      return 0;
  }
  return ptl_append(out, s.ptr + plain, s.len - plain);
}

/* Are these bytes what escaping 'text' would give? */
static int same(ptl_str bytes, ptl_str text, int lower) {
  const char *p = bytes.ptr, *end = bytes.ptr + bytes.len;
  size_t i;
  for (i = 0; i < text.len; i++) {
    const char *escape = escape_of(text.ptr[i]);
    size_t len = escape != NULL ? strlen(escape) : 1;
    char c = lower ? (char)ptl_lower((unsigned char)text.ptr[i]) : text.ptr[i];
    if ((size_t)(end - p) < len) return 0;
    if (escape != NULL ? memcmp(p, escape, len) != 0 : *p != c) return 0;
    p += len;
  }
  return p == end;
}

/* -------------------------------------------------------------- taking -- */

static int dig(ptl_markup *m, size_t from, size_t to, int mark, int number, int label) {
  hole h = {from, to, {(char)mark, (char)(FIRST + number), (char)(FIRST + label)}};
  return ptl_append(&m->holes, &h, sizeof h);
}

int ptl_markup_text(ptl_markup *m, ptl_str source, size_t at, int number, ptl_str text) {
  if (source.len == 0 || !same(source, text, 0)) return 1;
  return dig(m, at, at + source.len, MARK_TEXT, number, 0);
}

/* The value of attribute 'name' within a start tag, without its quotes. */
static ptl_str attribute_value(ptl_str tag, const char *name) {
  ptl_str none = {NULL, 0}, value;
  size_t i = 0, len = strlen(name);
  while (i < tag.len) {
    const char *eq = memchr(tag.ptr + i, '=', tag.len - i), *close, *word;
    if (eq == NULL || eq + 1 >= tag.ptr + tag.len) return none;
    value.ptr = eq + 2;
    close = memchr(value.ptr, eq[1], (size_t)(tag.ptr + tag.len - value.ptr));
    if ((eq[1] != '"' && eq[1] != '\'') || close == NULL) return none;
    value.len = (size_t)(close - value.ptr);
    word = eq - len;
    if (word > tag.ptr && memcmp(word, name, len) == 0 && ptl_is_space((unsigned char)word[-1]))
      return value;
    i = (size_t)(close - tag.ptr) + 1;
  }
  return none;
}

static size_t place_of(ptl_str within, size_t at, ptl_str part) {
  return at + (size_t)(part.ptr - within.ptr);
}

int ptl_markup_attribute(ptl_markup *m, ptl_str tag, size_t at, const char *name, int number,
                         ptl_str text) {
  ptl_str value = attribute_value(tag, name);
  if (value.len == 0) return 1;
  return ptl_markup_text(m, value, place_of(tag, at, value), number, text);
}

/* Only labels that ptl_next_label will find again can be taken out. */
static int is_findable(ptl_str label) {
  size_t i;
  for (i = 1; i < label.len; i++)
    if (label.ptr[i - 1] == ']' && label.ptr[i] == '[') return 0;
  return label.len > 0 && label.ptr[label.len - 1] != ']';
}

int ptl_markup_label(ptl_markup *m, ptl_str xref, size_t at, int column, int rfc, ptl_str label) {
  ptl_str value = attribute_value(xref, "data");
  int k = m->labels[column];
  if (k >= MOST_LABELS) return 1;
  m->labels[column]++;
  if (value.len == 0 || !is_findable(label) || !same(value, label, rfc)) return 1;
  return dig(m, place_of(xref, at, value), place_of(xref, at, value) + value.len,
             rfc ? MARK_LOWER_LABEL : MARK_LABEL, column, k);
}

int ptl_markup_end(ptl_markup *m, ptl_str source, size_t at, ptl_str *out) {
  size_t done = 0;
  uint32_t i, n = m->as_is ? 0 : count(hole, m->holes);
  for (i = 0; i < n; i++) {
    const hole *h = nth(hole, m->holes, i);
    if (!ptl_append(&m->out, source.ptr + done, h->from - at - done) ||
        !ptl_append(&m->out, h->mark, h->mark[0] == MARK_TEXT ? 2 : 3))
      return 0;
    done = h->to - at;
  }
  if (!ptl_append(&m->out, source.ptr + done, source.len - done)) return 0;
  out->ptr = m->out.data;
  out->len = m->out.len;
  return 1;
}

/* ------------------------------------------------------------- putting -- */

static ptl_str label_of(ptl_str text, int k) {
  ptl_str label = {NULL, 0};
  for (; k >= 0; k--)
    if (!ptl_next_label(&text, &label)) label.len = 0;
  return label;
}

static size_t next_mark(ptl_str markup, size_t from) {
  while (from < markup.len && (unsigned char)markup.ptr[from] > MARK_LOWER_LABEL) from++;
  return from;
}

int ptl_markup_expand(ptl_str markup, const ptl_str *text, ptl_buffer *out) {
  size_t i = 0, mark;
  while ((mark = next_mark(markup, i)) < markup.len) {
    int kind = markup.ptr[mark], width = kind == MARK_TEXT ? 2 : 3, number;
    if (!ptl_append(out, markup.ptr + i, mark - i)) return 0;
    i = mark + (size_t)width;
    if (i > markup.len) return 1; /* a forged snapshot: nothing to put */
    number = markup.ptr[mark + 1] - FIRST;
    if (number < 0 || number >= PTL_COLUMNS) continue;
    if (!ptl_escape(
            out,
            kind == MARK_TEXT ? text[number] : label_of(text[number], markup.ptr[mark + 2] - FIRST),
            kind == MARK_LOWER_LABEL))
      return 0;
  }
  return ptl_append(out, markup.ptr + i, markup.len - i);
}
