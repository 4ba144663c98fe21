-- YAML read into nodes with places.

local unicode = require "portolan.unicode"
local yaml = require "portolan.yaml"

local function value(text)
  return assert(yaml.read(text, "t.yaml"))
end

local function fault(text)
  local node, message = yaml.read(text, "t.yaml")
  assert.is_nil(node)
  return message
end

local function billion_laughs()
  local lines = { "a: &a [x, x, x, x, x, x, x, x, x]" }
  for i = 1, 9 do
    local name, before = string.char(97 + i), string.char(96 + i)
    lines[#lines + 1] = ("%s: &%s [%s]"):format(name, name, (("*%s, "):format(before)):rep(9))
  end
  return table.concat(lines, "\n")
end

describe("yaml.read", function()
  it("keeps keys in the order written, with line and column", function()
    local node = value "b: 1\na:\n  - x\n  - 'y'\n"
    assert.equal("map", node.kind)
    assert.equal("b", node.entries[1].key.value)
    assert.equal("a", node.entries[2].key.value)
    local item = node.entries[2].value.items[2]
    assert.same({ "y", 4, 5 }, { item.value, item.line, item.column })
  end)

  it("counts columns in characters", function()
    assert.equal(5, value("\195\164: [x]").entries[1].value.items[1].column)
  end)

  it("takes plain scalars as YAML 1.2 does: no and on are words", function()
    local kinds = {
      no = "string", on = "string", ["12:30"] = "string", ["2026-11-23"] = "string", ["1_000"] = "string",
      ["true"] = "boolean", ["~"] = "null", ["017"] = "integer", ["0o17"] = "integer", ["0x1F"] = "integer",
      ["1e3"] = "number", ["-.inf"] = "number", ["'22'"] = "string",
    }
    for text, kind in pairs(kinds) do assert.equal(kind, value(text).kind, text) end
    assert.equal(17, value("017").value)
    assert.equal(15, value("0o17").value)
    assert.equal("22", tostring(value("22").value))
  end)

  it("gives an empty document as null", function()
    assert.equal("null", value("").kind)
    assert.equal("null", value("# nothing\n").kind)
  end)

  it("gives an alias as the very node that it names", function()
    local node = value "a: &x [1]\nb: *x\n"
    assert.equal(node.entries[1].value, node.entries[2].value)
  end)

  it("tells what is wrong in one line, at its place", function()
    assert.equal("t.yaml:2:1: 'a' is here already, in line 1", fault "a: 1\na: 2\n")
    assert.equal("t.yaml:2:1: 'a b' is here already, in line 1", fault '"a\\nb": 1\n"a\\nb": 2\n')
    assert.equal("t.yaml:2:3: a ':' that follows no key", fault "a: 1\n b: 2\n")
    assert.equal("t.yaml:1:4: '*x' names nothing before it", fault "a: *x")
    assert.equal("t.yaml:1:8: '*x' stands inside what it names", fault "a: &x [*x]")
    assert.equal("t.yaml:1:4: tags such as 'tag:yaml.org,2002:int' are not used here", fault "a: !!int 3")
    assert.equal("t.yaml:2:1: a second document; one file holds one", fault "a: 1\n--- 2\n")
    assert.equal("t.yaml:1:3: a key is one word, not a list or a map", fault "? [a]\n: b")
  end)

  it("shows an open bracket or quote where it opens", function()
    assert.equal("t.yaml:1:4: no ']' for this '['", fault "a: [1\nb: }\n")
    assert.equal("t.yaml:2:4: a quote that is not closed", fault "b: 1\na: 'x\n")
  end)

  it("points at bytes that are no text", function()
    assert.equal("t.yaml:2:4: a byte that is not UTF-8", fault "a: 1\nb: \200x")
    assert.equal("t.yaml:1:5: a control character", fault "a: x\27[1m")
    assert.equal("t.yaml:1:1: a byte that is not UTF-8", fault "\255\254a\0")
  end)

  it("gives code, source, line and column as detail", function()
    local _, _, detail = yaml.read("a: 1\na: 2", "t.yaml")
    assert.same({ code = "syntax", source = "t.yaml", line = 2, column = 1 }, detail)
  end)

  it("refuses what would blow up: laughs, depth, size", function()
    assert.matches("aliases that stand for more values", fault(billion_laughs()))
    assert.matches("^t.yaml:1:65: nested deeper than 64 levels", fault(("["):rep(100000)))
    assert.matches("nested deeper", fault(("- "):rep(10000)))
    assert.matches("more values than can be right", fault("[" .. ("a,"):rep(yaml.limits.nodes) .. "]"))
    assert.matches("more than %d+ bytes", fault((" "):rep(yaml.limits.bytes + 1)))
  end)

  it("answers every beginning of a document with a node or one line", function()
    local text = "%YAML 1.2\n---\na: &x [1, 'q', \"\\u00e4\"]\nb: {c: *x, ? d : |\n  e}\n"
    for length = 0, #text do
      local node, message = yaml.read(text:sub(1, length), "t.yaml")
      assert.is_true(node ~= nil or message:find "^t.yaml:%d+:%d+: [^\n]+$" ~= nil, message)
    end
  end)
end)

describe("unicode", function()
  it("finds overlong forms, surrogates, lone and cut bytes", function()
    assert.equal(2, unicode.stray "a\192\175")
    assert.equal(1, unicode.stray "\237\160\128")
    assert.equal(4, unicode.stray "caf\233")
    assert.equal(1, unicode.stray "\226\130")
    assert.is_nil(unicode.stray "gr\195\188n \226\130\172 \240\159\154\162")
  end)

  it("repairs byte by byte and keeps the rest", function()
    assert.equal("caf\239\191\189 \195\188", unicode.repaired "caf\233 \195\188")
  end)
end)

describe("yaml.documents", function()
  it("gives every document of a stream, with anchors of its own", function()
    local nodes = assert(yaml.documents("a: &x 1\n---\n- b\n---\n", "t.yaml"))
    assert.same({ "map", "list", "null" }, { nodes[1].kind, nodes[2].kind, nodes[3].kind })
    local _, message = yaml.documents("a: &x 1\n---\nb: *x\n", "t.yaml")
    assert.equal("t.yaml:3:4: '*x' names nothing before it", message)
  end)
end)
