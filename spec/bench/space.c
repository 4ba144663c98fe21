/*
** space.c -- how long packet space takes: every fact of 10,000 and of 100,000
** rules, and what is open, for rulesets of several characters.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "portolan.h"

static unsigned long long random_state = 1;

static unsigned below(unsigned n) {
  random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(random_state >> 33) % n;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const ptl_error *err) {
  fprintf(stderr, "%s\n", err->message);
  exit(1);
}

static ptl_error err;
#define must(call) \
  if ((call) < 0) die(&err)

/* -------------------------------------------------------------- rulesets -- */

static void add_rule(ptl_ruleset *r, unsigned chain, int verdict, unsigned target) {
  must(ptl_ruleset_rule(r, chain, verdict, target, 0, &err));
  must(ptl_ruleset_match(r, &err));
}

static void add_address(ptl_ruleset *r, int field, unsigned address, unsigned length) {
  char text[64];
  int n = snprintf(text, sizeof text, "%u.%u.%u.%u/%u", address >> 24, address >> 16 & 255,
                   address >> 8 & 255, address & 255, length);
  must(ptl_ruleset_field(r, field, 0, &err));
  must(ptl_ruleset_address(r, text, (size_t)n, &err));
}

static void add_range(ptl_ruleset *r, int field, unsigned first, unsigned last) {
  must(ptl_ruleset_field(r, field, 0, &err));
  must(ptl_ruleset_range(r, first, last, &err));
}

static int some_verdict(void) { return below(3) ? PTL_VERDICT_ACCEPT : PTL_VERDICT_DROP; }

static unsigned some_port(void) { return below(4) ? below(1024) : below(65536); }

/* Prefixes of 8 to 32 bits or none, ports, ranges of ports or none. */
static void random_rule(ptl_ruleset *r) {
  unsigned first = some_port();
  add_rule(r, 0, some_verdict(), 0);
  if (below(10)) add_address(r, PTL_FIELD_SOURCE, below(0x7fffffff) * 2 + below(2), 8 + below(25));
  if (below(10)) add_address(r, PTL_FIELD_DESTINATION, below(0x7fffffff) * 2, 8 + below(25));
  add_range(r, PTL_FIELD_PROTOCOL, below(2) ? 6 : 17, 17);
  if (below(10)) add_range(r, PTL_FIELD_DESTINATION_PORT, first, below(4) ? first : 65535);
}

/* Few services of few servers, from many networks; and lists of bad hosts. */
static void site_rule(ptl_ruleset *r) {
  static const unsigned services[] = {22, 25, 53, 80, 110, 123, 143, 443, 993, 3306, 5432, 8080};
  unsigned server = 0xc6336400u + below(256), port = services[below(12)];
  if (below(4) == 0) {
    add_rule(r, 0, PTL_VERDICT_DROP, 0);
    add_address(r, PTL_FIELD_SOURCE, below(0x7fffffff) * 2 + below(2), 32);
    return;
  }
  add_rule(r, 0, PTL_VERDICT_ACCEPT, 0);
  if (below(3)) add_address(r, PTL_FIELD_SOURCE, 0x0a000000u + below(1 << 24), 16 + below(17));
  if (below(8)) add_address(r, PTL_FIELD_DESTINATION, server, 32);
  add_range(r, PTL_FIELD_PROTOCOL, 6, 6);
  add_range(r, PTL_FIELD_DESTINATION_PORT, port, port);
}

/* A list of hosts to keep out. */
static void list_rule(ptl_ruleset *r) {
  add_rule(r, 0, PTL_VERDICT_DROP, 0);
  add_address(r, PTL_FIELD_SOURCE, below(0x7fffffff) * 2 + below(2), below(8) ? 32 : 24);
}

/* Half bar sources, half open ports, so that all of one half meet all of the other. */
static void cross_rule(ptl_ruleset *r) {
  unsigned port = below(65536);
  if (below(2)) {
    add_rule(r, 0, PTL_VERDICT_DROP, 0);
    add_address(r, PTL_FIELD_SOURCE, below(0x7fffffff) * 2, 32);
    return;
  }
  add_rule(r, 0, PTL_VERDICT_ACCEPT, 0);
  add_range(r, PTL_FIELD_PROTOCOL, 6, 6);
  add_range(r, PTL_FIELD_DESTINATION_PORT, port, port);
}

/* The same in chains of a hundred rules, each for a network. */
static void chain_rule(ptl_ruleset *r) {
  static unsigned n, chain;
  if (n++ % 100 == 0) {
    must(ptl_ruleset_chain(r, UINT32_MAX, 0, PTL_VERDICT_ACCEPT, &err));
    chain++;
    add_rule(r, 0, PTL_VERDICT_JUMP, chain);
    add_address(r, PTL_FIELD_DESTINATION, 0xc6330000u + chain * 16, 28);
  }
  add_rule(r, chain, below(10) ? PTL_VERDICT_ACCEPT : PTL_VERDICT_RETURN, 0);
  add_address(r, PTL_FIELD_SOURCE, 0x0a000000u + below(1 << 24), 16 + below(17));
  add_range(r, PTL_FIELD_PROTOCOL, 6, 6);
  add_range(r, PTL_FIELD_DESTINATION_PORT, below(1024), 1024);
}

/* Ever new boxes of wide ranges in four fields, most of them covered by others. */
static void dense_rule(ptl_ruleset *r) {
  unsigned x = below(65000), y = below(65000);
  add_rule(r, 0, some_verdict(), 0);
  add_address(r, PTL_FIELD_SOURCE, below(0x7fffffff) * 2, below(33));
  add_address(r, PTL_FIELD_DESTINATION, below(0x7fffffff) * 2, below(33));
  add_range(r, PTL_FIELD_SOURCE_PORT, x, x + below(65535 - x));
  add_range(r, PTL_FIELD_DESTINATION_PORT, y, y + below(65535 - y));
}

static const struct {
  const char *name;
  void (*add)(ptl_ruleset *r);
} kinds[] = {{"random", random_rule}, {"site", site_rule},    {"list", list_rule},
             {"cross", cross_rule},   {"chains", chain_rule}, {"dense", dense_rule}};

/* --------------------------------------------------------------- measuring -- */

static ptl_ruleset *make(void (*add)(ptl_ruleset *r), unsigned n) {
  ptl_ruleset *r = ptl_ruleset_new();
  unsigned i;
  must(ptl_ruleset_chain(r, 0, 0, PTL_VERDICT_DROP, &err));
  for (i = 0; i < n; i++) add(r);
  return r;
}

static void run(const char *name, void (*add)(ptl_ruleset *r), unsigned n) {
  double t0 = now(), t1, t2, t3;
  ptl_ruleset *r = make(add, n);
  ptl_space *s;
  const ptl_opening *openings;
  uint32_t nopenings;
  struct rusage usage;
  unsigned i, count[8] = {0}, bit, hiding = 0;
  t1 = now();
  must(ptl_space_new(r, NULL, NULL, &s, &err));
  for (i = 0; i < ptl_ruleset_rules(r); i++) {
    ptl_fact f;
    must(ptl_space_fact(s, i, &f, &err));
    for (bit = 0; bit < 8; bit++) count[bit] += f.flags >> bit & 1;
    hiding += f.nhiding > 1;
  }
  t2 = now();
  must(ptl_space_reach(s, 0, UINT32_MAX, &openings, &nopenings, &err));
  t3 = now();
  getrusage(RUSAGE_SELF, &usage);
  printf(
      "%-8s %7u  read %6.2f s  facts %6.2f s  reach %6.2f s  %5ld MB   hidden %u (by several %u) "
      "redundant %u conflict %u undecided %u openings %u\n",
      name, n, t1 - t0, t2 - t1, t3 - t2, usage.ru_maxrss / 1024, count[2], hiding, count[3],
      count[4], count[6], nopenings);
  ptl_space_free(s);
  ptl_ruleset_free(r);
}

static void run_apart(size_t kind, unsigned n) {
  fflush(stdout);
  if (fork() == 0) {
    run(kinds[kind].name, kinds[kind].add, n);
    exit(0);
  }
  wait(NULL);
}

/* space [rules [kind]] */
int main(int argc, char **argv) {
  unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
  size_t i;
  for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (argc > 2 && strcmp(argv[2], kinds[i].name) != 0) continue;
    run_apart(i, n > 0 ? n : 10000);
    if (n == 0) run_apart(i, 100000);
  }
  return 0;
}
