/*
** file.c -- whole files: read into pages of our own, written beside and renamed.
**
** A file is never mapped: somebody may truncate it while it is read.
**
** SPDX-License-Identifier: MIT
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Registries are a few MB: in large pages the kernel hands those out in two
   or three steps, not in seven hundred. */
#define LARGE_PAGE ((size_t)2 << 20)

static size_t mapped_size(size_t size) { return (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1); }

char *ptl_pages(size_t size) {
  size_t want = mapped_size(size), before;
  char *p =
      mmap(NULL, want + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return NULL;
  before = (size_t)(-(uintptr_t)p & (LARGE_PAGE - 1));
  if (before > 0) munmap(p, before);
  munmap(p + before + want, LARGE_PAGE - before);
#ifdef MADV_HUGEPAGE
  madvise(p + before, want, MADV_HUGEPAGE);
#endif
  return p + before;
}

void ptl_pages_seal(char *bytes, size_t size) { mprotect(bytes, mapped_size(size), PROT_READ); }

void ptl_pages_free(const char *bytes, size_t size) {
  munmap((void *)(uintptr_t)bytes, mapped_size(size));
}

static int system_failed(ptl_error *err, const char *path) {
  return ptl_fail(err, PTL_EIO, "%.200s: %s", path, strerror(errno));
}

/* ------------------------------------------------------------- reading -- */

/* Reads what was there at 'open'; a file that shrank meanwhile is too short. */
static size_t read_whole(int fd, char *bytes, size_t size) {
  size_t got = 0;
  while (got < size) {
    ssize_t n = read(fd, bytes + got, size - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += (size_t)n;
  }
  return got;
}

static int read_opened(int fd, const char *path, char **bytes, size_t *size, ptl_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return system_failed(err, path);
  if (S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return system_failed(err, path);
  }
  if (st.st_size > (off_t)UINT32_MAX)
    return ptl_fail(err, PTL_ELIMIT, "%.200s: larger than 4 GiB", path);
  *size = (size_t)st.st_size;
  if ((*bytes = ptl_pages(*size)) == NULL) return ptl_fail_memory(err);
  if (read_whole(fd, *bytes, *size) == *size) return PTL_OK;
  ptl_pages_free(*bytes, *size);
  return ptl_fail(err, PTL_EIO, "%.200s: changed while it was read", path);
}

int ptl_file_read(const char *path, char **bytes, size_t *size, ptl_error *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
  if (fd < 0) return system_failed(err, path);
  rc = read_opened(fd, path, bytes, size, err);
  close(fd);
  return rc;
}

/* ------------------------------------------------------------- writing -- */

static int write_whole(int fd, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t n = write(fd, bytes, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return 0;
    bytes += n;
    size -= (size_t)n;
  }
  return 1;
}

/* Makes the rename itself last: the folder is synced too. */
static void sync_folder(const char *path) {
  char folder[4096];
  const char *slash = strrchr(path, '/');
  int fd;
  snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
           slash == NULL ? "." : path);
  if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) return;
  fsync(fd);
  close(fd);
}

static int write_beside(int fd, const char *temp, const char *path, const char *bytes, size_t size,
                        ptl_error *err) {
  int ok = fchmod(fd, 0644) == 0 && write_whole(fd, bytes, size) && fsync(fd) == 0;
  ok = close(fd) == 0 && ok;
  if (ok && rename(temp, path) == 0) {
    sync_folder(path);
    return PTL_OK;
  }
  system_failed(err, path);
  unlink(temp);
  return PTL_EIO;
}

int ptl_file_write(const char *path, const char *bytes, size_t size, ptl_error *err) {
  char temp[4096];
  int fd;
  if (snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= (int)sizeof temp) {
    errno = ENAMETOOLONG;
    return system_failed(err, path);
  }
  if ((fd = mkstemp(temp)) < 0) return system_failed(err, path);
  return write_beside(fd, temp, path, bytes, size, err);
}
