/*
** memory.c -- whichever allocation fails, it is an error, and nothing leaks.
**
** Every call that allocates is run again and again, its n-th allocation
** failing, for every n it has.
*/
#include <stdio.h>
#include <string.h>

#include "lib/failing.h"
#include "portolan.h"

static const char csv[] =
    "Service Name,Port Number,Transport Protocol,Description,Colour\n"
    "http,80,tcp,\"World \"\"Wide\"\" Web\",red\nx11,6000-6063,udp,X Window,\n,7,,Unassigned,\n";

static const char xml[] =
    "<registry><title>T</title><updated>2026-01-01</updated><note>n</note><record date='2001'>"
    "<name>a</name><number>1</number><protocol>tcp</protocol><xref type='person' data='P'/>"
    "<note>see <xref type='rfc' data='rfc1'/></note></record><people><person id='P'><name>P</name>"
    "</person></people></registry>";

static int failures;

static void check(int ok, const char *what, unsigned long n) {
  if (ok) return;
  printf("%s, allocation %lu\n", what, n);
  failures++;
}

static int build(const char *text, ptl_snapshot **s, ptl_error *err) {
  ptl_builder *b = ptl_builder_new();
  int rc = PTL_ENOMEM;
  *s = NULL;
  if (b == NULL) return rc;
  rc = ptl_builder_read(b, "x", NULL, NULL, text, strlen(text), err);
  if (rc == PTL_OK) rc = ptl_builder_freeze(b, s, err);
  ptl_builder_free(b);
  return rc;
}

static int ask(const ptl_snapshot *s, ptl_error *err) {
  ptl_portset *a = ptl_portset_new(), *b = ptl_portset_new();
  ptl_output *out = NULL;
  int rc = a == NULL || b == NULL ? PTL_ENOMEM : ptl_snapshot_ports(s, 1, a, err);
  if (rc == PTL_OK) rc = ptl_portset_parse(b, "22, udp/1-9", 11, err);
  if (rc == PTL_OK) rc = ptl_portset_combine(a, '+', a, b, err);
  if (rc == PTL_OK) rc = ptl_snapshot_export(s, "csv", NULL, &out, err);
  ptl_output_free(out);
  ptl_portset_free(a);
  ptl_portset_free(b);
  return rc;
}

static int everything(const char *text) {
  ptl_snapshot *s;
  ptl_error err;
  int rc = build(text, &s, &err);
  if (rc == PTL_OK) rc = ask(s, &err);
  ptl_snapshot_close(s);
  return rc;
}

static void run(const char *text, const char *what) {
  unsigned long n, total;
  fail_allocation(0);
  check(everything(text) == PTL_OK, what, 0);
  total = allocations();
  for (n = 1; n <= total; n++) {
    fail_allocation(n);
    check(everything(text) == PTL_ENOMEM, what, n);
  }
  printf("%s: %lu allocations, each failed once\n", what, total);
}

int main(void) {
  run(csv, "csv");
  run(xml, "xml");
  return failures > 0;
}
