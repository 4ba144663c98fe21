--- Packet space: what each rule of a firewall really matches.
--
--    local space = portolan.space(tables, { protocol = protocols.number })
--    space:facts()                                  --> what is hidden, redundant, in conflict ...
--    space:reach { hook = "input" }                 --> which ports are open, surely and perhaps
--    space:trace { hook = "input", source = "198.51.100.7", destination = "192.0.2.1",
--                  protocol = "tcp", port = 443 }   --> the rules it meets, and the verdict
--
-- The tables are those of FORMS.md, "The ruleset". The answers are exact: packets are sets, not
-- samples. A rule with something in `also` matches at most what its fields say, so that what it does is told as
-- "perhaps".
-- @module portolan.space

local driver = require "portolan.driver"
local fault = require "portolan.fault"

local space = {}

local FAMILY, SOURCE, DESTINATION, PROTOCOL, SOURCE_PORT, DESTINATION_PORT, ICMP_TYPE, INPUT, OUTPUT, STATE =
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9

local ACCEPT, OTHER = 0, 4

local verdicts = { accept = ACCEPT, drop = 1, reject = 2, queue = 3, other = OTHER, continue = 5, ["return"] = 6,
  jump = 7, ["goto"] = 8 }
local verdict_names = { "accept", "drop", "reject", "queue", "other" }
local families = { ip = 4, ip6 = 6 }
local states = { new = 0, established = 1, related = 2, invalid = 3, untracked = 4 }
local state_names = { [0] = "new", "established", "related", "invalid", "untracked" }
local hooks = { input = true, forward = true, output = true, prerouting = true, postrouting = true, ingress = true,
  egress = true }
local transports = { [0] = "tcp", "udp", "sctp", "dccp" }
local NONE = 4294967295

-- ------------------------------------------------------------- lowering --

-- What a driver's call could not do ends the lowering.
local function must(ok, message, code)
  if not ok then error({ message = message, code = code }, 0) end
end

local function add_ranges(r, ranges)
  for _, range in ipairs(ranges) do must(driver.ruleset_range(r, range[1], range[2])) end
end

local function add_each(r, list, add)
  for _, item in ipairs(list) do must(add(r, item)) end
end

local function numbers_of(words, number)
  local ranges = {}
  for i, word in ipairs(words) do
    local n = number(word) or error({ message = ("no number is known for '%s'"):format(tostring(word)) }, 0)
    ranges[i] = { n, n }
  end
  return ranges
end

-- One writer a field: how it is said to the core.
local function ranges_of(field)
  return function(r, ranges)
    must(driver.ruleset_field(r, field, false))
    add_ranges(r, ranges)
  end
end

local function list_of(field, add)
  return function(r, list)
    must(driver.ruleset_field(r, field, list.except))
    add_each(r, list, add)
  end
end

local writers = {
  { "family", function(r, family)
    must(driver.ruleset_field(r, FAMILY, false))
    must(driver.ruleset_range(r, families[family], families[family]))
  end },
  { "source", list_of(SOURCE, driver.ruleset_address) },
  { "destination", list_of(DESTINATION, driver.ruleset_address) },
  { "protocols", function(r, words, options)
    must(driver.ruleset_field(r, PROTOCOL, words.except))
    add_ranges(r, numbers_of(words, options.protocol))
  end },
  { "source_ports", ranges_of(SOURCE_PORT) },
  { "destination_ports", ranges_of(DESTINATION_PORT) },
  { "icmp_types", ranges_of(ICMP_TYPE) },
  { "input", list_of(INPUT, driver.ruleset_interface) },
  { "output", list_of(OUTPUT, driver.ruleset_interface) },
  { "states", function(r, words)
    must(driver.ruleset_field(r, STATE, false))
    add_ranges(r, numbers_of(words, function(word) return states[word] end))
  end },
}

local function add_match(r, match, options)
  must(driver.ruleset_match(r))
  for _, writer in ipairs(writers) do
    local value = match[writer[1]]
    if value ~= nil then writer[2](r, value, options) end
  end
end

local function chain_key(chain, name)
  return ("%s %s %s"):format(tostring(chain.family), tostring(chain.table), name)
end

-- A chain of one family lets the packets of the other pass, whatever its policy.
local function add_family(build, chain, number)
  local other = chain.family == "ip" and "ip6" or chain.family == "ip6" and "ip"
  if not (chain.hook and other) or build.passive[chain] then return end
  must(driver.ruleset_rule(build.r, number, ACCEPT, nil, false))
  add_match(build.r, { family = other }, build.options)
  build.rules[#build.rules + 1] = false
end

local function within(chain, match)
  if match.family or not families[chain.family] then return match end
  local narrowed = { family = chain.family }
  for key, value in pairs(match) do narrowed[key] = value end
  return narrowed
end

local function add_rule(build, chain, number, rule)
  local verdict = verdicts[rule.verdict] or OTHER
  local target = rule.target and build.numbers[chain_key(chain, rule.target)]
  must(driver.ruleset_rule(build.r, number, verdict, target, #(rule.also or {}) > 0))
  for _, match in ipairs(rule.matches) do add_match(build.r, within(chain, match), build.options) end
  build.rules[#build.rules + 1] = { chain = chain, rule = rule }
end

local function place_key(chain, separate)
  return separate and chain.hook .. " " .. chain_key(chain, chain.name) or chain.hook
end

-- Where packets pass: a hook of the kernel, whose chains they pass one after the other; elsewhere a chain alone.
local function place_of(build, chain)
  if not chain.hook or build.passive[chain] then return nil end
  local places, key = build.places, place_key(chain, build.options.separate)
  if not places.by_key[key] then
    places[#places + 1] = { hook = chain.hook, chain = build.options.separate and chain or nil }
    places.by_key[key] = #places
  end
  return places.by_key[key] - 1
end

-- Chains that let all pass, beside one that does not: left out, so that what is open is told of the one that decides.
local function passive_chains(tables, separate)
  local active, passive = {}, {}
  local function is_passive(chain) return chain.policy == "accept" and #chain.rules == 0 end
  for _, chain in ipairs(tables.chains) do
    if chain.hook and not is_passive(chain) then active[place_key(chain, separate)] = true end
  end
  for _, chain in ipairs(tables.chains) do
    passive[chain] = chain.hook and is_passive(chain) and active[place_key(chain, separate)]
  end
  return passive
end

-- A policy that is not known may do anything; a chain that is jumped to returns, whatever is said here.
local function add_chain(build, chain)
  local policy = chain.hook and (verdicts[chain.policy] or OTHER) or ACCEPT
  must(driver.ruleset_chain(build.r, place_of(build, chain), chain.priority or 0, policy))
end

-- The core's ruleset, and which rule each of its numbers is.
local function lower(tables, options, places)
  local build = { r = driver.ruleset_new(), rules = {}, numbers = {}, options = options, places = places,
    passive = passive_chains(tables, options.separate) }
  for i, chain in ipairs(tables.chains) do
    build.numbers[chain_key(chain, chain.name)] = i - 1
    add_chain(build, chain)
  end
  for i, chain in ipairs(tables.chains) do
    add_family(build, chain, i - 1)
    for _, rule in ipairs(chain.rules) do add_rule(build, chain, i - 1, rule) end
  end
  return build
end

local function lower_regions(regions, options)
  local build = { r = driver.ruleset_new(), rules = {}, options = options }
  must(driver.ruleset_chain(build.r, nil, 0, ACCEPT))
  for i, region in ipairs(regions) do
    must(driver.ruleset_rule(build.r, 0, ACCEPT, nil, false))
    add_match(build.r, region, options)
    build.rules[i] = region
  end
  return build
end

-- ------------------------------------------------------------- questions --

--- Rulesets, ready to be asked.
-- @type Space
local Space = {}
Space.__index = Space

local function rule_of(self, number)
  local found = number ~= NONE and self.now.rules[number + 1]
  return found and found.rule or nil
end

local kinds = { { 1, "never" }, { 2, "unreached" }, { 4, "hidden" }, { 8, "redundant" }, { 16, "conflict" },
  { 32, "loop" }, { 64, "undecided" } }

local function has(flags, bit)
  return math.floor(flags / bit) % 2 == 1
end

local function rules_of(self, numbers)
  local list = {}
  for _, number in ipairs(numbers) do list[#list + 1] = rule_of(self, number) end
  return list
end

-- Which rules a fact is about beside its own.
local function blamed(self, kind, conflict, hiding)
  if kind == "hidden" then return rules_of(self, hiding) end
  if kind == "conflict" and conflict then return rules_of(self, { conflict }) end
  return {}
end

--- What is to be said of the rules, in their order.
-- @treturn[1] {{kind=, rule=, chain=, by={rule,...}},...} kind "never" (contradicts itself), "unreached" (no hook leads
--   to it), "hidden" (by what is before it: the fewest rules, if they can be told), "redundant" (without it no packet
--   fares otherwise), "conflict" (some of its packets are decided otherwise before), "loop", "undecided" (too complex)
-- @return[2] nil, message, detail
function Space:facts()
  local facts = {}
  for number, found in ipairs(self.now.rules) do
    if found then
      local flags, conflict, _, hiding = driver.space_fact(self.handle, number - 1)
      if not flags then return fault.checked(nil, flags, conflict) end
      for _, kind in ipairs(kinds) do
        if has(flags, kind[1]) then
          facts[#facts + 1] = { kind = kind[2], rule = found.rule, chain = found.chain,
            by = blamed(self, kind[2], conflict, hiding) }
        end
      end
    end
  end
  return facts
end

local function add_openings(self, openings, list, place)
  for i = 1, #list, 5 do
    openings[#openings + 1] = { first = list[i], last = list[i + 1], transport = transports[list[i + 2]],
      rule = rule_of(self, list[i + 3]), chain = self.places[place + 1].chain, surely = list[i + 4] == 1 }
  end
end

local function places_at(self, spec, name)
  fault.argument(hooks[spec.hook], 1, name,
    "hook input, forward, output, prerouting, postrouting, ingress or egress", spec.hook, 4)
  local numbers = {}
  for i, place in ipairs(self.places) do
    if place.hook == spec.hook then numbers[#numbers + 1] = i - 1 end
  end
  return numbers
end

--- What may pass a hook.
-- @tparam table spec `hook`; `region`, the number of one of the regions given when the space was made (all that the
--   rules speak of: of one family where their chains are of one)
-- @treturn[1] {{first=, last=, transport=, rule=, chain=, surely=},...} destination ports; without a transport, numbers
--   of protocols that have no ports; `rule` is nil where a policy accepts; `chain` is there where chains stand apart
-- @return[2] nil, message, detail
function Space:reach(spec)
  local openings = {}
  for _, place in ipairs(places_at(self, spec, "reach")) do
    local list, message, code = driver.space_reach(self.handle, place, (spec.region or self.everything) - 1)
    if not list then return fault.checked(nil, nil, message, code) end
    add_openings(self, openings, list, place)
  end
  return openings
end

local function verdict_list(bits)
  local list = {}
  for i, name in ipairs(verdict_names) do
    if has(bits, 2 ^ (i - 1)) then list[#list + 1] = name end
  end
  return list
end

-- That a chain is of the packet's other family is no step.
local function steps_of(self, list)
  local steps = {}
  for i = 1, #list, 2 do
    if self.now.rules[list[i] + 1] ~= false then
      steps[#steps + 1] = { rule = rule_of(self, list[i]), surely = list[i + 1] == 1 }
    end
  end
  return steps
end

--- Follow one packet.
-- @tparam table spec `hook`, `source` and `destination` (addresses), `protocol` (name or number), `port` and
--   `source_port` (destination's and source's, 0), `icmp_type` (0), `state` ("new"), `input` and `output` (interfaces)
-- @treturn[1] {{steps={{rule=, surely=},...}, verdicts={string,...}, chain=},...} one for each place that it passes
--   there (one for a hook of the kernel, one for each chain that stands apart): the rules that it meets and matches
--   (`rule` is nil for a policy that does not accept), and what becomes of it, one verdict where that is sure
-- @return[2] nil, message, detail
function Space:trace(spec)
  local protocol = self.options.protocol(spec.protocol)
  fault.argument(protocol, 1, "trace", "protocol", spec.protocol)
  local ways = {}
  for _, place in ipairs(places_at(self, spec, "trace")) do
    local list, bits, code = driver.space_trace(self.handle, place, spec.source, spec.destination, protocol,
      spec.source_port or 0, spec.port or 0, spec.icmp_type or 0, states[spec.state or "new"], spec.input, spec.output)
    if not list then return fault.checked(nil, nil, bits, code) end
    ways[#ways + 1] = { steps = steps_of(self, list), verdicts = verdict_list(bits),
      chain = self.places[place + 1].chain }
  end
  return ways
end

local function packet_of(p)
  return { source = p[1], destination = p[2], protocol = p[3], source_port = p[4], port = p[5], icmp_type = p[6],
    state = state_names[p[7]], input = p[8] ~= "" and p[8] or nil, output = p[9] ~= "" and p[9] or nil }
end

--- What this ruleset accepts and the one before did not, or the reverse.
-- @tparam table spec `hook`; `dropped`, true for what is no longer accepted; `perhaps`, true to tell also what is only
--   perhaps accepted; `region`
-- @treturn[1] {opening,...} as `reach` gives them, each with `example`, a packet as `trace` takes it
-- @return[2] nil, message, detail
function Space:compare(spec)
  local openings = {}
  for _, place in ipairs(places_at(self, spec, "compare")) do
    local list, packets, code = driver.space_compare(self.handle, place,
      (spec.region or self.everything) - 1, spec.dropped, spec.perhaps and 0 or 1)
    if not list then return fault.checked(nil, nil, packets, code) end
    local before = #openings
    add_openings(self, openings, list, place)
    for i = before + 1, #openings do
      openings[i].example = packet_of(packets[i - before])
      openings[i].example.hook = spec.hook
      if spec.dropped then openings[i].rule = nil end
    end
  end
  return openings
end

-- The one family that a ruleset speaks of; nil where it speaks of both.
local function only_family(tables)
  local only
  for _, chain in ipairs(tables.chains) do
    if chain.hook then
      local family = families[chain.family] and chain.family or "both"
      if only and only ~= family then return nil end
      only = family
    end
  end
  return only ~= "both" and only or nil
end

-- What is asked for where nobody names a region: what the rulesets speak of.
local function regions_of(tables, options)
  local regions = {}
  for i, region in ipairs(options.regions or {}) do regions[i] = region end
  regions[#regions + 1] = { family = only_family(tables) }
  return regions
end

local function make(tables, options)
  local places = { by_key = {} }
  local now = lower(tables, options, places)
  local before = options.before and lower(options.before, options, places)
  local regions = lower_regions(regions_of(tables, options), options)
  local handle, message, code = driver.space_new(now.r, before and before.r, regions.r)
  if not handle then error({ message = message, code = code }, 0) end
  return setmetatable({ handle = handle, now = now, places = places, options = options,
    everything = #regions.rules }, Space)
end

--- Make a space of a reader's tables.
-- @tparam table tables
-- @tparam table options `protocol`, a function from a protocol's name to its number; `separate`, true where a chain
--   decides alone, rather than with the others of its hook; `before`, the tables to compare with; `regions`, a list of
--   matches to ask for by number
-- @treturn[1] Space
-- @return[2] nil, message, detail
function space.new(tables, options)
  local ok, result = pcall(make, tables, options)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  return fault.checked(tables.source, nil, result.message, result.code)
end

return space
