-- Policies in YAML.

local checks = require "portolan.checks"
local policy = require "portolan.policy"
local portolan = require "portolan"
local shipped = require "portolan.shipped"

local registry = portolan.open()

local function read(text)
  return policy.read("name: t\n" .. text, "p.yaml", { registry = registry })
end

local function denied(entry)
  return tostring(assert(read("deny:\n  - { reason: x, " .. entry .. " }")).denied[1].ports)
end

local function faults(text)
  local _, _, detail = read(text)
  local messages = {}
  for i, found in ipairs(detail.errors) do messages[i] = found.message end
  return messages
end

describe("a policy", function()
  it("denies by service, ports, tag, status and reference", function()
    assert.equal("tcp/23, udp/23", denied "service: telnet")
    assert.equal("tcp/22, tcp/80", denied "ports: '22/tcp, 80/tcp'")
    assert.matches("tcp/5432", denied "tag: database", 1, true)
    assert.matches("udp/49152%-65535", denied "status: dynamic")
    assert.matches("tcp/23", denied "reference: RFC854", 1, true)
  end)

  it("means by an entry what all of its keys name, and by several values any of them", function()
    assert.equal("tcp/23", denied "service: telnet, ports: tcp")
    assert.equal("tcp/21, tcp/23", denied "service: [telnet, ftp], ports: tcp")
  end)

  it("keeps the place, reason and severity of what it denies", function()
    local entry = assert(read "deny:\n  - { service: telnet, reason: why, severity: note }").denied[1]
    assert.same({ "why", "note", 3 }, { entry.reason, entry.severity, entry.place.line })
  end)

  it("allows ports again", function()
    local given = assert(read "allow:\n  - { ports: 22/tcp, reason: x }\n  - { service: domain, reason: y }")
    assert.equal("tcp/22, tcp/53, udp/53", tostring(given.allowed))
  end)

  it("trusts networks and interfaces, and writes networks one way", function()
    local given = assert(read "trusted: { networks: 198.51.100.77/24, interfaces: [wg0, 'br-*'] }")
    assert.same({ networks = { "198.51.100.0/24" }, interfaces = { "wg0", "br-*" } }, given.trusted)
  end)

  it("sets severities by check and by code, the code before the check", function()
    local check = checks.by_name "accept-all"
    local given = assert(read "checks: { accept-all: off, accept-by-default: { severity: note } }")
    assert.is_nil(given:severity(check, "accept-all"))
    assert.is_nil(given:severity(check, "accept-unread"))
    assert.equal("note", given:severity(check, "accept-by-default"))
    assert.equal("error", policy.none():severity(check, "accept-all"))
  end)

  it("gives a check its parameters, or their defaults", function()
    local check = checks.by_name "accept-all"
    assert.same({ ports = 30000 }, assert(read "checks: { accept-all: { ports: 30000 } }"):parameters(check))
    assert.same({ ports = 65535 }, assert(read "checks: { accept-all: note }"):parameters(check))
  end)

  it("tells every fault with its place and what may have been meant", function()
    assert.same({
      "p.yaml:3:14: the registry has no service 'htpp'; did you mean 'http'?",
      "p.yaml:5:5: an entry needs one of service, ports, tag, status, reference, owner",
      "p.yaml:6:5: an entry needs 'reason'",
      "p.yaml:7:12: no tag 'cleartxt'; did you mean 'cleartext'?",
      "p.yaml:8:11: checks has no key 'open-dynamc'; did you mean 'open-dynamic'?",
      "p.yaml:8:50: ports must be a whole number from 1 to 65536, not '0'",
      "p.yaml:9:23: '10.0.0.0/33' is not a network such as 192.0.2.0/24",
    }, faults [[
deny:
  - service: htpp
    reason: x
  - reason: x
  - ports: 22
  - { tag: cleartxt, reason: x }
checks: { open-dynamc: off, accept-all: { ports: 0 } }
trusted: { networks: [10.0.0.0/33] }
]])
  end)

  it("refuses an entry that no port fits, which would do nothing", function()
    for _, entry in ipairs { "service: telnet, ports: 80", "reference: RFC99999", "ports: ''" } do
      assert.same({ "p.yaml:2:9: no port is all that this entry asks for" },
        faults("deny: [ { reason: x, " .. entry .. " } ]"))
    end
  end)

  it("knows the parameters of a check that somebody brings", function()
    local own = { name = "mine", codes = { ["mine-found"] = { severity = "note", message = "x" } },
      parameters = { days = { type = "integer", default = 30 } } }
    local options = { registry = registry, checks = { own } }
    local given = assert(policy.read("name: t\nchecks: { mine: { days: 7 } }", "p.yaml", options))
    assert.same({ days = 7 }, given:parameters(own))
    assert.is_nil(policy.read("name: t\nchecks: { mine: { days: x } }", "p.yaml", options))
  end)
end)

describe("a policy by owner", function()
  it("means the ports of an assignee or contact, by any letters", function()
    assert.matches("tcp/5445", denied "owner: Microsoft*", 1, true)
    assert.is_nil(denied("owner: Microsoft*"):find("tcp/22,", 1, true))
  end)

  it("tells an owner whom nobody knows", function()
    assert.same({ "p.yaml:2:29: the registry has no port of an assignee or contact 'Nobody At All'; "
      .. "* stands for any letters" },
      faults "deny: [ { reason: x, owner: Nobody At All } ]")
  end)
end)

describe("a policy that extends others", function()
  local folder = os.tmpname()
  local lfs = require "lfs"

  local function write(name, text)
    local file = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
    file:close()
  end

  local function load(name)
    return policy.load(folder .. "/" .. name, { registry = registry })
  end

  setup(function()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    write("base.yaml", "name: base\ndescription: d\ndeny: [ { service: telnet, reason: old } ]\n"
      .. "allow: [ { ports: 80/tcp, reason: web } ]\ntrusted: { interfaces: wg0 }\n"
      .. "checks: { accept-all: { ports: 300, severity: note }, no-comment: on }\n")
  end)

  teardown(function()
    for name in lfs.dir(folder) do os.remove(folder .. "/" .. name) end
    lfs.rmdir(folder)
  end)

  it("has their lists before its own, and its own name", function()
    write("a.yaml", "name: a\nextends: ./base.yaml\ndeny: [ { service: ftp, reason: b } ]\n"
      .. "allow: [ { ports: 22/tcp, reason: c } ]\ntrusted: { interfaces: wg1 }\n")
    local given = assert(load "a.yaml")
    assert.same({ "a", "old", "b" }, { given.name, given.denied[1].reason, given.denied[2].reason })
    assert.equal("tcp/22, tcp/80", tostring(given.allowed))
    assert.same({ "wg0", "wg1" }, given.trusted.interfaces)
    assert.matches("base.yaml$", given.denied[1].place.source)
  end)

  it("sets its own severities and parameters before theirs, key by key", function()
    write("b.yaml", "name: b\nextends: base.yaml\nchecks: { accept-all: warning, no-comment: off }\n")
    local given = assert(load "b.yaml")
    assert.same({ ports = 300 }, given:parameters(checks.by_name "accept-all"))
    assert.equal("warning", given:severity(checks.by_name "accept-all", "accept-all"))
    assert.is_nil(given:severity(checks.by_name "no-comment", "no-comment"))
  end)

  it("takes shipped ones by name, and each once however many extend it", function()
    write("c.yaml", "name: c\nextends: [base.yaml, internet-edge, d.yaml]\n")
    write("d.yaml", "name: d\nextends: [./base.yaml, baseline]\n")
    local given, olds = assert(load "c.yaml"), 0
    for _, entry in ipairs(given.denied) do olds = olds + (entry.reason == "old" and 1 or 0) end
    assert.equal(1, olds)
    assert.is_true(#given.denied > 5)
  end)

  it("tells a circle, at the place that closes it", function()
    write("e.yaml", "name: e\nextends: f.yaml\n")
    write("f.yaml", "name: f\nextends: ../" .. folder:match "[^/]+$" .. "/e.yaml\n")
    local _, message, detail = load "e.yaml"
    assert.matches("e.yaml:2:10: 'f.yaml' cannot be extended: .*f.yaml:2:10: '.*/e.yaml' extends itself$", message)
    assert.same({ 2, 10 }, { detail.line, detail.column })
  end)

  it("tells what is not there, and what is wrong in it", function()
    write("g.yaml", "name: g\nextends:\n  - bassline\n  - h.yaml\n  - none.yaml\n")
    write("h.yaml", "deny: [ { ports: 99999, reason: x } ]\n")
    local _, _, detail = load "g.yaml"
    assert.equal(3, #detail.errors)
    assert.matches("g.yaml:3:5: no policy 'bassline'", detail.errors[1].message)
    assert.matches("g.yaml:4:5: 'h.yaml' cannot be extended: .*h.yaml:1:", detail.errors[2].message)
    assert.matches("g.yaml:5:5: 'none.yaml' cannot be extended: .*none.yaml", detail.errors[3].message)
  end)

  it("is not made of more documents than anybody writes", function()
    for i = 1, 80 do write(("n%d.yaml"):format(i), ("name: n\nextends: n%d.yaml\n"):format(i + 1)) end
    write("n81.yaml", "name: n\n")
    local _, message = load "n1.yaml"
    assert.matches("more than 64 policies extend each other", message)
  end)
end)

describe("a policy's zones", function()
  it("have networks, interfaces, and what is denied and allowed there", function()
    local zone = assert(read [[
zones:
  guests: { networks: 192.0.2.9/24, interfaces: [eth2], deny: [ { tag: remote-admin, reason: no } ],
            allow: [ { service: ssh, reason: jump host } ] }
]]).zones[1]
    assert.same({ "guests", { "192.0.2.0/24" }, { "eth2" }, "no" },
      { zone.name, zone.networks, zone.interfaces, zone.denied[1].reason })
    assert.is_true(zone.allowed:contains(22, "tcp"))
  end)

  it("are somewhere", function()
    assert.same({ "p.yaml:2:15: a zone needs networks or interfaces" }, faults "zones: { dmz: { deny: [] } }")
  end)
end)

describe("a policy's checks", function()
  local asked = checks.by_name "no-comment"

  it("are silent if they wait to be asked, until they are named, by code or by check", function()
    assert.is_nil(policy.none():severity(asked, "no-comment"))
    assert.equal("note", assert(read "checks: { no-comment: on }"):severity(asked, "no-comment"))
    assert.equal("error", assert(read "checks: { no-comment: error }"):severity(asked, "no-comment"))
    local given = assert(read "checks: { loopback-spoofed: on }")
    assert.equal("note", given:severity(checks.by_name "loopback", "loopback-spoofed"))
    assert.is_nil(given:severity(checks.by_name "loopback", "loopback-not-accepted"))
  end)

  it("carry the sources for which the policy wants them", function()
    local given = assert(read "checks: { accept-all: { references: [A, B] }, accept-unread: { references: C } }")
    local check = checks.by_name "accept-all"
    assert.same({ "A", "B" }, given:references(check, "accept-all"))
    assert.same({ "C", "A", "B" }, given:references(check, "accept-unread"))
    assert.same({}, policy.none():references(check, "accept-all"))
  end)
end)

describe("the shipped policy internet-edge", function()
  local edge = assert(policy.load(shipped.path "policies/internet-edge.yaml", { registry = registry }))

  local function is_denied(port, transport)
    for _, entry in ipairs(edge.denied) do
      if entry.ports:contains(port, transport) and not edge.allowed:contains(port, transport) then return true end
    end
    return false
  end

  it("denies what must not face the internet, and nothing that the web and mail need", function()
    for _, port in ipairs { 21, 22, 23, 445, 502, 3306, 3389, 5432, 6379 } do
      assert.is_true(is_denied(port, "tcp"), tostring(port))
    end
    for _, port in ipairs { 25, 53, 80, 443, 465, 587, 993 } do
      assert.is_false(is_denied(port, "tcp"), tostring(port))
    end
    assert.is_true(is_denied(11211, "udp"))
    assert.is_false(is_denied(443, "udp"))
  end)
end)
