/*
** write_services.c -- /etc/services, as services(5) has it and glibc reads it.
**
**   name  port/transport  alias ...  # description
**
** One line for each port and transport that has a name: the record to show
** first, with the other names there as aliases. A range gives a line for its
** first port, since the format has none; records without a name or a port
** have no line. The comment at the top says how many of each there were.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <string.h>

#include "write.h"

static int put(ptl_buffer *out, ptl_str s) { return ptl_append(out, s.ptr, s.len); }

static int put_literal(ptl_buffer *out, const char *s) { return put(out, ptl_literal(s)); }

/* The first line of the description; the rest would not be a comment. */
static int put_comment(ptl_buffer *out, ptl_str s) {
  const char *newline = s.len > 0 ? memchr(s.ptr, '\n', s.len) : NULL;
  if (newline != NULL) s.len = (size_t)(newline - s.ptr);
  s = ptl_trim(s);
  return s.len == 0 || (put_literal(out, "\t# ") && put(out, s));
}

/* The other names of assigned records here, each once. */
static int put_aliases(ptl_buffer *out, const ptl_snapshot *s, const uint32_t *ids, uint32_t n,
                       uint32_t shown) {
  uint32_t i, j;
  for (i = 0; i < n; i++) {
    uint32_t name = s->records[ids[i]].text[PTL_NAME];
    for (j = 0; j < i && s->records[ids[j]].text[PTL_NAME] != name; j++) continue;
    if (name == 0 || name == shown || j < i) continue;
    if (!put_literal(out, " ") || !put(out, ptl_text_of(s, name))) return 0;
  }
  return 1;
}

/* Whether the line for this port is owed here: at a record's first port. */
static const ptl_record *record_at(const ptl_snapshot *s, int transport, uint32_t port) {
  uint32_t id = ptl_snapshot_id(s, transport, port);
  if (id == UINT32_MAX || s->records[id].first != port) return NULL;
  return &s->records[id];
}

static int put_line(ptl_buffer *out, const ptl_snapshot *s, int transport, uint32_t port) {
  const ptl_record *r = record_at(s, transport, port);
  const uint32_t *ids;
  uint32_t n;
  char number[24];
  if (r == NULL) return 1;
  n = ptl_snapshot_by_port(s, transport, port, &ids);
  snprintf(number, sizeof number, "\t%u/%s\t", port, ptl_transport_name(transport));
  return put(out, ptl_text_of(s, r->text[PTL_NAME])) && put_literal(out, number) &&
         put_aliases(out, s, ids, n, r->text[PTL_NAME]) &&
         put_comment(out, ptl_text_of(s, r->text[PTL_DESCRIPTION])) && put_literal(out, "\n");
}

static int put_header(ptl_buffer *out, const ptl_snapshot *s) {
  uint32_t id, ranges = 0, unnamed = 0, portless = 0;
  char text[300];
  for (id = 0; id < s->nrecords; id++) {
    const ptl_record *r = &s->records[id];
    if (r->text[PTL_NAME] == 0)
      unnamed++;
    else if (!(r->flags & PTL_HAS_PORT))
      portless++;
    else if (r->first != r->last)
      ranges++;
  }
  snprintf(text, sizeof text,
           "# /etc/services made from the IANA registry; see services(5).\n"
           "# Of its %u records: %u ranges stand at their first port; %u without a name and\n"
           "# %u without a port cannot be said in this format and are left out.\n",
           s->nrecords, ranges, unnamed, portless);
  return put_literal(out, text);
}

int ptl_write_services(const ptl_snapshot *s, const char *options, ptl_buffer *out,
                       ptl_error *err) {
  uint32_t port;
  int transport, ok = put_header(out, s);
  (void)options;
  for (port = 0; ok && port < PORTS; port++)
    for (transport = 0; ok && transport < (int)TRANSPORTS; transport++)
      ok = put_line(out, s, transport, port);
  return ok ? PTL_OK : ptl_fail_memory(err);
}
