-- One registry through CSV, XML, plain text, JSON and HTML: the same answers to whatever all of them can hold.

local portolan = require "portolan"

local folder = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/registry/"

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local text_fields = { "name", "first", "last", "transport", "status", "range", "assignee", "contact", "registered",
  "modified", "reference", "service_code", "alias_of" }
local all_fields = { "description", "unauthorized", "note", "replaces" }

local function differs(a, b, fields)
  for _, field in ipairs(fields) do
    if a[field] ~= b[field] then return field end
  end
end

-- How many records differ in some field, walking both from the first to the last.
local function count_differences(a, b, fields)
  assert.equal(a:count(), b:count())
  local count = 0
  for id = 0, a:count() - 1 do
    if differs(a:record(id), b:record(id), fields) then count = count + 1 end
  end
  return count
end

local function ids(records)
  local list = {}
  for i, record in ipairs(records) do list[i] = record.id end
  return list
end

local queries = {
  { name = "http*" }, { transport = "sctp" }, { status = "reserved" }, { status = { "unassigned", "private" } },
  { range = "system", transport = "udp" }, { contact = "IETF_Chair" }, { assignee = "IESG" }, { reference = "RFC6335" },
  { registered_from = "2020" }, { modified = "2021-10" }, { service_code = "1145656131" }, { ports = "tcp/6010, 8080" },
  { lacks = "name" }, { has = "service_code" }, { has = "contact", lacks = "reference", transport = "dccp" },
}

local function assert_same_answers(a, b)
  for _, query in ipairs(queries) do assert.same(ids(a:query(query)), ids(b:query(query))) end
  for port = 0, 65535 do
    for _, transport in ipairs { "tcp", "udp", "sctp", "dccp" } do
      if a:id(port, transport) ~= b:id(port, transport) or a:status(port, transport) ~= b:status(port, transport) then
        error(("%d/%s differs"):format(port, transport))
      end
    end
  end
  for record in a:records() do
    if record.name then assert.same(ids(a:named(record.name)), ids(b:named(record.name))) end
  end
end

describe("one registry", function()
  if not exists(folder .. "xml/2026-02-13.xml") then
    pending "skipped: no corpus"
    return
  end
  local xml = assert(portolan.read { path = folder .. "xml/2026-02-13.xml" })

  it("is the same through IANA's CSV as through its XML: every field, every port, every name, every query", function()
    local csv = assert(portolan.read { path = folder .. "csv/2026-02-13.csv" })
    assert.equal(0, count_differences(xml, csv, text_fields))
    assert.equal(0, count_differences(xml, csv, all_fields))
    assert_same_answers(xml, csv)
    assert.same(ids(xml:search "remote desktop"), ids(csv:search "remote desktop"))
  end)

  it("is the same through our JSON", function()
    local json = assert(portolan.read { text = xml:export "json", source = "r.json" })
    assert.equal(0, count_differences(xml, json, text_fields))
    assert.equal(0, count_differences(xml, json, all_fields))
    assert_same_answers(xml, json)
  end)

  it("is the same through plain text and HTML, white space and two records apart", function()
    for _, format in ipairs { "text", "html" } do
      local read = assert(portolan.read { text = xml:export(format), source = format })
      assert.is_true(count_differences(xml, read, text_fields) <= 2)
    end
  end)

  it("is the same once compiled", function()
    local path = os.tmpname()
    assert(xml:write(path))
    local compiled = assert(portolan.open(path))
    os.remove(path)
    assert_same_answers(xml, compiled)
  end)
end)
