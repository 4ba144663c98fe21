--- Chains, lists and groups of more rules than anybody reads.

local check = { name = "long-chain", on_request = true }

check.parameters = {
  rules = { type = "integer", min = 1, default = 200 },
}

check.codes = {
  ["chain-long"] = {
    severity = "note",
    message = "{chain} has {count} rules",
    rationale = "Nobody sees any more what a long list lets in; and each packet meets one rule after another.",
    remedy = "Use sets, or chains by interface or service.",
  },
}

function check.run(context)
  for _, chain in ipairs(context.ruleset.chains) do
    if #chain.rules > context.parameters.rules then
      context:report("chain-long", { chain = chain, count = ("%d"):format(#chain.rules) })
    end
  end
end

return check
