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
} formats[] = {{"csv", ptl_read_csv},
               {"xml", ptl_read_xml},
               {"table", ptl_read_table},
               {"json", ptl_read_json},
               {"services", ptl_read_services},
               {"nmap-services", ptl_read_nmap_services},
               {"wireshark", ptl_read_services},
               {"list", ptl_read_list},
               {"text", ptl_read_text},
               {"html", ptl_read_html}};

/* A byte order mark says nothing; UTF-8 is what we read. */
static void skip_mark(ptl_source *in) {
  if (in->end - in->text >= 3 && memcmp(in->text, "\xef\xbb\xbf", 3) == 0) in->text += 3;
}

static int has(ptl_str line, const char *what) {
  return line.len > 0 && ptl_find_folded(line, ptl_literal(what)) != NULL;
}

/* A number, and one of these characters behind it. */
static int is_number_with(ptl_str word, const char *behind) {
  const char *p = word.ptr, *end = word.ptr + word.len;
  uint32_t n;
  return ptl_number(&p, end, PORTS - 1, &n) && p < end && *p != '\0' && strchr(behind, *p) != NULL;
}

/* "name port/transport ...", and nmap's frequency behind it. */
static const char *guess_services(ptl_str line) {
  ptl_take_word(&line);
  if (!is_number_with(ptl_take_word(&line), "/-")) return NULL;
  return is_number_with(ptl_take_word(&line), ".") ? "nmap-services" : "services";
}

static const char *guess_first(ptl_str line) {
  if (line.ptr[0] == '<') return has(line, "html") ? "html" : "xml";
  if (line.ptr[0] == '{') return "json";
  if (has(line, "port number") && has(line, ",")) return "csv";
  if (ptl_equal(line, ptl_literal("PORT NUMBERS"))) return "list";
  return guess_services(line);
}

/* What the first lines say; a page's table comes after its header fields. */
static const char *guess(const ptl_source *in) {
  ptl_lines lines = {in->text, in->end, 0};
  ptl_str line;
  const char *format = NULL;
  int first = 1;
  while (lines.number < 1000 && format == NULL && ptl_next_line(&lines, &line)) {
    line = ptl_trim(line);
    if (line.len == 0 || line.ptr[0] == '#') continue;
    if (first) format = guess_first(line);
    if (line.ptr[0] == '|' && has(line, "port number")) format = "table";
    if (format == NULL && ptl_text_is_header(line)) format = "text";
    first = 0;
  }
  return format;
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
  ptl_source in = {b,
                   source,
                   text,
                   text + len,
                   err != NULL ? err : &unseen,
                   ptl_has_option(options, "salvage"),
                   ptl_era_of(options)};
  size_t i;
  int rc;
  if (in.era == NULL) return ptl_fail(err, PTL_EFORMAT, "%s", ptl_no_era);
  skip_mark(&in);
  if (format == NULL) format = guess(&in);
  if (format == NULL)
    return ptl_fail_at(err, source, 1, 1, "looks like no format of a registry; name the format");
  for (i = 0; i < countof(formats); i++)
    if (strcmp(format, formats[i].name) == 0) break;
  if (i == countof(formats)) return ptl_fail_at(err, source, 1, 1, "no reader for '%.40s'", format);
  if ((rc = formats[i].read(&in)) != PTL_OK) return rc;
  return say_digest(&in, format, len);
}
