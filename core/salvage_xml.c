/*
** salvage_xml.c -- makes a malformed registry well-formed, losing no more than it must.
**
** What expat cannot read is blanked out, with the whole of the record, person
** or note that it stands in, up to the next tag where reading can go on.
** Bytes keep their places and lines their numbers; only the end tags that a
** document cut short lacks are added behind it.
**
** A parser that has failed cannot go on: a new one is set going at the next
** good tag, behind the start tags that are open there.
**
** SPDX-License-Identifier: MIT
*/
#include <expat.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define MAX_NAME 64

typedef struct {
  ptl_source *in;
  XML_Parser parser;
  char *text;
  size_t len;
  size_t at;      /* where this parser was set going */
  size_t prefix;  /* how many bytes of start tags it was given first */
  size_t counted; /* 'line' is that of the byte here, 'bol' where it begins */
  size_t bol;
  uint32_t line;
  int depth, replaying;
  const char *fault; /* what is wrong though it is well-formed so far */
  size_t fault_at;
  size_t good;  /* where what was read ends */
  int in_item;  /* the depth of the open record, person, note ... or 0 */
  size_t begun; /* where it begins */
  int in_root, in_people, has_doctype;
  size_t root, name_len; /* where the root's start tag is; its name: 0 before it */
} salvor;

/* ------------------------------------------------------ expat's events -- */

static size_t offset(const salvor *v) {
  return v->at + (size_t)XML_GetCurrentByteIndex(v->parser) - v->prefix;
}

static void on_other(void *data, const XML_Char *s, int len) {
  salvor *v = data;
  (void)s, (void)len;
  v->good = offset(v) + (size_t)XML_GetCurrentByteCount(v->parser);
}

static void stop(salvor *v, const char *fault) {
  v->fault = fault;
  v->fault_at = offset(v); /* the parser goes past it before it stops */
  XML_StopParser(v->parser, XML_FALSE);
}

/* A registry's root has a short name; one without end would be replayed for
   every fault. */
static void begin_root(salvor *v, const char *name) {
  if (strlen(name) > MAX_NAME) {
    stop(v, "the root's name is too long");
    return;
  }
  v->in_root = 1;
  v->root = offset(v);
  v->name_len = strlen(name);
}

static void begin_item(salvor *v) {
  v->in_item = v->depth;
  v->begun = offset(v);
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
  salvor *v = data;
  (void)attributes;
  v->depth++;
  if (v->replaying) return;
  if (v->depth >= PTL_XML_DEPTH)
    stop(v, "elements are nested too deep");
  else if (v->depth > 2 && strcmp(name, "record") == 0)
    stop(v, "a record must stand directly in the registry");
  else if (v->depth == 1)
    begin_root(v, name);
  else if (v->depth == 2 && strcmp(name, "people") == 0)
    v->in_people = 1;
  else if (v->depth == 2 + v->in_people)
    begin_item(v);
  if (v->fault == NULL) on_other(v, name, 0);
}

static void on_end(void *data, const XML_Char *name) {
  salvor *v = data;
  (void)name;
  if (v->depth == v->in_item) v->in_item = 0;
  if (v->depth == 2) v->in_people = 0;
  if (v->depth == 1) v->in_root = 0;
  v->depth--;
  on_other(v, name, 0);
}

/* The reader has its own word on these. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal) {
  salvor *v = data;
  (void)name, (void)system, (void)public, (void)internal;
  v->has_doctype = 1;
  stop(v, "");
}

/* ------------------------------------------------------------- parsing -- */

static int feed(salvor *v, const char *bytes, size_t len, int last) {
  return XML_Parse(v->parser, bytes, (int)len, last) == XML_STATUS_OK;
}

/* Opens again what is open where the parser is set going; of the root no more
   than its name, since this may be often. In one piece: expat may put off what
   it got of a tag in two. */
static int replay(salvor *v) {
  char tags[MAX_NAME + 12];
  int ok, n = 0;
  if (v->in_root)
    n = snprintf(tags, sizeof tags, "<%.*s>%s", (int)v->name_len, v->text + v->root + 1,
                 v->in_people ? "<people>" : "");
  v->prefix = (size_t)n;
  v->replaying = 1;
  ok = feed(v, tags, v->prefix, 0);
  v->replaying = 0;
  return ok;
}

/* Parses from 'at' on, in pieces that grow: a restart must not cost a copy of
   all that follows, nor a long token be scanned again for every piece. */
static int parse_from(salvor *v, size_t at) {
  size_t piece = 4096;
  int ok;
  XML_ParserReset(v->parser, NULL);
  XML_SetUserData(v->parser, v);
  XML_SetElementHandler(v->parser, on_start, on_end);
  XML_SetStartDoctypeDeclHandler(v->parser, on_doctype);
  XML_SetDefaultHandler(v->parser, on_other);
  v->at = v->good = at;
  v->depth = v->in_item = 0;
  ok = replay(v);
  while (ok && v->len - at > piece) {
    ok = feed(v, v->text + at, piece, 0);
    at += piece;
    piece *= 2;
  }
  return ok && feed(v, v->text + at, v->len - at, 1);
}

/* ---------------------------------------------------------- going on -- */

static int starts(const salvor *v, size_t i, const char *tag) {
  size_t n = strlen(tag);
  return v->len - i > n && memcmp(v->text + i, tag, n) == 0 &&
         memchr(" \t\r\n/>", v->text[i + n], 6) != NULL;
}

static int ends_root(const salvor *v, size_t i) {
  return v->len - i > v->name_len + 2 && memcmp(v->text + i, "</", 2) == 0 &&
         memcmp(v->text + i + 2, v->text + v->root + 1, v->name_len) == 0;
}

static int can_go_on(const salvor *v, size_t i) {
  if (!v->in_root) return v->name_len == 0;
  if (v->in_people) return starts(v, i, "<person") || starts(v, i, "</people");
  return starts(v, i, "<record") || starts(v, i, "<people") || ends_root(v, i);
}

/* The next tag where reading can go on, or the end. */
static size_t next_tag(const salvor *v, size_t from) {
  while (from < v->len) {
    const char *tag = memchr(v->text + from, '<', v->len - from);
    if (tag == NULL) return v->len;
    from = (size_t)(tag - v->text);
    if (can_go_on(v, from)) return from;
    from++;
  }
  return v->len;
}

static void blank(salvor *v, size_t from, size_t to) {
  for (; from < to; from++)
    if (v->text[from] != '\n') v->text[from] = ' ';
}

/* Only ever called for later and later bytes. */
static void count_lines(salvor *v, size_t to) {
  for (; v->counted < to; v->counted++)
    if (v->text[v->counted] == '\n') {
      v->line++;
      v->bol = v->counted + 1;
    }
}

static int say(salvor *v, size_t at, size_t skipped, int is_record) {
  const char *why = v->fault != NULL ? v->fault : XML_ErrorString(XML_GetErrorCode(v->parser));
  ptl_error *err = v->in->err;
  int rc;
  count_lines(v, at);
  rc = ptl_fail_at(err, v->in->source, v->line, (uint32_t)(at - v->bol) + 1, "%s", why);
  if (is_record) return ptl_salvage(v->in, rc);
  return ptl_builder_remarks(v->in->builder, err, "%.340s; bytes skipped: %lu", err->message,
                             (unsigned long)skipped);
}

/* After a failure: blanks what cannot be read; '*at' is where to go on. */
static int skip(salvor *v, size_t *at) {
  size_t from = v->in_item ? v->begun : v->good, wrong = v->fault != NULL ? v->fault_at : offset(v);
  int is_record = starts(v, from, "<record");
  if (wrong < v->good || wrong > v->len) wrong = v->good;
  *at = next_tag(v, wrong > from ? wrong : from + 1);
  blank(v, from, *at);
  return say(v, wrong, *at - from, is_record);
}

/* The end tags of what is still open. */
static int close_all(salvor *v, ptl_buffer *text) {
  int ok = 1;
  if (!v->in_root) return 1;
  if (v->in_people) ok = ptl_append(text, "</people>", 9);
  return ok && ptl_append(text, "</", 2) &&
         ptl_append(text, v->in->text + v->root + 1, v->name_len) && ptl_append(text, ">", 1);
}

static int mend(salvor *v) {
  size_t at = 0;
  int rc = PTL_OK;
  while (rc == PTL_OK && at < v->len && !parse_from(v, at)) {
    if (v->has_doctype) return PTL_OK;
    if (XML_GetErrorCode(v->parser) == XML_ERROR_NO_MEMORY) return ptl_fail_memory(v->in->err);
    rc = skip(v, &at);
    v->fault = NULL;
  }
  return rc;
}

int ptl_salvage_xml(ptl_source *in, ptl_buffer *text) {
  salvor v = {.in = in, .line = 1};
  int rc;
  v.len = (size_t)(in->end - in->text);
  if (v.len > INT_MAX)
    return ptl_fail(in->err, PTL_ELIMIT, "%.200s: larger than 2 GiB", in->source);
  if (!ptl_reserve(text, v.len + 1) || !ptl_append(text, in->text, v.len) ||
      (v.parser = XML_ParserCreate(NULL)) == NULL)
    return ptl_fail_memory(in->err);
  v.text = text->data;
  rc = mend(&v);
  XML_ParserFree(v.parser);
  if (rc == PTL_OK && !close_all(&v, text)) return ptl_fail_memory(in->err);
  return rc;
}
