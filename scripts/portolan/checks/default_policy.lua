--- Chains whose policy lets in what no rule speaks of.

local check = { name = "default-policy", on_request = true }

check.parameters = {
  hooks = { type = "list", single = true, default = { "input", "forward" },
    of = { type = "enum", values = { "input", "forward", "output" } } },
}

check.codes = {
  ["policy-not-drop"] = {
    severity = "warning",
    message = "the policy of {chain} is accept",
    rationale = "Only a rule at its end keeps packets out; whoever flushes the rules opens the host.",
    remedy = "Set the chain's policy to drop.",
    references = { "NIST SP 800-41r1 section 4.1" },
  },
}

-- The check accept-all speaks of those that really let the rest in.
local function lets_the_rest_in(context, chain)
  for _, opening in ipairs(context.openings) do
    if opening.chain == chain and not opening.rule then return true end
  end
  return false
end

function check.run(context)
  for _, hook in ipairs(context.ruleset.netfilter and context.parameters.hooks or {}) do
    for _, chain in ipairs(context.ruleset:at(hook)) do
      local drops = chain.policy == "drop" or context.ruleset:drops_beside(chain)
      if not drops and not lets_the_rest_in(context, chain) then
        context:report("policy-not-drop", { chain = chain })
      end
    end
  end
end

return check
