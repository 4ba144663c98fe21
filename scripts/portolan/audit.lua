--- The audit: checks over a ruleset, findings out.
--
--    local findings = audit.run{ ruleset = ruleset.new(tables), registry = registry, policy = policy }
--
-- A check's `run` is given a context:
--
-- | field | what it is |
-- |---|---|
-- | ruleset, registry, policy, parameters | parameters are the check's own, by the policy |
-- | openings | what the world reaches (Ruleset:reach), each with `everything` where it is all of a transport |
-- | zones | the world and the policy's zones: `openings` from there, what is `denied` and `allowed` there |
-- | sockets | an inventory's, as in FORMS.md, or nil |
-- | changes | events of a registry's change, as portolan.diff gives them, or nil |
-- | today | "2026-11-23", or nil |
-- | :allowed_away(ports) | what the policy does not allow of a set |
-- | :facts(kind) | what packet space knows of rules: "never", "hidden", "redundant", "conflict", "loop" ... |
-- | span(first, last, transport) | "6000-6063/tcp" |
-- | :report(code, values) | adds a finding |
--
-- `values` of a report: `opening` (or `rule` and `chain`), `ports`, `records`, `references`, `notes`, `subject`,
-- `severity`, and a text for each further hole of the code's message. `{ports}` is filled from `ports`, `{chain}`
-- with the chain's name, `{who}` with "the world", a zone, or the interfaces it must come by, `{reaches}` with
-- "reaches", or "may reach" where the opening depends on what could not be read. portolan.frame tells the rest.
-- @module portolan.audit

local frame = require "portolan.frame"
local own_check = require "portolan.own_check"
local policies = require "portolan.policy"
local shipped_checks = require "portolan.checks"
local span = require "portolan.span"
local waiver = require "portolan.waiver"

local audit = {}

-- What the audit itself may have to say, in the shape of a check.
local own = { name = "audit", codes = {
  ["facts-unknown"] = {
    severity = "note",
    message = "not all rules could be looked at for hidden, redundant and conflicting ones: {reason}",
    rationale = "What was not looked at may be hidden, redundant or in conflict.",
    remedy = "Audit the ruleset in parts.",
  },
  ["not-read"] = {
    severity = "note",
    message = "{count} not read as rules: {why}",
    rationale = "What they open or close is unknown.",
    remedy = "Judge them by hand.",
  },
} }

local function chain_name(chain)
  return chain and (chain.table and chain.table .. "/" .. chain.name or chain.name)
end

local function who_comes(opening)
  local who = opening.zone and "zone " .. opening.zone
  if not opening.inputs then return who or "the world" end
  return ("%s in by %s"):format(who and who .. " coming" or "whoever comes", table.concat(opening.inputs, ", "))
end

local function holes(values, chain, opening)
  return {
    chain = chain_name(chain), ports = values.ports and span.summary(values.ports), who = who_comes(opening),
    reaches = #opening.also > 0 and "may reach" or "reaches",
  }
end

local function described(values)
  local opening = values.opening or { also = {} }
  local rule, chain = values.rule or opening.rule, values.chain or opening.chain
  return {
    place = values.place or rule and rule.place or chain and chain.place, rule = rule and rule.text,
    chain = chain_name(chain), hook = opening.hook, ports = values.ports and tostring(values.ports),
    also = opening.also,
  }, holes(values, chain, opening)
end

-- One finding for each reason, at the first line that has it.
local function report_unread(ruleset, context)
  local groups, by_why = {}, {}
  for _, unread in ipairs(ruleset.unread) do
    local group = by_why[unread.why]
    if not group then
      group = { first = unread, count = 0 }
      by_why[unread.why], groups[#groups + 1] = group, group
    end
    group.count = group.count + 1
  end
  for _, group in ipairs(groups) do
    local count = group.count == 1 and "1 line" or ("%d lines"):format(group.count)
    context:report("not-read", {
      count = count, why = group.first.why, rule = { text = group.first.text, place = group.first.place },
    })
  end
end

-- All of a transport; port 0 is nobody's loss.
local all_of_a_transport = 65535

local function openings_of(ruleset, policy)
  local openings = ruleset:reach { from = "world", trusted = policy.trusted }
  for _, opening in ipairs(openings) do
    opening.everything = not opening.rule or opening.widest >= all_of_a_transport
  end
  return openings
end

--- What an audit is about, for the head of a report.
-- @tparam table options as for `run`
-- @treturn table `source`, `dialect`, `rules`, `unread` (counts), `policy` (its name), `registry` (its date)
function audit.about(options)
  local ruleset = options.ruleset
  return {
    source = ruleset.source, dialect = ruleset.dialect, rules = ruleset:count(), unread = #ruleset.unread,
    policy = (options.policy or policies.none()).name, registry = options.registry:info().date,
  }
end

local function zone_of(ruleset, zone)
  local openings = ruleset:reach { from = zone }
  for _, opening in ipairs(openings) do opening.zone = zone.name end
  return { name = zone.name, openings = openings, denied = zone.denied, allowed = zone.allowed }
end

-- The world first, which has no name.
local function zones_of(ruleset, policy, openings)
  local zones = { { openings = openings, denied = policy.denied, allowed = policy.allowed } }
  for _, zone in ipairs(policy.zones) do zones[#zones + 1] = zone_of(ruleset, zone) end
  return zones
end

local function by_kind(facts)
  local kinds = {}
  for _, fact in ipairs(facts) do
    kinds[fact.kind] = kinds[fact.kind] or {}
    table.insert(kinds[fact.kind], fact)
  end
  return kinds
end

-- Asked once, by the first check that needs them; `tell(reason)` is called where not all can be known.
local function facts_of(ruleset, tell)
  local kinds
  return function(_, kind)
    if not kinds then
      local facts, message = ruleset:facts()
      kinds = by_kind(facts or {})
      if message then tell(message) end
      if kinds.undecided then tell(("%d rules are too complex"):format(#kinds.undecided)) end
    end
    return kinds[kind] or {}
  end
end

local function subject_of(options, policy, tell)
  local openings = openings_of(options.ruleset, policy)
  return {
    ruleset = options.ruleset, registry = options.registry, policy = policy, openings = openings,
    zones = zones_of(options.ruleset, policy, openings), sockets = options.sockets, changes = options.changes,
    today = options.today, span = span.text, facts = facts_of(options.ruleset, tell),
    allowed_away = function(_, ports) return ports - policy.allowed end,
  }
end

local function apply_waivers(policy, run, today)
  if #policy.waivers == 0 then return end
  if not today then error("bad argument 'today' to 'run' (a date expected: the policy has waivers)", 3) end
  waiver.apply(policy.waivers, run:findings(), today, run:context(waiver))
end

--- Run checks over a ruleset.
-- @tparam table options `ruleset` (Ruleset), `registry`; optional `policy` (none), `checks` (the shipped ones),
--   `sockets`, `changes` and `today`, as in the context; a policy with waivers needs `today`
-- @treturn {table,...} findings (portolan.finding), the worst first, then by place
function audit.run(options)
  local policy = options.policy or policies.none()
  local run
  local function tell(reason) run:context(own):report("facts-unknown", { reason = reason }) end
  run = frame.new {
    subject = subject_of(options, policy, tell), source = options.ruleset.source, describe = described,
    severity = function(check, code, values) return policy:severity(check, code, values.severity) end,
    parameters = function(check) return policy:parameters(check) end,
    references = function(check, code) return policy:references(check, code) end,
  }
  report_unread(options.ruleset, run:context(own))
  for _, check in ipairs(options.checks or shipped_checks.all()) do
    if policy:hears(check) then run:check(check) end
  end
  for _, check in ipairs(own_check.of(policy)) do run:check(check) end
  apply_waivers(policy, run, options.today)
  return run:findings()
end

return audit
