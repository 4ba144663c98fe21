--- Ports that a rule gives without saying on which transport.

local rules = require "portolan.rule"

local check = { name = "transport-not-given" }

check.codes = {
  ["transport-not-given"] = {
    severity = "note",
    message = "the rule is for {ports} and names no transport",
    rationale = "A port is one of tcp, of udp, of sctp or of dccp; the others are open for nothing.",
    remedy = "Write the transport that the service uses.",
    references = { "RFC6335 section 7.2" },
  },
}

local function has_several(match)
  return match.destination_ports ~= nil and (match.protocols == nil or #match.protocols > 1)
end

-- Where the words of the rule name one, its author chose.
local function names_transport(text)
  text = text:lower()
  return text:find "tcp" or text:find "udp" or text:find "sctp" or text:find "dccp"
end

local function any_match(rule, test)
  for _, match in ipairs(rule.matches) do
    if test(match) then return true end
  end
  return false
end

function check.run(context)
  for chain, rule in context.ruleset:rules() do
    if rule.verdict == "accept" and rule.text and any_match(rule, has_several) and not names_transport(rule.text) then
      context:report("transport-not-given", { rule = rule, chain = chain, ports = rules.ports(rule) })
    end
  end
end

return check
