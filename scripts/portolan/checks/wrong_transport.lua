--- Ports that are open on one transport while IANA assigns them on another only.

local assignment = require "portolan.assignment"
local portolan = require "portolan"
local span = require "portolan.span"

local check = { name = "wrong-transport" }

check.codes = {
  ["wrong-transport"] = {
    severity = "warning",
    message = "{who} {reaches} {ports}, which IANA assigns on another transport only: {services}",
    rationale = "What is meant is likely shut, and what nobody speaks of is open.",
    remedy = "Open the transport that the service uses.",
    references = { "RFC6335 section 7.2" },
  },
  ["needless-transport"] = {
    severity = "note",
    message = "{who} {reaches} {ports} besides the transport that IANA assigns: {services}",
    rationale = "RFC 6335 assigns a port for the transports that the service uses; the other one serves nothing.",
    remedy = "Open only the transport that the service uses.",
    references = { "RFC6335 section 7.2" },
  },
}

-- The assigned ports that `ports` would be on another transport.
local function meant(context, ports)
  return assignment.on_any_transport(ports) * context.registry:assigned()
end

local function report(context, opening, code, ports)
  if ports:count() == 0 then return end
  local assigned = meant(context, ports)
  context:report(code, {
    opening = opening, ports = ports, services = span.services(context.registry, assigned, 3),
    records = context.registry:query { ports = assigned, status = "assigned" },
  })
end

-- Ports whose assigned transport the same rule opens too.
local function beside(context, opening, ports)
  local open = meant(context, ports) * opening.ports
  return ports * assignment.on_any_transport(open)
end

local function report_both(context, opening, ports)
  local needless = beside(context, opening, ports)
  report(context, opening, "wrong-transport", ports - needless)
  report(context, opening, "needless-transport", needless)
end

function check.run(context)
  for _, opening in ipairs(context.openings) do
    local ports = opening.everything and portolan.ports {}
      or context:allowed_away(assignment.elsewhere(context.registry, assignment.narrow(opening.ports)))
    if ports:count() > 0 then report_both(context, opening, ports) end
  end
end

return check
