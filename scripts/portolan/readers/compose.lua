--- The dialect of Compose: the ports that a compose file publishes on the host.
--
--    local dialect = require "portolan.readers.compose"
--    local ruleset = assert(dialect.read(text, "compose.yaml"))
--
-- A service is a chain at the hook forward: Docker sends a published port on to its container before the host's own
-- input rules are asked. A published port is an accept, on every address of the host unless one is given; nothing
-- else is let in. A port that is only known when the project starts (a variable, a port that Docker chooses), and a
-- service on the host's own network, go to `unread`.
--
-- Sources: the Compose Specification, services, attribute ports; Docker's manual, "Packet filtering and firewalls".
-- @module portolan.readers.compose

local reader = require "portolan.reader"
local yaml = require "portolan.yaml"

local address = reader.address

local dialect = { name = "compose", title = "Compose (docker-compose) published ports" }

local function unread(state, node, why, where)
  local list = state.ruleset.unread
  list[#list + 1] = {
    place = reader.place(state.source, node.line, node.column, where), text = yaml.show(node), why = why,
  }
end

-- Ports -------------------------------------------------------------------------------------------------------

-- "8080", "8000-8010" -> { first, last }
local function range_of(text)
  local first, last = text:match "^(%d+)%-(%d+)$"
  first, last = reader.number(first or text, 65535), reader.number(last or text, 65535)
  return first and last and first <= last and { first, last } or nil
end

-- An IPv6 address in brackets, two ranges and a protocol.
local longest_port = 80

-- "[HOST_IP:][HOST_PORT:]CONTAINER_PORT[/PROTOCOL]"; an IPv6 address may stand in brackets.
local function short_form(text)
  if #text > longest_port then return nil, "not a port as Compose writes it" end
  local rest, protocol = text:match "^(.-)/(%a+)$"
  rest = rest or text
  local host_ip, published = rest:match "^%[?([%x.:]-)%]?:([%d-]*):[%d-]+$"
  if not host_ip then published = rest:match "^([%d-]*):[%d-]+$" end
  if not published and not range_of(rest) then return nil, "not a port as Compose writes it" end
  return { host_ip = host_ip, published = published or "", protocol = protocol or "tcp" }
end

local function long_form(node)
  return {
    host_ip = yaml.text(node, "host_ip"), published = yaml.text(node, "published") or "",
    protocol = yaml.text(node, "protocol") or "tcp",
  }
end

local function variable_in(text)
  return text:gsub("%$%$", ""):match "%$({?[%a_][^}%s]*}?)"
end

local function published_by(node)
  local variable = variable_in(yaml.show(node))
  if variable then return nil, ("the variable $%s is only known when the project starts"):format(variable) end
  if node.entries then return long_form(node) end
  return short_form(node.text or "")
end

local families = { ip = "0.0.0.0", ip6 = "::" }

-- The destination of what is published on an address; none where that is every address of a family.
local function add_host(match, host_ip)
  if not host_ip or host_ip == "" then return true end
  local canonical, family = address.read(host_ip)
  if not canonical or canonical:find "[/-]" then return false end
  match.family = family
  match.destination = canonical ~= families[family] and { canonical } or nil
  return true
end

local transports = { tcp = true, udp = true, sctp = true }

local function match_of(port)
  local range, protocol = range_of(port.published), port.protocol:lower()
  if port.published == "" or port.published == "0" then
    return nil, "Docker chooses the port when the container starts"
  end
  if not range or not transports[protocol] then return nil, "not a port as Compose writes it" end
  local match = { protocols = { protocol }, destination_ports = { range } }
  if not add_host(match, port.host_ip) then return nil, "its address is no address" end
  return match
end

local function read_port(state, chain, node)
  local port, why = published_by(node)
  local match
  if port then match, why = match_of(port) end
  if not match then return unread(state, node, why, chain.name) end
  chain.rules[#chain.rules + 1] = {
    place = reader.place(state.source, node.line, node.column, chain.name), text = yaml.show(node),
    comment = yaml.text(node, "name"), matches = { match }, also = {}, verdict = "accept",
  }
end

-- Services ----------------------------------------------------------------------------------------------------

local function new_chain(state, node, name)
  local chain = {
    name = name, table = "docker", family = "inet", hook = "forward", priority = 0, policy = "drop", stateful = true,
    place = reader.place(state.source, node.line, node.column, name), rules = {},
  }
  local chains = state.ruleset.chains
  chains[#chains + 1] = chain
  return chain
end

-- What a service may say that opens ports elsewhere than here.
local function check_service(state, service, name)
  local extends, mode = yaml.get(service, "extends"), yaml.get(service, "network_mode")
  if extends then unread(state, extends, "what the service extends is not read", name) end
  if mode and mode.text == "host" then
    unread(state, mode, "on the host's own network every port that it listens on is the host's", name)
  end
end

local function read_service(state, entry)
  local name, service = entry.key.text, entry.value
  local chain = new_chain(state, entry.key, name)
  check_service(state, service, name)
  local ports = yaml.get(service, "ports")
  if ports and not ports.items and ports.kind ~= "null" then unread(state, ports, "ports are a list", name) end
  for _, node in ipairs(ports and ports.items or {}) do read_port(state, chain, node) end
end

--- Whether a text looks like a compose file.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  if text:find "^apiVersion:" or text:find "\napiVersion:" then return false end
  if not (text:find "^services:" or text:find "\nservices:") then return false end
  for _, key in ipairs { "image", "build", "ports", "extends" } do
    if text:find("\n[ \t]+" .. key .. ":") then return true end
  end
  return false
end

--- Read a compose file.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source)
  local document, message, detail = yaml.read(text, source)
  if not document then return nil, message, detail end
  local services = yaml.get(document, "services")
  if not (services and services.entries) then
    return reader.fail(source, document.line, document.column, "no 'services' of a compose file")
  end
  local state = { source = source, ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} } }
  local include = yaml.get(document, "include")
  if include then unread(state, include, "what it includes is not read") end
  for _, entry in ipairs(services.entries) do read_service(state, entry) end
  return state.ruleset
end

return dialect
