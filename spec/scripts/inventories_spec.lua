-- Inventories of sockets: ss, netstat, nmap's XML, and the running host.

local host = require "portolan.host"
local inventories = require "portolan.inventories"
local socket = require "portolan.socket"

local numbers = { ssh = 22 }
local options = { port = function(name, transport) return transport == "tcp" and numbers[name] or nil end }

local function read(name, text, given)
  return assert(inventories.by_name(name).read(text, "s", given))
end

local function each_prefix(name, text)
  for length = 0, #text do
    local inventory, message = inventories.by_name(name).read(text:sub(1, length), "s")
    assert.is_true(type(inventory) == "table" or message:find "^s:%d+:%d+: " ~= nil)
  end
end

describe("an endpoint", function()
  it("is parted at its last colon, or full stop as BSD writes it", function()
    assert.same({ "127.0.0.1", "25", false }, { socket.split "127.0.0.1:25" })
    assert.same({ "::", "22", false }, { socket.split ":::22" })
    assert.same({ "*", "22", true }, { socket.split "*.22" })
    assert.same({ "fe80::1%lo0", "548", true }, { socket.split "fe80::1%lo0.548" })
    assert.is_nil((socket.split "kernel"))
  end)

  it("is on every address of its family where it names none", function()
    local function address(text) return socket.locate({ transport = "tcp" }, text, "1") end
    assert.same({ "*", "ip" }, { address "0.0.0.0".address, address "0.0.0.0".family })
    assert.same({ "*", "ip6" }, { address "[::]".address, address "[::]".family })
    assert.equal("*", address "*".address)
    assert.is_nil(address "*".family)
  end)

  it("keeps the interface that it is bound to", function()
    local one = socket.locate({ transport = "udp" }, "127.0.0.53%lo", "53")
    assert.same({ "127.0.0.53", "lo", 53 }, { one.address, one.interface, one.port })
    assert.equal("eth0", socket.locate({ transport = "udp" }, "[fe80::1%eth0]", "546").interface)
  end)

  it("has a port by its name only where that is known", function()
    local known = socket.locate({ transport = "tcp" }, "*", "ssh", options)
    assert.same({ 22, "ssh" }, { known.port, known.name })
    local unknown = socket.locate({ transport = "udp" }, "*", "ssh", options)
    assert.is_nil(unknown.port)
    assert.same({ "the port is printed as a name: ssh" }, unknown.why)
  end)

  it("resolves no host", function()
    local one = socket.locate({ transport = "tcp" }, "www.example.com", "80")
    assert.is_nil(one.address)
    assert.same({ "the address is printed as a name: www.example.com" }, one.why)
  end)
end)

describe("ss", function()
  local header = "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess\n"

  it("lists what listens, with process and place", function()
    local inventory = read("ss", header .. 'tcp   LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=812,fd=3))\n')
    local one = inventory.sockets[1]
    assert.same({ "tcp", "*", 22, "ip", "sshd", 812, "LISTEN", "listening" },
      { one.transport, one.address, one.port, one.family, one.process, one.pid, one.state, one.evidence })
    assert.equal(2, one.place.line)
  end)

  it("has udp in UNCONN among them, and connections apart", function()
    local rows = "udp UNCONN 0 0 [::1]:323 [::]:*\ntcp ESTAB 0 0 192.0.2.1:22 192.0.2.9:4000\n"
    local inventory = read("ss", header .. rows)
    assert.same({ "udp", "::1", 323 },
      { inventory.sockets[1].transport, inventory.sockets[1].address, inventory.sockets[1].port })
    assert.equal(1, #inventory.sockets)
    assert.equal("ESTAB", inventory.connections[1].state)
    assert.is_nil(inventory.connections[1].evidence)
  end)

  it("is read without header, and without the column Netid", function()
    assert.equal(80, read("ss", "tcp LISTEN 0 5 *:80 *:*\n").sockets[1].port)
    assert.equal("udp", read("ss", "State  Recv-Q Send-Q\nUNCONN 0 0 *:68 *:*\n").sockets[1].transport)
  end)

  it("has the older form of a process", function()
    local one = read("ss", 'tcp LISTEN 0 5 *:80 *:* users:(("httpd",7,3),("httpd",8,3))\n').sockets[1]
    assert.same({ "httpd", 7 }, { one.process, one.pid })
  end)

  it("passes over sockets without ports, and says what it cannot read", function()
    local inventory = read("ss", header .. "nl UNCONN 0 0 rtnl:kernel *\nu_str ESTAB 0 0 /run/x 1 * 2\ntcp what\n")
    assert.same({ 0, "tcp what" }, { #inventory.sockets, inventory.unread[1].text })
  end)

  it("has no sockets in an empty answer, and is refused in other text", function()
    assert.same({}, read("ss", "").sockets)
    assert.is_nil((inventories.by_name("ss").read("hello\n", "s")))
  end)

  it("survives every prefix", function()
    each_prefix("ss", header .. 'tcp LISTEN 0 128 [::%eth0]:22 *:* users:(("a b",pid=1,fd=2))\n')
  end)
end)

describe("netstat", function()
  local linux = "Active Internet connections (only servers)\n"
    .. "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    \n"
  local bsd = "Active Internet connections (including servers)\n"
    .. "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)    \n"

  local function first(text) return read("netstat", text).sockets[1] end

  it("lists what listens on Linux, programs with blanks in their names among it", function()
    local one = first(linux .. "tcp        0      0 0.0.0.0:22   0.0.0.0:*  LISTEN  600/sshd: /usr/sbin \n")
    assert.same({ "*", 22, "sshd: /usr/sbin", 600, "listening" },
      { one.address, one.port, one.process, one.pid, one.evidence })
  end)

  it("lists udp, which has no state, unless it has a peer", function()
    local inventory = read("netstat", linux .. "udp  0  0 0.0.0.0:68  0.0.0.0:*   903/dhclient\n"
      .. "udp6 0 0 ::1:323 :::* -\nudp 0 0 192.0.2.1:50 192.0.2.9:53 ESTABLISHED 9/x\n")
    assert.same({ 2, 1 }, { #inventory.sockets, #inventory.connections })
    assert.same({ "::1", "ip6" }, { inventory.sockets[2].address, inventory.sockets[2].family })
    assert.is_nil(inventory.sockets[2].process)
  end)

  it("believes no address that Linux may have cut", function()
    local one = first(linux .. "tcp6       0      0 2001:db8:1:2:3:4:5:6:22 :::*                    LISTEN      1/a\n")
    assert.same({ 22, { "the address is cut at its column's end: 2001:db8:1:2:3:4:5:6" } }, { one.port, one.why })
    assert.is_nil(one.address)
  end)

  it("reads BSD's addresses", function()
    local inventory = read("netstat", bsd .. "tcp4  0  0  127.0.0.1.25  *.*  LISTEN\ntcp46 0 0 *.80 *.* LISTEN\n"
      .. "udp6 0 0 *.514 *.*\nudp4 0 0 *.* *.*\n")
    assert.same({ "127.0.0.1", 25 }, { inventory.sockets[1].address, inventory.sockets[1].port })
    assert.is_nil(inventory.sockets[2].family)
    assert.same({ "udp", 514, "ip6" },
      { inventory.sockets[3].transport, inventory.sockets[3].port, inventory.sockets[3].family })
    assert.equal(3, #inventory.sockets)
  end)

  it("believes no port that BSD may have cut, and says so", function()
    local one = first(bsd .. "tcp4       0      0  192.0.2.113.sunrpcbind *.*                    LISTEN\n")
    assert.is_nil(one.port)
    assert.same({ "sunrpcbind", { "the port may be cut at its column's end: sunrpcbind" } }, { one.name, one.why })
  end)

  it("believes five digits at the column's end, for no port has six", function()
    assert.equal(49152, first(bsd .. "tcp4       0      0  abcdefghijklmnop.49152 *.*     LISTEN\n").port)
  end)

  it("reads rows that begin with addresses of the kernel", function()
    local one = first("Tcpcb            Proto Recv-Q Send-Q Local Address      Foreign Address    (state)\n"
      .. "fffff80003df4b70 tcp4       0      0 *.22               *.*                LISTEN\n")
    assert.equal(22, one.port)
  end)

  it("passes over sockets without ports, and says what it cannot read", function()
    local inventory = read("netstat", linux .. "raw6 0 0 [::]:ipv6-icmp [::]:* 7\nunix 2 [ ACC ] STREAM\ntcp x\n")
    assert.same({ 0, 1 }, { #inventory.sockets, #inventory.unread })
  end)

  it("survives every prefix", function()
    each_prefix("netstat", bsd .. "tcp46      0      0  *.http                 *.*                    LISTEN  1/a b \n")
  end)
end)

describe("nmap's XML", function()
  local function scan(ports)
    return '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun><host><address addr="192.0.2.1" addrtype="ipv4"/>'
      .. '<address addr="00:00:5E:00:53:01" addrtype="mac"/><ports>' .. ports .. "</ports></host></nmaprun>"
  end

  local open = '<port protocol="tcp" portid="%d"><state state="%s"/><service name="http" product="P" version="1" '
    .. 'method="%s"/></port>'

  it("lists open ports, and whether nmap asked or guessed", function()
    local inventory = read("nmap-xml", scan(open:format(80, "open", "probed") .. open:format(81, "open", "table")))
    local one = inventory.sockets[1]
    assert.same({ "tcp", "192.0.2.1", "ip", 80, "http", "P 1", "open (probed)" },
      { one.transport, one.address, one.family, one.port, one.name, one.product, one.evidence })
    assert.equal("open (table)", inventory.sockets[2].evidence)
    assert.equal(2, #inventory.sockets)
  end)

  it("lists what may be open, and not what is closed", function()
    local inventory = read("nmap-xml", scan(open:format(80, "open|filtered", "table") .. open:format(81, "closed",
      "table")))
    assert.same({ 1, "open|filtered" }, { #inventory.sockets, inventory.sockets[1].state })
  end)

  it("says which host has more addresses than can be", function()
    local address = '<address addr="192.0.2.1" addrtype="ipv4"/>'
    local inventory = read("nmap-xml", "<nmaprun><host>" .. address:rep(9) .. "</host></nmaprun>")
    assert.equal("more addresses than a host can have", inventory.unread[1].why)
  end)

  it("says what is no address, and no port", function()
    local text = scan(open:format(99999, "open", "table") .. open:format(80, "open", "table"))
    local inventory = read("nmap-xml", (text:gsub("192%.0%.2%.1", "hidden")))
    assert.same({ "not an address: hidden" }, inventory.sockets[1].why)
    assert.equal(1, #inventory.unread)
  end)

  it("is read up to where the scan was broken off, and says so", function()
    local text = scan(open:format(80, "open", "probed") .. open:format(81, "open", "table"))
    local inventory = read("nmap-xml", (text:gsub("</ports>.*", "")))
    assert.equal(2, #inventory.sockets)
    assert.truthy(inventory.unread[1].why:find("broken off", 1, true))
  end)

  it("survives every prefix", function()
    each_prefix("nmap-xml", scan(open:format(80, "open", "probed")))
  end)
end)

describe("inventories", function()
  it("are guessed, and other text is refused with the list of them", function()
    assert.equal("nmap-xml", inventories.guess "<nmaprun/>".name)
    assert.equal("netstat", inventories.guess "Proto Recv-Q Send-Q Local Address\n".name)
    assert.equal("ss", inventories.guess "udp UNCONN 0 0 *:1 *:*\n".name)
    local none, message = inventories.guess "*filter\nCOMMIT\n"
    assert.is_nil(none)
    assert.equal("the text looks like no inventory known; there are: nmap-xml, netstat, ss", message)
  end)
end)

describe("the running host", function()
  -- A host whose shell answers by this table: command -> { what it prints, its status }.
  local function inspect(answers)
    local parts = {}
    local function ask(command)
      local answer = answers[command] or { "", 0 }
      return answer[1], answer[2]
    end
    for _, part in ipairs(host.inspect(ask)) do parts[part.command] = part end
    return parts
  end

  local root = { "0\n", 0 }

  it("has sockets and rulesets", function()
    local parts = inspect {
      ["id -u"] = root, ["ss -Htulpn 2>/dev/null"] = { 'tcp LISTEN 0 5 *:80 *:* users:(("a",pid=1,fd=2))\n', 0 },
      ["iptables-save 2>/dev/null"] = { "*filter\n:INPUT DROP [0:0]\nCOMMIT\n", 0 },
      ["ip6tables-save 2>/dev/null"] = { "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", 0 },
      ["nft -j list ruleset 2>/dev/null"] = { '{"nftables":[]}', 0 },
    }
    assert.equal(80, parts["ss -Htulpn"].inventory.sockets[1].port)
    assert.is_nil(parts["ss -Htulpn"].partly)
    assert.same({ "ip", "ip6" },
      { parts["iptables-save"].ruleset.chains[1].family, parts["ip6tables-save"].ruleset.chains[1].family })
    assert.same({}, parts["nft -j list ruleset"].ruleset.chains)
  end)

  it("says what needs root, and never that there is nothing", function()
    local parts = inspect {
      ["id -u"] = { "1000\n", 0 }, ["nft -j list ruleset 2>/dev/null"] = { "", 1 },
      ["nft -j list ruleset 2>&1 >/dev/null"] = { "Operation not permitted (you must be root)\n", 1 },
    }
    assert.equal("needs root: Operation not permitted (you must be root)", parts["nft -j list ruleset"].unknown)
    assert.is_nil(parts["nft -j list ruleset"].ruleset)
    assert.equal("needs root: others are shown no rules", parts["iptables-save"].unknown)
  end)

  it("says which tool is missing", function()
    local parts = inspect { ["command -v ss >/dev/null 2>&1"] = { "", 127 } }
    assert.equal("ss is not installed", parts["ss -Htulpn"].unknown)
  end)

  it("takes no answer to root for no rules", function()
    assert.same({}, inspect { ["id -u"] = root }["iptables-save"].ruleset.chains)
  end)

  it("gives a tool's own complaint, and a reader's", function()
    local parts = inspect {
      ["id -u"] = root, ["ss -Htulpn 2>/dev/null"] = { "", 255 }, ["nft -j list ruleset 2>/dev/null"] = { "{", 0 },
      ["ss -Htulpn 2>&1 >/dev/null"] = { "ss: invalid option\n", 255 },
    }
    assert.equal("ss: invalid option", parts["ss -Htulpn"].unknown)
    assert.truthy(parts["nft -j list ruleset"].unknown:find("nft -j list ruleset:1:", 1, true))
  end)

  it("passes on what a tool warns of beside its answer", function()
    local parts = inspect {
      ["id -u"] = root, ["iptables-save 2>&1 >/dev/null"] = { "# Warning: iptables-legacy tables present\n", 0 },
    }
    assert.equal("# Warning: iptables-legacy tables present", parts["iptables-save"].partly)
    assert.is_table(parts["iptables-save"].ruleset)
  end)

  it("says that processes are not shown", function()
    local parts = inspect { ["ss -Htulpn 2>/dev/null"] = { "tcp LISTEN 0 5 *:80 *:*\n", 0 } }
    assert.truthy(parts["ss -Htulpn"].partly)
  end)

  it("is asked, whoever asks", function()
    for _, part in ipairs(host.inspect()) do
      assert.is_true((part.ruleset or part.inventory) ~= nil or type(part.unknown) == "string")
    end
  end)
end)
