/*
** tables.c -- a block of tables: put one together, check one from outside.
**
** SPDX-License-Identifier: MIT
*/
#include "tables.h"

#include <string.h>

#define SUMMED (offsetof(file_header, sum) + sizeof(uint64_t))

/* ------------------------------------------------------------- packing -- */

static size_t aligned(size_t n) { return (n + 7) & ~(size_t)7; }

static size_t header_size(const ptl_form *form) {
  return sizeof(file_header) + form->ntables * sizeof(file_table);
}

/* The whole size, or 0 when it is too big. */
static size_t size_of(const ptl_form *form, const ptl_buffer *tables) {
  size_t size = aligned(header_size(form));
  uint32_t i;
  for (i = 0; i < form->ntables; i++)
    if ((size = aligned(size + tables[i].len)) > UINT32_MAX) return 0;
  return size;
}

static void place(const ptl_form *form, const ptl_buffer *tables, char *bytes) {
  file_header *h = (file_header *)(void *)bytes;
  size_t at = aligned(header_size(form));
  uint32_t i;
  for (i = 0; i < form->ntables; i++) {
    h->table[i].at = (uint32_t)at;
    h->table[i].count = (uint32_t)(tables[i].len / form->width[i]);
    if (tables[i].len > 0) memcpy(bytes + at, tables[i].data, tables[i].len);
    at = aligned(at + tables[i].len);
  }
}

int ptl_form_pack(const ptl_form *form, const ptl_buffer *tables, char **bytes, size_t *size,
                  ptl_error *err) {
  file_header *h;
  if ((*size = size_of(form, tables)) == 0)
    return ptl_fail(err, PTL_ELIMIT, "%s cannot be larger than 4 GiB", form->what);
  if ((*bytes = ptl_pages(*size)) == NULL) return ptl_fail_memory(err);
  place(form, tables, *bytes);
  h = (file_header *)(void *)*bytes;
  memcpy(h->magic, form->magic, sizeof h->magic);
  h->version = form->version;
  h->size = (uint32_t)*size;
  h->sum = ptl_sum(*bytes + SUMMED, *size - SUMMED);
  return PTL_OK;
}

/* ------------------------------------------------------------ checking -- */

int ptl_form_damaged(const ptl_form *form, const char *source, ptl_error *err) {
  return ptl_fail(err, PTL_EFORMAT, "%.200s: %s, but damaged", source, form->what);
}

static int tables_fit(const ptl_form *form, const file_header *h, size_t size) {
  uint32_t i;
  for (i = 0; i < form->ntables; i++) {
    file_table t = h->table[i];
    if (t.at % 8 != 0 || t.at > size || t.count > (size - t.at) / form->width[i]) return 0;
  }
  return 1;
}

int ptl_form_check(const ptl_form *form, const char *bytes, size_t size, const char *source,
                   ptl_error *err) {
  const file_header *h = ptl_header(bytes);
  if (size < header_size(form) || memcmp(h->magic, form->magic, sizeof h->magic) != 0)
    return ptl_fail(err, PTL_EFORMAT, "%.200s: not %s; make one with '%s'", source, form->what,
                    form->made_by);
  if (h->version != form->version)
    return ptl_fail(err, PTL_EFORMAT,
                    "%.200s: %s of version %u, and this library reads version %u; make it again",
                    source, form->what, h->version, form->version);
  if (h->size != size || h->sum != ptl_sum(bytes + SUMMED, size - SUMMED) ||
      !tables_fit(form, h, size))
    return ptl_form_damaged(form, source, err);
  return PTL_OK;
}

int ptl_all_below(const uint32_t *v, size_t n, uint32_t bound) {
  uint32_t most = 0;
  size_t i;
  for (i = 0; i < n; i++) most = v[i] > most ? v[i] : most;
  return n == 0 || most < bound;
}

int ptl_offsets_ok(const uint32_t *at, uint32_t n, uint32_t end) {
  uint32_t i, back = 0;
  for (i = 1; i < n; i++) back |= at[i - 1] > at[i];
  return !back && at[0] == 0 && at[n - 1] == end;
}

int ptl_records_ok(const ptl_record *records, uint32_t n, uint32_t ntexts) {
  uint32_t i, j, bad = 0, most = 0;
  for (i = 0; i < n; i++) {
    const ptl_record *r = &records[i];
    for (j = 0; j < PTL_TEXTS; j++) most = r->text[j] > most ? r->text[j] : most;
    bad |= (uint32_t)(r->first > r->last) | (uint32_t)(r->transport > PTL_NO_TRANSPORT) |
           (uint32_t)(r->status > PTL_OTHER) | (uint32_t)(r->range > PTL_NO_RANGE);
  }
  return !bad && (n == 0 || most < ntexts);
}
