--- Rules without which every packet would have the same fate.

local finding = require "portolan.finding"
local rules = require "portolan.rule"

local check = { name = "redundant-rule" }

check.codes = {
  ["rule-redundant"] = {
    severity = "note",
    message = "without this rule nothing would change: {by} already does the same",
    rationale = "Each rule that does nothing hides one that does.",
    remedy = "Remove it.",
  },
}

-- The check duplicate-rule speaks of equals.
local function is_told(fact)
  return #fact.by == 1 and rules.key(fact.by[1]) == rules.key(fact.rule)
end

function check.run(context)
  for _, fact in ipairs(context:facts "redundant") do
    if not is_told(fact) then
      local by = #fact.by > 0 and finding.list_places(fact.by) or "the chain's policy"
      context:report("rule-redundant", { rule = fact.rule, chain = fact.chain, by = by })
    end
  end
end

return check
