/*
** text_table.h -- a table in plain text: its columns, and its rows' cells.
**
** SPDX-License-Identifier: MIT
*/
#ifndef text_table_h
#define text_table_h

#include "internal.h"

#define PTL_TEXT_COLUMNS 12

typedef struct {
  const char *title; /* words, which may stand on several lines */
  uint8_t column;    /* what they head: 0 to PTL_TEXT_COLUMNS - 1 */
} ptl_text_title;

typedef struct {
  uint32_t first, end, anchor; /* lines; the anchor is where one-line cells stand */
  int is_repaired;             /* the lines do not stand as IANA sets them */
  int is_doubtful;             /* it could begin at another line nearly as well */
} ptl_text_row;

typedef struct {
  ptl_source *in;
  const ptl_str *lines;         /* of the whole text */
  uint32_t first, body, end;    /* lines: of the header, of the rows, past the last */
  const ptl_text_title *titles; /* in the table's order */
  uint32_t ntitles;
  uint32_t anchors; /* bit set: columns of which each row has one line in one */
  uint32_t ncolumns;
  int by_bytes; /* positions are bytes, not characters */
  struct {
    uint8_t column;
    uint32_t label, label_end; /* positions */
    uint32_t from, to;
  } at[PTL_TEXT_COLUMNS];
  ptl_buffer marks;      /* uint8_t[]: what is known of each position */
  ptl_buffer body_lines; /* of the rows; see text_table.c */
  ptl_buffer starts;     /* where rows may begin */
  ptl_buffer rows;       /* ptl_text_row[] */
  ptl_buffer cell[PTL_TEXT_COLUMNS];
} ptl_text_table;

/* How many words the line has, if all are of titles; else 0. */
uint32_t ptl_text_title_words(const ptl_text_title *titles, uint32_t ntitles, ptl_str line);
/* Finds the columns and the rows of lines [first, end). */
int ptl_text_table_read(ptl_text_table *t);
/* A row's cells, by column, good until the next row's: blanks are one, and a
   line break is one that wrapping did not need. 0: out of memory. */
int ptl_text_table_cells(ptl_text_table *t, const ptl_text_row *row,
                         ptl_str cells[PTL_TEXT_COLUMNS]);
void ptl_text_table_free(ptl_text_table *t);

#endif
