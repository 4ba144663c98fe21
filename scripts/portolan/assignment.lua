--- How ports stand to the registry.
--
--    assignment.narrow(ports)                 --> those of `ports` in spans so short that each port is meant
--    assignment.elsewhere(registry, ports)    --> those of `ports` that IANA assigns on other transports only
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

local function is_assigned_elsewhere(registry, port, transport)
  if registry:status(port, transport) == "assigned" then return false end
  for _, other in ipairs(span.transports) do
    if registry:status(port, other) == "assigned" then return true end
  end
  return false
end

--- Of ports those that are assigned on another transport, and not on their own.
-- @tparam Registry registry
-- @tparam PortSet ports each is looked up by itself
-- @treturn PortSet
function assignment.elsewhere(registry, ports)
  local spans = {}
  for first, last, transport in ports:spans() do
    for port = first, last do
      if is_assigned_elsewhere(registry, port, transport) then spans[#spans + 1] = { port, port, transport } end
    end
  end
  return portolan.ports(spans)
end

return assignment
