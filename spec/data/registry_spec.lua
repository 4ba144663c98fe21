-- The built-in registry: the file that it is made from, and what it answers.

local csv = dofile "data/registry/csv.lua"
local portolan = require "portolan"

local home = "data/registry/"
local corpus = os.getenv "PORTOLAN_CORPUS" or "../shared/corpus"

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

-- ------------------------------------------------------------ the source --

describe("data/registry/registry.csv", function()
  local text = read(home .. "registry.csv")
  local records = assert(csv.read(text))
  local header = table.remove(records, 1)

  local function span(record)
    local first, last = record[2]:match "^(%d+)%-?(%d*)$"
    return tonumber(first), tonumber(last) or tonumber(first)
  end

  -- Calls visit("80/tcp", record) for every port and transport that a record claims.
  local function each_claim(visit)
    for _, record in ipairs(records) do
      local first, last = span(record)
      for transport in (record[3] == "" and "tcp udp sctp dccp" or record[3]):gmatch "%a+" do
        for port = first or 1, last or 0 do visit(("%d/%s"):format(port, transport), record) end
      end
    end
  end

  it("has IANA's twelve columns, in every row", function()
    assert.equal("Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,"
      .. "Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes",
      table.concat(header, ","))
    for _, record in ipairs(records) do assert(#record == 12, record[1] .. " " .. record[2]) end
  end)

  it("ends its records in CRLF, breaks lines within cells by LF, and quotes no more than it must", function()
    table.insert(records, 1, header)
    local again = csv.write(records)
    table.remove(records, 1)
    assert.is_true(again == text)
    local _, returns = text:gsub("\r", "")
    assert.equal(#records + 1, returns)
  end)

  it("is in order of port numbers, services without a port last", function()
    local before = 0
    for _, record in ipairs(records) do
      local first = span(record) or math.huge
      assert(before <= first, record[1] .. " " .. record[2])
      before = first
    end
  end)

  it("claims every tcp and udp port of 0-49151, and none above", function()
    local claimed, highest = {}, 0
    each_claim(function(key) claimed[key] = true end)
    for port = 0, 49151 do
      assert(claimed[port .. "/tcp"] and claimed[port .. "/udp"], port)
    end
    for _, record in ipairs(records) do
      local _, last = span(record)
      highest = math.max(highest, last or 0)
    end
    assert.equal(49151, highest)
  end)

  it("never says of a port both that it is unassigned and something else", function()
    local said = {}
    each_claim(function(key, record)
      local free = record[4] == "Unassigned"
      assert(said[key] == nil or said[key] == free, key)
      said[key] = free
    end)
  end)

  it("has each name, port and transport once", function()
    local seen = {}
    for _, record in ipairs(records) do
      local key = table.concat(record, " ", 1, 3)
      assert(record[2] == "" or not seen[key], key)
      seen[key] = true
    end
  end)

  it("has the digest that README.md gives, and so has the page's excerpt", function()
    local readme = read(home .. "README.md")
    for _, name in ipairs { "registry.csv", "page-excerpt.csv" } do
      local pipe = io.popen("sha256sum " .. home .. name)
      local digest = pipe:read "*a":match "^%x+"
      pipe:close()
      assert.truthy(readme:find("`" .. digest .. "`", 1, true), name)
    end
  end)
end)

-- ----------------------------------------------------------- the answers --

describe("the built-in registry", function()
  local registry = assert(portolan.open())

  local function names(records)
    local found = {}
    for i, record in ipairs(records) do found[i] = record.name end
    return found
  end

  it("knows the three names of 80/tcp, in IANA's order", function()
    assert.same({ "http", "www", "www-http" }, names(registry:lookup(80, "tcp")))
  end)

  it("knows the three ports of http-alt", function()
    local ports = {}
    for _, record in ipairs(registry:named "http-alt") do ports[record.first] = true end
    assert.same({ [591] = true, [8008] = true, [8080] = true }, ports)
  end)

  it("finds x11's range by a port in it", function()
    local record = registry:lookup(6010, "tcp")[1]
    assert.same({ "x11", 6000, 6063 }, { record.name, record.first, record.last })
  end)

  it("knows discard's DCCP service code", function()
    assert.equal("1145656131", tostring(registry:lookup(9, "dccp")[1].service_code))
  end)

  it("knows a service that has a name and no port", function()
    local record = registry:named("nfs-domainroot")[1]
    assert.same({ "nfs-domainroot", "tcp" }, { record.name, record.transport })
    assert.is_nil(record.first)
  end)

  it("says reserved of a port that was assigned in 2015 and is no more", function()
    assert.equal("reserved", registry:status(2, "tcp"))
  end)

  it("knows names assigned since 2015, and both names of a port that now has two", function()
    assert.same({ "domain-s" }, names(registry:lookup(853, "tcp")))
    assert.same({ "ipp", "ipps" }, names(registry:lookup(631, "tcp")))
  end)

  it("knows from the page when babel-dtls was registered", function()
    assert.equal("2020-09-04", registry:lookup(6699, "udp")[1].registered)
  end)

  it("has the report of unauthorised use on an unassigned port", function()
    assert.equal("unassigned", registry:status(4967, "udp"))
    assert.equal("Known UNAUTHORIZED USE: port 4967", registry:lookup(4967, "udp")[1].unauthorized)
  end)
end)

-- ------------------------------------------------------------- the share --

-- The distinct keys of single-port and name-only records of an IANA XML; absent parts are nil.
local function keys_of(xml)
  local keys, seen = {}, {}
  for record in xml:gmatch "<record[^>]*>(.-)</record>" do
    local name, number = record:match "<name>(.-)</name>", record:match "<number>(.-)</number>"
    local transport = record:match "<protocol>(.-)</protocol>"
    local id = ("%s %s %s"):format(name, number, transport)
    if not seen[id] and not (number or ""):find "-" then
      keys[#keys + 1] = { name = name, port = tonumber(number), transport = transport }
      seen[id] = true
    end
  end
  return keys
end

local function holds(registry, key)
  local candidates = key.port and registry:lookup(key.port, key.transport or "tcp") or registry:named(key.name)
  for _, record in ipairs(candidates) do
    if record.name == key.name and record.transport == key.transport
      and record.first == key.port and record.last == key.port then
      return true
    end
  end
  return false
end

local function share_held(registry, keys)
  local held = 0
  for _, key in ipairs(keys) do
    if holds(registry, key) then held = held + 1 end
  end
  return 100 * held / #keys
end

describe("of IANA's registry, the built-in", function()
  local date = "2026-08-17"
  local xml = read(("%s/registry/xml/%s.xml"):format(corpus, date))
  if not xml then
    pending "skipped: no corpus"
    return
  end
  local share = share_held(assert(portolan.open()), keys_of(xml))

  it(("holds %.2f %% of the names, ports and transports of %s: at least 97 %%"):format(share, date), function()
    assert.is_true(share >= 97)
  end)
end)
