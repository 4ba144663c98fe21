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
  ["chain-loop"] = {
    severity = "warning",
    message = "the rule leads to {target}, which leads back to it",
    rationale = "A packet in a loop would never leave it; the kernel does not load such a ruleset.",
    remedy = "Remove one of the jumps.",
  },
}

local function hooked(ruleset)
  local list = {}
  for _, chain in ipairs(ruleset.chains) do
    if chain.hook then list[#list + 1] = chain end
  end
  return list
end

local function report_unused(context, entries)
  local is_reached = {}
  for _, chain in ipairs(context.ruleset:below(entries)) do is_reached[chain] = true end
  for _, chain in ipairs(context.ruleset.chains) do
    if not is_reached[chain] then context:report("chain-unused", { chain = chain }) end
  end
end

local function report_loops(context)
  for _, fact in ipairs(context:facts "loop") do
    context:report("chain-loop", { rule = fact.rule, chain = fact.chain, target = fact.rule.target })
  end
end

function check.run(context)
  -- Chains without one that a hook calls are a part of a ruleset, and the rest of it is elsewhere.
  local entries = context.ruleset.netfilter and hooked(context.ruleset) or {}
  if #entries == 0 then return end
  report_unused(context, entries)
  report_loops(context)
  for chain, rule in context.ruleset:rules() do
    if rule.missing then
      context:report("chain-undefined", { rule = rule, chain = chain, target = rule.missing })
    end
  end
end

return check
