/*
** layout.h -- a table of cells laid out in lines of characters.
**
** SPDX-License-Identifier: MIT
*/
#ifndef layout_h
#define layout_h

#include "page.h"

#define PTL_PAGE_WIDTH 150u /* IANA's plain text is dumped to fit this, if it can */
#define PTL_LAYOUT_COLUMNS PTL_COLUMNS

typedef struct {
  uint32_t ncolumns;
  uint8_t centred[PTL_LAYOUT_COLUMNS];
  uint32_t least[PTL_LAYOUT_COLUMNS]; /* the longest word so far */
  uint32_t most[PTL_LAYOUT_COLUMNS];  /* the longest line, if none were wrapped */
  uint32_t used[PTL_LAYOUT_COLUMNS];  /* the longest line, wrapped to 'width' */
  uint32_t width[PTL_LAYOUT_COLUMNS];
  ptl_buffer flat;  /* the row's cells: words, ' ', '\n' */
  ptl_buffer lines; /* ptl_str[]: the row's cells, wrapped */
} ptl_layout;

/* First every row is measured, then widths are shared out; where
   ptl_layout_share says so, every row is fitted too, and ptl_layout_settle
   ends it; then rows are put. Those with an int result: 0 is out of memory. */
int ptl_layout_measure(ptl_layout *t, const ptl_str *cells);
int ptl_layout_share(ptl_layout *t);
int ptl_layout_fit(ptl_layout *t, const ptl_str *cells);
void ptl_layout_settle(ptl_layout *t);
int ptl_layout_put(ptl_layout *t, const ptl_str *cells, int heading, ptl_buffer *out);
void ptl_layout_free(ptl_layout *t);

uint32_t ptl_layout_length(ptl_str s); /* in characters */

#endif
