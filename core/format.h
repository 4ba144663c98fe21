/*
** format.h -- the snapshot's layout; only builder.c and snapshot.c include it.
**
** header | tables, each beginning at a multiple of 8. All integers are
** little-endian; a table is an array of uint32_t unless said. The tables
** that hold offsets ("...At") have one entry more than what they index.
**
** SPDX-License-Identifier: MIT
*/
#ifndef format_h
#define format_h

#include "internal.h"

#define FORMAT_MAGIC "PORTOLAN"
#define FORMAT_VERSION 1u

enum {
  RECORDS,      /* ptl_record[] */
  TEXT_AT,      /* text i is TEXT[TEXT_AT[i], TEXT_AT[i+1]) */
  TEXT,         /* bytes */
  PORT_BASE,    /* by transport: what to add to PORT_CELL */
  PORT_CELL,    /* uint16_t[]: by transport << 16 | port, the cell less its base */
  CELLS,        /* file_cell[], one more than there are */
  POSTINGS,     /* record ids, cell after cell */
  NAMES,        /* record ids by name without case, then id */
  GROUP_AT,     /* the records of one name are NAMES[GROUP_AT[i], GROUP_AT[i+1]) */
  NAME_SLOTS,   /* hash table, open addressing: group + 1, or 0; a power of two */
  WORDS,        /* text numbers of lower-case words, by their bytes */
  WORD_AT,      /* the places of word i are WORD_PLACES[WORD_AT[i], WORD_AT[i+1]) */
  WORD_PLACES,  /* record id << 2 | PLACE_... */
  META,         /* ptl_meta[] */
  PEOPLE,       /* ptl_person[] */
  TABLES
};

enum { PLACE_NAME = 0, PLACE_DESCRIPTION = 1, PLACE_NOTE = 2 };

typedef struct {
  uint32_t at, count; /* bytes from the file's start; entries */
} file_table;

typedef struct {
  char magic[8];
  uint32_t version;
  uint32_t size; /* of the whole file, in bytes */
  uint64_t sum;  /* ptl_sum of all that follows this field */
  file_table table[TABLES];
} file_header;

#define FORMAT_SUMMED (offsetof(file_header, sum) + sizeof(uint64_t))

/* A run of ports with the same records: POSTINGS[at, next cell's at). */
typedef struct {
  uint32_t at;
  uint32_t id;     /* the record to show first, or UINT32_MAX */
  uint32_t name;   /* its name's text number, or 0 */
  uint32_t status; /* PTL_ASSIGNED, PTL_RESERVED, PTL_UNASSIGNED, PTL_DYNAMIC */
} file_cell;

#endif
