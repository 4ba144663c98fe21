--- The dialect of ufw's user.rules and user6.rules.
--
--    local dialect = require "portolan.readers.ufw"
--    local ruleset = assert(dialect.read(text, "user.rules"))
--
-- A rule is a tuple, `### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in`; the iptables lines under it say the
-- same again and are passed over, unless no tuple stands above them. The default policies stand in another file:
-- without `options.policies` they are taken as ufw ships them, and `unread` says so.
--
-- Sources: ufw(8), ufw-framework(8); ufw's backend_iptables.py and common.py for the tuple.
-- @module portolan.readers.ufw

local permission = require "portolan.grammar.permission"
local reader = require "portolan.reader"

local protocols, ranges = reader.protocols, reader.ranges

local dialect = { name = "ufw", title = "ufw rules (user.rules, user6.rules)" }

local chains = {
  { name = "ufw-user-input", hook = "input", policy = "drop" },
  { name = "ufw-user-output", hook = "output", policy = "accept" },
  { name = "ufw-user-forward", hook = "forward", policy = "drop" },
}

local function unread(state, number, line, why)
  local list = state.ruleset.unread
  list[#list + 1] = { place = reader.place(state.source, number, 1), text = line, why = why }
end

local function new_chain(state, shape, policies)
  local chain = {
    name = shape.name, table = "filter", family = "inet", hook = shape.hook, priority = 0,
    policy = policies and policies[shape.hook] or shape.policy, stateful = true,
    place = reader.place(state.source, 1, 1, "filter/" .. shape.name), rules = {},
  }
  state.by_hook[shape.hook] = chain
  return chain
end

-- Tuples: "action protocol dport destination sport source [dapp sapp] [direction]" ----------------------------

-- "any" -> nil; "80,443,6000:6010" -> ranges; nil and the word where it is neither
local function port_ranges(word)
  local list = {}
  if word == "any" then return nil end
  for part in (word .. ","):gmatch "([^,]*)," do
    local first, last = part:match "^(%d+):(%d+)$"
    first, last = reader.number(first or part, 65535), reader.number(last or part, 65535)
    if not first or not last or first > last then return nil, word end
    list[#list + 1] = { first, last }
  end
  return ranges.union(list)
end

local function add_ports(one, field, word)
  local list, strange = port_ranges(word)
  one.match[field] = list
  if strange then one.also = (one.also and one.also .. ", " or "") .. field .. " " .. strange end
end

-- A port without a protocol is one of tcp and of udp.
local function service_of(tuple)
  local name = protocols.read(tuple.protocol)
  local has_ports = tuple.dport ~= "any" or tuple.sport ~= "any"
  local one = { match = { protocols = name and { name } or has_ports and { "tcp", "udp" } or nil } }
  if not name and tuple.protocol ~= "any" then one.also = "protocol " .. tuple.protocol end
  add_ports(one, "destination_ports", tuple.dport)
  add_ports(one, "source_ports", tuple.sport)
  return one
end

local function peer_of(word, field)
  if word == "any" then return { match = {} } end
  local canonical, family = reader.address.read(word)
  if not canonical then return { match = {}, also = field .. " " .. word } end
  return { match = { family = family, [field] = canonical:find "/0$" == nil and { canonical } or nil } }
end

-- "in_eth0!out_eth1" -> the interfaces
local function interfaces_of(direction)
  local input, output = direction:match "in_([^!]+)", direction:match "out_([^!]+)"
  return { match = { input = input and { input }, output = output and { output } } }
end

local function from_hex(text)
  return (text:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

local verdicts = { allow = "accept", deny = "drop", reject = "reject", limit = "accept" }
local directions = { ["in"] = "input", out = "output" }

-- The words of a tuple by name; nil where there are too few or too many.
local function parse(words)
  local count = #words
  local tuple = { action = words[1], protocol = words[2], dport = words[3], destination = words[4],
    sport = words[5], source = words[6] }
  if count < 6 or count > 9 then return nil end
  tuple.direction = (count == 7 or count == 9) and words[count] or "in"
  tuple.routed, tuple.action = tuple.action:match "^(route:)" ~= nil, tuple.action:gsub("^route:", "")
  tuple.action, tuple.log = tuple.action:match "^%a+", tuple.action:find "_log" ~= nil or nil
  return tuple
end

local function read_tuple(state, number, line)
  local text = line:match "^### tuple ###%s*(.*%S)" or ""
  local comment = text:match "%scomment=(%x+)"
  local words = {}
  for word in text:gsub("%scomment=%x+", ""):gmatch "%S+" do words[#words + 1] = word end
  local tuple = parse(words)
  local hook = tuple and (tuple.routed and "forward" or directions[tuple.direction:match "^%a+"])
  if not (tuple and verdicts[tuple.action] and hook) then return unread(state, number, line, "not a tuple of ufw") end
  local chain = state.by_hook[hook]
  local rules = permission.rules({
    { interfaces_of(tuple.direction) }, { peer_of(tuple.source, "source") },
    { peer_of(tuple.destination, "destination") }, { service_of(tuple) },
  }, {
    place = reader.place(state.source, number, 1, chain.place.where), text = text, verdict = verdicts[tuple.action],
    comment = comment and from_hex(comment), log = tuple.log,
  })
  if #rules == 0 then return unread(state, number, line, "its addresses are of two families") end
  for _, rule in ipairs(rules) do chain.rules[#chain.rules + 1] = rule end
end

-- Lines -------------------------------------------------------------------------------------------------------

local function read_line(state, number, line)
  if line:find "^### tuple ###" then
    state.under_tuple = true
    return read_tuple(state, number, line)
  end
  if line:find "^%s*$" then state.under_tuple = false end
  local chain = line:match "^%-[AI] ufw%-user%-(%a+)%s"
  if state.by_hook[chain] and not state.under_tuple then
    unread(state, number, line, "a rule with no tuple above it")
  end
end

local function unsaid_policies(state)
  unread(state, 1, "default policies",
    "they stand in /etc/default/ufw: taken as drop for what comes in or is routed, accept for what goes out")
end

--- Whether a text looks like ufw's rules.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return text:find "### tuple ###" ~= nil or text:find "### RULES ###" ~= nil
end

--- Read the rules.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `policies`: "accept" or "drop" by hook ("input", "output", "forward")
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  if not dialect.guess(text) then
    return reader.fail(source, 1, 1, "no tuple ('### tuple ### allow ...') of ufw's user.rules")
  end
  local policies = options and options.policies
  local state = {
    source = source, by_hook = {}, under_tuple = false,
    ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} },
  }
  for i, shape in ipairs(chains) do state.ruleset.chains[i] = new_chain(state, shape, policies) end
  if not policies then unsaid_policies(state) end
  for number, line in reader.lines(text) do read_line(state, number, line) end
  return state.ruleset
end

return dialect
