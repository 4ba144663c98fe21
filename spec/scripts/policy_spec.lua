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
      "p.yaml:5:5: an entry needs one of service, ports, tag, status, reference",
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
