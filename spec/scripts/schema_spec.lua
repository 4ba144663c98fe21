-- Documents checked against a form.

local nearest = require "portolan.nearest"
local schema = require "portolan.schema"

local form = { type = "map", name = "a form", fields = {
  name = { type = "string", required = true },
  ports = { type = "ports" },
  since = { type = "date" },
  count = { type = "integer", min = 1, max = 9 },
  open = { type = "boolean", default = true },
  words = { type = "list", single = true, of = { type = "string" } },
  entries = { type = "list", default = {}, of = { type = "map", placed = true, fields = {
    level = { type = "enum", values = { "error", "warning" } },
  }, check = function(entry) return not entry.level and "an entry needs a level" or nil end } },
  checks = { type = "map", of = { type = "map", short = "level", fields = { level = { type = "string" } } } },
} }

local function read(text)
  return assert(schema.read("name: x\n" .. text, "f.yaml", form))
end

local function faults(text)
  local value, message, detail = schema.read("name: x\n" .. text, "f.yaml", form)
  assert.is_nil(value)
  assert.equal(message, detail.errors[1].message)
  local messages = {}
  for i, found in ipairs(detail.errors) do messages[i] = found.message end
  return messages
end

describe("schema.read", function()
  it("gives plain values of each type", function()
    local value = read "ports: 22, 80/tcp\nsince: 2024-02-29\ncount: 9\nopen: false\nwords: [a, b]\n"
    assert.equal(5, value.ports:count())
    assert.same({ "2024-02-29", 9, false, { "a", "b" } }, { value.since, value.count, value.open, value.words })
  end)

  it("fills defaults, also for a key with nothing after it", function()
    local value = read "entries:\n"
    assert.is_true(value.open)
    assert.same({}, value.entries)
  end)

  it("takes one value for a list, and a scalar for a map, where the form says so", function()
    local value = read "words: a\nchecks: { x: off, y: { level: b } }"
    assert.same({ "a" }, value.words)
    assert.same({ x = { level = "off" }, y = { level = "b" } }, value.checks)
  end)

  it("takes a port alone, which YAML reads as a number", function()
    assert.is_true(read("ports: 22").ports:contains(22, "udp"))
  end)

  it("remembers places where the form asks for them", function()
    assert.same({ source = "f.yaml", line = 3, column = 5 }, read("entries:\n  - level: error\n").entries[1].place)
  end)

  it("keeps the first fault of an item, and the others, where the form forgives", function()
    local lenient = { type = "map", fields = { list = { type = "list", forgiving = true, of = {
      type = "map", placed = "at", fields = { n = { type = "integer", required = true }, m = { type = "integer" } },
    } } } }
    local value = assert(schema.read("list:\n  - { n: 1 }\n  - { n: x, m: y }\n  - { n: 2 }\n", "f.yaml", lenient))
    assert.same({ 1, 2 }, { value.list[1].n, value.list[3].n })
    assert.same({ fault = "f.yaml:3:10: n must be a whole number, not 'x'", at = { source = "f.yaml", line = 3, column = 5 } },
      value.list[2])
  end)

  it("names an unknown key, and the one that was meant", function()
    assert.same({ "f.yaml:2:1: a form has no key 'prots'; did you mean 'ports'?" }, faults "prots: 1")
    assert.matches("has no key 'zzzzz'; there are checks, count, entries", faults("zzzzz: 1")[1])
  end)

  it("tells wrong types in the reader's words", function()
    assert.same({ "f.yaml:2:7: open must be true or false, not 'yes'" }, faults "open: yes")
    assert.same({ "f.yaml:2:8: words must be text, not '2' (in quotes it is text)" }, faults "words: 2")
    assert.same({ "f.yaml:2:8: count must be a whole number from 1 to 9, not '10'" }, faults "count: 10")
    assert.same({ "f.yaml:2:8: since must be a date such as 2026-11-23, not '2026-02-29'" }, faults "since: 2026-02-29")
    assert.same({ "f.yaml:2:8: ports must be ports such as 'tcp/22, 8000-8010', not a list" }, faults "ports: [1]")
    assert.same({ "f.yaml:2:10: entries must be a list, not a map" }, faults "entries: {}")
  end)

  it("points into a text of ports, quoted or not", function()
    assert.matches("^f.yaml:2:12: port must be 0%-65535", faults("ports: 22, 70000")[1])
    assert.matches("^f.yaml:2:13: port must be 0%-65535", faults("ports: '22, 70000'")[1])
  end)

  it("tells every fault, by place", function()
    assert.same({
      "f.yaml:2:8: count must be a whole number from 1 to 9, not 'x'",
      "f.yaml:4:5: an entry needs a level",
      "f.yaml:5:12: level must be one of error, warning, not 'eror'; did you mean 'error'?",
    }, faults "count: x\nentries:\n  - level:\n  - level: eror\n")
  end)

  it("asks for what is required", function()
    local _, message = schema.read("", "f.yaml", form)
    assert.equal("f.yaml:1:1: a form needs 'name'", message)
  end)

  it("passes on what YAML refuses, in the same shape", function()
    local _, message, detail = schema.read("a: [", "f.yaml", form)
    assert.equal(message, detail.errors[1].message)
    assert.equal("syntax", detail.code)
  end)
end)

describe("schema.load", function()
  it("says when there is no such file", function()
    local value, message, detail = schema.load("/nowhere/f.yaml", form)
    assert.is_nil(value)
    assert.matches("/nowhere/f.yaml", message, 1, true)
    assert.equal("io", detail.code)
  end)
end)

describe("nearest", function()
  it("counts letters left out, put in, changed and swapped", function()
    assert.equal(1, nearest.distance("ports", "prots"))
    assert.equal(1, nearest.distance("ports", "port"))
    assert.equal(3, nearest.distance("kitten", "sitting"))
    assert.equal(3, nearest.distance("", "abc"))
  end)

  it("takes the first of equally near words, and none that is far", function()
    assert.equal("http", nearest.word("htpp", { "ftp", "http", "htcp" }))
    assert.is_nil(nearest.word("xyz", { "service" }))
    assert.equal("", nearest.hint(("x"):rep(1000), { ("x"):rep(1001) }))
  end)
end)
