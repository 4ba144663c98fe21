/*
** write.h -- what the writers share.
**
** SPDX-License-Identifier: MIT
*/
#ifndef write_h
#define write_h

#include "snapshot.h"

/* A writer appends the whole registry to 'out'; 'options' is never NULL. */
typedef int ptl_writer(const ptl_snapshot *s, const char *options, ptl_buffer *out, ptl_error *err);

ptl_writer ptl_write_csv, ptl_write_xml, ptl_write_services;
ptl_writer ptl_write_text, ptl_write_html, ptl_write_json;

#endif
