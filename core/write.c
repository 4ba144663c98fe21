/*
** write.c -- which writer a format wants, and the bytes it made.
**
** SPDX-License-Identifier: MIT
*/
#include "write.h"

#include <stdlib.h>
#include <string.h>

struct ptl_output {
  ptl_buffer bytes;
};

static const struct {
  const char *name;
  ptl_writer *write;
} formats[] = {{"csv", ptl_write_csv},   {"xml", ptl_write_xml},   {"services", ptl_write_services},
               {"text", ptl_write_text}, {"html", ptl_write_html}, {"json", ptl_write_json}};

static ptl_writer *writer_named(const char *format) {
  size_t i;
  for (i = 0; i < countof(formats); i++)
    if (strcmp(format, formats[i].name) == 0) return formats[i].write;
  return NULL;
}

int ptl_snapshot_export(const ptl_snapshot *s, const char *format, const char *options,
                        ptl_output **out, ptl_error *err) {
  ptl_writer *write = writer_named(format);
  int rc;
  *out = NULL;
  if (write == NULL) return ptl_fail(err, PTL_EFORMAT, "no writer for '%.40s'", format);
  if ((*out = calloc(1, sizeof **out)) == NULL) return ptl_fail_memory(err);
  rc = write(s, options != NULL ? options : "", &(*out)->bytes, err);
  if (rc == PTL_OK) return PTL_OK;
  ptl_output_free(*out);
  *out = NULL;
  return rc;
}

void ptl_output_bytes(const ptl_output *out, ptl_str *bytes) {
  bytes->ptr = out->bytes.data;
  bytes->len = out->bytes.len;
}

void ptl_output_free(ptl_output *out) {
  if (out == NULL) return;
  free(out->bytes.data);
  free(out);
}
