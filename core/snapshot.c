/*
** snapshot.c -- open a registry, check it once, answer by port and by name.
**
** A snapshot file is not trusted: 'check' walks all of it once, so that every
** query after it may read without looking back. It is read whole into memory
** of our own, never mapped from a file that somebody may truncate. The one
** built into the library was checked when the library was made.
**
** SPDX-License-Identifier: MIT
*/
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(ptl_record) == 64, "a record is a cache line, and the file's layout");
_Static_assert(sizeof(file_cell) == 16, "the file's layout");
_Static_assert(sizeof(ptl_meta) == 8 && sizeof(ptl_person) == 24, "the file's layout");

static const uint8_t width[TABLES] = {[RECORDS] = sizeof(ptl_record),
                                      [TEXT_AT] = 4,
                                      [TEXT] = 1,
                                      [PORT_BASE] = 4,
                                      [PORT_CELL] = 2,
                                      [CELLS] = sizeof(file_cell),
                                      [POSTINGS] = 4,
                                      [NAMES] = 4,
                                      [GROUP_AT] = 4,
                                      [NAME_SLOTS] = 4,
                                      [WORDS] = 4,
                                      [WORD_AT] = 4,
                                      [WORD_PLACES] = 4,
                                      [META] = sizeof(ptl_meta),
                                      [PEOPLE] = sizeof(ptl_person)};

const ptl_form ptl_snapshot_form = {"a snapshot", "portolan compile", "PORTOLAN", 1, TABLES, width};

/* ------------------------------------------------------------ checking -- */

static uint32_t entries(const ptl_snapshot *s, int table) {
  return ptl_header(s->bytes)->table[table].count;
}

static const void *start(const ptl_snapshot *s, int table) {
  return s->bytes + ptl_header(s->bytes)->table[table].at;
}

/* Finds every table; nothing is read through them yet. */
static void locate(ptl_snapshot *s) {
  s->nrecords = entries(s, RECORDS);
  s->ntexts = entries(s, TEXT_AT) - 1;
  s->ngroups = entries(s, GROUP_AT) - 1;
  s->nwords = entries(s, WORDS);
  s->nmeta = entries(s, META);
  s->npeople = entries(s, PEOPLE);
  s->slot_mask = entries(s, NAME_SLOTS) - 1;
  s->records = start(s, RECORDS);
  s->text_at = start(s, TEXT_AT);
  s->text = start(s, TEXT);
  s->port_base = start(s, PORT_BASE);
  s->port_cell = start(s, PORT_CELL);
  s->cells = start(s, CELLS);
  s->postings = start(s, POSTINGS);
  s->names = start(s, NAMES);
  s->group_at = start(s, GROUP_AT);
  s->name_slots = start(s, NAME_SLOTS);
  s->words = start(s, WORDS);
  s->word_at = start(s, WORD_AT);
  s->word_places = start(s, WORD_PLACES);
  s->meta = start(s, META);
  s->people = start(s, PEOPLE);
}

static int sizes_ok(const ptl_snapshot *s) {
  return entries(s, PORT_BASE) == TRANSPORTS && entries(s, PORT_CELL) == TRANSPORTS * PORTS &&
         entries(s, CELLS) > 0 && entries(s, TEXT_AT) > 1 && entries(s, GROUP_AT) > 0 &&
         entries(s, WORD_AT) == entries(s, WORDS) + 1;
}

static int cells_ok(const ptl_snapshot *s) {
  uint32_t i, n = entries(s, CELLS) - 1;
  if (s->cells[0].at != 0 || s->cells[n].at != entries(s, POSTINGS)) return 0;
  for (i = 0; i < n; i++) {
    const file_cell *c = &s->cells[i];
    if (c[0].at > c[1].at || (c->id >= s->nrecords && c->id != UINT32_MAX) ||
        c->name >= s->ntexts || c->status > PTL_DYNAMIC)
      return 0;
  }
  return 1;
}

static int ports_ok(const ptl_snapshot *s) {
  uint32_t t, i, ncells = entries(s, CELLS) - 1;
  for (t = 0; t < TRANSPORTS; t++) {
    uint16_t most = 0;
    for (i = 0; i < PORTS; i++) {
      uint16_t cell = s->port_cell[key_of(t, i)];
      most = cell > most ? cell : most;
    }
    if (s->port_base[t] >= ncells || most >= ncells - s->port_base[t]) return 0;
  }
  return 1;
}

static int names_ok(const ptl_snapshot *s) {
  uint32_t i, empty = 0, nslots = entries(s, NAME_SLOTS);
  for (i = 0; i < s->ngroups; i++) empty |= s->group_at[i] == s->group_at[i + 1];
  return !empty && nslots > s->ngroups && (nslots & (nslots - 1)) == 0 &&
         ptl_offsets_ok(s->group_at, s->ngroups + 1, entries(s, NAMES)) &&
         ptl_all_below(s->names, entries(s, NAMES), s->nrecords) &&
         ptl_all_below(s->name_slots, nslots, s->ngroups + 1);
}

static int words_ok(const ptl_snapshot *s) {
  return ptl_all_below(s->words, s->nwords, s->ntexts) &&
         ptl_offsets_ok(s->word_at, s->nwords + 1, entries(s, WORD_PLACES)) &&
         ptl_all_below(s->word_places, entries(s, WORD_PLACES), s->nrecords << 2);
}

static int check(ptl_snapshot *s) {
  if (!sizes_ok(s)) return 0;
  locate(s);
  return ptl_offsets_ok(s->text_at, s->ntexts + 1, entries(s, TEXT)) && s->text_at[1] == 0 &&
         ptl_records_ok(s->records, s->nrecords, s->ntexts) && cells_ok(s) && ports_ok(s) &&
         names_ok(s) && words_ok(s) &&
         ptl_all_below(s->postings, entries(s, POSTINGS), s->nrecords) &&
         ptl_all_below(start(s, META), (size_t)entries(s, META) * 2, s->ntexts) &&
         ptl_all_below(start(s, PEOPLE), (size_t)entries(s, PEOPLE) * 6, s->ntexts);
}

/* ------------------------------------------------------------- opening -- */

void ptl_snapshot_close(ptl_snapshot *s) {
  if (s == NULL) return;
  if (s->owned) ptl_pages_free(s->bytes, s->size);
  free(s);
}

int ptl_snapshot_adopt(char *bytes, size_t size, ptl_snapshot **out, ptl_error *err) {
  ptl_snapshot *s = calloc(1, sizeof *s);
  if (s == NULL) {
    ptl_pages_free(bytes, size);
    return ptl_fail_memory(err);
  }
  s->bytes = bytes;
  s->size = size;
  s->owned = 1;
  ptl_pages_seal(bytes, size);
  locate(s);
  *out = s;
  return PTL_OK;
}

/* Takes over untrusted bytes from ptl_pages. */
static int admit(char *bytes, size_t size, const char *source, ptl_snapshot **out, ptl_error *err) {
  ptl_snapshot s = {.bytes = bytes, .size = size};
  int rc = ptl_form_check(&ptl_snapshot_form, bytes, size, source, err);
  if (rc == PTL_OK && !check(&s)) rc = ptl_form_damaged(&ptl_snapshot_form, source, err);
  if (rc == PTL_OK) return ptl_snapshot_adopt(bytes, size, out, err);
  ptl_pages_free(bytes, size);
  return rc;
}

static int open_builtin(ptl_snapshot **out, ptl_error *err) {
  ptl_snapshot *s = calloc(1, sizeof *s);
  if (s == NULL) return ptl_fail_memory(err);
  s->bytes = (const char *)ptl_builtin;
  s->size = (size_t)((uintptr_t)ptl_builtin_end - (uintptr_t)ptl_builtin);
  locate(s);
  *out = s;
  return PTL_OK;
}

int ptl_snapshot_open(const char *path, ptl_snapshot **out, ptl_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  int rc;
  *out = NULL;
  if (path == NULL) return open_builtin(out, err);
  if ((rc = ptl_file_read(path, &bytes, &size, err)) != PTL_OK) return rc;
  return admit(bytes, size, path, out, err);
}

int ptl_snapshot_load(const char *source, const char *bytes, size_t len, ptl_snapshot **out,
                      ptl_error *err) {
  char *copy = ptl_pages(len);
  *out = NULL;
  if (copy == NULL) return ptl_fail_memory(err);
  if (len > 0) memcpy(copy, bytes, len);
  return admit(copy, len, source, out, err);
}

int ptl_snapshot_write(const ptl_snapshot *s, const char *path, ptl_error *err) {
  return ptl_file_write(path, s->bytes, s->size, err);
}

/* ------------------------------------------------------------- answers -- */

uint32_t ptl_snapshot_count(const ptl_snapshot *s) { return s->nrecords; }

uint32_t ptl_snapshot_texts(const ptl_snapshot *s) { return s->ntexts; }

void ptl_snapshot_get(const ptl_snapshot *s, uint32_t id, ptl_record *out) {
  *out = s->records[id];
}

void ptl_snapshot_text(const ptl_snapshot *s, uint32_t number, ptl_str *out) {
  *out = ptl_text_of(s, number);
}

int ptl_snapshot_meta(const ptl_snapshot *s, uint32_t i, ptl_str *key, ptl_str *value) {
  if (i >= s->nmeta) return 0;
  *key = ptl_text_of(s, s->meta[i].key);
  *value = ptl_text_of(s, s->meta[i].value);
  return 1;
}

int ptl_snapshot_person(const ptl_snapshot *s, uint32_t i, ptl_str text[PTL_PERSON_TEXTS]) {
  int k;
  if (i >= s->npeople) return 0;
  for (k = 0; k < PTL_PERSON_TEXTS; k++) text[k] = ptl_text_of(s, s->people[i].text[k]);
  return 1;
}

uint32_t ptl_snapshot_id(const ptl_snapshot *s, int transport, uint32_t port) {
  return ptl_cell_of(s, transport, port)->id;
}

uint32_t ptl_snapshot_name(const ptl_snapshot *s, int transport, uint32_t port) {
  return ptl_cell_of(s, transport, port)->name;
}

int ptl_snapshot_status(const ptl_snapshot *s, int transport, uint32_t port) {
  return (int)ptl_cell_of(s, transport, port)->status;
}

uint32_t ptl_snapshot_by_port(const ptl_snapshot *s, int transport, uint32_t port,
                              const uint32_t **ids) {
  const file_cell *c = ptl_cell_of(s, transport, port);
  *ids = s->postings + c->at;
  return c[1].at - c->at;
}

/* The name that all records of a group have, but for case. */
static ptl_str group_name(const ptl_snapshot *s, uint32_t group) {
  return ptl_text_of(s, s->records[s->names[s->group_at[group]]].text[PTL_NAME]);
}

uint32_t ptl_snapshot_by_name(const ptl_snapshot *s, const char *name, size_t len,
                              const uint32_t **ids) {
  ptl_str wanted = {name, len};
  uint32_t i = (uint32_t)ptl_hash_folded(wanted), left = s->slot_mask + 1;
  for (; left > 0; left--, i++) {
    uint32_t group = s->name_slots[i & s->slot_mask];
    if (group-- == 0) break;
    if (!ptl_equal_folded(group_name(s, group), wanted)) continue;
    *ids = s->names + s->group_at[group];
    return s->group_at[group + 1] - s->group_at[group];
  }
  *ids = s->names;
  return 0;
}

/* The first group whose name's first bytes are not before 'prefix' (or, with
   'past' set, are past it). */
static uint32_t prefix_bound(const ptl_snapshot *s, ptl_str prefix, int past) {
  uint32_t lo = 0, hi = s->ngroups;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    ptl_str name = group_name(s, mid);
    int d;
    if (name.len > prefix.len) name.len = prefix.len;
    d = ptl_compare_folded(name, prefix);
    if (d < 0 || (past && d == 0))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

uint32_t ptl_snapshot_by_prefix(const ptl_snapshot *s, const char *prefix, size_t len,
                                const uint32_t **ids) {
  ptl_str p = {prefix, len};
  uint32_t from = prefix_bound(s, p, 0), to = prefix_bound(s, p, 1);
  *ids = s->names + s->group_at[from];
  return s->group_at[to] - s->group_at[from];
}
