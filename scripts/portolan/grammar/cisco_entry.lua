--- One entry of a Cisco access list, from its words to a rule.
--
--    cisco_entry.read({ "permit", "tcp", "any", "host", "192.0.2.1", "eq", "www" }, 1, {
--      family = "ip", port = port_of_name, mask = address.wildcard, groups = groups,
--    })  --> { verdict = "accept", matches = { { protocols = { "tcp" }, ... } }, also = {} }
--
-- The words are action, what (a protocol or a service group), from where, to where, and options. IOS, NX-OS, IOS XR
-- and ASA differ in the mask (wildcard or netmask) and in how they name groups; `groups` resolves those
-- (cisco_groups.lua). `established` is any segment with ACK or RST, which is taken as the states established and
-- related; whoever forges that bit gets past the entry. A code beside an ICMP type, and every option that no field
-- can hold, stands in `also`.
--
-- Sources: Cisco IOS Security Command Reference, "permit (IP)", "permit (IPv6)"; Cisco ASA Series Command Reference,
-- "access-list extended".
-- @module portolan.grammar.cisco_entry

local reader = require "portolan.reader"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges

local cisco_entry = {}

-- Protocols --------------------------------------------------------------------------------

local own_protocols = {
  ahp = { "ah" }, esp = { "esp" }, igrp = { "igp" }, ipinip = { "ipencap" }, nos = { "ipip" }, pcp = { "ipcomp" },
  ["tcp-udp"] = { "tcp", "udp" }, ["tcp-or-udp"] = { "tcp", "udp" }, ipsec = { "esp" }, pptp = { "gre" }, snp = { 109 },
  hbh = { "hopopt" }, ip = {}, ipv4 = {}, ipv6 = {},
}

--- The protocols that a word means.
-- @tparam string word
-- @tparam string family "ip6" makes `icmp` ICMPv6
-- @treturn[1] {string|number,...} empty for every protocol
-- @return[2] nil where it is no protocol
function cisco_entry.protocols(word, family)
  if own_protocols[word] then return own_protocols[word] end
  local protocol = protocols.read(word)
  if family == "ip6" and protocol == "icmp" then protocol = "icmpv6" end
  return protocol and { protocol } or nil
end

-- ICMP ---------------------------------------------------------------------------------------

local icmp = {
  ["echo-reply"] = 0, unreachable = 3, ["source-quench"] = 4, redirect = 5, ["alternate-address"] = 6, echo = 8,
  ["router-advertisement"] = 9, ["router-solicitation"] = 10, ["time-exceeded"] = 11, ["parameter-problem"] = 12,
  ["timestamp-request"] = 13, ["timestamp-reply"] = 14, ["information-request"] = 15, ["information-reply"] = 16,
  ["mask-request"] = 17, ["mask-reply"] = 18, traceroute = 30, ["conversion-error"] = 31, ["mobile-redirect"] = 32,
  ["net-unreachable"] = { 3, 0 }, ["host-unreachable"] = { 3, 1 }, ["protocol-unreachable"] = { 3, 2 },
  ["port-unreachable"] = { 3, 3 }, ["packet-too-big"] = { 3, 4 }, ["source-route-failed"] = { 3, 5 },
  ["network-unknown"] = { 3, 6 }, ["host-unknown"] = { 3, 7 }, ["host-isolated"] = { 3, 8 },
  ["dod-net-prohibited"] = { 3, 9 }, ["dod-host-prohibited"] = { 3, 10 }, ["net-tos-unreachable"] = { 3, 11 },
  ["host-tos-unreachable"] = { 3, 12 }, ["administratively-prohibited"] = { 3, 13 },
  ["host-precedence-unreachable"] = { 3, 14 }, ["precedence-unreachable"] = { 3, 15 }, ["net-redirect"] = { 5, 0 },
  ["host-redirect"] = { 5, 1 }, ["net-tos-redirect"] = { 5, 2 }, ["host-tos-redirect"] = { 5, 3 },
  ["ttl-exceeded"] = { 11, 0 }, ["reassembly-timeout"] = { 11, 1 }, ["general-parameter-problem"] = { 12, 0 },
  ["option-missing"] = { 12, 1 }, ["no-room-for-option"] = { 12, 2 },
}

local icmpv6 = {
  unreachable = 1, ["destination-unreachable"] = 1, ["packet-too-big"] = 2, ["time-exceeded"] = 3,
  ["parameter-problem"] = 4, echo = 128, ["echo-request"] = 128, ["echo-reply"] = 129, ["mld-query"] = 130,
  ["mld-report"] = 131, ["mld-reduction"] = 132, ["router-solicitation"] = 133, ["router-advertisement"] = 134,
  ["nd-ns"] = 135, ["neighbor-solicitation"] = 135, ["nd-na"] = 136, ["neighbor-advertisement"] = 136, redirect = 137,
  ["neighbor-redirect"] = 137, ["router-renumbering"] = 138, mldv2 = 143, ["no-route"] = { 1, 0 },
  ["no-admin"] = { 1, 1 }, ["beyond-scope"] = { 1, 2 }, ["address-unreachable"] = { 1, 3 },
  ["port-unreachable"] = { 1, 4 }, ["hop-limit"] = { 3, 0 }, ["reassembly-timeout"] = { 3, 1 }, header = { 4, 0 },
  ["next-header"] = { 4, 1 }, ["parameter-option"] = { 4, 2 },
}

local icmp_names = { icmp = icmp, icmpv6 = icmpv6 }

--- The type that a word means, and the code where it means one.
-- @tparam string word
-- @tparam string protocol "icmp" or "icmpv6"
-- @treturn[1] number type
-- @treturn[1] ?number code
-- @return[2] nil
function cisco_entry.icmp_type(word, protocol)
  local known = icmp_names[protocol][word]
  if type(known) == "table" then return known[1], known[2] end
  return known or reader.number(word, 255)
end

-- Words ------------------------------------------------------------------------------------------

local function peek(draft)
  return draft.words[draft.at]
end

local function take(draft)
  draft.at = draft.at + 1
  return draft.words[draft.at - 1]
end

local function also(draft, text)
  draft.also[#draft.also + 1] = text
end

-- Options, and how many words follow each at least: they end whatever stands before them.
local options = {}
for word in ([[log log-input log-update established dscp precedence tos ttl option time-range reflect packet-length
fragments fragment tracked capture icmp-off counter inactive match-any match-all ack fin psh rst syn urg +ack +fin +psh
+rst +syn +urg -ack -fin -psh -rst -syn -urg tcp-flags-mask http-method tcp-option-length nexthop nexthop1 nexthop2
nexthop3 default flow-label hop-by-hop routing mobility dest-option sequence auth undetermined-transport count
traffic-class nve evaluate timeout destopts hbh set user user-group security-group hop-limit]]):gmatch "%S+" do
  options[word] = true
end

-- Ports ---------------------------------------------------------------------------------------------

local function port_number(draft, word, list)
  if not word or options[word] and not word:find "^%d" then return nil end
  return reader.port(word, #list > 0 and list or nil, { port = draft.context.port })
end

local function range_of(from, to)
  return from and to and from <= to and { { from, to } } or nil
end

-- `eq 80 443 8080`: as many as there are.
local function port_list(draft, list)
  local found, first = {}, draft.at
  repeat
    local number = port_number(draft, peek(draft), list)
    found[#found + 1] = number and { number, number } or nil
    if number or draft.at == first then take(draft) end
  until not number
  return found[1] and ranges.union(found) or nil
end

local comparisons = {
  eq = port_list,
  neq = function(draft, list)
    local found = port_list(draft, list)
    return found and ranges.complement(found, 65535)
  end,
  gt = function(draft, list)
    local number = port_number(draft, take(draft), list)
    return number and (number < 65535 and { { number + 1, 65535 } } or {}) or nil
  end,
  lt = function(draft, list)
    local number = port_number(draft, take(draft), list)
    return number and (number > 0 and { { 0, number - 1 } } or {}) or nil
  end,
  range = function(draft, list)
    local from = port_number(draft, take(draft), list)
    return range_of(from, port_number(draft, take(draft), list))
  end,
}

--- Ports as `eq 80 443`, `range 1 9` and the like, which stand at the cursor of a draft.
-- @tparam table draft `words`, `at`, `context` with `port`
-- @tparam {string,...} list the protocols
-- @treturn[1] {{number,number},...}
-- @return[2] nil where none stand there, or they are not known
-- @treturn[2] ?string what stood there
function cisco_entry.ports(draft, list)
  local compare, from = comparisons[peek(draft)], draft.at
  if not compare then return nil end
  take(draft)
  local found = compare(draft, list)
  draft.at = math.min(draft.at, #draft.words + 1)
  return found, table.concat(draft.words, " ", from, draft.at - 1)
end

local port_groups = { portgroup = true, ["port-group"] = true, ["object-group"] = true }

local function group_ports(draft)
  local word, name = peek(draft), draft.words[draft.at + 1]
  if not (port_groups[word] and name) then return nil end
  if word == "object-group" and not draft.context.groups:is_service(name) then return nil end
  draft.at = draft.at + 2
  return draft.context.groups:ports(name), word .. " " .. name
end

local function read_ports(draft, field)
  local list = draft.protocols
  if not (#list > 0 and protocols.with_ports[list[1]]) then return end
  local found, text = cisco_entry.ports(draft, list)
  if not text then found, text = group_ports(draft) end
  draft[field] = found
  if text and not found then also(draft, field:gsub("_", " ") .. " " .. text) end
end

-- Addresses --------------------------------------------------------------------------------------------

local any = { any = true, any4 = "ip", any6 = "ip6", ["any-ipv4"] = "ip", ["any-ipv6"] = "ip6" }

local function address_word(draft, word)
  if not word then return nil end
  return address.read(draft.context.groups.names and draft.context.groups.names[word] or word)
end

local function of_group(draft, field)
  local word, name = take(draft), take(draft)
  local list = name and draft.context.groups:networks(name)
  if not list then also(draft, ("%s %s %s"):format(field, word, name or "")) end
  return list
end

local function own_address(draft, field)
  take(draft)
  also(draft, ("%s interface %s"):format(field, take(draft) or ""))
end

local function host_name(draft, field)
  take(draft)
  also(draft, ("%s host name %s"):format(field, take(draft) or ""))
end

local function one_host(draft, field)
  take(draft)
  local word = take(draft)
  local found = address_word(draft, word)
  if not found then also(draft, ("%s host %s"):format(field, word or "")) end
  return found and { found }
end

local grouped = { addrgroup = of_group, ["net-group"] = of_group, ["object-group"] = of_group, object = of_group,
  interface = own_address, host = one_host, fqdn = host_name }

local function is_mask(word)
  return word ~= nil and word:find "^%d+%.%d+%.%d+%.%d+$" ~= nil
end

local function masked(draft, field)
  local word = take(draft)
  local found = address_word(draft, word)
  if found and not word:find "/" and is_mask(peek(draft)) then
    local mask = take(draft)
    word, found = word .. " " .. mask, draft.context.mask(found, mask)
  end
  if not found then also(draft, field .. " " .. word) end
  return found and { found }
end

local function is_everything(list)
  return list ~= nil and #list == 1 and (list[1] == "0.0.0.0/0" or list[1] == "::/0")
end

-- Whether there was an address.
local function read_address(draft, field)
  local word = peek(draft)
  if not word then return false end
  if any[word] then
    take(draft)
    draft.family = type(any[word]) == "string" and any[word] or draft.family
    return true
  end
  local list = (grouped[word] or masked)(draft, field)
  if not is_everything(list) then draft[field] = list end
  return true
end

-- Options ------------------------------------------------------------------------------------------------

local function read_icmp(draft)
  local protocol = draft.protocols[1]
  local word = peek(draft)
  if not icmp_names[protocol] or not word or options[word] then return end
  if word == "object-group" then
    take(draft)
    draft.icmp_types = draft.context.groups:icmp_types(take(draft) or "", protocol)
    if not draft.icmp_types then also(draft, "icmp type object-group") end
    return
  end
  local kind, code = cisco_entry.icmp_type(take(draft), protocol)
  if not kind then return also(draft, protocol .. " type " .. word) end
  draft.icmp_types = { { kind, kind } }
  if not code and reader.number(peek(draft), 255) then code = reader.number(take(draft), 255) end
  if code then also(draft, ("%s code %d"):format(protocol, code)) end
end

local function pass() end

local known = {
  log = function(draft) draft.log = true end,
  established = function(draft) draft.states = { "established", "related" } end,
  capture = pass, ["icmp-off"] = pass, counter = pass, count = pass, nexthop1 = pass, nexthop2 = pass, nexthop3 = pass,
  default = pass,
}
known["log-input"], known["log-update"] = known.log, known.log

-- Each option with the words that follow it.
local function read_options(draft)
  while peek(draft) do
    local from = draft.at
    local word = take(draft)
    while peek(draft) and not options[peek(draft)] do take(draft) end
    local run = known[word]
    if run then run(draft) else also(draft, table.concat(draft.words, " ", from, draft.at - 1)) end
  end
end

-- What the entry is about --------------------------------------------------------------------------------------

-- The protocols of services that say nothing else: ports may follow those.
local function protocols_alone(services)
  local list = {}
  for _, service in ipairs(services) do
    if service.source_ports or service.destination_ports or service.icmp_types or #service.protocols == 0 then
      return nil
    end
    for _, protocol in ipairs(service.protocols) do list[#list + 1] = protocol end
  end
  return list
end

local function read_group(draft, word, name)
  local services = draft.context.groups:services(name)
  local list = services and protocols_alone(services)
  draft.services, draft.protocols = not list and services or nil, list or {}
  if not services then also(draft, word .. " " .. name) end
end

local function read_what(draft)
  local word = take(draft)
  if not word then return false end
  if word == "object-group" or word == "object" then
    read_group(draft, word, take(draft) or "")
    return true
  end
  draft.protocols = cisco_entry.protocols(word, draft.context.family)
  return draft.protocols ~= nil
end

local function some(list)
  return list and #list > 0 and list or nil
end

local function match_for(draft, service)
  return {
    family = draft.family ~= draft.context.family and draft.family or nil, source = draft.source,
    destination = draft.destination, protocols = some(service.protocols), source_ports = service.source_ports,
    destination_ports = service.destination_ports, icmp_types = service.icmp_types, states = draft.states,
  }
end

local function is_never(match)
  for _, field in ipairs { "source", "destination", "source_ports", "destination_ports" } do
    if match[field] and #match[field] == 0 then return true end
  end
  return false
end

local function matches_of(draft)
  local list = {}
  for _, service in ipairs(draft.services or { draft }) do
    local match = match_for(draft, service)
    if not is_never(match) then list[#list + 1] = match end
  end
  return list
end

local verdicts = { permit = "accept", deny = "drop" }

local function read_extended(draft)
  if not read_what(draft) then return "no protocol that is known" end
  if not read_address(draft, "source") then return "no source" end
  read_ports(draft, "source_ports")
  if not read_address(draft, "destination") then return "no destination" end
  read_ports(draft, "destination_ports")
  read_icmp(draft)
end

local function read_standard(draft)
  if not read_address(draft, "source") then return "no source" end
end

--- Read an entry.
-- @tparam {string,...} words
-- @tparam number at the word that is the action
-- @tparam table context `family`, `port(name, protocol)`, `mask(address, mask)`, `groups`, `standard` = true where
--   an entry is a source and nothing else
-- @treturn[1] table `verdict`, `matches`, `also`, `log`
-- @return[2] nil, why
function cisco_entry.read(words, at, context)
  local draft = { words = words, at = at, context = context, also = {}, protocols = {} }
  local verdict = verdicts[take(draft)]
  if not verdict then return nil, "not an entry that permits or denies" end
  local why = (context.standard and read_standard or read_extended)(draft)
  if why then return nil, why end
  read_options(draft)
  return { verdict = verdict, matches = matches_of(draft), also = draft.also, log = draft.log }
end

return cisco_entry
