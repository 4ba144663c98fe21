--- Rules whose counter says that no packet ever came.

local check = { name = "unused-rule", on_request = true }

check.codes = {
  ["rule-unused"] = {
    severity = "note",
    message = "no packet has matched this rule since the counters were set to zero",
    rationale = "A rule that nothing needs is a hole that waits.",
    remedy = "If the counters are old enough, remove it.",
  },
}

local patterns = { "^%s*%[(%d+):%d+%]", "packets (%d+) bytes", '"packets": ?(%d+)' }

-- "0", another number, or nil where the rule has no counter.
local function packets(rule)
  for _, pattern in ipairs(patterns) do
    local count = (rule.text or ""):match(pattern)
    if count then return count end
  end
end

-- Where all are zero they were written by hand, or just now reset.
local function anything_counted(ruleset)
  for _, rule in ruleset:rules() do
    if (packets(rule) or "0") ~= "0" then return true end
  end
  return false
end

function check.run(context)
  if not anything_counted(context.ruleset) then return end
  for chain, rule in context.ruleset:rules() do
    if rule.verdict == "accept" and packets(rule) == "0" then
      context:report("rule-unused", { rule = rule, chain = chain })
    end
  end
end

return check
