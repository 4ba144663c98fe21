--- Aliases whose service is not there, or is elsewhere.

local span = require "portolan.span"

local check = { name = "alias" }

check.codes = {
  ["alias-nowhere"] = {
    severity = "error",
    message = "{record} {points} '{target}', which the registry does not have",
    rationale = "Whoever follows the alias finds nothing.",
    remedy = "Correct the name in the note, or register it.",
    references = { "RFC6335 section 10.1" },
  },
  ["alias-elsewhere"] = {
    severity = "warning",
    message = "{record} {points} '{target}', which is not at that port",
    rationale = "An alias is a second name for the same ports.",
    remedy = "Correct the name in the note, or register the service for the same ports and transports.",
    references = { "RFC6335 section 10.1" },
  },
}

local links = { { field = "alias_of", points = "is an alias of" }, { field = "replaces", points = "replaces" } }

local function code_for(record, targets)
  if not targets then return "alias-nowhere" end
  local here = span.of_records { record }
  if not (here <= span.of_records(targets)) then return "alias-elsewhere" end
end

function check.run(context)
  for _, record in ipairs(context.catalogue.records) do
    for _, link in ipairs(links) do
      local target = record[link.field]
      local code = target and code_for(record, context.catalogue.by_name[target:lower()])
      if code then context:report(code, { record = record, points = link.points, target = target }) end
    end
  end
end

return check
