--- The firewall filters of a Junos configuration.
--
--    local chains, unread = junos_filter.chains(root, { source = "router.conf", port = port_of_name })
--
-- A term is a rule: values of one condition are alternatives, conditions hold together, and a term without conditions
-- matches all. What a term does not say it accepts; `next term` goes on. What no term takes is discarded, the chain's
-- policy. Filters at lo0 judge what is for the router itself (hook "input"), others what passes it (hook "forward"); a
-- list of filters at an interface is one chain. A port without a protocol is tcp's and udp's here, though Junos would
-- look at the same bytes of any protocol.
--
-- Source: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide.
-- @module portolan.grammar.junos_filter

local binding = require "portolan.grammar.binding"
local junos_match = require "portolan.grammar.junos_match"
local junos_tree = require "portolan.grammar.junos_tree"
local reader = require "portolan.reader"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges
local find = junos_tree.find

local junos_filter = {}

-- How many rules and addresses lists of filters and of prefixes may come to in all.
local most_members = 500000

local families = { inet = "ip", inet6 = "ip6", any = "inet" }

local function unread(context, node, why)
  local list = context.unread
  list[#list + 1] = { place = reader.place(context.source, node.line, 1), text = junos_tree.text(node), why = why }
end

local function words_of(node)
  local words = {}
  for i, child in ipairs(node.children) do words[i] = child.word end
  return words
end

local function keep(draft, node)
  draft.also[#draft.also + 1] = junos_tree.text(node)
end

-- Addresses: each field gathers what all its conditions name ----------------------------------------

local function gathered(draft, field)
  draft.addresses[field] = draft.addresses[field] or { plain = {}, excepted = {}, nodes = {} }
  return draft.addresses[field]
end

local function gather(draft, field, node)
  local list = gathered(draft, field)
  list.nodes[#list.nodes + 1] = node
  for _, child in ipairs(node.children) do
    local found = address.read(child.word)
    local to = child.by.except and list.excepted or list.plain
    if found then to[#to + 1] = found else list.is_unknown = true end
  end
end

local function gather_prefix_list(draft, field, node)
  local context, list = draft.context, gathered(draft, field)
  list.nodes[#list.nodes + 1] = node
  for _, child in ipairs(node.children) do
    local members = find(context.root, "policy-options", "prefix-list", child.word)
    local to = child.by.except and list.excepted or list.plain
    context.budget = context.budget - (members and #members.children or 0)
    if not members or context.budget < 0 then list.is_unknown = true end
    for _, member in ipairs(not list.is_unknown and members.children or {}) do
      local found = address.read(member.word)
      if found then to[#to + 1] = found else list.is_unknown = true end
    end
  end
end

local function settled_addresses(draft, field)
  local list = draft.addresses[field]
  if not list then return nil end
  local found = not list.is_unknown and junos_match.addresses(list.plain, list.excepted)
  if found then return found end
  for _, node in ipairs(list.nodes) do keep(draft, node) end
  return nil
end

-- Numbers --------------------------------------------------------------------------------------------

local function narrow(draft, field, list)
  draft.match[field] = draft.match[field] and ranges.intersect(draft.match[field], list) or list
end

local function port_condition(field, negated)
  return function(draft, node)
    local list = junos_match.ports(words_of(node), draft.context.port)
    if not list then return keep(draft, node) end
    narrow(draft, field, negated and ranges.complement(list, 65535) or list)
  end
end

local function either_port(draft, node)
  local list = junos_match.ports(words_of(node), draft.context.port)
  if list and not draft.either then draft.either = list else keep(draft, node) end
end

local function icmp_condition(negated)
  return function(draft, node)
    local list = junos_match.icmp_types(words_of(node), draft.family)
    if not list then return keep(draft, node) end
    narrow(draft, "icmp_types", negated and ranges.complement(list, 255) or list)
  end
end

local function protocol_condition(negated)
  return function(draft, node)
    local list = junos_match.protocols(words_of(node))
    if not list or draft.match.protocols then return keep(draft, node) end
    draft.match.protocols = negated and protocols.complement(list) or list
  end
end

local function of_tcp(draft, node)
  if not draft.match.protocols then draft.match.protocols = { "tcp" } end
  if node.word == "tcp-established" then
    draft.match.states = { "established", "related" }
  else
    keep(draft, node)
  end
end

local function interface_condition(draft, node)
  if draft.match.input then return keep(draft, node) end
  draft.match.input = words_of(node)
end

local function interface_set(draft, node)
  local names = {}
  for _, child in ipairs(node.children) do
    local set = find(draft.context.root, "firewall", "interface-set", child.word)
    for _, member in ipairs(set and set.children or {}) do names[#names + 1] = member.word end
  end
  if #names == 0 or draft.match.input then return keep(draft, node) end
  draft.match.input = names
end

local function addresses_in(field, take)
  return function(draft, node) take(draft, field, node) end
end

local function pass() end

local conditions = {
  ["source-address"] = addresses_in("source", gather), ["destination-address"] = addresses_in("destination", gather),
  ["source-prefix-list"] = addresses_in("source", gather_prefix_list),
  ["destination-prefix-list"] = addresses_in("destination", gather_prefix_list),
  address = addresses_in("either", gather), ["prefix-list"] = addresses_in("either", gather_prefix_list),
  protocol = protocol_condition(false), ["protocol-except"] = protocol_condition(true),
  ["next-header"] = protocol_condition(false), ["next-header-except"] = protocol_condition(true),
  ["payload-protocol"] = protocol_condition(false), ["payload-protocol-except"] = protocol_condition(true),
  ["source-port"] = port_condition("source_ports", false),
  ["source-port-except"] = port_condition("source_ports", true),
  ["destination-port"] = port_condition("destination_ports", false),
  ["destination-port-except"] = port_condition("destination_ports", true), port = either_port,
  ["icmp-type"] = icmp_condition(false), ["icmp-type-except"] = icmp_condition(true),
  ["tcp-established"] = of_tcp, ["tcp-initial"] = of_tcp, ["tcp-flags"] = of_tcp, interface = interface_condition,
  ["interface-set"] = interface_set, ["source-port-range-optimize"] = pass, ["destination-port-range-optimize"] = pass,
}
for _, side in ipairs { "source", "destination" } do
  conditions["ip-" .. side .. "-address"] = conditions[side .. "-address"]
  conditions["ip6-" .. side .. "-address"] = conditions[side .. "-address"]
  conditions["ip-" .. side .. "-prefix-list"] = conditions[side .. "-prefix-list"]
end
conditions["ip-protocol"] = conditions.protocol

-- Terms ------------------------------------------------------------------------------------------------

local function copy(match)
  local twin = {}
  for name, value in pairs(match) do twin[name] = value end
  return twin
end

-- The cases of a condition that may hold for source or destination.
local function split(cases, list, fields, join)
  if not list then return cases end
  local result = {}
  for _, case in ipairs(cases) do
    for _, field in ipairs(fields) do
      local twin = copy(case)
      twin[field] = join(twin[field], list)
      result[#result + 1] = twin
    end
  end
  return result
end

local function joined_ports(former, list)
  return former and ranges.intersect(former, list) or list
end

local function is_everything(list)
  return not list.except and #list == 1 and (list[1] == "0.0.0.0/0" or list[1] == "::/0")
end

local function with_protocols(match)
  if not (match.source_ports or match.destination_ports) then return match end
  local list = {}
  for _, protocol in ipairs(match.protocols or { "tcp", "udp" }) do
    if protocols.with_ports[protocol] then list[#list + 1] = protocol end
  end
  match.protocols = list
  return match
end

local function is_never(match)
  for _, field in ipairs { "source", "destination", "source_ports", "destination_ports", "icmp_types", "protocols" } do
    if match[field] and #match[field] == 0 and not match[field].except then return true end
  end
  return false
end

local function matches_of(draft)
  for _, field in ipairs { "source", "destination" } do
    local list = settled_addresses(draft, field)
    if list and not is_everything(list) then draft.match[field] = list end
  end
  local either = settled_addresses(draft, "either")
  if either and (draft.match.source or draft.match.destination) then
    for _, node in ipairs(draft.addresses.either.nodes) do keep(draft, node) end
    either = nil
  end
  local cases = split({ draft.match }, draft.either, { "source_ports", "destination_ports" }, joined_ports)
  cases = split(cases, either, { "source", "destination" }, function(_, list) return list end)
  local matches = {}
  for _, case in ipairs(cases) do
    if not is_never(with_protocols(case)) then matches[#matches + 1] = case end
  end
  return matches
end

local function read_conditions(draft, node)
  for _, condition in ipairs(node and node.children or {}) do
    local read = conditions[condition.word]
    if condition.is_inactive then
      unread(draft.context, condition, "inactive")
    elseif read then
      read(draft, condition)
    else
      keep(draft, condition)
    end
  end
end

local verdicts = { accept = "accept", discard = "drop", reject = "reject", next = "continue" }

-- A term that says nothing that ends it accepts.
local function verdict_of(node)
  for _, action in ipairs(node and node.children or {}) do
    if verdicts[action.word] then return verdicts[action.word] end
  end
  return "accept"
end

local function read_term(context, chain, term)
  if term.is_inactive then return unread(context, term, "inactive") end
  if term.by.filter then return unread(context, term, "a filter within a filter is not followed") end
  local draft = { context = context, family = chain.family, match = {}, addresses = {}, also = {} }
  local actions = term.by["then"]
  read_conditions(draft, term.by.from)
  chain.rules[#chain.rules + 1] = {
    place = reader.place(context.source, term.line, 1, chain.name), text = "term " .. junos_tree.text(term),
    matches = matches_of(draft), also = draft.also, verdict = verdict_of(actions),
    log = actions and (actions.by.log or actions.by.syslog) and true or nil,
  }
end

-- Filters -------------------------------------------------------------------------------------------------

local function filter_chain(context, family, filter)
  local chain = {
    name = filter.word, table = "filter", family = families[family] or "bridge", policy = "drop",
    place = reader.place(context.source, filter.line, 1, filter.word), rules = {},
  }
  for _, node in ipairs(filter.children) do
    if node.word == "apply-groups" then unread(context, node, "groups are not followed") end
    for _, term in ipairs(node.word == "term" and node.children or {}) do read_term(context, chain, term) end
  end
  return chain
end

local function add_filters(context, family, node, filters)
  for _, filter in ipairs(node and node.children or {}) do
    if filter.is_inactive then
      unread(context, filter, "inactive")
    else
      local chain = filter_chain(context, family, filter)
      filters[#filters + 1] = { chain = chain, key = family .. "\0" .. filter.word }
      filters[filters[#filters].key] = chain
    end
  end
end

local function filters_of(context, firewall)
  local filters = {}
  add_filters(context, "inet", firewall.by.filter, filters)
  for _, family in ipairs(firewall.by.family and firewall.by.family.children or {}) do
    add_filters(context, family.word, family.by.filter, filters)
  end
  return filters
end

-- Where filters are applied -----------------------------------------------------------------------------------

local ways = {
  input = { "input", "input" }, ["input-list"] = { "input", "input" },
  output = { "output", "output" }, ["output-list"] = { "output", "output" },
}

local function way_of(direction, interface)
  local hook = interface:find "^lo0" and direction or "forward"
  local how = hook == "forward" and "filter " .. direction or "filter " .. direction .. " lo0"
  return { how = how, hook = hook, [direction] = hook == "forward" and interface or nil }
end

-- Several filters in a row are one: what an earlier does not take, the next sees.
local function concatenated(context, filters, family, names)
  local key = family .. "\0" .. table.concat(names, " ")
  if filters[key] or #names < 2 or context.budget < 0 then return key end
  local chain
  for _, name in ipairs(names) do
    local part = filters[family .. "\0" .. name]
    if part and not chain then
      chain = copy(part)
      chain.name, chain.rules = table.concat(names, " "), {}
    end
    for _, rule in ipairs(part and part.rules or {}) do chain.rules[#chain.rules + 1] = rule end
    context.budget = context.budget - (part and #part.rules or 0)
  end
  if chain then
    filters[#filters + 1] = { chain = chain, key = key }
    filters[key] = chain
  end
  return key
end

local function bind(context, filters, family, node, interface)
  for _, at in ipairs(node.children) do
    local way = ways[at.word]
    if way and at.children[1] then
      local names = at.word:find "list" and words_of(at) or { at.children[1].word }
      local key = concatenated(context, filters, family, names)
      if filters[key] then
        context.bindings[key] = context.bindings[key] or {}
        table.insert(context.bindings[key], way_of(way[1], interface))
      else
        unread(context, at, "the filter is defined nowhere")
      end
    end
  end
end

local function bind_unit(context, filters, unit, interface)
  for _, family in ipairs(unit.by.family and unit.by.family.children or {}) do
    if family.by.filter then bind(context, filters, family.word, family.by.filter, interface) end
  end
  if unit.by.filter then bind(context, filters, "any", unit.by.filter, interface) end
end

local function bind_all(context, filters)
  local interfaces = find(context.root, "interfaces")
  for _, interface in ipairs(interfaces and interfaces.children or {}) do
    for _, unit in ipairs(interface.by.unit and interface.by.unit.children or {}) do
      bind_unit(context, filters, unit, interface.word .. "." .. unit.word)
    end
  end
end

--- The chains of all filters.
-- @tparam table root the configuration (junos_tree.lua)
-- @tparam table context `source`, `port(name, protocol)`, `unread`, to which is added what is not read
-- @treturn {table,...} chains of the normal form
function junos_filter.chains(root, context)
  local firewall, chains = find(root, "firewall"), {}
  if not firewall then return chains end
  context.root, context.bindings, context.budget = root, {}, most_members
  local filters = filters_of(context, firewall)
  bind_all(context, filters)
  for _, filter in ipairs(filters) do
    for _, chain in ipairs(binding.chains(filter.chain, context.bindings[filter.key] or {})) do
      chains[#chains + 1] = chain
    end
  end
  return chains
end

return junos_filter
