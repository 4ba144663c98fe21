/*
** fuzz_text.c -- any bytes as text.
**
** SPDX-License-Identifier: MIT
*/
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read("text", data, size);
}
