--- Ports that are open by IPv6 and not by IPv4.

local portolan = require "portolan"
local span = require "portolan.span"

local check = { name = "weaker-v6" }

check.parameters = {
  -- DHCPv6 (RFC 8415) has its own ports.
  except = { type = "ports", default = portolan.ports "udp/546, udp/547" },
}

check.codes = {
  ["v6-weaker"] = {
    severity = "warning",
    message = "by IPv6 {who} {reaches} {ports}, by IPv4 not",
    rationale = "Whoever is kept out by one version of IP comes by the other.",
    remedy = "Write the rule for both, in a table of family inet where there is one; or give IPv6 the same limits.",
    references = { "RFC7123", "RFC9099 section 2.6" },
  },
  ["v6-unfiltered"] = {
    severity = "warning",
    message = "{chain} closes the hook {hook} for IPv4, and no chain is there for IPv6",
    rationale = "IPv6 is on by default: every port of the host is open by it.",
    remedy = "Use a table of family inet, or write the same chain for ip6.",
    references = { "RFC7123", "RFC9099 section 2.6" },
  },
}

local function reach(context, family, hook)
  local ruleset, list = context.ruleset:of_family(family), {}
  for _, opening in ipairs(ruleset:reach { from = "world", trusted = context.policy.trusted }) do
    if opening.hook == hook then list[#list + 1] = opening end
  end
  return list
end

local function ports_of(openings)
  local sets = {}
  for i, opening in ipairs(openings) do sets[i] = opening.ports end
  return span.union(sets)
end

local function compare(context, hook)
  local open = ports_of(reach(context, "ip", hook)) + context.parameters.except
  for _, opening in ipairs(reach(context, "ip6", hook)) do
    local ports = context:allowed_away(opening.ports - open)
    if ports:count() > 0 then context:report("v6-weaker", { opening = opening, ports = ports }) end
  end
end

local function families(chains)
  local has = {}
  for _, chain in ipairs(chains) do
    has.ip = has.ip or chain.family ~= "ip6"
    has.ip6 = has.ip6 or chain.family ~= "ip"
  end
  return has
end

-- Of iptables-save, which prints one version of IP, the other is unknown.
local function prints_both(ruleset)
  return ruleset.dialect == "nft" or ruleset.dialect == "nft-json"
end

local function report_unfiltered(context, hook)
  for _, chain in ipairs(context.ruleset:at(hook)) do
    if context.ruleset:closes(chain) then
      return context:report("v6-unfiltered", { chain = chain, hook = hook })
    end
  end
end

function check.run(context)
  if not context.ruleset.netfilter then return end
  for _, hook in ipairs { "input", "forward" } do
    local has = families(context.ruleset:at(hook))
    if has.ip and has.ip6 then
      compare(context, hook)
    elseif has.ip and prints_both(context.ruleset) then
      report_unfiltered(context, hook)
    end
  end
end

return check
