/*
** error.c -- one line about what went wrong, and where.
**
** SPDX-License-Identifier: MIT
*/
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

uint32_t ptl_api(void) { return PTL_API; }

/* A message is one line whatever the source held: control bytes become '?'. */
void ptl_one_line(char *s) {
  for (; *s != '\0'; s++)
    if ((unsigned char)*s < ' ' || *s == 0x7f) *s = '?';
}

static void begin(ptl_error *err, int code, uint32_t line, uint32_t column) {
  err->code = code;
  err->line = line;
  err->column = column;
}

int ptl_fail(ptl_error *err, int code, const char *fmt, ...) {
  va_list ap;
  if (err == NULL) return code;
  begin(err, code, 0, 0);
  va_start(ap, fmt);
  vsnprintf(err->message, sizeof err->message, fmt, ap);
  va_end(ap);
  ptl_one_line(err->message);
  return code;
}

int ptl_fail_list(ptl_error *err, const char *source, uint32_t line, uint32_t column,
                  const char *fmt, va_list ap) {
  int n;
  if (err == NULL) return PTL_ESYNTAX;
  begin(err, PTL_ESYNTAX, line, column);
  n = snprintf(err->message, sizeof err->message, "%.200s:%u:%u: ", source, line, column);
  vsnprintf(err->message + n, sizeof err->message - (size_t)n, fmt, ap);
  ptl_one_line(err->message);
  return PTL_ESYNTAX;
}

int ptl_fail_at(ptl_error *err, const char *source, uint32_t line, uint32_t column, const char *fmt,
                ...) {
  va_list ap;
  va_start(ap, fmt);
  ptl_fail_list(err, source, line, column, fmt, ap);
  va_end(ap);
  return PTL_ESYNTAX;
}

int ptl_fail_memory(ptl_error *err) { return ptl_fail(err, PTL_ENOMEM, "out of memory"); }
