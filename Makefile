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
CFLAGS   = -O3 -g
SAN      =
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wcast-qual -Wundef -Werror
C        = $(CC) -std=c11 -D_DEFAULT_SOURCE -fvisibility=hidden -fPIC $(CFLAGS) $(WARN) $(SAN) -Icore
LUA_INC  = /usr/include/lua5.4
VERSION  = 0.1.0

CORE     = $(patsubst core/%.c,$B/core/%.o,$(filter-out core/builtin.c,$(wildcard core/*.c)))
HEADERS  = $(wildcard core/*.h)
DEPS     = gcc g++ make libexpat1-dev lua5.4 liblua5.4-dev luajit2 libluajit2-5.1-dev lua-busted lua-yaml \
           lua-cjson lua-lpeg lua-argparse lua-filesystem lua-expat nginx libnginx-mod-http-lua curl nftables \
           iptables iproute2 elinks sqlite3 libxml2-utils netbase
LUA      = $(patsubst scripts/portolan/%,$B/lua/portolan/%,$(shell find scripts/portolan -name '*.lua'))
FACADE   = $(patsubst bindings/portolan/%,$B/lua/portolan/%,$(wildcard bindings/portolan/*.lua))
PARTS    = $B/libportolan.so $B/lua54/portolan/driver.so $B/luajit/portolan/driver.lua \
           $B/luajit/portolan/cdef.lua $B/lua/portolan.lua $(FACADE) $(LUA) $B/portolan-sandbox

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

$B/lua/portolan/%: bindings/portolan/%
	@mkdir -p $(@D)
	cp $< $@

$B/lua/portolan/%: scripts/portolan/%
	@mkdir -p $(@D)
	cp $< $@

# --------------------------------------------------------------- sandbox --

# Its limit of memory is one of address space, of which a sanitizer takes terabytes.
$B/portolan-sandbox: SAN =
$B/portolan-sandbox: bindings/sandbox/sandbox.c
	@mkdir -p $(@D)
	$C -I$(LUA_INC) -o $@ $< -llua5.4

# ----------------------------------------------------------------- specs --

# One program a file in spec/core; space_test.c and the like need only the core.
PROGRAMS = $(patsubst spec/core/%.c,$B/spec/%,$(wildcard spec/core/*.c))

$B/spec/%: spec/core/%.c spec/core/lib/failing.c $(CORE) $B/core/builtin.o
	@mkdir -p $(@D)
	$C -Ispec/core -o $@ $^ -lexpat -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# One program a fuzz target, which replays its seeds; CC=clang SAN=-fsanitize=fuzzer,address
# and no replay.c make it the fuzzer itself.
FUZZ     = $(patsubst spec/fuzz/fuzz_%.c,$B/spec/fuzz_%,$(wildcard spec/fuzz/fuzz_*.c))

$B/spec/fuzz_%: spec/fuzz/fuzz_%.c spec/fuzz/replay.c spec/fuzz/fuzz.h $(CORE) $B/core/builtin.o
	@mkdir -p $(@D)
	$C -Ispec/fuzz -DTARGET='"$*"' -o $@ $(filter %.c %.o,$^) -lexpat

specs: all $(PROGRAMS) $(FUZZ)
	B=$B spec/run

test: deps
	@$(MAKE) --no-print-directory specs

# LuaJIT and Lua are not built with the sanitizers, so the runtime is preloaded.
asan: deps
	@$(MAKE) --no-print-directory specs B=build-asan CFLAGS='-O1 -g' \
	  SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'

# ----------------------------------------------------------------- bench --

$B/bench/%: spec/bench/%.c $B/libportolan.so
	@mkdir -p $(@D)
	$C -o $@ $< $B/libportolan.so -lexpat -Wl,-rpath,'$$ORIGIN/..'

bench: deps all $(patsubst spec/bench/%.c,$B/bench/%,$(wildcard spec/bench/*.c))
	B=$B spec/bench/run

# ------------------------------------------------------------------ rest --

demo: deps
	@$(MAKE) --no-print-directory -s all
	@scripts/demo

deps:
	@rocks/deps $(DEPS)

check:
	@rocks/deps clang-format clang-tidy cppcheck lua-check
	clang-format --dry-run -Werror $(wildcard core/*.[ch] core/tool/*.c bindings/*/*.c spec/*/*.c)
	clang-tidy --quiet $(wildcard core/*.c bindings/*/*.c) -- -std=c11 -D_DEFAULT_SOURCE -Icore -I$(LUA_INC) -DBUILTIN='"$B/builtin.ptl"'
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	  --suppress=missingIncludeSystem --suppress=ctuuninitvar --error-exitcode=1 -Icore core bindings
	luacheck --quiet bindings scripts data spec

registry:
	lua5.4 data/registry/remake.lua

install: all
	rocks/install "$(DESTDIR)$(PREFIX)" $B $(VERSION)

clean:
	rm -rf build build-asan

.PHONY: help all specs test asan bench demo deps check registry install clean
