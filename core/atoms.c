/*
** atoms.c -- cuts each field into atoms, values that no rule tells apart.
**
** After this, packet space is small numbers: a field is its atoms, a set of
** values a sorted list of ranges of atoms, kept once and called by number. It
** is exact: every atom has a value, and a set has all of an atom or nothing.
**
** Most sets are intervals, and atoms the segments between their ends. A
** discontiguous mask (192.0.2.1/255.255.0.255) cuts a segment further, into
** those of its values that satisfy the same masks; a region of such values is
** a list of pieces, each an interval and a mask that must agree.
**
** SPDX-License-Identifier: MIT
*/
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { MAX_PIECES = 1 << 16, MAX_ATOMS = 1 << 22, MAX_MASKED = 1 << 27 };

ptl_set ptl_atoms_set(const ptl_atoms *a, uint32_t number) {
  ptl_str s = ptl_texts_get(&a->sets, number);
  ptl_set set = {(const void *)s.ptr, (uint32_t)(s.len / sizeof(ptl_range))};
  return set;
}

int ptl_atoms_intern(ptl_atoms *a, ptl_set set, uint32_t *number) {
  ptl_str s = {(const void *)set.at, set.n * sizeof(ptl_range)};
  return ptl_texts_intern(&a->sets, s, number);
}

uint32_t ptl_atoms_count(const ptl_atoms *a, uint32_t field) {
  return count(ptl_atom, a->axes[field].atoms);
}

ptl_wide ptl_atoms_sample(const ptl_atoms *a, uint32_t field, uint32_t atom) {
  return nth(const ptl_atom, a->axes[field].atoms, atom)->sample;
}

/* -------------------------------------------------------- sets of atoms -- */

static int add_range(ptl_buffer *out, uint32_t first, uint32_t last) {
  ptl_range r = {first, last};
  return ptl_append(out, &r, sizeof r);
}

/* The first of x's ranges that does not end before 'atom'. */
static uint32_t seek(ptl_set x, uint32_t atom) {
  uint32_t low = 0, high = x.n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (x.at[middle].last < atom)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int ptl_set_has(ptl_set x, uint32_t atom) {
  uint32_t i = seek(x, atom);
  return i < x.n && x.at[i].first <= atom;
}

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }
static uint32_t lesser(uint32_t a, uint32_t b) { return a < b ? a : b; }

int ptl_set_meet(ptl_set x, ptl_set y, ptl_buffer *out) {
  uint32_t i, j;
  if (x.n == 0 || y.n == 0) return 1;
  i = seek(x, y.at[0].first);
  j = seek(y, x.at[0].first);
  while (i < x.n && j < y.n) {
    uint32_t first = larger(x.at[i].first, y.at[j].first);
    uint32_t last = lesser(x.at[i].last, y.at[j].last);
    if (first <= last && !add_range(out, first, last)) return 0;
    if (x.at[i].last < y.at[j].last)
      i++;
    else
      j++;
  }
  return 1;
}

/* What of one range is not in y, whose ranges before *j end before it. */
static int range_less(ptl_range r, ptl_set y, uint32_t *j, ptl_buffer *out) {
  uint32_t k;
  while (*j < y.n && y.at[*j].last < r.first) ++*j;
  for (k = *j; k < y.n && y.at[k].first <= r.last; k++) {
    if (y.at[k].first > r.first && !add_range(out, r.first, y.at[k].first - 1)) return 0;
    if (y.at[k].last >= r.last) return 1;
    r.first = y.at[k].last + 1;
  }
  return add_range(out, r.first, r.last);
}

int ptl_set_less(ptl_set x, ptl_set y, ptl_buffer *out) {
  uint32_t i, j;
  if (x.n == 0) return 1;
  j = seek(y, x.at[0].first);
  for (i = 0; i < x.n; i++)
    if (!range_less(x.at[i], y, &j, out)) return 0;
  return 1;
}

int ptl_set_overlaps(ptl_set x, ptl_set y) {
  uint32_t i = 0, j = 0;
  if (x.n == 0 || y.n == 0) return 0;
  if (x.n > 1) i = seek(x, y.at[0].first);
  if (y.n > 1) j = seek(y, x.at[0].first);
  while (i < x.n && j < y.n) {
    if (x.at[i].last < y.at[j].first)
      i++;
    else if (y.at[j].last < x.at[i].first)
      j++;
    else
      return 1;
  }
  return 0;
}

int ptl_set_within(ptl_set x, ptl_set y) {
  uint32_t i;
  for (i = 0; i < x.n; i++) {
    uint32_t j = seek(y, x.at[i].first);
    if (j == y.n || y.at[j].first > x.at[i].first || y.at[j].last < x.at[i].last) return 0;
  }
  return 1;
}

uint32_t ptl_set_size(ptl_set set) {
  uint32_t i, n = 0;
  for (i = 0; i < set.n; i++) n += set.at[i].last - set.at[i].first + 1;
  return n;
}

/* ----------------------------------------------------------- interfaces -- */

/* By name, "eth*" before "eth": so all that "eth*" means stand together. */
static int by_name(const void *x, const void *y) {
  const ptl_interface *a = x, *b = y;
  size_t n = a->text.len < b->text.len ? a->text.len : b->text.len;
  int d = n > 0 ? memcmp(a->text.ptr, b->text.ptr, n) : 0;
  if (d != 0) return d;
  if (a->text.len != b->text.len) return a->text.len < b->text.len ? -1 : 1;
  return (int)b->open - (int)a->open;
}

static int is_interface(uint32_t field) {
  return field == PTL_FIELD_INPUT || field == PTL_FIELD_OUTPUT;
}

static ptl_interface interface_of(const ptl_ruleset *r, const ptl_piece *piece) {
  ptl_interface i = {ptl_texts_get(&r->names, (uint32_t)piece->first), (uint32_t)piece->last};
  return i;
}

static int gather_interfaces(ptl_atoms *a, const ptl_ruleset *r) {
  uint32_t i, j;
  for (i = 0; i < count(ptl_narrowing, r->narrowings); i++) {
    const ptl_narrowing *n = nth(const ptl_narrowing, r->narrowings, i);
    for (j = 0; is_interface(n->field) && j < n->npieces; j++) {
      ptl_interface in = interface_of(r, nth(const ptl_piece, r->pieces, n->first + j));
      if (!ptl_append(&a->interfaces, &in, sizeof in)) return 0;
    }
  }
  return 1;
}

static int sort_interfaces(ptl_atoms *a) {
  ptl_interface *all;
  uint32_t i, n, kept = 0;
  for (i = 0; i < RULESETS; i++)
    if (a->rulesets[i] != NULL && !gather_interfaces(a, a->rulesets[i])) return 0;
  all = a->interfaces.data;
  n = count(ptl_interface, a->interfaces);
  if (n > 0) qsort(all, n, sizeof *all, by_name);
  for (i = 0; i < n; i++)
    if (kept == 0 || by_name(&all[kept - 1], &all[i]) != 0) all[kept++] = all[i];
  a->interfaces.len = kept * sizeof *all;
  return 1;
}

/* How many of the sorted interfaces stand before 'key'. */
static uint32_t rank(const ptl_atoms *a, const ptl_interface *key) {
  uint32_t low = 0, high = count(ptl_interface, a->interfaces);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (by_name(nth(const ptl_interface, a->interfaces, middle), key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int begins(ptl_str s, ptl_str prefix) {
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static ptl_piece number_interface(const ptl_atoms *a, ptl_interface in) {
  uint32_t first = rank(a, &in), last = first, n = count(ptl_interface, a->interfaces);
  ptl_piece piece = {0, n, 0, 0};
  if (in.open && in.text.len == 0) return piece;
  while (in.open && last + 1 < n &&
         begins(nth(const ptl_interface, a->interfaces, last + 1)->text, in.text))
    last++;
  piece.first = first + 1;
  piece.last = last + 1;
  return piece;
}

ptl_wide ptl_atoms_interface(const ptl_atoms *a, ptl_str name) {
  ptl_interface key = {name, 0};
  uint32_t i = rank(a, &key), n = count(ptl_interface, a->interfaces);
  const ptl_interface *all = a->interfaces.data;
  if (i < n && by_name(&all[i], &key) == 0) return i + 1;
  for (; i > 0; i--)
    if (all[i - 1].open && begins(name, all[i - 1].text)) return i;
  return 0;
}

/* -------------------------------------------------------------- cutting -- */

static ptl_piece piece_of(const ptl_atoms *a, const ptl_ruleset *r, uint32_t field, uint32_t i) {
  const ptl_piece *piece = nth(const ptl_piece, r->pieces, i);
  return is_interface(field) ? number_interface(a, interface_of(r, piece)) : *piece;
}

static ptl_wide field_max(const ptl_atoms *a, uint32_t field) {
  return is_interface(field) ? count(ptl_interface, a->interfaces) : ptl_field_max(field);
}

static int cut_at(ptl_axis *axis, ptl_wide value) {
  ptl_atom atom = {value, value};
  return ptl_append(&axis->atoms, &atom, sizeof atom);
}

static int cut_round(ptl_axis *axis, const ptl_piece *piece, ptl_wide max) {
  if (piece->mask != 0 && !ptl_append(&axis->masks, piece, sizeof *piece)) return 0;
  return cut_at(axis, piece->first) && (piece->last == max || cut_at(axis, piece->last + 1));
}

static int cut_ruleset(ptl_atoms *a, const ptl_ruleset *r) {
  uint32_t i, j;
  for (i = 0; i < count(ptl_narrowing, r->narrowings); i++) {
    const ptl_narrowing *n = nth(const ptl_narrowing, r->narrowings, i);
    for (j = 0; j < n->npieces; j++) {
      ptl_piece piece = piece_of(a, r, n->field, n->first + j);
      if (!cut_round(&a->axes[n->field], &piece, field_max(a, n->field))) return 0;
    }
  }
  return 1;
}

static int cut_families(ptl_atoms *a) {
  ptl_piece four = {4, 4, 0, 0}, six = {6, 6, 0, 0};
  ptl_piece mapped = {MAPPED, MAPPED | UINT32_MAX, 0, 0};
  return cut_round(&a->axes[PTL_FIELD_FAMILY], &four, 15) &&
         cut_round(&a->axes[PTL_FIELD_FAMILY], &six, 15) &&
         cut_round(&a->axes[PTL_FIELD_SOURCE], &mapped, ~(ptl_wide)0) &&
         cut_round(&a->axes[PTL_FIELD_DESTINATION], &mapped, ~(ptl_wide)0);
}

/* The protocols with ports have atoms of their own, so that they can be asked for. */
static int cut_transports(ptl_atoms *a) {
  static const uint8_t protocols[] = {6, 17, 33, 132};
  size_t i;
  for (i = 0; i < countof(protocols); i++) {
    ptl_piece piece = {protocols[i], protocols[i], 0, 0};
    if (!cut_round(&a->axes[PTL_FIELD_PROTOCOL], &piece, 255)) return 0;
  }
  return 1;
}

static int by_first(const void *x, const void *y) {
  const ptl_atom *a = x, *b = y;
  return (a->first > b->first) - (a->first < b->first);
}

static void sort_atoms(ptl_axis *axis) {
  ptl_atom *all = axis->atoms.data;
  uint32_t i, n = count(ptl_atom, axis->atoms), kept = 0;
  qsort(all, n, sizeof *all, by_first);
  for (i = 0; i < n; i++)
    if (kept == 0 || all[kept - 1].first != all[i].first) all[kept++] = all[i];
  axis->atoms.len = kept * sizeof *all;
}

/* ---------------------------------------------------------------- masks -- */

static int compare_masks(const void *x, const void *y) {
  const ptl_piece *a = x, *b = y;
  if (a->mask != b->mask) return a->mask < b->mask ? -1 : 1;
  if (a->value != b->value) return a->value < b->value ? -1 : 1;
  return 0;
}

static void sort_masks(ptl_axis *axis) {
  ptl_piece *all = axis->masks.data;
  uint32_t i, n = count(ptl_piece, axis->masks), kept = 0;
  if (n > 0) qsort(all, n, sizeof *all, compare_masks);
  for (i = 0; i < n; i++)
    if (kept == 0 || compare_masks(&all[kept - 1], &all[i]) != 0) all[kept++] = all[i];
  axis->masks.len = kept * sizeof *all;
}

static int satisfies(ptl_wide x, const ptl_piece *p) { return (x & p->mask) == p->value; }

static ptl_wide top_bit(ptl_wide x) {
  int shift;
  for (shift = 1; shift < 128; shift *= 2) x |= x >> shift;
  return x ^ x >> 1;
}

/* The least value of a piece; 0 when it has none. */
static int least(const ptl_piece *p, ptl_wide *out) {
  ptl_wide low = p->first, bit = top_bit((low ^ p->value) & p->mask), above = ~low & ~p->mask;
  *out = low;
  if (bit == 0) return low <= p->last;
  if ((p->value & bit) == 0) { /* too great here: count up by a free bit above */
    above &= ~(bit * 2 - 1);
    if (bit * 2 == 0 || above == 0) return 0;
    bit = above & -above;
    low |= bit;
  }
  *out = (low & ~(bit * 2 - 1)) | (low & bit & ~p->mask) | (p->value & (bit * 2 - 1));
  return *out >= p->first && *out <= p->last;
}

static int keep(ptl_buffer *out, const ptl_piece *p) {
  ptl_wide value;
  return !least(p, &value) || ptl_append(out, p, sizeof *p);
}

/* What of p has the bits of 'by': where they must not contradict. */
static int both(const ptl_piece *p, const ptl_piece *by, ptl_buffer *out) {
  ptl_piece r = *p;
  if (((p->value ^ by->value) & p->mask & by->mask) != 0) return 1;
  r.mask |= by->mask;
  r.value |= by->value;
  return keep(out, &r);
}

/* What of p has not: for each bit that p leaves free, those that differ there first. */
static int differing(const ptl_piece *p, const ptl_piece *by, ptl_buffer *out) {
  ptl_piece r = *p;
  ptl_wide rest = by->mask & ~p->mask;
  if (((p->value ^ by->value) & p->mask & by->mask) != 0) return ptl_append(out, p, sizeof *p);
  for (; rest != 0; rest &= rest - 1) {
    ptl_wide bit = rest & -rest;
    r.mask |= bit;
    r.value = (r.value & ~bit) | (~by->value & bit);
    if (!keep(out, &r)) return 0;
    r.value ^= bit;
  }
  return 1;
}

/* The classes of a segment's values: class i is pieces [ends[i - 1], ends[i]). */
typedef struct {
  ptl_buffer pieces, ends;
} classes;

static void free_classes(classes *c) {
  free(c->pieces.data);
  free(c->ends.data);
}

static int end_class(classes *c) {
  uint32_t n = count(ptl_piece, c->pieces), ended = count(uint32_t, c->ends);
  if (n == (ended > 0 ? *nth(uint32_t, c->ends, ended - 1) : 0)) return 1;
  return ptl_append(&c->ends, &n, sizeof n);
}

typedef int side(const ptl_piece *p, const ptl_piece *by, ptl_buffer *out);

static int part_class(const classes *in, uint32_t i, const ptl_piece *by, side *of, classes *out) {
  uint32_t j = i > 0 ? *nth(uint32_t, in->ends, i - 1) : 0;
  for (; j < *nth(uint32_t, in->ends, i); j++)
    if (!of(nth(const ptl_piece, in->pieces, j), by, &out->pieces)) return 0;
  return end_class(out);
}

/* Parts every class by one mask. */
static int part(classes *c, const ptl_piece *by) {
  classes out = {{NULL, 0, 0}, {NULL, 0, 0}};
  uint32_t i, n = count(uint32_t, c->ends);
  for (i = 0; i < n; i++)
    if (!part_class(c, i, by, differing, &out) || !part_class(c, i, by, both, &out)) {
      free_classes(&out);
      return 0;
    }
  free_classes(c);
  *c = out;
  return 1;
}

static int matters(const ptl_piece *segment, const ptl_piece *mask) {
  return segment->first >= mask->first && segment->last <= mask->last;
}

static int part_by_all(classes *c, const ptl_axis *axis, ptl_piece segment) {
  uint32_t i;
  if (!ptl_append(&c->pieces, &segment, sizeof segment) || !end_class(c)) return PTL_ENOMEM;
  for (i = 0; i < count(ptl_piece, axis->masks); i++) {
    const ptl_piece *mask = nth(const ptl_piece, axis->masks, i);
    if (matters(&segment, mask) && !part(c, mask)) return PTL_ENOMEM;
    if (count(ptl_piece, c->pieces) > MAX_PIECES) return PTL_ELIMIT;
  }
  return PTL_OK;
}

static int add_classes(const classes *c, ptl_wide first, ptl_buffer *atoms) {
  uint32_t i, from = 0;
  for (i = 0; i < count(uint32_t, c->ends); i++) {
    ptl_atom atom = {first, 0};
    least(nth(const ptl_piece, c->pieces, from), &atom.sample);
    if (!ptl_append(atoms, &atom, sizeof atom)) return PTL_ENOMEM;
    from = *nth(uint32_t, c->ends, i);
  }
  return count(ptl_atom, *atoms) > MAX_ATOMS ? PTL_ELIMIT : PTL_OK;
}

static int refine_segment(const ptl_axis *axis, uint32_t i, ptl_buffer *atoms) {
  const ptl_atom *at = nth(const ptl_atom, axis->atoms, i);
  ptl_piece segment = {at->first, ~(ptl_wide)0, 0, 0};
  classes c = {{NULL, 0, 0}, {NULL, 0, 0}};
  int code;
  if (i + 1 < count(ptl_atom, axis->atoms)) segment.last = at[1].first - 1;
  code = part_by_all(&c, axis, segment);
  if (code == PTL_OK) code = add_classes(&c, segment.first, atoms);
  free_classes(&c);
  return code;
}

static int refine(ptl_axis *axis) {
  uint32_t i, n = count(ptl_atom, axis->atoms), masks = count(ptl_piece, axis->masks);
  ptl_buffer atoms = {NULL, 0, 0};
  int code = (uint64_t)n * masks > MAX_MASKED ? PTL_ELIMIT : PTL_OK;
  for (i = 0; i < n && masks > 0 && code == PTL_OK; i++) code = refine_segment(axis, i, &atoms);
  if (code == PTL_OK && masks > 0) {
    free(axis->atoms.data);
    axis->atoms = atoms;
  } else {
    free(atoms.data);
  }
  return code;
}

/* ----------------------------------------------- from values to atoms -- */

/* The first atom whose segment does not begin before a value. */
static uint32_t atom_from(const ptl_axis *axis, ptl_wide value) {
  uint32_t low = 0, high = count(ptl_atom, axis->atoms);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (nth(const ptl_atom, axis->atoms, middle)->first < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static uint32_t atom_after(const ptl_axis *axis, ptl_wide value) {
  return value == ~(ptl_wide)0 ? count(ptl_atom, axis->atoms) : atom_from(axis, value + 1);
}

static int same_masks(const ptl_axis *axis, ptl_wide x, ptl_wide y) {
  uint32_t i;
  for (i = 0; i < count(ptl_piece, axis->masks); i++) {
    const ptl_piece *mask = nth(const ptl_piece, axis->masks, i);
    if (satisfies(x, mask) != satisfies(y, mask)) return 0;
  }
  return 1;
}

uint32_t ptl_atoms_find(const ptl_atoms *a, uint32_t field, ptl_wide value) {
  const ptl_axis *axis = &a->axes[field];
  uint32_t i = atom_after(axis, value) - 1;
  while (i > 0 && !same_masks(axis, ptl_atoms_sample(a, field, i), value)) i--;
  return i;
}

ptl_wide ptl_atoms_last(const ptl_atoms *a, uint32_t field, uint32_t atom) {
  const ptl_axis *axis = &a->axes[field];
  uint32_t next = atom_after(axis, nth(const ptl_atom, axis->atoms, atom)->first);
  if (next == count(ptl_atom, axis->atoms)) return field_max(a, field);
  return nth(const ptl_atom, axis->atoms, next)->first - 1;
}

static int add_piece(const ptl_axis *axis, const ptl_piece *p, ptl_buffer *out) {
  uint32_t i, first = atom_from(axis, p->first), end = atom_after(axis, p->last);
  if (p->mask == 0) return add_range(out, first, end - 1);
  for (i = first; i < end; i++)
    if (satisfies(nth(const ptl_atom, axis->atoms, i)->sample, p) && !add_range(out, i, i))
      return 0;
  return 1;
}

static int by_range(const void *x, const void *y) {
  const ptl_range *a = x, *b = y;
  return (a->first > b->first) - (a->first < b->first);
}

/* Sorts ranges and joins those that touch. */
static void tidy(ptl_buffer *ranges) {
  ptl_range *all = ranges->data;
  uint32_t i, n = count(ptl_range, *ranges), kept = 0;
  if (n > 1) qsort(all, n, sizeof *all, by_range);
  for (i = 0; i < n; i++) {
    if (kept > 0 && all[i].first <= all[kept - 1].last + 1)
      all[kept - 1].last = larger(all[kept - 1].last, all[i].last);
    else
      all[kept++] = all[i];
  }
  ranges->len = kept * sizeof *all;
}

static ptl_set view(const ptl_buffer *ranges) {
  ptl_set set = {ranges->data, count(ptl_range, *ranges)};
  return set;
}

typedef struct {
  ptl_buffer pieces, sets; /* ptl_range[] each */
} scratch;

/* The set that a narrowing says, in w->sets. */
static int read_set(const ptl_atoms *a, const ptl_ruleset *r, const ptl_narrowing *n, scratch *w) {
  ptl_range all = {0, ptl_atoms_count(a, n->field) - 1};
  ptl_set whole = {&all, 1};
  uint32_t i;
  w->pieces.len = w->sets.len = 0;
  for (i = 0; i < n->npieces; i++) {
    ptl_piece piece = piece_of(a, r, n->field, n->first + i);
    if (!add_piece(&a->axes[n->field], &piece, &w->pieces)) return 0;
  }
  tidy(&w->pieces);
  if (n->except) return ptl_set_less(whole, view(&w->pieces), &w->sets);
  return ptl_append(&w->sets, w->pieces.data, w->pieces.len);
}

int ptl_atoms_meet(ptl_atoms *a, uint32_t x, uint32_t y, ptl_buffer *room, uint32_t *out) {
  *out = x;
  if (x == y) return 1;
  room->len = 0;
  return ptl_set_meet(ptl_atoms_set(a, x), ptl_atoms_set(a, y), room) &&
         ptl_atoms_intern(a, view(room), out);
}

/* A field may be narrowed twice: then both hold. */
static int narrow(ptl_atoms *a, const ptl_ruleset *r, const ptl_narrowing *n, ptl_box *box,
                  scratch *w) {
  uint32_t number, *set = &box->set[n->field];
  return read_set(a, r, n, w) && ptl_atoms_intern(a, view(&w->sets), &number) &&
         ptl_atoms_meet(a, *set, number, &w->sets, set);
}

static int make_boxes(ptl_atoms *a, int which, scratch *w) {
  const ptl_ruleset *r = a->rulesets[which];
  uint32_t i, j;
  for (i = 0; i < count(ptl_conjunction, r->matches); i++) {
    const ptl_conjunction *match = nth(const ptl_conjunction, r->matches, i);
    ptl_box box = a->everything;
    for (j = 0; j < match->nnarrowings; j++)
      if (!narrow(a, r, nth(const ptl_narrowing, r->narrowings, match->first + j), &box, w))
        return 0;
    if (!ptl_append(&a->boxes[which], &box, sizeof box)) return 0;
  }
  return 1;
}

static int make_all_boxes(ptl_atoms *a) {
  scratch w = {{NULL, 0, 0}, {NULL, 0, 0}};
  int i, done = 1;
  for (i = 0; i < RULESETS && done; i++)
    if (a->rulesets[i] != NULL) done = make_boxes(a, i, &w);
  free(w.pieces.data);
  free(w.sets.data);
  return done;
}

static int make_everything(ptl_atoms *a) {
  uint32_t field;
  for (field = 0; field < FIELDS; field++) {
    ptl_range all = {0, ptl_atoms_count(a, field) - 1};
    ptl_set set = {&all, 1};
    if (!ptl_atoms_intern(a, set, &a->everything.set[field])) return 0;
  }
  return 1;
}

static int cut_all(ptl_atoms *a) {
  uint32_t i;
  if (!sort_interfaces(a) || !cut_families(a) || !cut_transports(a)) return 0;
  for (i = 0; i < RULESETS; i++)
    if (a->rulesets[i] != NULL && !cut_ruleset(a, a->rulesets[i])) return 0;
  for (i = 0; i < FIELDS; i++) {
    if (!cut_at(&a->axes[i], 0)) return 0;
    sort_atoms(&a->axes[i]);
    sort_masks(&a->axes[i]);
  }
  return 1;
}

/* An address field's part in a family: what is mapped, or what is not. */
static int make_address(ptl_atoms *a, uint32_t field, int mapped, uint32_t *number) {
  const ptl_axis *axis = &a->axes[field];
  ptl_range all = {0, ptl_atoms_count(a, field) - 1};
  ptl_range four = {atom_from(axis, MAPPED), atom_after(axis, MAPPED | UINT32_MAX) - 1};
  ptl_set whole = {&all, 1}, part = {&four, 1};
  ptl_buffer rest = {NULL, 0, 0};
  int done = mapped || ptl_set_less(whole, part, &rest);
  if (done) done = ptl_atoms_intern(a, mapped ? part : view(&rest), number);
  free(rest.data);
  return done;
}

static int make_family(ptl_atoms *a, uint32_t family, ptl_box *box) {
  uint32_t atom = ptl_atoms_find(a, PTL_FIELD_FAMILY, family);
  ptl_range own = {atom, atom};
  ptl_set set = {&own, 1};
  *box = a->everything;
  return ptl_atoms_intern(a, set, &box->set[PTL_FIELD_FAMILY]) &&
         make_address(a, PTL_FIELD_SOURCE, family == 4, &box->set[PTL_FIELD_SOURCE]) &&
         make_address(a, PTL_FIELD_DESTINATION, family == 4, &box->set[PTL_FIELD_DESTINATION]);
}

static int make_sets(ptl_atoms *a) {
  return make_everything(a) && make_family(a, 4, &a->families[0]) &&
         make_family(a, 6, &a->families[1]) && make_all_boxes(a);
}

int ptl_atoms_cut(ptl_atoms *a, ptl_error *err) {
  uint32_t i;
  int code = cut_all(a) ? PTL_OK : PTL_ENOMEM;
  for (i = 0; i < FIELDS && code == PTL_OK; i++) code = refine(&a->axes[i]);
  if (code == PTL_OK && !make_sets(a)) code = PTL_ENOMEM;
  if (code == PTL_ELIMIT)
    return ptl_fail(err, code, "ruleset too complex: its address masks part the space too finely");
  return code == PTL_ENOMEM ? ptl_fail_memory(err) : code;
}

void ptl_atoms_free(ptl_atoms *a) {
  uint32_t i;
  for (i = 0; i < FIELDS; i++) {
    free(a->axes[i].atoms.data);
    free(a->axes[i].masks.data);
  }
  for (i = 0; i < RULESETS; i++) free(a->boxes[i].data);
  free(a->interfaces.data);
  ptl_texts_free(&a->sets);
}
