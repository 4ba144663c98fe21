--- The security policies of a Junos configuration (SRX): zones, address books, applications.
--
--    local chains = junos_policy.chains(root, { source = "srx.conf", port = port_of_name, unread = {} })
--
-- From one zone to another is a chain (hook "forward"; "input" to the zone junos-host, "output" from it), whose rules
-- match at the interfaces of the zones, or at the zone's name where it has none here. Policies of all zones come after
-- those of a pair. What no policy takes is denied, unless the default policy permits. An application is what it is
-- defined as, or what Junos predefines; a policy with one that is neither keeps it in `also`.
--
-- Source: Junos OS Security Policies User Guide for Security Devices.
-- @module portolan.grammar.junos_policy

local dialects = require "portolan.dialects"
local junos_match = require "portolan.grammar.junos_match"
local junos_tree = require "portolan.grammar.junos_tree"
local reader = require "portolan.reader"

local address = reader.address
local find = junos_tree.find

local junos_policy = {}

-- What all sets of addresses and applications together may be worked out to.
local most_members = 500000

local function children(node, ...)
  local found = node and find(node, ...)
  return found and found.children or {}
end

local function unread(context, node, why)
  local list = context.unread
  list[#list + 1] = { place = reader.place(context.source, node.line, 1), text = junos_tree.text(node), why = why }
end

local function append(to, from)
  for _, item in ipairs(from) do to[#to + 1] = item end
end

local function spend(context, count)
  context.budget = context.budget - count
  return context.budget >= 0
end

-- Addresses --------------------------------------------------------------------------------------

local function books_of(context, zone)
  local list = context.books[zone]
  if list then return list end
  list = {}
  context.books[zone] = list
  list[1] = find(context.root, "security", "zones", "security-zone", zone, "address-book")
  for _, book in ipairs(children(context.root, "security", "address-book")) do
    if book.word == "global" or find(book, "attach", "zone", zone) then list[#list + 1] = book end
  end
  return list
end

local function one_address(node)
  local range = node.by["range-address"] and node.by["range-address"].children[1]
  if range then
    local last = range.by.to and range.by.to.children[1]
    local found = last and address.range(range.word, last.word)
    return found and { found }
  end
  for _, child in ipairs((node.by["wildcard-address"] or node).children) do
    local found = address.read(child.word)
    if found then return { found } end
  end
  return nil
end

local resolve_address

local function address_set(context, book, node, depth)
  local list = {}
  for _, kind in ipairs { "address", "address-set" } do
    for _, member in ipairs(children(node, kind)) do
      local found = resolve_address(context, book, member.word, depth + 1)
      if not (found and spend(context, #found + 1)) then return nil end
      append(list, found)
    end
  end
  return list
end

-- In one book; sets name sets, up to a depth that no cycle gets past.
function resolve_address(context, book, name, depth)
  local one, set = find(book, "address", name), find(book, "address-set", name)
  if depth > 16 or not (one or set) then return nil end
  if one then return one_address(one) end
  return address_set(context, book, set, depth)
end

local function address_named(context, zone, name)
  local known = context.addresses[zone .. "\0" .. name]
  if known ~= nil then return known or nil end
  local found
  for _, book in ipairs(books_of(context, zone)) do found = found or resolve_address(context, book, name, 1) end
  context.addresses[zone .. "\0" .. name] = found or false
  return found
end

local any = { any = true, ["any-ipv4"] = "ip", ["any-ipv6"] = "ip6" }

local function read_addresses(draft, field, node, zone)
  local list = {}
  for _, child in ipairs(node and node.children or {}) do
    if any[child.word] then
      draft.family = any[child.word] ~= true and any[child.word] or draft.family
      return
    end
    local found = address_named(draft.context, zone, child.word)
    if not (found and spend(draft.context, #found)) then
      draft.also[#draft.also + 1] = node.word .. " " .. junos_tree.text(child)
      return
    end
    append(list, found)
  end
  if list[1] then draft.match[field] = list end
end

-- Applications --------------------------------------------------------------------------------------

local keys = { protocol = true, ["destination-port"] = true, ["source-port"] = true, ["icmp-type"] = true,
  ["icmp6-type"] = true }
local harmless = { ["inactivity-timeout"] = true, alg = true, ["application-protocol"] = true, description = true }

-- The words of an application stand in a row (`term t protocol tcp destination-port 25`) or apart: either way each
-- known word is followed by its value.
local function collect(node, values)
  for _, child in ipairs(node.children) do
    local value = child.children[1]
    if keys[child.word] and value then
      values[child.word] = value.word
      collect(value, values)
    elseif harmless[child.word] then
      for _, below in ipairs(child.children) do collect(below, values) end
    else
      values.is_unknown = true
    end
  end
  return values
end

local icmp_protocols = { icmp = "ip", icmpv6 = "ip6" }

local function service_of(context, values)
  local list = values.protocol and junos_match.protocols { values.protocol }
  if values.is_unknown or values.protocol and not list then return nil end
  local service = { protocols = list }
  for field, key in pairs { source_ports = "source-port", destination_ports = "destination-port" } do
    service[field] = values[key] and junos_match.ports({ values[key] }, context.port)
    if values[key] and not service[field] then return nil end
  end
  local kind, family = values["icmp-type"] or values["icmp6-type"], list and icmp_protocols[list[1]]
  if kind then
    service.icmp_types = family and junos_match.icmp_types({ kind }, family)
    if not service.icmp_types then return nil end
  end
  if (service.source_ports or service.destination_ports) and not list then service.protocols = { "tcp", "udp" } end
  return service
end

local function application(context, node)
  local terms, services = children(node, "term"), {}
  if #terms == 0 then return { service_of(context, collect(node, {})) } end
  for i, term in ipairs(terms) do
    services[i] = service_of(context, collect(term, {}))
    if not services[i] then return nil end
  end
  return services
end

local predefined = {
  ["junos-icmp-all"] = { { protocols = { "icmp" } } }, ["junos-icmp6-all"] = { { protocols = { "icmpv6" } } },
  ["junos-icmp-ping"] = { { protocols = { "icmp" }, icmp_types = { { 8, 8 } } } },
  ["junos-ping"] = { { protocols = { "icmp" }, icmp_types = { { 8, 8 } } } },
  ["junos-pingv6"] = { { protocols = { "icmpv6" }, icmp_types = { { 128, 128 } } } },
  ["junos-icmp6-echo-request"] = { { protocols = { "icmpv6" }, icmp_types = { { 128, 128 } } } },
  ["junos-icmp6-echo-reply"] = { { protocols = { "icmpv6" }, icmp_types = { { 129, 129 } } } },
  ["junos-gre"] = { { protocols = { "gre" } } }, ["junos-ospf"] = { { protocols = { "ospf" } } },
  ["junos-tcp-any"] = { { protocols = { "tcp" } } }, ["junos-udp-any"] = { { protocols = { "udp" } } },
}

local function predefined_services(name)
  if predefined[name] then return predefined[name] end
  local services = {}
  for i, span in ipairs(dialects.ports("junos-applications", name)) do
    services[i] = { protocols = { span.transport }, destination_ports = { { span.first, span.last } } }
  end
  return services[1] and services or nil
end

local function resolve_application(context, name, depth)
  local one = find(context.root, "applications", "application", name)
  local set = find(context.root, "applications", "application-set", name)
  if one then
    local services = application(context, one)
    return services and services[1] and services or nil
  end
  if not set or depth > 16 then return predefined_services(name) end
  local list = {}
  for _, kind in ipairs { "application", "application-set" } do
    for _, member in ipairs(children(set, kind)) do
      local found = resolve_application(context, member.word, depth + 1)
      if not (found and spend(context, #found + 1)) then return nil end
      append(list, found)
    end
  end
  return list
end

local function application_named(context, name)
  local known = context.applications[name]
  if known == nil then
    known = resolve_application(context, name, 1) or false
    context.applications[name] = known
  end
  return known or nil
end

local function read_applications(draft, node)
  local list = {}
  for _, child in ipairs(node and node.children or {}) do
    if child.word == "any" then return end
    local found = application_named(draft.context, child.word)
    if not (found and spend(draft.context, #found)) then
      draft.also[#draft.also + 1] = node.word .. " " .. junos_tree.text(child)
      return
    end
    append(list, found)
  end
  draft.services = list[1] and list
end

-- Policies ---------------------------------------------------------------------------------------------

local function is_everything(list)
  return list and #list == 1 and not list.except and (list[1] == "0.0.0.0/0" or list[1] == "::/0")
end

local function match_for(draft, service)
  local match = { family = draft.family, input = draft.input, output = draft.output }
  for _, field in ipairs { "source", "destination" } do
    if not is_everything(draft.match[field]) then match[field] = draft.match[field] end
  end
  for field, value in pairs(service) do match[field] = value end
  return match
end

local function matches_of(draft)
  local matches = {}
  for i, service in ipairs(draft.services or { {} }) do matches[i] = match_for(draft, service) end
  return matches
end

local function excluded(draft, field, node)
  if node and draft.match[field] then draft.match[field].except = true end
end

local read_elsewhere = { ["source-address"] = true, ["destination-address"] = true, application = true,
  ["source-address-excluded"] = true, ["destination-address-excluded"] = true, ["from-zone"] = true,
  ["to-zone"] = true }

local function keep_others(draft, node)
  for _, condition in ipairs(node and node.children or {}) do
    if not read_elsewhere[condition.word] and not condition.by.any then
      draft.also[#draft.also + 1] = junos_tree.text(condition)
    end
  end
end

local verdicts = { permit = "accept", deny = "drop", reject = "reject" }

local function verdict_of(node)
  for _, action in ipairs(node and node.children or {}) do
    if verdicts[action.word] then return verdicts[action.word] end
  end
  return "continue"
end

local function zones_of(node, key, zone)
  local named = node and node.by[key]
  return named and named.children[1] and not named.by.any and named.children[1].word or zone or "any"
end

local function read_policy(context, chain, policy, pair)
  if policy.is_inactive then return unread(context, policy, "inactive") end
  local match, action = policy.by.match, policy.by["then"]
  local draft = { context = context, match = {}, also = {}, input = pair.input, output = pair.output }
  read_addresses(draft, "source", match and match.by["source-address"], zones_of(match, "from-zone", pair.from))
  read_addresses(draft, "destination", match and match.by["destination-address"], zones_of(match, "to-zone", pair.to))
  excluded(draft, "source", match and match.by["source-address-excluded"])
  excluded(draft, "destination", match and match.by["destination-address-excluded"])
  read_applications(draft, match and match.by.application)
  keep_others(draft, match)
  chain.rules[#chain.rules + 1] = {
    place = reader.place(context.source, policy.line, 1, chain.name), text = "policy " .. junos_tree.text(policy),
    matches = matches_of(draft), also = draft.also, verdict = verdict_of(action),
    log = action and action.by.log and true or nil,
  }
end

-- Pairs of zones --------------------------------------------------------------------------------------------

local function interfaces_of(context, zone)
  local names = {}
  for i, node in ipairs(children(context.root, "security", "zones", "security-zone", zone, "interfaces")) do
    names[i] = node.word
  end
  return names[1] and names or { zone }
end

local function new_chain(context, name, node, hook)
  return {
    name = name, table = "policies", family = "inet", hook = hook, priority = 0, policy = context.policy,
    place = reader.place(context.source, node.line, 1, name), rules = {},
  }
end

local function pair_chain(context, from, to)
  local hook = to.word == "junos-host" and "input" or from.word == "junos-host" and "output" or "forward"
  local chain = new_chain(context, ("from-zone %s to-zone %s"):format(from.word, to.word), to, hook)
  local pair = {
    from = from.word, to = to.word, input = hook ~= "output" and interfaces_of(context, from.word) or nil,
    output = hook ~= "input" and interfaces_of(context, to.word) or nil,
  }
  for _, policy in ipairs(children(to, "policy")) do read_policy(context, chain, policy, pair) end
  if find(context.root, "security", "policies", "global", "policy") then
    chain.rules[#chain.rules + 1] = {
      place = chain.place, text = "global", matches = { {} }, also = {}, verdict = "goto", target = "global",
    }
  end
  return chain
end

local function global_zones(context, policy)
  local match = policy.by.match
  local from, to = zones_of(match, "from-zone"), zones_of(match, "to-zone")
  return {
    from = from, to = to, input = from ~= "any" and interfaces_of(context, from) or nil,
    output = to ~= "any" and to ~= "junos-host" and interfaces_of(context, to) or nil,
  }
end

local function global_chain(context, node)
  local chain = new_chain(context, "global", node, "forward")
  for _, policy in ipairs(children(node, "policy")) do
    read_policy(context, chain, policy, global_zones(context, policy))
  end
  return chain
end

--- The chains of all security policies.
-- @tparam table root the configuration (junos_tree.lua)
-- @tparam table given `source`, `port(name, protocol)`, `unread`, to which is added what is not read
-- @treturn {table,...} chains of the normal form
function junos_policy.chains(root, given)
  local policies, chains = find(root, "security", "policies"), {}
  if not policies then return chains end
  local context = {
    root = root, source = given.source, port = given.port, unread = given.unread, addresses = {}, applications = {},
    books = {},
    budget = most_members, policy = find(policies, "default-policy", "permit-all") and "accept" or "drop",
  }
  for _, from in ipairs(children(policies, "from-zone")) do
    for _, to in ipairs(children(from, "to-zone")) do chains[#chains + 1] = pair_chain(context, from, to) end
  end
  if policies.by.global then chains[#chains + 1] = global_chain(context, policies.by.global) end
  return chains
end

return junos_policy
