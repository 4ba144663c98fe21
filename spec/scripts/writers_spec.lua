-- Writers for users: what they write is taken by the programs that it is for.

local firewalld = require "portolan.writers.firewalld"
local nft_defines = require "portolan.writers.nft_defines"
local portolan = require "portolan"
local sqlite = require "portolan.writers.sqlite"

local function all(registry)
  local records = {}
  for record in registry:records() do records[#records + 1] = record end
  return records
end

local function of_json(records)
  return assert(portolan.read { text = '{"records":[' .. records .. "]}", source = "records.json" })
end

-- Runs a shell command over a file of this text, called $1; nil where the machine cannot run `probe`.
local function asked(probe, command, text)
  local status = os.execute("{ " .. probe .. "; } >/dev/null 2>&1")
  if status ~= true and status ~= 0 then return nil end
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen(("set -- '%s'; { %s; } 2>&1"):format(path, command)))
  local answer = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return answer
end

local services = [[
  {"name":"ssh","number":"22","transport":"tcp","description":"Secure <Shell> & \"more\""},
  {"name":"sql-net","number":"66","transport":"tcp"}, {"name":"sql-net","number":"150","transport":"tcp"},
  {"name":"914c-g","number":"211","transport":"udp"}, {"name":"x11","number":"6000-6063","transport":"tcp"},
  {"name":"swx","number":"7300-7359"}, {"name":"portless"}, {"number":"7","description":"Reserved"},
  {"name":"a_b","number":"9-12","transport":"udp"}, {"name":"a-b","number":"11","transport":"udp"}
]]

describe("the nft writer", function()
  it("gives each name and transport a variable, and none to what has no name or port", function()
    assert.same([[
define tcp_ssh = 22
define tcp_sql_net = { 66, 150 }
define udp_914c_g = 211
define tcp_x11 = 6000-6063
define tcp_swx = 7300-7359
define udp_swx = 7300-7359
define sctp_swx = 7300-7359
define dccp_swx = 7300-7359
define udp_a_b = 9-12
]], nft_defines.write(all(of_json(services))))
  end)

  it("is understood by nft, for the whole registry", function()
    local text = nft_defines.write(all(portolan.open())) .. [[
table inet t {
  chain c {
    tcp dport $tcp_ssh accept
    tcp dport $tcp_sql_net accept
    udp dport { $udp_x11, $udp_domain } accept
  }
}
]]
    local answer = asked("unshare -rn nft list ruleset", 'unshare -rn nft -c -f "$1"', text)
    if not answer then return pending "skipped: no nft that may be asked" end
    assert.same("", answer)
  end)
end)

describe("the firewalld writer", function()
  it("gives the ports of one name, each once, as firewalld.service(5) has them", function()
    local registry = of_json(services .. [[, {"name":"ssh","number":"22","transport":"tcp"},
      {"name":"ssh","number":"22","transport":"sctp"}]])
    assert.same([[
<?xml version="1.0" encoding="utf-8"?>
<service>
  <short>ssh</short>
  <description>Secure &lt;Shell&gt; &amp; &quot;more&quot;</description>
  <port protocol="tcp" port="22"/>
  <port protocol="sctp" port="22"/>
</service>
]], firewalld.write(registry:named "ssh"))
    assert.truthy(firewalld.write(registry:named "x11"):find('protocol="tcp" port="6000-6063"', 1, true))
    assert.truthy(firewalld.write(registry:named "swx"):find('protocol="dccp" port="7300-7359"', 1, true))
  end)

  it("refuses what has no port", function()
    local text, message = firewalld.write(of_json(services):named "portless")
    assert.is_nil(text)
    assert.same("a firewalld service needs a port, and there is none", message)
    assert.is_nil((firewalld.write {}))
  end)

  it("is well-formed whatever a description holds", function()
    local text = firewalld.write(of_json [[{"name":"a","number":"1","transport":"tcp",
      "description":"\u0000\u0001\udcff\n<!--"}]]:named "a")
    local answer = asked("xmllint --version", 'xmllint --noout "$1"', text)
    if not answer then return pending "skipped: no xmllint" end
    assert.same("", answer)
  end)
end)

describe("the SQLite writer", function()
  it("gives tables that sqlite3 takes, with every record, reference and person", function()
    local registry = assert(portolan.read { source = "r", text = [[<registry><title>It's</title>
      <record><name>it's</name><number>1-2</number><protocol>tcp</protocol><xref type="rfc" data="rfc1"/></record>
      <record><description>Reserved</description><number>7</number></record>
      <people><person id="A"><name>A</name><uri>mailto:a&amp;example.com</uri></person></people></registry>]] })
    local answer = asked("sqlite3 -version", [[sqlite3 -bail :memory: ".read $1" "
       SELECT name, first, last, transport, status FROM record ORDER BY id; SELECT * FROM reference;
       SELECT * FROM person; SELECT * FROM uri; SELECT value FROM info WHERE key = 'title'"]], sqlite.write(registry))
    if not answer then return pending "skipped: no sqlite3" end
    assert.same("it's|1|2|tcp|assigned\n|7|7||reserved\n0|RFC1\nA|A||a@example.com|\n"
      .. "A|mailto:a&example.com\nIt's\n", answer)
  end)

  it("keeps a NUL byte", function()
    local text = sqlite.write(of_json [[{"name":"a","description":"x\u0000y"}]])
    assert.truthy(text:find("CAST(X'780079' AS TEXT)", 1, true))
  end)
end)

describe("the services writer", function()
  local bound = 'unshare -rm sh -c "mount --bind $1 /etc/services && %s"'

  local function getent(questions, text)
    return asked("unshare -rm true && getent --version",
      ("chmod 644 $1; " .. bound):format("getent -s files services " .. questions), text)
  end

  it("is read by glibc: names, aliases, ranges at their first port", function()
    local registry = of_json [[{"name":"http","number":"80","transport":"tcp"},
      {"name":"www","number":"80","transport":"tcp"}, {"name":"x11","number":"6000-6063","transport":"udp"},
      {"number":"7","description":"Reserved"}, {"name":"portless"}]]
    local answer = getent("www 80/tcp x11/udp 6001/udp", (registry:export "services"))
    if not answer then return pending "skipped: no mount of our own" end
    assert.same("http 80/tcp www\nhttp 80/tcp www\nx11 6000/udp\n", (answer:gsub(" +", " ")))
  end)

  it("says what it had to leave out", function()
    local text = of_json(services):export "services"
    assert.truthy(text:find "Of its 10 records: 3 ranges stand at their first port; 1 without a name and\n"
      and text:find "\n# 1 without a port cannot be said")
  end)
end)
