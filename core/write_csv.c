/*
** write_csv.c -- IANA's CSV: 12 columns, CRLF after a record, LF within one.
**
** A field is quoted only if it holds a comma, a quote, CR or LF.
**
** SPDX-License-Identifier: MIT
*/
#include <string.h>

#include "write.h"

static const char header[] =
    "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,"
    "Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes";

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

int ptl_write_csv(const ptl_snapshot *s, const char *options, ptl_buffer *out, ptl_error *err) {
  ptl_str eol = ptl_literal(strstr(options, "lf") != NULL ? "\n" : "\r\n");
  uint32_t id;
  int ok = ptl_append(out, header, sizeof header - 1) && ptl_append(out, eol.ptr, eol.len);
  for (id = 0; ok && id < s->nrecords; id++) ok = put_record(out, s, &s->records[id], eol);
  return ok ? PTL_OK : ptl_fail_memory(err);
}
