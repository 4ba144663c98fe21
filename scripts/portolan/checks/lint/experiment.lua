--- The two ports for experiments.

local span = require "portolan.span"

local check = { name = "experiment" }

check.codes = {
  ["experiment-port"] = {
    severity = "warning",
    message = "{port}, which is for experiments, is not '{name}' here but {found}",
    rationale = "1021 and 1022 are for trying new protocols on every transport, under the names exp1 and exp2.",
    remedy = "Assign the port as RFC 6335 does.",
    references = { "RFC6335 section 6.1", "RFC6335 section 10.2", "RFC4727" },
  },
}

local ports = { { 1021, "exp1" }, { 1022, "exp2" } }

function check.run(context)
  for _, entry in ipairs(ports) do
    for _, transport in ipairs(span.transports) do
      local found = context.registry:name(entry[1], transport)
      if found ~= entry[2] then
        local port = span.text(entry[1], entry[1], transport)
        context:report("experiment-port", { record = context.registry:lookup(entry[1], transport)[1], subject = port,
          port = port, name = entry[2], found = found or context.registry:status(entry[1], transport) })
      end
    end
  end
end

return check
