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
  free(b->remark_at.data);
  free(b);
}

/* Interns a text that is likely the one 'guess' numbers: a record mostly
   repeats the one before it, on another transport. */
static int intern(ptl_builder *b, ptl_str s, uint32_t guess, uint32_t *number) {
  if (guess != 0 && ptl_equal(ptl_texts_get(&b->texts, guess), s)) {
    *number = guess;
    return 1;
  }
  return ptl_texts_intern(&b->texts, s, number);
}

int ptl_builder_add(ptl_builder *b, const ptl_row *row, ptl_error *err) {
  ptl_record record, before = b->last;
  ptl_str link;
  uint32_t i;
  memset(&record, 0, sizeof record);
  ptl_derive(row, &record, &link);
  for (i = 0; i < countof(row->text); i++)
    if (!intern(b, row->text[i], before.text[i], &record.text[i])) return ptl_fail_memory(err);
  if (!intern(b, link, before.text[PTL_LINK], &record.text[PTL_LINK]) ||
      !ptl_append(&b->records, &record, sizeof record))
    return ptl_fail_memory(err);
  b->last = record;
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

static int add_remark(ptl_builder *b, char *line, ptl_error *err) {
  uint32_t at = (uint32_t)b->remarks.len;
  ptl_one_line(line);
  if (!ptl_append(&b->remarks, line, strlen(line) + 1) ||
      !ptl_append(&b->remark_at, &at, sizeof at))
    return ptl_fail_memory(err);
  return PTL_OK;
}

int ptl_builder_remarks(ptl_builder *b, ptl_error *err, const char *fmt, ...) {
  char line[400];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  return add_remark(b, line, err);
}

const char *ptl_builder_remark(const ptl_builder *b, uint32_t i) {
  if (i >= count(uint32_t, b->remark_at)) return NULL;
  return (const char *)b->remarks.data + *nth(const uint32_t, b->remark_at, i);
}

/* ------------------------------------------------------------- account -- */

int ptl_repaired(ptl_source *in, uint32_t line, uint32_t column, const char *fmt, ...) {
  ptl_error place;
  va_list ap;
  va_start(ap, fmt);
  ptl_fail_list(&place, in->source, line, column, fmt, ap);
  va_end(ap);
  in->builder->repaired++;
  return ptl_builder_remarks(in->builder, in->err, "%.340s; repaired", place.message);
}

int ptl_refuse(ptl_source *in) {
  in->builder->refused++;
  return ptl_builder_remarks(in->builder, in->err, "%.340s; refused", in->err->message);
}

int ptl_salvage(ptl_source *in, int rc) {
  return rc == PTL_ESYNTAX && in->salvage ? ptl_refuse(in) : rc;
}

void ptl_builder_account(const ptl_builder *b, ptl_account *out) {
  out->kept = count(ptl_record, b->records);
  out->repaired = b->repaired;
  out->refused = b->refused;
  out->read = out->kept + out->refused;
}
