--- The loopback: whether it is let in, and its addresses kept out elsewhere.

local exposure = require "portolan.exposure"

local check = { name = "loopback", on_request = true }

check.codes = {
  ["loopback-not-accepted"] = {
    severity = "warning",
    message = "{chain} drops, and nothing in it accepts the loopback interface",
    rationale = "Programs of one host speak to each other over it.",
    remedy = "Accept what comes in by lo.",
  },
  ["loopback-spoofed"] = {
    severity = "note",
    message = "{chain} accepts the loopback interface and drops nothing that comes from {networks} by another",
    rationale = "A packet that claims to come from the host itself is forged.",
    remedy = "Drop what comes from these addresses by any interface but lo.",
    references = { "RFC1122 section 3.2.1.3", "RFC4291 section 2.5.3" },
  },
}

local drops = { drop = true, reject = true }

local function any_match(rule, test, ...)
  for _, match in ipairs(rule.matches) do
    if test(match, ...) then return true end
  end
  return false
end

local function has_loopback(match, rule, chain)
  if match.input then return exposure.names_interface(match.input, "lo") end
  if exposure.names_source(match, "127.0.0.0/8") or exposure.names_source(match, "::1") then return true end
  return rule.verdict == "accept" and not match.protocols and exposure.spares_nobody(match, chain.family)
end

local function lets_loopback_in(rule, chain)
  return (rule.verdict == "accept" or rule.verdict == "jump") and any_match(rule, has_loopback, rule, chain)
end

local function dropper_of(network)
  return function(rule)
    return drops[rule.verdict] ~= nil and any_match(rule, exposure.names_source, network)
  end
end

local v4 = { network = "127.0.0.0/8", drops = dropper_of "127.0.0.0/8" }
local v6 = { network = "::1", drops = dropper_of "::1" }
local own = { ip = { v4 }, ip6 = { v6 }, inet = { v4, v6 } }

local function spoofable(ruleset, chain)
  local list = {}
  for _, version in ipairs(own[chain.family]) do
    if not ruleset:some_below(chain, version.drops) then list[#list + 1] = version.network end
  end
  return list
end

local function judge(context, chain)
  if not context.ruleset:some_below(chain, lets_loopback_in) then
    return context:report("loopback-not-accepted", { chain = chain })
  end
  local open = spoofable(context.ruleset, chain)
  if #open > 0 then context:report("loopback-spoofed", { chain = chain, networks = table.concat(open, " and ") }) end
end

function check.run(context)
  local ruleset = context.ruleset
  for _, chain in ipairs(ruleset.netfilter and ruleset:at "input" or {}) do
    if ruleset:admits(chain) and ruleset:closes(chain) then judge(context, chain) end
  end
end

return check
