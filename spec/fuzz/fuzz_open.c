/*
** fuzz_open.c -- a snapshot, changed in any places; and any bytes as a source.
**
** The input is read as changes to a small sound snapshot, eight bytes each:
** the table (or the header), the place within it, the new value. The sum that
** guards against accidents is set right, so that the check behind it is what
** is on trial.
**
** SPDX-License-Identifier: MIT
*/
#include "fuzz.h"
#include "snapshot.h"
#include "tables.h"

static const char source[] =
    "<registry><record><name>a-b</name><protocol>tcp</protocol><number>1-2</number>"
    "<description>one word</description><xref type='person' data='P'/></record>"
    "<record><name>b</name><note>This entry is an alias to \"a-b\".</note></record>"
    "<people><person id='P'><name>P</name></person></people></registry>";

static const ptl_snapshot *sound(void) {
  static ptl_snapshot *s;
  ptl_builder *b;
  ptl_error err;
  if (s != NULL) return s;
  b = ptl_builder_new();
  if (ptl_builder_read(b, "fuzz", "xml", NULL, source, sizeof source - 1, &err) != PTL_OK ||
      ptl_builder_freeze(b, &s, &err) != PTL_OK)
    abort();
  ptl_builder_free(b);
  return s;
}

static void change(char *bytes, size_t size, const uint8_t change[8]) {
  const file_header *header = ptl_header(bytes);
  uint32_t table = change[0] % (TABLES + 1), place, value;
  size_t at = 0, length = sizeof *header + sizeof(file_table) * TABLES;
  memcpy(&place, change, sizeof place);
  memcpy(&value, change + 4, sizeof value);
  if (table < TABLES) {
    at = header->table[table].at;
    length = (size_t)header->table[table].count * ptl_snapshot_form.width[table];
  }
  at += (place >> 8) % (length / 4 + 1) * 4;
  if (at <= size - sizeof value) memcpy(bytes + at, &value, sizeof value);
}

static void load(char *bytes, size_t size) {
  file_header *header = (file_header *)(void *)bytes;
  size_t summed = offsetof(file_header, table);
  ptl_snapshot *s = NULL;
  ptl_error err;
  header->sum = ptl_sum(bytes + summed, size - summed);
  if (ptl_snapshot_load("fuzz", bytes, size, &s, &err) == PTL_OK) fuzz_ask(s);
  ptl_snapshot_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ptl_snapshot *s = sound();
  char *bytes = malloc(s->size);
  size_t i;
  memcpy(bytes, s->bytes, s->size);
  for (i = 0; i + 8 <= size; i += 8) change(bytes, s->size, data + i);
  load(bytes, s->size);
  free(bytes);
  return fuzz_read(NULL, data, size);
}
