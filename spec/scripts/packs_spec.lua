-- The shipped policies: a ruleset that breaks each, and one that keeps it.

local audit = require "portolan.audit"
local policy = require "portolan.policy"
local portolan = require "portolan"
local readers = require "portolan.readers"
local ruleset = require "portolan.ruleset"
local shipped = require "portolan.shipped"

local registry = portolan.open()

local function run(name, dialect, text, sockets)
  local given = assert(policy.load(assert(shipped.path("policies/" .. name .. ".yaml")), { registry = registry }))
  local tables = assert(readers.by_name(dialect).read(text, "r", {}))
  return audit.run {
    ruleset = ruleset.new(tables), registry = registry, policy = given, sockets = sockets, today = "2026-11-23",
  }
end

local function by_code(findings)
  local found = {}
  for _, one in ipairs(findings) do found[one.code] = found[one.code] or one end
  return found
end

local function worse_than_notes(findings)
  local list = {}
  for _, one in ipairs(findings) do
    if one.severity ~= "note" then list[#list + 1] = one.code .. ": " .. one.message end
  end
  return list
end

local function socket(process, port)
  return { transport = "tcp", address = "*", port = port, process = process, place = { source = "ss", line = 1 } }
end

local open_host = [[
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp --dport 23 -j ACCEPT
COMMIT
]]

local closed_host = [[
table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ip saddr 127.0.0.0/8 drop
    ip6 saddr ::1 drop
    ct state { established, related } accept
    tcp dport 443 accept comment "the portal"
    log prefix "in "
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
  }
  chain output {
    type filter hook output priority 0; policy drop;
    oif lo accept
    ct state { established, related } accept
    tcp dport 443 accept comment "updates"
  }
}
]]

describe("the policy baseline", function()
  it("finds an open host", function()
    local found = by_code(run("baseline", "iptables-save", open_host))
    assert.is_not_nil(found["accept-by-default"])
    local closed = ":INPUT DROP [0:0]\n-A INPUT -p tcp --dport 443 -j ACCEPT\n"
    found = by_code(run("baseline", "iptables-save", "*filter\n" .. closed .. "COMMIT\n"))
    assert.is_not_nil(found["established-missing"])
    assert.is_not_nil(found["loopback-not-accepted"])
  end)

  it("has nothing against a closed one", function()
    assert.same({}, run("baseline", "nft", closed_host))
  end)
end)

describe("the policy internet-edge", function()
  it("asks all that baseline asks, and denies", function()
    local text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 3306 -j ACCEPT\nCOMMIT\n"
    local found = by_code(run("internet-edge", "iptables-save", text))
    assert.is_not_nil(found["established-missing"])
    assert.equal("error", found["denied-service"].severity)
  end)

  it("has nothing against a web server that is closed otherwise", function()
    assert.same({}, run("internet-edge", "nft", closed_host))
  end)
end)

describe("the policy cis-linux", function()
  local function numbers(found)
    return table.concat(found.references, "; ")
  end

  it("names the benchmark's rules that an open host breaks", function()
    local found = by_code(run("cis-linux", "iptables-save", open_host, { socket("sshd", 22) }))
    assert.matches("2.0.0, 3.5.1.1 and 3.5.2.1", numbers(found["accept-by-default"]), 1, true)
    assert.matches("2.0.0, 3.5.1.1 and 3.5.2.1", numbers(found["policy-not-drop"]), 1, true)
    assert.matches("2.0.0, 3.5.1.4 and 3.5.2.4", numbers(found["socket-open-unnamed"]), 1, true)
    assert.equal("error", found["accept-by-default"].severity)
  end)

  it("asks for the loopback, for replies, and for all base chains", function()
    local text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"
    local found = by_code(run("cis-linux", "iptables-save", text))
    assert.matches("3.5.1.2 and 3.5.2.2", numbers(found["loopback-not-accepted"]), 1, true)
    assert.matches("3.5.1.3 and 3.5.2.3", numbers(found["established-missing"]), 1, true)
    assert.matches("Ensure nftables base chains exist", numbers(found["hook-missing"]), 1, true)
  end)

  it("has nothing against a closed host whose sockets all have rules", function()
    assert.same({}, run("cis-linux", "nft", closed_host, { socket("nginx", 443) }))
  end)
end)

describe("the policy finos-ccc-cn01-ar07", function()
  it("tells an exposed port that runs another service, or to which none is assigned", function()
    local text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m multiport --dports 443,3306,4 -j ACCEPT\nCOMMIT\n"
    local findings = run("finos-ccc-cn01-ar07", "iptables-save", text, { socket("sshd", 443), socket("portal", 4) })
    local found = by_code(findings)
    assert.equal("sshd listens on 443/tcp, which IANA assigned to https", found["process-unexpected"].message)
    assert.equal("error", found["process-on-unassigned"].severity)
    assert.equal("error", found["open-unassigned"].severity)
    for _, code in ipairs { "process-unexpected", "process-on-unassigned", "open-unassigned" } do
      assert.matches("FINOS CCC.Core.CN01.AR07", table.concat(found[code].references, "; "), 1, true)
    end
  end)

  it("has nothing against the assigned service, nor against what nobody reaches", function()
    assert.same({}, run("finos-ccc-cn01-ar07", "nft", closed_host, { socket("nginx", 443) }))
    local kept_in = socket("sshd", 8999)
    kept_in.address = "127.0.0.1"
    assert.same({}, run("finos-ccc-cn01-ar07", "nft", closed_host, { socket("nginx", 443), kept_in }))
  end)
end)

describe("the policy pci-dss-1", function()
  it("tells what is open without need, insecure, or without limit outwards", function()
    local found = by_code(run("pci-dss-1", "iptables-save", open_host))
    for code, number in pairs {
      ["accept-by-default"] = "1.3.1", ["denied-service"] = "1.2.6", ["egress-unrestricted"] = "1.3.2",
      ["no-comment"] = "1.2.5",
    } do
      assert.matches("PCI DSS 4.0, .*" .. number:gsub("%.", "%%."), table.concat(found[code].references, "; "), 1)
      assert.are_not.equal("note", found[code].severity)
    end
  end)

  it("has nothing against a ruleset that names what it lets in and out, and why", function()
    assert.same({}, worse_than_notes(run("pci-dss-1", "nft", closed_host)))
  end)
end)

describe("every shipped policy", function()
  it("has a name that is its file's, a description and an audience", function()
    for _, name in ipairs { "baseline", "internet-edge", "cis-linux", "finos-ccc-cn01-ar07", "pci-dss-1" } do
      local given = assert(policy.load(shipped.path("policies/" .. name .. ".yaml"), { registry = registry }))
      assert.equal(name, given.name)
      assert.is_string(given.description)
      assert.is_string(given.audience)
    end
  end)
end)
