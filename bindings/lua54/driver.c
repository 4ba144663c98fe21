/*
** driver.c -- the portolan driver for PUC Lua 5.4.
**
** A driver is a table of plain functions over four kinds of handle. It checks
** nothing that the facade (bindings/portolan.lua) has checked, shapes no
** message, and has one twin, luajit/driver.lua, with the same names.
** Failure is always: nil, message, code, line, column.
**
** The texts of a snapshot that Lua has seen are kept as Lua strings, by
** number, in the handle's user value: the second look costs no copy.
**
** SPDX-License-Identifier: MIT
*/
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "portolan.h"

#define BUILDER "portolan.builder"
#define SNAPSHOT "portolan.snapshot"
#define PORTSET "portolan.portset"
#define OUTPUT "portolan.output"
#define DIFF "portolan.diff"
#define RULESET "portolan.ruleset"
#define SPACE "portolan.space"
#define HISTORY "portolan.history"

/* What every function finds as its upvalues. */
enum { UP_SNAPSHOT = 1, UP_KEYS = 2 };
#define upvalue(i) lua_upvalueindex(i)

/* ------------------------------------------------------------- handles -- */

/* A handle is closed when its pointer is NULL. */
static void **newhandle(lua_State *L, const char *kind) {
  void **h = lua_newuserdatauv(L, sizeof *h, 1);
  *h = NULL; /* so that __gc is safe if opening fails */
  luaL_setmetatable(L, kind);
  return h;
}

static ptl_builder *tobuilder(lua_State *L) {
  return *(ptl_builder **)luaL_checkudata(L, 1, BUILDER);
}

static ptl_portset *toset(lua_State *L, int arg) {
  return *(ptl_portset **)luaL_checkudata(L, arg, PORTSET);
}

/* luaL_checkudata looks its name up in the registry; this compares with an
   upvalue. NULL: not a snapshot, or a closed one. */
static const ptl_snapshot *peek(lua_State *L) {
  void **h = lua_touserdata(L, 1);
  int same = h != NULL && lua_getmetatable(L, 1);
  if (!same) return NULL;
  same = lua_rawequal(L, -1, upvalue(UP_SNAPSHOT));
  lua_pop(L, 1);
  return same ? *h : NULL;
}

static const ptl_snapshot *tosnapshot(lua_State *L) {
  const ptl_snapshot *s = peek(L);
  luaL_argcheck(L, s != NULL, 1, "registry expected");
  return s;
}

static int fail(lua_State *L, const ptl_error *err) {
  luaL_pushfail(L);
  lua_pushstring(L, err->message);
  lua_pushinteger(L, err->code);
  lua_pushinteger(L, err->line);
  lua_pushinteger(L, err->column);
  return 5;
}

static int done(lua_State *L, int rc, const ptl_error *err) {
  if (rc != PTL_OK) return fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

/* ------------------------------------------------------------- builder -- */

static int d_builder(lua_State *L) {
  void **h = newhandle(L, BUILDER);
  if ((*h = ptl_builder_new()) == NULL) return luaL_error(L, "out of memory");
  return 1;
}

static int d_read(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 5, &len);
  ptl_error err;
  return done(L,
              ptl_builder_read(tobuilder(L), luaL_checkstring(L, 2), luaL_optstring(L, 3, NULL),
                               luaL_optstring(L, 4, NULL), text, len, &err),
              &err);
}

static int d_set(lua_State *L) {
  size_t len;
  const char *value = luaL_checklstring(L, 3, &len);
  ptl_error err;
  return done(L, ptl_builder_set(tobuilder(L), luaL_checkstring(L, 2), value, len, &err), &err);
}

static int d_remarks(lua_State *L) {
  const ptl_builder *b = tobuilder(L);
  const char *line;
  uint32_t i;
  lua_newtable(L); /* [list] */
  for (i = 0; (line = ptl_builder_remark(b, i)) != NULL; i++) {
    lua_pushstring(L, line); /* [list, line] */
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int d_account(lua_State *L) {
  ptl_account a;
  ptl_builder_account(tobuilder(L), &a);
  lua_pushinteger(L, a.read);
  lua_pushinteger(L, a.kept);
  lua_pushinteger(L, a.repaired);
  lua_pushinteger(L, a.refused);
  return 4;
}

static int d_freeze(lua_State *L) {
  ptl_builder *b = tobuilder(L);
  ptl_snapshot **h = (ptl_snapshot **)newhandle(L, SNAPSHOT);
  ptl_error err;
  if (ptl_builder_freeze(b, h, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

/* ------------------------------------------------------------ snapshot -- */

static int d_open(lua_State *L) {
  const char *path = luaL_optstring(L, 1, NULL);
  ptl_snapshot **h = (ptl_snapshot **)newhandle(L, SNAPSHOT);
  ptl_error err;
  if (ptl_snapshot_open(path, h, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

static int d_load(lua_State *L) {
  size_t len;
  const char *source = luaL_checkstring(L, 1), *bytes = luaL_checklstring(L, 2, &len);
  ptl_snapshot **h = (ptl_snapshot **)newhandle(L, SNAPSHOT);
  ptl_error err;
  if (ptl_snapshot_load(source, bytes, len, h, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

static int d_write(lua_State *L) {
  ptl_error err;
  return done(L, ptl_snapshot_write(tosnapshot(L), luaL_checkstring(L, 2), &err), &err);
}

/* The output is a handle while Lua copies it: copying can raise. */
static int d_export(lua_State *L) {
  const ptl_snapshot *s = tosnapshot(L);
  const char *format = luaL_checkstring(L, 2), *options = luaL_optstring(L, 3, NULL);
  ptl_output **h = (ptl_output **)newhandle(L, OUTPUT);
  ptl_error err;
  ptl_str bytes;
  if (ptl_snapshot_export(s, format, options, h, &err) != PTL_OK) return fail(L, &err);
  ptl_output_bytes(*h, &bytes);
  lua_pushlstring(L, bytes.ptr, bytes.len);
  ptl_output_free(*h);
  *h = NULL;
  return 1;
}

static int d_close(lua_State *L) {
  ptl_snapshot **h = luaL_checkudata(L, 1, SNAPSHOT);
  ptl_snapshot_close(*h);
  *h = NULL;
  return 0;
}

static int d_count(lua_State *L) {
  lua_pushinteger(L, ptl_snapshot_count(tosnapshot(L)));
  return 1;
}

static int d_meta(lua_State *L) {
  const ptl_snapshot *s = tosnapshot(L);
  ptl_str key, value;
  uint32_t i;
  lua_newtable(L); /* [list] */
  for (i = 0; ptl_snapshot_meta(s, i, &key, &value); i++) {
    lua_createtable(L, 2, 0); /* [list, pair] */
    lua_pushlstring(L, key.ptr, key.len);
    lua_rawseti(L, -2, 1);
    lua_pushlstring(L, value.ptr, value.len);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, (lua_Integer)i + 1); /* [list] */
  }
  return 1;
}

/* -> id, name, organisation, uris, updated of each; "" where there is none */
static int d_people(lua_State *L) {
  const ptl_snapshot *s = tosnapshot(L);
  ptl_str text[PTL_PERSON_TEXTS];
  uint32_t i;
  int k;
  lua_newtable(L); /* [list] */
  for (i = 0; ptl_snapshot_person(s, i, text); i++) {
    lua_createtable(L, PTL_PERSON_TEXTS, 0); /* [list, person] */
    for (k = 0; k < PTL_PERSON_TEXTS; k++) {
      lua_pushlstring(L, text[k].ptr, text[k].len);
      lua_rawseti(L, -2, k + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1); /* [list] */
  }
  return 1;
}

/* ------------------------------------------------------------- records -- */

/* The keys of a record's table, and its words, interned once: they are the
   array in upvalue UP_KEYS, in this order. */
enum {
  K_TEXT = 1, /* 14 of them, by PTL_NAME ...; "" is not shown */
  K_ID = K_TEXT + PTL_TEXTS,
  K_FIRST,
  K_LAST,
  K_STATUS,
  K_RANGE,
  K_REFERENCES,
  K_REPLACES,
  K_TRANSPORTS,                  /* "tcp" ... */
  K_STATUSES = K_TRANSPORTS + 4, /* "assigned" ... */
  K_RANGES = K_STATUSES + 7,     /* "system" ... */
  K_END = K_RANGES + 3
};

static const char *const keys[] = {
    "name",       "",           "",          "description",  "assignee",     "contact",
    "registered", "modified",   "reference", "service_code", "unauthorized", "note",
    "",           "alias_of",   "id",        "first",        "last",         "status",
    "range",      "references", "replaces",  "tcp",          "udp",          "sctp",
    "dccp",       "assigned",   "reserved",  "unassigned",   "private",      "deregistered",
    "other",      "dynamic",    "system",    "user",         "dynamic"};

static void pushkeys(lua_State *L) {
  int i;
  lua_createtable(L, K_END, 0); /* [keys] */
  for (i = 0; i < (int)(sizeof keys / sizeof *keys); i++) {
    lua_pushstring(L, keys[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushliteral(L, "transport");
  lua_rawseti(L, -2, K_TEXT + PTL_TRANSPORT);
}

/* Stack places while records are pushed. */
typedef struct {
  lua_State *L;
  const ptl_snapshot *s;
  int texts; /* the table of texts by number */
} maker;

static maker newmaker(lua_State *L) {
  maker m = {L, tosnapshot(L), 0};
  lua_getiuservalue(L, 1, 1);
  if (!lua_istable(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 1);
  }
  m.texts = lua_gettop(L);
  return m;
}

static void pushtext(const maker *m, uint32_t number) {
  ptl_str text;
  if (lua_rawgeti(m->L, m->texts, (lua_Integer)number) == LUA_TSTRING) return;
  lua_pop(m->L, 1);
  ptl_snapshot_text(m->s, number, &text);
  lua_pushlstring(m->L, text.ptr, text.len);
  lua_pushvalue(m->L, -1);
  lua_rawseti(m->L, m->texts, (lua_Integer)number);
}

static void pushkey(lua_State *L, int key) { lua_rawgeti(L, upvalue(UP_KEYS), key); }

static void settext(const maker *m, int key, uint32_t number) {
  if (number == 0) return; /* an absent text is nil */
  pushkey(m->L, key);
  pushtext(m, number); /* [record, key, text] */
  lua_rawset(m->L, -3);
}

static void setword(const maker *m, int key, int word) {
  pushkey(m->L, key);
  pushkey(m->L, word); /* [record, key, word] */
  lua_rawset(m->L, -3);
}

static void setinteger(const maker *m, int key, lua_Integer n) {
  pushkey(m->L, key);
  lua_pushinteger(m->L, n); /* [record, key, n] */
  lua_rawset(m->L, -3);
}

/* "RFC 6335" and "RFC6335" are one reference. */
static void pushreference(lua_State *L, ptl_str label) {
  if (label.len > 4 && memcmp(label.ptr, "RFC ", 4) == 0) {
    lua_pushliteral(L, "RFC");
    lua_pushlstring(L, label.ptr + 4, label.len - 4);
    lua_concat(L, 2);
  } else {
    lua_pushlstring(L, label.ptr, label.len);
  }
}

static void setreferences(const maker *m, uint32_t number) {
  ptl_str text, label[16];
  uint32_t i, n;
  if (number == 0) return;
  ptl_snapshot_text(m->s, number, &text);
  n = ptl_labels(text.ptr, text.len, label, 16);
  pushkey(m->L, K_REFERENCES);
  lua_createtable(m->L, (int)n, 0); /* [record, key, list] */
  for (i = 0; i < n && i < 16; i++) {
    pushreference(m->L, label[i]);
    lua_rawseti(m->L, -2, (lua_Integer)i + 1);
  }
  lua_rawset(m->L, -3);
}

static void setports(const maker *m, const ptl_record *r) {
  if (!(r->flags & PTL_HAS_PORT)) return;
  setinteger(m, K_FIRST, r->first);
  setinteger(m, K_LAST, r->last);
  setword(m, K_RANGE, K_RANGES + r->range);
}

static void setcode(const maker *m, uint32_t number) {
  if (number == 0) return;
  pushkey(m->L, K_TEXT + PTL_SERVICE_CODE);
  pushtext(m, number);
  if (lua_stringtonumber(m->L, lua_tostring(m->L, -1)) != 0) lua_remove(m->L, -2);
  lua_rawset(m->L, -3);
}

/* Pushes record 'id' as a table of its own. */
static void pushrecord(const maker *m, uint32_t id) {
  static const uint8_t texts[] = {PTL_NAME,      PTL_DESCRIPTION,  PTL_ASSIGNEE,
                                  PTL_CONTACT,   PTL_REGISTERED,   PTL_MODIFIED,
                                  PTL_REFERENCE, PTL_UNAUTHORIZED, PTL_NOTE};
  ptl_record r;
  size_t i;
  ptl_snapshot_get(m->s, id, &r);
  lua_createtable(m->L, 0, 16); /* [record] */
  setinteger(m, K_ID, id);
  setports(m, &r);
  setword(m, K_STATUS, K_STATUSES + r.status);
  if (r.transport != PTL_NO_TRANSPORT)
    setword(m, K_TEXT + PTL_TRANSPORT, K_TRANSPORTS + r.transport);
  for (i = 0; i < sizeof texts; i++) settext(m, K_TEXT + texts[i], r.text[texts[i]]);
  setreferences(m, r.text[PTL_REFERENCE]);
  setcode(m, r.text[PTL_SERVICE_CODE]);
  settext(m, r.flags & PTL_IS_ALIAS ? K_TEXT + PTL_LINK : K_REPLACES, r.text[PTL_LINK]);
}

static int pushrecords(const maker *m, const uint32_t *ids, uint32_t n) {
  uint32_t i;
  lua_createtable(m->L, (int)n, 0); /* [list] */
  for (i = 0; i < n; i++) {
    pushrecord(m, ids[i]); /* [list, record] */
    lua_rawseti(m->L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int d_record(lua_State *L) {
  maker m = newmaker(L);
  pushrecord(&m, (uint32_t)luaL_checkinteger(L, 2));
  return 1;
}

/* ------------------------------------------------------------ look-ups -- */

/* The arguments of the three hot ones. 0: one is not what it should be, and
   the facade, told false, finds out which. */
static int hot(lua_State *L, const ptl_snapshot **s, int *transport, uint32_t *port) {
  int good[2];
  lua_Integer t = lua_tointegerx(L, 2, &good[0]), p = lua_tointegerx(L, 3, &good[1]);
  *s = peek(L);
  if (*s == NULL || !good[0] || !good[1] || p < 0 || p > 65535 || lua_type(L, 3) != LUA_TNUMBER) {
    lua_pushboolean(L, 0);
    return 0;
  }
  *transport = (int)t;
  *port = (uint32_t)p;
  return 1;
}

static int d_name(lua_State *L) {
  const ptl_snapshot *s;
  int transport;
  uint32_t port, number;
  maker m;
  if (!hot(L, &s, &transport, &port)) return 1;
  if ((number = ptl_snapshot_name(s, transport, port)) == 0) return 0;
  if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE &&
      lua_rawgeti(L, -1, (lua_Integer)number) == LUA_TSTRING)
    return 1;
  m = newmaker(L);
  pushtext(&m, number);
  return 1;
}

static int d_id(lua_State *L) {
  const ptl_snapshot *s;
  int transport;
  uint32_t port, id;
  if (!hot(L, &s, &transport, &port)) return 1;
  if ((id = ptl_snapshot_id(s, transport, port)) == UINT32_MAX) return 0;
  lua_pushinteger(L, id);
  return 1;
}

static int d_status(lua_State *L) {
  const ptl_snapshot *s;
  int transport;
  uint32_t port;
  if (!hot(L, &s, &transport, &port)) return 1;
  pushkey(L, K_STATUSES + ptl_snapshot_status(s, transport, port));
  return 1;
}

static int d_by_port(lua_State *L) {
  maker m = newmaker(L);
  const uint32_t *ids;
  uint32_t n = ptl_snapshot_by_port(m.s, (int)luaL_checkinteger(L, 2),
                                    (uint32_t)luaL_checkinteger(L, 3), &ids);
  return pushrecords(&m, ids, n);
}

static int d_by_name(lua_State *L) {
  maker m = newmaker(L);
  size_t len;
  const char *name = luaL_checklstring(L, 2, &len);
  const uint32_t *ids;
  uint32_t n = ptl_snapshot_by_name(m.s, name, len, &ids);
  return pushrecords(&m, ids, n);
}

static int d_by_prefix(lua_State *L) {
  maker m = newmaker(L);
  size_t len;
  const char *prefix = luaL_checklstring(L, 2, &len);
  const uint32_t *ids;
  uint32_t n = ptl_snapshot_by_prefix(m.s, prefix, len, &ids);
  return pushrecords(&m, ids, n);
}

/* At most 'max' of 'n' results; a negative 'max' is all. */
static uint32_t at_most(uint32_t n, lua_Integer max) {
  return max >= 0 && (lua_Integer)n > max ? (uint32_t)max : n;
}

static int d_search(lua_State *L) {
  maker m = newmaker(L);
  size_t len;
  const char *words = luaL_checklstring(L, 2, &len);
  ptl_match *found = lua_newuserdatauv(L, (ptl_snapshot_count(m.s) + 1) * sizeof *found, 0);
  uint32_t i, n = ptl_snapshot_search(m.s, words, len, found);
  n = at_most(n, luaL_checkinteger(L, 3));
  lua_createtable(L, (int)n, 0); /* [list] */
  for (i = 0; i < n; i++) {
    pushrecord(&m, found[i].id);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* Conditions come flat: field, how, text, field, how, text ... */
static void toconditions(lua_State *L, int arg, ptl_condition *c, uint32_t n) {
  uint32_t i;
  for (i = 0; i < n; i++, lua_pop(L, 3)) {
    lua_rawgeti(L, arg, (lua_Integer)i * 3 + 1);
    lua_rawgeti(L, arg, (lua_Integer)i * 3 + 2);
    lua_rawgeti(L, arg, (lua_Integer)i * 3 + 3);
    c[i].field = (uint32_t)lua_tointeger(L, -3);
    c[i].how = (uint32_t)lua_tointeger(L, -2);
    c[i].text.ptr = lua_tolstring(L, -1, &c[i].text.len); /* the table keeps it */
  }
}

/* query(h, conditions, transports, statuses, ranges, ports, max) */
static int d_query(lua_State *L) {
  maker m = newmaker(L);
  uint32_t n = (uint32_t)(lua_rawlen(L, 2) / 3);
  ptl_condition *c = lua_newuserdatauv(L, (n + 1) * sizeof *c, 0);
  uint32_t *ids = lua_newuserdatauv(L, (ptl_snapshot_count(m.s) + 1) * sizeof *ids, 0);
  ptl_query q = {c,
                 n,
                 (uint32_t)luaL_checkinteger(L, 3),
                 (uint32_t)luaL_checkinteger(L, 4),
                 (uint32_t)luaL_checkinteger(L, 5),
                 lua_isnil(L, 6) ? NULL : toset(L, 6)};
  toconditions(L, 2, c, n);
  n = ptl_snapshot_query(m.s, &q, ids);
  return pushrecords(&m, ids, at_most(n, luaL_checkinteger(L, 7)));
}

/* free(h, transports, first, last, count, near, max) -> first, last, first ... */
static int d_free(lua_State *L) {
  const ptl_snapshot *s = tosnapshot(L);
  uint32_t max = (uint32_t)luaL_checkinteger(L, 7), i, n;
  lua_Integer near = luaL_checkinteger(L, 6);
  ptl_block *blocks = lua_newuserdatauv(L, (max + 1) * sizeof *blocks, 0);
  n = ptl_snapshot_free(s, (uint32_t)luaL_checkinteger(L, 2), (uint32_t)luaL_checkinteger(L, 3),
                        (uint32_t)luaL_checkinteger(L, 4), (uint32_t)luaL_checkinteger(L, 5),
                        near < 0 ? UINT32_MAX : (uint32_t)near, blocks, max);
  n = n < max ? n : max;
  lua_createtable(L, (int)n * 2, 0); /* [list] */
  for (i = 0; i < n; i++) {
    lua_pushinteger(L, blocks[i].first);
    lua_rawseti(L, -2, (lua_Integer)i * 2 + 1);
    lua_pushinteger(L, blocks[i].last);
    lua_rawseti(L, -2, (lua_Integer)i * 2 + 2);
  }
  return 1;
}

/* ------------------------------------------------------------ port set -- */

static ptl_portset *newset(lua_State *L) {
  ptl_portset **h = (ptl_portset **)newhandle(L, PORTSET);
  if ((*h = ptl_portset_new()) == NULL) luaL_error(L, "out of memory");
  return *h;
}

static int d_set_new(lua_State *L) {
  newset(L);
  return 1;
}

static int d_set_parse(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  ptl_error err;
  return done(L, ptl_portset_parse(toset(L, 1), text, len, &err), &err);
}

static int d_set_add(lua_State *L) {
  ptl_error err;
  return done(
      L,
      ptl_portset_add(toset(L, 1), (int)luaL_checkinteger(L, 2), (uint32_t)luaL_checkinteger(L, 3),
                      (uint32_t)luaL_checkinteger(L, 4), &err),
      &err);
}

/* A large set is a few bytes to Lua: its collector is told of the others. */
static void tell_size(lua_State *L, const ptl_portset *set) {
  const ptl_span *spans;
  size_t bytes = ptl_portset_spans(set, &spans) * sizeof *spans;
  if (bytes >= 4096) lua_gc(L, LUA_GCSTEP, (int)(bytes / 1024));
}

static int d_set_combine(lua_State *L) {
  const ptl_portset *a = toset(L, 2), *b = toset(L, 3);
  ptl_portset *result = newset(L);
  ptl_error err;
  if (ptl_portset_combine(result, *luaL_checkstring(L, 1), a, b, &err) != PTL_OK)
    return fail(L, &err);
  tell_size(L, result);
  return 1;
}

static int d_set_contains(lua_State *L) {
  lua_pushboolean(L, ptl_portset_contains(toset(L, 1), (int)luaL_checkinteger(L, 2),
                                          (uint32_t)luaL_checkinteger(L, 3)));
  return 1;
}

static int d_set_count(lua_State *L) {
  lua_pushinteger(L, ptl_portset_count(toset(L, 1)));
  return 1;
}

/* -> first, last, transport, first, last, transport ... */
static int d_set_spans(lua_State *L) {
  const ptl_span *spans;
  uint32_t i, n = ptl_portset_spans(toset(L, 1), &spans);
  lua_createtable(L, (int)n * 3, 0); /* [list] */
  for (i = 0; i < n; i++) {
    lua_pushinteger(L, spans[i].first);
    lua_rawseti(L, -2, (lua_Integer)i * 3 + 1);
    lua_pushinteger(L, spans[i].last);
    lua_rawseti(L, -2, (lua_Integer)i * 3 + 2);
    lua_pushinteger(L, spans[i].transport);
    lua_rawseti(L, -2, (lua_Integer)i * 3 + 3);
  }
  return 1;
}

static int d_ports(lua_State *L) {
  const ptl_snapshot *s = tosnapshot(L);
  ptl_portset *set = newset(L);
  ptl_error err;
  if (ptl_snapshot_ports(s, (uint32_t)luaL_checkinteger(L, 2), set, &err) != PTL_OK)
    return fail(L, &err);
  return 1;
}

static int d_name_check(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 1, &len);
  lua_pushinteger(L, ptl_name_check(name, len));
  return 1;
}

/* ---------------------------------------------------- diff and history -- */

static const ptl_snapshot *snapshot_at(lua_State *L, int arg) {
  return *(ptl_snapshot **)luaL_checkudata(L, arg, SNAPSHOT);
}

static const ptl_diff *todiff(lua_State *L) { return *(ptl_diff **)luaL_checkudata(L, 1, DIFF); }

static const ptl_history *tohistory(lua_State *L) {
  return *(ptl_history **)luaL_checkudata(L, 1, HISTORY);
}

static int d_diff(lua_State *L) {
  const ptl_snapshot *a = snapshot_at(L, 1), *b = snapshot_at(L, 2);
  ptl_diff **h = (ptl_diff **)newhandle(L, DIFF);
  ptl_error err;
  if (ptl_diff_new(a, b, h, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

/* -> kind, before, after, fields, kind ... */
static int d_diff_events(lua_State *L) {
  const ptl_diff *d = todiff(L);
  uint32_t i, n = ptl_diff_count(d);
  ptl_event e;
  lua_createtable(L, (int)n * 4, 0); /* [list] */
  for (i = 0; i < n; i++) {
    ptl_diff_get(d, i, &e);
    lua_pushinteger(L, e.kind);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 1);
    lua_pushinteger(L, e.before);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 2);
    lua_pushinteger(L, e.after);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 3);
    lua_pushinteger(L, e.fields);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 4);
  }
  return 1;
}

static int d_diff_apply(lua_State *L) {
  const ptl_diff *d = todiff(L);
  const ptl_snapshot *a = snapshot_at(L, 2);
  ptl_snapshot **h = (ptl_snapshot **)newhandle(L, SNAPSHOT);
  ptl_error err;
  if (ptl_diff_apply(d, a, h, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

static int d_history_open(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  ptl_history **h = (ptl_history **)newhandle(L, HISTORY);
  ptl_error err;
  if (ptl_history_open(path, h, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

/* history_add(h or nil, snapshot, date) -> a history, or false: it is there */
static int d_history_add(lua_State *L) {
  const ptl_history *old = lua_isnil(L, 1) ? NULL : tohistory(L);
  const ptl_snapshot *s = snapshot_at(L, 2);
  const char *date = luaL_checkstring(L, 3);
  ptl_history **h = (ptl_history **)newhandle(L, HISTORY);
  ptl_error err;
  if (ptl_history_add(old, s, date, h, &err) != PTL_OK) return fail(L, &err);
  if (*h == NULL) lua_pushboolean(L, 0);
  return 1;
}

static int d_history_write(lua_State *L) {
  ptl_error err;
  return done(L, ptl_history_write(tohistory(L), luaL_checkstring(L, 2), &err), &err);
}

/* -> date, records, added, removed, date ... */
static int d_history_editions(lua_State *L) {
  const ptl_history *h = tohistory(L);
  uint32_t i, n = ptl_history_count(h);
  ptl_edition e;
  lua_createtable(L, (int)n * 4, 0); /* [list] */
  for (i = 0; i < n; i++) {
    ptl_history_get(h, i, &e);
    lua_pushlstring(L, e.date.ptr, e.date.len);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 1);
    lua_pushinteger(L, e.records);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 2);
    lua_pushinteger(L, e.added);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 3);
    lua_pushinteger(L, e.removed);
    lua_rawseti(L, -2, (lua_Integer)i * 4 + 4);
  }
  return 1;
}

static int d_history_at(lua_State *L) {
  const ptl_history *h = tohistory(L);
  uint32_t i = (uint32_t)luaL_checkinteger(L, 2);
  ptl_snapshot **s = (ptl_snapshot **)newhandle(L, SNAPSHOT);
  ptl_error err;
  if (ptl_history_at(h, i, s, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

/* history_of(h, transport, port) -> list of editions, from 0 */
static int d_history_of(lua_State *L) {
  const ptl_history *h = tohistory(L);
  uint32_t *editions = lua_newuserdatauv(L, (ptl_history_count(h) + 1) * sizeof *editions, 0);
  uint32_t i, n;
  ptl_error err;
  if (ptl_history_of(h, (int)luaL_checkinteger(L, 2), (uint32_t)luaL_checkinteger(L, 3), editions,
                     &n, &err) != PTL_OK)
    return fail(L, &err);
  lua_createtable(L, (int)n, 0); /* [list] */
  for (i = 0; i < n; i++) {
    lua_pushinteger(L, editions[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int d_history_close(lua_State *L) {
  ptl_history **h = luaL_checkudata(L, 1, HISTORY);
  ptl_history_close(*h);
  *h = NULL;
  return 0;
}

/* -------------------------------------------------------- packet space -- */

static ptl_ruleset *toruleset(lua_State *L, int arg) {
  return *(ptl_ruleset **)luaL_checkudata(L, arg, RULESET);
}

static ptl_space *tospace(lua_State *L) { return *(ptl_space **)luaL_checkudata(L, 1, SPACE); }

/* UINT32_MAX where the argument is nil. */
static uint32_t opt_number(lua_State *L, int arg) {
  return lua_isnoneornil(L, arg) ? UINT32_MAX : (uint32_t)luaL_checkinteger(L, arg);
}

static void set_number(lua_State *L, lua_Integer i, uint32_t n) {
  lua_pushinteger(L, n);
  lua_rawseti(L, -2, i);
}

static int d_ruleset_new(lua_State *L) {
  ptl_ruleset **h = (ptl_ruleset **)newhandle(L, RULESET);
  if ((*h = ptl_ruleset_new()) == NULL) return luaL_error(L, "out of memory");
  return 1;
}

/* ruleset_chain(h, hook or nil, priority, policy) */
static int d_ruleset_chain(lua_State *L) {
  ptl_error err;
  return done(L,
              ptl_ruleset_chain(toruleset(L, 1), opt_number(L, 2), (int32_t)luaL_checkinteger(L, 3),
                                (int)luaL_checkinteger(L, 4), &err),
              &err);
}

/* ruleset_rule(h, chain, verdict, target or nil, uncertain) */
static int d_ruleset_rule(lua_State *L) {
  ptl_error err;
  return done(
      L,
      ptl_ruleset_rule(toruleset(L, 1), (uint32_t)luaL_checkinteger(L, 2),
                       (int)luaL_checkinteger(L, 3), opt_number(L, 4), lua_toboolean(L, 5), &err),
      &err);
}

static int d_ruleset_match(lua_State *L) {
  ptl_error err;
  return done(L, ptl_ruleset_match(toruleset(L, 1), &err), &err);
}

static int d_ruleset_field(lua_State *L) {
  ptl_error err;
  return done(
      L,
      ptl_ruleset_field(toruleset(L, 1), (int)luaL_checkinteger(L, 2), lua_toboolean(L, 3), &err),
      &err);
}

static int d_ruleset_range(lua_State *L) {
  ptl_error err;
  return done(L,
              ptl_ruleset_range(toruleset(L, 1), (uint32_t)luaL_checkinteger(L, 2),
                                (uint32_t)luaL_checkinteger(L, 3), &err),
              &err);
}

static int d_ruleset_address(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  ptl_error err;
  return done(L, ptl_ruleset_address(toruleset(L, 1), text, len, &err), &err);
}

static int d_ruleset_interface(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 2, &len);
  ptl_error err;
  return done(L, ptl_ruleset_interface(toruleset(L, 1), name, len, &err), &err);
}

/* space_new(now, before or nil, regions or nil); the space keeps all three. */
static int d_space_new(lua_State *L) {
  const ptl_ruleset *now = toruleset(L, 1);
  const ptl_ruleset *before = lua_isnoneornil(L, 2) ? NULL : toruleset(L, 2);
  const ptl_ruleset *regions = lua_isnoneornil(L, 3) ? NULL : toruleset(L, 3);
  ptl_space **h;
  ptl_error err;
  int i;
  lua_settop(L, 3);
  h = (ptl_space **)newhandle(L, SPACE); /* [now, before, regions, space] */
  lua_createtable(L, 3, 0);
  for (i = 1; i <= 3; i++) {
    lua_pushvalue(L, i);
    lua_rawseti(L, -2, i);
  }
  lua_setiuservalue(L, -2, 1);
  if (ptl_space_new(now, before, regions, h, &err) != PTL_OK) return fail(L, &err);
  return 1;
}

/* -> flags, conflict or nil, smallest, {hiding, ...} */
static int d_space_fact(lua_State *L) {
  ptl_fact fact;
  ptl_error err;
  uint32_t i;
  if (ptl_space_fact(tospace(L), (uint32_t)luaL_checkinteger(L, 2), &fact, &err) != PTL_OK)
    return fail(L, &err);
  lua_pushinteger(L, fact.flags);
  if (fact.conflict == UINT32_MAX)
    lua_pushnil(L);
  else
    lua_pushinteger(L, fact.conflict);
  lua_pushinteger(L, fact.smallest);
  lua_createtable(L, (int)fact.nhiding, 0);
  for (i = 0; i < fact.nhiding; i++) set_number(L, (lua_Integer)i + 1, fact.hiding[i]);
  return 4;
}

/* Flat: first, last, transport, rule, certainty, first ... */
static void pushopenings(lua_State *L, const ptl_opening *o, uint32_t n) {
  uint32_t i;
  lua_createtable(L, (int)n * 5, 0); /* [list] */
  for (i = 0; i < n; i++) {
    lua_Integer at = (lua_Integer)i * 5;
    set_number(L, at + 1, o[i].first);
    set_number(L, at + 2, o[i].last);
    set_number(L, at + 3, o[i].transport);
    set_number(L, at + 4, o[i].rule);
    set_number(L, at + 5, o[i].certainty);
  }
}

/* space_reach(h, hook, region or nil) */
static int d_space_reach(lua_State *L) {
  const ptl_opening *openings;
  uint32_t n;
  ptl_error err;
  if (ptl_space_reach(tospace(L), (uint32_t)luaL_checkinteger(L, 2), opt_number(L, 3), &openings,
                      &n, &err) != PTL_OK)
    return fail(L, &err);
  pushopenings(L, openings, n);
  return 1;
}

static int to_address(lua_State *L, int arg, uint8_t address[16], ptl_error *err) {
  size_t len;
  const char *text = luaL_checklstring(L, arg, &len);
  return ptl_address_read(text, len, address, err);
}

static void to_name(lua_State *L, int arg, char name[64]) {
  const char *text = luaL_optstring(L, arg, "");
  strncpy(name, text, 63);
}

/* space_trace(h, hook, source, destination, protocol, source port, destination
   port, icmp type, state, input, output) -> {rule, certainty, ...}, verdicts */
static int d_space_trace(lua_State *L) {
  ptl_packet p;
  const ptl_step *steps;
  uint32_t i, n, verdicts;
  ptl_error err;
  memset(&p, 0, sizeof p);
  if (to_address(L, 3, p.source, &err) != PTL_OK || to_address(L, 4, p.destination, &err) != PTL_OK)
    return fail(L, &err);
  p.protocol = (uint32_t)luaL_checkinteger(L, 5);
  p.source_port = (uint32_t)luaL_checkinteger(L, 6);
  p.destination_port = (uint32_t)luaL_checkinteger(L, 7);
  p.icmp_type = (uint32_t)luaL_checkinteger(L, 8);
  p.state = (uint32_t)luaL_checkinteger(L, 9);
  to_name(L, 10, p.input);
  to_name(L, 11, p.output);
  if (ptl_space_trace(tospace(L), (uint32_t)luaL_checkinteger(L, 2), &p, &steps, &n, &verdicts,
                      &err) != PTL_OK)
    return fail(L, &err);
  lua_createtable(L, (int)n * 2, 0); /* [list] */
  for (i = 0; i < n; i++) {
    set_number(L, (lua_Integer)i * 2 + 1, steps[i].rule);
    set_number(L, (lua_Integer)i * 2 + 2, steps[i].certainty);
  }
  lua_pushinteger(L, verdicts);
  return 2;
}

static void set_address(lua_State *L, lua_Integer i, const uint8_t address[16]) {
  char text[46];
  ptl_address_write(address, text);
  lua_pushstring(L, text);
  lua_rawseti(L, -2, i);
}

/* Pushes {source, destination, protocol, source port, destination port, icmp
   type, state, input, output}. */
static void pushpacket(lua_State *L, const ptl_packet *p) {
  lua_createtable(L, 9, 0); /* [packet] */
  set_address(L, 1, p->source);
  set_address(L, 2, p->destination);
  set_number(L, 3, p->protocol);
  set_number(L, 4, p->source_port);
  set_number(L, 5, p->destination_port);
  set_number(L, 6, p->icmp_type);
  set_number(L, 7, p->state);
  lua_pushstring(L, p->input);
  lua_rawseti(L, -2, 8);
  lua_pushstring(L, p->output);
  lua_rawseti(L, -2, 9);
}

/* space_compare(h, hook, region or nil, dropped, certainty) -> openings, {packet, ...} */
static int d_space_compare(lua_State *L) {
  const ptl_opening *openings;
  const ptl_packet *examples;
  uint32_t i, n;
  ptl_error err;
  if (ptl_space_compare(tospace(L), (uint32_t)luaL_checkinteger(L, 2), opt_number(L, 3),
                        lua_toboolean(L, 4), (int)luaL_checkinteger(L, 5), &openings, &examples, &n,
                        &err) != PTL_OK)
    return fail(L, &err);
  pushopenings(L, openings, n);
  lua_createtable(L, (int)n, 0); /* [openings, list] */
  for (i = 0; i < n; i++) {
    pushpacket(L, &examples[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 2;
}

/* -------------------------------------------------------------- module -- */

static int gc_diff(lua_State *L) {
  ptl_diff_free(*(ptl_diff **)luaL_checkudata(L, 1, DIFF));
  return 0;
}

static int gc_builder(lua_State *L) {
  ptl_builder_free(tobuilder(L));
  return 0;
}

static int gc_set(lua_State *L) {
  ptl_portset_free(toset(L, 1));
  return 0;
}

static int gc_output(lua_State *L) {
  ptl_output_free(*(ptl_output **)luaL_checkudata(L, 1, OUTPUT));
  return 0;
}

static int gc_ruleset(lua_State *L) {
  ptl_ruleset_free(toruleset(L, 1));
  return 0;
}

static int gc_space(lua_State *L) {
  ptl_space_free(tospace(L));
  return 0;
}

static const luaL_Reg driver[] = {{"builder", d_builder},
                                  {"read", d_read},
                                  {"set", d_set},
                                  {"remarks", d_remarks},
                                  {"account", d_account},
                                  {"freeze", d_freeze},
                                  {"open", d_open},
                                  {"load", d_load},
                                  {"write", d_write},
                                  {"export", d_export},
                                  {"close", d_close},
                                  {"count", d_count},
                                  {"meta", d_meta},
                                  {"people", d_people},
                                  {"record", d_record},
                                  {"name", d_name},
                                  {"id", d_id},
                                  {"status", d_status},
                                  {"by_port", d_by_port},
                                  {"by_name", d_by_name},
                                  {"by_prefix", d_by_prefix},
                                  {"search", d_search},
                                  {"query", d_query},
                                  {"free", d_free},
                                  {"ports", d_ports},
                                  {"set_new", d_set_new},
                                  {"set_parse", d_set_parse},
                                  {"set_add", d_set_add},
                                  {"set_combine", d_set_combine},
                                  {"set_contains", d_set_contains},
                                  {"set_count", d_set_count},
                                  {"set_spans", d_set_spans},
                                  {"name_check", d_name_check},
                                  {"diff", d_diff},
                                  {"diff_events", d_diff_events},
                                  {"diff_apply", d_diff_apply},
                                  {"history_open", d_history_open},
                                  {"history_add", d_history_add},
                                  {"history_write", d_history_write},
                                  {"history_editions", d_history_editions},
                                  {"history_at", d_history_at},
                                  {"history_of", d_history_of},
                                  {"history_close", d_history_close},
                                  {"ruleset_new", d_ruleset_new},
                                  {"ruleset_chain", d_ruleset_chain},
                                  {"ruleset_rule", d_ruleset_rule},
                                  {"ruleset_match", d_ruleset_match},
                                  {"ruleset_field", d_ruleset_field},
                                  {"ruleset_range", d_ruleset_range},
                                  {"ruleset_address", d_ruleset_address},
                                  {"ruleset_interface", d_ruleset_interface},
                                  {"space_new", d_space_new},
                                  {"space_fact", d_space_fact},
                                  {"space_reach", d_space_reach},
                                  {"space_trace", d_space_trace},
                                  {"space_compare", d_space_compare},
                                  {NULL, NULL}};

static void newkind(lua_State *L, const char *kind, lua_CFunction gc) {
  luaL_newmetatable(L, kind);
  lua_pushcfunction(L, gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

__attribute__((visibility("default"))) int luaopen_portolan_driver(lua_State *L);
int luaopen_portolan_driver(lua_State *L) {
  if (ptl_api() != PTL_API)
    return luaL_error(L,
                      "the portolan library is of API %d and its driver of %d: install both "
                      "from one release",
                      (int)ptl_api(), PTL_API);
  newkind(L, BUILDER, gc_builder);
  newkind(L, SNAPSHOT, d_close);
  newkind(L, PORTSET, gc_set);
  newkind(L, OUTPUT, gc_output);
  newkind(L, DIFF, gc_diff);
  newkind(L, RULESET, gc_ruleset);
  newkind(L, SPACE, gc_space);
  newkind(L, HISTORY, d_history_close);
  luaL_newlibtable(L, driver); /* [driver] */
  luaL_getmetatable(L, SNAPSHOT);
  pushkeys(L); /* [driver, metatable, keys] */
  luaL_setfuncs(L, driver, 2);
  return 1;
}
