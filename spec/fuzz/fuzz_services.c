/*
** fuzz_services.c -- any bytes as services(5) and as nmap-services.
**
** SPDX-License-Identifier: MIT
*/
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_read("services", data, size);
  return fuzz_read("nmap-services", data, size);
}
