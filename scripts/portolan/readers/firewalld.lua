--- The dialect of firewalld: a zone, a policy or a service, as XML.
--
--    local dialect = require "portolan.readers.firewalld"
--    local ruleset = assert(dialect.read(text, "public.xml", { service = function(name) ... end }))
--
-- A zone is a chain of what comes in by its interfaces and sources; its target makes the last rules, so the chain's
-- own policy is always drop: it opens nothing by itself. Rules stand in the order in which firewalld asks them:
-- rich rules of priority below 0; logs, denials, permissions; those above 0. A policy is a chain between zones,
-- whose names stand in `also`. A service is a chain that nothing calls.
--
-- Sources: firewalld.zone(5), firewalld.policy(5), firewalld.service(5), firewalld.richlanguage(5).
-- @module portolan.readers.firewalld

local element = require "portolan.grammar.firewalld_element"
local permission = require "portolan.grammar.permission"
local reader = require "portolan.reader"
local xml = require "portolan.xml"

local dialect = { name = "firewalld", title = "firewalld zones, policies and services (XML)" }

local function place_of(state, one)
  return reader.place(state.source, one.line, one.column, state.name)
end

local function unread(state, one, why)
  local list = state.ruleset.unread
  list[#list + 1] = { place = place_of(state, one), text = xml.show(one), why = why }
end

local function new_chain(state, root, name, hook)
  local chain = {
    name = name, table = "firewalld", family = "inet", hook = hook, priority = hook and 0,
    policy = hook and "drop", stateful = true, place = place_of(state, root), rules = {},
  }
  local chains = state.ruleset.chains
  chains[#chains + 1] = chain
  return chain
end

-- Rules are gathered with the rank that orders them, and put into their chain at last -------------------------

-- What is asked first among rules of priority 0.
local ranks = { continue = 0, drop = 1, reject = 1, accept = 2 }

local function gather(state, one, verdict, parts, more)
  more = more or {}
  table.insert(parts, 1, state.ends)
  local rules, why = permission.rules(parts, {
    verdict = verdict, place = place_of(state, one), text = xml.show(one), log = more.log,
  })
  if not rules then return unread(state, one, why) end
  local priority = more.priority or 0
  for _, rule in ipairs(rules) do
    rule.also[#rule.also + 1] = more.also
    state.gathered[#state.gathered + 1] = {
      rule = rule, chain = more.chain or state.chain, priority = priority,
      rank = priority == 0 and ranks[verdict] or 0, at = #state.gathered,
    }
  end
end

local function before(a, b)
  if a.priority ~= b.priority then return a.priority < b.priority end
  if a.rank ~= b.rank then return a.rank < b.rank end
  return a.at < b.at
end

local function put_in_order(state)
  table.sort(state.gathered, before)
  for _, item in ipairs(state.gathered) do item.chain.rules[#item.chain.rules + 1] = item.rule end
end

-- Elements of zones and policies ------------------------------------------------------------------------------

local function permit(state, one)
  gather(state, one, "accept", { element.services(one, state.context) })
end

local function forward_chain(state)
  if state.chain.hook ~= "input" then return state.chain end
  state.forwarding = state.forwarding or new_chain(state, state.root, state.name .. " forwarded", "forward")
  return state.forwarding
end

-- A port sent to another host is forwarded; one sent to another port of this host comes in.
local function chain_for(state, forward_port)
  return (forward_port.attributes["to-addr"] or "") ~= "" and forward_chain(state) or state.chain
end

local function permit_forwarded(state, one)
  gather(state, one, "accept", { element.services(one, state.context) }, { chain = chain_for(state, one) })
end

local function block(state, one)
  gather(state, one, state.inverted and "accept" or "reject", { element.icmp(one) })
end

local rewriting = "changes addresses or sizes and lets nobody in"

local function rewrite(state, one)
  unread(state, one, rewriting)
end

local function pass_over() end

local read_rich

-- Elements that zones and policies share.
local shared = {
  service = permit, port = permit, protocol = permit, ["source-port"] = permit, ["icmp-block"] = block,
  ["forward-port"] = permit_forwarded, masquerade = rewrite, ["icmp-block-inversion"] = pass_over, short = pass_over,
  description = pass_over,
  rule = function(state, one) read_rich(state, one) end,
}

local function read_children(state, own)
  for _, child in ipairs(state.root.children) do
    local read = own[child.name] or shared[child.name]
    if read then read(state, child) else unread(state, child, "not an element of a " .. state.root.name) end
  end
end

-- Rich rules --------------------------------------------------------------------------------------------------

local actions = { accept = "accept", reject = "reject", drop = "drop", mark = "continue" }
local logs = { log = true, nflog = true, audit = true }

-- The parts of a rich rule by what they do in it.
local function sort_out(one)
  local rich = { peers = {} }
  for _, child in ipairs(one.children) do
    if child.name == "source" or child.name == "destination" then
      table.insert(rich.peers, { element.peer(child, child.name) })
    elseif actions[child.name] then rich.action = child
    elseif logs[child.name] then rich.log = true
    elseif rich.subject then rich.second = child
    else rich.subject = child end
  end
  return rich
end

-- What a rule does that has no action.
local unsaid = { ["forward-port"] = "accept", ["icmp-block"] = "reject" }

local function verdict_of(rich)
  if rich.action then return actions[rich.action.name] end
  return rich.subject and unsaid[rich.subject.name] or "continue"
end

-- A limit on a permission says how fast, not who; on a denial it leaves packets to the rules after it.
local function limit_of(rich, verdict)
  local limit = rich.action and verdict ~= "accept" and xml.named(rich.action, "limit")[1]
  return limit and "limit " .. (limit.attributes.value or "")
end

local families = { ipv4 = "ip", ipv6 = "ip6" }

local function rich_parts(one, rich)
  local parts = {}
  local family = families[one.attributes.family]
  if family then parts[1] = { { match = { family = family } } } end
  for _, peer in ipairs(rich.peers) do parts[#parts + 1] = peer end
  return parts
end

local function priority_of(one)
  return tonumber((one.attributes.priority or ""):match "^%-?%d+$") or 0
end

function read_rich(state, one)
  local rich = sort_out(one)
  local subject = rich.subject
  if rich.second then return unread(state, one, "more than one element in a rule") end
  local services = subject and element.services(subject, state.context)
  if subject and not services then return unread(state, one, rewriting) end
  local verdict, parts = verdict_of(rich), rich_parts(one, rich)
  parts[#parts + 1] = services
  gather(state, one, verdict, parts, {
    priority = priority_of(one), log = rich.log, also = limit_of(rich, verdict) or nil,
    chain = subject and chain_for(state, subject),
  })
end

-- Zones -------------------------------------------------------------------------------------------------------

local function interfaces_of(root)
  local names = {}
  for _, interface in ipairs(xml.named(root, "interface")) do names[#names + 1] = interface.attributes.name end
  return names
end

-- Networks are one alternative a family; sets and hardware addresses, which no field can say, are one in all.
local function source_ends(root)
  local networks, others = {}, {}
  for _, source in ipairs(xml.named(root, "source")) do
    local list = reader.address.read(source.attributes.address or "") and networks or others
    list[#list + 1] = list == networks and source.attributes.address or element.peer(source, "source").also
  end
  local ends = permission.networks(networks, "source")
  if #others > 0 then ends[#ends + 1] = { match = {}, also = table.concat(others, " or ") } end
  return ends
end

-- Where a zone's packets come from; anywhere, when its interfaces are named elsewhere.
local function zone_ends(root, interfaces)
  local ends = source_ends(root)
  if #interfaces > 0 then table.insert(ends, 1, { match = { input = interfaces } }) end
  return #ends > 0 and ends or { { match = {} } }
end

local function read_forward(state, one)
  if #state.interfaces < 2 then
    return unread(state, one, "forwards between interfaces of the zone that are not named here")
  end
  gather(state, one, "accept", { { { match = { output = state.interfaces } } } }, { chain = forward_chain(state) })
end

-- The opening tag of the root: what its target's rules are written as.
local function opening(root, attributes)
  return { name = root.name, attributes = attributes, children = {}, line = root.line, column = root.column }
end

local function read_target(state)
  local target = state.root.attributes.target or "default"
  local root = opening(state.root, { target = target })
  if target == "ACCEPT" then return gather(state, root, "accept", {}, { priority = math.huge }) end
  if target ~= "default" and target ~= "%%REJECT%%" and target ~= "REJECT" then return end
  gather(state, root, state.inverted and "reject" or "accept", { { { match = { protocols = { "icmp", "icmpv6" } } } } },
    { priority = math.huge })
end

local targets = { default = true, ACCEPT = true, DROP = true, REJECT = true, ["%%REJECT%%"] = true, CONTINUE = true }

local function check_target(state)
  local target = state.root.attributes.target
  if target and not targets[target] then unread(state, state.root, "unknown target " .. target) end
end

local function read_zone(state)
  state.chain = new_chain(state, state.root, state.name, "input")
  state.interfaces = interfaces_of(state.root)
  state.ends = zone_ends(state.root, state.interfaces)
  state.inverted = #xml.named(state.root, "icmp-block-inversion") > 0
  read_children(state, { interface = pass_over, source = pass_over, forward = read_forward })
  read_target(state)
end

-- Policies ----------------------------------------------------------------------------------------------------

-- The names of zones at one end of a policy; nil for any.
local function zones_at(root, name)
  local names = {}
  for _, zone in ipairs(xml.named(root, name)) do
    if zone.attributes.name == "ANY" then return nil end
    names[#names + 1] = zone.attributes.name
  end
  return names[1] and table.concat(names, " or ")
end

local function policy_hook(from, to)
  return to == "HOST" and "input" or from == "HOST" and "output" or "forward"
end

local function policy_ends(from, to)
  local words = {}
  if from and from ~= "HOST" then words[1] = "from zone " .. from end
  if to and to ~= "HOST" then words[#words + 1] = "to zone " .. to end
  return { { match = {}, also = words[1] and table.concat(words, ", ") } }
end

local verdicts = { ACCEPT = "accept", DROP = "drop", REJECT = "reject" }

local function read_policy(state)
  local root = state.root
  local from, to = zones_at(root, "ingress-zone"), zones_at(root, "egress-zone")
  local disabled = xml.named(root, "disable")[1]
  state.chain = new_chain(state, root, state.name, not disabled and policy_hook(from, to) or nil)
  state.chain.priority = state.chain.hook and priority_of(root)
  state.ends = policy_ends(from, to)
  if disabled then unread(state, disabled, "the policy is switched off: nothing calls its rules") end
  read_children(state, { ["ingress-zone"] = pass_over, ["egress-zone"] = pass_over, disable = pass_over })
  local verdict = verdicts[root.attributes.target]
  if verdict then gather(state, opening(root, root.attributes), verdict, {}, { priority = math.huge }) end
end

-- Services ----------------------------------------------------------------------------------------------------

local function read_service(state)
  state.chain, state.ends = new_chain(state, state.root, state.name), { { match = {} } }
  for _, child in ipairs(state.root.children) do
    local part = { name = "service", attributes = {}, children = { child } }
    local services = element.document(part, state.context)
    if #services > 0 then gather(state, child, "accept", { services }) end
  end
end

-- Documents ---------------------------------------------------------------------------------------------------

local kinds = { zone = read_zone, policy = read_policy, service = read_service }
local others = { ipset = true, icmptype = true, helper = true, direct = true, whitelist = true, lockdown = true }

local function refuse(root, source)
  local what = others[root.name] and "a firewalld " .. root.name .. ", which has no rules of a zone"
    or "'" .. root.name .. "' is no document of firewalld"
  return reader.fail(source, root.line, root.column, what .. ": give a zone, a policy or a service")
end

local function base_name(source)
  return (source:gsub("^.*[/\\]", ""):gsub("%.xml$", ""))
end

--- Whether a text looks like firewalld's.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  local name, at = xml.root(text)
  if name == "policy" then return text:find("^<policy[^>]-target%s*=", at) ~= nil end
  return name == "zone" or name == "service"
end

--- Read a zone, a policy or a service.
-- @tparam string text
-- @tparam string source the name it goes by in places; a zone has its name from its file
-- @tparam ?table options `files`: texts of service files, by their names ("dns.xml"); `service(name)` -> list of
--   `{ first=, last=, transport= }`, empty where firewalld has no such service
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  options = options or {}
  local root, message, detail = xml.read(text, source)
  if not root then return nil, message, detail end
  if not kinds[root.name] then return refuse(root, source) end
  local state = {
    source = source, root = root, name = base_name(source), gathered = {},
    context = { files = options.files or {}, service = options.service, known = {} },
    ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} },
  }
  check_target(state)
  kinds[root.name](state)
  put_in_order(state)
  return state.ruleset
end

return dialect
