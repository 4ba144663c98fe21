--- Ports as people read them, and the ports of records.
--
--    span.text(6000, 6063, "tcp")               --> "6000-6063/tcp"
--    span.summary(set, 2)                       --> "22/tcp, 80/tcp and 30 more ports"
--    span.services(registry, set, 1)            --> "ssh 22/tcp and 8 more ports"
--    span.of_records(registry:named "http")     --> PortSet
--
-- @module portolan.span

local portolan = require "portolan"

local span = {}

--- The transports, as the registry orders them.
span.transports = { "tcp", "udp", "sctp", "dccp" }

--- One span.
-- @tparam number first
-- @tparam number last
-- @tparam string transport
-- @treturn string "22/tcp" or "6000-6063/tcp"; "every tcp port" where nothing is left out
function span.text(first, last, transport)
  if first == last then return ("%d/%s"):format(first, transport) end
  if first <= 1 and last == 65535 then return ("every %s port"):format(transport) end
  return ("%d-%d/%s"):format(first, last, transport)
end

--- The ports of a record.
-- @tparam table record with ports
-- @treturn string "22/tcp"; "9011-9019" where the record speaks for every transport
function span.record(record)
  if record.transport then return span.text(record.first, record.last, record.transport) end
  return record.first == record.last and ("%d"):format(record.first) or ("%d-%d"):format(record.first, record.last)
end

local function and_more(texts, ports)
  local rest = ports == 1 and " and 1 more port" or ports > 1 and (" and %d more ports"):format(ports) or ""
  return table.concat(texts, ", ") .. rest
end

--- A set, by its first spans.
-- @tparam PortSet set
-- @tparam ?number most how many spans are written out; 6 if not given
-- @treturn string
function span.summary(set, most)
  local texts, more = {}, 0
  for first, last, transport in set:spans() do
    if #texts < (most or 6) then
      texts[#texts + 1] = span.text(first, last, transport)
    else
      more = more + last - first + 1
    end
  end
  return and_more(texts, more)
end

-- How far the service at `first` goes on, at most to `last`; RFC 6335 gives most of them one port.
local function end_of_name(registry, first, last, transport)
  local name, port = registry:name(first, transport), first
  while port < last and registry:name(port + 1, transport) == name do port = port + 1 end
  return name, port
end

local function add_names(texts, most, registry, first, last, transport)
  while first <= last and #texts < most do
    local name, stop = end_of_name(registry, first, last, transport)
    texts[#texts + 1] = (name and name .. " " or "") .. span.text(first, stop, transport)
    first = stop + 1
  end
  return last - first + 1
end

--- A set, by the services of its first ports.
-- @tparam Registry registry
-- @tparam PortSet set
-- @tparam ?number most how many services are written out; 6 if not given
-- @treturn string "telnet 23/tcp, ms-wbt-server 3389/tcp and 40 more ports"
function span.services(registry, set, most)
  local texts, more = {}, 0
  for first, last, transport in set:spans() do
    more = more + add_names(texts, most or 6, registry, first, last, transport)
  end
  return and_more(texts, more)
end

--- All ports of many sets, in one go: adding one set after another would take the square of their number.
-- @tparam {PortSet,...} sets
-- @treturn PortSet
function span.union(sets)
  local spans = {}
  for _, set in ipairs(sets) do
    for first, last, transport in set:spans() do spans[#spans + 1] = { first, last, transport } end
  end
  return portolan.ports(spans)
end

--- The ports that records name; a record without a transport names all of them.
-- @tparam {table,...} records
-- @treturn PortSet
function span.of_records(records)
  local spans = {}
  for _, record in ipairs(records) do
    local transports = record.first and (record.transport and { record.transport } or span.transports) or {}
    for _, transport in ipairs(transports) do spans[#spans + 1] = { record.first, record.last, transport } end
  end
  return portolan.ports(spans)
end

return span
