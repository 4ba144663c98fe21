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
  ["overlay-dynamic"] = {
    severity = "warning",
    message = "{layer} has '{name}' at {port}, in the dynamic range",
    rationale = "Systems hand out those ports to whatever program asks: the service cannot count on its own.",
    remedy = "Choose a port below 49152.",
    references = { "RFC6335 section 8.1.2" },
  },
}

-- Only a registry with layers has conflicts; IANA's alone has none to tell of.
function check.run(context)
  for _, conflict in ipairs(context.registry.conflicts or {}) do
    context:report(conflict.code, conflict)
  end
end

return check
