/*
** snapshot.c -- open a registry, check it once, answer by port and by name.
**
** A snapshot file is not trusted: 'check' walks all of it once, so that every
** query after it may read without looking back. It is read whole into memory
** of our own, never mapped from a file that somebody may truncate. The one
** built into the library was checked when the library was made.
**
** SPDX-License-Identifier: MIT
*/
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(ptl_record) == 64, "a record is a cache line, and the file's layout");
_Static_assert(sizeof(file_cell) == 16, "the file's layout");
_Static_assert(sizeof(ptl_meta) == 8 && sizeof(ptl_person) == 24, "the file's layout");

const uint8_t ptl_table_width[TABLES] = {
    [RECORDS] = sizeof(ptl_record), [TEXT_AT] = 4,  [TEXT] = 1,     [PORT_BASE] = 4,
    [PORT_CELL] = 2,                [CELLS] = sizeof(file_cell),    [POSTINGS] = 4,
    [NAMES] = 4,                    [GROUP_AT] = 4, [NAME_SLOTS] = 4, [WORDS] = 4,
    [WORD_AT] = 4,                  [WORD_PLACES] = 4,              [META] = sizeof(ptl_meta),
    [PEOPLE] = sizeof(ptl_person)};

/* ------------------------------------------------------------ checking -- */

static const file_header *header(const ptl_snapshot *s) {
  return (const file_header *)(const void *)s->bytes;
}

static uint32_t entries(const ptl_snapshot *s, int table) { return header(s)->table[table].count; }

static const void *start(const ptl_snapshot *s, int table) {
  return s->bytes + header(s)->table[table].at;
}

/* Finds every table; nothing is read through them yet. */
static void locate(ptl_snapshot *s) {
  s->nrecords = entries(s, RECORDS);
  s->ntexts = entries(s, TEXT_AT) - 1;
  s->ngroups = entries(s, GROUP_AT) - 1;
  s->nwords = entries(s, WORDS);
  s->nmeta = entries(s, META);
  s->npeople = entries(s, PEOPLE);
  s->slot_mask = entries(s, NAME_SLOTS) - 1;
  s->records = start(s, RECORDS);
  s->text_at = start(s, TEXT_AT);
  s->text = start(s, TEXT);
  s->port_base = start(s, PORT_BASE);
  s->port_cell = start(s, PORT_CELL);
  s->cells = start(s, CELLS);
  s->postings = start(s, POSTINGS);
  s->names = start(s, NAMES);
  s->group_at = start(s, GROUP_AT);
  s->name_slots = start(s, NAME_SLOTS);
  s->words = start(s, WORDS);
  s->word_at = start(s, WORD_AT);
  s->word_places = start(s, WORD_PLACES);
  s->meta = start(s, META);
  s->people = start(s, PEOPLE);
}

static int tables_fit(const ptl_snapshot *s) {
  int i;
  for (i = 0; i < TABLES; i++) {
    file_table t = header(s)->table[i];
    if (t.at % 8 != 0 || t.at > s->size || t.count > (s->size - t.at) / ptl_table_width[i])
      return 0;
  }
  return entries(s, PORT_BASE) == TRANSPORTS && entries(s, PORT_CELL) == TRANSPORTS * PORTS &&
         entries(s, CELLS) > 0 && entries(s, TEXT_AT) > 1 && entries(s, GROUP_AT) > 0 &&
         entries(s, WORD_AT) == entries(s, WORDS) + 1;
}

static int all_below(const uint32_t *v, size_t n, uint32_t bound) {
  uint32_t most = 0;
  size_t i;
  for (i = 0; i < n; i++) most = v[i] > most ? v[i] : most;
  return n == 0 || most < bound;
}

/* Offsets into a table of 'end' entries: from 0, never back, to its end. */
static int offsets_ok(const uint32_t *at, uint32_t n, uint32_t end) {
  uint32_t i, back = 0;
  for (i = 1; i < n; i++) back |= at[i - 1] > at[i];
  return !back && at[0] == 0 && at[n - 1] == end;
}

static int records_ok(const ptl_snapshot *s) {
  uint32_t i, j, bad = 0, most = 0;
  for (i = 0; i < s->nrecords; i++) {
    const ptl_record *r = &s->records[i];
    for (j = 0; j < PTL_TEXTS; j++) most = r->text[j] > most ? r->text[j] : most;
    bad |= (uint32_t)(r->first > r->last) | (uint32_t)(r->transport > PTL_NO_TRANSPORT) |
           (uint32_t)(r->status > PTL_OTHER) | (uint32_t)(r->range > PTL_NO_RANGE);
  }
  return !bad && (s->nrecords == 0 || most < s->ntexts);
}

static int cells_ok(const ptl_snapshot *s) {
  uint32_t i, n = entries(s, CELLS) - 1;
  if (s->cells[0].at != 0 || s->cells[n].at != entries(s, POSTINGS)) return 0;
  for (i = 0; i < n; i++) {
    const file_cell *c = &s->cells[i];
    if (c[0].at > c[1].at || (c->id >= s->nrecords && c->id != UINT32_MAX) ||
        c->name >= s->ntexts || c->status > PTL_DYNAMIC)
      return 0;
  }
  return 1;
}

static int ports_ok(const ptl_snapshot *s) {
  uint32_t t, i, ncells = entries(s, CELLS) - 1;
  for (t = 0; t < TRANSPORTS; t++) {
    uint16_t most = 0;
    for (i = 0; i < PORTS; i++) {
      uint16_t cell = s->port_cell[key_of(t, i)];
      most = cell > most ? cell : most;
    }
    if (s->port_base[t] >= ncells || most >= ncells - s->port_base[t]) return 0;
  }
  return 1;
}

static int names_ok(const ptl_snapshot *s) {
  uint32_t i, empty = 0, nslots = entries(s, NAME_SLOTS);
  for (i = 0; i < s->ngroups; i++) empty |= s->group_at[i] == s->group_at[i + 1];
  return !empty && nslots > s->ngroups && (nslots & (nslots - 1)) == 0 &&
         offsets_ok(s->group_at, s->ngroups + 1, entries(s, NAMES)) &&
         all_below(s->names, entries(s, NAMES), s->nrecords) &&
         all_below(s->name_slots, nslots, s->ngroups + 1);
}

static int words_ok(const ptl_snapshot *s) {
  return all_below(s->words, s->nwords, s->ntexts) &&
         offsets_ok(s->word_at, s->nwords + 1, entries(s, WORD_PLACES)) &&
         all_below(s->word_places, entries(s, WORD_PLACES), s->nrecords << 2);
}

static int check(ptl_snapshot *s) {
  if (!tables_fit(s)) return 0;
  locate(s);
  return offsets_ok(s->text_at, s->ntexts + 1, entries(s, TEXT)) && s->text_at[1] == 0 &&
         records_ok(s) && cells_ok(s) && ports_ok(s) && names_ok(s) && words_ok(s) &&
         all_below(s->postings, entries(s, POSTINGS), s->nrecords) &&
         all_below(start(s, META), (size_t)entries(s, META) * 2, s->ntexts) &&
         all_below(start(s, PEOPLE), (size_t)entries(s, PEOPLE) * 6, s->ntexts);
}

static int check_header(const ptl_snapshot *s, const char *source, ptl_error *err) {
  const file_header *h = header(s);
  if (s->size < sizeof *h || memcmp(h->magic, FORMAT_MAGIC, sizeof h->magic) != 0)
    return ptl_fail(err, PTL_EFORMAT, "%.200s: not a snapshot; make one with 'portolan compile'",
                    source);
  if (h->version != FORMAT_VERSION)
    return ptl_fail(err, PTL_EFORMAT,
                    "%.200s: a snapshot of version %u, and this library reads version %u; "
                    "compile it again",
                    source, h->version, FORMAT_VERSION);
  if (h->size != s->size || h->sum != ptl_sum(s->bytes + FORMAT_SUMMED, s->size - FORMAT_SUMMED))
    return ptl_fail(err, PTL_EFORMAT, "%.200s: a damaged snapshot", source);
  return PTL_OK;
}

/* ------------------------------------------------------------- opening -- */

/* Registries are a few MB: in large pages the kernel hands those out in two
   or three steps, not in seven hundred. */
#define LARGE_PAGE ((size_t)2 << 20)

static size_t mapped_size(size_t size) { return (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1); }

char *ptl_snapshot_memory(size_t size) {
  size_t want = mapped_size(size), before;
  char *p = mmap(NULL, want + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                 0);
  if (p == MAP_FAILED) return NULL;
  before = (size_t)(-(uintptr_t)p & (LARGE_PAGE - 1));
  if (before > 0) munmap(p, before);
  munmap(p + before + want, LARGE_PAGE - before);
#ifdef MADV_HUGEPAGE
  madvise(p + before, want, MADV_HUGEPAGE);
#endif
  return p + before;
}

static void release(const char *bytes, size_t size) {
  munmap((void *)(uintptr_t)bytes, mapped_size(size));
}

void ptl_snapshot_close(ptl_snapshot *s) {
  if (s == NULL) return;
  if (s->owned) release(s->bytes, s->size);
  free(s);
}

int ptl_snapshot_adopt(char *bytes, size_t size, ptl_snapshot **out, ptl_error *err) {
  ptl_snapshot *s = calloc(1, sizeof *s);
  if (s == NULL) {
    release(bytes, size);
    return ptl_fail_memory(err);
  }
  s->bytes = bytes;
  s->size = size;
  s->owned = 1;
  mprotect(bytes, mapped_size(size), PROT_READ);
  locate(s);
  *out = s;
  return PTL_OK;
}

/* Takes over untrusted bytes from ptl_snapshot_memory. */
static int admit(char *bytes, size_t size, const char *source, ptl_snapshot **out,
                 ptl_error *err) {
  ptl_snapshot s = {.bytes = bytes, .size = size};
  int rc = check_header(&s, source, err);
  if (rc == PTL_OK && !check(&s))
    rc = ptl_fail(err, PTL_EFORMAT, "%.200s: a damaged snapshot", source);
  if (rc == PTL_OK) return ptl_snapshot_adopt(bytes, size, out, err);
  release(bytes, size);
  return rc;
}

static int open_builtin(ptl_snapshot **out, ptl_error *err) {
  ptl_snapshot *s = calloc(1, sizeof *s);
  if (s == NULL) return ptl_fail_memory(err);
  s->bytes = (const char *)ptl_builtin;
  s->size = (size_t)(ptl_builtin_end - ptl_builtin);
  locate(s);
  *out = s;
  return PTL_OK;
}

static int system_failed(ptl_error *err, const char *path) {
  return ptl_fail(err, PTL_EIO, "%.200s: %s", path, strerror(errno));
}

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

static int open_file(int fd, const char *path, ptl_snapshot **out, ptl_error *err) {
  struct stat st;
  size_t size;
  char *bytes;
  if (fstat(fd, &st) != 0) return system_failed(err, path);
  if (S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return system_failed(err, path);
  }
  if (st.st_size < (off_t)sizeof(file_header) || st.st_size > (off_t)UINT32_MAX)
    return ptl_fail(err, PTL_EFORMAT, "%.200s: not a snapshot; make one with 'portolan compile'",
                    path);
  size = (size_t)st.st_size;
  if ((bytes = ptl_snapshot_memory(size)) == NULL) return ptl_fail_memory(err);
  if (read_whole(fd, bytes, size) == size) return admit(bytes, size, path, out, err);
  release(bytes, size);
  return ptl_fail(err, PTL_EIO, "%.200s: changed while it was read", path);
}

int ptl_snapshot_open(const char *path, ptl_snapshot **out, ptl_error *err) {
  int fd, rc;
  *out = NULL;
  if (path == NULL) return open_builtin(out, err);
  if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) return system_failed(err, path);
  rc = open_file(fd, path, out, err);
  close(fd);
  return rc;
}

int ptl_snapshot_load(const char *source, const char *bytes, size_t len, ptl_snapshot **out,
                      ptl_error *err) {
  char *copy;
  *out = NULL;
  if (len < sizeof(file_header))
    return ptl_fail(err, PTL_EFORMAT, "%.200s: not a snapshot; make one with 'portolan compile'",
                    source);
  if ((copy = ptl_snapshot_memory(len)) == NULL) return ptl_fail_memory(err);
  memcpy(copy, bytes, len);
  return admit(copy, len, source, out, err);
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

static int write_beside(int fd, const char *temp, const char *path, const ptl_snapshot *s,
                        ptl_error *err) {
  int ok = fchmod(fd, 0644) == 0 && write_whole(fd, s->bytes, s->size) && fsync(fd) == 0;
  ok = close(fd) == 0 && ok;
  if (ok && rename(temp, path) == 0) {
    sync_folder(path);
    return PTL_OK;
  }
  system_failed(err, path);
  unlink(temp);
  return PTL_EIO;
}

int ptl_snapshot_write(const ptl_snapshot *s, const char *path, ptl_error *err) {
  char temp[4096];
  int fd;
  if (snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= (int)sizeof temp) {
    errno = ENAMETOOLONG;
    return system_failed(err, path);
  }
  if ((fd = mkstemp(temp)) < 0) return system_failed(err, path);
  return write_beside(fd, temp, path, s, err);
}

/* ------------------------------------------------------------- answers -- */

uint32_t ptl_snapshot_count(const ptl_snapshot *s) { return s->nrecords; }

uint32_t ptl_snapshot_texts(const ptl_snapshot *s) { return s->ntexts; }

void ptl_snapshot_get(const ptl_snapshot *s, uint32_t id, ptl_record *out) {
  *out = s->records[id];
}

void ptl_snapshot_text(const ptl_snapshot *s, uint32_t number, ptl_str *out) {
  *out = ptl_text_of(s, number);
}

int ptl_snapshot_meta(const ptl_snapshot *s, uint32_t i, ptl_str *key, ptl_str *value) {
  if (i >= s->nmeta) return 0;
  *key = ptl_text_of(s, s->meta[i].key);
  *value = ptl_text_of(s, s->meta[i].value);
  return 1;
}

uint32_t ptl_snapshot_id(const ptl_snapshot *s, int transport, uint32_t port) {
  return ptl_cell_of(s, transport, port)->id;
}

uint32_t ptl_snapshot_name(const ptl_snapshot *s, int transport, uint32_t port) {
  return ptl_cell_of(s, transport, port)->name;
}

int ptl_snapshot_status(const ptl_snapshot *s, int transport, uint32_t port) {
  return (int)ptl_cell_of(s, transport, port)->status;
}

uint32_t ptl_snapshot_by_port(const ptl_snapshot *s, int transport, uint32_t port,
                              const uint32_t **ids) {
  const file_cell *c = ptl_cell_of(s, transport, port);
  *ids = s->postings + c->at;
  return c[1].at - c->at;
}

/* The name that all records of a group have, but for case. */
static ptl_str group_name(const ptl_snapshot *s, uint32_t group) {
  return ptl_text_of(s, s->records[s->names[s->group_at[group]]].text[PTL_NAME]);
}

uint32_t ptl_snapshot_by_name(const ptl_snapshot *s, const char *name, size_t len,
                              const uint32_t **ids) {
  ptl_str wanted = {name, len};
  uint32_t i = (uint32_t)ptl_hash_folded(wanted), left = s->slot_mask + 1;
  for (; left > 0; left--, i++) {
    uint32_t group = s->name_slots[i & s->slot_mask];
    if (group-- == 0) break;
    if (!ptl_equal_folded(group_name(s, group), wanted)) continue;
    *ids = s->names + s->group_at[group];
    return s->group_at[group + 1] - s->group_at[group];
  }
  *ids = s->names;
  return 0;
}

/* The first group whose name's first bytes are not before 'prefix' (or, with
   'past' set, are past it). */
static uint32_t prefix_bound(const ptl_snapshot *s, ptl_str prefix, int past) {
  uint32_t lo = 0, hi = s->ngroups;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    ptl_str name = group_name(s, mid);
    int d;
    if (name.len > prefix.len) name.len = prefix.len;
    d = ptl_compare_folded(name, prefix);
    if (d < 0 || (past && d == 0))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

uint32_t ptl_snapshot_by_prefix(const ptl_snapshot *s, const char *prefix, size_t len,
                                const uint32_t **ids) {
  ptl_str p = {prefix, len};
  uint32_t from = prefix_bound(s, p, 0), to = prefix_bound(s, p, 1);
  *ids = s->names + s->group_at[from];
  return s->group_at[to] - s->group_at[from];
}
