/*
** text.c -- bytes that grow, texts kept once, and reading them.
**
** Case is ASCII's, whatever the locale: RFC 6335 names are ASCII, and other
** letters must compare as the bytes that the registry has.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ------------------------------------------------------------- buffers -- */

int ptl_reserve(ptl_buffer *b, size_t extra) {
  size_t cap = b->cap ? b->cap : 4096;
  void *data;
  if (extra <= b->cap - b->len) return 1;
  if (extra > UINT32_MAX - b->len) return 0; /* a snapshot fits 4 GiB */
  while (cap - b->len < extra) cap *= 2;
  if ((data = realloc(b->data, cap)) == NULL) return 0;
  b->data = data;
  b->cap = cap;
  return 1;
}

int ptl_append(ptl_buffer *b, const void *data, size_t len) {
  if (len > b->cap - b->len && !ptl_reserve(b, len)) return 0;
  if (len > 0) memcpy((char *)b->data + b->len, data, len);
  b->len += len;
  return 1;
}

/* ----------------------------------------------------------- comparing -- */

ptl_str ptl_literal(const char *s) {
  ptl_str r = {s, strlen(s)};
  return r;
}

int ptl_lower(int c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

int ptl_is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int ptl_equal(ptl_str a, ptl_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static int lower_at(ptl_str s, size_t i) { return ptl_lower((unsigned char)s.ptr[i]); }

int ptl_compare_folded(ptl_str a, ptl_str b) {
  size_t i, n = a.len < b.len ? a.len : b.len;
  for (i = 0; i < n; i++) {
    int d = lower_at(a, i) - lower_at(b, i);
    if (d != 0) return d;
  }
  return (a.len > b.len) - (a.len < b.len);
}

int ptl_equal_folded(ptl_str a, ptl_str b) {
  return a.len == b.len && ptl_compare_folded(a, b) == 0;
}

int ptl_starts_folded(ptl_str s, const char *prefix) {
  ptl_str p = ptl_literal(prefix);
  if (s.len < p.len) return 0;
  s.len = p.len;
  return ptl_equal_folded(s, p);
}

const char *ptl_find_folded(ptl_str in, ptl_str what) {
  ptl_str at = {in.ptr, what.len};
  if (what.len == 0) return in.ptr;
  for (; in.len >= what.len; in.ptr++, in.len--) {
    at.ptr = in.ptr;
    if (lower_at(in, 0) == lower_at(what, 0) && ptl_equal_folded(at, what)) return in.ptr;
  }
  return NULL;
}

ptl_str ptl_trim(ptl_str s) {
  while (s.len > 0 && ptl_is_space((unsigned char)s.ptr[0])) s.ptr++, s.len--;
  while (s.len > 0 && ptl_is_space((unsigned char)s.ptr[s.len - 1])) s.len--;
  return s;
}

/* ------------------------------------------------------------- reading -- */

int ptl_next_label(ptl_str *rest, ptl_str *label) {
  size_t i;
  if (rest->len < 2 || rest->ptr[0] != '[') return 0;
  for (i = 1; i < rest->len; i++)
    if (rest->ptr[i] == ']' && (i + 1 == rest->len || rest->ptr[i + 1] == '[')) break;
  label->ptr = rest->ptr + 1;
  label->len = i - 1;
  if (i < rest->len) i++; /* past the bracket; without one, the text's end is the label's */
  rest->ptr += i;
  rest->len -= i;
  return 1;
}

uint32_t ptl_labels(const char *text, size_t len, ptl_str *out, uint32_t max) {
  ptl_str rest = {text, len}, label;
  uint32_t n = 0;
  for (; ptl_next_label(&rest, &label); n++)
    if (n < max) out[n] = label;
  return n;
}

static int is_word(int c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

int ptl_next_word(ptl_str *rest, ptl_str *word, char lowered[PTL_WORD_MAX]) {
  size_t i = 0, n = 0;
  while (i < rest->len && !is_word(lower_at(*rest, i))) i++;
  for (; i < rest->len && is_word(lower_at(*rest, i)); i++)
    if (n < PTL_WORD_MAX) lowered[n++] = (char)lower_at(*rest, i);
  rest->ptr += i;
  rest->len -= i;
  word->ptr = lowered;
  word->len = n;
  return n > 0;
}

int ptl_number(const char **at, const char *end, uint32_t max, uint32_t *out) {
  const char *p = *at;
  uint64_t n = 0;
  for (; p < end && *p >= '0' && *p <= '9' && n <= max; p++) n = n * 10 + (uint64_t)(*p - '0');
  if (p == *at || n > max) return 0;
  *at = p;
  *out = (uint32_t)n;
  return 1;
}

/* ------------------------------------------------------------- hashing -- */

static uint64_t mix(uint64_t h, uint64_t word) {
  h = (h ^ word) * 0x9e3779b97f4a7c15u;
  return h ^ (h >> 32);
}

/* Up to 8 bytes as a word, zeros above. */
static uint64_t load(const char *p, size_t n) {
  uint64_t w = 0;
  memcpy(&w, p, n);
  return w;
}

/* Lowers the ASCII letters of 8 bytes at once: adding to the low 7 bits of
   each sets its top bit where the byte is past a bound. */
static uint64_t lower8(uint64_t w) {
  const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
  uint64_t low = w & ~tops;
  uint64_t letter = (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z')) & ~w & tops;
  return w | letter >> 2;
}

uint64_t ptl_hash(ptl_str s) {
  uint64_t h = s.len;
  for (; s.len >= 8; s.ptr += 8, s.len -= 8) h = mix(h, load(s.ptr, 8));
  return s.len > 0 ? mix(h, load(s.ptr, s.len)) : mix(h, 0);
}

uint64_t ptl_hash_folded(ptl_str s) {
  uint64_t h = s.len;
  for (; s.len >= 8; s.ptr += 8, s.len -= 8) h = mix(h, lower8(load(s.ptr, 8)));
  return s.len > 0 ? mix(h, lower8(load(s.ptr, s.len))) : mix(h, 0);
}

/* ------------------------------------------------------ texts, by number -- */

ptl_str ptl_texts_get(const ptl_texts *t, uint32_t number) {
  const uint32_t *at = nth(const uint32_t, t->offsets, number);
  ptl_str s = {(const char *)t->bytes.data + at[0], at[1] - at[0]};
  return s;
}

static uint64_t *find_slot(const ptl_texts *t, ptl_str s, uint64_t hash) {
  uint32_t i = (uint32_t)hash & (t->nslots - 1);
  for (;; i = (i + 1) & (t->nslots - 1)) {
    uint64_t *slot = &t->slots[i];
    if (*slot == 0) return slot;
    if ((*slot ^ hash) >> 32 == 0 && ptl_equal(ptl_texts_get(t, (uint32_t)*slot), s)) return slot;
  }
}

static int grow(ptl_texts *t) {
  uint32_t i, n = t->nslots ? t->nslots * 2 : 1u << 16;
  uint64_t *slots = calloc(n, sizeof *slots);
  if (slots == NULL) return 0;
  free(t->slots);
  t->slots = slots;
  t->nslots = n;
  for (i = 1; i < t->ntexts; i++) {
    ptl_str s = ptl_texts_get(t, i);
    uint64_t hash = ptl_hash(s);
    *find_slot(t, s, hash) = (hash & ~(uint64_t)UINT32_MAX) | i;
  }
  return 1;
}

/* Text 0 is empty, so that number 0 can mean "nothing here". */
static int begin(ptl_texts *t) {
  uint32_t ends[2] = {0, 0};
  if (!ptl_append(&t->offsets, ends, sizeof ends)) return 0;
  t->ntexts = 1;
  return 1;
}

int ptl_texts_intern(ptl_texts *t, ptl_str s, uint32_t *number) {
  uint64_t hash, *slot;
  uint32_t end;
  *number = 0;
  if (t->ntexts == 0 && !begin(t)) return 0;
  if (s.len == 0) return 1;
  if (t->ntexts * 2 >= t->nslots && !grow(t)) return 0;
  hash = ptl_hash(s);
  slot = find_slot(t, s, hash);
  if (*slot == 0) {
    if (!ptl_append(&t->bytes, s.ptr, s.len)) return 0;
    end = (uint32_t)t->bytes.len;
    if (!ptl_append(&t->offsets, &end, sizeof end)) return 0;
    *slot = (hash & ~(uint64_t)UINT32_MAX) | t->ntexts++;
  }
  *number = (uint32_t)*slot;
  return 1;
}

void ptl_texts_free(ptl_texts *t) {
  free(t->bytes.data);
  free(t->offsets.data);
  free(t->slots);
}
