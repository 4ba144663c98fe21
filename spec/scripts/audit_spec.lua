-- The audit, its frame and its checks.

local audit = require "portolan.audit"
local checks = require "portolan.checks"
local finding = require "portolan.finding"
local iptables = require "portolan.readers.iptables_save"
local nft = require "portolan.readers.nft_json"
local policy = require "portolan.policy"
local portolan = require "portolan"
local readers = require "portolan.readers"
local ruleset = require "portolan.ruleset"
local shipped = require "portolan.shipped"

local registry = portolan.open()

local function run_text(text, given, list)
  local rules = ruleset.new(assert(iptables.read(text, "r", {})))
  return audit.run { ruleset = rules, registry = registry, policy = given, checks = list }
end

local function run(lines, given, list)
  return run_text("*filter\n:INPUT DROP [0:0]\n" .. lines .. "\nCOMMIT\n", given, list)
end

local function by_policy(text)
  return assert(policy.read("name: t\n" .. text, "p.yaml", { registry = registry }))
end

local function codes(findings)
  local list = {}
  for i, found in ipairs(findings) do list[i] = found.code end
  return list
end

local function with_code(findings, code)
  for _, found in ipairs(findings) do
    if found.code == code then return found end
  end
end

local function check(run_it, codes_of)
  return { name = "mine", run = run_it, codes = codes_of or {
    found = { severity = "warning", message = "{who} {reaches} {ports} of {chain}, {word}" },
  } }
end

describe("the check frame", function()
  it("fills a message, and takes place, rule and chain from the opening", function()
    local mine = check(function(context)
      for _, opening in ipairs(context.openings) do
        context:report("found", { opening = opening, ports = opening.ports, word = "{ports}" })
      end
    end)
    local found = run("-A INPUT -p tcp --dport 22 -j ACCEPT", nil, { mine })[1]
    assert.equal("the world reaches 22/tcp of filter/INPUT, {ports}", found.message)
    assert.same({ "mine", "warning", "filter/INPUT", "input", "tcp/22", 3 },
      { found.check, found.severity, found.chain, found.hook, found.ports, found.place.line })
    assert.matches("^%-A INPUT", found.rule)
  end)

  it("says 'may reach' where something could not be read, and what that is", function()
    local found = run("-A INPUT -p tcp --dport 3 -m owner --uid-owner 0 -j ACCEPT")[1]
    assert.matches("^the world may reach 3/tcp", found.message)
    assert.same({ "owner --uid-owner 0" }, found.also)
  end)

  it("names the interface by which the world must come", function()
    assert.matches("^whoever comes in by eth0 reaches", run("-A INPUT -i eth0 -p tcp --dport 4 -j ACCEPT")[1].message)
  end)

  it("ends a check that raises in a finding, and runs the others", function()
    local broken = check(function() error "no such thing" end)
    local missing = check(function(context) context:report("found", {}) end)
    local unknown = check(function(context) context:report("fond", {}) end)
    local findings = run("-A INPUT -p tcp --dport 4 -j ACCEPT", nil,
      { broken, missing, unknown, checks.by_name "open-unassigned" })
    assert.same({ "check-failed", "check-failed", "check-failed", "open-unassigned" }, codes(findings))
    local messages = findings[1].message .. findings[2].message .. findings[3].message
    assert.matches("the check 'mine' stopped: audit_spec.lua:%d+: no such thing", messages)
    assert.matches("nothing given for {%w+}", messages)
    assert.matches("check 'mine' has no code 'fond'", messages)
  end)

  it("tells what was not read, once for each reason", function()
    local findings = run("what is this\nwhat is that")
    assert.same({ "not-read" }, codes(findings))
    assert.matches("^2 lines not read as rules: ", findings[1].message)
    assert.equal(3, findings[1].place.line)
  end)

  it("gives a check its parameters, and findings their severity, by the policy", function()
    local rule = "-A INPUT -p tcp --dport 5000:40000 -j ACCEPT"
    assert.is_nil(with_code(run(rule), "accept-all"))
    local given = by_policy "checks: { accept-all: { ports: 30000, severity: note } }"
    assert.equal("note", with_code(run(rule, given), "accept-all").severity)
    assert.is_nil(with_code(run(rule, by_policy "checks: { open-dynamic: off }"), "open-dynamic"))
  end)

  it("sorts by severity, then by place", function()
    local findings = run("-A INPUT -p tcp --dport 50000 -j ACCEPT\n-A INPUT -p tcp --dport 4 -j ACCEPT\n"
      .. "-A INPUT -p udp -j ACCEPT")
    assert.same({ "accept-all", "open-dynamic", "open-unassigned" }, codes(findings))
  end)
end)

describe("a finding's id", function()
  local function id(lines)
    return run(lines)[1].id
  end

  it("does not change with the line, nor with counters", function()
    local rule = "-A INPUT -p tcp --dport 4 -j ACCEPT"
    assert.equal(id(rule), id("# a line before\n\n" .. rule))
    assert.equal(id("[1:60] " .. rule), id("[2:120] " .. rule))
  end)

  it("changes with the rule, and with the code", function()
    assert.are_not.equal(id "-A INPUT -p tcp --dport 4 -j ACCEPT", id "-A INPUT -p tcp --dport 6 -j ACCEPT")
    local findings = run "-A INPUT -p tcp --dport 1023:1030 -j ACCEPT\n-A INPUT -p tcp --dport 4 -j ACCEPT"
    local seen = {}
    for _, found in ipairs(findings) do
      assert.is_nil(seen[found.id])
      seen[found.id] = true
    end
  end)

  it("is given a number where two findings would share it", function()
    local rule = "-A INPUT -p tcp --dport 4 -m owner --uid-owner 0 -j ACCEPT\n"
    local findings = run(rule .. rule)
    assert.equal(findings[1].id .. "-2", findings[2].id)
  end)
end)

describe("open-unassigned", function()
  it("tells ports that nobody has, in one finding a rule, with the registry's record", function()
    local found = with_code(run "-A INPUT -p tcp -m multiport --dports 4,22,4489:4499 -j ACCEPT", "open-unassigned")
    assert.equal("the world reaches 4/tcp, 4489-4499/tcp, which IANA has assigned to no service", found.message)
    assert.equal("tcp/4, tcp/4489-4499", found.ports)
    assert.equal("unassigned", found.records[1].status)
    assert.same({ "RFC6335 section 6", "RFC6335 section 8.1" }, found.references)
  end)

  it("tells reserved ports apart", function()
    assert.same({ "open-reserved" }, codes(run "-A INPUT -p tcp --dport 1023 -j ACCEPT"))
  end)

  it("sums up what is too much to list", function()
    local message = with_code(run "-A INPUT -p tcp --dport 10000:20000 -j ACCEPT", "open-unassigned").message
    assert.matches("and %d+ more ports, which", message)
    assert.is_true(#message < 250)
  end)

  it("is silent about assigned ports, allowed ones, replies and the loopback", function()
    assert.same({}, run "-A INPUT -p tcp --dport 443 -j ACCEPT")
    assert.same({}, run("-A INPUT -p tcp --dport 4 -j ACCEPT", by_policy "allow: [ { ports: 4/tcp, reason: x } ]"))
    assert.same({}, run "-A INPUT -p tcp --dport 4 -m state --state ESTABLISHED,RELATED -j ACCEPT")
    assert.same({}, run "-A INPUT -i lo -p tcp --dport 4 -j ACCEPT")
  end)
end)

describe("open-dynamic", function()
  it("tells ports from 49152 up, and no others", function()
    local found = run("-A INPUT -p udp --dport 49151:49153 -j ACCEPT", nil, { checks.by_name "open-dynamic" })
    assert.equal(1, #found)
    assert.equal("udp/49152-49153", found[1].ports)
    assert.same({}, run("-A INPUT -p udp --dport 49151 -j ACCEPT", nil, { checks.by_name "open-dynamic" }))
  end)
end)

describe("unauthorized-use", function()
  local list = { checks.by_name "unauthorized-use" }

  it("quotes the registry, and names the assignee's service", function()
    local found = run("-A INPUT -p tcp --dport 4443 -j ACCEPT", nil, list)[1]
    assert.matches("4443/tcp is pharos.*'Known Unauthorized Use on port 4443'", found.message)
    assert.equal("pharos", found.records[1].name)
  end)

  it("goes by the port that the text names where the record is of a range", function()
    assert.equal("tcp/4490", run("-A INPUT -p tcp --dport 4490 -j ACCEPT", nil, list)[1].ports)
    assert.same({}, run("-A INPUT -p tcp --dport 4492 -j ACCEPT", nil, list))
  end)
end)

describe("denied-service", function()
  local telnet = "-A INPUT -p tcp -m multiport --dports 21,23 -j ACCEPT"

  it("tells services, reasons, and what their tags say", function()
    local given = by_policy [[
deny:
  - { service: telnet, reason: old }
  - { tag: cleartext, reason: readable, severity: note }
]]
    local found = run(telnet, given)[1]
    assert.equal("the world reaches what the policy denies: telnet 23/tcp (old); "
      .. "ftp 21/tcp, telnet 23/tcp (readable)", found.message)
    assert.equal("tcp/21, tcp/23", found.ports)
    assert.matches("^ftp %(cleartext%): ", found.notes[1])
    assert.equal("ftp", found.records[1].name)
  end)

  it("is as severe as the worst of the entries", function()
    local text = "deny: [ { service: telnet, reason: a, severity: %s }, { service: ftp, reason: b, severity: note } ]"
    assert.equal("warning", run(telnet, by_policy(text:format "warning"))[1].severity)
    assert.equal("note", run(telnet, by_policy(text:format "note"))[1].severity)
  end)

  it("has the severity of the code where an entry gives none", function()
    local text = "deny: [ { service: telnet, reason: a }, { service: ftp, reason: b, severity: note } ]\nchecks: %s"
    assert.equal("error", run(telnet, by_policy(text:format "{}"))[1].severity)
    assert.equal("warning", run(telnet, by_policy(text:format "{ denied-service: warning }"))[1].severity)
    assert.same({}, run(telnet, by_policy(text:format "{ denied-service: off }")))
  end)

  it("is silent without a policy, and about what is allowed", function()
    assert.same({}, run(telnet))
    local text = "deny: [ { tag: cleartext, reason: a } ]\nallow: [ { service: [telnet, ftp], reason: b } ]"
    assert.same({}, run(telnet, by_policy(text)))
  end)
end)

describe("a zone of the policy", function()
  local given = by_policy [[
zones:
  guests: { networks: 192.0.2.0/24, deny: [ { service: ssh, reason: guests administer nothing } ] }
  staff: { interfaces: eth1, deny: [ { service: telnet, reason: old } ], allow: [ { service: telnet, reason: lab } ] }
]]

  it("is judged by its own deny and allow, beside the world", function()
    local found = run("-A INPUT -s 192.0.2.0/24 -p tcp --dport 22 -j ACCEPT\n-A INPUT -i eth1 -p tcp --dport 23 -j ACCEPT",
      given, { checks.by_name "denied-service" })
    assert.equal(1, #found)
    assert.equal("zone guests reaches what the policy denies: ssh 22/tcp (guests administer nothing)", found[1].message)
  end)

  it("has findings of its own, told apart by their ids", function()
    local both = by_policy [[
deny: [ { service: ssh, reason: a } ]
zones: { guests: { networks: 192.0.2.0/24, deny: [ { service: ssh, reason: b } ] } }
]]
    local found = run("-A INPUT -p tcp --dport 22 -j ACCEPT", both, { checks.by_name "denied-service" })
    assert.equal(2, #found)
    assert.are_not.equal(found[1].id, found[2].id)
    assert.is_nil(found[2].id:find "-2$")
  end)
end)

describe("accept-all", function()
  it("tells rules that let everybody in, and nothing else of them", function()
    assert.same({ "accept-all" }, codes(run "-A INPUT -j ACCEPT"))
    assert.equal("the world reaches every port of every transport", run("-A INPUT -j ACCEPT")[1].message)
    assert.equal("the world reaches every tcp port", run("-A INPUT -p tcp -j ACCEPT")[1].message)
  end)

  it("tells interfaces, and rules that it could not read in full, apart", function()
    assert.same({ "accept-interface" }, codes(run "-A INPUT -i eth1 -j ACCEPT"))
    assert.same({ "accept-unread" }, codes(run "-A INPUT -m owner --uid-owner 0 -j ACCEPT"))
    assert.same({}, run("-A INPUT -i eth1 -j ACCEPT", by_policy "trusted: { interfaces: eth1 }"))
  end)

  it("tells chains that accept by default, unless a rule takes the rest", function()
    assert.same({ "accept-by-default" }, codes(run_text "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"))
    assert.same({}, run_text "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n")
  end)

  it("leaves a chain that accepts by default alone where another one of its hook drops", function()
    local chain = '{"chain":{"family":"inet","table":"t","name":"%s","type":"filter","hook":"input","prio":0,'
      .. '"policy":"%s"}}'
    local function findings(second)
      local text = ('{"nftables":[%s,%s]}'):format(chain:format("a", "accept"), chain:format("b", second))
      return audit.run { ruleset = ruleset.new(assert(nft.read(text, "r.json", {}))), registry = registry }
    end
    assert.same({}, findings "drop")
    assert.same({ "accept-by-default", "accept-by-default" }, codes(findings "accept"))
  end)

  it("is not about private networks", function()
    assert.same({}, run "-A INPUT -s 10.0.0.0/8 -j ACCEPT")
  end)
end)

describe("the shipped example", function()
  it("has under the policy internet-edge what a firewall keeper should hear of", function()
    local file = assert(io.open(assert(shipped.path "examples/edge.rules")))
    local text = file:read "*a"
    file:close()
    local options = {
      ruleset = ruleset.new(assert(assert(readers.guess(text)).read(text, "edge.rules", {}))), registry = registry,
      policy = assert(policy.load(shipped.path "policies/internet-edge.yaml", { registry = registry })),
    }
    local findings = audit.run(options)
    for _, code in ipairs { "denied-service", "open-unassigned", "open-dynamic" } do
      assert.is_not_nil(with_code(findings, code), code)
    end
    assert.is_nil(with_code(findings, "check-failed"))
    assert.same({ "edge.rules", "iptables-save", "internet-edge" },
      { audit.about(options).source, audit.about(options).dialect, audit.about(options).policy })
  end)
end)

describe("the rulesets of the corpus", function()
  local root = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/firewall/"
  local lfs = require "lfs"

  local function audited(path, given)
    local file = assert(io.open(path, "rb"))
    local text = file:read "*a"
    file:close()
    local dialect = readers.guess(text)
    local tables = dialect and dialect.read(text, "r", {})
    return tables and audit.run { ruleset = ruleset.new(tables), registry = registry, policy = given }
  end

  it("are audited without a check failing", function()
    if not lfs.attributes(root) then return pending "skipped: no corpus" end
    local given = assert(policy.load(shipped.path "policies/internet-edge.yaml", { registry = registry }))
    local count = 0
    for _, folder in ipairs { "iptables-save", "nft-json", "nft-json-converted" } do
      for name in lfs.dir(root .. folder) do
        local findings = name:find "^%d" and audited(root .. folder .. "/" .. name, given)
        if findings then
          count = count + 1
          assert.is_nil(with_code(findings, "check-failed"), name)
        end
      end
    end
    assert.is_true(count > 200, tostring(count))
  end)
end)

describe("finding.worse", function()
  it("takes the worse of two, and the one that there is", function()
    assert.equal("error", finding.worse("note", "error"))
    assert.equal("note", finding.worse(nil, "note"))
  end)
end)
