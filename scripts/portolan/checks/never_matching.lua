--- Rules that no packet can ever match, by what they ask themselves.

local check = { name = "never-matching" }

check.codes = {
  ["rule-never-matches"] = {
    severity = "warning",
    message = "no packet can be all that this rule asks",
    rationale = "What it was meant to do, it does not do.",
    remedy = "Correct what contradicts: a family and an address, a transport and a flag, an address and its negation.",
  },
}

function check.run(context)
  for _, fact in ipairs(context:facts "never") do
    context:report("rule-never-matches", { rule = fact.rule, chain = fact.chain })
  end
end

return check
