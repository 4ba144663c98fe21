/*
** core.c -- how fast the core is, beside libc and expat in the same run.
**
**   core WORK-FOLDER registry.csv [registry.xml]
**   core services FILE      writes the services file that libc is asked from
**
** Figures are the best of several rounds: the machine's noise only adds. A
** target is what the project promises; the ratio is what carries over to
** another machine.
**
** SPDX-License-Identifier: MIT
*/
#include <expat.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "portolan.h"

#define ROUNDS 25
#define ASKED 4096

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t dice_state = 1;

static uint32_t dice(uint32_t n) {
  dice_state = dice_state * 1664525u + 1013904223u;
  return (dice_state >> 8) % n;
}

static void show(const char *what, double ns, double target) {
  const char *unit = ns < 1e3 ? "ns" : ns < 1e6 ? "us" : "ms";
  double in_unit = ns < 1e3 ? ns : ns < 1e6 ? ns / 1e3 : ns / 1e6;
  double target_in_unit = ns < 1e3 ? target : ns < 1e6 ? target / 1e3 : target / 1e6;
  printf("%-46s %9.2f %s   target %8.2f %s   %s\n", what, in_unit, unit, target_in_unit, unit,
         ns <= target ? "met" : "MISSED");
}

static void ratio(const char *what, double value, const char *sense, double target, int met) {
  printf("%-46s %9.1f x    target %s %.1f x   %s\n", what, value, sense, target,
         met ? "met" : "MISSED");
}

typedef struct {
  char *bytes;
  size_t len;
} file;

static file slurp(const char *path) {
  file f = {NULL, 0};
  FILE *in = fopen(path, "rb");
  if (in == NULL) {
    perror(path);
    exit(2);
  }
  fseek(in, 0, SEEK_END);
  f.len = (size_t)ftell(in);
  rewind(in);
  f.bytes = malloc(f.len + 1);
  if (f.bytes == NULL || fread(f.bytes, 1, f.len, in) != f.len) exit(2);
  fclose(in);
  return f;
}

static ptl_snapshot *compile(file f, double *took) {
  double best = 1e18;
  ptl_snapshot *s = NULL;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    double from = now();
    ptl_builder *b = ptl_builder_new();
    ptl_error err;
    ptl_snapshot_close(s);
    if (ptl_builder_read(b, "bench", NULL, NULL, f.bytes, f.len, &err) != PTL_OK ||
        ptl_builder_freeze(b, &s, &err) != PTL_OK) {
      fprintf(stderr, "%s\n", err.message);
      exit(2);
    }
    ptl_builder_free(b);
    if (now() - from < best) best = now() - from;
  }
  *took = best;
  return s;
}

static double bare_expat(file f) {
  double best = 1e18;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    double from = now();
    XML_Parser p = XML_ParserCreate(NULL);
    XML_Parse(p, f.bytes, (int)f.len, 1);
    XML_ParserFree(p);
    if (now() - from < best) best = now() - from;
  }
  return best;
}

static double open_one(const char *path, int times) {
  double best = 1e18;
  int i, k;
  for (k = 0; k < ROUNDS; k++) {
    double from = now();
    for (i = 0; i < times; i++) {
      ptl_snapshot *s;
      ptl_error err;
      if (ptl_snapshot_open(path, &s, &err) != PTL_OK) exit(2);
      ptl_snapshot_close(s);
    }
    if ((now() - from) / times < best) best = (now() - from) / times;
  }
  return best;
}

static volatile uint32_t sink;

static double by_port(const ptl_snapshot *s) {
  static uint16_t ports[ASKED];
  double best = 1e18;
  int i, k, round;
  for (i = 0; i < ASKED; i++) ports[i] = (uint16_t)dice(65536);
  for (round = 0; round < ROUNDS; round++) {
    double from = now();
    uint32_t sum = 0;
    for (k = 0; k < 200; k++)
      for (i = 0; i < ASKED; i++) sum += ptl_snapshot_name(s, i & 1, ports[i]);
    sink = sum;
    if ((now() - from) / (200.0 * ASKED) < best) best = (now() - from) / (200.0 * ASKED);
  }
  return best;
}

static double list_by_port(const ptl_snapshot *s) {
  double best = 1e18;
  int i, round;
  for (round = 0; round < ROUNDS; round++) {
    double from = now();
    uint32_t sum = 0;
    for (i = 0; i < 1000000; i++) {
      const uint32_t *ids;
      sum += ptl_snapshot_by_port(s, i & 1, (uint32_t)i * 40503u & 65535u, &ids);
    }
    sink = sum;
    if ((now() - from) / 1e6 < best) best = (now() - from) / 1e6;
  }
  return best;
}

static double by_name(const ptl_snapshot *s) {
  static ptl_str names[ASKED];
  double best = 1e18;
  int i, k, round;
  for (i = 0; i < ASKED; i++) {
    ptl_record r;
    do ptl_snapshot_get(s, dice(ptl_snapshot_count(s)), &r);
    while (r.text[PTL_NAME] == 0);
    ptl_snapshot_text(s, r.text[PTL_NAME], &names[i]);
  }
  for (round = 0; round < ROUNDS; round++) {
    double from = now();
    uint32_t sum = 0;
    for (k = 0; k < 50; k++)
      for (i = 0; i < ASKED; i++) {
        const uint32_t *ids;
        sum += ptl_snapshot_by_name(s, names[i].ptr, names[i].len, &ids);
      }
    sink = sum;
    if ((now() - from) / (50.0 * ASKED) < best) best = (now() - from) / (50.0 * ASKED);
  }
  return best;
}

/* libc reads the file anew for each question, as it does for everybody. */
static double by_libc(void) {
  double from = now();
  int i;
  for (i = 0; i < 300; i++) {
    struct servent entry, *found;
    char text[4096];
    getservbyport_r((int)((dice(65536) & 255) << 8 | dice(256)), i & 1 ? "udp" : "tcp", &entry,
                    text, sizeof text, &found);
    sink = found != NULL;
  }
  return (now() - from) / 300;
}

static double export(const ptl_snapshot *s, const char *format, size_t *len) {
  double best = 1e18;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    double from = now();
    ptl_output *out;
    ptl_error err;
    ptl_str bytes;
    if (ptl_snapshot_export(s, format, NULL, &out, &err) != PTL_OK) exit(2);
    ptl_output_bytes(out, &bytes);
    *len = bytes.len;
    ptl_output_free(out);
    if (now() - from < best) best = now() - from;
  }
  return best;
}

static void write_services(const ptl_snapshot *s, const char *path) {
  ptl_output *out;
  ptl_str bytes;
  ptl_error err;
  FILE *f = fopen(path, "wb");
  if (f == NULL || ptl_snapshot_export(s, "services", NULL, &out, &err) != PTL_OK) exit(2);
  ptl_output_bytes(out, &bytes);
  fwrite(bytes.ptr, 1, bytes.len, f);
  fclose(f);
  ptl_output_free(out);
}

int main(int argc, char **argv) {
  char path[512];
  double took, port, libc;
  size_t len;
  ptl_snapshot *s;
  ptl_error err;
  if (argc == 3 && strcmp(argv[1], "services") == 0) { /* for the caller to put in place */
    if (ptl_snapshot_open(NULL, &s, &err) != PTL_OK) return 2;
    write_services(s, argv[2]);
    return 0;
  }
  if (argc < 3) {
    fprintf(stderr, "usage: core WORK-FOLDER registry.csv [registry.xml]\n");
    return 2;
  }
  s = compile(slurp(argv[2]), &took);
  show("CSV -> snapshot", took, 10e6);
  snprintf(path, sizeof path, "%s/bench.ptl", argv[1]);
  if (ptl_snapshot_write(s, path, &err) != PTL_OK) return 2;
  len = slurp(path).len;
  show("open the built-in registry", open_one(NULL, 1000), 20e3);
  show("open and check a file, for each MB of it", open_one(path, 50) / ((double)len / 1e6), 0.5e6);
  port = by_port(s);
  show("port look-up, random ports", port, 5);
  show("port look-up, all records of the port", list_by_port(s), 5);
  show("name look-up", by_name(s), 40);
  libc = by_libc();
  ratio("getservbyport_r / port look-up", libc / port, "at least", 10000, libc / port >= 10000);
  took = export(s, "csv", &len);
  printf("%-46s %9.0f MB/s\n", "CSV out", (double)len * 1e3 / took);
  ptl_snapshot_close(s);
  if (argc > 3) {
    file xml = slurp(argv[3]);
    double bare = bare_expat(xml);
    s = compile(xml, &took);
    ratio("XML -> snapshot / expat's bare parse", took / bare, "at most", 2.5, took / bare <= 2.5);
    took = export(s, "xml", &len);
    printf("%-46s %9.0f MB/s   target %8.0f MB/s\n", "XML out", (double)len * 1e3 / took, 150.0);
    ptl_snapshot_close(s);
  }
  return 0;
}
