--- Ports that are open though IANA assigned them to nobody, or keeps them back.

local assignment = require "portolan.assignment"

local check = { name = "open-unassigned" }

check.codes = {
  ["open-unassigned"] = {
    severity = "warning",
    message = "{who} {reaches} {ports}, which IANA has assigned to no service",
    rationale = "Nobody outside can say what such a port is for, the next to keep the rules included; and IANA may "
      .. "give it to another service any day.",
    remedy = "Find what listens there. Move it to its assigned port, register it (RFC 6335, section 8.1), say in the "
      .. "policy's allow list why it is here, or close it.",
    references = { "RFC6335 section 6", "RFC6335 section 8.1" },
  },
  ["open-reserved"] = {
    severity = "warning",
    message = "{who} {reaches} {ports}, which IANA keeps reserved",
    rationale = "A reserved port is not available for assignment: no service is meant to be there.",
    remedy = "Close it, or move the service behind it to a port that IANA assigns.",
    references = { "RFC6335 section 6" },
  },
}

local codes = { { code = "open-unassigned", status = "unassigned" }, { code = "open-reserved", status = "reserved" } }

local function report(context, opening, code, ports)
  if ports:count() == 0 then return end
  local records = context.registry:query { ports = ports, lacks = "name" }
  context:report(code, { opening = opening, ports = ports, records = records })
end

-- The check wrong-transport speaks of what is assigned on another transport.
local function without_told(registry, opening, ports)
  if ports:count() == 0 then return ports end
  return ports - assignment.elsewhere(registry, assignment.narrow(opening.ports))
end

function check.run(context)
  for _, kind in ipairs(codes) do
    local wanted = context.registry:ports { status = kind.status }
    for _, opening in ipairs(context.openings) do
      local ports = opening.everything and wanted - wanted or context:allowed_away(opening.ports * wanted)
      report(context, opening, kind.code, without_told(context.registry, opening, ports))
    end
  end
end

return check
