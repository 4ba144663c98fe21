/*
** builtin.c -- the registry that the library carries, as bytes.
**
** The build compiles data/registry/registry.csv into a snapshot first and
** names that file in BUILTIN.
**
** SPDX-License-Identifier: MIT
*/
#include "internal.h"

__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    ".global ptl_builtin\n"
    ".global ptl_builtin_end\n"
    ".hidden ptl_builtin\n"
    ".hidden ptl_builtin_end\n"
    "ptl_builtin:\n"
    ".incbin \"" BUILTIN
    "\"\n"
    "ptl_builtin_end:\n"
    ".byte 0\n"
    ".previous\n");
