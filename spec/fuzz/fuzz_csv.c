/*
** fuzz_csv.c -- any bytes as csv.
**
** SPDX-License-Identifier: MIT
*/
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read("csv", data, size);
}
