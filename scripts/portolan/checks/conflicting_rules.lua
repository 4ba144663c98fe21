--- Rules of which some packets are decided otherwise by a rule before them.

local finding = require "portolan.finding"

local check = { name = "conflicting-rules" }

check.codes = {
  ["rules-conflict"] = {
    severity = "note",
    message = "some of the packets that this rule asks for are decided otherwise by {by}",
    rationale = "The order of these rules decides; whoever moves one changes what is open.",
    remedy = "See that the narrower one is meant as an exception, and say so in its comment.",
  },
}

function check.run(context)
  for _, fact in ipairs(context:facts "conflict") do
    context:report("rules-conflict", { rule = fact.rule, chain = fact.chain, by = finding.list_places(fact.by) })
  end
end

return check
