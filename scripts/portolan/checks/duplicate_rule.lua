--- Rules that stand in their chain a second time.

local finding = require "portolan.finding"
local rules = require "portolan.rule"

local check = { name = "duplicate-rule" }

check.codes = {
  ["duplicate-rule"] = {
    severity = "note",
    message = "the same rule stands before, at {first}",
    rationale = "The second of them never does anything; whoever changes one forgets the other.",
    remedy = "Remove one of them.",
  },
}

-- These count, or draw lots: two of them are not one.
local counting = { "limit", "recent", "statistic", "quota", "connlimit", "numgen", "connbytes", "meter" }

local function counts(rule)
  local also = table.concat(rule.also, " ")
  for _, word in ipairs(counting) do
    if also:find(word, 1, true) then return true end
  end
  return false
end

local terminal = { accept = true, drop = true, reject = true, jump = true, ["goto"] = true, ["return"] = true }

local function judge(context, chain, rule, seen)
  local key = rules.key(rule)
  local first = seen[key]
  seen[key] = first or rule
  if first and not rules.is_same_place(first, rule) then
    context:report("duplicate-rule", { rule = rule, chain = chain, first = finding.where(first.place) })
  end
end

function check.run(context)
  for _, chain in ipairs(context.ruleset.chains) do
    local seen = {}
    for _, rule in ipairs(chain.rules) do
      if terminal[rule.verdict] and #rule.matches > 0 and not counts(rule) then judge(context, chain, rule, seen) end
    end
  end
end

return check
