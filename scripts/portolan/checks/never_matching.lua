--- Rules that no packet can ever match, by what they ask themselves.

local check = { name = "never-matching" }

check.codes = {
  ["rule-never-matches"] = {
    severity = "warning",
    message = "no packet can be all that this rule asks",
    rationale = "What it was meant to do, it does not do.",
    remedy = "Correct what contradicts: a family and an address, a transport and a flag, an address and its negation.",
  },
  ["rule-of-empty-set"] = {
    severity = "note",
    message = "the rule asks for a member of a set that is empty",
    rationale = "Until something fills the set the rule does nothing.",
    remedy = "If nothing fills it while the firewall runs, give it its elements or remove the rule.",
  },
}

function check.run(context)
  for _, fact in ipairs(context:facts "never") do
    local code = #fact.rule.matches == 0 and "rule-of-empty-set" or "rule-never-matches"
    context:report(code, { rule = fact.rule, chain = fact.chain })
  end
end

return check
