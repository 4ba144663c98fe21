-- The checks of the audit, one `describe` a check.

local audit = require "portolan.audit"
local checks = require "portolan.checks"
local finding = require "portolan.finding"
local policy = require "portolan.policy"
local portolan = require "portolan"
local readers = require "portolan.readers"
local ruleset = require "portolan.ruleset"
local schema = require "portolan.schema"

local iptables, nft, ufw = readers.by_name "iptables-save", readers.by_name "nft", readers.by_name "ufw"
local registry = portolan.open()

local function by_policy(text)
  return assert(policy.read("name: t\n" .. text, "p.yaml", { registry = registry }))
end

local function audited(name, rules, options)
  options = options or {}
  local settings = options.settings or "on"
  return audit.run {
    ruleset = rules, registry = registry, checks = { checks.by_name(name) }, today = options.today,
    policy = by_policy((options.policy or "") .. ("\nchecks: { %s: %s }"):format(name, settings)),
    sockets = options.sockets, changes = options.changes,
  }
end

local function from_iptables(text)
  return ruleset.new(assert(iptables.read(text, "r", {})))
end

local function filter(lines, input)
  return from_iptables("*filter\n:INPUT " .. (input or "DROP") .. " [0:0]\n" .. lines .. "\nCOMMIT\n")
end

local function from_nft(chains, family)
  local text = ("table %s t {\n%s\n}\n"):format(family or "inet", chains)
  return ruleset.new(assert(nft.read(text, "r", { port = function(name) return name == "www" and 80 or nil end })))
end

local input_chain = "chain input { type filter hook input priority 0; policy %s;\n%s\n}"

local function nft_input(rules, accepts)
  return from_nft(input_chain:format(accepts or "drop", rules))
end

local function codes(findings)
  local list = {}
  for i, found in ipairs(findings) do list[i] = found.code end
  return list
end

local function messages(findings)
  local list = {}
  for i, found in ipairs(findings) do list[i] = found.message end
  return list
end

describe("every check", function()
  it("says of each code how severe it is, why, and what to do", function()
    local seen = {}
    for _, check in ipairs(checks.all()) do
      for code, says in pairs(check.codes) do
        assert.is_nil(seen[code], code)
        seen[code] = true
        assert.is_number(({ error = 1, warning = 2, note = 3 })[says.severity], code)
        assert.is_true(#says.message > 0 and #says.rationale > 0 and #says.remedy > 0, code)
        assert.is_nil(says.message:find "%.$", code)
      end
    end
  end)

  it("has parameters whose defaults its own schema accepts", function()
    for _, check in ipairs(checks.all()) do
      for name, form in pairs(check.parameters or {}) do
        if type(form.default) == "number" then
          local text = ("%s: %d"):format(name, form.default)
          assert(schema.read(text, "d", { type = "map", fields = { [name] = form } }), check.name)
        end
      end
    end
  end)

  it("is silent over an empty ruleset, or speaks of the ruleset", function()
    local empty = ruleset.new { dialect = "nft", source = "r", chains = {} }
    for _, check in ipairs(checks.all()) do
      for _, found in ipairs(audited(check.name, empty)) do
        assert.equal("r", found.place.source)
        assert.are_not.equal("check-failed", found.code)
      end
    end
  end)
end)

describe("wrong-transport", function()
  it("tells ports that are open where the service is not", function()
    local found = audited("wrong-transport", filter "-A INPUT -p udp --dport 4433 -j ACCEPT")
    assert.same({ "the world reaches 4433/udp, which IANA assigns on another transport only: vop 4433/tcp" },
      messages(found))
    assert.equal("vop", found[1].records[1].name)
  end)

  it("is milder where the same rule opens the right transport too", function()
    local rule = "meta l4proto { tcp, udp } th dport 4433 accept"
    assert.same({ "needless-transport" }, codes(audited("wrong-transport", nft_input(rule))))
  end)

  it("is silent where the transport is right, the range long, or the port allowed", function()
    assert.same({}, audited("wrong-transport", filter "-A INPUT -p tcp --dport 4433 -j ACCEPT"))
    assert.same({}, audited("wrong-transport", filter "-A INPUT -p udp --dport 4400:4500 -j ACCEPT"))
    local allowed = { policy = "allow: [ { ports: 4433/udp, reason: x } ]" }
    assert.same({}, audited("wrong-transport", filter "-A INPUT -p udp --dport 4433 -j ACCEPT", allowed))
  end)

  it("leaves to open-unassigned what is assigned nowhere", function()
    assert.same({}, audited("wrong-transport", filter "-A INPUT -p tcp --dport 4 -j ACCEPT"))
    assert.same({}, audited("open-unassigned", filter "-A INPUT -p udp --dport 4433 -j ACCEPT"))
  end)
end)

describe("open-port-range", function()
  it("tells long ranges, by the policy's measure", function()
    local rules = filter "-A INPUT -p tcp --dport 30000:32000 -j ACCEPT"
    assert.equal("tcp/30000-32000", audited("open-port-range", rules)[1].ports)
    assert.same({}, audited("open-port-range", rules, { settings = "{ ports: 2001 }" }))
    assert.equal(1, #audited("open-port-range", rules, { settings = "{ ports: 2000 }" }))
  end)

  it("is silent about single ports, however many, and about everything", function()
    assert.same({}, audited("open-port-range", filter "-A INPUT -p tcp -m multiport --dports 22,80,443 -j ACCEPT"))
    assert.same({}, audited("open-port-range", filter "-A INPUT -p tcp -j ACCEPT"))
  end)
end)

describe("weaker-v6", function()
  it("tells ports that are open by IPv6 alone", function()
    local rules = nft_input "ip saddr 192.0.2.0/24 tcp dport 22 accept\nip6 nexthdr tcp tcp dport 22 accept"
    assert.same({ "by IPv6 the world reaches 22/tcp, by IPv4 not" }, messages(audited("weaker-v6", rules)))
  end)

  it("is silent where both are open alike, and about DHCPv6", function()
    assert.same({}, audited("weaker-v6", nft_input "tcp dport 22 accept"))
    assert.same({}, audited("weaker-v6", nft_input "meta nfproto ipv6 udp dport 546 accept"))
    local pair = "chain %s { type filter hook input priority 0; policy drop; tcp dport 22 accept; }"
    local text = "table ip a { " .. pair:format "a" .. " }\ntable ip6 b { " .. pair:format "b" .. " }\n"
    assert.same({}, audited("weaker-v6", ruleset.new(assert(nft.read(text, "r", {})))))
  end)

  it("tells a hook that is closed for IPv4 and open for IPv6", function()
    local chain = input_chain:format("drop", "tcp dport 22 accept")
    assert.same({ "v6-unfiltered" }, codes(audited("weaker-v6", from_nft(chain, "ip"))))
    assert.same({}, audited("weaker-v6", from_nft(chain, "inet")))
  end)

  it("knows that iptables-save prints one version of IP", function()
    assert.same({}, audited("weaker-v6", filter "-A INPUT -p tcp --dport 22 -j ACCEPT"))
  end)
end)

describe("default-policy", function()
  it("tells chains that accept by policy, though a rule at their end drops", function()
    assert.same({ "policy-not-drop" }, codes(audited("default-policy", filter("-A INPUT -j DROP", "ACCEPT"))))
    assert.same({}, audited("default-policy", filter("-A INPUT -j DROP", "DROP")))
  end)

  it("asks for the hooks that the policy names", function()
    local output = from_nft "chain o { type filter hook output priority 0; policy accept; }"
    assert.same({}, audited("default-policy", output))
    assert.same({ "policy-not-drop" }, codes(audited("default-policy", output, { settings = "{ hooks: output }" })))
  end)

  it("leaves to accept-all what really lets the rest in, and waits to be asked", function()
    assert.same({}, audited("default-policy", filter("", "ACCEPT")))
    local rules = filter("-A INPUT -j DROP", "ACCEPT")
    assert.same({}, audit.run { ruleset = rules, registry = registry, checks = { checks.by_name "default-policy" } })
  end)
end)

describe("missing-hook", function()
  it("tells hooks without a chain, and chains without a rule", function()
    local nat = from_nft "chain p { type nat hook prerouting priority -100; }"
    assert.same({ "hook-missing" }, codes(audited("missing-hook", nat)))
    assert.same({ "hook-empty" }, codes(audited("missing-hook", filter("", "ACCEPT"))))
  end)

  it("tells an empty ruleset, and is silent about a part of one", function()
    assert.same({ "hook-missing" }, codes(audited("missing-hook", ruleset.new { dialect = "nft", chains = {} })))
    assert.same({}, audited("missing-hook", from_nft "chain part { accept; }"))
  end)

  it("is silent where something is filtered, and about a hook that nobody asked for", function()
    assert.same({}, audited("missing-hook", filter("", "DROP")))
    assert.same({}, audited("missing-hook", filter("-A INPUT -j ACCEPT", "ACCEPT")))
    local found = audited("missing-hook", filter("", "DROP"), { settings = "{ hooks: [input, output] }" })
    assert.same({ "no chain of a table that filters is called at the hook output" }, messages(found))
  end)
end)

describe("established", function()
  local open = "-A INPUT -p tcp --dport 22 -j ACCEPT\n"

  it("tells a chain that drops replies", function()
    assert.same({ "established-missing" }, codes(audited("established", filter(open))))
  end)

  it("is silent where replies are let in, here, by a jump, or by their flags", function()
    assert.same({}, audited("established", filter(open .. "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT")))
    assert.same({}, audited("established", filter(":IN - [0:0]\n" .. open
      .. "-A INPUT -j IN\n-A IN -m conntrack --ctstate ESTABLISHED -j ACCEPT")))
    assert.same({}, audited("established", filter(open .. "-A INPUT -p tcp ! --syn -j ACCEPT")))
  end)

  it("is silent about a chain that lets all in, or nothing", function()
    assert.same({}, audited("established", filter(open, "ACCEPT")))
    assert.same({}, audited("established", filter "-A INPUT -j DROP"))
  end)
end)

describe("loopback", function()
  local open = "-A INPUT -p tcp --dport 22 -j ACCEPT\n"

  it("tells that lo is shut, or may be feigned", function()
    assert.same({ "loopback-not-accepted" }, codes(audited("loopback", filter(open))))
    assert.same({ "loopback-spoofed" }, codes(audited("loopback", filter(open .. "-A INPUT -i lo -j ACCEPT"))))
  end)

  it("asks for both versions of IP where the chain has both", function()
    local found = audited("loopback", nft_input "iif lo accept\nip saddr 127.0.0.0/8 drop")
    assert.matches("from ::1 by another$", found[1].message)
  end)

  it("is silent where it is let in and feigned addresses are dropped", function()
    local rules = "-A INPUT -i lo -j ACCEPT\n-A INPUT -s 127.0.0.0/8 -j DROP"
    assert.same({}, audited("loopback", filter(rules)))
    assert.same({}, audited("loopback", filter("-A INPUT ! -i eth0 -j ACCEPT\n-A INPUT -s 127.0.0.0/8 -j DROP")))
  end)
end)

describe("egress", function()
  local output = "chain o { type filter hook output priority 0; policy %s; %s }"

  it("tells that everything may leave, and why", function()
    assert.same({ "everything may leave: no chain is called at the hook output" },
      messages(audited("egress", nft_input "tcp dport 22 accept")))
    assert.same({ "everything may leave: nothing drops what no rule names" },
      messages(audited("egress", from_nft(output:format("accept", "tcp dport 25 accept;")))))
    assert.same({ "everything may leave: this rule asks nothing" },
      messages(audited("egress", from_nft(output:format("drop", "accept;")))))
  end)

  it("is silent where what may leave is named", function()
    assert.same({}, audited("egress", from_nft(output:format("drop", "tcp dport 443 accept; oif lo accept;"))))
  end)
end)

describe("logging", function()
  it("tells that nothing is logged, once", function()
    assert.same({ "logging-missing" }, codes(audited("logging", nft_input "tcp dport 22 accept")))
    assert.same({}, audited("logging", nft_input "tcp dport 22 accept\nlog prefix \"in \""))
  end)
end)

describe("name-mismatch", function()
  local rule = "-A INPUT -p tcp --dport %s -m comment --comment %q -j ACCEPT"

  it("tells a comment that names another service", function()
    local found = audited("name-mismatch", filter(rule:format("2222", "allow SSH from anywhere")))
    assert.matches("^the comment says ssh, which IANA has at 22/tcp, 22/udp, 22/sctp, but the rule is for 2222/tcp$",
      found[1].message)
  end)

  it("is silent where one of the names fits, the word means other things, or a range is meant", function()
    assert.same({}, audited("name-mismatch", filter(rule:format("22", "ssh"))))
    assert.same({}, audited("name-mismatch", filter(rule:format("8443", "https (not ssh)"))))
    assert.same({}, audited("name-mismatch", filter(rule:format("4", "for a short time"))))
    assert.same({}, audited("name-mismatch", filter(rule:format("6000:6063", "X over ssh"))))
  end)

  it("takes words of the policy", function()
    local given = { settings = "{ names: { portal: https } }" }
    assert.equal(1, #audited("name-mismatch", filter(rule:format("8444", "the portal")), given))
    assert.same({}, audited("name-mismatch", filter(rule:format("443", "the portal")), given))
  end)
end)

describe("historic-alias", function()
  it("tells the name that stands behind an alias in a rule", function()
    local found = audited("historic-alias", nft_input "tcp dport www accept")
    assert.same({ "'www' is an old name of http, at 80/tcp" }, messages(found))
  end)

  it("is silent about numbers, and about the word elsewhere", function()
    assert.same({}, audited("historic-alias", nft_input "tcp dport 80 accept"))
    assert.same({}, audited("historic-alias", nft_input 'tcp dport 443 accept comment "www"'))
  end)
end)

describe("transport-not-given", function()
  local function tuple(words)
    local read = assert(ufw.read("*filter\n### RULES ###\n\n### tuple ### " .. words .. "\n", "user.rules", {}))
    read.unread = {}
    return ruleset.new(read)
  end

  it("tells a port for any transport", function()
    assert.same({ "transport-not-given" },
      codes(audited("transport-not-given", tuple "allow any 8080 0.0.0.0/0 any 0.0.0.0/0 in")))
  end)

  it("is silent where the rule says which, be it two", function()
    assert.same({}, audited("transport-not-given", tuple "allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in"))
    local both = "meta l4proto { tcp, udp } th dport 53 accept"
    assert.same({}, audited("transport-not-given", nft_input(both)))
  end)
end)

describe("no-comment", function()
  it("tells what is open without a word", function()
    local found = audited("no-comment", filter("-A INPUT -p tcp --dport 443 -j ACCEPT\n"
      .. "-A INPUT -p tcp --dport 80 -m comment --comment web -j ACCEPT\n-A INPUT -i lo -j ACCEPT"))
    assert.same({ "the world reaches 443/tcp, and no comment says why" }, messages(found))
  end)
end)

describe("expiring-rule", function()
  local rules = filter '-A INPUT -p tcp --dport 80 -m comment --comment "until 2026-03-01" -j ACCEPT'

  it("tells a rule that has ended, and one that soon will", function()
    assert.same({ "rule-expired" }, codes(audited("expiring-rule", rules, { today = "2026-03-02" })))
    assert.same({ "rule-expires-soon" }, codes(audited("expiring-rule", rules, { today = "2026-03-01" })))
    assert.same({ "rule-expires-soon" }, codes(audited("expiring-rule", rules, { today = "2026-01-30" })))
    assert.same({}, audited("expiring-rule", rules, { today = "2026-01-29" }))
    assert.same({}, audited("expiring-rule", rules, { today = "2026-02-20", settings = "{ days: 7 }" }))
  end)

  it("counts days across a leap day", function()
    local leap = filter '-A INPUT -p tcp --dport 80 -m comment --comment "expires: 2028-03-01" -j ACCEPT'
    assert.equal(1, #audited("expiring-rule", leap, { today = "2028-02-28", settings = "{ days: 2 }" }))
    assert.same({}, audited("expiring-rule", leap, { today = "2028-02-28", settings = "{ days: 1 }" }))
  end)

  it("is silent without a date, today's or the rule's", function()
    assert.same({}, audited("expiring-rule", rules))
    local other = filter '-A INPUT -p tcp --dport 80 -m comment --comment "since 2020-01-01" -j ACCEPT'
    assert.same({}, audited("expiring-rule", other, { today = "2026-01-01" }))
  end)
end)

describe("duplicate-rule", function()
  it("tells the second of two rules that ask and do the same, however they are written", function()
    local found = audited("duplicate-rule", filter("-A INPUT -p tcp --dport 22 -j ACCEPT\n"
      .. "-A INPUT -p udp --dport 22 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"))
    assert.same({ "the same rule stands before, at r:3" }, messages(found))
    assert.equal(5, found[1].place.line)
  end)

  it("is silent about rules that differ in a verdict, a chain, or what could not be read", function()
    assert.same({}, audited("duplicate-rule", filter("-A INPUT -p tcp --dport 22 -j DROP\n"
      .. "-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp --dport 22 -m owner --uid-owner 0 -j ACCEPT")))
    assert.same({}, audited("duplicate-rule", filter(":A - [0:0]\n-A INPUT -p tcp -j A\n-A INPUT -p udp -j A\n"
      .. "-A A -s 192.0.2.1 -j DROP")))
  end)

  it("is silent about what counts packets, and about the parts of one rule", function()
    local limited = "-A INPUT -p icmp -m limit --limit 1/s -j ACCEPT\n"
    assert.same({}, audited("duplicate-rule", filter(limited .. limited)))
    assert.same({}, audited("duplicate-rule", nft_input "ct state vmap { established : accept, related : accept }"))
  end)
end)

describe("rule-after-all", function()
  it("tells the rule that no packet gets past, and what stands after it", function()
    local found = audited("rule-after-all", filter("-A INPUT -j REJECT\n-A INPUT -p tcp --dport 22 -j ACCEPT"))
    assert.same({ "no packet of filter/INPUT gets past this rule to one more: -A INPUT -p tcp --dport 22 -j ACCEPT" },
      messages(found))
  end)

  it("is silent where it stands last, asks for something, or lets packets on", function()
    assert.same({}, audited("rule-after-all", filter "-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -j DROP"))
    assert.same({}, audited("rule-after-all", filter "-A INPUT -i eth0 -j DROP\n-A INPUT -j DROP"))
    assert.same({}, audited("rule-after-all", filter "-A INPUT -j LOG\n-A INPUT -j DROP"))
  end)
end)

describe("unused-set", function()
  local sets = "set web { type inet_service; elements = { 80 } }\nset old { type inet_service; elements = { 81 } }\n"

  it("tells sets that no rule asks, and is silent of those that one asks", function()
    local found = audited("unused-set", from_nft(sets .. input_chain:format("drop", "tcp dport @web accept")))
    assert.same({ "no rule asks the set 'old'" }, messages(found))
  end)

  it("tells object groups of Cisco's likewise", function()
    local rules = ruleset.new(assert(readers.by_name "cisco".read("object-group network used\n host 192.0.2.1\n"
      .. "object-group network idle\n host 192.0.2.2\nip access-list extended a\n"
      .. " permit tcp object-group used any eq 22\n permit tcp object-group gone any eq 23\n", "r", {})))
    assert.same({ "a rule asks the set 'gone', which is not there", "no rule asks the set 'idle'" },
      messages(audited("unused-set", rules, { settings = "note" })))
  end)

  it("tells a set that a rule asks and that is not there", function()
    local rules = assert(readers.by_name "nft-json".read([[{"nftables":[{"table":{"family":"inet","name":"t"}},
      {"chain":{"family":"inet","table":"t","name":"c","type":"filter","hook":"input","prio":0,"policy":"drop"}},
      {"rule":{"family":"inet","table":"t","chain":"c","expr":[{"match":{"op":"==",
      "left":{"payload":{"protocol":"tcp","field":"dport"}},"right":"@gone"}},{"accept":null}]}}]}]], "r", {}))
    assert.same({ "set-undefined" }, codes(audited("unused-set", ruleset.new(rules))))
  end)
end)

describe("unused-chain", function()
  it("tells chains that nothing leads to, though another such chain jumps there", function()
    local found = audited("unused-chain", filter ":A - [0:0]\n:B - [0:0]\n:C - [0:0]\n-A INPUT -j A\n-A B -j C")
    assert.same({ "nothing leads to filter/B", "nothing leads to filter/C" }, messages(found))
  end)

  it("tells a jump to a chain that is not there", function()
    local found = audited("unused-chain", filter "-A INPUT -p tcp -j WEB")
    assert.same({ "chain-undefined" }, codes(found))
    assert.matches("'WEB'", found[1].message)
    assert.same({ "chain-undefined" }, codes(audited("unused-chain", nft_input "jump gone")))
  end)

  it("tells jumps in a circle", function()
    local found = audited("unused-chain", filter ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A")
    assert.is_true(#found > 0)
    for _, one in ipairs(found) do assert.equal("chain-loop", one.code) end
  end)

  it("is silent about a part of a ruleset, which no hook calls", function()
    assert.same({}, audited("unused-chain", from_iptables "*filter\n:A - [0:0]\n-A A -j B\nCOMMIT\n"))
  end)

  it("is silent about targets that are no chains", function()
    assert.same({}, audited("unused-chain", filter "-A INPUT -j LOG\n-A INPUT -j REJECT"))
  end)
end)

describe("unused-rule", function()
  it("tells rules that no packet matched, where others were", function()
    local found = audited("unused-rule", filter("[7:420] -A INPUT -p tcp --dport 22 -j ACCEPT\n"
      .. "[0:0] -A INPUT -p tcp --dport 23 -j ACCEPT"))
    assert.equal(1, #found)
    assert.equal(4, found[1].place.line)
  end)

  it("is silent where nothing was counted", function()
    assert.same({}, audited("unused-rule", filter "[0:0] -A INPUT -p tcp --dport 23 -j ACCEPT"))
    assert.same({}, audited("unused-rule", filter "-A INPUT -p tcp --dport 23 -j ACCEPT"))
  end)
end)

describe("long-chain", function()
  it("tells chains of more rules than the policy likes", function()
    local rules = filter(("-A INPUT -j LOG\n"):rep(3))
    assert.same({ "filter/INPUT has 3 rules" }, messages(audited("long-chain", rules, { settings = "{ rules: 2 }" })))
    assert.same({}, audited("long-chain", rules, { settings = "{ rules: 3 }" }))
  end)
end)

describe("mergeable-rules", function()
  it("tells neighbours that differ only in their ports", function()
    local found = audited("mergeable-rules", filter("-A INPUT -p tcp --dport 22 -j ACCEPT\n"
      .. "-A INPUT -p tcp --dport 80 -j ACCEPT\n-A INPUT -p tcp --dport 443 -j ACCEPT"))
    assert.same({ "3 rules from here on differ only in their ports: 22/tcp, 80/tcp, 443/tcp" }, messages(found))
  end)

  it("is silent where a transport, a source or a comment differs", function()
    assert.same({}, audited("mergeable-rules", filter("-A INPUT -p tcp --dport 22 -j ACCEPT\n"
      .. "-A INPUT -p udp --dport 53 -j ACCEPT\n-A INPUT -s 192.0.2.1 -p udp --dport 53 -j ACCEPT\n"
      .. "-A INPUT -s 192.0.2.1 -p udp --dport 54 -m comment --comment x -j ACCEPT")))
  end)
end)

describe("the checks over packet space", function()
  local function with_facts(name, make)
    local rules = filter "-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp --dport 20:30 -j DROP\n-A INPUT -j DROP"
    if make then
      local list = rules.chains[1].rules
      rules.facts = function() return { make(rules.chains[1], list) } end
    end
    return audited(name, rules)
  end

  local function fact(kind, at, by)
    return function(chain, list)
      local others = {}
      for i, position in ipairs(by) do others[i] = list[position] end
      return { kind = kind, chain = chain, rule = list[at], by = others }
    end
  end

  it("tell what can never match, what is hidden, redundant or in conflict, and by which rules", function()
    assert.same({ "no packet can be all that this rule asks" }, messages(with_facts("never-matching", fact("never", 1, {}))))
    assert.same({ "never reached: all that it asks for is taken by r:3, r:4" },
      messages(with_facts("hidden-rule", fact("hidden", 3, { 1, 2 }))))
    assert.same({ "never reached: all that it asks for is taken by the rules before it" },
      messages(with_facts("hidden-rule", fact("hidden", 3, {}))))
    assert.same({ "never reached: all that it asks for is decided the same by r:4" },
      messages(with_facts("hidden-rule", fact("hidden", 3, { 2 }))))
    assert.same({ "rule-redundant" }, codes(with_facts("redundant-rule", fact("redundant", 2, {}))))
    assert.same({ "some of the packets that this rule asks for are decided otherwise by r:3" },
      messages(with_facts("conflicting-rules", fact("conflict", 2, { 1 }))))
  end)

  it("tell by themselves what packet space finds", function()
    local rules = filter("-A INPUT -p tcp --dport 20:30 -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT\n"
      .. "-A INPUT -p udp --dport 53 -j DROP")
    assert.same({ "never reached: all that it asks for is taken by r:3" },
      messages(audited("hidden-rule", rules)))
    assert.equal(5, audited("redundant-rule", rules)[1].place.line)
  end)

  it("tell an empty set apart, which may be filled later", function()
    local rules = from_nft("set s { type ipv4_addr; }\n" .. input_chain:format("drop", "ip saddr @s accept"))
    assert.same({ "rule-of-empty-set" }, codes(audited("never-matching", rules)))
  end)

  it("do not call idle what logs, rewrites, or says at the end what the policy is", function()
    local rules = nft_input 'tcp dport 22 accept\nlog prefix "x" drop\ndrop'
    assert.same({}, audited("redundant-rule", rules))
    local nat = from_nft "chain p { type nat hook prerouting priority -100; tcp dport 22 return; tcp dport 22 accept; }"
    assert.same({}, audited("redundant-rule", nat))
  end)

  it("leave equals and what stands after a rule for everything to the checks that say it in plainer words", function()
    assert.same({}, with_facts("hidden-rule", fact("hidden", 1, { 3 })))
  end)

  it("say nothing of rules where nobody knows, and that nobody does", function()
    for _, name in ipairs { "never-matching", "hidden-rule", "redundant-rule", "conflicting-rules" } do
      local rules = filter "-A INPUT -j DROP\n-A INPUT -j DROP"
      rules.facts = function() return nil, "too much" end
      assert.same({ "facts-unknown" }, codes(audited(name, rules)))
      assert.same({}, with_facts(name, fact("other", 1, {})))
    end
  end)
end)

local function socket(process, port, more)
  local one = { transport = "tcp", address = "*", family = "ip", port = port, process = process,
    place = { source = "ss.txt", line = port } }
  for key, value in pairs(more or {}) do one[key] = value end
  return one
end

describe("uncovered-socket", function()
  it("tells sockets that no rule names, and whether the world reaches them", function()
    local sockets = { sockets = { socket("sshd", 22), socket("mysqld", 3306) } }
    local found = audited("uncovered-socket", filter "-A INPUT -p tcp --dport 22 -j ACCEPT", sockets)
    assert.same({ "socket-unnamed" }, codes(found))
    assert.matches("^mysqld at %*, 3306/tcp, listens, and no rule names its port for IPv4$", found[1].message)
    assert.equal("mysql", found[1].records[1].name)
    assert.same({ "socket-open-unnamed" }, codes(audited("uncovered-socket",
      filter("-A INPUT -p tcp --dport 22 -j ACCEPT", "ACCEPT"), sockets)))
  end)

  it("asks for each version of IP that the ruleset is about", function()
    local sockets = { sockets = { socket("sshd", 22, { family = false }) } }
    sockets.sockets[1].family = nil
    local found = audited("uncovered-socket", nft_input "ip saddr 192.0.2.0/24 tcp dport 22 accept", sockets)
    assert.matches("for IPv6$", found[1].message)
    assert.equal(1, #found)
    assert.same({}, audited("uncovered-socket", nft_input "tcp dport 22 accept", sockets))
    assert.same({}, audited("uncovered-socket", filter "-A INPUT -p tcp --dport 22 -j ACCEPT", sockets))
  end)

  it("is silent about the loopback, about a rule that drops, and without sockets", function()
    local inside = { socket("a", 4, { address = "127.0.0.1" }), socket("b", 6, { address = "::1", family = "ip6" }),
      socket("c", 8, { address = "192.0.2.1", interface = "lo" }) }
    assert.same({}, audited("uncovered-socket", nft_input "tcp dport 1 accept", { sockets = inside }))
    assert.same({}, audited("uncovered-socket", filter "-A INPUT -p tcp --dport 22 -j DROP",
      { sockets = { socket("sshd", 22) } }))
    assert.same({}, audited("uncovered-socket", filter ""))
  end)
end)

describe("idle-opening", function()
  local rules = filter "-A INPUT -p tcp -m multiport --dports 22,443 -j ACCEPT"

  it("tells open ports on which nothing listens", function()
    local found = audited("idle-opening", rules, { sockets = { socket("sshd", 22) } })
    assert.same({ "the world reaches 443/tcp, and nothing listens there" }, messages(found))
  end)

  it("counts a listener on the loopback for none", function()
    local sockets = { socket("sshd", 22), socket("nginx", 443, { address = "127.0.0.1" }) }
    assert.equal("tcp/443", audited("idle-opening", rules, { sockets = sockets })[1].ports)
  end)

  it("is silent where a socket's port is unknown, over long ranges, and without sockets", function()
    assert.same({}, audited("idle-opening", rules, { sockets = { { transport = "tcp", address = "*" } } }))
    local range = filter "-A INPUT -p tcp --dport 30000:30100 -j ACCEPT"
    assert.same({}, audited("idle-opening", range, { sockets = {} }))
    assert.same({}, audited("idle-opening", rules))
  end)
end)

describe("unexpected-process", function()
  local rules = filter "-A INPUT -p tcp --dport 1:1000 -j ACCEPT\n-A INPUT -p tcp --dport 3306 -j ACCEPT"

  local function of(process, port, settings)
    return audited("unexpected-process", rules, { sockets = { socket(process, port) }, settings = settings })
  end

  it("tells a program that is known to be another service", function()
    assert.same({ "nginx listens on 3306/tcp, which IANA assigned to mysql" }, messages(of("nginx", 3306)))
  end)

  it("tells what it does not know, and never takes it for none", function()
    assert.same({ "process-unknown" }, codes(of("portal", 443)))
    assert.same({ "an unknown process listens on 22/tcp; whether it is ssh is unknown" }, messages(of(nil, 22)))
    assert.same({ "process-on-unassigned" }, codes(of("portal", 4)))
  end)

  it("is silent about the assigned service, by table, by its name, or by the policy's word", function()
    assert.same({}, of("sshd", 22))
    assert.same({}, of("mysqld", 3306))
    assert.same({}, of("nntpd", 119))
    assert.same({}, of("portal", 443, "{ processes: { portal: https } }"))
  end)

  it("is about exposed ports, unless the policy wants all", function()
    assert.same({}, of("nginx", 5432))
    assert.same({ "process-unexpected" }, codes(of("nginx", 5432, "{ exposed: false }")))
  end)
end)

describe("changed-registry", function()
  local function event(kind, more)
    local record = { id = 1, name = "new-thing", first = 4, last = 4, transport = "tcp", status = "assigned" }
    local made = { kind = kind, name = "new-thing", port = "4/tcp", after = record, fields = {} }
    for key, value in pairs(more or {}) do made[key] = value end
    return made
  end

  local rules = filter "-A INPUT -p tcp --dport 4 -j DROP\n-A INPUT -p tcp --dport 6 -j ACCEPT"

  it("tells the rules whose ports changed, and how", function()
    local found = audited("changed-registry", rules, { changes = { event "assigned" } })
    assert.same({ "the rule is for 4/tcp, and the registry has changed there: 4/tcp new-thing assigned" },
      messages(found))
    assert.equal(3, found[1].place.line)
  end)

  it("names what a port was before", function()
    local before = { id = 1, name = "old-thing", first = 4, last = 4, transport = "tcp", status = "assigned" }
    local found = audited("changed-registry", rules, { changes = { event("renamed", { before = before }) } })
    assert.matches("4/tcp new%-thing, before old%-thing renamed$", found[1].message)
  end)

  it("says several changes in one finding a rule", function()
    local changes = {}
    for i = 1, 5 do changes[i] = event "owner changed" end
    local found = audited("changed-registry", rules, { changes = changes })
    assert.equal(1, #found)
    assert.matches("; and 2 more$", found[1].message)
  end)

  it("is silent about what does not change what a port is for, about other ports, and without changes", function()
    assert.same({}, audited("changed-registry", rules, { changes = { event "description changed", event "date changed" } }))
    assert.same({}, audited("changed-registry", filter "-A INPUT -p tcp --dport 5 -j DROP", { changes = { event "assigned" } }))
    assert.same({}, audited("changed-registry", filter "-A INPUT -j DROP", { changes = { event "assigned" } }))
    assert.same({}, audited("changed-registry", rules))
  end)

  it("takes the events of a real difference", function()
    local before = assert(portolan.read { text = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,"
      .. "Registration Date,Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes\n"
      .. "a,4,tcp,,,,,,,,,\n", source = "a.csv" })
    local after = assert(portolan.read { text = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,"
      .. "Registration Date,Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes\n"
      .. "b,4,tcp,,,,,,,,,\n", source = "b.csv" })
    local found = audited("changed-registry", rules, { changes = portolan.diff(before, after) })
    assert.same({ "registry-changed" }, codes(found))
  end)
end)

describe("finding.list_places", function()
  it("names a few and counts the rest", function()
    local rules = {}
    for i = 1, 5 do rules[i] = { place = { source = "r", line = i } } end
    assert.equal("r:1, r:2, r:3 and 2 more", finding.list_places(rules))
    assert.equal("r:1", finding.list_places({ rules[1] }))
  end)
end)
