--- What may leave: whether anything that goes out is filtered.

local exposure = require "portolan.exposure"

local check = { name = "egress", on_request = true }

check.codes = {
  ["egress-unrestricted"] = {
    severity = "note",
    message = "everything may leave: {why}",
    rationale = "Whoever gets in calls home on any port, and data leave unseen.",
    remedy = "Name what has to leave, and drop the rest.",
    references = { "NIST SP 800-41r1 section 4.2.3" },
  },
}

local hooks = { "output", "egress" }

local function chains_out(ruleset)
  local list = {}
  for _, hook in ipairs(hooks) do
    for _, chain in ipairs(ruleset:at(hook)) do list[#list + 1] = chain end
  end
  return list
end

local function lets_all_out(rule)
  if rule.verdict ~= "accept" or #rule.also > 0 then return false end
  for _, match in ipairs(rule.matches) do
    if exposure.goes_anywhere(match) then return true end
  end
  return false
end

local function report_rules(context, chains)
  local found = false
  for _, chain in ipairs(chains) do
    for _, rule in ipairs(chain.rules) do
      if lets_all_out(rule) then
        found = true
        context:report("egress-unrestricted", { rule = rule, chain = chain, why = "this rule asks nothing" })
      end
    end
  end
  return found
end

local function any_closes(ruleset, chains)
  for _, chain in ipairs(chains) do
    if ruleset:closes(chain) then return true end
  end
  return false
end

function check.run(context)
  local chains = chains_out(context.ruleset)
  if report_rules(context, chains) or not context.ruleset.netfilter then return end
  if #chains == 0 then
    context:report("egress-unrestricted", {
      why = "no chain is called at the hook output", place = { source = context.ruleset.source },
    })
  elseif not any_closes(context.ruleset, chains) then
    context:report("egress-unrestricted", { why = "nothing drops what no rule names", chain = chains[1] })
  end
end

return check
