--- What the statements of an nft rule, as libnftables writes them in JSON, say about packets.
--
--    local context = nft_rule.context{ port = port_of_name }
--    context.sets[nft_rule.key("inet", "filter", "web")] = nft_rule.set()
--    nft_rule.add(context, chain, { place = place, text = text, statements = statements })
--
-- A rule is drafted as a list of cases, each a match of the normal form, at first one that matches all. A
-- statement narrows each case by each of its alternatives (a set of tuples has several); a case that nothing
-- can match is dropped, so a rule without `matches` never matches. A statement that no field can hold
-- stands in `also`. Sets are taken as they are in the document; one that packets fill is not, since what it
-- holds is chance. Any decoded JSON may come in.
--
-- Sources: libnftables-json(5), nft(8).
-- @module portolan.grammar.nft_rule

local iptables_rule = require "portolan.grammar.iptables_rule"
local nft_syntax = require "portolan.grammar.nft_syntax"
local reader = require "portolan.reader"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges

local nft_rule = {}

-- How many alternatives, pairs and ranges the rules of a document may be worked out to, so that a small
-- document cannot fill the memory; past that, statements stand in `also`.
local most_work = 200000

-- Work that is not counted, since any rule may do so much.
local free_work = 16

--- The key of a chain or a set among its like.
-- @treturn[1] string
-- @return[2] nil where one of the three is not text
function nft_rule.key(family, table_name, name)
  if type(family) ~= "string" or type(table_name) ~= "string" or type(name) ~= "string" then return nil end
  return table.concat({ family, table_name, name }, "\0")
end

local function is_table(value)
  return type(value) == "table"
end

local function part_of(value, kind)
  return is_table(value) and is_table(value[kind]) and value[kind] or nil
end

-- Values ------------------------------------------------------------------------

-- An element may be wrapped with its comment, timeout or counter.
local function unwrapped(value)
  local elem = part_of(value, "elem")
  if elem and elem.val ~= nil then return elem.val end
  return value
end

local function bounds(value)
  local range = part_of(value, "range")
  if range then return range[1], range[2] end
  return value, value
end

local function read_number_range(value, read)
  local from, to = bounds(value)
  if is_table(from) or is_table(to) then return nil end
  local first, last = read(from), read(to)
  return first and last and first <= last and { first, last } or nil
end

local function read_ranges(values, read)
  local list = {}
  for i, value in ipairs(values) do
    list[i] = read_number_range(value, read)
    if not list[i] then return nil end
  end
  return ranges.union(list)
end

local function read_ports(values, side, options)
  local list = side.protocol and { side.protocol }
  return read_ranges(values, function(word) return reader.port(word, list, options) end)
end

local function read_icmp_types(values, side)
  return read_ranges(values, function(word) return protocols.icmp_type(word, side.protocol) end)
end

local function read_address(value)
  local prefix, range = part_of(value, "prefix"), part_of(value, "range")
  if prefix then return address.prefix(tostring(prefix.addr), tonumber(prefix.len)) end
  if range then return address.range(tostring(range[1]), tostring(range[2])) end
  if type(value) == "string" then return address.read(value) end
  return nil
end

-- A list of what `read` makes of each value, once each; nil where it makes nothing of one.
local function read_each(values, read)
  local list, seen = {}, {}
  for _, value in ipairs(values) do
    local item = read(value)
    if item == nil then return nil end
    if not seen[item] then list[#list + 1] = item end
    seen[item] = true
  end
  return list
end

local function read_addresses(values, side)
  return read_each(values, function(value)
    local text, family = read_address(value)
    return family == side.family and text or nil
  end)
end

local function is_word(value)
  return type(value) == "string" or type(value) == "number"
end

local function read_protocols(values)
  return read_each(values, function(value) return is_word(value) and protocols.read(value) or nil end)
end

local function read_interfaces(values)
  return read_each(values, function(value) return type(value) == "string" and value or nil end)
end

local function read_states(values)
  local list = read_each(values, function(value) return type(value) == "string" and reader.state(value) or nil end)
  return list and reader.union_states(list)
end

local families = { ipv4 = "ip", ip = "ip", ipv6 = "ip6", ip6 = "ip6", [2] = "ip", [10] = "ip6" }

local function read_families(values)
  return read_each(values, function(value) return is_word(value) and families[value] or nil end)
end

local function complement_ports(list)
  return ranges.complement(list, 65535)
end

local function complement_types(list)
  return ranges.complement(list, 255)
end

local function all_but(list)
  list.except = true
  return list
end

local function other_families(list)
  local named, rest = {}, {}
  for _, family in ipairs(list) do named[family] = true end
  for _, family in ipairs { "ip", "ip6" } do
    if not named[family] then rest[#rest + 1] = family end
  end
  return rest
end

-- Narrowing a match --------------------------------------------------------------

local function common(a, b)
  local named, list = {}, {}
  for _, item in ipairs(a) do named[item] = true end
  for _, item in ipairs(b) do
    if named[item] then list[#list + 1] = item end
  end
  return list
end

-- Two lists of which both are exceptions are one; other pairs have no form.
local function joined_exceptions(a, b)
  if not (a.except and b.except) then return nil end
  local list = { except = true }
  for _, part in ipairs { a, b } do
    for _, item in ipairs(part) do list[#list + 1] = item end
  end
  return list
end

local narrow = {
  source_ports = ranges.intersect, destination_ports = ranges.intersect, icmp_types = ranges.intersect,
  protocols = common, states = common, families = common,
  source = joined_exceptions, destination = joined_exceptions, input = joined_exceptions, output = joined_exceptions,
}

local function is_never(list)
  return #list == 0 and not list.except
end

-- A match narrowed by the fields of another: nil where no field can hold it, false where nothing matches.
local function narrowed(match, fields)
  local result = {}
  for field, list in pairs(match) do result[field] = list end
  for field, list in pairs(fields) do
    local former = result[field]
    result[field] = former and narrow[field](former, list) or not former and list or nil
    if not result[field] then return nil end
  end
  for _, list in pairs(result) do
    if is_never(list) then return false end
  end
  return result
end

-- Left sides ------------------------------------------------------------------------
-- Each is { field, what reads its values, what negates them, family =, protocol = (those it implies) }; what
-- reads is given the values, the side and the reader's options.

local function port_field(field, protocol)
  return { field, read_ports, complement_ports, protocol = protocol }
end

local payloads = {
  ip = {
    saddr = { "source", read_addresses, all_but, family = "ip" },
    daddr = { "destination", read_addresses, all_but, family = "ip" },
    protocol = { "protocols", read_protocols, protocols.complement, family = "ip" },
  },
  ip6 = {
    saddr = { "source", read_addresses, all_but, family = "ip6" },
    daddr = { "destination", read_addresses, all_but, family = "ip6" },
    nexthdr = { "protocols", read_protocols, protocols.complement, family = "ip6" },
  },
  icmp = { type = { "icmp_types", read_icmp_types, complement_types, family = "ip", protocol = "icmp" } },
  icmpv6 = { type = { "icmp_types", read_icmp_types, complement_types, family = "ip6", protocol = "icmpv6" } },
  ether = { type = { "families", read_families, other_families } },
  th = { sport = port_field "source_ports", dport = port_field "destination_ports" },
}

for _, protocol in ipairs { "tcp", "udp", "udplite", "sctp", "dccp" } do
  payloads[protocol] = {
    sport = port_field("source_ports", protocol), dport = port_field("destination_ports", protocol),
  }
end

local metas = {
  iifname = { "input", read_interfaces, all_but }, iif = { "input", read_interfaces, all_but },
  oifname = { "output", read_interfaces, all_but }, oif = { "output", read_interfaces, all_but },
  l4proto = { "protocols", read_protocols, protocols.complement },
  nfproto = { "families", read_families, other_families },
  protocol = { "families", read_families, other_families },
}

local cts = { state = { "states", read_states, reader.complement_states } }

local function looked_up(map, key)
  return type(key) == "string" and map[key] or nil
end

local function side_of(left)
  local payload, meta, ct = part_of(left, "payload"), part_of(left, "meta"), part_of(left, "ct")
  if payload then return looked_up(looked_up(payloads, payload.protocol) or {}, payload.field) end
  if meta then return looked_up(metas, meta.key) end
  return ct and not ct.dir and looked_up(cts, ct.key) or nil
end

-- What a left side implies even where its field is unknown: `tcp flags` is tcp's.
local function implied(side)
  return { protocols = side.protocol and { side.protocol }, families = side.family and { side.family } }
end

local transport_headers = { tcp = "tcp", udp = "udp", udplite = "udplite", sctp = "sctp", dccp = "dccp", esp = "esp",
  ah = "ah", comp = "ipcomp", icmp = "icmp", icmpv6 = "icmpv6" }
local network_headers = { ip = "ip", icmp = "ip", ip6 = "ip6", icmpv6 = "ip6" }

local function implied_by_header(left)
  local masked = (part_of(left, "&") or {})[1]
  local header = (part_of(left, "payload") or part_of(masked, "payload") or {}).protocol
  return implied { protocol = looked_up(transport_headers, header), family = looked_up(network_headers, header) }
end

-- What values of a side say: a match of the normal form, but with `families`; nil where it has no form,
-- false where nothing matches.
local function fields_of(draft, side, values, negated)
  local list = side[2](values, side, draft.context.options)
  if not list then return nil end
  if negated then list = side[3](list) end
  if is_never(list) then return false end
  local fields = implied(side)
  fields[side[1]] = #list > 0 and list or nil
  return fields
end

-- Takes work out of the document's allowance, if it is still there.
local function can_afford(draft, work)
  local context = draft.context
  if work <= free_work then return true end
  if work > context.allowance then return false end
  context.allowance = context.allowance - work
  return true
end

-- Right sides -----------------------------------------------------------------------

local function set_of(draft, name)
  return draft.context.sets[nft_rule.key(draft.chain.family, draft.chain.table, name)]
end

local function flatten(value, values)
  value = unwrapped(value)
  local set = part_of(value, "set") or part_of(value, "|")
  if not set and is_table(value) and value[1] ~= nil then set = value end
  if not set then
    values[#values + 1] = value
    return values
  end
  for _, item in ipairs(set) do flatten(item, values) end
  return values
end

local function set_name(right)
  return type(right) == "string" and right:match "^@(.+)$" or nil
end

-- The single values of a right side; nil for a set that is not in the document, or that packets fill.
local function values_of(draft, right)
  local name = set_name(right)
  if not name then return flatten(right, {}) end
  local set = set_of(draft, name)
  if not set or set.dynamic then return nil end
  set.values = set.values or flatten({ set = set.elements }, {})
  return set.values
end

-- The fields of a named set are worked out once for each side and sign, however many rules name it.
local function fields_of_set(draft, side, set, values, negated)
  local known = set.fields[negated]
  known[side] = known[side] or { fields = fields_of(draft, side, values, negated) }
  return known[side].fields
end

local function fields_of_right(draft, side, right, negated)
  local values, name = values_of(draft, right), set_name(right)
  if not values then return nil end
  if not name then return fields_of(draft, side, values, negated) end
  return fields_of_set(draft, side, set_of(draft, name), values, negated)
end

local bounds_of_operator = {
  ["<"] = function(number) return 0, number - 1 end,
  ["<="] = function(number) return 0, number end,
  [">"] = function(number, maximum) return number + 1, maximum end,
  [">="] = function(number, maximum) return number, maximum end,
}

-- `tcp dport > 1023` as the range that it is.
local function compared(draft, side, op, right)
  local maximum = (side[2] == read_ports and 65535) or (side[2] == read_icmp_types and 255)
  local fields = maximum and fields_of(draft, side, { right })
  if not fields then return nil end
  local list = fields[side[1]]
  if #list ~= 1 then return nil end
  local first, last = bounds_of_operator[op](list[1][1], maximum)
  fields[side[1]] = first <= last and { { first, last } } or {}
  return fields
end

-- Alternatives: the list of matches, any of which a match statement is -------------------

-- nil (no form), false (nothing matches) or one match -> alternatives
local function alternatives_of(fields)
  if fields == nil then return nil end
  return fields and { fields } or {}
end

local function tuple_fields(draft, sides, tuple)
  local all = {}
  for i, side in ipairs(sides) do
    local fields = tuple[i] ~= nil and fields_of(draft, side, flatten(tuple[i], {}))
    all = fields and narrowed(all, fields)
    if not all then return nil end
  end
  return all
end

local function read_sides(lefts)
  local sides = {}
  for i, left in ipairs(lefts) do
    sides[i] = side_of(left)
    if not sides[i] then return nil end
  end
  return sides
end

-- `ip saddr . tcp dport { a . 22, b . 80 }`: one alternative for each tuple.
local function read_tuples(draft, lefts, values)
  local sides, list = read_sides(lefts), {}
  if not (sides and values and #values <= reader.most_matches and can_afford(draft, #values)) then return nil end
  for i, value in ipairs(values) do
    local tuple = part_of(value, "concat")
    list[i] = tuple and tuple_fields(draft, sides, tuple)
    if not list[i] then return nil end
  end
  return list
end

-- `!=` with a list of flags is not "none of them" to nft.
local function is_flags(right)
  return is_table(right) and (right[1] ~= nil or right["|"] ~= nil)
end

local negations = { ["=="] = false, ["in"] = false, ["!="] = true, ["!"] = true }

-- `ip saddr & 255.255.0.0 == 10.1.0.0` as an address and its mask.
local function unmasked(left, right)
  local masked = part_of(left, "&")
  local fits = masked and part_of(masked[1], "payload") and type(masked[2]) == "string" and type(right) == "string"
  if fits and address.masked(right, masked[2]) then return masked[1], right .. "/" .. masked[2] end
  return left, right
end

local function read_match(draft, left, op, right)
  left, right = unmasked(left, right)
  local negated, tuple = negations[op], part_of(left, "concat")
  if tuple then return negated == false and read_tuples(draft, tuple, values_of(draft, right)) or nil end
  local side = side_of(left)
  if not side or op == "!=" and is_flags(right) then return nil end
  if bounds_of_operator[op] then return alternatives_of(compared(draft, side, op, right)) end
  if negated == nil then return nil end
  return alternatives_of(fields_of_right(draft, side, right, negated))
end

-- The cases of a draft ---------------------------------------------------------------------

-- What it costs to narrow a match: lists are shared, and are walked only where two of them meet.
local function cost_of(match, fields)
  local cost = 0
  for field, list in pairs(fields) do
    if match[field] then cost = cost + #match[field] + #list end
  end
  return cost
end

local function narrowed_case(draft, case, fields)
  if not can_afford(draft, cost_of(case, fields)) then return nil end
  return narrowed(case, fields)
end

local function product(draft, alternatives)
  local list = {}
  for _, case in ipairs(draft.cases) do
    for _, fields in ipairs(alternatives) do
      local match = narrowed_case(draft, case, fields)
      if match == nil then return nil end
      list[#list + 1] = match or nil
    end
  end
  return list
end

local function narrow_cases(draft, alternatives)
  local count = #draft.cases * #alternatives
  if count > reader.most_matches or not can_afford(draft, count) then return false end
  local cases = product(draft, alternatives)
  draft.cases = cases or draft.cases
  return cases ~= nil
end

local function also(draft, text)
  draft.also[#draft.also + 1] = text
end

local function keep(draft, statement)
  also(draft, nft_syntax.statement(statement))
end

-- Statements ----------------------------------------------------------------------------------

local function do_match(draft, part, statement)
  local op = type(part.op) == "string" and part.op or "=="
  local alternatives = read_match(draft, part.left, op, part.right)
  if alternatives and narrow_cases(draft, alternatives) then return end
  narrow_cases(draft, { implied_by_header(part.left) })
  keep(draft, statement)
end

local function decide(verdict)
  return function(draft)
    draft.verdict = verdict
  end
end

local function leave_for(verdict)
  return function(draft, part, statement)
    if not (is_table(part) and type(part.target) == "string") then return keep(draft, statement) end
    draft.verdict, draft.target = verdict, part.target
  end
end

-- What a reject can answer: icmp only IPv4, a reset only tcp.
local answered = {
  icmp = { families = { "ip" } }, icmpv6 = { families = { "ip6" } }, ["tcp reset"] = { protocols = { "tcp" } },
}

local function do_reject(draft, part)
  local fields = is_table(part) and looked_up(answered, part.type)
  if fields then narrow_cases(draft, { fields }) end
  draft.verdict = "reject"
end

local function pass() end

local function do_log(draft)
  draft.log = true
end

-- What iptables-nft made: the module's name shows, what it says does not.
local function do_xt(draft, part, statement)
  draft.context.opaque = draft.context.opaque + 1
  local kind, name = is_table(part) and part.type, is_table(part) and part.name
  if type(kind) ~= "string" or type(name) ~= "string" then return keep(draft, statement) end
  if kind == "match" and name ~= "comment" then
    also(draft, ("xt match %s (contents not shown by nft -j)"):format(name))
  elseif kind ~= "match" then
    draft.log = name == "LOG" or draft.log
    local verdict = iptables_rule.verdict(name) or "other"
    draft.verdict = verdict ~= "continue" and verdict or nil
  end
end

local statements = {
  match = do_match,
  xt = do_xt,
  log = do_log,
  accept = decide "accept", drop = decide "drop", reject = do_reject, ["return"] = decide "return",
  jump = leave_for "jump", ["goto"] = leave_for "goto", queue = decide "queue",
  continue = pass, counter = pass, mangle = pass, notrack = pass, flow = pass, dup = pass, secmark = pass,
  ["ct helper"] = pass, ["ct timeout"] = pass, ["ct expectation"] = pass,
  dnat = decide "other", snat = decide "other", masquerade = decide "other", redirect = decide "other",
  fwd = decide "other", synproxy = decide "other",
}

local function read_statement(draft, statement)
  local kind, part
  if is_table(statement) then kind, part = next(statement) end
  local run = statements[kind]
  local fits = run and next(statement, kind) == nil and (is_table(part) or kind ~= "match" and kind ~= "vmap")
  if fits then return run(draft, part, statement) end
  keep(draft, statement)
end

-- What stands after a verdict is never reached.
local function read_statements(draft, list, from)
  draft.list, draft.at = list, from
  while list[draft.at] ~= nil and not (draft.verdict or draft.is_branched) do
    read_statement(draft, list[draft.at])
    draft.at = draft.at + 1
  end
end

-- From draft to rules ----------------------------------------------------------------------------

local function has_ports(match)
  return match.source_ports or match.destination_ports
end

local port_protocols = { "tcp", "udp", "dccp", "sctp", "udplite" }

-- Families become one family, and ports (`th dport`) get the protocols that have them.
local function settled(match, chain)
  local result = narrowed(match, has_ports(match) and { protocols = port_protocols } or {})
  if not result then return nil end
  local list = result.families or {}
  result.families = nil
  result.family = #list == 1 and list[1] ~= chain.family and list[1] or nil
  return result
end

local other_family = { ip = "ip6", ip6 = "ip" }

local function is_possible(match, chain)
  local list = match.families
  return not (list and #list == 1 and other_family[list[1]] == chain.family)
end

local function settle(draft)
  local matches = {}
  for _, case in ipairs(draft.cases) do
    matches[#matches + 1] = is_possible(case, draft.chain) and settled(case, draft.chain) or nil
  end
  return matches
end

local function add_rule(draft)
  if draft.is_branched then return end
  local rules = draft.chain.rules
  rules[#rules + 1] = {
    place = draft.place, text = draft.text, comment = draft.comment, matches = settle(draft), also = draft.also,
    verdict = draft.verdict or "continue", target = draft.target, log = draft.log,
  }
end

-- Verdict maps ---------------------------------------------------------------------------------------

local verdict_words = { accept = true, drop = true, ["return"] = true, continue = true, jump = true, ["goto"] = true,
  queue = true }

local function pair_of(element)
  element = unwrapped(element)
  if not is_table(element) or not is_table(element[2]) then return nil end
  local word, part = next(element[2])
  if not verdict_words[word] then return nil end
  return { key = unwrapped(element[1]), word = word, part = part, statement = element[2] }
end

local function pairs_of(draft, data)
  local name = set_name(data)
  local map = name and set_of(draft, name)
  if name and (not map or map.dynamic) then return nil end
  return map and map.elements or part_of(data, "set")
end

-- A map after a map multiplies, so there a pair costs more.
local function can_branch(draft, count)
  return count <= reader.most_matches and can_afford(draft, draft.is_branch and (count + 1) * free_work or count)
end

-- The pairs in the order in which they count: the one for every other key (`*`) last.
local function read_pairs(draft, data)
  local elements, pairs_read, default = pairs_of(draft, data), {}, nil
  if not (elements and can_branch(draft, #elements)) then return nil end
  for _, element in ipairs(elements) do
    local pair = pair_of(element)
    if not pair then return nil end
    if pair.key == "*" then default = pair else pairs_read[#pairs_read + 1] = pair end
  end
  pairs_read[#pairs_read + 1] = default
  return pairs_read
end

local function twin_of(draft)
  local twin = {}
  for name, value in pairs(draft) do twin[name] = value end
  twin.also, twin.is_branch = {}, true
  for i, text in ipairs(draft.also) do twin.also[i] = text end
  return twin
end

local function narrow_by_key(draft, left, key)
  if key == "*" then return end
  local alternatives = read_match(draft, left, "==", key)
  if alternatives and narrow_cases(draft, alternatives) then return end
  also(draft, nft_syntax.expression(left) .. " " .. nft_syntax.expression(key))
end

-- The rule for one pair. Only `continue` goes on to what stands after the map.
local function branch(draft, left, pair)
  local twin = twin_of(draft)
  narrow_by_key(twin, left, pair.key)
  statements[pair.word](twin, pair.part, pair.statement)
  if pair.word == "continue" and #twin.cases > 0 then read_statements(twin, draft.list, draft.at + 1) end
  add_rule(twin)
end

-- A key without a pair ends the rule, so the pairs are all that the rule does.
function statements.vmap(draft, part, statement)
  local list = read_pairs(draft, part.data)
  if not list then
    keep(draft, statement)
    draft.verdict = "other"
    return
  end
  for _, pair in ipairs(list) do branch(draft, part.key, pair) end
  draft.is_branched = true
end

-- Rules -----------------------------------------------------------------------------------------------------

--- An empty set or map, to be filled: `elements` as in JSON, `dynamic` where packets or time change them.
-- @treturn table
function nft_rule.set()
  return { elements = {}, dynamic = false, fields = { [true] = {}, [false] = {} } }
end

--- What the rules of one document share.
-- @tparam ?table options the reader's
-- @treturn table `sets` by `nft_rule.key`; `opaque` counts the modules of iptables-nft met
function nft_rule.context(options)
  return { sets = {}, options = options or {}, opaque = 0, allowance = most_work }
end

--- Add to a chain the rule, or the rules of a verdict map, that statements make.
-- @tparam table context
-- @tparam table chain of the normal form
-- @tparam table rule `statements`, `place`, `text`, `comment`
function nft_rule.add(context, chain, rule)
  local draft = {
    context = context, chain = chain, cases = { {} }, also = {},
    place = rule.place, text = rule.text, comment = rule.comment,
  }
  read_statements(draft, rule.statements, 1)
  add_rule(draft)
end

return nft_rule
