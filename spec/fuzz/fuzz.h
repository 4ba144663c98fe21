/*
** fuzz.h -- what the targets share: a source is read, and all that follows is done with it.
**
** SPDX-License-Identifier: MIT
*/
#ifndef fuzz_h
#define fuzz_h

#include <stdlib.h>
#include <string.h>

#include "portolan.h"

/* Making a snapshot and writing it costs far more than reading: a fuzzer does
   it with one source in so many, replay with each. */
#ifndef FUZZ_EVERY
#define FUZZ_EVERY 1
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_export(const ptl_snapshot *s, const char *format, const char *options) {
  ptl_output *out = NULL;
  ptl_error err;
  ptl_str bytes;
  if (ptl_snapshot_export(s, format, options, &out, &err) != PTL_OK) return;
  ptl_output_bytes(out, &bytes);
  ptl_output_free(out);
}

/* Asks for everything that a snapshot has. */
static inline void fuzz_ask(const ptl_snapshot *s) {
  ptl_record r;
  ptl_str text, people[PTL_PERSON_TEXTS];
  const uint32_t *ids;
  uint32_t i, port, transport;
  for (i = 0; i < ptl_snapshot_count(s); i++) {
    ptl_snapshot_get(s, i, &r);
    ptl_snapshot_text(s, r.text[PTL_NAME], &text);
    ptl_snapshot_by_name(s, text.ptr, text.len, &ids);
    if (r.transport == PTL_NO_TRANSPORT) continue;
    ptl_snapshot_by_port(s, r.transport, r.last, &ids);
  }
  for (port = 0; port < 65536; port += 257)
    for (transport = 0; transport < 4; transport++) ptl_snapshot_name(s, (int)transport, port);
  for (i = 0; ptl_snapshot_person(s, i, people); i++) continue;
  fuzz_export(s, "csv", NULL);
  fuzz_export(s, "csv", "era=B lf");
  fuzz_export(s, "json", NULL);
  fuzz_export(s, "xml", NULL);
  fuzz_export(s, "text", NULL);
  fuzz_export(s, "html", NULL);
}

static inline void fuzz_read_with(const char *format, const char *options, const uint8_t *data,
                                  size_t size) {
  static uint32_t runs;
  ptl_builder *b = ptl_builder_new();
  ptl_snapshot *s = NULL;
  ptl_account account;
  ptl_error err;
  uint32_t i;
  const char *remark;
  int rc = ptl_builder_read(b, "fuzz", format, options, (const char *)data, size, &err);
  for (i = 0; (remark = ptl_builder_remark(b, i)) != NULL; i++)
    if (strchr(remark, '\n') != NULL) abort();
  ptl_builder_account(b, &account);
  if (account.read != account.kept + account.refused || account.repaired > account.kept) abort();
  if (rc == PTL_OK && runs++ % FUZZ_EVERY == 0 && ptl_builder_freeze(b, &s, &err) == PTL_OK)
    fuzz_ask(s);
  ptl_snapshot_close(s);
  ptl_builder_free(b);
}

/* Strictly, then salvaging. */
static inline int fuzz_read(const char *format, const uint8_t *data, size_t size) {
  fuzz_read_with(format, NULL, data, size);
  fuzz_read_with(format, "salvage", data, size);
  return 0;
}

#endif
