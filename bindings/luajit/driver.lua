--- The portolan driver for LuaJIT: the same table as lua54/driver.c.
--
-- `portolan.cdef` is cut from core/portolan.h when building, so no declaration
-- is written twice. A snapshot's handle is a table: the cdata, and the texts
-- that Lua has seen, by number.

local ffi = require "ffi"

ffi.cdef(require "portolan.cdef")

-- The library that was built or installed with this file; else the system's.
local function library()
  local folder = (package.searchpath("portolan.driver", package.path) or ""):match "^(.*/)portolan/" or ""
  for _, place in ipairs { "../libportolan.so", "../../libportolan.so" } do
    local file = io.open(folder .. place, "rb")
    if file then
      file:close()
      return folder .. place
    end
  end
  return "portolan"
end

local C = ffi.load(os.getenv "PORTOLAN_LIB" or library())

if C.ptl_api() ~= C.PTL_API then
  error(("the portolan library is of API %d and its driver of %d: install both from one release")
    :format(C.ptl_api(), C.PTL_API), 0)
end

local err = ffi.new "ptl_error"
local snapshot_out = ffi.new "ptl_snapshot *[1]"
local output_out = ffi.new "ptl_output *[1]"
local diff_out = ffi.new "ptl_diff *[1]"
local history_out = ffi.new "ptl_history *[1]"
local ids_out = ffi.new "const uint32_t *[1]"
local spans_out = ffi.new "const ptl_span *[1]"
local record = ffi.new "ptl_record"
local account = ffi.new "ptl_account"
local text, key = ffi.new "ptl_str", ffi.new "ptl_str"
local labels = ffi.new "ptl_str[16]"
local person = ffi.new "ptl_str[5]"

local NONE = 0xffffffff

local transports = { [0] = "tcp", "udp", "sctp", "dccp" }
local statuses = { [0] = "assigned", "reserved", "unassigned", "private", "deregistered", "other",
  "dynamic" }
local ranges = { [0] = "system", "user", "dynamic" }

local driver = {}

local function fail()
  return nil, ffi.string(err.message), err.code, err.line, err.column
end

local function done(code)
  if code ~= 0 then return fail() end
  return true
end

-- ------------------------------------------------------------- builder --

function driver.builder()
  local b = C.ptl_builder_new()
  if b == nil then error "out of memory" end
  return ffi.gc(b, C.ptl_builder_free)
end

function driver.read(b, source, format, options, bytes)
  return done(C.ptl_builder_read(b, source, format, options, bytes, #bytes, err))
end

function driver.set(b, name, value)
  return done(C.ptl_builder_set(b, name, value, #value, err))
end

function driver.remarks(b)
  local list = {}
  while true do
    local line = C.ptl_builder_remark(b, #list)
    if line == nil then return list end
    list[#list + 1] = ffi.string(line)
  end
end

function driver.account(b)
  C.ptl_builder_account(b, account)
  return account.read, account.kept, account.repaired, account.refused
end

-- ------------------------------------------------------------ snapshot --

local function own(code)
  if code ~= 0 then return fail() end
  return { c = ffi.gc(snapshot_out[0], C.ptl_snapshot_close), text = {}, references = {} }
end

function driver.freeze(b)
  return own(C.ptl_builder_freeze(b, snapshot_out, err))
end

function driver.open(path)
  return own(C.ptl_snapshot_open(path, snapshot_out, err))
end

function driver.load(source, bytes)
  return own(C.ptl_snapshot_load(source, bytes, #bytes, snapshot_out, err))
end

function driver.write(h, path)
  return done(C.ptl_snapshot_write(h.c, path, err))
end

function driver.export(h, format, options)
  if C.ptl_snapshot_export(h.c, format, options, output_out, err) ~= 0 then return fail() end
  local output = ffi.gc(output_out[0], C.ptl_output_free)
  C.ptl_output_bytes(output, text)
  local bytes = ffi.string(text.ptr, text.len)
  C.ptl_output_free(ffi.gc(output, nil))
  return bytes
end

function driver.close(h)
  if h.c then C.ptl_snapshot_close(ffi.gc(h.c, nil)) end
  h.c = nil
end

function driver.count(h)
  return C.ptl_snapshot_count(h.c)
end

function driver.meta(h)
  local list = {}
  while C.ptl_snapshot_meta(h.c, #list, key, text) ~= 0 do
    list[#list + 1] = { ffi.string(key.ptr, key.len), ffi.string(text.ptr, text.len) }
  end
  return list
end

-- -> id, name, organisation, uris, updated of each; "" where there is none
function driver.people(h)
  local list = {}
  while C.ptl_snapshot_person(h.c, #list, person) ~= 0 do
    local texts = {}
    for i = 0, 4 do texts[i + 1] = ffi.string(person[i].ptr, person[i].len) end
    list[#list + 1] = texts
  end
  return list
end

-- ------------------------------------------------------------- records --

local function text_of(h, number)
  C.ptl_snapshot_text(h.c, number, text)
  local s = ffi.string(text.ptr, text.len)
  h.text[number] = s
  return s
end

-- An absent text is nil.
local function str(h, number)
  if number == 0 then return nil end
  return h.text[number] or text_of(h, number)
end

local function split(h, number)
  local s = str(h, number)
  local n = math.min(C.ptl_labels(s, #s, labels, 16), 16)
  local list = {}
  for i = 1, n do
    -- "RFC 6335" and "RFC6335" are one reference.
    list[i] = ffi.string(labels[i - 1].ptr, labels[i - 1].len):gsub("^RFC (.)", "RFC%1")
  end
  h.references[number] = list
  return list
end

local function references(h, number)
  if number == 0 then return nil end
  local seen = h.references[number] or split(h, number)
  local n = #seen
  if n == 1 then return { seen[1] } end
  local list = {}
  for i = 1, n do list[i] = seen[i] end
  return list
end

local function rare(t, h, r)
  local code, link = r.text[9], r.text[13]
  if code ~= 0 then t.service_code = tonumber(str(h, code)) or str(h, code) end
  if r.text[10] ~= 0 then t.unauthorized = str(h, r.text[10]) end
  if r.text[11] ~= 0 then t.note = str(h, r.text[11]) end
  if link ~= 0 then
    t[r.flags % 4 >= 2 and "alias_of" or "replaces"] = str(h, link)
  end
end

local function make(h, id)
  local r = record
  C.ptl_snapshot_get(h.c, id, r)
  local t = {
    id = id,
    name = str(h, r.text[0]),
    transport = transports[r.transport],
    status = statuses[r.status],
    description = str(h, r.text[3]),
    assignee = str(h, r.text[4]),
    contact = str(h, r.text[5]),
    registered = str(h, r.text[6]),
    modified = str(h, r.text[7]),
    reference = str(h, r.text[8]),
    references = references(h, r.text[8]),
    first = nil, last = nil, range = nil,
  }
  if r.flags % 2 == 1 then
    t.first, t.last, t.range = r.first, r.last, ranges[r.range]
  end
  rare(t, h, r)
  return t
end

local function list_of(h, ids, n)
  local list = {}
  for i = 1, n do list[i] = make(h, ids[i - 1]) end
  return list
end

function driver.record(h, id)
  return make(h, id)
end

-- ------------------------------------------------------------ look-ups --

-- What the three hot ones take. When it is not so they return false, and the
-- facade finds out which argument it was.
local function good(h, transport, port)
  return h and h.c and transport and type(port) == "number" and port >= 0 and port <= 65535
    and port % 1 == 0
end

function driver.name(h, transport, port)
  if not good(h, transport, port) then return false end
  local number = C.ptl_snapshot_name(h.c, transport, port)
  if number == 0 then return nil end
  return h.text[number] or text_of(h, number)
end

function driver.id(h, transport, port)
  if not good(h, transport, port) then return false end
  local id = C.ptl_snapshot_id(h.c, transport, port)
  if id == NONE then return nil end
  return id
end

function driver.status(h, transport, port)
  if not good(h, transport, port) then return false end
  return statuses[C.ptl_snapshot_status(h.c, transport, port)]
end

function driver.by_port(h, transport, port)
  local n = C.ptl_snapshot_by_port(h.c, transport, port, ids_out)
  return list_of(h, ids_out[0], n)
end

function driver.by_name(h, name)
  local n = C.ptl_snapshot_by_name(h.c, name, #name, ids_out)
  return list_of(h, ids_out[0], n)
end

function driver.by_prefix(h, prefix)
  local n = C.ptl_snapshot_by_prefix(h.c, prefix, #prefix, ids_out)
  return list_of(h, ids_out[0], n)
end

-- At most `max` of `n` results; a negative `max` is all.
local function at_most(n, max)
  return max >= 0 and math.min(n, max) or n
end

function driver.search(h, words, max)
  local found = ffi.new("ptl_match[?]", C.ptl_snapshot_count(h.c) + 1)
  local list = {}
  for i = 1, at_most(C.ptl_snapshot_search(h.c, words, #words, found), max) do
    list[i] = make(h, found[i - 1].id)
  end
  return list
end

-- Conditions come flat: field, how, text, field, how, text ...
function driver.query(h, conditions, transport_set, status_set, range_set, ports, max)
  local n = #conditions / 3
  local c = ffi.new("ptl_condition[?]", n + 1)
  for i = 0, n - 1 do
    local s = conditions[i * 3 + 3] -- the table keeps it
    c[i].field, c[i].how = conditions[i * 3 + 1], conditions[i * 3 + 2]
    c[i].text.ptr, c[i].text.len = s, #s
  end
  local q = ffi.new("ptl_query", c, n, transport_set, status_set, range_set, ports)
  local ids = ffi.new("uint32_t[?]", C.ptl_snapshot_count(h.c) + 1)
  return list_of(h, ids, at_most(C.ptl_snapshot_query(h.c, q, ids), max))
end

function driver.free(h, transport_set, first, last, count, near, max)
  local blocks = ffi.new("ptl_block[?]", max + 1)
  local n = C.ptl_snapshot_free(h.c, transport_set, first, last, count, near < 0 and NONE or near,
    blocks, max)
  local list = {}
  for i = 0, math.min(n, max) - 1 do
    list[i * 2 + 1], list[i * 2 + 2] = blocks[i].first, blocks[i].last
  end
  return list
end

-- ------------------------------------------------------------ port set --

function driver.set_new()
  local set = C.ptl_portset_new()
  if set == nil then error "out of memory" end
  return ffi.gc(set, C.ptl_portset_free)
end

function driver.set_parse(set, s)
  return done(C.ptl_portset_parse(set, s, #s, err))
end

function driver.set_add(set, transport, first, last)
  return done(C.ptl_portset_add(set, transport, first, last, err))
end

-- A large set is a few bytes to Lua: its collector is told of the others.
local function tell_size(set)
  local bytes = C.ptl_portset_spans(set, spans_out) * ffi.sizeof "ptl_span"
  if bytes >= 4096 then collectgarbage("step", math.floor(bytes / 1024)) end
end

function driver.set_combine(op, a, b)
  local result = driver.set_new()
  if C.ptl_portset_combine(result, op:byte(), a, b, err) ~= 0 then return fail() end
  tell_size(result)
  return result
end

function driver.set_contains(set, transport, port)
  return C.ptl_portset_contains(set, transport, port) ~= 0
end

function driver.set_count(set)
  return C.ptl_portset_count(set)
end

function driver.set_spans(set)
  local n = C.ptl_portset_spans(set, spans_out)
  local list, spans = {}, spans_out[0]
  for i = 0, n - 1 do
    list[i * 3 + 1], list[i * 3 + 2], list[i * 3 + 3] =
      spans[i].first, spans[i].last, spans[i].transport
  end
  return list
end

function driver.ports(h, status_set)
  local set = driver.set_new()
  if C.ptl_snapshot_ports(h.c, status_set, set, err) ~= 0 then return fail() end
  return set
end

function driver.name_check(name)
  return C.ptl_name_check(name, #name)
end

-- ---------------------------------------------------- diff and history --

local event, edition = ffi.new "ptl_event", ffi.new "ptl_edition"

function driver.diff(a, b)
  if C.ptl_diff_new(a.c, b.c, diff_out, err) ~= 0 then return fail() end
  return ffi.gc(diff_out[0], C.ptl_diff_free)
end

-- -> kind, before, after, fields, kind ...
function driver.diff_events(d)
  local list = {}
  for i = 0, C.ptl_diff_count(d) - 1 do
    C.ptl_diff_get(d, i, event)
    list[i * 4 + 1], list[i * 4 + 2], list[i * 4 + 3], list[i * 4 + 4] =
      event.kind, event.before, event.after, event.fields
  end
  return list
end

function driver.diff_apply(d, a)
  return own(C.ptl_diff_apply(d, a.c, snapshot_out, err))
end

-- A history's handle is a table, so that it can be closed.
local function own_history(code)
  if code ~= 0 then return fail() end
  if history_out[0] == nil then return false end
  return { c = ffi.gc(history_out[0], C.ptl_history_close) }
end

function driver.history_open(path)
  return own_history(C.ptl_history_open(path, history_out, err))
end

-- -> a history, or false: it is there; `h` may be nil
function driver.history_add(h, s, date)
  return own_history(C.ptl_history_add(h and h.c, s.c, date, history_out, err))
end

function driver.history_write(h, path)
  return done(C.ptl_history_write(h.c, path, err))
end

-- -> date, records, added, removed, date ...
function driver.history_editions(h)
  local list = {}
  for i = 0, C.ptl_history_count(h.c) - 1 do
    C.ptl_history_get(h.c, i, edition)
    list[i * 4 + 1] = ffi.string(edition.date.ptr, edition.date.len)
    list[i * 4 + 2], list[i * 4 + 3], list[i * 4 + 4] =
      edition.records, edition.added, edition.removed
  end
  return list
end

function driver.history_at(h, i)
  return own(C.ptl_history_at(h.c, i, snapshot_out, err))
end

-- -> list of editions, from 0
function driver.history_of(h, transport, port)
  local editions = ffi.new("uint32_t[?]", C.ptl_history_count(h.c) + 1)
  local n = ffi.new "uint32_t[1]"
  if C.ptl_history_of(h.c, transport, port, editions, n, err) ~= 0 then return fail() end
  local list = {}
  for i = 1, n[0] do list[i] = editions[i - 1] end
  return list
end

function driver.history_close(h)
  if h.c then C.ptl_history_close(ffi.gc(h.c, nil)) end
  h.c = nil
end

-- -------------------------------------------------------- packet space --

local space_out = ffi.new "ptl_space *[1]"
local openings_out = ffi.new "const ptl_opening *[1]"
local steps_out = ffi.new "const ptl_step *[1]"
local packets_out = ffi.new "const ptl_packet *[1]"
local number_out, verdicts_out = ffi.new "uint32_t[1]", ffi.new "uint32_t[1]"
local fact_out = ffi.new "ptl_fact"
local address_text = ffi.new "char[46]"

function driver.ruleset_new()
  local r = C.ptl_ruleset_new()
  if r == nil then error "out of memory" end
  return ffi.gc(r, C.ptl_ruleset_free)
end

function driver.ruleset_chain(r, hook, priority, policy)
  return done(C.ptl_ruleset_chain(r, hook or NONE, priority, policy, err))
end

function driver.ruleset_rule(r, chain, verdict, target, uncertain)
  return done(C.ptl_ruleset_rule(r, chain, verdict, target or NONE, uncertain and 1 or 0, err))
end

function driver.ruleset_match(r)
  return done(C.ptl_ruleset_match(r, err))
end

function driver.ruleset_field(r, field, except)
  return done(C.ptl_ruleset_field(r, field, except and 1 or 0, err))
end

function driver.ruleset_range(r, first, last)
  return done(C.ptl_ruleset_range(r, first, last, err))
end

function driver.ruleset_address(r, s)
  return done(C.ptl_ruleset_address(r, s, #s, err))
end

function driver.ruleset_interface(r, name)
  return done(C.ptl_ruleset_interface(r, name, #name, err))
end

-- The space keeps all three.
function driver.space_new(now, before, regions)
  if C.ptl_space_new(now, before, regions, space_out, err) ~= 0 then return fail() end
  return { c = ffi.gc(space_out[0], C.ptl_space_free), now, before or false, regions or false }
end

-- -> flags, conflict or nil, smallest, {hiding, ...}
function driver.space_fact(s, rule)
  local fact = fact_out
  if C.ptl_space_fact(s.c, rule, fact, err) ~= 0 then return fail() end
  local hiding = {}
  for i = 1, fact.nhiding do hiding[i] = fact.hiding[i - 1] end
  return fact.flags, fact.conflict ~= NONE and fact.conflict or nil, fact.smallest, hiding
end

-- Flat: first, last, transport, rule, certainty, first ...
local function openings(n)
  local list, o = {}, openings_out[0]
  for i = 0, n - 1 do
    local at = i * 5
    list[at + 1], list[at + 2], list[at + 3] = o[i].first, o[i].last, o[i].transport
    list[at + 4], list[at + 5] = o[i].rule, o[i].certainty
  end
  return list
end

function driver.space_reach(s, hook, region)
  if C.ptl_space_reach(s.c, hook, region or NONE, openings_out, number_out, err) ~= 0 then return fail() end
  return openings(number_out[0])
end

function driver.space_trace(s, hook, source, destination, protocol, source_port, destination_port,
    icmp_type, state, input, output)
  local p = ffi.new "ptl_packet"
  if C.ptl_address_read(source, #source, p.source, err) ~= 0 then return fail() end
  if C.ptl_address_read(destination, #destination, p.destination, err) ~= 0 then return fail() end
  p.protocol, p.source_port, p.destination_port = protocol, source_port, destination_port
  p.icmp_type, p.state = icmp_type, state
  p.input, p.output = (input or ""):sub(1, 63), (output or ""):sub(1, 63)
  if C.ptl_space_trace(s.c, hook, p, steps_out, number_out, verdicts_out, err) ~= 0 then return fail() end
  local list, steps = {}, steps_out[0]
  for i = 0, number_out[0] - 1 do
    list[i * 2 + 1], list[i * 2 + 2] = steps[i].rule, steps[i].certainty
  end
  return list, verdicts_out[0]
end

local function address(bytes)
  C.ptl_address_write(bytes, address_text)
  return ffi.string(address_text)
end

local function packet_of(p)
  return { address(p.source), address(p.destination), p.protocol, p.source_port, p.destination_port,
    p.icmp_type, p.state, ffi.string(p.input), ffi.string(p.output) }
end

function driver.space_compare(s, hook, region, dropped, certainty)
  if C.ptl_space_compare(s.c, hook, region or NONE, dropped and 1 or 0, certainty, openings_out,
    packets_out, number_out, err) ~= 0 then return fail() end
  local n, packets = number_out[0], {}
  for i = 1, n do packets[i] = packet_of(packets_out[0][i - 1]) end
  return openings(n), packets
end

return driver
