-- The sandbox: what untrusted Lua can reach, and for how long.

local sandbox = require "portolan.sandbox"

local function run(source, more)
  local options = { source = source, name = "mine.lua", instructions = 5000000, memory = 16777216, seconds = 1 }
  for key, value in pairs(more or {}) do options[key] = value end
  return sandbox.run(options)
end

local function refusal(source, more)
  local result, message = run(source, more)
  assert.is_nil(result)
  return message
end

describe("the sandbox", function()
  it("gives back what the chunk returns, as data", function()
    assert.same({ list = { 1, 2.5, -3 }, text = "a\n\0\"\\", yes = true, empty = {} },
      run "return { list = { 1, 2.5, -3 }, text = 'a\\n\\0\"\\\\', yes = true, empty = {} }")
  end)

  it("takes data in, whatever its bytes", function()
    local bytes = {}
    for i = 0, 127 do bytes[i + 1] = string.char(i) end
    local input = { text = table.concat(bytes), list = { "a", "b", except = true }, number = 0.5, no = false }
    local result = run("local t = ... return { text = t.text, n = #t.list, except = t.list.except, half = t.number,"
      .. " no = t.no }", { input = input })
    assert.same({ text = input.text, n = 2, except = true, half = 0.5, no = false }, result)
  end)

  it("reaches no file, process, module, bytecode or other state", function()
    local result = run [[
      local seen = {}
      for _, name in ipairs { "io", "os", "package", "debug", "require", "dofile", "loadfile", "collectgarbage", "print",
        "ffi", "jit", "arg" } do
        seen[#seen + 1] = _G[name] ~= nil and name or nil
      end
      return { seen = seen, dump = string.dump ~= nil, binary = (load "\27Lua") ~= nil, meta = ("").dump ~= nil }]]
    assert.same({ seen = {}, dump = false, binary = false, meta = false }, result)
  end)

  it("ends what runs for ever, and nothing catches that", function()
    for _, source in ipairs {
      "while true do end", "while true do pcall(error) end", "local function f() return pcall(f) end while true do f() end",
      "while true do coroutine.wrap(function() end)() end", "coroutine.wrap(function() while true do end end)()",
      "setmetatable(_G, { __index = function() while true do end end }) return { x }",
      "return setmetatable({}, { __index = function() while true do end end })",
      "error(setmetatable({}, { __tostring = function() while true do end end }))",
    } do
      local message = refusal(source, { seconds = 60 })
      assert.is_true(message == "ran more than 5000000 instructions" or message == "an error that is no text", message)
    end
  end)

  it("ends what runs without instructions: a pattern that backtracks, a finalizer", function()
    assert.equal("took more than 1 seconds", refusal "return { string.find(('a'):rep(3000), ('a*'):rep(30) .. 'b') }")
    assert.equal("took more than 1 seconds", refusal("setmetatable({}, { __gc = function() while true do end end })"
      .. " local t = {} while true do t = { {} } end", { instructions = 1e12 }))
  end)

  it("ends what grows: tables, texts, deep calls", function()
    for _, source in ipairs {
      "local t = {} while true do t[#t + 1] = {} end", "local s = 'x' while true do s = s .. s end",
      "return { ('x'):rep(1e9) }", "local function r() return 1 + r() end r()",
      "return { ('%99d'):rep(1e6):format(1) }", "local t = {} t[1] = ('x'):rep(1e6) for i = 2, 1e3 do t[i] = t[1] end return t",
    } do
      local message = refusal(source)
      assert.is_true(message:find "needed more than 16777216 bytes" ~= nil or message:find "stack overflow" ~= nil
        or message:find "format" ~= nil, message)
    end
  end)

  it("needs some memory at all", function()
    assert.equal("needed more than 1000 bytes of memory", refusal("return {}", { memory = 1000 }))
    assert.equal("needed more than 20000 bytes of memory", refusal("return {}", { memory = 20000 }))
  end)

  it("says what is wrong in one line, whatever is raised", function()
    assert.equal("mine.lua:2: no luck", refusal "\nerror 'no luck'")
    assert.matches("^mine.lua:1: unexpected symbol", refusal "return = 1")
    assert.equal("an error that is no text", refusal "error {}")
    assert.is_nil(refusal("error('a\\n\\27[2Jb')"):find "%c")
    assert.is_true(#refusal "error(('x'):rep(1e6))" < 2000)
  end)

  it("takes no result that is not data", function()
    assert.equal("mine.lua: a table must be returned", refusal "return 1")
    assert.equal("a result is data, and no function", refusal "return { next }")
    assert.equal("tables nested too deep", refusal "local t = {} t.t = t return t")
    assert.equal("a number that JSON has not", refusal "return { 0 / 0 }")
  end)

  it("is not deceived by a chunk that changes the libraries", function()
    assert.same({ a = "b" }, run [[
      for _, library in pairs { table, string, math } do
        for name in pairs(library) do library[name] = function() return "evil" end end
      end
      next, type, load = nil, nil, nil
      return { a = "b" }]])
  end)

  it("knows no code but text for what it runs, and a name with quotes in it", function()
    assert.is_not_nil(refusal "\27Lua\84")
    assert.same({ 1 }, run("return { 1 }", { name = 'a"]]\\\n' }))
  end)
end)
