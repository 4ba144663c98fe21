--- What the elements of firewalld's zones, policies, services and rich rules ask, as alternatives.
--
--    firewalld_element.services(element, context)
--      --> { { match = { protocols = { "tcp" }, destination_ports = { { 22, 22 } } } } }
--
-- An alternative is portolan.grammar.permission's. Names of services are firewalld's own and never IANA's: they are
-- looked up in `context.service`, and a name that is not there is said in `also`.
--
-- Sources: firewalld.service(5), firewalld.richlanguage(5), firewalld.icmptype(5).
-- @module portolan.grammar.firewalld_element

local permission = require "portolan.grammar.permission"
local reader = require "portolan.reader"
local xml = require "portolan.xml"

local protocols = reader.protocols

local element = {}

-- Types of ICMP and ICMPv6 by firewalld's names (config/icmptypes), and whether a code narrows them.
local icmp_types = {
  ["address-unreachable"] = { nil, 1, true }, ["bad-header"] = { nil, 4, true }, ["beyond-scope"] = { nil, 1, true },
  ["communication-prohibited"] = { 3, nil, true }, ["destination-unreachable"] = { 3, 1 }, ["echo-reply"] = { 0, 129 },
  ["echo-request"] = { 8, 128 }, ["failed-policy"] = { nil, 1, true }, ["fragmentation-needed"] = { 3, nil, true },
  ["host-precedence-violation"] = { 3, nil, true }, ["host-prohibited"] = { 3, nil, true },
  ["host-redirect"] = { 5, nil, true }, ["host-unknown"] = { 3, nil, true }, ["host-unreachable"] = { 3, nil, true },
  ["ip-header-bad"] = { 12, nil, true }, ["mld-listener-done"] = { nil, 132 }, ["mld-listener-query"] = { nil, 130 },
  ["mld-listener-report"] = { nil, 131 }, ["mld2-listener-report"] = { nil, 143 },
  ["neighbour-advertisement"] = { nil, 136 }, ["neighbour-solicitation"] = { nil, 135 },
  ["network-prohibited"] = { 3, nil, true }, ["network-redirect"] = { 5, nil, true },
  ["network-unknown"] = { 3, nil, true }, ["network-unreachable"] = { 3, nil, true }, ["no-route"] = { nil, 1, true },
  ["packet-too-big"] = { nil, 2 }, ["parameter-problem"] = { 12, 4 }, ["port-unreachable"] = { 3, 1, true },
  ["precedence-cutoff"] = { 3, nil, true }, ["protocol-unreachable"] = { 3, nil, true }, redirect = { 5, 137 },
  ["reject-route"] = { nil, 1, true }, ["required-option-missing"] = { 12, nil, true },
  ["router-advertisement"] = { 9, 134 }, ["router-solicitation"] = { 10, 133 }, ["source-quench"] = { 4 },
  ["source-route-failed"] = { 3, nil, true }, ["time-exceeded"] = { 11, 3 }, ["timestamp-reply"] = { 14 },
  ["timestamp-request"] = { 13 }, ["tos-host-redirect"] = { 5, nil, true }, ["tos-host-unreachable"] = { 3, nil, true },
  ["tos-network-redirect"] = { 5, nil, true }, ["tos-network-unreachable"] = { 3, nil, true },
  ["ttl-zero-during-reassembly"] = { 11, 3, true }, ["ttl-zero-during-transit"] = { 11, 3, true },
  ["unknown-header-type"] = { nil, 4, true }, ["unknown-option"] = { nil, 4, true },
}

local icmp = { { "icmp", "ip" }, { "icmpv6", "ip6" } }

--- The alternatives of an ICMP type.
-- @tparam table one element with `name`
-- @treturn {table,...}
function element.icmp(one)
  local name = one.attributes.name or ""
  local numbers, list = icmp_types[name], {}
  if not numbers then return { { match = { protocols = { "icmp", "icmpv6" } }, also = "icmp type " .. name } } end
  for i, protocol in ipairs(icmp) do
    local number = numbers[i]
    list[#list + 1] = number and {
      match = { family = protocol[2], protocols = { protocol[1] }, icmp_types = { { number, number } } },
      also = numbers[3] and "icmp type " .. name or nil,
    } or nil
  end
  return list
end

-- "80", "1714-1764" -> ranges; nil for what is no port.
local function port_ranges(text)
  local first, last = text:match "^(%d+)%-(%d+)$"
  first, last = reader.number(first or text, 65535), reader.number(last or text, 65535)
  return first and last and first <= last and { { first, last } } or nil
end

local function port_alternatives(protocol, port, field)
  local name = protocols.read(protocol or "")
  local match = { protocols = name and { name } or nil }
  if name and (port or "") == "" then return { { match = match } } end
  local range = name and protocols.with_ports[name] and port_ranges(port)
  if range then
    match[field] = range
    return { { match = match } }
  end
  return { { match = match, also = ("%s %s/%s"):format(field, port or "", protocol or "") } }
end

-- The ports and protocols that an element names by itself.
local own = {
  port = function(at) return port_alternatives(at.protocol, at.port, "destination_ports") end,
  ["forward-port"] = function(at) return port_alternatives(at.protocol, at.port, "destination_ports") end,
  ["source-port"] = function(at) return port_alternatives(at.protocol, at.port, "source_ports") end,
  protocol = function(at) return port_alternatives(at.value, "", "destination_ports") end,
}

-- Services ----------------------------------------------------------------------------------------------------

local function append(list, more)
  for _, value in ipairs(more) do list[#list + 1] = value end
end

local function unknown_service(name)
  return { { match = {}, also = "service " .. name } }
end

-- One that only goes to some addresses: each alternative once for either family.
local function bound_for(list, networks)
  local destinations, bound = permission.networks(networks, "destination"), {}
  if #networks == 0 then return list end
  for _, one in ipairs(list) do
    for _, place in ipairs(destinations) do
      local match = { family = place.match.family, destination = place.match.destination }
      for field, value in pairs(one.match) do match[field] = value end
      bound[#bound + 1] = { match = match, also = one.also }
    end
  end
  return bound
end

local function destinations_of(root)
  local networks = {}
  for _, child in ipairs(xml.named(root, "destination")) do
    append(networks, { child.attributes.ipv4 })
    append(networks, { child.attributes.ipv6 })
  end
  return networks
end

local function from_document(root, context)
  local list = {}
  for _, child in ipairs(root.children) do
    if own[child.name] then append(list, own[child.name](child.attributes)) end
    if child.name == "include" then append(list, element.service(child.attributes.service or "", context)) end
  end
  return bound_for(list, destinations_of(root))
end

-- Services that include each other twofold grow without end.
local function bounded(list, name)
  return #list <= permission.most and list or unknown_service(name)
end

local function from_spans(spans)
  local list = {}
  for i, span in ipairs(spans) do
    list[i] = { match = { protocols = { span.transport }, destination_ports = { { span.first, span.last } } } }
  end
  return list
end

local function look_up(name, context)
  local text = context.files[name .. ".xml"]
  local root = text and xml.read(text, name .. ".xml")
  if root then return bounded(from_document(root, context), name) end
  local spans = context.service and context.service(name) or {}
  return #spans > 0 and from_spans(spans) or unknown_service(name)
end

--- The alternatives of a service, those that it includes among them.
-- @tparam string name firewalld's name
-- @tparam table context `files`: texts of service files by name; `service(name)` -> list of `{ first=, last=,
--   transport= }`, empty where there is none; `known`: services met before
-- @treturn {table,...}
function element.service(name, context)
  local known = context.known
  if not known[name] then
    known[name] = unknown_service(name)
    known[name] = look_up(name, context)
  end
  return known[name]
end

--- The alternatives of a service's own document.
function element.document(root, context)
  return from_document(root, context)
end

--- The alternatives of an element that names a service, ports, a protocol or a type of ICMP.
-- @tparam table one element
-- @tparam table context as of `service`
-- @treturn[1] {table,...}
-- @return[2] nil where the element names none of them
function element.services(one, context)
  if own[one.name] then return own[one.name](one.attributes) end
  if one.name == "service" then return element.service(one.attributes.name or "", context) end
  if one.name == "icmp-type" or one.name == "icmp-block" then return element.icmp(one) end
end

-- Peers -------------------------------------------------------------------------------------------------------

local truths = { yes = true, ["true"] = true }

--- The alternative of a source or destination.
-- @tparam table one element with `address`, `mac` or `ipset`, and `invert`
-- @tparam string field "source" or "destination"
-- @treturn table
function element.peer(one, field)
  local at = one.attributes
  local canonical, family = reader.address.read(at.address or "")
  local inverted = truths[(at.invert or ""):lower()]
  if canonical then return { match = { family = family, [field] = { canonical, except = inverted or nil } } } end
  local named = at.ipset and "ipset " .. at.ipset or at.mac and "mac " .. at.mac or at.address or xml.show(one)
  return { match = {}, also = ("%s %s%s"):format(field, inverted and "not " or "", named) }
end

return element
