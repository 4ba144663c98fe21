/*
** sandbox.c -- the program portolan-sandbox: runs Lua that nobody trusts.
**
**   portolan-sandbox MEMORY INSTRUCTIONS SECONDS < CHUNK
**
** The chunk, as text, is run by PUC Lua 5.4 with the libraries that can reach
** nothing, and its result, a string, is written out. Exit status: 0, or one of
** the enum below with the reason written out instead.
**
** Nothing that the chunk does lasts longer or grows larger than the limits:
** bytes by the allocator, instructions by a hook that coroutines inherit, and
** what runs without a hook (a pattern that backtracks, a finalizer) by
** RLIMIT_CPU. The hook ends the process and raises nothing, for what is raised
** can be caught.
**
** SPDX-License-Identifier: MIT
*/
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FAILED = 1, USAGE = 2, TOO_LONG = 3 };

/* Fewer would be exact and slow; a coroutine begins its count anew. */
enum { INSTRUCTIONS_A_HOOK = 100 };

typedef struct limits {
  size_t memory;                   /* bytes that may still be had */
  unsigned long long instructions; /* that may still be run */
} limits;

/* ------------------------------------------------------------- limits -- */

static void *allocate(void *ud, void *block, size_t before, size_t after) {
  limits *left = ud;
  void *moved;
  if (block == NULL) before = 0; /* then it is the kind of object */
  if (after == 0) {
    free(block);
    left->memory += before;
    return NULL;
  }
  if (after > before && after - before > left->memory) return NULL;
  if ((moved = realloc(block, after)) == NULL) return NULL;
  left->memory = left->memory + before - after;
  return moved;
}

static limits *limits_of(lua_State *L) {
  void *ud;
  lua_getallocf(L, &ud);
  return ud;
}

static void count(lua_State *L, lua_Debug *ar) {
  limits *left = limits_of(L);
  (void)ar;
  if (left->instructions < INSTRUCTIONS_A_HOOK) _exit(TOO_LONG);
  left->instructions -= INSTRUCTIONS_A_HOOK;
}

static void limit(int what, rlim_t most) {
  struct rlimit both = {most, most};
  if (setrlimit(what, &both) != 0) _exit(USAGE);
}

/* ---------------------------------------------------------- libraries -- */

static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},        {LUA_TABLIBNAME, luaopen_table},
    {LUA_STRLIBNAME, luaopen_string}, {LUA_MATHLIBNAME, luaopen_math},
    {LUA_UTF8LIBNAME, luaopen_utf8},  {LUA_COLIBNAME, luaopen_coroutine},
};

static const char *const forbidden[] = {"dofile", "loadfile", "collectgarbage", "print", "warn"};

/* load(text, name): text alone, into the globals. */
static int load_text(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  if (luaL_loadbufferx(L, text, length, luaL_optstring(L, 2, "=text"), "t") == LUA_OK) return 1;
  luaL_pushfail(L);
  lua_insert(L, -2); /* [nil, message] */
  return 2;
}

static void open_libraries(lua_State *L) {
  size_t i;
  for (i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
    lua_pop(L, 1);
  }
  for (i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
    lua_pushnil(L);
    lua_setglobal(L, forbidden[i]);
  }
  lua_register(L, "load", load_text);
  lua_getglobal(L, LUA_STRLIBNAME); /* [string] */
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_pop(L, 1);
}

/* ---------------------------------------------------------------- run -- */

/* In protected mode: the chunk (a light userdata, its length) -> its string. */
static int run(lua_State *L) {
  const char *text = lua_touserdata(L, 1);
  size_t length = (size_t)lua_tointeger(L, 2);
  open_libraries(L);
  if (luaL_loadbufferx(L, text, length, "=chunk", "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 1);
  luaL_checktype(L, -1, LUA_TSTRING);
  return 1;
}

static int write_top(lua_State *L) {
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  if (text == NULL) return fputs("an error that is no text", stdout) != EOF;
  return fwrite(text, 1, length, stdout) == length;
}

static int run_limited(limits *left, const char *text, size_t length) {
  lua_State *L = lua_newstate(allocate, left);
  int status;
  if (L == NULL) {
    fputs("not enough memory", stdout);
    return FAILED;
  }
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, (void *)(size_t)text);
  lua_pushinteger(L, (lua_Integer)length);
  lua_sethook(L, count, LUA_MASKCOUNT, INSTRUCTIONS_A_HOOK);
  status = lua_pcall(L, 2, 1, 0);
  lua_sethook(L, NULL, 0, 0);
  if (!write_top(L)) return FAILED;
  return status == LUA_OK ? EXIT_SUCCESS : FAILED;
}

static char *read_all(FILE *file, size_t *length) {
  size_t room = 1 << 16;
  char *text = malloc(room), *grown;
  *length = 0;
  while (text != NULL && (*length += fread(text + *length, 1, room - *length, file)) == room) {
    if ((grown = realloc(text, room *= 2)) == NULL) free(text);
    text = grown;
  }
  return text;
}

int main(int argc, char **argv) {
  limits left;
  char *text;
  size_t length;
  int status;
  if (argc != 4) return USAGE;
  left.memory = strtoull(argv[1], NULL, 10);
  left.instructions = strtoull(argv[2], NULL, 10);
  if ((text = read_all(stdin, &length)) == NULL) return USAGE;
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NPROC, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CPU, strtoull(argv[3], NULL, 10));
  status = run_limited(&left, text, length);
  _exit(fflush(stdout) == 0 ? status : FAILED); /* no finalizer has a last word */
}
