--- One rule of pf.conf, from its tokens to matches.
--
--    pf_rule.read(line, { port = port_of_name, tables = { web = { "192.0.2.0/24" } }, source = "pf.conf" })
--      --> { direction = "in", is_quick = true, matches = {...}, also = {}, ... }
--
-- A list in braces is as many rules as it has members, any of which may match; here it is one rule with one match
-- for all that is plain and one for each member that is negated, which says the same. `flags S/SA` is what a rule
-- that keeps state asks anyway: the rest of a connection passes with its first packet, so it narrows nothing.
--
-- Source: pf.conf(5).
-- @module portolan.grammar.pf_rule

local reader = require "portolan.reader"
local refusal = require "portolan.grammar.refusal"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges

local pf_rule = {}

-- Tokens ---------------------------------------------------------------------------------------

local function peek(draft)
  return draft.line[draft.at]
end

local function is(draft, text)
  local token = peek(draft)
  return token ~= nil and token.kind ~= "string" and token.kind ~= "table" and token.text == text
end

local function accept(draft, text)
  local found = is(draft, text)
  if found then draft.at = draft.at + 1 end
  return found
end

local function take(draft, what)
  local token = peek(draft)
  if not token then
    local last = draft.line[#draft.line]
    refusal.raise(draft.context.source, last.line, last.column, "%s was expected, not the end of the line", what)
  end
  draft.at = draft.at + 1
  return token
end

local shapes = { string = '"%s"', table = "<%s>" }

local function written(draft, from)
  local parts = {}
  for i = from, draft.at - 1 do
    local token = draft.line[i]
    parts[#parts + 1] = (shapes[token.kind] or "%s"):gsub("%%s", function() return token.text end)
  end
  return table.concat(parts, " ")
end

local function also(draft, text)
  draft.also[#draft.also + 1] = text
end

local function keep(draft, from)
  also(draft, written(draft, from))
end

local function skip_parentheses(draft)
  local depth = 0
  repeat
    local token = take(draft, "')'")
    if token.text == "(" and token.kind == "sign" then depth = depth + 1 end
    if token.text == ")" and token.kind == "sign" then depth = depth - 1 end
  until depth <= 0
end

-- One member, or all of a list in braces; lists within lists, which macros make, are one.
local function each_member(draft, read)
  if not accept(draft, "{") then return read(draft) end
  local depth = 1
  while depth > 0 do
    if accept(draft, "{") then
      depth = depth + 1
    elseif accept(draft, "}") then
      depth = depth - 1
    elseif not accept(draft, ",") then
      read(draft)
    end
    if depth > 0 then
      if not peek(draft) then take(draft, "'}'") end
    end
  end
end

-- Members of a field: `plain` ones, and lists of `negated` ones, each of which is to be left out whole ---------

local function new_members()
  return { plain = {}, negated = {} }
end

local function add(members, is_negated, items)
  if is_negated then
    members.negated[#members.negated + 1] = items
    return
  end
  for _, item in ipairs(items) do members.plain[#members.plain + 1] = item end
end

local function all_but(items)
  local list = { except = true }
  for i, item in ipairs(items) do list[i] = item end
  return list
end

-- What a field may be, as alternatives: false is "any".
local function alternatives(members)
  if not members or members.is_any or members.is_unknown then return { false } end
  local list = {}
  if members.plain[1] then list[1] = members.plain end
  for _, items in ipairs(members.negated) do list[#list + 1] = all_but(items) end
  return list[1] and list or { false }
end

-- Interfaces -------------------------------------------------------------------------------------------

-- A name without a number is that of a driver or a group: all of its interfaces.
local function interface_name(word)
  return (word == "egress" or word:find "%d$") and word or word .. "*"
end

local function read_interface(draft)
  local negated = accept(draft, "!")
  local word = take(draft, "an interface").text
  if word == "any" or word == "all" then
    draft.interfaces.is_any = true
    return
  end
  add(draft.interfaces, negated, { interface_name(word) })
end

local function read_interfaces(draft)
  draft.interfaces = new_members()
  each_member(draft, read_interface)
end

-- Addresses ----------------------------------------------------------------------------------------------

-- What tables and lists may be worked out to in all.
local function spend(draft, count)
  draft.context.budget = draft.context.budget - (count > 16 and count or 0)
  return draft.context.budget >= 0
end

local function table_members(draft, members, token, negated)
  local list = draft.context.tables[token.text]
  if not (list and spend(draft, #list)) then
    members.is_unknown = true
  else
    add(members, negated, list)
  end
end

local function read_word(members, word, negated)
  if word == "any" or word == "all" then
    members.is_any = true
    return
  end
  local found = address.read(word)
  if found then add(members, negated, { found }) else members.is_unknown = true end
end

local function read_address(draft, members)
  local negated = accept(draft, "!")
  local token = peek(draft)
  if is(draft, "(") then
    skip_parentheses(draft)
    members.is_unknown = true
    return
  end
  take(draft, "an address")
  if token.kind == "table" then return table_members(draft, members, token, negated) end
  read_word(members, token.text, negated)
end

-- Ports -----------------------------------------------------------------------------------------------------

local function port_of(draft, word)
  local list = draft.protocols and draft.protocols[1] and draft.protocols or nil
  return reader.port(word, list, { port = draft.context.port })
    or reader.port(word, nil, { port = draft.context.port })
end

local function port_range(draft, word)
  local from, to = word:match "^(.*):(.*)$"
  local first = port_of(draft, from == "" and "0" or from or word)
  local last = port_of(draft, to == "" and "65535" or to or word)
  return first and last and first <= last and { first, last } or nil
end

local function above(number)
  return number < 65535 and { { number + 1, 65535 } } or {}
end

local function below(number)
  return number > 0 and { { 0, number - 1 } } or {}
end

local unary = {
  ["="] = function(number) return { { number, number } } end,
  ["!="] = function(number) return ranges.complement({ { number, number } }, 65535) end,
  ["<"] = below, [">"] = above,
  ["<="] = function(number) return { { 0, number } } end,
  [">="] = function(number) return { { number, 65535 } } end,
}

-- `1024 >< 2048` leaves both ends out, `1024 <> 2048` is all but what lies from one to the other.
local binary = {
  ["><"] = function(first, last) return first + 1 < last and { { first + 1, last - 1 } } or {} end,
  ["<>"] = function(first, last) return ranges.union { below(first)[1], above(last)[1] } end,
}

local function read_port(draft, list)
  local compare = peek(draft) and peek(draft).kind == "sign" and unary[peek(draft).text]
  if compare then draft.at = draft.at + 1 end
  local word = take(draft, "a port").text
  local between = peek(draft) and peek(draft).kind == "sign" and binary[peek(draft).text]
  local found
  if between then
    draft.at = draft.at + 1
    local first, last = port_of(draft, word), port_of(draft, take(draft, "a port").text)
    found = first and last and between(first, last)
  elseif compare then
    local number = port_of(draft, word)
    found = number and compare(number)
  else
    local range = port_range(draft, word)
    found = range and { range }
  end
  if not found then list.is_unknown = true end
  for _, range in ipairs(found or {}) do list[#list + 1] = range end
end

local function read_ports(draft, field)
  local from, list = draft.at - 1, {}
  each_member(draft, function() read_port(draft, list) end)
  if list.is_unknown then return keep(draft, from) end
  draft[field] = ranges.union(list)
end

local function read_host(draft, field)
  local from = draft.at - 1
  if accept(draft, "port") then return read_ports(draft, field .. "_ports") end
  if accept(draft, "urpf-failed") or accept(draft, "no-route") or accept(draft, "self") or accept(draft, "route") then
    keep(draft, from)
  elseif peek(draft) then
    local members = new_members()
    each_member(draft, function() read_address(draft, members) end)
    draft[field] = members
    if members.is_unknown then keep(draft, from) end
  end
  if accept(draft, "port") then read_ports(draft, field .. "_ports") end
end

-- Protocols, ICMP types ---------------------------------------------------------------------------------------

local function read_protocol(draft)
  local word = take(draft, "a protocol").text
  local protocol = protocols.read(word)
  if protocol then draft.protocols[#draft.protocols + 1] = protocol else draft.protocols.is_unknown = word end
end

local function read_protocols(draft)
  draft.protocols = {}
  each_member(draft, read_protocol)
  if draft.protocols.is_unknown then
    also(draft, "proto " .. draft.protocols.is_unknown)
    draft.protocols = nil
  end
end

local own_types = {
  icmp = { echoreq = 8, echorep = 0, unreach = 3, squench = 4, redir = 5, althost = 6, routeradv = 9, routersol = 10,
    timex = 11, paramprob = 12, timereq = 13, timerep = 14, inforeq = 15, inforep = 16, maskreq = 17, maskrep = 18,
    trace = 30, dataconv = 31, mobredir = 32 },
  icmpv6 = { unreach = 1, toobig = 2, timex = 3, paramprob = 4, echoreq = 128, echorep = 129, groupqry = 130,
    listqry = 130, grouprep = 131, listenrep = 131, groupterm = 132, listendone = 132, routersol = 133, routeradv = 134,
    neighbrsol = 135, neighbradv = 136, redir = 137, routrrenum = 138 },
}

local function icmp_option(protocol)
  return function(draft)
    local from, list = draft.at - 1, {}
    each_member(draft, function()
      local word = take(draft, "a type").text
      local number = own_types[protocol][word] or reader.number(word, 255)
      list[#list + 1] = number and { number, number }
      list.is_unknown = list.is_unknown or not number
      if accept(draft, "code") then
        take(draft, "a code")
        list.is_unknown = true
      end
    end)
    if list.is_unknown then return keep(draft, from) end
    draft.icmp_types, draft.protocols = ranges.union(list), draft.protocols or { protocol }
  end
end

-- The words of a rule ------------------------------------------------------------------------------------------

local function set(field, value)
  return function(draft) draft[field] = value end
end

local function pass() end

-- Words that say nothing about packets, with how many tokens follow each, or a list in parentheses.
local function skip(count)
  return function(draft)
    for _ = 1, count do
      if is(draft, "(") then skip_parentheses(draft) else take(draft, "a value") end
    end
  end
end

local function narrowing(count)
  return function(draft)
    local from = draft.at - 1
    skip(count)(draft)
    keep(draft, from)
  end
end

local function read_flags(draft)
  local word = take(draft, "flags").text
  if word ~= "any" and word ~= "S/SA" then also(draft, "flags " .. word) end
end

local function read_state(draft)
  accept(draft, "state")
  if is(draft, "(") then skip_parentheses(draft) end
end

local function read_no(draft)
  accept(draft, "state")
end

local function read_log(draft)
  draft.log = true
  if is(draft, "(") then skip_parentheses(draft) end
end

local function read_label(draft)
  draft.comment = take(draft, "a label").text
end

-- `rdr-to 192.0.2.1 port 80`, `nat-to (egress:0) static-port`
local function read_translation(draft)
  each_member(draft, function()
    if is(draft, "(") then skip_parentheses(draft) else take(draft, "an address") end
  end)
  if accept(draft, "port") then take(draft, "a port") end
  if accept(draft, "from") then take(draft, "an address") end
  if accept(draft, "to") then take(draft, "an address") end
end

local function read_block_kind(verdict)
  return function(draft)
    draft.verdict = verdict
    if is(draft, "(") then skip_parentheses(draft) end
  end
end

local function read_user(draft)
  local from = draft.at - 1
  each_member(draft, function()
    if peek(draft) and peek(draft).kind == "sign" then draft.at = draft.at + 1 end
    take(draft, "a user")
  end)
  keep(draft, from)
end

local function read_negated(draft)
  local from = draft.at - 1
  take(draft, "a word")
  if peek(draft) then draft.at = draft.at + 1 end
  keep(draft, from)
end

local words = {
  ["in"] = set("direction", "in"), out = set("direction", "out"), quick = set("is_quick", true), log = read_log,
  on = read_interfaces, inet = set("family", "ip"), inet6 = set("family", "ip6"), proto = read_protocols,
  all = pass, from = function(draft) read_host(draft, "source") end,
  to = function(draft) read_host(draft, "destination") end,
  flags = read_flags, keep = read_state, modulate = read_state, synproxy = read_state, no = read_no,
  ["icmp-type"] = icmp_option "icmp", ["icmp6-type"] = icmp_option "icmpv6", label = read_label,
  drop = read_block_kind "drop", ["return"] = read_block_kind "reject", ["return-rst"] = read_block_kind "reject",
  ["return-icmp"] = read_block_kind "reject", ["return-icmp6"] = read_block_kind "reject",
  ["rdr-to"] = read_translation, ["nat-to"] = read_translation, ["binat-to"] = read_translation,
  ["af-to"] = read_translation, ["static-port"] = pass, random = pass, ["round-robin"] = pass, bitmask = pass,
  ["source-hash"] = pass, ["sticky-address"] = pass, ["allow-opts"] = pass, once = pass, scrub = skip(1),
  queue = skip(1),
  set = skip(1), tag = skip(1), rtable = skip(1), ridentifier = skip(1), dnpipe = skip(1), ["route-to"] = skip(1),
  ["reply-to"] = skip(1), ["dup-to"] = skip(1), ["divert-packet"] = skip(2), ["divert-reply"] = pass,
  ["divert-to"] = read_translation, fragment = narrowing(0), tagged = narrowing(1), tos = narrowing(1),
  probability = narrowing(1), prio = narrowing(1), ["received-on"] = narrowing(1), user = read_user, group = read_user,
  ["max-pkt-rate"] = narrowing(1), ["!"] = read_negated,
  port = function(draft) read_ports(draft, "destination_ports") end,
}

-- `set queue std`, `set prio 5`, `set (queue std, prio 5)`
function words.set(draft)
  if is(draft, "(") then return skip_parentheses(draft) end
  skip(2)(draft)
end

--- Whether a word is one of a rule's own.
-- @tparam string word
-- @treturn boolean
function pf_rule.knows(word)
  return words[word] ~= nil
end

local function read_words(draft)
  while peek(draft) do
    local from = draft.at
    local token = take(draft, "a word")
    local read = token.kind ~= "string" and token.kind ~= "table" and words[token.text]
    if read then read(draft) else keep(draft, from) end
  end
end

-- Matches ----------------------------------------------------------------------------------------------------------

-- Only protocols that have ports can match one.
local function port_protocols(draft)
  if not (draft.source_ports or draft.destination_ports) then return draft.protocols end
  local list = {}
  for _, protocol in ipairs(draft.protocols or { "tcp", "udp" }) do
    if protocols.with_ports[protocol] then list[#list + 1] = protocol end
  end
  return list
end

local function is_never(match)
  for _, field in ipairs { "source_ports", "destination_ports", "icmp_types", "protocols" } do
    if match[field] and #match[field] == 0 then return true end
  end
  return false
end

local function add_match(draft, matches, interface, source, destination)
  local match = {
    family = draft.family, source = source or nil, destination = destination or nil, protocols = port_protocols(draft),
    source_ports = draft.source_ports, destination_ports = draft.destination_ports, icmp_types = draft.icmp_types,
    interface = interface or nil,
  }
  if not is_never(match) then matches[#matches + 1] = match end
end

local function matches_of(draft)
  local matches = {}
  local interfaces = alternatives(draft.interfaces)
  local sources, destinations = alternatives(draft.source), alternatives(draft.destination)
  local count = #interfaces * #sources * #destinations
  if count > reader.most_matches or not spend(draft, count) then
    also(draft, "lists too long to be worked out")
    return { {} }
  end
  for _, interface in ipairs(interfaces) do
    for _, source in ipairs(sources) do
      for _, destination in ipairs(destinations) do add_match(draft, matches, interface, source, destination) end
    end
  end
  return matches
end

--- Read a rule.
-- @tparam table line tokens (pf_tokens.lua)
-- @tparam number at the token after the action
-- @tparam table context `source`, `port(name, protocol)`, `tables` (addresses by name, where they are known),
--   `budget` (how much may be worked out yet)
-- @treturn table `matches` (each with `interface`, which the direction makes input or output), `also`, `direction`,
--   `is_quick`, `verdict` of a block that says it, `log`, `comment`
function pf_rule.read(line, at, context)
  local draft = { line = line, at = at, context = context, also = {} }
  read_words(draft)
  draft.matches = matches_of(draft)
  return draft
end

--- The addresses that a table is declared with.
-- @tparam table line
-- @tparam number at its `{`
-- @tparam table context
-- @treturn[1] {string,...}
-- @return[2] nil where one of them is no address
function pf_rule.addresses(line, at, context)
  local draft, members = { line = line, at = at, context = context, also = {} }, new_members()
  each_member(draft, function() read_address(draft, members) end)
  if members.is_unknown or members.negated[1] then return nil end
  return members.plain
end

return pf_rule
