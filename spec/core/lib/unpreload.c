/*
** unpreload.c -- preloaded beside a sanitizer's runtime, so that an
** interpreter has it and the commands that it starts do not.
*/
#define _DEFAULT_SOURCE
#include <stdlib.h>

__attribute__((constructor)) static void forget(void) { unsetenv("LD_PRELOAD"); }
