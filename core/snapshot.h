/*
** snapshot.h -- an opened snapshot, for the files that make and ask one.
**
** SPDX-License-Identifier: MIT
*/
#ifndef snapshot_h
#define snapshot_h

#include "format.h"

struct ptl_snapshot {
  const char *bytes;
  size_t size;
  int owned; /* from ptl_pages, not a constant of the library's */
  uint32_t nrecords, ntexts, ngroups, nwords, nmeta, npeople;
  const ptl_record *records;
  const uint32_t *text_at;
  const char *text;
  const uint32_t *port_base;
  const uint16_t *port_cell;
  const file_cell *cells;
  const uint32_t *postings, *names, *group_at, *name_slots, *words, *word_at, *word_places;
  uint32_t slot_mask;
  const ptl_meta *meta;
  const ptl_person *people;
};

extern const ptl_form ptl_snapshot_form;

/* Makes a snapshot of trusted bytes from ptl_pages, and owns them. */
int ptl_snapshot_adopt(char *bytes, size_t size, ptl_snapshot **out, ptl_error *err);

static inline ptl_str ptl_text_of(const ptl_snapshot *s, uint32_t number) {
  ptl_str r = {s->text + s->text_at[number], s->text_at[number + 1] - s->text_at[number]};
  return r;
}

static inline const file_cell *ptl_cell_of(const ptl_snapshot *s, int transport, uint32_t port) {
  return &s->cells[s->port_base[transport] + s->port_cell[key_of(transport, port)]];
}

#endif
