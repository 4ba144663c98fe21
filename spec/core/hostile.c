/*
** hostile.c -- a damaged or forged snapshot is refused, or answers within its bounds.
**
** Every truncation is refused. Every byte is changed in two ways, once as it
** is, when the sum tells, and once with the sum made right, when only the
** checks of snapshot.c stand between the file and memory; what they let
** through is asked every question there is. Run it under the sanitizers.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "lib/sealed.h"
#include "tables.h"

static const char csv[] =
    "Service Name,Port Number,Transport Protocol,Description,Contact,Assignment Notes\n"
    "http,80,tcp,World Wide Web,[A],note\nold_x,6000-6063,udp,X Window,[B][C],\"is an alias to "
    "\"\"x\"\".\"\n"
    ",7,,Unassigned,,\nmqtt,,,Broker,,\n";

static unsigned long refused, answered;

static ptl_snapshot *build(void) {
  ptl_builder *b = ptl_builder_new();
  ptl_snapshot *s = NULL;
  ptl_error err;
  if (b == NULL || ptl_builder_read(b, "x", NULL, NULL, csv, strlen(csv), &err) != PTL_OK ||
      ptl_builder_freeze(b, &s, &err) != PTL_OK)
    exit(2);
  ptl_builder_free(b);
  return s;
}

static volatile uint32_t sink;

static void touch(const char *p, size_t n) {
  while (n-- > 0) sink += (unsigned char)*p++;
}

static void read_record(const ptl_snapshot *s, uint32_t id) {
  ptl_record r;
  uint32_t i;
  ptl_snapshot_get(s, id, &r);
  for (i = 0; i < PTL_TEXTS; i++) {
    ptl_str text;
    ptl_snapshot_text(s, r.text[i], &text);
    touch(text.ptr, text.len);
  }
}

static void read_list(const ptl_snapshot *s, const uint32_t *ids, uint32_t n) {
  while (n-- > 0) read_record(s, *ids++);
}

static void ask_ports(const ptl_snapshot *s) {
  static const uint32_t ports[] = {0, 7, 80, 6010, 49151, 49152, 65535};
  const uint32_t *ids;
  size_t i;
  int t;
  for (t = 0; t < 4; t++)
    for (i = 0; i < countof(ports); i++) {
      uint32_t n = ptl_snapshot_by_port(s, t, ports[i], &ids), id = ptl_snapshot_id(s, t, ports[i]);
      ptl_str name;
      read_list(s, ids, n);
      if (id != UINT32_MAX) read_record(s, id);
      ptl_snapshot_text(s, ptl_snapshot_name(s, t, ports[i]), &name);
      touch(name.ptr, name.len);
      sink += (uint32_t)ptl_snapshot_status(s, t, ports[i]);
    }
}

static void ask_words(const ptl_snapshot *s) {
  static const char *const words[] = {"http", "OLD_X", "", "x window", "zz", "mq"};
  ptl_match *found = malloc((ptl_snapshot_count(s) + 1) * sizeof *found);
  const uint32_t *ids;
  size_t i;
  for (i = 0; i < countof(words) && found != NULL; i++) {
    size_t len = strlen(words[i]);
    uint32_t n = ptl_snapshot_by_name(s, words[i], len, &ids);
    read_list(s, ids, n);
    n = ptl_snapshot_by_prefix(s, words[i], len, &ids);
    read_list(s, ids, n);
    for (n = ptl_snapshot_search(s, words[i], len, found); n > 0; n--)
      read_record(s, found[n - 1].id);
  }
  free(found);
}

static void ask_whole(const ptl_snapshot *s) {
  static const char *const formats[] = {"csv", "xml", "services"};
  ptl_portset *set = ptl_portset_new();
  ptl_str key, value;
  ptl_error err;
  uint32_t i;
  for (i = 0; ptl_snapshot_meta(s, i, &key, &value); i++) touch(value.ptr, value.len);
  for (i = 0; i < countof(formats); i++) {
    ptl_output *out;
    if (ptl_snapshot_export(s, formats[i], NULL, &out, &err) == PTL_OK) ptl_output_free(out);
  }
  sink += (uint32_t)ptl_snapshot_ports(s, 1, set, &err);
  ptl_portset_free(set);
}

static void offer(const char *bytes, size_t len, int deep) {
  ptl_snapshot *s;
  ptl_error err;
  if (ptl_snapshot_load("forged", bytes, len, &s, &err) != PTL_OK) {
    refused++;
    return;
  }
  answered++;
  ask_ports(s);
  ask_words(s);
  if (deep) ask_whole(s);
  ptl_snapshot_close(s);
}

/* The table of ports is half a megabyte of the same: a sample of it will do. */
static int worth_it(file_table ports, size_t i) {
  size_t from = ports.at, to = from + TRANSPORTS * PORTS * 2;
  return i < from + 64 || i >= to || i % 4099 == 0;
}

static void flip_all(char *bytes, size_t len) {
  static const unsigned char flips[] = {0xff, 0x01, 0x80};
  file_table ports = ptl_header(bytes)->table[PORT_CELL];
  size_t i, j;
  for (i = 0; i < len; i++)
    for (j = 0; worth_it(ports, i) && j < countof(flips); j++) {
      bytes[i] = (char)(bytes[i] ^ flips[j]);
      if (j == 0) offer(bytes, len, 0);
      if (i >= SUMMED || i < offsetof(file_header, sum)) {
        seal(bytes, len);
        offer(bytes, len, 1);
      }
      bytes[i] = (char)(bytes[i] ^ flips[j]);
      seal(bytes, len);
    }
}

int main(void) {
  ptl_snapshot *s = build();
  char path[] = "/tmp/portolan-hostile-XXXXXX", *bytes;
  static _Alignas(64) char buffer[4 << 20];
  size_t len, n;
  ptl_error err;
  FILE *f;
  if (mkstemp(path) < 0 || ptl_snapshot_write(s, path, &err) != PTL_OK) return 2;
  ptl_snapshot_close(s);
  f = fopen(path, "rb");
  len = f != NULL ? fread(buffer, 1, sizeof buffer, f) : 0;
  fclose(f);
  remove(path);
  for (n = 0; n < len; n += n < 4096 || len - n < 4096 ? 1 : 997) {
    if ((bytes = malloc(n + 1)) == NULL) return 2; /* so that a read past it is seen */
    memcpy(bytes, buffer, n);
    offer(bytes, n, 0);
    free(bytes);
  }
  if (answered > 0) return printf("a truncated snapshot was opened\n"), 1;
  flip_all(buffer, len);
  printf("%lu damaged or forged snapshots refused, %lu answered within bounds\n", refused,
         answered);
  return 0;
}
