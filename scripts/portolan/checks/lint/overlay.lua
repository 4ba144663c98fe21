--- What overlays say that the registry contradicts.

local check = { name = "overlay" }

check.codes = {
  ["overlay-port"] = {
    severity = "note",
    message = "{layer} has '{name}' at {port}, which IANA assigned to {others}",
    rationale = "Others will take the one for the other.",
    remedy = "Move the service to a port that is free (portolan free), if it is yours to move.",
    references = { "RFC6335 section 8.1.2" },
  },
  ["overlay-name"] = {
    severity = "warning",
    message = "{layer} calls {port} '{name}', which is IANA's name for {others}",
    rationale = "The name stands for another service everywhere else.",
    remedy = "Choose a name that the registry does not have.",
    references = { "RFC6335 section 5" },
  },
  ["overlay-idle"] = {
    severity = "warning",
    message = "{layer} speaks of '{name}', which is no service there",
    rationale = "The entry changes nothing, and whoever wrote it believes that it does.",
    remedy = "Correct the name or the ports (portolan search finds services).",
  },
  ["overlay-dynamic"] = {
    severity = "warning",
    message = "{layer} has '{name}' at {port}, in the dynamic range",
    rationale = "Systems hand out those ports to whatever program asks: the service cannot count on its own.",
    remedy = "Choose a port below 49152.",
    references = { "RFC6335 section 8.1.2" },
  },
}

function check.run(context)
  for _, conflict in ipairs(context.conflicts) do
    context:report(conflict.code, conflict)
  end
end

return check
