--- Ask the IANA Service Name and Transport Protocol Port Number Registry.
--
--    local portolan = require "portolan"
--    local registry = portolan.open()                  -- the built-in one
--    print(registry:name(443, "tcp"))                  --> https
--    for _, record in ipairs(registry:lookup(6010, "tcp")) do print(record.name) end
--    print(registry:assigned() * portolan.ports "tcp/8000-8100")
--
-- The same, to the letter, under Lua 5.4 and LuaJIT. What the world gets wrong
-- comes back as `nil, message, detail`, where `detail` has `code` ("memory",
-- "io", "syntax", "format", "limit"), `source`, `line` and `column`; what the
-- caller gets wrong is raised, at the caller's line; nothing found is `{}`.
-- Objects hold resources and can be closed; answers are plain tables, the
-- caller's own, good after `close`.
-- @module portolan

local diffs = require "portolan.diff"
local driver = require "portolan.driver"
local fault = require "portolan.fault"
local histories = require "portolan.history"
local spaces = require "portolan.space"

local argument, checked, is_port = fault.argument, fault.checked, fault.is_port

local portolan = { _VERSION = "0.1.0" }

-- The numbers that the driver speaks, by the words that people do.
local transports = { tcp = 0, udp = 1, sctp = 2, dccp = 3 }
local transport_names = { [0] = "tcp", "udp", "sctp", "dccp" }
local statuses = { assigned = 0, reserved = 1, unassigned = 2, private = 3, deregistered = 4,
  other = 5, dynamic = 6 }
local ranges = { system = 0, user = 1, dynamic = 2 }
local range_ports = { system = { 0, 1023 }, user = { 1024, 49151 }, dynamic = { 49152, 65535 } }

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, { code = "io", source = path } end
  local bytes, trouble = file:read "*a"
  file:close()
  if not bytes then return nil, path .. ": " .. trouble, { code = "io", source = path } end
  return bytes
end

-- -------------------------------------------------------------- port set --

--- A set of ports, each with its transport; never changes.
--
-- `a + b` is the ports of either, `a * b` of both, `a - b` those of `a` that
-- are not in `b`; `a == b` and `a <= b` compare; `tostring` gives text that
-- `portolan.ports` reads back.
-- @type PortSet
local PortSet = {}
PortSet.__index = PortSet

local function wrap_set(handle)
  return setmetatable({ handle = handle }, PortSet)
end

local function set_handle(set, n, name)
  if getmetatable(set) ~= PortSet then argument(false, n, name, "PortSet", set, 4) end
  return set.handle
end

local function operator(op)
  return function(a, b)
    local x, y = set_handle(a, 1, op), set_handle(b, 2, op)
    local handle, message = driver.set_combine(op, x, y)
    return handle and wrap_set(handle) or error(message, 2)
  end
end

PortSet.__add, PortSet.__sub, PortSet.__mul = operator "+", operator "-", operator "*"

function PortSet.__le(a, b)
  return (a - b):count() == 0
end

function PortSet.__eq(a, b)
  return a:count() == b:count() and a <= b
end

--- Iterate the spans: apart, in order, none across a transport.
-- @treturn function giving first, last (inclusive) and transport
function PortSet:spans()
  local list, i = driver.set_spans(set_handle(self, 1, "spans")), 0
  return function()
    if i >= #list then return nil end
    i = i + 3
    return list[i - 2], list[i - 1], transport_names[list[i]]
  end
end

--- Is this port in the set?
-- @tparam integer port 0 to 65535
-- @tparam string transport "tcp", "udp", "sctp" or "dccp"
-- @treturn boolean
function PortSet:contains(port, transport)
  local handle = set_handle(self, 1, "contains")
  argument(is_port(port), 1, "contains", "port", port)
  argument(transports[transport], 2, "contains", "transport", transport)
  return driver.set_contains(handle, transports[transport], port)
end

--- How many ports there are, all transports together.
-- @treturn integer
function PortSet:count()
  return driver.set_count(set_handle(self, 1, "count"))
end

function PortSet:__tostring()
  local parts = {}
  for first, last, transport in self:spans() do
    local port = first == last and ("%d"):format(first) or ("%d-%d"):format(first, last)
    parts[#parts + 1] = transport .. "/" .. port
  end
  return table.concat(parts, ", ")
end

local function add_span(handle, span)
  local first, last, transport = span[1], span[2], transports[span[3]]
  argument(is_port(first) and is_port(last) and first <= last and transport, 1, "ports",
    "{first, last, transport}", span, 4)
  assert(driver.set_add(handle, transport, first, last))
end

--- Make a set of ports.
-- @tparam string|table spec "tcp/22, udp/6000-6063, 443/tcp, 8080": a number
--   alone is every transport's, a transport alone all its ports, "*" all there
--   are; or a list of spans `{first, last, transport}`
-- @treturn[1] PortSet
-- @return[2] nil, message, detail (a column in the text)
function portolan.ports(spec)
  argument(type(spec) == "string" or type(spec) == "table", 1, "ports", "string or table", spec)
  local handle = driver.set_new()
  if type(spec) == "table" then
    for _, span in ipairs(spec) do add_span(handle, span) end
    return wrap_set(handle)
  end
  local ok, message, detail = checked("ports", driver.set_parse(handle, spec))
  if not ok then return nil, message, detail end
  return wrap_set(handle)
end

-- -------------------------------------------------------------- registry --

--- A registry, opened.
--
-- A **record** is a table of what the source had, an absent field being nil:
-- `name`; `first` and `last`, the ports, inclusive; `transport`; `description`;
-- `assignee`, `contact` and `reference` as IANA writes them, "[A][B]";
-- `registered` and `modified`, dates "YYYY-MM-DD" or "YYYY-MM"; `service_code`
-- (DCCP, RFC 5595); `unauthorized`, a use that was reported; `note`. And of
-- what follows from it: `id`, its place in the registry from 0; `status`
-- ("assigned", "reserved", "unassigned", "private", "deregistered", "other");
-- `range` ("system", "user", "dynamic": RFC 6335 section 6); `references`, a
-- list such as {"RFC9110"}; `alias_of`, the name to use instead; `replaces`,
-- the ill-formed name that this one stands for.
-- @type Registry
local Registry = {}
Registry.__index = Registry

local function handle_of(self, level)
  return self.handle or error("the registry is closed", (level or 2) + 1)
end

-- Raises for what made a hot call give false.
local function explain(self, name, port, transport)
  handle_of(self, 3)
  argument(is_port(port), 1, name, "port", port, 4)
  argument(false, 2, name, "transport", transport, 4)
end

local driver_name, driver_status, driver_id = driver.name, driver.status, driver.id

--- The name of the service at a port: the one to show where there are several.
-- The hot path: no table is made.
-- @tparam integer port 0 to 65535
-- @tparam string transport "tcp", "udp", "sctp" or "dccp"
-- @treturn ?string nil where none is assigned
function Registry:name(port, transport)
  local name = driver_name(self.handle, transports[transport], port)
  if name == false then explain(self, "name", port, transport) end
  return name
end

--- What the registry says of a port: RFC 6335 section 6, where "reserved"
-- also stands for IANA's older wordings that keep a port from being used.
-- @tparam integer port
-- @tparam string transport
-- @treturn string "assigned", "reserved", "unassigned" or "dynamic"
function Registry:status(port, transport)
  local status = driver_status(self.handle, transports[transport], port)
  if status == false then explain(self, "status", port, transport) end
  return status
end

--- The id of the record that `name` names.
-- @tparam integer port
-- @tparam string transport
-- @treturn ?integer
function Registry:id(port, transport)
  local id = driver_id(self.handle, transports[transport], port)
  if id == false then explain(self, "id", port, transport) end
  return id
end

--- All records of a port, ranges and records without a transport included.
-- @tparam integer port
-- @tparam string transport
-- @treturn {record,...} in the registry's order
function Registry:lookup(port, transport)
  local handle = handle_of(self)
  argument(is_port(port), 1, "lookup", "port", port)
  argument(transports[transport], 2, "lookup", "transport", transport)
  return driver.by_port(handle, transports[transport], port)
end

--- One record, by its place.
-- @tparam integer id from 0 to count() - 1
-- @treturn record
function Registry:record(id)
  local handle = handle_of(self)
  argument(type(id) == "number" and id % 1 == 0 and id >= 0 and id < driver.count(handle), 1,
    "record", "record id", id)
  return driver.record(handle, id)
end

--- Iterate all records, in the registry's order.
-- @treturn function giving a record at a time
function Registry:records()
  local handle, id, n = handle_of(self), -1, self:count()
  return function()
    id = id + 1
    if id < n then return driver.record(handle, id) end
  end
end

--- The records of a service name; case does not matter (RFC 6335 section 5.1).
-- @tparam string name
-- @treturn {record,...}
function Registry:named(name)
  local handle = handle_of(self)
  argument(type(name) == "string", 1, "named", "string", name)
  return driver.by_name(handle, name)
end

--- The records whose name begins so, ignoring case; by name.
-- @tparam string prefix
-- @treturn {record,...}
function Registry:starting(prefix)
  local handle = handle_of(self)
  argument(type(prefix) == "string", 1, "starting", "string", prefix)
  return driver.by_prefix(handle, prefix)
end

--- The records that hold every one of some words, or words that begin so, in
-- name, description or note; the best match first.
-- @tparam string words
-- @tparam[opt] integer limit at most so many
-- @treturn {record,...}
function Registry:search(words, limit)
  local handle = handle_of(self)
  argument(type(words) == "string", 1, "search", "string", words)
  argument(limit == nil or type(limit) == "number", 2, "search", "number", limit)
  return driver.search(handle, words, limit or -1)
end

-- ----------------------------------------------------------------- query --

local EQUALS, CONTAINS, GLOB, LABEL, PRESENT, ABSENT, FROM, UNTIL = 0, 1, 2, 3, 4, 5, 6, 7

local columns = { name = 0, description = 3, assignee = 4, contact = 5, registered = 6,
  modified = 7, reference = 8, service_code = 9, unauthorized = 10, note = 11 }

-- How each field of a query is compared.
local ways = { name = EQUALS, service_code = EQUALS, description = CONTAINS, note = CONTAINS,
  unauthorized = CONTAINS, assignee = LABEL, contact = LABEL, reference = LABEL,
  registered = FROM, modified = FROM }

local bounds = { registered_from = { "registered", FROM }, registered_until = { "registered", UNTIL },
  modified_from = { "modified", FROM }, modified_until = { "modified", UNTIL } }

local function misuse(message)
  error("bad argument #1 to 'query' (" .. message .. ")", 0)
end

local function list_of(value)
  return type(value) == "table" and value or { value }
end

-- A bit set of the words in `value`.
local function bits(value, words, what)
  local set = 0
  for _, word in ipairs(list_of(value)) do
    local n = words[word] or misuse(("no %s is called '%s'"):format(what, tostring(word)))
    if set % (2 ^ (n + 1)) < 2 ^ n then set = set + 2 ^ n end
  end
  return set
end

local function add_condition(list, field, how, text)
  list[#list + 1] = columns[field] or misuse(("no field is called '%s'"):format(tostring(field)))
  list[#list + 1] = how
  list[#list + 1] = text
end

local function add_text(list, field, value)
  local way = ways[field]
  local text = type(value) == "number" and ("%d"):format(value) or value
  if type(text) ~= "string" then misuse(field .. " must be a string") end
  if text:find "[*?]" and way ~= FROM then
    local glob = way == LABEL and "*[" .. text .. "]*" or way == CONTAINS and "*" .. text .. "*"
      or text
    return add_condition(list, field, GLOB, glob)
  end
  add_condition(list, field, way, text)
  if way == FROM then add_condition(list, field, UNTIL, text) end
end

-- One reader a key: each adds to the query `q` what the key asks for.
local readers = {}

for field in pairs(ways) do
  readers[field] = function(q, value) add_text(q.conditions, field, value) end
end

for key, bound in pairs(bounds) do
  readers[key] = function(q, value)
    if type(value) ~= "string" then misuse(key .. " must be a date") end
    add_condition(q.conditions, bound[1], bound[2], value)
  end
end

function readers.has(q, fields)
  for _, field in ipairs(list_of(fields)) do add_condition(q.conditions, field, PRESENT, "") end
end

function readers.lacks(q, fields)
  for _, field in ipairs(list_of(fields)) do add_condition(q.conditions, field, ABSENT, "") end
end

function readers.transport(q, value) q.transports = bits(value, transports, "transport") end

function readers.status(q, value) q.statuses = bits(value, statuses, "status") end

function readers.range(q, value) q.ranges = bits(value, ranges, "range") end

function readers.limit(q, value)
  if type(value) ~= "number" or value < 0 then misuse "limit must be a number" end
  q.limit = math.floor(value)
end

function readers.ports(q, value)
  if type(value) == "number" then value = ("%d"):format(value) end
  local set, message = value, nil
  if getmetatable(value) ~= PortSet then set, message = portolan.ports(value) end
  if not set then misuse(message) end
  q.ports = set
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function compile_query(spec)
  local q = { conditions = {}, transports = 0, statuses = 0, ranges = 0, limit = -1 }
  for _, key in ipairs(sorted_keys(spec)) do
    local reader = readers[key] or misuse(("no field is called '%s'"):format(tostring(key)))
    reader(q, spec[key])
  end
  return q
end

--- The records for which all of a query holds.
--
-- `name`, `service_code`: the whole text; `description`, `note`,
-- `unauthorized`: anywhere within; `assignee`, `contact`, `reference`: one of
-- the labels ("RFC6335" finds [RFC6335] and [RFC 6335, Section 4]); all ignore
-- case, and take `*` and `?`. `registered`, `modified`: a date, month or year;
-- also with `_from` and `_until`. `transport`, `status`, `range`: a word or a
-- list of them. `ports`: a PortSet or its text. `has`, `lacks`: fields that
-- must be there, or must not. `limit`: at most so many.
-- @tparam table spec
-- @treturn {record,...} in the registry's order
function Registry:query(spec)
  local handle = handle_of(self)
  argument(type(spec) == "table", 1, "query", "table", spec)
  local ok, q = pcall(compile_query, spec)
  if not ok then error(q, 2) end
  return driver.query(handle, q.conditions, q.transports, q.statuses, q.ranges,
    q.ports and q.ports.handle, q.limit)
end

--- The ports of a status, or of several.
-- @tparam[opt] table spec `{ status = "assigned" | {...} }`, the words of `status`
-- @treturn PortSet
function Registry:ports(spec)
  local handle = handle_of(self)
  argument(type(spec) == "table" and spec.status, 1, "ports", "table with a status", spec)
  local ok, set = pcall(bits, spec.status, statuses, "status")
  if not ok then error(set, 2) end
  return wrap_set(assert(driver.ports(handle, set)))
end

--- The ports that are assigned to somebody.
-- @treturn PortSet
function Registry:assigned()
  return self:ports { status = "assigned" }
end

--- Blocks of unassigned ports.
-- @tparam[opt] table spec `transports`, a list (all four): free on each of
--   them; `range` ("user"); `count`, ports in a row at least (1); `near`, a
--   port: the nearest blocks come first; `limit`, blocks at most (100)
-- @treturn {{first=,last=,count=},...}
function Registry:free(spec)
  local handle = handle_of(self)
  spec = spec or {}
  argument(type(spec) == "table", 1, "free", "table", spec)
  local range = range_ports[spec.range or "user"]
  argument(range, 1, "free", "range system, user or dynamic", spec.range)
  argument(spec.near == nil or is_port(spec.near), 1, "free", "near as a port", spec.near)
  local ok, set = pcall(bits, spec.transports or { "tcp", "udp", "sctp", "dccp" }, transports,
    "transport")
  if not ok then error(set, 2) end
  local list = driver.free(handle, set, range[1], range[2], spec.count or 1, spec.near or -1,
    spec.limit or 100)
  local blocks = {}
  for i = 1, #list, 2 do
    blocks[#blocks + 1] = { first = list[i], last = list[i + 1], count = list[i + 1] - list[i] + 1 }
  end
  return blocks
end

-- ------------------------------------------------- people and procedures --

local function present(s)
  if s ~= "" then return s end
end

-- IANA writes "mailto:user&host", to spare people some mail.
local function email_of(uris)
  for _, uri in ipairs(uris) do
    local user, host = uri:match "^mailto:([^%s@&]+)[@&]([^%s@&<>]+)$"
    if user then return user .. "@" .. host end
  end
end

local function person_of(texts)
  local uris = {}
  for uri in texts[4]:gmatch "[^\n]+" do uris[#uris + 1] = uri end
  return { id = texts[1], name = present(texts[2]), organisation = present(texts[3]), uris = uris,
    email = email_of(uris), updated = present(texts[5]) }
end

--- The people and organisations that assignees and contacts are: `id`, what
-- stands in brackets, `name`, `organisation`, `uris`, a list as IANA writes it,
-- `email`, the first of these that is a sound mail address, `updated`, a date.
-- @treturn {person,...} in the registry's order; {} of a registry read from CSV
function Registry:people()
  local list = driver.people(handle_of(self))
  for i, texts in ipairs(list) do list[i] = person_of(texts) end
  return list
end

--- One of the people.
-- @tparam string id what stands in brackets, "Jon_Postel" of "[Jon_Postel]"
-- @treturn ?person
function Registry:person(id)
  local handle = handle_of(self)
  argument(type(id) == "string", 1, "person", "string", id)
  if not self.people_by_id then
    self.people_by_id = {}
    for _, texts in ipairs(driver.people(handle)) do self.people_by_id[texts[1]] = texts end
  end
  local texts = self.people_by_id[id]
  return texts and person_of(texts)
end

-- RFC 6335 section 8.1.2; a service name alone: its section 8.1.
local procedures = { system = { "IETF Review", "IESG Approval" },
  user = { "IETF Review", "IESG Approval", "Expert Review" }, dynamic = {},
  none = { "First Come First Served" } }

--- The procedures, in the words of RFC 8126, by any one of which IANA assigns a
-- port: RFC 6335 section 8.1.2.
-- @tparam[opt] integer port a service name without a port when absent
-- @treturn {string,...} {} for a dynamic port: those are never assigned
function Registry:procedures(port)
  handle_of(self)
  argument(port == nil or is_port(port), 1, "procedures", "port", port)
  local range = "none"
  for name, ports in pairs(range_ports) do
    if port and port >= ports[1] and port <= ports[2] then range = name end
  end
  local list = {}
  for i, procedure in ipairs(procedures[range]) do list[i] = procedure end
  return list
end

-- ----------------------------------------------------------------- whole --

--- How many records there are.
-- @treturn integer
function Registry:count()
  return driver.count(handle_of(self))
end

-- What is said once, and what a registry may say several times.
local several = { expert = "experts", note = "notes", reference = "references",
  footnote = "footnotes", part = "parts" }

--- What the registry is: `title`, `date`, `source`, `format`, `digest`
-- (BLAKE2b-256 of the source), `records`; and, where the source has them,
-- lists of `notes`, `references`, `experts`, `footnotes`, and the `parts` that
-- the built-in one was made of.
-- @treturn table
function Registry:info()
  local info = { records = self:count() }
  for _, pair in ipairs(driver.meta(handle_of(self))) do
    local key, value = pair[1], pair[2]
    if several[key] then
      local list = info[several[key]] or {}
      info[several[key]] = list
      list[#list + 1] = value
    elseif key ~= "xml" then
      info[key] = value
    end
  end
  return info
end

--- The registry in a format of the world's.
-- @tparam string format "csv" (IANA's own, byte for byte), "xml" (of a registry
--   that was read from XML), "text" or "html" (as IANA's page), "json" (core/json.h)
--   or "services" (for /etc/services)
-- @tparam[opt] string options words for CSV: "lf", records end in LF, not CRLF;
--   "era=A" ... "era=D", as IANA wrote it of a registry read from XML: 2015 to
--   2018, 2019 to July 2020, to January 2025, from April 2025
-- @treturn[1] string
-- @return[2] nil, message, detail
function Registry:export(format, options)
  local handle = handle_of(self)
  argument(type(format) == "string", 1, "export", "string", format)
  return checked(nil, driver.export(handle, format, options))
end

--- Write the registry as a snapshot: beside the path, synced, then renamed.
-- @tparam string path
-- @treturn[1] boolean true
-- @return[2] nil, message, detail
function Registry:write(path)
  local handle = handle_of(self)
  argument(type(path) == "string", 1, "write", "string", path)
  return checked(path, driver.write(handle, path))
end

--- Let go of the memory. Closing again does nothing; using it after raises.
function Registry:close()
  if self.handle then driver.close(self.handle) end
  self.handle = nil
end

Registry.__close = Registry.close

function Registry:__tostring()
  if not self.handle then return "registry (closed)" end
  return ("registry (%d records)"):format(self:count())
end

-- ---------------------------------------------------------------- module --

local function wrap_registry(source, ...)
  local handle, message, detail = checked(source, ...)
  if not handle then return nil, message, detail end
  return setmetatable({ handle = handle }, Registry)
end

local function account_of(builder)
  local remarks = driver.remarks(builder)
  remarks.read, remarks.kept, remarks.repaired, remarks.refused = driver.account(builder)
  return remarks
end

local function add_meta(builder, meta)
  for _, key in ipairs(sorted_keys(meta or {})) do
    assert(driver.set(builder, key, tostring(meta[key])))
  end
end

--- Read a source into a registry.
-- @tparam table spec `path`, or else `text` (bytes) and `source` (what messages
--   call it); `format` "csv", "xml", "text" or "html" as IANA has them, "table"
--   (its page, copied as text), "list" (before RFC 6335), "services" (services(5)),
--   "nmap-services", "wireshark" or "json", guessed from the content when absent;
--   `salvage`, true to refuse rows that cannot be read one by one, rather than
--   the whole source with the first; `meta`, things to say of the registry,
--   such as `{ date = "2026-08-17" }`
-- @treturn[1] Registry
-- @treturn[1] {string,...} remarks: what the reader left out, and why, a line
--   each; with the loss account as its fields: rows `read`, which is `kept` and
--   `refused`, and `repaired`, which are of those kept
-- @return[2] nil, message, detail
function portolan.read(spec)
  argument(type(spec) == "table" and (spec.path or spec.text), 1, "read",
    "table with a path or a text", spec)
  local text, message, detail = spec.text, nil, nil
  if not text then text, message, detail = read_file(spec.path) end
  if not text then return nil, message, detail end
  local source = spec.source or spec.path or "?"
  local builder = driver.builder()
  local ok
  ok, message, detail = checked(source, driver.read(builder, source, spec.format,
    spec.salvage and "salvage" or nil, text))
  if not ok then return nil, message, detail end
  add_meta(builder, spec.meta)
  local registry
  registry, message, detail = wrap_registry(source, driver.freeze(builder))
  if not registry then return nil, message, detail end
  return registry, account_of(builder)
end

--- Compile a source into a snapshot file.
-- @tparam table spec as for `read`, and `output`, the snapshot's path
-- @treturn[1] boolean true
-- @treturn[1] {string,...} remarks
-- @return[2] nil, message, detail
function portolan.compile(spec)
  argument(type(spec) == "table" and type(spec.output) == "string", 1, "compile",
    "table with an output", spec)
  local registry, remarks, detail = portolan.read(spec)
  if not registry then return nil, remarks, detail end
  local ok, message, trouble = registry:write(spec.output)
  registry:close()
  if not ok then return nil, message, trouble end
  return true, remarks
end

--- Does a file look like a snapshot? One that cannot be opened does: opening it
-- says why.
-- @tparam string path
-- @treturn boolean
function portolan.is_snapshot(path)
  argument(type(path) == "string", 1, "is_snapshot", "string", path)
  local file = io.open(path, "rb")
  if not file then return true end
  local magic = file:read(8)
  file:close()
  return magic == "PORTOLAN"
end

--- Open a registry.
-- @tparam[opt] string path a snapshot, or a source that `read` reads; the
--   registry built into the library when absent, which reads no file
-- @treturn[1] Registry
-- @return[2] nil, message, detail
function portolan.open(path)
  argument(path == nil or type(path) == "string", 1, "open", "string", path)
  if path == nil or portolan.is_snapshot(path) then return wrap_registry(path, driver.open(path)) end
  local registry, message, detail = portolan.read { path = path }
  if not registry then return nil, message, detail end
  return registry
end

--- Open a snapshot from its bytes, which need not be kept.
-- @tparam string bytes
-- @tparam[opt="?"] string source what messages call it
-- @treturn[1] Registry
-- @return[2] nil, message, detail
function portolan.load(bytes, source)
  argument(type(bytes) == "string", 1, "load", "string", bytes)
  return wrap_registry(source or "?", driver.load(source or "?", bytes))
end

-- ------------------------------------------------------------------ time --

local function registry_handle(registry, n, name)
  argument(getmetatable(registry) == Registry, n, name, "Registry", registry, 4)
  local handle = handle_of(registry, 3)
  return handle
end

local registries = { wrap = wrap_registry, handle = registry_handle }

--- What made one registry another.
-- @tparam Registry before
-- @tparam Registry after
-- @treturn[1] {event,...} by port, those without one last: `kind`, one of
--   "assigned", "de-assigned", "renamed", "moved", "range resized", "range
--   split", "range joined", "owner changed", "contact changed", "reference
--   changed", "service code changed", "unauthorized changed", "description
--   changed", "note changed", "date changed", "status changed", "added",
--   "removed"; `name`, `port`; the records `before` and `after`; `fields`, by
--   name what differs, `{ before =, after = }` (see portolan.diff)
-- @treturn[1] Patch whose `patch:apply(before)` is a registry equal to `after`
-- @return[2] nil, message, detail
function portolan.diff(before, after)
  local a, b = registry_handle(before, 1, "diff"), registry_handle(after, 2, "diff")
  return diffs.between(a, b, registries)
end

--- Open a history: a registry at many dates, in one file (see portolan.history).
-- @tparam string path
-- @tparam[opt] table options `create`, true: where there is no file, an empty
--   history, whose file the first `add` makes
-- @treturn[1] History
-- @return[2] nil, message, detail
function portolan.history(path, options)
  argument(type(path) == "string", 1, "history", "string", path)
  argument(options == nil or type(options) == "table", 2, "history", "table", options)
  return histories.open(path, options or {}, registries)
end

-- ----------------------------------------------------------------- names --

--- Give every registry more methods, open ones too: for modules that stand above
-- this one, such as portolan.dialects, which gives `translate`.
-- @tparam {[string]=function} methods each is called with the registry first
function portolan.extend(methods)
  for _, name in ipairs(sorted_keys(methods)) do
    argument(Registry[name] == nil or Registry[name] == methods[name], 1, "extend", "new method", name)
    Registry[name] = methods[name]
  end
end

--- Make a packet space of a firewall's rules (see portolan.space).
-- @tparam table tables what a dialect reader made: FORMS.md, "The ruleset"
-- @tparam table options `protocol`, a function from a protocol's name to its
--   number; optional `separate`, `before` and `regions`
-- @treturn[1] Space
-- @return[2] nil, message, detail
function portolan.space(tables, options)
  argument(type(tables) == "table" and tables.chains, 1, "space", "ruleset", tables)
  argument(type(options) == "table" and options.protocol, 2, "space", "table with a protocol", options)
  return spaces.new(tables, options)
end

local name_rules = {
  { 1, "is empty" }, { 2, "is longer than 15 characters" },
  { 4, "has a character other than A-Z, a-z, 0-9 and hyphen" }, { 8, "has no letter" },
  { 16, "begins or ends with a hyphen" }, { 32, "has two hyphens together" },
}

--- Is this a well-formed service name? RFC 6335 section 5.1.
-- @tparam string name
-- @treturn[1] boolean true
-- @treturn[2] boolean false
-- @treturn[2] {string,...} the rules that it breaks, in words
function portolan.valid_name(name)
  argument(type(name) == "string", 1, "valid_name", "string", name)
  local broken, rules = driver.name_check(name), {}
  for _, rule in ipairs(name_rules) do
    if broken % (rule[1] * 2) >= rule[1] then rules[#rules + 1] = rule[2] end
  end
  if #rules == 0 then return true end
  return false, rules
end

return portolan
