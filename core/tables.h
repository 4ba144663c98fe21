/*
** tables.h -- a block of tables: the form of a snapshot and of a history.
**
** header | tables, each beginning at a multiple of 8. All integers are
** little-endian. A block is read only by the version that made it.
**
** SPDX-License-Identifier: MIT
*/
#ifndef tables_h
#define tables_h

#include "internal.h"

typedef struct {
  uint32_t at, count; /* bytes from the block's start; entries */
} file_table;

typedef struct {
  char magic[8];
  uint32_t version;
  uint32_t size; /* of the whole block, in bytes */
  uint64_t sum;  /* ptl_sum of all that follows this field */
  file_table table[];
} file_header;

typedef struct {
  const char *what, *made_by; /* "a snapshot", the command */
  const char *magic;          /* 8 characters */
  uint32_t version, ntables;
  const uint8_t *width; /* of a table's entry, in bytes */
} ptl_form;

/* Into pages, which become the caller's. */
int ptl_form_pack(const ptl_form *form, const ptl_buffer *tables, char **bytes, size_t *size,
                  ptl_error *err);
/* Is it such a block, undamaged, and do all tables lie within it? */
int ptl_form_check(const ptl_form *form, const char *bytes, size_t size, const char *source,
                   ptl_error *err);
int ptl_form_damaged(const ptl_form *form, const char *source, ptl_error *err);

static inline const file_header *ptl_header(const char *bytes) {
  return (const file_header *)(const void *)bytes;
}

/* What a hostile table must not break. */
int ptl_all_below(const uint32_t *v, size_t n, uint32_t bound);
/* Offsets into a table of 'end' entries: from 0, never back, to its end. */
int ptl_offsets_ok(const uint32_t *at, uint32_t n, uint32_t end);
int ptl_records_ok(const ptl_record *records, uint32_t n, uint32_t ntexts);

#endif
