-- What must stay true of the whole tree, whatever else changes.

local build = os.getenv "B" or "build"

local function lines(command)
  local pipe = assert(io.popen(command))
  local list = {}
  for line in pipe:lines() do list[#list + 1] = line end
  pipe:close()
  table.sort(list)
  return list
end

local function text(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

describe("the tree", function()
  it("exports exactly what portolan.h declares", function()
    local declared = lines [[sed -n '/ffi: begin/,/ffi: end/p' core/portolan.h | grep -v '^ *\(/\*\|\*\*\)' | grep -oE '\bptl_[a-z_]+\(' | tr -d '(' | sort -u]]
    local exported = lines("nm -D --defined-only " .. build .. "/libportolan.so | awk '$2 == \"T\" { print $3 }' | grep '^ptl_'")
    assert.is_true(#declared > 20)
    assert.same(declared, exported)
  end)

  it("exports nothing that is not its own", function()
    assert.same({}, lines("nm -D --defined-only " .. build
      .. "/libportolan.so | awk '$2 ~ /[TDBR]/ { print $3 }' | grep -v '^ptl_' | grep -vE '^(__|_init|_fini|_edata|_end)'"))
  end)

  it("has a header that stands alone, in C and in C++", function()
    for _, compiler in ipairs { "gcc -std=c11 -xc", "g++ -std=c++17 -xc++" } do
      assert.same({}, lines("echo '#include \"portolan.h\"' | " .. compiler
        .. " -Wall -Wextra -Wpedantic -Icore -fsyntax-only - 2>&1"))
    end
  end)

  it("gives both drivers the same functions", function()
    local c = lines [[sed -n '/luaL_Reg driver/,/^ *{NULL/p' bindings/lua54/driver.c | grep -oE '[{]"[a-z_]+"' | tr -d '{"']]
    local ffi = lines [[grep -oE '^function driver[.][a-z_]+' bindings/luajit/driver.lua | sed 's/.*[.]//']]
    assert.is_true(#c > 20)
    assert.same(c, ffi)
  end)

  it("keeps Lua, YAML and JSON out of the core", function()
    assert.same({}, lines "grep -liE '\\b(lua_|lauxlib|yaml|cjson)' core/*.[ch] | grep -v portolan.h")
  end)

  it("lets only those who lay a snapshot out or open one know its layout", function()
    assert.same({ "core/index.c", "core/snapshot.h" },
      lines "grep -lE '#include \"format.h\"' core/*.[ch]")
  end)

  it("keeps readers apart from snapshots, and from each other", function()
    assert.same({}, lines "grep -lE '#include \"(snapshot|write)' core/read*.c core/builder.c core/record.c")
    assert.same({}, lines "grep -nE 'ptl_read_[a-z]+' core/snapshot.c core/index.c core/query.c core/search.c")
  end)

  it("lets drivers include portolan.h and nothing else of ours", function()
    assert.same({ '#include "portolan.h"' }, lines "grep -h '#include \"' bindings/lua54/driver.c")
  end)

  it("requires one way: commands, then audit, then checks; nothing requires the command line", function()
    assert.same({}, lines "grep -rlE 'require.*portolan\\.(cli|commands)' scripts/portolan --include=*.lua | grep -vE '/(cli|main)\\.lua'")
    assert.same({}, lines "grep -rlE 'require.*portolan\\.reports' scripts/portolan --include=*.lua | grep -vE '/commands/|/reports'")
    assert.same({}, lines "grep -rlE 'require.*portolan\\.audit\\b' scripts/portolan/checks scripts/portolan/reports 2>/dev/null")
  end)

  it("keeps what dialects are made of to the dialects", function()
    assert.same({}, lines "grep -rlE 'require.*portolan\\.grammar' scripts/portolan --include=*.lua | grep -vE '/(readers|grammar)/'")
  end)

  it("prints and exits in the command line alone", function()
    assert.same({}, lines "grep -rnE '(^|[^.a-z_])(print ?\\(|io\\.stdout|io\\.stderr|io\\.write|os\\.exit)' scripts/portolan bindings --include=*.lua | grep -vE '/(cli|main)\\.lua:|: *--'")
  end)

  it("documents every function that the facade gives", function()
    for _, path in ipairs(lines "ls bindings/*.lua bindings/portolan/*.lua 2>/dev/null") do
      local before
      for line in text(path):gmatch "([^\n]*)\n" do
        local name = line:match "^function ([A-Za-z]+[.:][a-z_]+)"
        if name and not name:find "__" and (name:find "^portolan[.]" or name:find "^[A-Z]") then
          assert(before and before:find "^%-%-", path .. ": " .. name .. " has no documentation")
        end
        before = line
      end
    end
  end)

  it("says at the top of each file what it is", function()
    for _, path in ipairs(lines "find core bindings scripts -name '*.c' -o -name '*.h' -o -name '*.lua'") do
      local first, second = text(path):match "^([^\n]*)\n([^\n]*)"
      assert(first:find "^%-%-%- %S" or second:find "^%*%* [%w_.]+ %-%- %S", path .. " does not say what it is")
    end
  end)
end)
