/*
** era.c -- how IANA's CSV has put its XML into words, one era after another.
**
** The last is today's, and what every column of a record holds.
**
** SPDX-License-Identifier: MIT
*/
#include <string.h>

#include "internal.h"

static const ptl_era eras[] = {
    /* 2015 to 2018 */ {"era=A", "Known Unauthorized Uses", 0, "", ""},
    /* 2019 to July 2020 */ {"era=B", "Unauthorized Use Reported", 0, "\n", ""},
    /* to January 2025 */ {"era=C", "Unauthorized Use Reported", 1, "\n", ""},
    /* from April 2025 */ {"era=D", "Unauthorized Use Reported", 1, "", "        "},
};

const char ptl_no_era[] = "the eras of IANA's CSV are A, B, C and D";

const ptl_era *ptl_era_of(const char *options) {
  size_t i;
  if (options == NULL || strstr(options, "era=") == NULL) return &eras[countof(eras) - 1];
  for (i = 0; i < countof(eras); i++)
    if (ptl_has_option(options, eras[i].option)) return &eras[i];
  return NULL;
}

int ptl_era_is_today(const ptl_era *era) { return era == &eras[countof(eras) - 1]; }
