--- How ports stand to the registry.
--
--    assignment.narrow(ports)                 --> those of `ports` in spans so short that each port is meant
--    assignment.elsewhere(assigned, ports)    --> those of `ports` that IANA assigns on other transports only
--
-- @module portolan.assignment

local portolan = require "portolan"
local span = require "portolan.span"

local assignment = {}

-- Longer spans are ranges, whose single ports nobody had in mind.
local longest = 16

--- Ports of short spans.
-- @tparam PortSet ports
-- @tparam ?number most how long a span may be; 16 if not given
-- @treturn PortSet
function assignment.narrow(ports, most)
  local spans = {}
  for first, last, transport in ports:spans() do
    if last - first < (most or longest) then spans[#spans + 1] = { first, last, transport } end
  end
  return portolan.ports(spans)
end

--- The same ports on every transport.
-- @tparam PortSet ports
-- @treturn PortSet
function assignment.on_any_transport(ports)
  local spans = {}
  for first, last in ports:spans() do
    for _, transport in ipairs(span.transports) do spans[#spans + 1] = { first, last, transport } end
  end
  return portolan.ports(spans)
end

--- Of ports those that are assigned on another transport, and not on their own.
-- @tparam PortSet assigned the registry's
-- @tparam PortSet ports few, or this takes its time
-- @treturn PortSet
function assignment.elsewhere(assigned, ports)
  local rest = ports - assigned
  return rest * assignment.on_any_transport(assignment.on_any_transport(rest) * assigned)
end

return assignment
