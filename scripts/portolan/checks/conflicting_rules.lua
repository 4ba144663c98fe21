--- Rules of which some packets are decided otherwise by a rule before them.

local finding = require "portolan.finding"

local check = { name = "conflicting-rules", on_request = true }

check.codes = {
  ["rules-conflict"] = {
    severity = "note",
    message = "some of the packets that this rule asks for are decided otherwise by {by}",
    rationale = "The order of these rules decides; whoever moves one changes what is open.",
    remedy = "See that the narrower one is meant as an exception, and say so in its comment.",
  },
}

-- That a rule about states or interfaces alone goes before others, and that a last one takes what is left, is how
-- rulesets are made.
local function is_particular(rule)
  for _, match in ipairs(rule.matches) do
    if match.source or match.destination or match.source_ports or match.destination_ports then return true end
  end
  return false
end

local function is_worth_telling(fact)
  return fact.by[1] and is_particular(fact.rule) and is_particular(fact.by[1])
end

function check.run(context)
  for _, fact in ipairs(context:facts "conflict") do
    if is_worth_telling(fact) then
      context:report("rules-conflict", { rule = fact.rule, chain = fact.chain, by = finding.list_places(fact.by) })
    end
  end
end

return check
