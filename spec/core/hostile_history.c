/*
** hostile_history.c -- a damaged or forged history is refused, or answers within its bounds.
**
** As in hostile.c: every truncation is refused; every byte is changed, as it
** is and with the sum made right. What the checks of history.c let through is
** asked for each edition, for a port's life, and for one edition more.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sealed.h"
#include "tables.h"

#define HEADER "Service Name,Port Number,Transport Protocol,Description\n"

static const char *const editions[] = {
    HEADER "http,80,tcp,World Wide Web\n,7,,Unassigned\nmqtt,,,Broker\n",
    HEADER "http,80,tcp,The Web\nx11,6000-6063,udp,X Window\n,7,,Unassigned\nmqtt,,,Broker\n",
    HEADER "x11,6000-6060,udp,X Window\n,7,,Reserved\nhttp,80,tcp,World Wide Web\n"};

static unsigned long refused, answered;

static ptl_snapshot *build(const char *csv) {
  ptl_builder *b = ptl_builder_new();
  ptl_snapshot *s = NULL;
  ptl_error err;
  if (b == NULL || ptl_builder_read(b, "x", NULL, NULL, csv, strlen(csv), &err) != PTL_OK ||
      ptl_builder_freeze(b, &s, &err) != PTL_OK)
    exit(2);
  ptl_builder_free(b);
  return s;
}

static ptl_history *add(ptl_history *h, const char *csv, const char *date) {
  ptl_snapshot *s = build(csv);
  ptl_history *more = NULL;
  ptl_error err;
  if (ptl_history_add(h, s, date, &more, &err) != PTL_OK) exit(2);
  ptl_history_close(h);
  ptl_snapshot_close(s);
  return more;
}

static size_t history_bytes(char *buffer, size_t size) {
  char path[] = "/tmp/portolan-hostile-XXXXXX";
  ptl_history *h = add(NULL, editions[0], "2026-01-01");
  ptl_error err;
  FILE *f;
  h = add(add(h, editions[1], "2026-02-01"), editions[2], "2026-02-01");
  if (mkstemp(path) < 0 || ptl_history_write(h, path, &err) != PTL_OK) exit(2);
  ptl_history_close(h);
  if ((f = fopen(path, "rb")) == NULL) exit(2);
  size = fread(buffer, 1, size, f);
  fclose(f);
  remove(path);
  return size;
}

static void ask_pair(const ptl_snapshot *before, const ptl_snapshot *after) {
  ptl_diff *d;
  ptl_snapshot *made;
  ptl_error err;
  if (ptl_diff_new(before, after, &d, &err) != PTL_OK) return;
  if (ptl_diff_apply(d, before, &made, &err) == PTL_OK) ptl_snapshot_close(made);
  ptl_diff_free(d);
}

static void ask(const ptl_history *h) {
  uint32_t *places = malloc((ptl_history_count(h) + 1) * sizeof *places), i, n;
  ptl_snapshot *before = build(HEADER), *s;
  ptl_history *more;
  ptl_edition e;
  ptl_error err;
  for (i = 0; i < ptl_history_count(h); i++) {
    ptl_history_get(h, i, &e);
    if (e.date.len != 10 || ptl_history_at(h, i, &s, &err) != PTL_OK) continue;
    ask_pair(before, s);
    ptl_snapshot_close(before);
    before = s;
  }
  if (ptl_history_of(h, PTL_UDP, 6010, places, &n, &err) == PTL_OK && n > ptl_history_count(h))
    exit(1);
  if (ptl_history_add(h, before, "2026-01-15", &more, &err) == PTL_OK) ptl_history_close(more);
  ptl_snapshot_close(before);
  free(places);
}

static void offer(const char *bytes, size_t len) {
  ptl_history *h;
  ptl_error err;
  if (ptl_history_load("forged", bytes, len, &h, &err) != PTL_OK) {
    refused++;
    return;
  }
  answered++;
  ask(h);
  ptl_history_close(h);
}

static void flip(char *bytes, size_t len, size_t at, int with) {
  char was = bytes[at];
  bytes[at] = (char)(was ^ with);
  offer(bytes, len);
  seal(bytes, len);
  offer(bytes, len);
  bytes[at] = was;
  seal(bytes, len);
}

int main(void) {
  static _Alignas(64) char buffer[1 << 16];
  size_t len = history_bytes(buffer, sizeof buffer), n;
  for (n = 0; n < len; n++) {
    char *bytes = malloc(n + 1); /* so that a read past it is seen */
    if (bytes == NULL) return 2;
    memcpy(bytes, buffer, n);
    offer(bytes, n);
    free(bytes);
  }
  if (answered > 0) return printf("a truncated history was opened\n"), 1;
  for (n = 0; n < len; n++) {
    flip(buffer, len, n, 0xff);
    flip(buffer, len, n, 0x01);
  }
  printf("%lu damaged or forged histories refused, %lu answered within bounds\n", refused,
         answered);
  return 0;
}
