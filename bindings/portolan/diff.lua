--- What made one registry another: events to read, and a patch.
--
-- Records are paired by content, for they have no key; core/diff.c has the
-- rules. An **event** is a table: `kind`, one of `kinds`, where several hold
-- the one that matters most; `before` and `after`, records, one of them nil
-- where something came or went; `name` and `port` ("443/tcp", "6000-6063/udp",
-- "15" for all transports, nil without one), of `after` or else of `before`;
-- `fields`, by name what differs, each `{ before =, after = }`, a port as its
-- text. "[RFC6335]" and "[RFC 6335]" do not differ.
-- @module portolan.diff

local driver = require "portolan.driver"
local fault = require "portolan.fault"

local diff = {}

--- What can become of a record; "range split" and "range joined" come once for
-- each part.
diff.kinds = { "assigned", "de-assigned", "renamed", "moved", "range resized", "range split",
  "range joined", "owner changed", "contact changed", "reference changed", "service code changed",
  "unauthorized changed", "description changed", "note changed", "date changed", "status changed",
  "added", "removed" }

local NONE = 4294967295

-- By column of the core; 1 is IANA's port number.
local columns = { [0] = "name", "port", "transport", "description", "assignee", "contact",
  "registered", "modified", "reference", "service_code", "unauthorized", "note" }

local function ports_of(record)
  if not record.first then return nil end
  if record.first == record.last then return ("%d"):format(record.first) end
  return ("%d-%d"):format(record.first, record.last)
end

local function port_of(record)
  local ports = ports_of(record)
  if ports and record.transport then return ports .. "/" .. record.transport end
  return ports
end

local function field_of(record, field)
  if field == "port" then return ports_of(record) end
  return record[field]
end

local function fields_of(bits, before, after)
  local fields = {}
  for column = 0, #columns do
    if math.floor(bits / 2 ^ column) % 2 == 1 then
      local field = columns[column]
      fields[field] = { before = field_of(before, field), after = field_of(after, field) }
    end
  end
  return fields
end

local function record_of(handle, id)
  if id ~= NONE then return driver.record(handle, id) end
end

local function event_of(a, b, kind, before_id, after_id, bits)
  local before, after = record_of(a, before_id), record_of(b, after_id)
  local shown = after or before
  return { kind = diff.kinds[kind + 1], name = shown.name, port = port_of(shown), before = before,
    after = after, fields = fields_of(bits, before, after) }
end

-- ----------------------------------------------------------------- patch --

--- What makes the second registry of the first, whole.
-- @type Patch
local Patch = {}
Patch.__index = Patch

--- Make the second registry of the first.
-- @tparam Registry registry one with the records and the people of the first
-- @treturn[1] Registry equal to the second: records, people, header
-- @return[2] nil, message, detail
function Patch:apply(registry)
  local handle = self.registries.handle(registry, 1, "apply")
  return self.registries.wrap(nil, driver.diff_apply(self.handle, handle))
end

--- Compare two handles of registries.
-- @param a the driver's handle
-- @param b
-- @tparam table registries `wrap(source, ...)` and `handle(registry, n, name)`
-- @treturn[1] {event,...} by port, those without one last, then in the registry's order
-- @treturn[1] Patch
-- @return[2] nil, message, detail
function diff.between(a, b, registries)
  local handle, message, detail = fault.checked(nil, driver.diff(a, b))
  if not handle then return nil, message, detail end
  local list, events = driver.diff_events(handle), {}
  for i = 1, #list, 4 do
    events[#events + 1] = event_of(a, b, list[i], list[i + 1], list[i + 2], list[i + 3])
  end
  return events, setmetatable({ handle = handle, registries = registries }, Patch)
end

return diff
