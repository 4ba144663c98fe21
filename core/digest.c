/*
** digest.c -- a name for some bytes, and a guard against damaged ones.
**
** ptl_digest is BLAKE2b (RFC 7693) with 32 bytes out and no key, the same as
** `b2sum -l 256`: it names the source that a snapshot was made of.
** ptl_sum is not cryptographic: it tells a damaged snapshot at the speed of
** memory. A forged one is met by the checks in snapshot.c.
**
** SPDX-License-Identifier: MIT
*/
#include <string.h>

#include "internal.h"

static const uint64_t start[8] = {0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu,
                                  0xa54ff53a5f1d36f1u, 0x510e527fade682d1u, 0x9b05688c2b3e6c1fu,
                                  0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u};

static const uint8_t order[12][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                      {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                      {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                      {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                      {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                      {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
                                      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                      {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

static uint64_t turn(uint64_t x, unsigned n) { return x >> n | x << (64 - n); }

static inline void quarter(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x,
                           uint64_t y) {
  *a += *b + x;
  *d = turn(*d ^ *a, 32);
  *c += *d;
  *b = turn(*b ^ *c, 24);
  *a += *b + y;
  *d = turn(*d ^ *a, 16);
  *c += *d;
  *b = turn(*b ^ *c, 63);
}

static void compress(uint64_t h[8], const uint64_t m[16], uint64_t total, int last) {
  uint64_t v[16];
  unsigned i, r;
  memcpy(v, h, 64);
  memcpy(v + 8, start, 64);
  v[12] ^= total;
  if (last) v[14] = ~v[14];
#pragma GCC unroll 12 /* so that 'order' is known when compiling */
  for (r = 0; r < 12; r++) {
    const uint8_t *o = order[r];
    for (i = 0; i < 4; i++)
      quarter(&v[i], &v[i + 4], &v[i + 8], &v[i + 12], m[o[2 * i]], m[o[2 * i + 1]]);
    for (i = 0; i < 4; i++)
      quarter(&v[i], &v[(i + 1) % 4 + 4], &v[(i + 2) % 4 + 8], &v[(i + 3) % 4 + 12],
              m[o[2 * i + 8]], m[o[2 * i + 9]]);
  }
  for (i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

void ptl_digest(const void *data, size_t len, uint8_t out[32]) {
  const uint8_t *p = data;
  uint64_t h[8], m[16] = {0}, total = 0;
  memcpy(h, start, sizeof h);
  h[0] ^= 0x01010020; /* no key, 32 bytes out */
  for (; len > 128; p += 128, len -= 128) {
    memcpy(m, p, 128);
    compress(h, m, total += 128, 0);
  }
  memset(m, 0, sizeof m);
  if (len > 0) memcpy(m, p, len);
  compress(h, m, total + len, 1);
  memcpy(out, h, 32);
}

/* Four lanes, so that four multiplications are under way at once. */
uint64_t ptl_sum(const void *data, size_t len) {
  const uint8_t *p = data;
  uint64_t lane[4] = {1, 2, 3, len}, w[4] = {0};
  unsigned i;
  for (; len >= 32; p += 32, len -= 32) {
    memcpy(w, p, 32);
    for (i = 0; i < 4; i++) lane[i] = turn((lane[i] ^ w[i]) * 0x9e3779b97f4a7c15u, 29);
  }
  memset(w, 0, sizeof w);
  if (len > 0) memcpy(w, p, len);
  for (i = 0; i < 4; i++) lane[i] = turn((lane[i] ^ w[i]) * 0x9e3779b97f4a7c15u, 29);
  return lane[0] + 3 * lane[1] + 5 * lane[2] + 7 * lane[3];
}
