--- The inventory that `ss` prints (`ss -tulpn`, with or without its header).
--
--    local dialect = require "portolan.inventories.ss"
--    local inventory = assert(dialect.read(text, "ss.txt"))
--
-- A TCP, SCTP or DCCP socket in state LISTEN listens, and so does a UDP one in UNCONN; other rows of these are
-- connections. Sockets without ports (netlink, unix, packet, raw) are passed over. Without the column Netid a row in
-- UNCONN is UDP and any other is TCP.
--
-- Source: ss(8).
-- @module portolan.inventories.ss

local reader = require "portolan.reader"
local socket = require "portolan.socket"

local dialect = { name = "ss", title = "ss -tulpn" }

local transports = { tcp = "tcp", mptcp = "tcp", udp = "udp", sctp = "sctp", dccp = "dccp" }

local states = {}
for _, state in ipairs { "LISTEN", "UNCONN", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
  "CLOSE-WAIT", "LAST-ACK", "CLOSING", "CLOSED" } do states[state] = true end

-- The words of a row by name; nil where it is no row.
local function parse(line)
  local netid, state, rest = line:match "^([%l%d_?]+)%s+([%u%d-]+)%s+(.*)$"
  if not netid then state, rest = line:match "^([%u%d-]+)%s+(.*)$" end
  if not states[state] then return nil end
  local endpoint, peer, more = rest:match "^%d+%s+%d+%s+(%S+)%s+(%S+)%s*(.*)$"
  return endpoint and {
    netid = netid or state == "UNCONN" and "udp" or "tcp", state = state, endpoint = endpoint, peer = peer, more = more,
  }
end

local function is_listening(transport, state)
  return state == (transport == "udp" and "UNCONN" or "LISTEN")
end

-- users:(("sshd",pid=812,fd=3)), and before 2014 users:(("sshd",812,3))
local function process_of(more)
  local process, pid = more:match 'users:%(%("([^"]*)",p?i?d?=?(%d+)'
  return process, reader.number(pid, 2 ^ 31)
end

local function unread(inventory, number, line, why)
  local list = inventory.unread
  list[#list + 1] = { place = reader.place(inventory.source, number, 1), text = line, why = why }
end

local function take(inventory, number, line, row, options)
  local address, port = socket.split(row.endpoint)
  if not address then return unread(inventory, number, line, "no address and port") end
  local transport = transports[row.netid]
  local listens = is_listening(transport, row.state)
  local process, pid = process_of(row.more)
  local list = listens and inventory.sockets or inventory.connections
  list[#list + 1] = socket.locate({
    transport = transport, state = row.state, process = process, pid = pid, text = line,
    evidence = listens and "listening" or nil, place = reader.place(inventory.source, number, 1),
  }, address, port, options)
end

local function read_line(inventory, number, line, options)
  local row = parse(line)
  if row and transports[row.netid] then return take(inventory, number, line, row, options) end
  local first = line:match "^%S+"
  if not row and transports[first] then unread(inventory, number, line, "not a row of ss") end
end

--- Whether a text looks like ss's.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  if text:find "^Netid%s+State" or text:find "^State%s+Recv%-Q" then return true end
  local row = parse(text:match "^[^\n]*")
  return row ~= nil
end

--- Read an inventory.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `port(name, transport)` -> number or nil, for names that ss prints without -n
-- @treturn[1] table inventory (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  if text:find "%S" and not dialect.guess(text) then
    return reader.fail(source, 1, 1, "neither a header ('Netid State ...') nor a row of ss")
  end
  local inventory = socket.inventory(dialect.name, source)
  for number, line in reader.lines(text) do
    read_line(inventory, number, line:match "^%s*(.*%S)" or "", options)
  end
  return inventory
end

return dialect
