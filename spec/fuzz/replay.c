/*
** replay.c -- gives files to a fuzz target, one after the other: what ordinary CI runs.
**
**   fuzz_csv [FILE ...]
**
** Without files it takes its seeds and what fuzzing has found: the folders
** spec/fuzz/seeds/TARGET and spec/regress/TARGET of the folder it runs in.
**
** SPDX-License-Identifier: MIT
*/
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  uint8_t *bytes = NULL;
  long length = f != NULL && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
  if (length >= 0 && (bytes = malloc((size_t)length + 1)) != NULL) {
    rewind(f);
    *size = fread(bytes, 1, (size_t)length, f);
  }
  if (f != NULL) fclose(f);
  return bytes;
}

static int replay(const char *path) {
  size_t size = 0;
  uint8_t *bytes = read_file(path, &size);
  if (bytes == NULL) {
    fprintf(stderr, "replay: %s cannot be read\n", path);
    return 0;
  }
  LLVMFuzzerTestOneInput(bytes, size);
  free(bytes);
  return 1;
}

/* How many there were; -1: one could not be read. A folder may be absent. */
static int replay_folder(const char *folder) {
  char path[1024];
  DIR *d = opendir(folder);
  struct dirent *entry;
  int n = 0;
  while (d != NULL && n >= 0 && (entry = readdir(d)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    n = replay(path) ? n + 1 : -1;
  }
  if (d != NULL) closedir(d);
  return n;
}

int main(int argc, char **argv) {
  int i, seeds, found;
  for (i = 1; i < argc; i++)
    if (!replay(argv[i])) return 1;
  if (argc > 1) return 0;
  seeds = replay_folder("spec/fuzz/seeds/" TARGET);
  found = replay_folder("spec/regress/" TARGET);
  printf("%d inputs\n", seeds + found);
  return seeds > 0 && found >= 0 ? 0 : 1;
}
