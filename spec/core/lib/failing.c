/*
** failing.c -- an allocator that fails when told to.
*/
#include "failing.h"

#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static unsigned long fails_at, seen;

void fail_allocation(unsigned long nth) {
  fails_at = nth;
  seen = 0;
}

unsigned long allocations(void) { return seen; }

static int fails(void) { return ++seen == fails_at; }

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }

void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }

void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
