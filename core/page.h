/*
** page.h -- the registry as the rows of IANA's page, for text and HTML.
**
** A cell is UTF-8 text, blanks as the source had them, with marks for what
** a page has besides words. No other control byte but tab, LF and CR is in
** it: both writers can trust that.
**
** SPDX-License-Identifier: MIT
*/
#ifndef page_h
#define page_h

#include <expat.h>

#include "snapshot.h"

enum {
  CELL_BREAK = 1,         /* <br/> */
  CELL_PARAGRAPH = 2,     /* <p> ... */
  CELL_END_PARAGRAPH = 3, /* ... </p> */
  CELL_LINK = 4,          /* the address follows, */
  CELL_LABEL = 5,         /* then what is shown, */
  CELL_END_LINK = 6       /* then this */
};

#define PTL_PERSON_COLUMNS 5

typedef struct {
  const char *title;
  int centred;
} ptl_page_column;

extern const ptl_page_column ptl_record_columns[PTL_COLUMNS];
extern const ptl_page_column ptl_person_columns[PTL_PERSON_COLUMNS];

typedef struct {
  const ptl_snapshot *snapshot;
  XML_Parser parser;
  ptl_buffer xml; /* of one record */
  ptl_buffer cell[PTL_COLUMNS];
  int out_of_memory;
  int depth, column, in_xref;            /* while reading that XML: see page.c */
  ptl_buffer type, data, section, label; /* of the xref we are in */
} ptl_page;

int ptl_page_begin(ptl_page *p, const ptl_snapshot *s);
/* The cells of a row, good until the next one is asked for; 0: out of memory. */
int ptl_page_record(ptl_page *p, uint32_t id, ptl_str cells[PTL_COLUMNS]);
int ptl_page_person(ptl_page *p, uint32_t i, ptl_str cells[PTL_PERSON_COLUMNS]);
/* A note or another text of the registry's: its "[RFC...]" and addresses are links. */
int ptl_page_prose(ptl_page *p, ptl_str text, ptl_str *cell);
void ptl_page_end(ptl_page *p);

/* Any bytes as a cell's text; what stands for LF is 'newline'. */
int ptl_page_clean(ptl_buffer *out, ptl_str text, const char *newline);
/* The i-th value that the registry has for 'key'; 0 past the last. */
int ptl_page_said(const ptl_snapshot *s, const char *key, uint32_t i, ptl_str *value);
/* IANA's page leaves the column out where no person has an organisation. */
int ptl_page_has_org(const ptl_snapshot *s);

#endif
