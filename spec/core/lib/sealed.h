/*
** sealed.h -- makes the sum of a changed block of tables right again, so that
** only the checks behind it stand between the block and memory.
*/
#ifndef sealed_h
#define sealed_h

#include <string.h>

#include "tables.h"

#define SUMMED (offsetof(file_header, sum) + sizeof(uint64_t))

static inline void seal(char *bytes, size_t len) {
  uint64_t sum = ptl_sum(bytes + SUMMED, len - SUMMED);
  memcpy(bytes + offsetof(file_header, sum), &sum, sizeof sum);
}

#endif
