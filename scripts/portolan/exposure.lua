--- What the world is, and what of it a match lets in.
--
--    exposure.of({ protocols = { "tcp" }, destination_ports = { { 22, 22 } } }, trusted)    --> PortSet of 22/tcp
--    exposure.of({ source = { "10.0.0.0/8" }, ... }, trusted)                               --> empty PortSet
--
-- A port is exposed by a match when a new connection from the world can reach it:
--
-- - the connection is new: no states are asked for, or "new" is among them;
-- - the source is the world: any, or a network as large as an IPv4 /8 or an IPv6 /16 that is neither special
--   (RFC 6890: loopback, private, link-local, multicast ...) nor trusted by the policy. Where a source is
--   negated, the world is all that is left, unless nothing is. A mask with holes counts as the world;
-- - the interface is not the loopback, and none that the policy trusts;
-- - the destination is not only loopback, link-local, multicast or broadcast.
--
-- Where it is asked what a zone of the policy reaches, the source must overlap the zone's networks and the interface
-- be one of the zone's; a range of addresses, and a mask with holes, overlap all networks of their family.
--
-- A source port narrows nothing: the world may choose it. Protocols other than tcp, udp, sctp and dccp have no
-- ports; UDP-Lite's are udp's (RFC 3828).
-- @module portolan.exposure

local address = require "portolan.address"
local portolan = require "portolan"
local span = require "portolan.span"

local exposure = {}

local not_the_world = {
  "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
  "224.0.0.0/4", "240.0.0.0/4", "::1", "fc00::/7", "fe80::/10", "ff00::/8",
}

local not_from_afar = {
  "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255", "::1", "fe80::/10", "ff00::/8",
}

local function is_v6(text)
  return text:find(":", 1, true) ~= nil
end

local function length_of(network)
  return tonumber(network:match "/(%d+)$") or is_v6(network) and 128 or 32
end

local function begins(one, network)
  local length = length_of(network)
  return is_v6(one) == is_v6(network) and address.prefix(one, length) == address.prefix(network:match "^[^/]+", length)
end

-- All of an address, prefix or range; a mask with holes is within nothing.
local function within(entry, network)
  local first, last = entry:match "^(.-)%-(.*)$"
  if first then return begins(first, network) and begins(last, network) end
  local one, mask = entry:match "^([^/]+)/?(.*)$"
  if mask:find "[.:]" then return false end
  return (tonumber(mask) or 128) >= length_of(network) and begins(one, network)
end

local function within_any(entry, networks)
  for _, network in ipairs(networks) do
    if within(entry, network) then return true end
  end
  return false
end

local function is_large(entry)
  local first, last = entry:match "^(.-)%-(.*)$"
  local enough = is_v6(entry) and 16 or 8
  if first then return address.prefix(first, enough) ~= address.prefix(last, enough) end
  return entry:find "/%d*[.:]" ~= nil or length_of(entry) <= enough
end

local function is_everything(entry)
  return entry:find "/0$" ~= nil
end

local function any(list, test, ...)
  for _, entry in ipairs(list) do
    if test(entry, ...) then return true end
  end
  return false
end

local function all(list, test, ...)
  for _, entry in ipairs(list) do
    if not test(entry, ...) then return false end
  end
  return #list > 0
end

local function is_world(entry, networks)
  return is_large(entry) and not within_any(entry, not_the_world) and not within_any(entry, networks)
end

local function from_world(source, networks)
  if not source then return true end
  if source.except then return not any(source, is_everything) end
  return any(source, is_world, networks)
end

local function from_afar(destination)
  return not destination or destination.except or not all(destination, within_any, not_from_afar)
end

local function covers(pattern, name)
  local stem = pattern:match "^(.*)%*$"
  return name == pattern or stem and name:sub(1, #stem) == stem
end

local function is_covered(name, patterns)
  for _, pattern in ipairs(patterns) do
    if covers(pattern, name) then return true end
  end
  return false
end

local loopback = { "lo" }

local function is_inside(name, interfaces)
  return is_covered(name, loopback) or is_covered(name, interfaces)
end

local function is_outside(input, interfaces)
  return not input or input.except or not all(input, is_inside, interfaces)
end

-- What is no prefix is not compared any closer.
local function overlaps(entry, networks)
  for _, network in ipairs(networks) do
    if is_v6(entry) == is_v6(network) then
      if entry:find "[-]" or entry:find "/.*[.:]" then return true end
      if within(entry, network) or within(network, entry) then return true end
    end
  end
  return false
end

local function comes_from_networks(source, networks)
  if not source or #networks == 0 then return true end
  if source.except then return not all(networks, within_any, source) end
  return any(source, overlaps, networks)
end

local function comes_by(input, interfaces)
  if not input or #interfaces == 0 then return true end
  if input.except then return not all(interfaces, is_covered, input) end
  return any(input, is_covered, interfaces) or any(interfaces, is_covered, input)
end

local function comes_from(match, from)
  if from.zone then
    return comes_from_networks(match.source, from.zone.networks) and comes_by(match.input, from.zone.interfaces)
  end
  return from_world(match.source, from.networks) and is_outside(match.input, from.interfaces)
end

local function is_new(states)
  if not states then return true end
  return any(states, function(state) return state == "new" end)
end

local transport_of = { tcp = "tcp", udp = "udp", sctp = "sctp", dccp = "dccp", udplite = "udp" }

--- The destination ports of a match, whoever the source is.
-- @tparam table match as in FORMS.md
-- @treturn PortSet empty where no protocol of the match has ports
function exposure.ports(match)
  local spans = {}
  for _, protocol in ipairs(match.protocols or span.transports) do
    local transport = transport_of[protocol]
    for _, range in ipairs(transport and (match.destination_ports or { { 0, 65535 } }) or {}) do
      spans[#spans + 1] = { range[1], range[2], transport }
    end
  end
  return portolan.ports(spans)
end

--- The ports that a match exposes.
-- @tparam table match as in FORMS.md
-- @tparam table from `networks` and `interfaces` that are not the world, lists; or `zone`, which has such lists and
--   is asked about instead of the world
-- @treturn PortSet
function exposure.of(match, from)
  local open = is_new(match.states) and comes_from(match, from) and is_outside(match.output, {})
    and from_afar(match.destination)
  return open and exposure.ports(match) or portolan.ports {}
end

--- Whether a match lets packets go to any address, and to every port of every transport.
-- @tparam table match
-- @treturn boolean
function exposure.goes_anywhere(match)
  local destination = match.destination
  local anywhere = not destination or not destination.except and any(destination, is_everything)
  local narrowed = match.protocols or match.destination_ports or match.source or match.source_ports
    or match.icmp_types or match.output and not match.output.except
  return anywhere and not narrowed and is_new(match.states)
end

--- Whether packets from an address can be in a match.
-- @tparam table match
-- @tparam string network an address or prefix, canonical
-- @treturn boolean where the match names no source, false
function exposure.names_source(match, network)
  return match.source ~= nil and not match.source.except and any(match.source, within, network)
end

--- Whether a list of interfaces has one.
-- @tparam {string,...} list as in a match: with wildcards, or `except`
-- @tparam string name
-- @treturn boolean
function exposure.names_interface(list, name)
  return is_covered(name, list) ~= (list.except or false)
end

--- Whether every new packet to the match's ports is in the match, whoever sends it.
-- @tparam table match
-- @tparam string family the chain's
-- @treturn boolean
function exposure.spares_nobody(match, family)
  local named = match.source or match.destination or match.input or match.output or match.source_ports
    or match.icmp_types or match.family and match.family ~= family
  return not named and is_new(match.states)
end

return exposure
