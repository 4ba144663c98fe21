--- Ports that others than their assignees are known to use.

local check = { name = "unregistered-use" }

check.codes = {
  ["unregistered-use"] = {
    severity = "note", deployed = "off",
    message = "{record} is used without registration: '{use}'",
    rationale = "What answers there may not be what the registry says.",
    remedy = "Whoever uses it should register a port of their own.",
    references = { "RFC6335 section 8.1.1", "RFC8126 section 6" },
  },
}

function check.run(context)
  for _, record in ipairs(context.catalogue.records) do
    local use = record.unauthorized
    if use then context:report("unregistered-use", { record = record, use = (use:gsub("%s+", " ")) }) end
  end
end

return check
