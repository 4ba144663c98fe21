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

-- The ports of each name that is asked for, made once.
local function ports_by_name(by_name)
  return setmetatable({}, { __index = function(sets, name)
    local set = by_name[name] and span.of_records(by_name[name]) or false
    sets[name] = set
    return set
  end })
end

local function code_for(record, target_ports)
  if not target_ports then return "alias-nowhere" end
  if span.of_records { record } <= target_ports then return nil end
  return "alias-elsewhere"
end

function check.run(context)
  local ports = ports_by_name(context.catalogue.by_name)
  for _, record in ipairs(context.catalogue.records) do
    for _, link in ipairs(links) do
      local target = record[link.field]
      local code = target and code_for(record, ports[target:lower()])
      if code then context:report(code, { record = record, points = link.points, target = target }) end
    end
  end
end

return check
