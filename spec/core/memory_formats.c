/*
** memory_formats.c -- whichever allocation fails while a format is read or written, it is an
** error, and nothing leaks: as memory.c, for the formats beside IANA's CSV and XML.
*/
#include <stdio.h>
#include <string.h>

#include "lib/failing.h"
#include "portolan.h"

static const struct {
  const char *format, *text;
} sources[] = {
    {"table",
     "Title\n- Note\n-\nn\n| Service Name | Port Number |\n|---|---|\n| a | 1 |\n| 7 ||\n"
     "| b |\n2 |\nloose\n"},
    {"json",
     "{\"info\":{\"notes\":[\"n\"]},\"records\":[\n{\"name\":\"a\",\"first\":1,\"last\":2,"
     "\"colour\":1},\n{\"name\":\"b\"x\n{\"name\":\"c\"}\n],"
     "\"people\":[{\"id\":\"P\",\"uris\":[\"u\",\"v\"]}]}"},
    {"services", "a 1/tcp b # c\nbad\nd 2/ddp\n"},
    {"nmap-services", "a 1/tcp 0.5\n"},
    {"list",
     "PORT NUMBERS\n(last updated 1 May 2005)\nKeyword \na 1/tcp A\n# Jo <jo> May 2005\n"
     "# RFC1\n# note\n### x\nwhat is\n"},
    {"csv", "Service Name,Port Number\na,1\nb,70000\nc,\"\n"},
    {"xml", "<registry>&x;<record><name>a</record><record><name>b</name></record><people>"},
};

static int failures;

static int read_it(const char *format, const char *text, ptl_snapshot **s, ptl_error *err) {
  ptl_builder *b = ptl_builder_new();
  int rc = PTL_ENOMEM;
  *s = NULL;
  if (b == NULL) return rc;
  rc = ptl_builder_read(b, "x", format, "salvage", text, strlen(text), err);
  if (rc == PTL_OK) rc = ptl_builder_freeze(b, s, err);
  ptl_builder_free(b);
  return rc;
}

static int write_it(const ptl_snapshot *s, const char *format, const char *options) {
  ptl_output *out = NULL;
  ptl_error err;
  int rc = ptl_snapshot_export(s, format, options, &out, &err);
  ptl_output_free(out);
  return rc;
}

static int everything(const char *format, const char *text) {
  ptl_snapshot *s;
  ptl_error err;
  int rc = read_it(format, text, &s, &err);
  if (rc == PTL_OK) rc = write_it(s, "json", NULL);
  if (rc == PTL_OK && strcmp(format, "xml") == 0) rc = write_it(s, "csv", "era=A");
  ptl_snapshot_close(s);
  return rc;
}

static void check(int ok, const char *what, unsigned long n) {
  if (ok) return;
  printf("%s, allocation %lu\n", what, n);
  failures++;
}

static void run(const char *format, const char *text) {
  unsigned long n, total;
  fail_allocation(0);
  check(everything(format, text) == PTL_OK, format, 0);
  total = allocations();
  for (n = 1; n <= total; n++) {
    fail_allocation(n);
    check(everything(format, text) == PTL_ENOMEM, format, n);
  }
  printf("%s: %lu allocations, each failed once\n", format, total);
}

int main(void) {
  size_t i;
  for (i = 0; i < sizeof sources / sizeof *sources; i++) run(sources[i].format, sources[i].text);
  return failures > 0;
}
