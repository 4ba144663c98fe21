--- Chains that drop, and never let replies in.

local check = { name = "established", on_request = true }

check.codes = {
  ["established-missing"] = {
    severity = "warning",
    message = "{chain} drops, and nothing in it accepts established connections",
    rationale = "Replies to the host's own connections are dropped; whoever meets that opens port ranges to mend it.",
    remedy = "Accept packets of connections that are established or related, before all else.",
    references = { "nft(8), CONNTRACK EXPRESSIONS" },
  },
}

local function asks_established(rule)
  for _, match in ipairs(rule.matches) do
    for _, state in ipairs(match.states or {}) do
      if state == "established" then return true end
    end
  end
  return false
end

-- Before connection tracking, replies were let in by their flags.
local function is_by_flags(rule)
  return table.concat(rule.also, " "):find "syn" ~= nil
end

local function lets_replies_in(rule, chain, ruleset)
  local lets = rule.verdict == "accept" or ruleset:target(chain, rule)
  return lets and (asks_established(rule) or is_by_flags(rule))
end

function check.run(context)
  local ruleset = context.ruleset
  for _, chain in ipairs(ruleset.netfilter and ruleset:at "input" or {}) do
    local filters = ruleset:admits(chain) and ruleset:closes(chain)
    if filters and not ruleset:some_below(chain, lets_replies_in) then
      context:report("established-missing", { chain = chain })
    end
  end
end

return check
