/*
** read_services.c -- services(5), nmap's nmap-services and Wireshark's services.
**
**   name  port[-port][/transport[/transport]]  third column  # description
**
** They differ in the third column: aliases in services(5), how often nmap
** found the port open, nothing in Wireshark's. An alias becomes a record of
** its own that links to the name. Nothing here speaks for anybody but the
** file: no assignee, no date, no reference.
**
** SPDX-License-Identifier: MIT
*/
#include <string.h>

#include "internal.h"

typedef struct {
  int has_frequency;   /* of each open port; no column of the registry's holds it */
  const char *unnamed; /* a name that says there is none */
} dialect;

typedef struct {
  ptl_source *in;
  const dialect *dialect;
  ptl_lines lines;
  const char *bol;
  int spoken; /* of frequencies */
} services;

/* What stands before 'mark' in *rest, which is moved past the mark. */
static ptl_str take_until(ptl_str *rest, char mark) {
  const char *found = rest->len > 0 ? memchr(rest->ptr, mark, rest->len) : NULL;
  ptl_str part = *rest;
  if (found != NULL) part.len = (size_t)(found - rest->ptr);
  rest->ptr += part.len + (found != NULL);
  rest->len -= part.len + (found != NULL);
  return part;
}

static int fail(const services *s, ptl_str at, const char *fmt, ptl_str what) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return ptl_fail_at(s->in->err, s->in->source, s->lines.number, (uint32_t)(at.ptr - s->bol) + 1,
                     fmt, (int)(what.len < 40 ? what.len : 40), what.ptr);
#pragma GCC diagnostic pop
}

/* ----------------------------------------------------------------- rows -- */

static int add_aliases(const services *s, const ptl_row *row, ptl_str aliases) {
  ptl_row alias = *row;
  ptl_str name;
  int rc = PTL_OK;
  alias.link = row->text[PTL_NAME];
  while (rc == PTL_OK && (name = ptl_take_word(&aliases)).len > 0) {
    if (ptl_equal(name, alias.link)) continue;
    alias.text[PTL_NAME] = name;
    rc = ptl_builder_add(s->in->builder, &alias, s->in->err);
  }
  return rc;
}

/* A transport that a registry has none of (ddp, ip) is not a fault of the
   file: the row is refused, and reading goes on. */
static int add_on(const services *s, ptl_row *row, ptl_str transport, ptl_str aliases) {
  const char *wrong;
  int rc;
  row->text[PTL_TRANSPORT] = transport;
  if ((wrong = ptl_row_transport(row)) != NULL) {
    fail(s, transport, wrong, transport);
    return ptl_refuse(s->in);
  }
  if ((rc = ptl_builder_add(s->in->builder, row, s->in->err)) != PTL_OK) return rc;
  return row->text[PTL_NAME].len > 0 ? add_aliases(s, row, aliases) : PTL_OK;
}

static int add_all(const services *s, ptl_row *row, ptl_str transports, ptl_str aliases) {
  int rc;
  do rc = add_on(s, row, take_until(&transports, '/'), aliases);
  while (rc == PTL_OK && transports.len > 0);
  return rc;
}

static int drop_frequency(services *s, ptl_str *rest) {
  ptl_str frequency = ptl_take_word(rest);
  if (frequency.len == 0 || s->spoken++) return PTL_OK;
  return ptl_builder_remarks(
      s->in->builder, s->in->err, "%.200s:%u:%u: how often ports were found open is left out",
      s->in->source, s->lines.number, (uint32_t)(frequency.ptr - s->bol) + 1);
}

static int read_line(services *s, ptl_str line) {
  ptl_row row;
  ptl_str rest = take_until(&line, '#'), where, *text = row.text;
  const char *wrong;
  int rc;
  memset(&row, 0, sizeof row);
  text[PTL_NAME] = ptl_take_word(&rest);
  if (text[PTL_NAME].len == 0) return PTL_OK;
  where = ptl_take_word(&rest);
  text[PTL_NUMBER] = take_until(&where, '/');
  if (text[PTL_NUMBER].len == 0) return fail(s, rest, "no port after '%.*s'", text[PTL_NAME]);
  if ((wrong = ptl_row_ports(&row)) != NULL)
    return fail(s, text[PTL_NUMBER], wrong, text[PTL_NUMBER]);
  if (s->dialect->has_frequency && (rc = drop_frequency(s, &rest)) != PTL_OK) return rc;
  text[PTL_DESCRIPTION] = ptl_trim(line);
  if (s->dialect->unnamed != NULL && ptl_equal(text[PTL_NAME], ptl_literal(s->dialect->unnamed)))
    text[PTL_NAME].len = 0;
  return add_all(s, &row, where, rest);
}

static int read(ptl_source *in, const dialect *d) {
  services s = {in, d, {in->text, in->end, 0}, in->text, 0};
  ptl_str line;
  int rc = PTL_OK;
  while (rc == PTL_OK && ptl_next_line(&s.lines, &line)) {
    s.bol = line.ptr;
    rc = ptl_salvage(in, read_line(&s, line));
  }
  return rc;
}

int ptl_read_services(ptl_source *in) {
  static const dialect d = {0, NULL};
  return read(in, &d);
}

int ptl_read_nmap_services(ptl_source *in) {
  static const dialect d = {1, "unknown"};
  return read(in, &d);
}
