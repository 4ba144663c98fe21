--- Whether anything of what is dropped is logged.

local check = { name = "logging", on_request = true }

check.codes = {
  ["logging-missing"] = {
    severity = "note",
    message = "no rule at the hooks input and forward logs",
    rationale = "An attack that nobody sees is not answered.",
    remedy = "Log what is dropped, with a limit, so that nobody can fill the disk.",
    references = { "NIST SP 800-41r1 section 5.2.3" },
  },
}

local function logs(rule)
  return rule.log
end

function check.run(context)
  local entries = context.ruleset.netfilter and context.ruleset:entries() or {}
  for _, chain in ipairs(entries) do
    if context.ruleset:some_below(chain, logs) then return end
  end
  if #entries > 0 then context:report("logging-missing", { chain = entries[1] }) end
end

return check
