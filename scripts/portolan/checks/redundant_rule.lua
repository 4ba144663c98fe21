--- Rules without which every packet would have the same fate.

local rules = require "portolan.rule"

-- Where a chain's policy is accept, every rule that accepts is one of them.
local check = { name = "redundant-rule", on_request = true }

check.codes = {
  ["rule-redundant"] = {
    severity = "note",
    message = "without this rule nothing would change: what comes after it, or the chain's policy, does the same",
    rationale = "Each rule that does nothing hides one that does; but some are written so that the policy may change.",
    remedy = "Remove it, or say in its comment why it stays.",
  },
}

local decides = { accept = true, drop = true, reject = true }

-- A rule that logs does something, and a last one that takes the rest says what the policy is.
local function is_idle(fact)
  local rule = fact.rule
  return decides[rule.verdict] and not rule.log and not rules.takes_all(fact.chain, rule)
end

-- Where packets are rewritten or marked, letting one pass is a decision of its own.
local function filtering(ruleset)
  local entries, filters = {}, {}
  for _, hook in ipairs { "input", "forward", "output" } do
    for _, chain in ipairs(ruleset:at(hook)) do entries[#entries + 1] = chain end
  end
  for _, chain in ipairs(ruleset:below(entries)) do filters[chain] = true end
  return filters
end

function check.run(context)
  local filters = filtering(context.ruleset)
  for _, fact in ipairs(context:facts "redundant") do
    if filters[fact.chain] and is_idle(fact) then
      context:report("rule-redundant", { rule = fact.rule, chain = fact.chain })
    end
  end
end

return check
