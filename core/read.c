/*
** read.c -- which reader a source wants, and its digest.
**
** SPDX-License-Identifier: MIT
*/
#include <string.h>

#include "internal.h"

static const struct {
  const char *name;
  int (*read)(ptl_source *in);
} formats[] = {{"csv", ptl_read_csv}, {"xml", ptl_read_xml}, {"table", ptl_read_table},
             {"json", ptl_read_json}};

/* A byte order mark says nothing; UTF-8 is what we read. */
static void skip_mark(ptl_source *in) {
  if (in->end - in->text >= 3 && memcmp(in->text, "\xef\xbb\xbf", 3) == 0) in->text += 3;
}

static int has(ptl_str line, const char *what) {
  return line.len > 0 && ptl_find_folded(line, ptl_literal(what)) != NULL;
}

/* What the first lines say; a page's table comes after its header fields. */
static const char *guess(const ptl_source *in) {
  ptl_lines lines = {in->text, in->end, 0};
  ptl_str line;
  int first = 1;
  while (lines.number < 1000 && ptl_next_line(&lines, &line)) {
    line = ptl_trim(line);
    if (line.len == 0) continue;
    if (first && line.ptr[0] == '<') return "xml";
    if (first && line.ptr[0] == '{') return "json";
    if (first && has(line, "port number") && has(line, ",")) return "csv";
    if (line.ptr[0] == '|' && has(line, "port number")) return "table";
    first = 0;
  }
  return NULL;
}

static int say_digest(ptl_source *in, const char *format, size_t len) {
  static const char hex[] = "0123456789abcdef";
  uint8_t digest[32];
  char text[64];
  size_t i;
  int rc;
  ptl_digest(in->end - len, len, digest);
  for (i = 0; i < sizeof digest; i++) {
    text[2 * i] = hex[digest[i] >> 4];
    text[2 * i + 1] = hex[digest[i] & 15];
  }
  if ((rc = ptl_builder_say(in->builder, "source", ptl_literal(in->source), in->err)) != PTL_OK ||
      (rc = ptl_builder_say(in->builder, "format", ptl_literal(format), in->err)) != PTL_OK)
    return rc;
  return ptl_builder_set(in->builder, "digest", text, sizeof text, in->err);
}

int ptl_builder_read(ptl_builder *b, const char *source, const char *format, const char *options,
                     const char *text, size_t len, ptl_error *err) {
  ptl_error unseen;
  ptl_source in = {b, source, text, text + len, err != NULL ? err : &unseen,
                   ptl_has_option(options, "salvage"), ptl_era_of(options)};
  size_t i;
  int rc;
  skip_mark(&in);
  if (format == NULL) format = guess(&in);
  if (format == NULL)
    return ptl_fail_at(err, source, 1, 1, "neither IANA's CSV nor its XML; name the format");
  for (i = 0; i < countof(formats); i++)
    if (strcmp(format, formats[i].name) == 0) break;
  if (i == countof(formats)) return ptl_fail_at(err, source, 1, 1, "no reader for '%.40s'", format);
  if ((rc = formats[i].read(&in)) != PTL_OK) return rc;
  return say_digest(&in, format, len);
}
