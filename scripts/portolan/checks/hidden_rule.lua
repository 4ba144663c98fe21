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
  ["rule-covered"] = {
    severity = "note",
    message = "never reached: all that it asks for is decided the same by {by}",
    rationale = "Whoever changes one of them will think that the others follow.",
    remedy = "Remove it.",
  },
}

-- The checks duplicate-rule and rule-after-all speak of these.
local function is_told(context, fact)
  local first = #fact.by == 1 and fact.by[1]
  if not first then return false end
  return rules.key(first) == rules.key(fact.rule) or context.ruleset.ordered and rules.takes_all(fact.chain, first)
end

local decision = { accept = "accept", drop = "drop", reject = "drop" }

local function decides_same(fact)
  local wanted = decision[fact.rule.verdict]
  for _, rule in ipairs(fact.by) do
    if decision[rule.verdict] ~= wanted then return false end
  end
  return wanted ~= nil and #fact.by > 0
end

-- Of very many rules nobody can tell the fewest.
local function by_text(fact)
  return #fact.by > 0 and finding.list_places(fact.by) or "the rules before it"
end

function check.run(context)
  for _, fact in ipairs(context:facts "hidden") do
    if not is_told(context, fact) then
      context:report(decides_same(fact) and "rule-covered" or "rule-hidden", {
        rule = fact.rule, chain = fact.chain, by = by_text(fact),
      })
    end
  end
end

return check
