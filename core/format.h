/*
** format.h -- the snapshot's layout; only builder.c and snapshot.c include it.
**
** A block of tables (tables.h), each an array of uint32_t unless said. Those
** that hold offsets ("..._AT") have one entry more than what they index.
**
** SPDX-License-Identifier: MIT
*/
#ifndef format_h
#define format_h

#include "tables.h"

enum {
  RECORDS,     /* ptl_record[] */
  TEXT_AT,     /* text i is TEXT[TEXT_AT[i], TEXT_AT[i+1]) */
  TEXT,        /* bytes */
  PORT_BASE,   /* by transport: what to add to PORT_CELL */
  PORT_CELL,   /* uint16_t[]: by transport << 16 | port, the cell less its base */
  CELLS,       /* file_cell[], one more than there are */
  POSTINGS,    /* record ids, cell after cell */
  NAMES,       /* record ids by name without case, then id */
  GROUP_AT,    /* the records of one name are NAMES[GROUP_AT[i], GROUP_AT[i+1]) */
  NAME_SLOTS,  /* hash table, open addressing: group + 1, or 0; a power of two */
  WORDS,       /* text numbers of lower-case words, by their bytes */
  WORD_AT,     /* the places of word i are WORD_PLACES[WORD_AT[i], WORD_AT[i+1]) */
  WORD_PLACES, /* record id << 2 | PLACE_... */
  META,        /* ptl_meta[] */
  PEOPLE,      /* ptl_person[] */
  TABLES
};

enum { PLACE_NAME = 0, PLACE_DESCRIPTION = 1, PLACE_NOTE = 2 };

/* A run of ports with the same records: POSTINGS[at, next cell's at). */
typedef struct {
  uint32_t at;
  uint32_t id;     /* the record to show first, or UINT32_MAX */
  uint32_t name;   /* its name's text number, or 0 */
  uint32_t status; /* PTL_ASSIGNED, PTL_RESERVED, PTL_UNASSIGNED, PTL_DYNAMIC */
} file_cell;

#endif
