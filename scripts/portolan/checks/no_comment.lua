--- Rules that open ports to the world and do not say why.

local rules = require "portolan.rule"

local check = { name = "no-comment", on_request = true }

check.codes = {
  ["no-comment"] = {
    severity = "note",
    message = "{who} {reaches} {ports}, and no comment says why",
    rationale = "Nobody dares to remove a rule whose purpose nobody knows.",
    remedy = "Give the rule a comment: what for, and for whom.",
  },
}

function check.run(context)
  local last
  for _, opening in ipairs(context.openings) do
    local same = last and opening.rule and rules.is_same_place(last, opening.rule)
    last = opening.rule
    if opening.rule and not opening.rule.comment and not same then
      context:report("no-comment", { opening = opening, ports = opening.ports })
    end
  end
end

return check
