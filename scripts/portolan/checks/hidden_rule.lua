--- Rules whose packets are all taken by rules before them.

local finding = require "portolan.finding"
local rules = require "portolan.rule"

local check = { name = "hidden-rule" }

check.codes = {
  ["rule-hidden"] = {
    severity = "warning",
    message = "never reached: all that it asks for is taken by {by}",
    rationale = "It says one thing and the rules before it do another.",
    remedy = "Move it before them, or remove it.",
  },
}

-- The checks duplicate-rule and rule-after-all speak of these.
local function is_told(context, fact)
  local first = #fact.by == 1 and fact.by[1]
  if not first then return false end
  return rules.key(first) == rules.key(fact.rule) or context.ruleset.ordered and rules.takes_all(fact.chain, first)
end

function check.run(context)
  for _, fact in ipairs(context:facts "hidden") do
    if not is_told(context, fact) then
      context:report("rule-hidden", { rule = fact.rule, chain = fact.chain, by = finding.list_places(fact.by) })
    end
  end
end

return check
