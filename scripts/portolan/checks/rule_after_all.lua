--- Rules that stand after one that lets no packet past.

local rules = require "portolan.rule"

local check = { name = "rule-after-all" }

check.codes = {
  ["rule-after-all"] = {
    severity = "warning",
    message = "no packet of {chain} gets past this rule to {what}: {first}",
    rationale = "What they say does not happen, and whoever wrote them thinks that it does.",
    remedy = "Move them before it, or remove them.",
  },
}

-- The first rule that ends the chain, and the first after it.
local function last_of(chain)
  for i, rule in ipairs(chain.rules) do
    if rules.takes_all(chain, rule) then
      local following = i + 1
      while chain.rules[following] and rules.is_same_place(chain.rules[following], rule) do
        following = following + 1
      end
      return rule, following
    end
  end
end

function check.run(context)
  for _, chain in ipairs(context.ruleset.ordered and context.ruleset.chains or {}) do
    local rule, following = last_of(chain)
    if rule and chain.rules[following] then
      local count = #chain.rules - following + 1
      context:report("rule-after-all", {
        rule = rule, chain = chain, first = chain.rules[following].text or "",
        what = count == 1 and "one more" or ("%d more, of which the first is"):format(count),
      })
    end
  end
end

return check
