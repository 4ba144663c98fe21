/*
** markup.h -- a record's XML with marks where its texts stand.
**
** Thousands of records differ in their texts and in nothing else; with the
** texts taken out, their markup is one text, kept once. A mark is two or
** three bytes that no XML document can hold:
**
**   1 n      text n, escaped          <name>...</name>, date="..."
**   2 n k    label k of text n        <xref type="person" data="..."/>
**   3 n k    the same, in lower case  <xref type="rfc" data="rfc6335"/>
**
** n and k are counted from ' '. A mark is only made where putting the text
** back gives the very bytes that stood there; all else stays as it was.
**
** SPDX-License-Identifier: MIT
*/
#ifndef markup_h
#define markup_h

#include "internal.h"

enum { MARK_TEXT = 1, MARK_LABEL = 2, MARK_LOWER_LABEL = 3 };

typedef struct {
  ptl_buffer holes, out;
  uint8_t labels[PTL_COLUMNS]; /* seen so far in each column */
  int as_is;                   /* no marks: a text stands here more than once */
} ptl_markup;

/* Those that take 'source' take bytes of the document, and 'at', where those
   begin in it; they return 0 when out of memory. */
void ptl_markup_begin(ptl_markup *m);
void ptl_markup_as_is(ptl_markup *m);
int ptl_markup_text(ptl_markup *m, ptl_str source, size_t at, int number, ptl_str text);
int ptl_markup_attribute(ptl_markup *m, ptl_str tag, size_t at, const char *name, int number,
                         ptl_str text);
int ptl_markup_label(ptl_markup *m, ptl_str xref, size_t at, int column, int rfc, ptl_str label);
int ptl_markup_end(ptl_markup *m, ptl_str source, size_t at, ptl_str *out);
void ptl_markup_free(ptl_markup *m);

/* Puts the texts back; 'text' gives them by number. */
int ptl_markup_expand(ptl_str markup, const ptl_str *text, ptl_buffer *out);
/* Appends 's' with & < > escaped as IANA does. */
int ptl_escape(ptl_buffer *out, ptl_str s, int lower);

#endif
