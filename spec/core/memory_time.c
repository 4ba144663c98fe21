/*
** memory_time.c -- as memory.c, for diffs and histories.
*/
#include <stdio.h>
#include <string.h>

#include "lib/failing.h"
#include "portolan.h"

#define HEADER "Service Name,Port Number,Transport Protocol,Description\n"

static const char *const sources[] = {
    HEADER "http,80,tcp,World Wide Web\n,7-9,,Unassigned\nmqtt,,,Broker\n",
    HEADER "http,80,tcp,The Web\nx11,6000-6063,udp,X Window\n,7,,Unassigned\n,9,,Unassigned\n"};

static ptl_snapshot *registry[2];

static int build(const char *csv, ptl_snapshot **s) {
  ptl_builder *b = ptl_builder_new();
  ptl_error err;
  int rc = ptl_builder_read(b, "x", NULL, NULL, csv, strlen(csv), &err);
  if (rc == PTL_OK) rc = ptl_builder_freeze(b, s, &err);
  ptl_builder_free(b);
  return rc;
}

static int compare(void) {
  ptl_snapshot *made = NULL;
  ptl_diff *d = NULL;
  ptl_error err;
  int rc = ptl_diff_new(registry[0], registry[1], &d, &err);
  if (rc == PTL_OK) rc = ptl_diff_apply(d, registry[0], &made, &err);
  ptl_snapshot_close(made);
  ptl_diff_free(d);
  return rc;
}

static int remember(void) {
  ptl_history *one = NULL, *two = NULL;
  ptl_snapshot *made = NULL;
  ptl_error err;
  uint32_t places[2], n;
  int rc = ptl_history_add(NULL, registry[0], "2026-01-01", &one, &err);
  if (rc == PTL_OK) rc = ptl_history_add(one, registry[1], "2026-01-02", &two, &err);
  if (rc == PTL_OK) rc = ptl_history_at(two, 1, &made, &err);
  if (rc == PTL_OK) rc = ptl_history_of(two, PTL_TCP, 80, places, &n, &err);
  ptl_snapshot_close(made);
  ptl_history_close(one);
  ptl_history_close(two);
  return rc;
}

static int run(int (*call)(void), const char *what) {
  unsigned long n, total;
  int failures = 0;
  fail_allocation(0);
  if (call() != PTL_OK) failures++;
  total = allocations();
  for (n = 1; n <= total; n++) {
    fail_allocation(n);
    if (call() == PTL_ENOMEM) continue;
    printf("%s, allocation %lu\n", what, n);
    failures++;
  }
  fail_allocation(0);
  printf("%s: %lu allocations, each failed once\n", what, total);
  return failures;
}

int main(void) {
  int failures;
  fail_allocation(0);
  if (build(sources[0], &registry[0]) != PTL_OK || build(sources[1], &registry[1]) != PTL_OK)
    return 2;
  failures = run(compare, "diff") + run(remember, "history");
  ptl_snapshot_close(registry[0]);
  ptl_snapshot_close(registry[1]);
  return failures > 0;
}
