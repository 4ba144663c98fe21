--- What Junos writes as a condition, in the fields of a match: addresses with exceptions, ports, ICMP types.
--
--    junos_match.addresses({ "10.0.0.0/8" }, { "10.1.0.0/16" })
--      --> { "10.0.0.0/16", "10.2.0.0/15", ... }: what is in the one and not in the other
--
-- The longest prefix that holds an address decides whether it is in a list or excepted.
--
-- Source: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide, "Firewall Filter Match
-- Conditions Based on Address Fields", "... Based on Numbers or Text Aliases".
-- @module portolan.grammar.junos_match

local reader = require "portolan.reader"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges

local junos_match = {}

-- Addresses ----------------------------------------------------------------------------------

-- How many pairs of an entry and an exception are worked out.
local most_pairs = 250000

-- Start and length of an IPv4 prefix.
local function span_of(text)
  local a, b, c, d, length = text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)/?(%d*)$"
  if not a then return nil end
  return { first = ((a * 256 + b) * 256 + c) * 256 + d, length = tonumber(length) or 32 }
end

local function text_of(span)
  local n, bytes = span.first, {}
  for i = 4, 1, -1 do
    bytes[i] = math.floor(n % 256)
    n = math.floor(n / 256)
  end
  return (address.prefix(("%d.%d.%d.%d"):format(bytes[1], bytes[2], bytes[3], bytes[4]), span.length))
end

local function size(span)
  return 2 ^ (32 - span.length)
end

local function holds(a, b)
  return a.length <= b.length and b.first >= a.first and b.first < a.first + size(a)
end

local function inside(span, list)
  local found = {}
  for _, other in ipairs(list) do
    if holds(other, span) then return nil end
    if holds(span, other) then found[#found + 1] = other end
  end
  return found
end

-- What of a prefix none of the others holds, halving it until each half is whole.
local function subtract(span, others, result)
  others = inside(span, others)
  if not others or #result > reader.most_matches then return end
  if #others == 0 then
    result[#result + 1] = text_of(span)
    return
  end
  local half = { first = span.first, length = span.length + 1 }
  subtract(half, others, result)
  subtract({ first = span.first + size(half), length = half.length }, others, result)
end

local function spans_of(list)
  local spans = {}
  for i, text in ipairs(list) do
    spans[i] = span_of(text)
    if not spans[i] then return nil end
  end
  return spans
end

-- An exception as long as an entry takes it away; a shorter one does not touch it.
local function shorter_out(span, excepted)
  local list = {}
  for _, other in ipairs(excepted) do
    if other.length >= span.length then list[#list + 1] = other end
  end
  return list
end

local everything = { ["0.0.0.0/0"] = true, ["::/0"] = true }

local function all_but(list, excepted)
  for _, text in ipairs(list) do
    if not everything[text] then return nil end
  end
  local rest = { except = true }
  for i, text in ipairs(excepted) do rest[i] = text end
  return rest
end

--- A list of addresses less those excepted.
-- @tparam {string,...} list canonical
-- @tparam {string,...} excepted canonical
-- @treturn[1] {string,...} perhaps with `except = true`
-- @return[2] nil where it has no form
function junos_match.addresses(list, excepted)
  if #excepted == 0 then return list end
  if #list == 0 then return nil end
  if #list * #excepted > most_pairs then return nil end
  local but = all_but(list, excepted)
  if but then return but end
  local spans, others, result = spans_of(list), spans_of(excepted), {}
  if not (spans and others) then return nil end
  for _, span in ipairs(spans) do subtract(span, shorter_out(span, others), result) end
  return #result <= reader.most_matches and result or nil
end

-- Numbers ---------------------------------------------------------------------------------------

local function read_range(word, read)
  local from, to = word:match "^(%d+)%-(%d+)$"
  local first, last = read(from or word), read(to or word)
  return first and last and first <= last and { first, last } or nil
end

local function read_ranges(words, read)
  local list = {}
  for i, word in ipairs(words) do
    list[i] = read_range(word, read)
    if not list[i] then return nil end
  end
  return ranges.union(list)
end

--- Ports by number, range or name.
-- @tparam {string,...} words
-- @tparam function port (name, protocol) -> number or nil
-- @treturn[1] {{number,number},...}
-- @return[2] nil
function junos_match.ports(words, port)
  return read_ranges(words, function(word) return reader.port(word, nil, { port = port }) end)
end

local icmp = {
  ["echo-reply"] = 0, unreachable = 3, ["destination-unreachable"] = 3, ["source-quench"] = 4, redirect = 5,
  ["echo-request"] = 8, ["router-advertisement"] = 9, ["router-solicit"] = 10, ["time-exceeded"] = 11,
  ["parameter-problem"] = 12, timestamp = 13, ["timestamp-reply"] = 14, ["info-request"] = 15, ["info-reply"] = 16,
  ["mask-request"] = 17, ["mask-reply"] = 18,
}

local icmpv6 = {
  ["destination-unreachable"] = 1, ["packet-too-big"] = 2, ["time-exceeded"] = 3, ["parameter-problem"] = 4,
  ["echo-request"] = 128, ["echo-reply"] = 129, ["membership-query"] = 130, ["membership-report"] = 131,
  ["membership-termination"] = 132, ["router-solicit"] = 133, ["router-advertisement"] = 134,
  ["neighbor-solicit"] = 135, ["neighbor-solicitation"] = 135, ["neighbor-advertisement"] = 136, redirect = 137,
  ["router-renumbering"] = 138, ["node-information-request"] = 139, ["node-information-reply"] = 140,
  ["inverse-neighbor-discovery-solicitation"] = 141, ["inverse-neighbor-discovery-advertisement"] = 142,
}

--- ICMP types by number, range or name.
-- @tparam {string,...} words
-- @tparam string family "ip" or "ip6"
-- @treturn[1] {{number,number},...}
-- @return[2] nil
function junos_match.icmp_types(words, family)
  local names = family == "ip6" and icmpv6 or icmp
  return read_ranges(words, function(word) return names[word] or reader.number(word, 255) end)
end

local own_protocols = { ["icmp6"] = "icmpv6", ["ipip"] = "ipencap", ["hop-by-hop"] = "hopopt",
  ["fragment"] = "ipv6-frag", ["no-next-header"] = "ipv6-nonxt", ["routing"] = "ipv6-route", ["dstopts"] = "ipv6-opts" }

local function add_protocols(list, word)
  local from, to = word:match "^(%d+)%-(%d+)$"
  if not from then
    list[#list + 1] = protocols.read(own_protocols[word] or word)
    return protocols.read(own_protocols[word] or word) ~= nil
  end
  for number = tonumber(from), math.min(tonumber(to), 255) do list[#list + 1] = protocols.read(number) end
  return tonumber(from) <= tonumber(to) and tonumber(to) <= 255
end

--- Protocols by number, range or name.
-- @tparam {string,...} words
-- @treturn[1] {string|number,...}
-- @return[2] nil
function junos_match.protocols(words)
  local list = {}
  for _, word in ipairs(words) do
    if not add_protocols(list, word) then return nil end
  end
  return list
end

return junos_match
