# make            list these commands
# make all        build everything into build/
# make deps       install what building, testing and the demo need (Debian: apt)
# make demo       deps, all, and the main job: a look-up, a query, an audit
# make test       deps, all, and every spec under Lua 5.4 and LuaJIT
# make asan       the same specs under the address and undefined-behaviour sanitizers
# make bench      speed, beside a peer in the same run, as ratios
# make check      clang-format, clang-tidy, cppcheck, luacheck
# make registry   make data/registry anew from its packages (needs npm)
# make install    PREFIX=/usr/local
# make clean      remove what make made

B        = build
PREFIX   = /usr/local
CC       = gcc
CFLAGS   = -O3 -g -flto=auto
SAN      =
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wcast-qual -Wundef -Werror
C        = $(CC) -std=c11 -D_DEFAULT_SOURCE -fvisibility=hidden -fPIC $(CFLAGS) $(WARN) $(SAN) -Icore
LUA_INC  = /usr/include/lua5.4
VERSION  = 0.1.0

CORE     = $(patsubst core/%.c,$B/core/%.o,$(filter-out core/builtin.c,$(wildcard core/*.c)))
HEADERS  = $(wildcard core/*.h)
LUA      = $(patsubst scripts/portolan/%,$B/lua/portolan/%,$(shell find scripts/portolan -name '*.lua'))
PARTS    = $B/libportolan.so $B/lua54/portolan/driver.so $B/luajit/portolan/driver.lua \
           $B/luajit/portolan/cdef.lua $B/lua/portolan.lua $(LUA)

help:
	@sed -n 's/^# //p;/^$$/q' Makefile

all: $(PARTS)

# ------------------------------------------------------------------ core --

$B/core/%.o: core/%.c $(HEADERS)
	@mkdir -p $(@D)
	$C -c -o $@ $<

$B/compile: core/tool/compile.c $(CORE)
	$C -o $@ $^ -lexpat

$B/builtin.ptl: data/registry/registry.csv data/registry/about $B/compile
	xargs -d '\n' -a data/registry/about $B/compile $< $@

$B/core/builtin.o: core/builtin.c $B/builtin.ptl $(HEADERS)
	$C -fno-lto -DBUILTIN='"$B/builtin.ptl"' -c -o $@ $<

$B/libportolan.so: $(CORE) $B/core/builtin.o
	$C -shared -o $@ $^ -lexpat

# -------------------------------------------------------------- bindings --

$B/lua54/portolan/driver.so: bindings/lua54/driver.c $(CORE) $B/core/builtin.o
	@mkdir -p $(@D)
	$C -I$(LUA_INC) -shared -o $@ $^ -lexpat

$B/luajit/portolan/cdef.lua: core/portolan.h
	@mkdir -p $(@D)
	{ echo 'return [['; sed -n '/ffi: begin/,/ffi: end/p' $<; echo ']]'; } > $@

$B/luajit/portolan/driver.lua: bindings/luajit/driver.lua
	@mkdir -p $(@D)
	cp $< $@

$B/lua/portolan.lua: bindings/portolan.lua
	@mkdir -p $(@D)
	cp $< $@

$B/lua/portolan/%: scripts/portolan/%
	@mkdir -p $(@D)
	cp $< $@

registry:
	lua5.4 data/registry/remake.lua

clean:
	rm -rf build build-asan

.PHONY: help all registry clean
