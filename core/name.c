/*
** name.c -- RFC 6335's rules that are bytes and numbers.
**
** SPDX-License-Identifier: MIT
*/
#include "internal.h"

static int is_letter(char c) {
  return ptl_lower((unsigned char)c) >= 'a' && ptl_lower((unsigned char)c) <= 'z';
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* Section 5.1: 1 to 15 characters; A-Z a-z 0-9 and hyphen; at least one
   letter; no hyphen first, last, or beside another. */
uint32_t ptl_name_check(const char *name, size_t len) {
  uint32_t broken = 0;
  size_t i, letters = 0;
  if (len == 0) return PTL_NAME_EMPTY;
  if (len > 15) broken |= PTL_NAME_LONG;
  if (name[0] == '-' || name[len - 1] == '-') broken |= PTL_NAME_EDGE_HYPHEN;
  for (i = 0; i < len; i++) {
    if (is_letter(name[i]))
      letters++;
    else if (!is_digit(name[i]) && name[i] != '-')
      broken |= PTL_NAME_CHARACTER;
    if (i > 0 && name[i] == '-' && name[i - 1] == '-') broken |= PTL_NAME_TWO_HYPHENS;
  }
  return letters > 0 ? broken : broken | PTL_NAME_NO_LETTER;
}

int ptl_port_range(uint32_t port) {
  return port < 1024 ? PTL_SYSTEM : port < 49152 ? PTL_USER : PTL_DYNAMIC_RANGE;
}
