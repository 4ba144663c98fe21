--- Which ports a report of unauthorised use means.
--
--    known_use.ports(record)    --> PortSet
--
-- @module portolan.known_use

local portolan = require "portolan"
local span = require "portolan.span"

local known_use = {}

local function add(spans, record, first, last)
  for _, transport in ipairs(record.transport and { record.transport } or span.transports) do
    spans[#spans + 1] = { first, last, transport }
  end
end

--- The ports that a record's report names: "Unauthorized Use Known on ports 2194-2196" of a longer range means
-- those; one without numbers means all of the record.
-- @tparam table record with ports and `unauthorized`
-- @treturn PortSet
function known_use.ports(record)
  local spans = {}
  for first, last in (record.unauthorized:gsub("%[.-%]", "")):gmatch "(%d+)%-?(%d*)" do
    first, last = tonumber(first), tonumber(last) or tonumber(first)
    if first >= record.first and first <= last and last <= record.last then add(spans, record, first, last) end
  end
  if #spans == 0 then add(spans, record, record.first, record.last) end
  return portolan.ports(spans)
end

return known_use
