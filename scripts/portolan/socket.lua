--- One socket of an inventory, from the words that ss and netstat print.
--
--    socket.endpoint("127.0.0.53%lo", "domain", { transport = "udp" })
--      --> { address = "127.0.0.53", interface = "lo", family = "ip", port = nil, name = "domain", why = { ... } }
--
-- What is not known stays nil, and `why` says so: a word cut at its column's end is no address and no port, and a
-- service's name is a port only if the reader's `port(name, transport)` knows it. Names of hosts are never resolved.
-- @module portolan.socket

local reader = require "portolan.reader"

local socket = {}

local wildcards = { ["*"] = true, ["0.0.0.0"] = true, ["::"] = true, [""] = true }

local function doubt(one, why)
  one.why = one.why or {}
  one.why[#one.why + 1] = why
end

-- "192.0.2.1", "[::1]", "127.0.0.53%lo", "*"
local function add_address(one, word, is_cut)
  local bare, interface = word:match "^(.-)%%(.+)$"
  bare = (bare or word):gsub("^%[(.*)%]$", "%1")
  interface = interface and interface:gsub("%]$", "")
  one.interface = interface
  local canonical, family = reader.address.read(bare)
  if bare ~= "*" then one.family = family or one.family end
  if wildcards[bare] then
    one.address = "*"
  elseif is_cut then
    doubt(one, ("the address is cut at its column's end: %s"):format(word))
  elseif canonical then
    one.address = canonical
  elseif bare == "localhost" then
    one.address = one.family == "ip6" and "::1" or "127.0.0.1"
  else
    doubt(one, ("the address is printed as a name: %s"):format(word))
  end
end

local function add_port(one, word, is_cut, options)
  one.port = not is_cut and reader.number(word, 65535) or nil
  if one.port then return end
  one.name = word
  if is_cut then return doubt(one, ("the port may be cut at its column's end: %s"):format(word)) end
  one.port = reader.port(word, { one.transport }, options)
  if not one.port then doubt(one, ("the port is printed as a name: %s"):format(word)) end
end

--- Fill in where a socket listens.
-- @tparam table one the socket: `transport`, and `family` where it is known
-- @tparam string address as printed
-- @tparam string port as printed
-- @tparam ?table options the reader's: `port(name, transport)` -> number or nil
-- @tparam ?table cut `address`, `port`: true for what may be cut at its column's end
-- @treturn table the same socket: `address` ("*" for every one), `interface`, `family`, `port`, `name`, `why`
function socket.locate(one, address, port, options, cut)
  add_address(one, address, cut and cut.address)
  add_port(one, port, cut and cut.port, options)
  return one
end

--- Address and port of an endpoint, at the last colon, or the last full stop as BSD writes it.
-- @tparam string text "127.0.0.1:25", "[::]:22", ":::22", "*:domain", "*.22", "fe80::1%lo0.548"
-- @treturn[1] string address
-- @treturn[1] string port
-- @treturn[1] boolean whether BSD wrote it
-- @return[2] nil
function socket.split(text)
  local address, port = text:match "^(.*):([^.:]+)$"
  if address then return address, port, false end
  address, port = text:match "^(.*)%.([^.:]+)$"
  return address, port, address ~= nil
end

--- An empty inventory.
-- @tparam string dialect
-- @tparam string source
-- @treturn table as FORMS.md, "The inventory", has it
function socket.inventory(dialect, source)
  return { dialect = dialect, source = source, sockets = {}, connections = {}, unread = {} }
end

return socket
