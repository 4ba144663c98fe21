/*
** record.c -- what a record's texts say: ports, transport, status, aliases.
**
** IANA keeps these in prose. A status is read off the start of the
** description, and only where there is no name: "stun-behaviors" is
** assigned, though its description begins with "Reserved".
**
** SPDX-License-Identifier: MIT
*/
#include <string.h>

#include "internal.h"

static const char *const titles[PTL_COLUMNS] = {
    "Service Name", "Port Number",  "Transport Protocol",        "Description",
    "Assignee",     "Contact",      "Registration Date",         "Modification Date",
    "Reference",    "Service Code", "Unauthorized Use Reported", "Assignment Notes"};

const char *ptl_column_title(int column) { return titles[column]; }

int ptl_column_titled(ptl_str title) {
  int i;
  title = ptl_trim(title);
  for (i = 0; i < PTL_COLUMNS; i++)
    if (ptl_equal_folded(title, ptl_literal(titles[i]))) return i;
  return ptl_equal_folded(title, ptl_literal("Known Unauthorized Uses")) ? PTL_UNAUTHORIZED : -1;
}

static const char *const transports[] = {"tcp", "udp", "sctp", "dccp"};

int ptl_transport_named(ptl_str name) {
  size_t i;
  for (i = 0; i < countof(transports); i++)
    if (ptl_equal_folded(name, ptl_literal(transports[i]))) return (int)i;
  return -1;
}

const char *ptl_transport_name(int transport) { return transports[transport]; }

const char *ptl_row_transport(ptl_row *row) {
  ptl_str s = ptl_trim(row->text[PTL_TRANSPORT]);
  int t = s.len > 0 ? ptl_transport_named(s) : PTL_NO_TRANSPORT;
  if (t < 0) return "transport must be tcp, udp, sctp or dccp, not '%.*s'";
  row->transport = (uint8_t)t;
  return NULL;
}

static void skip_blanks(const char **p, const char *end) {
  while (*p < end && ptl_is_space((unsigned char)**p)) (*p)++;
}

/* "", "80", "6000-6063"; the schema allows blanks round the dash. */
static int read_ports(ptl_str s, uint32_t *first, uint32_t *last) {
  const char *p = s.ptr, *end = s.ptr + s.len;
  if (!ptl_number(&p, end, PORTS - 1, first)) return 0;
  *last = *first;
  skip_blanks(&p, end);
  if (p == end) return 1;
  if (*p++ != '-') return 0;
  skip_blanks(&p, end);
  return ptl_number(&p, end, PORTS - 1, last) && p == end && *first <= *last;
}

const char *ptl_row_ports(ptl_row *row) {
  ptl_str s = ptl_trim(row->text[PTL_NUMBER]);
  uint32_t first, last;
  row->has_port = s.len > 0;
  if (!row->has_port) return NULL;
  if (!read_ports(s, &first, &last)) return "port must be 0-65535 or a range, not '%.*s'";
  row->first = (uint16_t)first;
  row->last = (uint16_t)last;
  return NULL;
}

static const struct {
  const char *begins;
  uint8_t status;
} wordings[] = {
    {"unassigned", PTL_UNASSIGNED},       {"(unassigned)", PTL_UNASSIGNED},
    {"reserved", PTL_RESERVED},           {"any private", PTL_PRIVATE},
    {"de-registered", PTL_DEREGISTERED},  {"removed", PTL_DEREGISTERED},
    {"deprecated", PTL_DEREGISTERED},     {"de-commissioned", PTL_DEREGISTERED},
    {"decommissioned", PTL_DEREGISTERED}, {"decomissioned", PTL_DEREGISTERED},
    {"de-assigned", PTL_DEREGISTERED},
};

static uint8_t status_of(const ptl_row *row) {
  ptl_str description = ptl_trim(row->text[PTL_DESCRIPTION]);
  size_t i;
  if (row->text[PTL_NAME].len > 0) return PTL_ASSIGNED;
  for (i = 0; i < countof(wordings); i++)
    if (ptl_starts_folded(description, wordings[i].begins)) return wordings[i].status;
  return PTL_OTHER;
}

/* What stands in quotes after 'phrase', or nothing. */
static ptl_str quoted_after(ptl_str text, const char *phrase) {
  ptl_str none = {NULL, 0}, found;
  const char *at = text.len > 0 ? ptl_find_folded(text, ptl_literal(phrase)) : NULL, *quote;
  if (at == NULL) return none;
  found.ptr = at + strlen(phrase);
  quote = memchr(found.ptr, '"', (size_t)(text.ptr + text.len - found.ptr));
  if (quote == NULL) return none;
  found.len = (size_t)(quote - found.ptr);
  return found;
}

static void link_of(const ptl_row *row, ptl_record *record, ptl_str *link) {
  *link = row->link.len > 0 ? row->link : quoted_after(row->text[PTL_NOTE], "is an alias to \"");
  if (link->len > 0) {
    record->flags |= PTL_IS_ALIAS;
    return;
  }
  *link = quoted_after(row->text[PTL_DESCRIPTION], "as a replacement for \"");
  if (link->len > 0) record->flags |= PTL_REPLACES;
}

void ptl_derive(const ptl_row *row, ptl_record *record, ptl_str *link) {
  record->first = row->first;
  record->last = row->last;
  record->transport = row->transport;
  record->status = status_of(row);
  record->range = (uint8_t)(row->has_port ? ptl_port_range(row->first) : PTL_NO_RANGE);
  record->flags = row->has_port ? PTL_HAS_PORT : 0;
  link_of(row, record, link);
}
