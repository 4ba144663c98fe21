-- Facts about IANA's real files that must hold, and the built-in registry's.

local portolan = require "portolan"

local corpus = os.getenv "PORTOLAN_CORPUS" or "../shared/corpus"
local folder = corpus .. "/registry/"

local function bytes_of(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local have = bytes_of(folder .. "xml/2026-08-17.xml") ~= nil

local function ports_of(records, transport)
  local list = {}
  for _, record in ipairs(records) do
    if record.transport == transport then list[#list + 1] = record.first or "none" end
  end
  return list
end

local function names(records)
  local list = {}
  for i, record in ipairs(records) do list[i] = record.name end
  return list
end

-- What any edition of the registry must answer.
local function facts(open)
  it("knows http-alt at its three ports, on two transports each", function()
    local records = open():named "http-alt"
    assert.same({ 591, 8008, 8080 }, ports_of(records, "tcp"))
    assert.same({ 591, 8008, 8080 }, ports_of(records, "udp"))
  end)

  it("knows 80/tcp by its three names, http first", function()
    assert.same({ "http", "www", "www-http" }, names(open():lookup(80, "tcp")))
    assert.equal("http", open():name(80, "tcp"))
  end)

  it("finds x11's range by 6010, and its ends", function()
    local r = open()
    for _, port in ipairs { 6000, 6010, 6063 } do assert.equal("x11", r:name(port, "tcp")) end
    assert.not_equal("x11", r:name(6064, "tcp"))
    assert.same({ 6000, 6063 }, { r:lookup(6010, "udp")[1].first, r:lookup(6010, "udp")[1].last })
  end)

  it("knows a name without a port", function()
    local records = open():query { name = "dccp-ping", lacks = {} }
    assert.equal(1, #records)
    assert.same({ "dccp", 1885957735 }, { records[1].transport, records[1].service_code })
    assert.is_nil(records[1].first)
  end)

  it("knows the DCCP service code of discard (RFC 4340)", function()
    assert.equal(1145656131, open():lookup(9, "dccp")[1].service_code)
  end)

  it("assigns nothing in the dynamic range (RFC 6335 section 6)", function()
    local r = open()
    assert.equal(0, (r:assigned() * portolan.ports "49152-65535"):count())
    assert.same({ "dynamic", "dynamic" }, { r:status(49152, "tcp"), r:status(65535, "dccp") })
  end)
end

describe("the built-in registry", function()
  local registry = assert(portolan.open())
  facts(function() return registry end)

  it("opens many times over, each closed by itself", function()
    local a, b = portolan.open(), portolan.open()
    a:close()
    assert.equal("https", b:name(443, "tcp"))
  end)

  it("says what it is made of, and how old it is", function()
    local info = registry:info()
    assert.matches("^%d%d%d%d%-%d%d%-%d%d$", info.date)
    assert.matches("port%-numbers", info.source)
    assert.is_true(info.records > 14000)
  end)

  it("written and opened again is the same", function()
    local path = os.tmpname()
    assert(registry:write(path))
    local again = assert(portolan.open(path))
    os.remove(path)
    assert.is_true(registry:export "csv" == again:export "csv")
  end)
end)

describe("IANA's XML of 2026-08-17", function()
  if not have then
    pending "skipped: no corpus"
    return
  end
  local registry = assert(portolan.read { path = folder .. "xml/2026-08-17.xml" })
  facts(function() return registry end)

  it("has 14,533 records, of which 11,739 are a name at a port", function()
    assert.equal(14533, registry:count())
    local count = 0
    for record in registry:records() do
      if record.name and record.first then count = count + 1 end
    end
    assert.equal(11739, count)
  end)

  it("is unassigned, reserved, private and otherwise so often", function()
    local counts = {}
    for record in registry:records() do counts[record.status] = (counts[record.status] or 0) + 1 end
    assert.same({ assigned = 12809, unassigned = 889, reserved = 809, private = 14, deregistered = 11, other = 1 },
      counts)
  end)

  it("has 184 aliases, and each name that they point to", function()
    local aliases = 0
    for record in registry:records() do
      if record.alias_of then
        aliases = aliases + 1
        assert.is_true(#registry:named(record.alias_of) > 0)
      end
    end
    assert.equal(184, aliases)
  end)

  it("covers so many ports of each transport", function()
    local counts = {}
    for _, _, transport in registry:assigned():spans() do counts[transport] = 0 end
    for first, last, transport in registry:assigned():spans() do
      counts[transport] = counts[transport] + last - first + 1
    end
    assert.is_true(counts.tcp >= 5965 and counts.udp >= 5576 and counts.sctp >= 88 and counts.dccp >= 9)
  end)
end)

describe("conversion", function()
  if not have then
    pending "skipped: no corpus"
    return
  end

  for _, pair in ipairs { { "2026-02-13", "2026-02-13.csv" }, { "2025-11-14", "2025-11-14.lf.csv", "lf" } } do
    it("of the XML of " .. pair[1] .. " gives IANA's CSV, byte for byte", function()
      local registry = assert(portolan.read { path = folder .. "xml/" .. pair[1] .. ".xml" })
      assert.is_true(bytes_of(folder .. "csv/" .. pair[2]) == registry:export("csv", pair[3]))
    end)
  end

  for _, name in ipairs { "2019-12-31.csv", "2022-06-01.csv", "2025-11-14.lf.csv", "2026-02-13.csv" } do
    it("of the CSV " .. name .. " gives it back, byte for byte", function()
      local registry = assert(portolan.read { path = folder .. "csv/" .. name })
      assert.is_true(bytes_of(folder .. "csv/" .. name) == registry:export("csv", name:find "lf" and "lf" or "crlf"))
    end)
  end

  it("of every XML gives it back, byte for byte", function()
    local count = 0
    for _, date in ipairs { "2013-02-18", "2019-12-31", "2022-06-01", "2022-11-22", "2023-12-27", "2025-01-14",
      "2025-02-13", "2025-10-29", "2025-10-30", "2025-11-14", "2026-02-13", "2026-08-17" } do
      local bytes = bytes_of(folder .. "xml/" .. date .. ".xml")
      local registry = assert(portolan.read { text = bytes, source = date })
      assert(bytes == registry:export "xml", date .. " came back different")
      count = count + 1
    end
    assert.equal(12, count)
  end)

  it("to a snapshot and back keeps all of it", function()
    local path = os.tmpname()
    assert(portolan.compile { path = folder .. "xml/2026-02-13.xml", output = path })
    local registry = assert(portolan.open(path))
    os.remove(path)
    assert.is_true(bytes_of(folder .. "csv/2026-02-13.csv") == registry:export "csv")
    assert.is_true(bytes_of(folder .. "xml/2026-02-13.xml") == registry:export "xml")
  end)

  it("of what is not well-formed says where", function()
    local r, message, detail = portolan.read { path = folder .. "other/2017-05-19-malformed.xml" }
    assert.is_nil(r)
    assert.matches(":2:2: ", message)
    assert.same({ 2, 2 }, { detail.line, detail.column })
  end)
end)
