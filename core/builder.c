/*
** builder.c -- collects records, whoever read them.
**
** A builder owns copies of all texts, each kept once. A record's id is its
** place in the sources: nothing here or after sorts what a reader gave.
**
** SPDX-License-Identifier: MIT
*/
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

ptl_builder *ptl_builder_new(void) { return calloc(1, sizeof(ptl_builder)); }

void ptl_builder_free(ptl_builder *b) {
  if (b == NULL) return;
  ptl_texts_free(&b->texts);
  free(b->records.data);
  free(b->meta.data);
  free(b->people.data);
  free(b->remarks.data);
  free(b);
}

int ptl_builder_add(ptl_builder *b, const ptl_row *row, ptl_error *err) {
  ptl_record record;
  ptl_str link;
  uint32_t i;
  memset(&record, 0, sizeof record);
  ptl_derive(row, &record, &link);
  for (i = 0; i < countof(row->text); i++)
    if (!ptl_texts_intern(&b->texts, row->text[i], &record.text[i])) return ptl_fail_memory(err);
  if (!ptl_texts_intern(&b->texts, link, &record.text[PTL_LINK]) ||
      !ptl_append(&b->records, &record, sizeof record))
    return ptl_fail_memory(err);
  return PTL_OK;
}

int ptl_builder_add_person(ptl_builder *b, const ptl_str text[6], ptl_error *err) {
  ptl_person person;
  uint32_t i;
  for (i = 0; i < countof(person.text); i++)
    if (!ptl_texts_intern(&b->texts, text[i], &person.text[i])) return ptl_fail_memory(err);
  return ptl_append(&b->people, &person, sizeof person) ? PTL_OK : ptl_fail_memory(err);
}

int ptl_builder_say(ptl_builder *b, const char *key, ptl_str value, ptl_error *err) {
  ptl_meta m;
  if (!ptl_texts_intern(&b->texts, ptl_literal(key), &m.key) ||
      !ptl_texts_intern(&b->texts, value, &m.value) || !ptl_append(&b->meta, &m, sizeof m))
    return ptl_fail_memory(err);
  return PTL_OK;
}

int ptl_builder_set(ptl_builder *b, const char *key, const char *value, size_t len,
                    ptl_error *err) {
  ptl_str v = {value, len};
  return ptl_builder_say(b, key, v, err);
}

/* ------------------------------------------------------------- remarks -- */

int ptl_builder_remarks(ptl_builder *b, ptl_error *err, const char *fmt, ...) {
  char line[400];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  if (!ptl_append(&b->remarks, line, strlen(line) + 1)) return ptl_fail_memory(err);
  b->nremarks++;
  return PTL_OK;
}

const char *ptl_builder_remark(const ptl_builder *b, uint32_t i) {
  const char *line = b->remarks.data;
  if (i >= b->nremarks) return NULL;
  for (; i > 0; i--) line += strlen(line) + 1;
  return line;
}
