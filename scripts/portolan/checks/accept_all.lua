--- Rules and policies that let the whole world in, to everything.

local span = require "portolan.span"

local check = { name = "accept-all" }

check.parameters = {
  ports = { type = "integer", min = 1, max = 65536, default = 65535 },
}

check.codes = {
  ["accept-all"] = {
    severity = "error",
    message = "{who} {reaches} {what}",
    rationale = "Only the programs behind it now decide who gets in, and what the policy denies is open with the rest.",
    remedy = "Name the ports that are meant, or the networks.",
    references = { "NIST SP 800-41r1 section 4.1" },
  },
  ["accept-interface"] = {
    severity = "warning",
    message = "{who} {reaches} {what}",
    rationale = "If that interface leads to the world, so does every port.",
    remedy = "Where only your own are behind the interface, name it in the policy under trusted, interfaces; "
      .. "otherwise name the ports that are meant.",
  },
  ["accept-unread"] = {
    severity = "note",
    message = "as far as this rule could be read {who} {reaches} {what}; it also asks for {also}",
    rationale = "What it also asks for decides whether it is narrow or opens everything.",
    remedy = "Judge it by hand.",
  },
  ["accept-by-default"] = {
    severity = "warning",
    message = "the policy of {chain} is accept and no rule takes the rest: {who} {reaches} {what}",
    rationale = "Whatever starts to listen is open until somebody remembers to close it.",
    remedy = "Set the chain's policy to drop, or end it with a rule that drops everything.",
    references = { "NIST SP 800-41r1 section 4.1" },
  },
}

local function what(ports)
  local whole = {}
  for first, last, transport in ports:spans() do
    if first <= 1 and last == 65535 then whole[#whole + 1] = transport end
  end
  return #whole == #span.transports and "every port of every transport" or span.summary(ports)
end

local function code_for(opening)
  if #opening.also > 0 then return "accept-unread" end
  if not opening.rule then return "accept-by-default" end
  return opening.inputs and "accept-interface" or "accept-all"
end

function check.run(context)
  for _, opening in ipairs(context.openings) do
    local hidden = not opening.rule and context.ruleset:drops_beside(opening.chain)
    if opening.widest >= context.parameters.ports and not hidden then
      context:report(code_for(opening), {
        opening = opening, ports = opening.ports, what = what(opening.ports), also = table.concat(opening.also, ", "),
      })
    end
  end
end

return check
