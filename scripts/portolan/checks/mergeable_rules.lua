--- Neighbouring rules that differ only in their ports.

local rules = require "portolan.rule"
local span = require "portolan.span"

local check = { name = "mergeable-rules", on_request = true }

check.codes = {
  ["rules-mergeable"] = {
    severity = "note",
    message = "{count} rules from here on differ only in their ports: {ports}",
    rationale = "One rule with a set of ports is read at a glance and meets a packet once.",
    remedy = "Write them as one rule, with a set (nft) or multiport (iptables).",
  },
}

local verdicts = { accept = true, drop = true, reject = true }

local function key_of(rule)
  local match = #rule.matches == 1 and rule.matches[1]
  if not (match and match.destination_ports and verdicts[rule.verdict]) then return nil end
  return rules.key(rule, "destination_ports") .. "\n" .. (rule.comment or "")
end

local function run_from(chain, first)
  local key, last = key_of(chain.rules[first]), first
  while key and chain.rules[last + 1] and key_of(chain.rules[last + 1]) == key do last = last + 1 end
  return last
end

local function report(context, chain, first, last)
  local sets = {}
  for i = first, last do sets[#sets + 1] = rules.ports(chain.rules[i]) end
  context:report("rules-mergeable", {
    rule = chain.rules[first], chain = chain, ports = span.union(sets), count = ("%d"):format(last - first + 1),
  })
end

function check.run(context)
  for _, chain in ipairs(context.ruleset.chains) do
    local first = 1
    while chain.rules[first] do
      local last = run_from(chain, first)
      if last > first then report(context, chain, first, last) end
      first = last + 1
    end
  end
end

return check
