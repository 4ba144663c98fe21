--- Chains that nothing leads to, and jumps that lead to no chain.

local check = { name = "unused-chain" }

check.codes = {
  ["chain-unused"] = {
    severity = "note",
    message = "nothing leads to {chain}",
    rationale = "Its rules do nothing; what they were for may be open, or shut, without them.",
    remedy = "Jump to it, or remove it.",
  },
  ["chain-undefined"] = {
    severity = "warning",
    message = "the rule leads to '{target}', which is no chain of its table and no target that is known",
    rationale = "Such a ruleset is not loaded, or only in part.",
    remedy = "Write the chain, or correct its name.",
  },
}

local function reached(ruleset)
  local hooked, is_reached = {}, {}
  for _, chain in ipairs(ruleset.chains) do
    if chain.hook then hooked[#hooked + 1] = chain end
  end
  for _, chain in ipairs(ruleset:below(hooked)) do is_reached[chain] = true end
  return is_reached
end

local function report_unused(context)
  local is_reached = reached(context.ruleset)
  for _, chain in ipairs(context.ruleset.chains) do
    if not is_reached[chain] then context:report("chain-unused", { chain = chain }) end
  end
end

function check.run(context)
  if not context.ruleset.netfilter then return end
  report_unused(context)
  for chain, rule in context.ruleset:rules() do
    if rule.missing then
      context:report("chain-undefined", { rule = rule, chain = chain, target = rule.missing })
    end
  end
end

return check
