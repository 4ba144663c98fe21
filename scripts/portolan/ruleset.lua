--- A ruleset: what a dialect reader made, and what may be asked of it.
--
--    local rules = ruleset.new(reader.read(text, "rules.v4"))
--    for chain, rule in rules:rules() do ... end
--    rules:ports{ verdict = "accept", hook = "input", exposed = true }     --> PortSet
--    rules:reach{ from = "world" }                                         --> list of openings
--
-- Rules are read in order, along jumps, from the chains that a hook calls. A rule opens what reaches it: not
-- what a rule before it, in its chain or on the way there, takes from everybody. Where this is not exact it
-- shows too much and never too little: a rule that takes from somebody only takes nothing here.
-- @module portolan.ruleset

local exposure = require "portolan.exposure"
local portolan = require "portolan"
local protocols = require "portolan.protocols"
local rules = require "portolan.rule"

local ruleset = {}

local Ruleset = {}
Ruleset.__index = Ruleset

local nobody = { networks = {}, interfaces = {} }

-- What these tables accept, another table may still drop.
local passing_tables = { nat = true, mangle = true, raw = true, security = true }
local ip_families = { ip = true, ip6 = true, inet = true }
local entry_hooks = { input = true, forward = true }
-- No rule of these goes before another.
local unordered = { ["aws-sg"] = true, kubernetes = true, terraform = true, compose = true, firewalld = true }
local netfilter = { ["iptables-save"] = true, ["ip6tables-save"] = true, ["nft"] = true, ["nft-json"] = true }

local function key_of(chain, name)
  return ("%s %s %s"):format(chain.family, chain.table, name)
end

--- Wrap what a reader made.
-- @tparam table tables as in FORMS.md, "The ruleset"
-- @treturn Ruleset with `dialect`, `source`, `chains`, `unread` of the reader; `netfilter`, whether the Linux kernel
--   runs these very chains; `ordered`, whether the first rule that matches decides
function ruleset.new(tables)
  local by_key = {}
  for _, chain in ipairs(tables.chains) do by_key[key_of(chain, chain.name)] = chain end
  return setmetatable({
    dialect = tables.dialect, source = tables.source, chains = tables.chains, unread = tables.unread or {},
    sets = tables.sets or {}, missing_sets = tables.missing_sets or {},
    by_key = by_key, netfilter = netfilter[tables.dialect] or false, ordered = not unordered[tables.dialect],
    known = {},
  }, Ruleset)
end

--- Walk over all rules, chain by chain.
-- @treturn function iterator: chain, rule
function Ruleset:rules()
  local c, r = 1, 0
  return function()
    r = r + 1
    while self.chains[c] and not self.chains[c].rules[r] do c, r = c + 1, 1 end
    if self.chains[c] then return self.chains[c], self.chains[c].rules[r] end
  end
end

--- Packet space of these rules.
-- @tparam ?Ruleset before what to compare them with
-- @treturn[1] Space of portolan.space
-- @return[2] nil, message, detail
function Ruleset:space(before)
  return portolan.space(self, { protocol = protocols.number, separate = not self.netfilter, before = before })
end

--- What packet space knows of each rule, exactly.
-- @treturn[1] {table,...} as of Space:facts
-- @return[2] nil, message, detail
function Ruleset:facts()
  local space, message, detail = self:space()
  if not space then return nil, message, detail end
  return space:facts()
end

--- How many rules there are.
-- @treturn number
function Ruleset:count()
  local count = 0
  for _, chain in ipairs(self.chains) do count = count + #chain.rules end
  return count
end

--- The chain that a rule jumps to.
-- @tparam table chain the rule's
-- @tparam table rule
-- @treturn[1] table
-- @return[2] nil where the rule does not jump, or to no chain of the ruleset
function Ruleset:target(chain, rule)
  local jumps = rule.verdict == "jump" or rule.verdict == "goto"
  return jumps and rule.target and self.by_key[key_of(chain, rule.target)] or nil
end

local function judges(chain)
  return ip_families[chain.family] and not passing_tables[chain.table]
end

local function decides(chain)
  return entry_hooks[chain.hook] and judges(chain)
end

--- The chains at a hook whose tables filter IP.
-- @tparam string hook
-- @treturn {table,...}
function Ruleset:at(hook)
  local list = {}
  for _, chain in ipairs(self.chains) do
    if chain.hook == hook and judges(chain) then list[#list + 1] = chain end
  end
  return list
end

--- Whether another chain at the same hook drops what no rule takes: a firewall lets in what all of them let in.
-- @tparam table chain
-- @treturn boolean
function Ruleset:drops_beside(chain)
  for _, other in ipairs(self:at(chain.hook)) do
    local meets = other.family == chain.family or other.family == "inet"
    if other ~= chain and meets and other.policy == "drop" then return true end
  end
  return false
end

--- The chains that decide what comes in: of tables that filter IP, called at the hooks input and forward.
-- @treturn {table,...}
function Ruleset:entries()
  local list = {}
  for _, chain in ipairs(self.chains) do
    if decides(chain) then list[#list + 1] = chain end
  end
  return list
end

local function next_target(self, frame)
  frame.at = frame.at + 1
  local rule = frame.chain.rules[frame.at]
  return rule ~= nil, rule and self:target(frame.chain, rule)
end

-- Adds the chains reachable from `first`, each after all that it jumps to. A jump back, which no kernel
-- accepts, is not followed.
local function add_below(self, first, done, order)
  local stack = { { chain = first, at = 0 } }
  done[first] = true
  while #stack > 0 do
    local frame = stack[#stack]
    local more, target = next_target(self, frame)
    if not more then
      order[#order + 1] = frame.chain
      stack[#stack] = nil
    elseif target and not done[target] then
      done[target] = true
      stack[#stack + 1] = { chain = target, at = 0 }
    end
  end
end

--- The chains that packets of chains may come to, those included.
-- @tparam {table,...} chains
-- @treturn {table,...} each once, after all that it jumps to
function Ruleset:below(chains)
  local order, done = {}, {}
  for _, chain in ipairs(chains) do
    if not done[chain] then add_below(self, chain, done, order) end
  end
  return order
end

local function passes(self, chain, test, known)
  for _, rule in ipairs(chain.rules) do
    local target = self:target(chain, rule)
    if target and known[target] == "yes" or test(rule, chain, self) then return true end
  end
  return false
end

--- Whether a rule of a chain, or of one that its packets may come to, passes a test.
-- @tparam table chain
-- @tparam function test test(rule, chain, ruleset); one function for one question: each chain is asked once
-- @treturn boolean
function Ruleset:some_below(chain, test)
  local known = self.known[test] or {}
  self.known[test] = known
  if not known[chain] then
    local order = {}
    add_below(self, chain, known, order)
    for _, below in ipairs(order) do known[below] = passes(self, below, test, known) and "yes" or "no" end
  end
  return known[chain] == "yes"
end

local function drops_all(rule, chain)
  return (rule.verdict == "drop" or rule.verdict == "reject") and rules.takes_all(chain, rule)
end

--- Whether a chain ends somewhere in dropping what no rule took, by its policy or by a rule for all packets.
-- @tparam table chain
-- @treturn boolean
function Ruleset:closes(chain)
  return chain.policy == "drop" or self:some_below(chain, drops_all)
end

local function accepts(rule)
  return rule.verdict == "accept"
end

--- Whether a chain accepts anything: one that does not is a lock, and not a firewall.
-- @tparam table chain
-- @treturn boolean
function Ruleset:admits(chain)
  return self:some_below(chain, accepts)
end

local function union(matches, of, ...)
  local set = portolan.ports {}
  for _, match in ipairs(matches) do set = set + of(match, ...) end
  return set
end

local function taken_by(match, family)
  return exposure.spares_nobody(match, family) and exposure.ports(match) or portolan.ports {}
end

-- What a rule surely takes from everybody.
local function taken(rule, family)
  if #rule.also > 0 then return portolan.ports {} end
  return union(rule.matches, taken_by, family)
end

local drops = { drop = true, reject = true }
local spares = { accept = true, ["return"] = true, queue = true, other = true }

-- What of everybody's packets a chain drops, by itself or where it jumps to. `closed` has the chains before it.
local function closed_by(self, chain, closed)
  local gone, spared = portolan.ports {}, portolan.ports {}
  for _, rule in ipairs(chain.rules) do
    local target = self:target(chain, rule)
    if drops[rule.verdict] then
      gone = gone + (taken(rule, chain.family) - spared)
    elseif target and closed[target] then
      gone = gone + (taken(rule, chain.family) * closed[target] - spared)
    end
    if spares[rule.verdict] or target then spared = spared + (union(rule.matches, exposure.ports) - gone) end
  end
  return gone
end

-- Nothing jumps to a chain that a hook calls.
local function closures(self, order)
  local closed = {}
  for _, chain in ipairs(order) do
    closed[chain] = chain.hook and portolan.ports {} or closed_by(self, chain, closed)
  end
  return closed
end

-- What reaches a chain: `sure` whatever else the rules on the way ask, `perhaps` only if their `also` holds.
-- `inputs` has the interfaces by which it comes, or is nil where it comes by any.
local function new_arrival()
  return { sure = portolan.ports {}, perhaps = portolan.ports {}, also = {}, inputs = {} }
end

local function add_each(list, texts, most)
  for _, text in ipairs(texts) do
    if not list[text] and #list < (most or math.huge) then
      list[text] = true
      list[#list + 1] = text
    end
  end
end

-- The interfaces that a rule names; nil where one of its matches names none.
local function inputs_of(rule)
  local names = {}
  for _, match in ipairs(rule.matches) do
    if not match.input or match.input.except then return nil end
    add_each(names, match.input)
  end
  return names
end

-- More interfaces than anybody reads are any; so no list grows with the ruleset.
local most_inputs, most_also = 16, 8

local function add_inputs(from, rule, to)
  local names = inputs_of(rule) or from.inputs
  if names and to.inputs then add_each(to.inputs, names) end
  if not names or to.inputs and #to.inputs > most_inputs then to.inputs = nil end
end

-- A program that packets are queued for may accept them.
local conditions = { queue = { "a program's verdict (queue)" } }

local function flow(from, rule, through, to)
  local sure, perhaps = from.sure * through, from.perhaps * through
  local condition = conditions[rule.verdict] or {}
  if #rule.also + #condition > 0 then sure, perhaps = portolan.ports {}, sure + perhaps end
  if sure:count() > 0 or perhaps:count() > 0 then add_inputs(from, rule, to) end
  to.sure = to.sure + sure
  if perhaps:count() == 0 then return end
  to.perhaps = to.perhaps + perhaps
  add_each(to.also, from.also, most_also)
  add_each(to.also, rule.also, most_also)
  add_each(to.also, condition, most_also)
end

local function take(arrival, ports)
  if ports:count() == 0 then return end
  arrival.sure, arrival.perhaps = arrival.sure - ports, arrival.perhaps - ports
end

local function widest(ports)
  local count, most = {}, 0
  for first, last, transport in ports:spans() do
    count[transport] = (count[transport] or 0) + last - first + 1
    most = math.max(most, count[transport])
  end
  return most
end

local function copied(list)
  local copy = {}
  for i, text in ipairs(list) do copy[i] = text end
  return copy
end

-- At most two: one for what is sure, and one for what else there may be.
local function add_openings(walk, chain, rule, arrival, hook)
  local kinds = { { arrival.sure, {} }, { arrival.perhaps - arrival.sure, arrival.also } }
  for _, kind in ipairs(kinds) do
    local ports, also = kind[1], kind[2]
    if ports:count() > 0 then
      walk.openings[#walk.openings + 1] = {
        chain = chain, rule = rule, hook = hook, ports = ports, widest = widest(ports), also = copied(also),
        inputs = arrival.inputs and copied(arrival.inputs),
      }
    end
  end
end

local function is_empty(arrival)
  return arrival.sure:count() == 0 and arrival.perhaps:count() == 0
end

local function through_rule(walk, rule)
  return union(rule.matches, exposure.of, walk.from)
end

local function meet_accept(walk, chain, arrival, rule)
  local opened = new_arrival()
  flow(arrival, rule, through_rule(walk, rule), opened)
  add_openings(walk, chain, rule, opened, arrival.hook)
  take(arrival, taken(rule, chain.family))
end

-- What a goto does not end comes back to no rule of its chain, but to the policy of a chain that has one.
local function meet_jump(walk, chain, arrival, rule, target)
  local there = walk.arrivals[target] or new_arrival()
  walk.arrivals[target], there.hook = there, there.hook or arrival.hook
  flow(arrival, rule, through_rule(walk, rule), there)
  local gone = taken(rule, chain.family)
  take(arrival, rule.verdict == "goto" and not chain.hook and gone or gone * walk.closed[target])
end

local function meet(walk, chain, arrival, rule)
  local target = walk.rules:target(chain, rule)
  if target then return meet_jump(walk, chain, arrival, rule, target) end
  if rule.verdict == "accept" or rule.verdict == "queue" then return meet_accept(walk, chain, arrival, rule) end
  local leaves = drops[rule.verdict] or rule.verdict == "return" and not chain.hook
  if leaves then take(arrival, taken(rule, chain.family)) end
end

local function walk_chain(walk, chain)
  local arrival = walk.arrivals[chain]
  for _, rule in ipairs(chain.rules) do
    if is_empty(arrival) then return end
    meet(walk, chain, arrival, rule)
  end
  if decides(chain) and chain.policy ~= "drop" then add_openings(walk, chain, nil, arrival, chain.hook) end
end

local function start(walk, chain)
  local arrival = walk.arrivals[chain] or new_arrival()
  arrival.sure, arrival.hook, arrival.inputs = portolan.ports "*", chain.hook, nil
  walk.arrivals[chain] = arrival
end

--- What is open from where: the openings, in the order in which chains are reached.
-- An opening is `{ ports = PortSet, widest = the most ports of one transport, hook =, chain =, rule =, also =,
-- inputs = }`: `rule` is nil where the chain's policy lets the ports in; where `also` is not empty, they are open
-- only where that holds too, which nobody here can tell; `inputs` are the interfaces by which alone they are
-- reached, or nil.
-- @tparam table query `from`, "world" or a zone { networks = {...}, interfaces = {...} }; `trusted`, such a table, is
--   not the world
-- @treturn {table,...}
function Ruleset:reach(query)
  if query.from ~= "world" and type(query.from) ~= "table" then
    error("bad argument 'from' to 'reach' ('world' or a zone expected)", 2)
  end
  local order = self:below(self:entries())
  local from = query.from == "world" and (query.trusted or nobody) or { zone = query.from }
  local walk = { rules = self, from = from, arrivals = {}, openings = {}, closed = closures(self, order) }
  for _, chain in ipairs(self:entries()) do start(walk, chain) end
  for i = #order, 1, -1 do
    if walk.arrivals[order[i]] then walk_chain(walk, order[i]) end
  end
  return walk.openings
end

local function speaks(match, family)
  if match.family then return match.family == family end
  local address = (match.source or match.destination or {})[1]
  return not address or (address:find(":", 1, true) ~= nil) == (family == "ip6")
end

local function rule_of_family(rule, family)
  local twin = setmetatable({ matches = {} }, { __index = rule })
  for _, match in ipairs(rule.matches) do
    if speaks(match, family) then twin.matches[#twin.matches + 1] = match end
  end
  return twin
end

local function chain_of_family(chain, family)
  local twin = setmetatable({ family = family, rules = {} }, { __index = chain })
  for i, rule in ipairs(chain.rules) do twin.rules[i] = rule_of_family(rule, family) end
  return twin
end

--- What there is for one version of IP.
-- @tparam string family "ip" or "ip6"
-- @treturn Ruleset its chains are new, and of that family
function Ruleset:of_family(family)
  local chains = {}
  for _, chain in ipairs(self.chains) do
    if chain.family == family or chain.family == "inet" then
      chains[#chains + 1] = chain_of_family(chain, family)
    end
  end
  return ruleset.new { dialect = self.dialect, source = self.source, chains = chains }
end

local function fits(chain, rule, query)
  return (not query.hook or chain.hook == query.hook) and (not query.chain or chain.name == query.chain)
    and (not query.verdict or rule.verdict == query.verdict)
end

local function exposed_ports(self, query)
  local set = portolan.ports {}
  for _, opened in ipairs(self:reach { from = "world", trusted = query.trusted }) do
    local here = (not query.hook or opened.hook == query.hook) and (not query.chain or opened.chain.name == query.chain)
    if here and opened.rule then set = set + opened.ports end
  end
  return set
end

--- The destination ports that rules name.
-- @tparam table query all fields optional: `verdict`, `hook`, `chain` (a name); with `exposed = true`, only what
--   accept rules open to the world (see portolan.exposure), `trusted` networks and interfaces apart
-- @treturn PortSet
function Ruleset:ports(query)
  if query.exposed then return exposed_ports(self, query) end
  local set = portolan.ports {}
  for chain, rule in self:rules() do
    if fits(chain, rule, query) then set = set + union(rule.matches, exposure.ports) end
  end
  return set
end

return ruleset
