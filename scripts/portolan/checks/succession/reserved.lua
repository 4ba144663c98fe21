--- Reserved ports that were assigned.

local span = require "portolan.span"

local check = { name = "reserved" }

check.codes = {
  ["reserved-assigned"] = {
    severity = "note",
    message = "'{name}' was assigned {ports}, which was Reserved",
    rationale = "A port that was given back is Reserved until its range has no unassigned one left.",
    remedy = "See why the port was Reserved.",
    references = { "RFC6335 section 8.2" },
  },
}

function check.run(context)
  local reserved = context.before:ports { status = { "reserved", "deregistered", "private", "other" } }
  for _, event in ipairs(context.events) do
    if event.kind == "assigned" and event.after.first then
      local ports = span.of_records { event.after } * reserved
      if ports:count() > 0 then
        context:report("reserved-assigned", { event = event, name = event.after.name, ports = span.summary(ports) })
      end
    end
  end
end

return check
