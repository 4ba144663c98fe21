/*
** fuzz_html.c -- any bytes as html.
**
** SPDX-License-Identifier: MIT
*/
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read("html", data, size);
}
