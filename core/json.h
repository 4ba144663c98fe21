/*
** json.h -- Portolan's JSON form of a registry: what its reader and its writer share.
**
**   { "portolan": 1,
**     "info": { "title": "...", "date": "...", "notes": ["..."] },
**     "records": [
**       { "id": 0, "name": "http", "number": "80", "first": 80, "last": 80,
**         "transport": "tcp", "status": "assigned", "range": "system",
**         "description": "...", "assignee": "[A]", "contact": "[B]",
**         "registered": "2021-10-01", "modified": "2022-02-07",
**         "reference": "[RFC9110]", "references": ["RFC9110"] } ],
**     "people": [ { "id": "A", "name": "...", "organisation": "...",
**                   "uris": ["..."], "updated": "..." } ] }
**
** Words and shapes are the facade's (bindings/portolan.lua); what is absent
** has no member. IANA's columns are read, "number" or else "first" and "last",
** and "alias_of"; what follows from them (id, status, range, references,
** replaces) is there for others. A byte that is not UTF-8 is the escape of a
** lone surrogate, \udc80 to \udcff, and becomes that byte again.
**
** SPDX-License-Identifier: MIT
*/
#ifndef json_h
#define json_h

#define JSON_VERSION "1"

/* The members of a record that are columns, by PTL_NAME ... */
#define JSON_COLUMNS                                                                               \
  {                                                                                                \
    "name", "number", "transport", "description", "assignee", "contact", "registered", "modified", \
        "reference", "service_code", "unauthorized", "note"                                        \
  }

/* Those of a person, by PTL_PERSON_ID ... */
#define JSON_PERSON \
  { "id", "name", "organisation", "uris", "updated" }

/* What a registry may say several times: its key, and the member's. */
#define JSON_LISTS                                                         \
  {                                                                        \
    {"expert", "experts"}, {"note", "notes"}, {"reference", "references"}, \
        {"footnote", "footnotes"}, {                                       \
      "part", "parts"                                                      \
    }                                                                      \
  }

#endif
