/*
** write_csv.c -- IANA's CSV: 12 columns, CRLF after a record, LF within one.
**
** A field is quoted only if it holds a comma, a quote, CR or LF. Of an older
** era (era.c), the XML is written and read anew in that era's wording.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "write.h"

static const char header[] =
    "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,"
    "Modification Date,Reference,Service Code,";

static int needs_quotes(ptl_str s) {
  size_t i;
  for (i = 0; i < s.len; i++)
    if (s.ptr[i] == ',' || s.ptr[i] == '"' || s.ptr[i] == '\n' || s.ptr[i] == '\r') return 1;
  return 0;
}

static int put_quoted(ptl_buffer *out, ptl_str s) {
  const char *quote;
  if (!ptl_append(out, "\"", 1)) return 0;
  while (s.len > 0 && (quote = memchr(s.ptr, '"', s.len)) != NULL) {
    size_t n = (size_t)(quote - s.ptr) + 1;
    if (!ptl_append(out, s.ptr, n) || !ptl_append(out, "\"", 1)) return 0;
    s.ptr += n;
    s.len -= n;
  }
  return ptl_append(out, s.ptr, s.len) && ptl_append(out, "\"", 1);
}

static int put_field(ptl_buffer *out, ptl_str s) {
  return needs_quotes(s) ? put_quoted(out, s) : ptl_append(out, s.ptr, s.len);
}

static int put_record(ptl_buffer *out, const ptl_snapshot *s, const ptl_record *r, ptl_str eol) {
  int i;
  for (i = 0; i < PTL_COLUMNS; i++) {
    if (i > 0 && !ptl_append(out, ",", 1)) return 0;
    if (!put_field(out, ptl_text_of(s, r->text[i]))) return 0;
  }
  return ptl_append(out, eol.ptr, eol.len);
}

static int put_header(ptl_buffer *out, const ptl_era *era, ptl_str eol) {
  return ptl_append(out, header, sizeof header - 1) &&
         ptl_append(out, era->unauthorized, strlen(era->unauthorized)) &&
         ptl_append(out, ",Assignment Notes", 17) && ptl_append(out, eol.ptr, eol.len);
}

/* The same registry, its columns in the words of the era that 'options' has. */
static int reword(const ptl_snapshot *s, const char *options, ptl_snapshot **out, ptl_error *err) {
  ptl_buffer xml = {0};
  ptl_builder *b = ptl_builder_new();
  int rc = b != NULL ? ptl_write_xml(s, "", &xml, err) : ptl_fail_memory(err);
  if (rc == PTL_OK) rc = ptl_builder_read(b, "xml", "xml", options, xml.data, xml.len, err);
  if (rc == PTL_OK) rc = ptl_builder_freeze(b, out, err);
  ptl_builder_free(b);
  free(xml.data);
  return rc;
}

int ptl_write_csv(const ptl_snapshot *s, const char *options, ptl_buffer *out, ptl_error *err) {
  ptl_str eol = ptl_literal(ptl_has_option(options, "lf") ? "\n" : "\r\n");
  const ptl_era *era = ptl_era_of(options);
  ptl_snapshot *reworded = NULL;
  uint32_t id;
  int ok, rc;
  if (era == NULL) return ptl_fail(err, PTL_EFORMAT, "%s", ptl_no_era);
  if (!ptl_era_is_today(era)) {
    if ((rc = reword(s, options, &reworded, err)) != PTL_OK) return rc;
    s = reworded;
  }
  ok = put_header(out, era, eol);
  for (id = 0; ok && id < s->nrecords; id++) ok = put_record(out, s, &s->records[id], eol);
  ptl_snapshot_close(reworded);
  return ok ? PTL_OK : ptl_fail_memory(err);
}
