/*
** ruleset.c -- collects chains and rules, as told, for atoms.c to cut.
**
** Each thing is appended to a table and belongs to the last of the table
** above it: piece, narrowing, match, rule. IPv4 lives in ::ffff:0:0/96, so an
** address is one 128-bit number whatever its family.
**
** SPDX-License-Identifier: MIT
*/
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

ptl_ruleset *ptl_ruleset_new(void) { return calloc(1, sizeof(ptl_ruleset)); }

void ptl_ruleset_free(ptl_ruleset *r) {
  if (r == NULL) return;
  free(r->chains.data);
  free(r->rules.data);
  free(r->matches.data);
  free(r->narrowings.data);
  free(r->pieces.data);
  ptl_texts_free(&r->names);
  free(r);
}

uint32_t ptl_ruleset_rules(const ptl_ruleset *r) { return count(ptl_rule, r->rules); }

static int append(ptl_buffer *b, const void *data, size_t len, ptl_error *err) {
  return ptl_append(b, data, len) ? PTL_OK : ptl_fail_memory(err);
}

/* The last of a table, which must have one. */
#define last_of(type, buffer) nth(type, buffer, count(type, buffer) - 1)

int ptl_ruleset_chain(ptl_ruleset *r, uint32_t hook, int32_t priority, int policy, ptl_error *err) {
  ptl_chain chain = {hook, priority, (uint32_t)policy, NONE, NONE};
  assert(policy >= PTL_VERDICT_ACCEPT && policy <= PTL_VERDICT_OTHER);
  return append(&r->chains, &chain, sizeof chain, err);
}

int ptl_ruleset_rule(ptl_ruleset *r, uint32_t chain, int verdict, uint32_t target, int uncertain,
                     ptl_error *err) {
  uint32_t id = ptl_ruleset_rules(r);
  ptl_rule rule = {
      (uint32_t)verdict, target, uncertain != 0, NONE, count(ptl_conjunction, r->matches), 0};
  ptl_chain *c = nth(ptl_chain, r->chains, chain);
  assert(chain < count(ptl_chain, r->chains));
  assert(verdict >= PTL_VERDICT_ACCEPT && verdict <= PTL_VERDICT_GOTO);
  if (append(&r->rules, &rule, sizeof rule, err) < 0) return PTL_ENOMEM;
  if (c->first == NONE)
    c->first = id;
  else
    nth(ptl_rule, r->rules, c->last)->next = id;
  c->last = id;
  return PTL_OK;
}

int ptl_ruleset_match(ptl_ruleset *r, ptl_error *err) {
  ptl_conjunction match = {count(ptl_narrowing, r->narrowings), 0};
  assert(ptl_ruleset_rules(r) > 0);
  if (append(&r->matches, &match, sizeof match, err) < 0) return PTL_ENOMEM;
  last_of(ptl_rule, r->rules)->nmatches++;
  return PTL_OK;
}

int ptl_ruleset_field(ptl_ruleset *r, int field, int except, ptl_error *err) {
  ptl_narrowing n = {(uint32_t)field, except != 0, count(ptl_piece, r->pieces), 0};
  assert(field >= 0 && (uint32_t)field < FIELDS && count(ptl_conjunction, r->matches) > 0);
  if (append(&r->narrowings, &n, sizeof n, err) < 0) return PTL_ENOMEM;
  last_of(ptl_conjunction, r->matches)->nnarrowings++;
  return PTL_OK;
}

static int add(ptl_ruleset *r, const ptl_piece *piece, ptl_error *err) {
  if (append(&r->pieces, piece, sizeof *piece, err) < 0) return PTL_ENOMEM;
  last_of(ptl_narrowing, r->narrowings)->npieces++;
  return PTL_OK;
}

/* ------------------------------------------------------ numbers, names -- */

static const uint32_t field_max[] = {15, 0, 0, 255, 65535, 65535, 255, 0, 0, PTL_STATE_UNTRACKED};

ptl_wide ptl_field_max(uint32_t field) {
  int address = field == PTL_FIELD_SOURCE || field == PTL_FIELD_DESTINATION;
  return address ? ~(ptl_wide)0 : field_max[field];
}

int ptl_ruleset_range(ptl_ruleset *r, uint32_t first, uint32_t last, ptl_error *err) {
  uint32_t max = field_max[last_of(ptl_narrowing, r->narrowings)->field];
  ptl_piece piece = {first, last, 0, 0};
  if (first > last || last > max)
    return ptl_fail(err, PTL_ESYNTAX, "must be a range within 0-%u, not %u-%u", max, first, last);
  return add(r, &piece, err);
}

int ptl_ruleset_interface(ptl_ruleset *r, const char *name, size_t len, ptl_error *err) {
  uint32_t open = len > 0 && name[len - 1] == '*', number;
  ptl_str text = {name, len - open};
  ptl_piece piece = {0, open, 0, 0};
  if (!ptl_texts_intern(&r->names, text, &number)) return ptl_fail_memory(err);
  piece.first = number;
  return add(r, &piece, err);
}

/* ----------------------------------------------------------- addresses -- */

ptl_wide ptl_wide_of(const uint8_t *address) {
  ptl_wide v = 0;
  size_t i;
  for (i = 0; i < 16; i++) v = v << 8 | address[i];
  return v;
}

/* 1: an IPv4 address, mapped; 2: an IPv6 address; 0: neither. */
static int read_one(ptl_str s, ptl_wide *out) {
  char text[INET6_ADDRSTRLEN];
  uint8_t bytes[16] = {0};
  if (s.len >= sizeof text || memchr(s.ptr, '\0', s.len) != NULL) return 0;
  memcpy(text, s.ptr, s.len);
  text[s.len] = '\0';
  if (inet_pton(AF_INET, text, bytes + 12) == 1) {
    *out = ptl_wide_of(bytes) | MAPPED;
    return 1;
  }
  if (inet_pton(AF_INET6, text, bytes) != 1) return 0;
  *out = ptl_wide_of(bytes);
  return 2;
}

/* Which bits count: "24" or "255.255.0.255", after an address of 'kind'. */
static int read_mask(ptl_str s, int kind, ptl_wide *mask) {
  uint32_t length, bits = kind == 1 ? 32 : 128;
  const char *at = s.ptr;
  if (ptl_number(&at, s.ptr + s.len, bits, &length) && at == s.ptr + s.len) {
    *mask = length == bits ? 0 : ((ptl_wide)1 << (bits - 1 - length)) * 2 - 1;
    *mask = ~*mask;
    return 1;
  }
  if (read_one(s, mask) != kind) return 0;
  if (kind == 1) *mask |= ~(ptl_wide)UINT32_MAX;
  return 1;
}

/* The leading ones of a mask are an interval; the rest, if any, stays one. */
static void set_masked(ptl_piece *piece, ptl_wide value, ptl_wide mask) {
  ptl_wide tail = ~mask, below = tail;
  int shift;
  for (shift = 1; shift < 128; shift *= 2) below |= below >> shift;
  piece->first = value & ~below;
  piece->last = piece->first | below;
  piece->mask = below == tail ? 0 : mask;
  piece->value = value & piece->mask;
}

static int read_slash(ptl_str head, ptl_str tail, ptl_piece *piece) {
  ptl_wide value, mask;
  int kind = read_one(head, &value);
  if (kind == 0 || !read_mask(tail, kind, &mask)) return 0;
  set_masked(piece, value, mask);
  return 1;
}

static int read_range(ptl_str head, ptl_str tail, ptl_piece *piece) {
  int kind = read_one(head, &piece->first);
  return kind != 0 && read_one(tail, &piece->last) == kind && piece->first <= piece->last;
}

static int read_address(ptl_str s, ptl_piece *piece) {
  const char *cut = NULL;
  size_t i;
  for (i = 0; i < s.len && cut == NULL; i++)
    if (s.ptr[i] == '/' || s.ptr[i] == '-') cut = s.ptr + i;
  if (cut != NULL) {
    ptl_str head = {s.ptr, (size_t)(cut - s.ptr)};
    ptl_str tail = {cut + 1, s.len - head.len - 1};
    return *cut == '/' ? read_slash(head, tail, piece) : read_range(head, tail, piece);
  }
  i = (size_t)read_one(s, &piece->first);
  piece->last = piece->first;
  return i != 0;
}

int ptl_ruleset_address(ptl_ruleset *r, const char *text, size_t len, ptl_error *err) {
  ptl_str s = {text, len};
  ptl_piece piece = {0, 0, 0, 0};
  uint32_t field = last_of(ptl_narrowing, r->narrowings)->field;
  assert(field == PTL_FIELD_SOURCE || field == PTL_FIELD_DESTINATION);
  (void)field;
  if (!read_address(s, &piece))
    return ptl_fail(err, PTL_ESYNTAX, "not an address, prefix, mask or range: '%.*s'",
                    (int)(len < 100 ? len : 100), text);
  return add(r, &piece, err);
}

int ptl_address_read(const char *text, size_t len, uint8_t *address, ptl_error *err) {
  ptl_str s = {text, len};
  ptl_wide value;
  int i;
  if (read_one(s, &value) == 0)
    return ptl_fail(err, PTL_ESYNTAX, "not an address: '%.*s'", (int)(len < 100 ? len : 100), text);
  for (i = 15; i >= 0; i--, value >>= 8) address[i] = (uint8_t)value;
  return PTL_OK;
}

void ptl_address_write(const uint8_t *address, char *text) {
  int mapped = ptl_wide_of(address) >> 32 == MAPPED >> 32;
  if (mapped)
    inet_ntop(AF_INET, address + 12, text, INET6_ADDRSTRLEN);
  else
    inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}
