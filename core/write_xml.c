/*
** write_xml.c -- the XML that a registry was read from, byte for byte.
**
** Every record and person carries the document's bytes from the end of the
** one before to its own end (markup.h); what follows the last is kept as the
** registry's "xml". Put together in order, they are the document.
**
** SPDX-License-Identifier: MIT
*/
#include "markup.h"
#include "write.h"

static int put_record(ptl_buffer *out, const ptl_snapshot *s, const ptl_record *r) {
  ptl_str text[PTL_COLUMNS];
  int i;
  for (i = 0; i < PTL_COLUMNS; i++) text[i] = ptl_text_of(s, r->text[i]);
  return ptl_markup_expand(ptl_text_of(s, r->text[PTL_MARKUP]), text, out);
}

static int put_person(ptl_buffer *out, const ptl_snapshot *s, const ptl_person *p) {
  ptl_str text[PTL_COLUMNS] = {{NULL, 0}};
  int i;
  for (i = 0; i < 5; i++) text[i] = ptl_text_of(s, p->text[i]);
  return ptl_markup_expand(ptl_text_of(s, p->text[5]), text, out);
}

static int tail_of(const ptl_snapshot *s, ptl_str *tail) {
  ptl_str key;
  uint32_t i;
  for (i = 0; ptl_snapshot_meta(s, i, &key, tail); i++)
    if (ptl_equal(key, ptl_literal("xml"))) return 1;
  return 0;
}

int ptl_write_xml(const ptl_snapshot *s, const char *options, ptl_buffer *out, ptl_error *err) {
  uint32_t i;
  ptl_str tail;
  int ok = 1;
  (void)options;
  if (!tail_of(s, &tail))
    return ptl_fail(err, PTL_EFORMAT,
                    "this registry was not read from XML, so there is none to write");
  for (i = 0; ok && i < s->nrecords; i++) ok = put_record(out, s, &s->records[i]);
  for (i = 0; ok && i < s->npeople; i++) ok = put_person(out, s, &s->people[i]);
  return ok && ptl_append(out, tail.ptr, tail.len) ? PTL_OK : ptl_fail_memory(err);
}
