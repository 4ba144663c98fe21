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
  size_t cap = b->cap ? b->cap : 64; /* a port set is a few spans */
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

int ptl_has_option(const char *options, const char *word) {
  size_t len = strlen(word), n;
  for (; options != NULL && *options != '\0'; options += n + strspn(options + n, " ")) {
    n = strcspn(options, " ");
    if (n == len && memcmp(options, word, n) == 0) return 1;
  }
  return 0;
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

static int is_word(int c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80; }

int ptl_next_word(ptl_str *rest, ptl_str *word, char lowered[PTL_WORD_MAX]) {
  const char *p = rest->ptr, *end = p + rest->len;
  size_t n = 0;
  int c;
  while (p < end && !is_word(ptl_lower((unsigned char)*p))) p++;
  for (; p < end && is_word(c = ptl_lower((unsigned char)*p)); p++)
    if (n < PTL_WORD_MAX) lowered[n++] = (char)c;
  rest->ptr = p;
  rest->len = (size_t)(end - p);
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

static void skip_blanks(ptl_str *s) {
  while (s->len > 0 && ptl_is_space((unsigned char)s->ptr[0])) s->ptr++, s->len--;
}

ptl_str ptl_take_word(ptl_str *rest) {
  ptl_str word;
  skip_blanks(rest);
  word.ptr = rest->ptr;
  while (rest->len > 0 && !ptl_is_space((unsigned char)rest->ptr[0])) rest->ptr++, rest->len--;
  word.len = (size_t)(rest->ptr - word.ptr);
  skip_blanks(rest);
  return word;
}

int ptl_next_line(ptl_lines *lines, ptl_str *line) {
  const char *newline;
  if (lines->p >= lines->end) return 0;
  newline = memchr(lines->p, '\n', (size_t)(lines->end - lines->p));
  line->ptr = lines->p;
  line->len = (size_t)((newline != NULL ? newline : lines->end) - lines->p);
  lines->p = newline != NULL ? newline + 1 : lines->end;
  lines->number++;
  if (line->len > 0 && line->ptr[line->len - 1] == '\r') line->len--;
  return 1;
}

/* ------------------------------------------------------------- hashing -- */

static uint64_t mix(uint64_t h, uint64_t word) {
  h = (h ^ word) * 0x9e3779b97f4a7c15u;
  return h ^ (h >> 32);
}

static uint64_t load8(const char *p) {
  uint64_t w;
  memcpy(&w, p, 8);
  return w;
}

static uint64_t load4(const char *p) {
  uint32_t w;
  memcpy(&w, p, 4);
  return w;
}

/* The 1 to 7 bytes of a short text: all of them, some perhaps twice. */
static uint64_t load_short(const char *p, size_t n) {
  if (n >= 4) return load4(p) | load4(p + n - 4) << 32;
  return (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
         (uint64_t)(unsigned char)p[n - 1] << 16;
}

/* Lowers the ASCII letters of 8 bytes at once: adding to the low 7 bits of
   each sets its top bit where the byte is past a bound. */
static uint64_t lower8(uint64_t w) {
  const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
  uint64_t low = w & ~tops;
  uint64_t letter = (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z')) & ~w & tops;
  return w | letter >> 2;
}

static uint64_t same8(uint64_t w) { return w; }

/* The tail of a longer text is its last 8 bytes, some of them hashed twice. */
static inline uint64_t hash(ptl_str s, uint64_t (*fold)(uint64_t)) {
  uint64_t h = s.len;
  const char *end = s.ptr + s.len, *p;
  if (s.len == 0) return h;
  if (s.len < 8) return mix(h, fold(load_short(s.ptr, s.len)));
  for (p = s.ptr; end - p > 8; p += 8) h = mix(h, fold(load8(p)));
  return mix(h, fold(load8(end - 8)));
}

uint64_t ptl_hash(ptl_str s) { return hash(s, same8); }

uint64_t ptl_hash_folded(ptl_str s) { return hash(s, lower8); }

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

int ptl_texts_append(ptl_texts *t, ptl_str s, uint32_t *number) {
  uint32_t end;
  if (!ptl_append(&t->bytes, s.ptr, s.len)) return 0;
  end = (uint32_t)t->bytes.len;
  if (!ptl_append(&t->offsets, &end, sizeof end)) return 0;
  *number = t->ntexts++;
  return 1;
}

int ptl_texts_intern(ptl_texts *t, ptl_str s, uint32_t *number) {
  uint64_t hash, *slot;
  *number = 0;
  if (t->ntexts == 0 && !begin(t)) return 0;
  if (s.len == 0) return 1;
  if (t->ntexts * 2 >= t->nslots && !grow(t)) return 0;
  hash = ptl_hash(s);
  slot = find_slot(t, s, hash);
  if (*slot == 0) {
    if (!ptl_texts_append(t, s, number)) return 0;
    *slot = (hash & ~(uint64_t)UINT32_MAX) | *number;
  }
  *number = (uint32_t)*slot;
  return 1;
}

void ptl_texts_free(ptl_texts *t) {
  free(t->bytes.data);
  free(t->offsets.data);
  free(t->slots);
}
