/*
** fuzz_xml.c -- any bytes as xml.
**
** SPDX-License-Identifier: MIT
*/
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read("xml", data, size);
}
