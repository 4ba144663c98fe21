/*
** compile.c -- build step: a registry source becomes the built-in snapshot.
**
**   compile registry.csv builtin.ptl [key=value ...]
**
** It is linked without the built-in registry, which does not exist yet.
**
** SPDX-License-Identifier: MIT
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

const unsigned char ptl_builtin[1] = {0}, ptl_builtin_end[1] = {0};

static char *read_file(const char *path, size_t *len) {
  ptl_buffer b = {0};
  FILE *f = fopen(path, "rb");
  size_t n = 1;
  while (f != NULL && n > 0 && ptl_reserve(&b, 1u << 16)) {
    n = fread((char *)b.data + b.len, 1, 1u << 16, f);
    b.len += n;
  }
  if (f != NULL) fclose(f);
  *len = b.len;
  return b.data;
}

static int say_all(ptl_builder *b, char **words, int n, ptl_error *err) {
  int i, rc = PTL_OK;
  for (i = 0; i < n && rc == PTL_OK; i++) {
    char *value = strchr(words[i], '=');
    if (value == NULL) return ptl_fail(err, PTL_EIO, "%s: not key=value", words[i]);
    *value++ = '\0';
    rc = ptl_builder_set(b, words[i], value, strlen(value), err);
  }
  return rc;
}

int main(int argc, char **argv) {
  ptl_error err = {.message = "usage: compile SOURCE SNAPSHOT [key=value ...]"};
  ptl_builder *b = ptl_builder_new();
  ptl_snapshot *s = NULL;
  size_t len = 0;
  char *text = argc >= 3 ? read_file(argv[1], &len) : NULL;
  int ok = b != NULL && text != NULL &&
           ptl_builder_read(b, "registry.csv", NULL, NULL, text, len, &err) == PTL_OK &&
           say_all(b, argv + 3, argc - 3, &err) == PTL_OK &&
           ptl_builder_freeze(b, &s, &err) == PTL_OK &&
           ptl_snapshot_write(s, argv[2], &err) == PTL_OK;
  if (!ok) fprintf(stderr, "compile: %s\n", err.message);
  ptl_snapshot_close(s);
  ptl_builder_free(b);
  free(text);
  return ok ? 0 : 1;
}
