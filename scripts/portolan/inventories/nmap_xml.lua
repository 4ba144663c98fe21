--- The inventory of an nmap scan (`nmap -oX`).
--
--    local dialect = require "portolan.inventories.nmap_xml"
--    local inventory = assert(dialect.read(text, "scan.xml"))
--
-- A port that nmap found open, or open or filtered, is a socket of every address of its host. Its service is
-- evidence only where nmap probed it; from nmap's table it is no more than a guess by the number. What was found
-- closed or filtered is not listed. Of a scan that was broken off all that stands before the break is read.
--
-- Source: nmap's manual, XML Output; nmap.dtd.
-- @module portolan.inventories.nmap_xml

local reader = require "portolan.reader"
local socket = require "portolan.socket"
local xml = require "portolan.xml"

local dialect = { name = "nmap-xml", title = "nmap -oX" }

local transports = { tcp = true, udp = true, sctp = true }
local families = { ipv4 = "ip", ipv6 = "ip6" }

local function first(element, name)
  return xml.named(element, name)[1] or { attributes = {} }
end

local function product_of(service)
  local product, version = service.product, service.version
  return product and (version and product .. " " .. version or product)
end

local function addresses_of(host)
  local list = {}
  for _, element in ipairs(xml.named(host, "address")) do
    local family, text = families[element.attributes.addrtype], element.attributes.addr or ""
    local canonical = reader.address.read(text)
    list[#list + 1] = family and {
      family = family, text = canonical, why = not canonical and { "not an address: " .. text } or nil,
    } or nil
  end
  return list
end

local function unread(inventory, element, why)
  inventory.unread[#inventory.unread + 1] = {
    place = reader.place(inventory.source, element.line, element.column), text = xml.show(element), why = why,
  }
end

local function add_socket(inventory, element, address, state)
  local service = first(element, "service").attributes
  local probed = service.method == "probed"
  inventory.sockets[#inventory.sockets + 1] = {
    transport = element.attributes.protocol, address = address.text, family = address.family, state = state,
    why = address.why,
    port = reader.number(element.attributes.portid, 65535), name = service.name, product = product_of(service),
    tunnel = service.tunnel, evidence = probed and "open (probed)" or "open (table)", text = xml.show(element),
    place = reader.place(inventory.source, element.line, element.column),
  }
end

local open_states = { open = true, ["open|filtered"] = true }

local function read_port(inventory, element, addresses)
  local state = first(element, "state").attributes.state
  local attributes = element.attributes
  if not transports[attributes.protocol] or not reader.number(attributes.portid, 65535) then
    return unread(inventory, element, "not a port of a transport")
  end
  if not open_states[state] then return end
  for _, address in ipairs(addresses) do add_socket(inventory, element, address, state) end
end

-- A host has one address of a family, and nmap never writes more.
local most_addresses = 8

local function read_host(inventory, host)
  local addresses = addresses_of(host)
  if #addresses > most_addresses then return unread(inventory, host, "more addresses than a host can have") end
  for _, ports in ipairs(xml.named(host, "ports")) do
    local elements = xml.named(ports, "port")
    if #addresses == 0 and #elements > 0 then unread(inventory, ports, "ports of a host without an address") end
    for _, element in ipairs(elements) do read_port(inventory, element, addresses) end
  end
end

--- Whether a text looks like nmap's.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return xml.root(text) == "nmaprun"
end

--- Read an inventory.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @treturn[1] table inventory (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source)
  local root, fault, detail = xml.read(text, source, { salvage = true })
  if not root then return nil, fault, detail end
  if root.name ~= "nmaprun" then return reader.fail(source, root.line, root.column, "no 'nmaprun': not nmap's XML") end
  local inventory = socket.inventory(dialect.name, source)
  for _, host in ipairs(xml.named(root, "host")) do read_host(inventory, host) end
  if fault then
    inventory.unread[1 + #inventory.unread] = {
      place = reader.place(source, fault.line, fault.column), text = fault.message,
      why = "the scan was broken off: only what stands before is read",
    }
  end
  return inventory
end

return dialect
