/*
** text_table.c -- a table in plain text, as IANA's browser lays it out.
**
** Between two columns is a position that is blank on every line. Positions
** are characters; in texts of before 2017 they are bytes. Nothing rules off
** the rows: a cell of h lines in a row of H begins (H - h) / 2 lines down, so
** a one-line cell, the anchor, tells H from where its row begins, but for
** the odd line. Which of the two it is shows in what would follow: the rows
** are the way through the table that breaks fewest of the layout's rules.
**
** SPDX-License-Identifier: MIT
*/
#include "text_table.h"

#include <stdlib.h>
#include <string.h>

#define TALLEST 200u /* lines of a row; IANA's tallest has about 30 */
#define HEADER_LINES 4u

static ptl_str line_of(const ptl_text_table *t, uint32_t i) { return t->lines[i]; }

/* ------------------------------------------------------------- positions -- */

/* Does a new position begin with this byte? */
static int is_position(const ptl_text_table *t, char c) {
  return t->by_bytes || ((unsigned char)c & 0xc0) != 0x80;
}

/* Positions [from, to) of a line, without the blanks around. */
static ptl_str piece(const ptl_text_table *t, ptl_str line, uint32_t from, uint32_t to) {
  ptl_str s = {line.ptr, 0};
  size_t i, begin = line.len;
  uint32_t at = 0;
  for (i = 0; i < line.len; i++) {
    if (!is_position(t, line.ptr[i])) continue;
    if (at == from) begin = i;
    if (at++ == to) break;
  }
  if (begin > i) begin = i;
  s.ptr += begin;
  s.len = i - begin;
  return ptl_trim(s);
}

static uint32_t length(const ptl_text_table *t, ptl_str s) {
  uint32_t n = 0;
  size_t i;
  for (i = 0; i < s.len; i++) n += (uint32_t)is_position(t, s.ptr[i]);
  return n;
}

/* ---------------------------------------------------------------- header -- */

/* The next word of each header line that no title has taken yet. */
typedef struct {
  uint32_t nlines, ntaken; /* lines that may be the header's; that a title took words of */
  size_t at[HEADER_LINES];
} header;

static ptl_str word_at(ptl_str line, size_t *at) {
  ptl_str word;
  while (*at < line.len && ptl_is_space((unsigned char)line.ptr[*at])) ++*at;
  word.ptr = line.ptr + *at;
  word.len = 0;
  while (*at + word.len < line.len && !ptl_is_space((unsigned char)word.ptr[word.len])) word.len++;
  return word;
}

static int is_title_word(const ptl_text_title *titles, uint32_t ntitles, ptl_str word) {
  uint32_t i;
  for (i = 0; i < ntitles; i++) {
    ptl_str title = ptl_literal(titles[i].title), part;
    size_t at = 0;
    for (; (part = word_at(title, &at)).len > 0; at += part.len)
      if (ptl_equal_folded(part, word)) return 1;
  }
  return 0;
}

uint32_t ptl_text_title_words(const ptl_text_title *titles, uint32_t ntitles, ptl_str line) {
  ptl_str word;
  size_t at = 0;
  uint32_t n = 0;
  for (; (word = word_at(line, &at)).len > 0; at += word.len, n++)
    if (!is_title_word(titles, ntitles, word)) return 0;
  return n;
}

/* Takes the title's words, each from the first line from 'j' on where it is
   next; they must all be there. */
static int take_title(ptl_text_table *t, header *h, const ptl_text_title *title) {
  ptl_str text = ptl_literal(title->title), part;
  header before = *h;
  uint32_t j = 0, low = UINT32_MAX, high = 0;
  size_t at = 0;
  for (; (part = word_at(text, &at)).len > 0; at += part.len) {
    ptl_str word = {NULL, 0};
    while (j < h->nlines &&
           !ptl_equal_folded(word = word_at(line_of(t, t->first + j), &h->at[j]), part))
      j++;
    if (j == h->nlines) {
      *h = before;
      return 0;
    }
    if (h->at[j] < low) low = (uint32_t)h->at[j];
    h->at[j] += word.len;
    if (h->at[j] > high) high = (uint32_t)h->at[j];
    if (j >= h->ntaken) h->ntaken = j + 1;
  }
  t->at[t->ncolumns].column = title->column;
  t->at[t->ncolumns].label = low;
  t->at[t->ncolumns++].label_end = high;
  return 1;
}

static int left_over(const ptl_text_table *t, header *h) {
  uint32_t j;
  for (j = 0; j < h->nlines; j++) {
    ptl_str word = word_at(line_of(t, t->first + j), &h->at[j]);
    int shown = (int)(word.len < 40 ? word.len : 40);
    if (word.len > 0)
      return ptl_fail_at(t->in->err, t->in->source, t->first + j + 1, (uint32_t)h->at[j] + 1,
                         "'%.*s' is no part of a column's title here", shown, word.ptr);
  }
  return PTL_OK;
}

static int read_header(ptl_text_table *t) {
  header h = {0, 0, {0}};
  uint32_t i, seen = 0;
  while (h.nlines < HEADER_LINES && t->first + h.nlines < t->end &&
         ptl_text_title_words(t->titles, t->ntitles, line_of(t, t->first + h.nlines)) > 0)
    h.nlines++;
  for (i = 0; i < t->ntitles; i++)
    if (!(seen >> t->titles[i].column & 1) && take_title(t, &h, &t->titles[i]))
      seen |= 1u << t->titles[i].column;
  h.nlines = h.ntaken; /* a row may hold such words, too */
  t->body = t->first + h.nlines;
  if ((seen & t->anchors) != t->anchors)
    return ptl_fail_at(t->in->err, t->in->source, t->first + 1, 1,
                       "not the header of IANA's table: a column is missing");
  return left_over(t, &h);
}

/* --------------------------------------------------------------- columns -- */

enum { OCCUPIED = 1, BEGINS = 2 }; /* after two blanks: no word within a cell does */

static void mark_line(ptl_text_table *t, ptl_str line) {
  uint8_t *marks = t->marks.data;
  uint32_t at = 0, blanks = 2;
  size_t i;
  for (i = 0; i < line.len; i++) {
    if (!is_position(t, line.ptr[i])) continue;
    if (ptl_is_space((unsigned char)line.ptr[i])) {
      blanks++;
    } else {
      marks[at] |= blanks >= 2 ? OCCUPIED | BEGINS : OCCUPIED;
      blanks = 0;
    }
    at++;
  }
}

static int mark_lines(ptl_text_table *t) {
  uint32_t i;
  size_t longest = 0;
  for (i = t->first; i < t->end; i++)
    if (t->lines[i].len > longest) longest = t->lines[i].len;
  t->marks.len = 0;
  if (!ptl_reserve(&t->marks, longest + 1)) return 0;
  memset(t->marks.data, 0, longest + 1);
  t->marks.len = longest + 1;
  for (i = t->first; i < t->end; i++) mark_line(t, t->lines[i]);
  return 1;
}

/* Where the column after 'i' begins: past a position that is always blank,
   at the first cell's begin there; else as near to its label as can be. */
static uint32_t find_next(const ptl_text_table *t, uint32_t i) {
  const uint8_t *marks = t->marks.data;
  uint32_t p, found = 0;
  for (p = t->at[i].label_end + 1; p <= t->at[i + 1].label; p++) {
    if (marks[p - 1] != 0 || marks[p] == 0) continue;
    if (marks[p] & BEGINS) return p;
    found = p;
  }
  return found;
}

static uint32_t first_position(const ptl_text_table *t) {
  const uint8_t *marks = t->marks.data;
  uint32_t p = 0;
  while (p < t->at[0].label && marks[p] == 0) p++;
  return p;
}

static uint32_t last_position(const ptl_text_table *t) {
  const uint8_t *marks = t->marks.data;
  uint32_t p = (uint32_t)t->marks.len - 1;
  while (p > 0 && marks[p] == 0) p--;
  return p;
}

/* The number of the column before which there is no way through, or 0. */
static uint32_t cut_columns(ptl_text_table *t) {
  uint32_t i;
  t->at[0].from = first_position(t);
  for (i = 0; i + 1 < t->ncolumns; i++) {
    if ((t->at[i + 1].from = find_next(t, i)) == 0) return i + 1;
    t->at[i].to = t->at[i + 1].from - 1;
  }
  t->at[i].to = last_position(t) + 1;
  return 0;
}

static int find_columns(ptl_text_table *t) {
  uint32_t column;
  for (t->by_bytes = 0; t->by_bytes < 2; t->by_bytes++) {
    if (!mark_lines(t)) return ptl_fail_memory(t->in->err);
    if ((column = cut_columns(t)) == 0) return PTL_OK;
  }
  return ptl_fail_at(t->in->err, t->in->source, t->first + 1, t->at[column].label + 1,
                     "no blank position divides this column from the one before");
}

/* ------------------------------------------------------------------ lines -- */

/* Would the next line's first word have had room at this line's end? */
static int had_room(const ptl_text_table *t, uint32_t i, ptl_str line, ptl_str next) {
  size_t at = 0;
  ptl_str word = word_at(next, &at);
  return length(t, line) + 1 + length(t, word) <= t->at[i].to - t->at[i].from;
}

static uint16_t mask_of(const ptl_text_table *t, ptl_str line) {
  uint32_t at = 0, column = 0;
  uint16_t mask = 0;
  size_t i;
  for (i = 0; i < line.len; i++) {
    if (!is_position(t, line.ptr[i])) continue;
    while (column + 1 < t->ncolumns && at >= t->at[column + 1].from) column++;
    if (!ptl_is_space((unsigned char)line.ptr[i])) mask |= (uint16_t)(1u << t->at[column].column);
    at++;
  }
  return mask;
}

/* From here on lines are counted from the body's first. */
static ptl_str piece_at(const ptl_text_table *t, uint32_t line, uint32_t i) {
  return piece(t, line_of(t, t->body + line), t->at[i].from, t->at[i].to);
}

/* What speaks against a row, weighed so that IANA's own texts come out as the
   XML of the same day has them. */
enum {
  OUT_OF_PLACE = 1000000, /* its lines are no row's at all */
  ODD_BREAK = 256,        /* a line break that wrapping did not need */
  GAP = 256,              /* an empty line within a cell */
  ODD_TWIN = 224,         /* unlike the row before, which has the same anchors */
  ODD_SIBLING = 16,       /* the same, if but one anchor is the same */
  CUT_PHRASE = 96,        /* a cell ends in a word like "the" */
  NO_CAPITAL = 96,        /* a cell does not begin with one */
  OTHER_LETTER = 12,      /* of the first four, which are often the name's */
  ROOM = 4,               /* for each character, up to 8, that wrapping left unused */
  HEIGHT = 5,             /* times its square: rows are even where nothing else tells */
  DOUBT = 48              /* less than this between two ways is not much */
};

/* What it costs to say that the cells which have both lines go on from one to
   the other: wrapping leaves little room, and none for the next word. */
static uint32_t joint_at(const ptl_text_table *t, uint32_t line, uint16_t both) {
  uint32_t i, room, cost = 0;
  for (i = 0; i < t->ncolumns; i++) {
    ptl_str s;
    if (!(both >> t->at[i].column & 1)) continue;
    s = piece_at(t, line, i);
    room = t->at[i].to - t->at[i].from - length(t, s);
    if (had_room(t, i, s, piece_at(t, line + 1, i)))
      cost += ODD_BREAK;
    else
      cost += ROOM * (room < 8 ? room : 8);
  }
  return cost;
}

typedef struct {
  uint32_t joint; /* to the line below */
  uint16_t mask;  /* which columns have something */
  uint16_t is_anchor;
} text_line;

static const text_line *body_line(const ptl_text_table *t, uint32_t line) {
  return nth(const text_line, t->body_lines, line);
}

static uint16_t mask_at(const ptl_text_table *t, uint32_t line) { return body_line(t, line)->mask; }

/* Old registries have a name or two of several words, which wraps; what it
   wraps to is no row of its own. */
static int is_part_of_name(const ptl_text_table *t, uint32_t line) {
  ptl_str name = piece_at(t, line, 0);
  size_t i;
  for (i = 0; i < name.len; i++)
    if (name.ptr[i] == ' ' || name.ptr[i] == '(' || name.ptr[i] == ')') return 1;
  return 0;
}

static int is_anchor(const ptl_text_table *t, uint32_t line, uint16_t mask) {
  uint32_t anchors = mask & t->anchors;
  if (anchors == 1u << t->at[0].column && anchors != t->anchors) return !is_part_of_name(t, line);
  return anchors != 0;
}

static int read_lines(ptl_text_table *t) {
  uint32_t i, n = t->end - t->body;
  for (i = 0; i < n; i++) {
    text_line line = {0, mask_of(t, line_of(t, t->body + i)), 0};
    line.is_anchor = (uint16_t)is_anchor(t, i, line.mask);
    if (!ptl_append(&t->body_lines, &line, sizeof line)) return 0;
  }
  for (i = 0; i + 1 < n; i++)
    nth(text_line, t->body_lines, i)->joint = joint_at(t, i, mask_at(t, i) & mask_at(t, i + 1));
  return 1;
}

/* ------------------------------------------------------------------- rows -- */

/* For each line that a row could begin at, twice, as the row before is of odd
   or even height: the least cost of the rows before it, and the start that
   the last of them had. */
typedef struct {
  uint64_t cost;
  uint32_t from;
  int is_doubtful; /* another way there costs hardly more */
} start;

enum { WAYS = 2 };

#define UNREACHED UINT64_MAX

/* A row that may be: its lines, and where each column's text stands in it. */
typedef struct {
  uint32_t first, height, anchor, all;
  struct {
    uint32_t top, bottom, lines; /* the first and the last line; how many are not empty */
  } at[PTL_TEXT_COLUMNS];
} candidate;

static void measure(const ptl_text_table *t, candidate *row) {
  uint32_t n, c;
  memset(row->at, 0, sizeof row->at);
  for (row->all = 0, n = 0; n < row->height; n++) {
    uint32_t mask = mask_at(t, row->first + n);
    for (c = 0; c < PTL_TEXT_COLUMNS; c++) {
      if (!(mask >> c & 1)) continue;
      if (!(row->all >> c & 1)) row->at[c].top = n;
      row->at[c].bottom = n;
      row->at[c].lines++;
    }
    row->all |= mask;
  }
}

/* Does each column's text stand in the middle, and is one as tall as the row? */
static int is_centred(const ptl_text_table *t, candidate *row) {
  uint32_t c, tallest = 0;
  if (mask_at(t, row->first) == 0 || mask_at(t, row->first + row->height - 1) == 0) return 0;
  measure(t, row);
  for (c = 0; c < PTL_TEXT_COLUMNS; c++) {
    uint32_t h = row->at[c].bottom - row->at[c].top + 1;
    if (!(row->all >> c & 1)) continue;
    if (row->at[c].top != (row->height - h) / 2) return 0;
    if (h > tallest) tallest = h;
  }
  return tallest == row->height;
}

/* Do this row and the one right before it have the same lines but for the anchors'? */
static int are_alike(const ptl_text_table *t, uint32_t before, const candidate *row) {
  uint32_t n;
  if (row->first - before != row->height) return 0;
  for (n = 0; n < row->height; n++) {
    if (row->first + n == row->anchor) continue;
    if (!ptl_equal(line_of(t, t->body + before + n), line_of(t, t->body + row->first + n)))
      return 0;
  }
  return 1;
}

/* How many of the first four letters are not the name's, in whatever case. */
static uint32_t other_letters(ptl_str s, ptl_str name) {
  uint32_t n = 0;
  while (n < 4 && n < s.len && n < name.len &&
         ptl_lower((unsigned char)s.ptr[n]) == ptl_lower((unsigned char)name.ptr[n]))
    n++;
  return 4 - n;
}

static int ends_in_phrase(ptl_str s) {
  static const char *const words[] = {"a",  "an", "and", "as", "at",  "by", "for", "from",
                                      "in", "of", "on",  "or", "the", "to", "via", "with"};
  ptl_str word = {s.ptr + s.len, 0};
  size_t i;
  while (word.ptr > s.ptr && !ptl_is_space((unsigned char)word.ptr[-1])) word.ptr--, word.len++;
  for (i = 0; i < countof(words); i++)
    if (ptl_equal(word, ptl_literal(words[i]))) return 1;
  return 0;
}

/* With a capital letter, or one that ASCII has not. */
static int begins_high(ptl_str s) {
  unsigned char c = s.len > 0 ? (unsigned char)s.ptr[0] : 0;
  return (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* Text begins with a capital or with what the row is named, and does not end
   in the middle of a phrase. */
static uint32_t phrase_cost(const ptl_text_table *t, const candidate *row, uint32_t i) {
  uint8_t c = t->at[i].column;
  ptl_str top = piece_at(t, row->first + row->at[c].top, i);
  ptl_str bottom = piece_at(t, row->first + row->at[c].bottom, i);
  uint32_t cost = ends_in_phrase(bottom) ? CUT_PHRASE : 0;
  uint32_t others = other_letters(top, piece_at(t, row->anchor, 0));
  if (others > 0 && !begins_high(top)) cost += NO_CAPITAL;
  return cost + OTHER_LETTER * others;
}

static uint32_t cost_of(const ptl_text_table *t, const candidate *row) {
  uint32_t i, cost = HEIGHT * row->height * row->height;
  for (i = 0; i + 1 < row->height; i++) cost += body_line(t, row->first + i)->joint;
  for (i = 0; i < t->ncolumns; i++) {
    uint8_t c = t->at[i].column;
    if (!(row->all >> c & 1)) continue;
    cost += GAP * (row->at[c].bottom - row->at[c].top + 1 - row->at[c].lines);
    cost += phrase_cost(t, row, i);
  }
  return cost;
}

static start *start_of(const ptl_text_table *t, uint32_t line, uint32_t way) {
  return nth(start, t->starts, WAYS * line + way);
}

static int is_reached(const ptl_text_table *t, uint32_t line) {
  return start_of(t, line, 0)->cost != UNREACHED || start_of(t, line, 1)->cost != UNREACHED;
}

/* Lets the row end before 'end', where that is the cheapest way there; 'twin'
   is what it costs to be unlike the row before. */
static void reach(ptl_text_table *t, const candidate *row, uint32_t end, uint32_t cost,
                  uint32_t twin) {
  start *to = start_of(t, end, (end - row->first) % WAYS);
  uint32_t way;
  for (way = 0; way < WAYS; way++) {
    const start *s = start_of(t, row->first, way);
    uint64_t total = s->cost + cost;
    if (s->cost == UNREACHED) continue;
    if (twin > 0 && !are_alike(t, s->from / WAYS, row)) total += twin;
    if (total >= to->cost) {
      to->is_doubtful |= total - to->cost < DOUBT;
      continue;
    }
    to->is_doubtful = to->cost != UNREACHED && to->cost - total < DOUBT;
    to->cost = total;
    to->from = WAYS * row->first + way;
  }
}

/* All ways on from a row that begins at 'first' and has its one-line cells at
   'anchor'; the next row's are at 'next', which is the end for the last. */
static void go_on(ptl_text_table *t, uint32_t first, uint32_t anchor, uint32_t next,
                  uint32_t twin) {
  candidate row = {.first = first, .anchor = anchor, .height = 2 * (anchor - first) + 1};
  int i, is_last = t->body + next == t->end;
  if (!is_reached(t, first)) return;
  for (i = 0; i < 2 && row.height <= TALLEST; i++, row.height++) {
    uint32_t end = first + row.height;
    if (end > next || (is_last && end < next) || !is_centred(t, &row)) continue;
    reach(t, &row, end, cost_of(t, &row), twin);
  }
  reach(t, &row, next, OUT_OF_PLACE, 0);
  if (!is_last) reach(t, &row, anchor + 1, OUT_OF_PLACE, 0);
}

static uint32_t next_anchor(const ptl_text_table *t, uint32_t line) {
  uint32_t n = t->end - t->body;
  while (line < n && !body_line(t, line)->is_anchor) line++;
  return line;
}

/* What it costs the second of two rows to be unlike the first. */
static uint32_t twin_cost(const ptl_text_table *t, uint32_t a, uint32_t b) {
  uint32_t i, same = 0, other = 0;
  for (i = 0; i < t->ncolumns; i++) {
    if (!(t->anchors >> t->at[i].column & 1)) continue;
    if (ptl_equal(piece_at(t, a, i), piece_at(t, b, i)))
      same++;
    else
      other++;
  }
  return other == 0 ? ODD_TWIN : same > 0 ? ODD_SIBLING : 0;
}

static int find_starts(ptl_text_table *t) {
  uint32_t n = t->end - t->body, line = 0, anchor = next_anchor(t, 0), i;
  uint32_t twin = 0;
  start unreached = {UNREACHED, 0, 0};
  for (i = 0; i < WAYS * (n + 1); i++)
    if (!ptl_append(&t->starts, &unreached, sizeof unreached)) return 0;
  start_of(t, 0, 0)->cost = 0;
  while (anchor < n) {
    uint32_t next = next_anchor(t, anchor + 1);
    for (; line <= anchor; line++) go_on(t, line, anchor, next, twin);
    twin = next < n ? twin_cost(t, anchor, next) : 0;
    anchor = next;
  }
  return 1;
}

static void reverse(ptl_buffer *rows) {
  uint32_t i, n = count(ptl_text_row, *rows);
  for (i = 0; i < n / 2; i++) {
    ptl_text_row *a = nth(ptl_text_row, *rows, i), *b = nth(ptl_text_row, *rows, n - 1 - i);
    ptl_text_row swapped = *a;
    *a = *b;
    *b = swapped;
  }
}

/* From the end back along the cheapest way. A doubt about a way is one about
   the row with which it ends. */
static int collect_rows(ptl_text_table *t) {
  uint32_t end = t->end - t->body;
  const start *even = start_of(t, end, 0), *odd = start_of(t, end, 1);
  const start *s = odd->cost < even->cost ? odd : even, *other = s == odd ? even : odd;
  int is_doubtful = other->cost != UNREACHED && other->cost - s->cost < DOUBT;
  while (end > 0) {
    const start *before = nth(const start, t->starts, s->from);
    uint32_t first = s->from / WAYS;
    ptl_text_row row = {t->body + first, t->body + end, t->body + next_anchor(t, first),
                        s->cost - before->cost >= OUT_OF_PLACE, is_doubtful};
    if (!ptl_append(&t->rows, &row, sizeof row)) return 0;
    is_doubtful = s->is_doubtful;
    end = first;
    s = before;
  }
  reverse(&t->rows);
  return 1;
}

int ptl_text_table_read(ptl_text_table *t) {
  int rc;
  if ((rc = read_header(t)) != PTL_OK || (rc = find_columns(t)) != PTL_OK) return rc;
  if (t->body == t->end) return PTL_OK;
  if (!read_lines(t)) return ptl_fail_memory(t->in->err);
  if (next_anchor(t, 0) == t->end - t->body)
    return ptl_fail_at(t->in->err, t->in->source, t->body + 1, 1, "no row has what names it");
  return find_starts(t) && collect_rows(t) ? PTL_OK : ptl_fail_memory(t->in->err);
}

/* ------------------------------------------------------------------ cells -- */

static int put_words(ptl_buffer *cell, ptl_str s) {
  ptl_str word;
  size_t at = 0;
  const char *before = "";
  for (; (word = word_at(s, &at)).len > 0; at += word.len, before = " ")
    if (!ptl_append(cell, before, strlen(before)) || !ptl_append(cell, word.ptr, word.len))
      return 0;
  return 1;
}

static int read_cell(ptl_text_table *t, const ptl_text_row *row, uint32_t i, ptl_buffer *cell) {
  ptl_str before = {NULL, 0};
  uint32_t n;
  cell->len = 0;
  for (n = row->first - t->body; n < row->end - t->body; n++) {
    ptl_str s = piece_at(t, n, i);
    int is_break = cell->len > 0 && (before.len == 0 || had_room(t, i, before, s));
    if (s.len > 0 && cell->len > 0 && !ptl_append(cell, is_break ? "\n" : " ", 1)) return 0;
    if (!put_words(cell, s)) return 0;
    before = s;
  }
  return 1;
}

int ptl_text_table_cells(ptl_text_table *t, const ptl_text_row *row,
                         ptl_str cells[PTL_TEXT_COLUMNS]) {
  uint32_t i;
  memset(cells, 0, PTL_TEXT_COLUMNS * sizeof *cells);
  for (i = 0; i < t->ncolumns; i++) {
    uint8_t column = t->at[i].column;
    if (!read_cell(t, row, i, &t->cell[column])) return 0;
    cells[column].ptr = t->cell[column].data;
    cells[column].len = t->cell[column].len;
  }
  return 1;
}

void ptl_text_table_free(ptl_text_table *t) {
  int i;
  free(t->marks.data);
  free(t->body_lines.data);
  free(t->starts.data);
  free(t->rows.data);
  for (i = 0; i < PTL_TEXT_COLUMNS; i++) free(t->cell[i].data);
}
