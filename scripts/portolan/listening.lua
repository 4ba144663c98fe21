--- What listens: the sockets of an inventory that others than the host itself can reach.
--
--    local heard = listening.of(context.sockets)
--    heard.ports                   --> PortSet
--    heard.unknown.tcp             --> true where a tcp socket listens on a port that nobody could read
--    for _, socket in ipairs(heard) do ... end
--
-- @module portolan.listening

local portolan = require "portolan"
local span = require "portolan.span"

local listening = {}

local is_transport = {}
for _, transport in ipairs(span.transports) do is_transport[transport] = true end

local function is_loopback(socket)
  local address = socket.address or ""
  return socket.interface == "lo" or address:find "^127%." ~= nil or address == "::1"
end

--- The sockets that can be reached from outside.
-- @tparam {table,...} sockets as in FORMS.md, "The inventory"
-- @treturn table the sockets whose port is known, in order; `ports`, `unknown` by transport
function listening.of(sockets)
  local heard, spans = { unknown = {} }, {}
  for _, socket in ipairs(sockets) do
    if is_transport[socket.transport] and not is_loopback(socket) then
      if socket.port then
        heard[#heard + 1], spans[#spans + 1] = socket, { socket.port, socket.port, socket.transport }
      else
        heard.unknown[socket.transport] = true
      end
    end
  end
  heard.ports = portolan.ports(spans)
  return heard
end

--- A socket as people write it.
-- @tparam table socket with a port
-- @treturn string "sshd at *, 22/tcp"
function listening.text(socket)
  local at = socket.address and " at " .. socket.address or ""
  return ("%s%s, %s"):format(socket.process or "a program", at, span.text(socket.port, socket.port, socket.transport))
end

--- The port of a socket.
-- @tparam table socket with a port
-- @treturn PortSet
function listening.port(socket)
  return portolan.ports { { socket.port, socket.port, socket.transport } }
end

return listening
