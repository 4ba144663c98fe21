-- Reports: findings to text.

local cjson = require "cjson"
local finding = require "portolan.finding"
local json = require "portolan.json"
local json_report = require "portolan.reports.json"
local text_report = require "portolan.reports.text"

local function made(fields)
  local base = {
    code = "open-thing", check = "open-thing", severity = "warning", message = "the world reaches 4/tcp",
    rationale = "Because.", remedy = "Close it.", references = { "RFC6335 section 6" }, chain = "filter/INPUT",
    rule = "-A INPUT -p tcp --dport 4 -j ACCEPT", place = { source = "r.v4", line = 12, column = 1 }, ports = "tcp/4",
    records = { { id = 1, name = "x", first = 4, last = 4, transport = "tcp", status = "assigned",
      description = "The X", assignee = "[Some_Body]", registered = "2005-08", reference = "[RFC1][RFC2]" } },
  }
  for key, value in pairs(fields or {}) do base[key] = value end
  return finding.new(base)
end

local about = {
  source = "r.v4", dialect = "iptables-save", rules = 1, unread = 2, policy = "p", registry = "2026-07-07",
}

describe("the text report", function()
  it("shows finding, rule, registry and remedy, and counts at the end", function()
    local found = made()
    assert.equal(([[
r.v4: iptables-save, 1 rule, 2 not read; policy p; registry of 2026-07-07

warnings

  warning  open-thing  r.v4:12  filter/INPUT
    the world reaches 4/tcp
    rule  -A INPUT -p tcp --dport 4 -j ACCEPT
    IANA  4/tcp x, The X; held by Some Body; since 2005-08; RFC1, RFC2
    id    %s

what to do

  open-thing
    why   Because.
    do    Close it.
    see   RFC6335 section 6

0 errors, 1 warning, 0 notes
]]):format(found.id), text_report({ found }, { about = about }))
  end)

  it("explains a code once", function()
    local page = text_report { made(), made { rule = "other" } }
    local _, times = page:gsub("Close it", "")
    assert.equal(1, times)
  end)

  it("groups by chain where that is asked for", function()
    local page = text_report({ made(), made { chain = "filter/web" } }, { group = "chain" })
    assert.matches("\nfilter/web\n\n  warning", page)
  end)

  it("uses colour only where that is asked for", function()
    assert.is_nil(text_report({ made() }):find "\27")
    assert.is_not_nil(text_report({ made() }, { colour = true }):find("\27[1;33mwarning\27[0m", 1, true))
  end)

  it("lets no control character of a rule through", function()
    local page = text_report { made { rule = "a\27[2Jb\0c\194\155d\233" } }
    assert.matches("a\\x1b[2Jb\\x00c\\xc2\\x9bd\239\191\189", page, 1, true)
  end)

  it("shows four records and counts the rest", function()
    local records = {}
    for i = 1, 20 do records[i] = { id = i, first = i, last = i, status = "unassigned" } end
    local page = text_report { made { records = records } }
    assert.matches("IANA  4 unassigned\n          and 16 more records\n", page, 1, true)
  end)

  it("says what else must hold", function()
    assert.matches("if    also owner 0, limit 3", text_report { made { also = { "owner 0", "limit 3" } } }, 1, true)
  end)

  it("is one line where there are no findings", function()
    assert.equal("0 errors, 0 warnings, 0 notes\n", text_report {})
  end)
end)

describe("the JSON report", function()
  it("is JSON with every finding and field", function()
    local found = made()
    local document = cjson.decode(json_report({ found, made { severity = "error" } }, { about = about }))
    assert.equal("portolan-findings-1", document.format)
    assert.same({ error = 1, warning = 1, note = 0, waived = 0, known = 0 }, document.summary)
    assert.same({ 2, "p", "r.v4" }, { document.unread, document.policy, document.source })
    for key, value in pairs(found) do assert.same(value, document.findings[1][key], key) end
  end)

  it("is the same text each time, keys in their order, lists there when empty", function()
    local text = json_report({ made { records = {}, references = {} } }, { compact = true })
    assert.equal(text, json_report({ made { records = {}, references = {} } }, { compact = true }))
    assert.matches('^{"format":"[%w-]+","summary":{"error":0,"warning":1,"note":0,"waived":0,"known":0},"findings":%[{"id":', text)
    assert.matches('"also":[],"notes":[],"references":[],"records":[]', text, 1, true)
  end)

  it("is an empty list where there are no findings", function()
    assert.matches('"findings": []', json_report({}), 1, true)
  end)

  it("is valid whatever bytes a rule has", function()
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    local document = cjson.decode(json_report { made { rule = table.concat(bytes) } })
    assert.matches("abcdefgh", document.findings[1].rule)
  end)
end)

describe("json.encode", function()
  it("sorts keys, after those that are given an order", function()
    assert.equal('{"z":1,"a":2,"b":{"c":true}}', json.encode({ a = 2, z = 1, b = { c = true } }, { order = { "z" } }))
  end)

  it("writes whole numbers without a point, and others exactly", function()
    assert.equal("[80,0.5,-3,9007199254740992]", json.encode { 80.0, 0.5, -3, 2 ^ 53 })
  end)

  it("tells lists from objects", function()
    assert.equal('[[],{},[1]]', json.encode { json.list {}, {}, { 1 } })
  end)

  it("writes a null that was read, and keeps its place", function()
    assert.equal('{"a":[1,null,2]}', json.encode(assert(json.read('{"a":[1,null,2]}', "x"))))
  end)

  it("raises at what JSON has not", function()
    assert.has_error(function() json.encode { 0 / 0 } end)
    assert.has_error(function() json.encode { print } end)
  end)
end)
