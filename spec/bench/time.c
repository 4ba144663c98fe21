/*
** time.c -- how fast two registries are compared, and how small and fast a history is.
**
**   time WORK-FOLDER
**
** The registries are the built-in one and others made of it by changing 20
** records a date, more than IANA does from one date to the next.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "portolan.h"

#define DATES 100
#define CHANGES 20
#define ROUNDS 15

static ptl_error err;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(int rc) {
  if (rc == PTL_OK) return;
  fprintf(stderr, "%s\n", err.message);
  exit(1);
}

static int show(const char *what, double value, const char *unit, double target) {
  printf("%-46s %9.2f %s   target %8.2f %s   %s\n", what, value, unit, target, unit,
         value <= target ? "met" : "MISSED");
  return value <= target;
}

static ptl_snapshot *read_csv(const char *text, size_t len) {
  ptl_builder *b = ptl_builder_new();
  ptl_snapshot *s;
  must(ptl_builder_read(b, "made.csv", "csv", NULL, text, len, &err));
  must(ptl_builder_freeze(b, &s, &err));
  ptl_builder_free(b);
  return s;
}

/* Lengthens every 'every'-th line from 'first' on; one that ends in a quote
   ends a field there, and is left. */
static ptl_snapshot *changed(ptl_str csv, size_t first, size_t every) {
  char *copy = malloc(csv.len + 4096), *to = copy;
  size_t line = 0, i;
  ptl_snapshot *s;
  if (copy == NULL) exit(1);
  for (i = 0; i < csv.len; i++) {
    if (csv.ptr[i] == '\n' && line++ > 0 && line % every == first && csv.ptr[i - 1] != '"')
      *to++ = (char)('a' + first % 26);
    *to++ = csv.ptr[i];
  }
  s = read_csv(copy, (size_t)(to - copy));
  free(copy);
  return s;
}

static double best_diff(const ptl_snapshot *a, const ptl_snapshot *b, double *apply) {
  double least = 1e9, from;
  int i;
  *apply = 1e9;
  for (i = 0; i < ROUNDS; i++) {
    ptl_snapshot *made;
    ptl_diff *d;
    from = now();
    must(ptl_diff_new(a, b, &d, &err));
    least = now() - from < least ? now() - from : least;
    from = now();
    must(ptl_diff_apply(d, a, &made, &err));
    *apply = now() - from < *apply ? now() - from : *apply;
    ptl_snapshot_close(made);
    ptl_diff_free(d);
  }
  return least;
}

static double best_read(ptl_str csv) {
  double least = 1e9, from;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    from = now();
    ptl_snapshot_close(read_csv(csv.ptr, csv.len));
    least = now() - from < least ? now() - from : least;
  }
  return least;
}

static ptl_history *make_history(ptl_str csv, uint32_t lines, int dates) {
  ptl_history *h = NULL, *more;
  char date[48];
  int i;
  for (i = 0; i < dates; i++) {
    ptl_snapshot *s = changed(csv, (size_t)i, lines / CHANGES);
    snprintf(date, sizeof date, "20%02d-%02d-01", i / 12, i % 12 + 1);
    must(ptl_history_add(h, s, date, &more, &err));
    ptl_history_close(h);
    ptl_snapshot_close(s);
    h = more;
  }
  return h;
}

static double written(const ptl_history *h, const char *path) {
  struct stat st;
  must(ptl_history_write(h, path, &err));
  return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

static double best_open(const char *path) {
  double least = 1e9, from;
  ptl_history *h;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    from = now();
    must(ptl_history_open(path, &h, &err));
    least = now() - from < least ? now() - from : least;
    ptl_history_close(h);
  }
  return least;
}

static double best_at(const ptl_history *h, uint32_t edition) {
  double least = 1e9, from;
  ptl_snapshot *s;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    from = now();
    must(ptl_history_at(h, edition, &s, &err));
    least = now() - from < least ? now() - from : least;
    ptl_snapshot_close(s);
  }
  return least;
}

static double best_of(const ptl_history *h) {
  uint32_t editions[DATES], n;
  double least = 1e9, from;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    from = now();
    must(ptl_history_of(h, PTL_TCP, 443, editions, &n, &err));
    least = now() - from < least ? now() - from : least;
  }
  return least;
}

static int history(ptl_str csv, uint32_t lines, const char *folder) {
  ptl_history *one = make_history(csv, lines, 1), *h = make_history(csv, lines, DATES);
  char path[4096];
  double first, next;
  int met;
  snprintf(path, sizeof path, "%s/made.history", folder);
  first = written(one, path);
  next = (written(h, path) - first) / (DATES - 1) / first * 100;
  ptl_history_close(one);
  met = show("history: a next date, of the first", next, "%", 3) &
        show("history: open, 100 dates", best_open(path), "ms", 5) &
        show("history: at, the 64th date", best_at(h, 63), "ms", 20) &
        show("history: of, a port's 100 dates", best_of(h), "ms", 20);
  ptl_history_close(h);
  return met;
}

int main(int argc, char **argv) {
  ptl_snapshot *builtin, *other;
  ptl_output *out;
  double diff, apply, read;
  ptl_str csv;
  int met;
  must(ptl_snapshot_open(NULL, &builtin, &err));
  must(ptl_snapshot_export(builtin, "csv", "lf", &out, &err));
  ptl_output_bytes(out, &csv);
  other = changed(csv, 7, ptl_snapshot_count(builtin) / CHANGES);
  diff = best_diff(builtin, other, &apply);
  read = best_read(csv);
  met =
      show("diff of two opened registries", diff, "ms", 10) & show("diff: apply", apply, "ms", 20);
  printf("%-46s %9.2f x    (reading one CSV takes %.1f ms)\n", "diff, to reading one CSV",
         diff / read, read);
  met &= history(csv, ptl_snapshot_count(builtin), argc > 1 ? argv[1] : ".");
  ptl_snapshot_close(other);
  ptl_snapshot_close(builtin);
  ptl_output_free(out);
  return !met;
}
