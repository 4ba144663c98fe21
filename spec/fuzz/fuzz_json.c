/*
** fuzz_json.c -- any bytes as json.
**
** SPDX-License-Identifier: MIT
*/
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read("json", data, size);
}
