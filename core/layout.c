/*
** layout.c -- lays a table out as IANA's plain text has it.
**
** That text is IANA's page as the text browser ELinks shows it, and what
** follows was found by experiment with it. Blanks are one, cells wrap at
** blanks, two breaks or a paragraph's edge leave one empty line, none stands
** at a cell's ends. A column is as wide as its longest word; if then the
** page has room to spare, columns share it by how much they could use. A
** cell stands in the middle of its row's height, the odd line below.
**
** SPDX-License-Identifier: MIT
*/
#include "layout.h"

#include <stdlib.h>
#include <string.h>

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

uint32_t ptl_layout_length(ptl_str s) {
  uint32_t n = 0;
  size_t i;
  for (i = 0; i < s.len; i++) n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
  return n;
}

/* ---------------------------------------------------------------- cells -- */

/* What stands between the word before and the one to come. */
typedef struct {
  int blank, breaks, begun;
} gap;

static void widen(gap *g, char c) {
  if (c == CELL_BREAK)
    g->breaks = g->breaks < 2 ? g->breaks + 1 : 2;
  else if (c == CELL_PARAGRAPH || c == CELL_END_PARAGRAPH)
    g->breaks = 2;
  else
    g->blank = 1;
}

static int put_gap(gap *g, ptl_buffer *out) {
  static const char newlines[] = "\n\n";
  int ok = 1;
  if (g->begun && g->breaks > 0)
    ok = ptl_append(out, newlines, (size_t)g->breaks);
  else if (g->begun && g->blank)
    ok = ptl_append(out, " ", 1);
  g->begun = 1;
  g->blank = g->breaks = 0;
  return ok;
}

static int is_gap(char c) {
  return ptl_is_space((unsigned char)c) || c == CELL_BREAK || c == CELL_PARAGRAPH ||
         c == CELL_END_PARAGRAPH;
}

static int is_word(char c) { return (unsigned char)c > ' '; }

/* Appends the cell's words, one blank or its line breaks between. */
static int flatten(ptl_str cell, ptl_buffer *out) {
  gap g = {0, 0, 0};
  size_t i = 0, from;
  while (i < cell.len) {
    char c = cell.ptr[i];
    if (c == CELL_LINK) {
      while (i < cell.len && cell.ptr[i] != CELL_LABEL) i++;
    } else if (is_gap(c)) {
      widen(&g, c);
    } else if (is_word(c)) {
      for (from = i; i < cell.len && is_word(cell.ptr[i]); i++) continue;
      if (!put_gap(&g, out) || !ptl_append(out, cell.ptr + from, i - from)) return 0;
      continue;
    }
    i++;
  }
  return 1;
}

/* The next word; *rest then begins with what ended it. */
static ptl_str next_word(ptl_str *rest) {
  ptl_str word = {rest->ptr, 0};
  while (word.len < rest->len && word.ptr[word.len] != ' ' && word.ptr[word.len] != '\n')
    word.len++;
  rest->ptr += word.len;
  rest->len -= word.len;
  return word;
}

static void skip(ptl_str *rest) {
  if (rest->len > 0) rest->ptr++, rest->len--;
}

/* The next line: as many words as 'width' has room for, but at least one. */
static ptl_str next_line(ptl_str *rest, uint32_t width) {
  ptl_str line = next_word(rest);
  uint32_t length = ptl_layout_length(line);
  while (rest->len > 0 && rest->ptr[0] == ' ') {
    ptl_str after = {rest->ptr + 1, rest->len - 1}, word = next_word(&after);
    uint32_t more = 1 + ptl_layout_length(word);
    if (more > width || length > width - more) break;
    length += more;
    line.len += 1 + word.len;
    *rest = after;
  }
  skip(rest);
  return line;
}

/* ------------------------------------------------------------- measuring -- */

static void measure(ptl_layout *t, uint32_t column, ptl_str flat) {
  ptl_str rest = flat;
  while (rest.len > 0) {
    t->least[column] = larger(t->least[column], ptl_layout_length(next_word(&rest)));
    skip(&rest);
  }
  while (flat.len > 0)
    t->most[column] = larger(t->most[column], ptl_layout_length(next_line(&flat, UINT32_MAX)));
}

static int flatten_cell(ptl_layout *t, ptl_str cell, ptl_str *flat) {
  t->flat.len = 0;
  if (!flatten(cell, &t->flat)) return 0;
  flat->ptr = t->flat.data;
  flat->len = t->flat.len;
  return 1;
}

int ptl_layout_measure(ptl_layout *t, const ptl_str *cells) {
  ptl_str flat;
  uint32_t i;
  for (i = 0; i < t->ncolumns; i++) {
    if (!flatten_cell(t, cells[i], &flat)) return 0;
    measure(t, i, flat);
  }
  return 1;
}

/* ---------------------------------------------------------------- widths -- */

/* How much of 'spare' falls to each column that could be wider, by weight. */
static uint32_t weigh(const ptl_layout *t, uint32_t weight[PTL_LAYOUT_COLUMNS]) {
  uint32_t i, widest = 0, total = 0;
  for (i = 0; i < t->ncolumns; i++) widest = larger(widest, t->most[i]);
  for (i = 0; i < t->ncolumns; i++) {
    weight[i] = t->width[i] < t->most[i] ? 5 + (uint32_t)((uint64_t)t->most[i] * 10 / widest) : 0;
    total += weight[i];
  }
  return total;
}

/* The column that would get most, and how much; the first of equals. */
static uint32_t neediest(const ptl_layout *t, const uint32_t *weight, uint32_t spare,
                         uint32_t total, uint32_t *share) {
  uint32_t i, found = t->ncolumns;
  for (*share = 0, i = 0; i < t->ncolumns; i++) {
    uint32_t n;
    if (weight[i] == 0) continue;
    n = smaller(larger(spare * weight[i] / total, 1), t->most[i] - t->width[i]);
    if (n <= *share) continue;
    *share = n;
    found = i;
  }
  return found;
}

/* One round: each column gets its share once, the largest first. */
static uint32_t share_round(ptl_layout *t, uint32_t spare) {
  uint32_t weight[PTL_LAYOUT_COLUMNS], total = weigh(t, weight), left = spare, share, i;
  while (left > 0 && (i = neediest(t, weight, spare, total, &share)) < t->ncolumns) {
    share = smaller(share, left);
    t->width[i] += share;
    left -= share;
    weight[i] = 0;
  }
  return left;
}

static uint64_t sum(const uint32_t *widths, uint32_t n) {
  uint64_t total = n > 0 ? n - 1 : 0; /* a blank between columns */
  uint32_t i;
  for (i = 0; i < n; i++) total += widths[i];
  return total;
}

int ptl_layout_share(ptl_layout *t) {
  uint64_t least = sum(t->least, t->ncolumns);
  uint32_t spare, left;
  memcpy(t->width, t->least, sizeof t->width);
  if (least >= PTL_PAGE_WIDTH) return 0;
  spare = PTL_PAGE_WIDTH - (uint32_t)least;
  while (spare > 0 && (left = share_round(t, spare)) < spare) spare = left;
  return 1;
}

int ptl_layout_fit(ptl_layout *t, const ptl_str *cells) {
  ptl_str flat;
  uint32_t i;
  for (i = 0; i < t->ncolumns; i++) {
    if (!flatten_cell(t, cells[i], &flat)) return 0;
    while (flat.len > 0)
      t->used[i] = larger(t->used[i], ptl_layout_length(next_line(&flat, t->width[i])));
  }
  return 1;
}

/* What wrapping left unused goes to the column with the longest line. */
void ptl_layout_settle(ptl_layout *t) {
  uint32_t i, longest = 0,
              slack = (uint32_t)(sum(t->width, t->ncolumns) - sum(t->used, t->ncolumns));
  for (i = 1; i < t->ncolumns; i++)
    if (t->most[i] > t->most[longest]) longest = i;
  if (t->ncolumns == 0 || t->used[longest] + slack > t->most[longest]) return;
  t->used[longest] += slack;
  memcpy(t->width, t->used, sizeof t->width);
}

/* --------------------------------------------------------------- putting -- */

static int wrap(ptl_layout *t, uint32_t column, ptl_str flat) {
  while (flat.len > 0) {
    ptl_str line = next_line(&flat, t->width[column]);
    if (!ptl_append(&t->lines, &line, sizeof line)) return 0;
  }
  return 1;
}

static int put_blanks(ptl_buffer *out, uint32_t n) {
  static const char blanks[] = "                                ";
  for (; n > 0; n -= smaller(n, sizeof blanks - 1))
    if (!ptl_append(out, blanks, smaller(n, sizeof blanks - 1))) return 0;
  return 1;
}

/* Where a row's cells are: lines [first[i], first[i + 1]) of t->lines. */
typedef struct {
  uint32_t first[PTL_LAYOUT_COLUMNS + 1], height;
  int heading;
} row;

/* The piece of column 'i' on line 'n' of the row; it may be empty. */
static ptl_str piece(const ptl_layout *t, const row *r, uint32_t i, uint32_t n) {
  ptl_str none = {NULL, 0};
  uint32_t height = r->first[i + 1] - r->first[i], above = (r->height - height) / 2;
  if (n < above || n - above >= height) return none;
  return *nth(const ptl_str, t->lines, r->first[i] + n - above);
}

static int put_line(const ptl_layout *t, const row *r, uint32_t n, ptl_buffer *out) {
  uint32_t i, column = 0, at = 0; /* where the column begins; what has been put */
  for (i = 0; i < t->ncolumns; column += t->width[i++] + 1) {
    ptl_str s = piece(t, r, i, n);
    uint32_t length = ptl_layout_length(s), indent = 0;
    if (length == 0) continue;
    if ((r->heading || t->centred[i]) && length < t->width[i]) indent = (t->width[i] - length) / 2;
    if (!put_blanks(out, column + indent - at) || !ptl_append(out, s.ptr, s.len)) return 0;
    at = column + indent + length;
  }
  return ptl_append(out, "\n", 1);
}

int ptl_layout_put(ptl_layout *t, const ptl_str *cells, int heading, ptl_buffer *out) {
  row r = {{0}, 1, heading};
  size_t end[PTL_LAYOUT_COLUMNS + 1] = {0};
  uint32_t i, n;
  t->flat.len = t->lines.len = 0;
  for (i = 0; i < t->ncolumns; i++) {
    if (!flatten(cells[i], &t->flat)) return 0;
    end[i + 1] = t->flat.len;
  }
  for (i = 0; i < t->ncolumns; i++) {
    ptl_str flat = {(const char *)t->flat.data + end[i], end[i + 1] - end[i]};
    if (flat.len > 0 && !wrap(t, i, flat)) return 0;
    r.first[i + 1] = count(ptl_str, t->lines);
    r.height = larger(r.height, r.first[i + 1] - r.first[i]);
  }
  for (n = 0; n < r.height; n++)
    if (!put_line(t, &r, n, out)) return 0;
  return 1;
}

void ptl_layout_free(ptl_layout *t) {
  free(t->flat.data);
  free(t->lines.data);
}
