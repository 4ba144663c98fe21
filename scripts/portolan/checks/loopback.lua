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

local networks = { ip = { "127.0.0.0/8" }, ip6 = { "::1" }, inet = { "127.0.0.0/8", "::1" } }
local drops = { drop = true, reject = true }

-- Whether a rule of a chain, or below it, has a match that passes the test.
local function has(context, chain, test, ...)
  for _, below in ipairs(context.ruleset:below(chain)) do
    for _, rule in ipairs(below.rules) do
      for _, match in ipairs(rule.matches) do
        if test(rule, match, ...) then return true end
      end
    end
  end
  return false
end

local function lets_loopback_in(rule, match, chain)
  if rule.verdict ~= "accept" and rule.verdict ~= "jump" then return false end
  if match.input then return exposure.names_interface(match.input, "lo") end
  if exposure.spares_nobody(match, chain.family) and not match.protocols then return rule.verdict == "accept" end
  return exposure.names_source(match, "127.0.0.0/8") or exposure.names_source(match, "::1")
end

local function drops_from(rule, match, network)
  return drops[rule.verdict] ~= nil and exposure.names_source(match, network)
end

local function spoofable(context, chain)
  local list = {}
  for _, network in ipairs(networks[chain.family]) do
    if not has(context, chain, drops_from, network) then list[#list + 1] = network end
  end
  return list
end

local function judge(context, chain)
  if not has(context, chain, lets_loopback_in, chain) then
    return context:report("loopback-not-accepted", { chain = chain })
  end
  local open = spoofable(context, chain)
  if #open > 0 then context:report("loopback-spoofed", { chain = chain, networks = table.concat(open, " and ") }) end
end

function check.run(context)
  for _, chain in ipairs(context.ruleset.netfilter and context.ruleset:at "input" or {}) do
    if context.ruleset:admits(chain) and context.ruleset:closes(chain) then judge(context, chain) end
  end
end

return check
