--- The inventory that netstat prints: net-tools' on Linux, and that of the BSDs and macOS.
--
--    local dialect = require "portolan.inventories.netstat"
--    local inventory = assert(dialect.read(text, "netstat.txt"))
--
-- A TCP or SCTP socket in state LISTEN listens, and so does a UDP one without a foreign address; the rest are
-- connections. Sockets without ports are passed over. BSD parts address and port by a full stop. Columns are of a
-- fixed width and cut what is longer: BSD an address to 16 characters and then the whole, Linux the address alone.
-- What fills its column may be cut, and is then not believed.
--
-- Sources: netstat(8) of net-tools; netstat(1) of FreeBSD, inet.c and inet6.c (inetprint).
-- @module portolan.inventories.netstat

local reader = require "portolan.reader"
local socket = require "portolan.socket"

local dialect = { name = "netstat", title = "netstat (Linux, BSD, macOS)" }

-- Protocol as printed -> transport, family; none where a socket serves both.
local protocols = {
  tcp = { "tcp", "ip" }, tcp4 = { "tcp", "ip" }, tcp6 = { "tcp", "ip6" }, tcp46 = { "tcp" },
  udp = { "udp", "ip" }, udp4 = { "udp", "ip" }, udp6 = { "udp", "ip6" }, udp46 = { "udp" },
  sctp = { "sctp", "ip" }, sctp4 = { "sctp", "ip" }, sctp6 = { "sctp", "ip6" },
}

local linux_width, bsd_address = 23, 16

-- The offset behind the word for the protocol, which BSD's -A puts one or two words of an address before.
local function protocol_at(line)
  local at = line:match "^%s*()"
  for _ = 1, 3 do
    local word, following = line:match("^(%S+)%s+()", at)
    if protocols[word] then return word, following end
    if not word or not word:find "^%x+$" then return nil end
    at = following
  end
end

local function parse(line)
  local protocol, at = protocol_at(line)
  if not protocol then return nil end
  local endpoint, foreign, more = line:match("^%d+%s+%d+%s+(%S+)%s+(%S+)%s*(.*)$", at)
  local state = more and more:match "^%u[%u%d_]+"
  return { protocol = protocol, endpoint = endpoint, foreign = foreign, more = more, state = state }
end

-- What of an endpoint may be cut. A port of five digits is whole, for none has six.
local function cut_of(endpoint, address, port, is_bsd, width)
  if not is_bsd then return { address = #endpoint == linux_width } end
  return {
    address = address:find ":" ~= nil and #address >= bsd_address,
    port = #endpoint == width and not port:find "^%d%d%d%d%d$",
  }
end

local function process_of(more)
  local pid, process = more:match "%f[%d](%d+)/(.*%S)"
  return process, reader.number(pid, 2 ^ 31)
end

local function is_listening(transport, row)
  if transport == "udp" then return row.foreign:find "[:.]%*$" ~= nil end
  return row.state == "LISTEN"
end

local function unread(inventory, number, line)
  inventory.unread[#inventory.unread + 1] = {
    place = reader.place(inventory.source, number, 1), text = line, why = "not a row of netstat",
  }
end

local function take(state, number, line, row)
  local inventory, known = state.inventory, protocols[row.protocol]
  local address, port, is_bsd = socket.split(row.endpoint or "")
  if not address then return unread(inventory, number, line) end
  if port == "*" then return end
  local listens = is_listening(known[1], row)
  local process, pid = process_of(row.more)
  local list = listens and inventory.sockets or inventory.connections
  list[#list + 1] = socket.locate({
    transport = known[1], family = known[2], state = row.state, process = process, pid = pid, text = line,
    evidence = listens and "listening" or nil, place = reader.place(inventory.source, number, 1),
  }, address, port, state.options, cut_of(row.endpoint, address, port, is_bsd, state.width))
end

local function read_line(state, number, line)
  local from, to = line:find "Local Address", line:find "Foreign Address"
  if from and to then
    state.width = to - from - 1
    return
  end
  local row = parse(line)
  if row then take(state, number, line, row) end
end

--- Whether a text looks like netstat's.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return text:find "Proto%s+Recv%-Q%s+Send%-Q%s+Local Address" ~= nil
end

--- Read an inventory.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `port(name, transport)` -> number or nil, for names that netstat prints without -n
-- @treturn[1] table inventory (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  if not dialect.guess(text) then
    return reader.fail(source, 1, 1, "no header of netstat ('Proto Recv-Q Send-Q Local Address ...')")
  end
  local state = { inventory = socket.inventory(dialect.name, source), options = options }
  for number, line in reader.lines(text) do read_line(state, number, line) end
  return state.inventory
end

return dialect
