--- Hooks at which nothing is filtered: without a chain, or with chains that have no rule.

local check = { name = "missing-hook", on_request = true }

check.parameters = {
  hooks = { type = "list", single = true, default = { "input" },
    of = { type = "enum", values = { "input", "forward", "output" } } },
}

check.codes = {
  ["hook-missing"] = {
    severity = "warning",
    message = "no chain of a table that filters is called at the hook {hook}",
    rationale = "Whatever passes there passes unseen.",
    remedy = "Add a base chain at that hook, with the policy drop.",
    references = { "nft(8), CHAINS" },
  },
  ["hook-empty"] = {
    severity = "note",
    message = "no chain at the hook {hook} has a rule, and none drops",
    rationale = "A firewall without rules filters nothing.",
    remedy = "Set the chain's policy to drop, and add the rules that are meant.",
  },
}

local function filters(chains)
  for _, chain in ipairs(chains) do
    if chain.policy == "drop" or #chain.rules > 0 then return true end
  end
  return false
end

-- Chains of which no hook calls one are a part of a ruleset, and the rest of it is elsewhere.
local function is_part(ruleset)
  for _, chain in ipairs(ruleset.chains) do
    if chain.hook then return false end
  end
  return #ruleset.chains > 0
end

function check.run(context)
  if is_part(context.ruleset) then return end
  for _, hook in ipairs(context.ruleset.netfilter and context.parameters.hooks or {}) do
    local chains = context.ruleset:at(hook)
    if #chains == 0 then
      context:report("hook-missing", { hook = hook, place = { source = context.ruleset.source }, subject = hook })
    elseif not filters(chains) then
      context:report("hook-empty", { hook = hook, chain = chains[1] })
    end
  end
end

return check
