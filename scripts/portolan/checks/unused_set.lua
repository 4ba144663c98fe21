--- Sets and object groups that no rule asks, and rules that ask such as are not there.

local check = { name = "unused-set" }

check.codes = {
  ["set-unused"] = {
    severity = "note",
    message = "no rule asks the set '{set}'",
    rationale = "What it was for may be open, or shut, without it.",
    remedy = "Ask it in a rule, or remove it.",
  },
  ["set-undefined"] = {
    severity = "warning",
    message = "a rule asks the set '{set}', which is not there",
    rationale = "Such a ruleset is not loaded.",
    remedy = "Write the set, or correct its name.",
  },
}

local function report(context, code, set)
  local subject = ("%s %s"):format(set.place.where or "", set.name)
  context:report(code, { set = set.name, place = set.place, subject = subject })
end

function check.run(context)
  for _, set in ipairs(context.ruleset.sets) do
    if not set.used then report(context, "set-unused", set) end
  end
  for _, set in ipairs(context.ruleset.missing_sets) do report(context, "set-undefined", set) end
end

return check
