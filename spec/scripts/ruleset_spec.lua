-- What may be asked of a ruleset.

local exposure = require "portolan.exposure"
local iptables = require "portolan.readers.iptables_save"
local portolan = require "portolan"
local ruleset = require "portolan.ruleset"

local nobody = { networks = {}, interfaces = {} }

local function save(...)
  local text = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" .. table.concat({ ... }, "\n") .. "\nCOMMIT\n"
  return ruleset.new(assert(iptables.read(text, "r", {})))
end

local function open(...)
  return tostring(save(...):ports { verdict = "accept", exposed = true })
end

local function exposed(match, trusted)
  match.protocols, match.destination_ports = match.protocols or { "tcp" }, match.destination_ports or { { 22, 22 } }
  return tostring(exposure.of(match, trusted or nobody)) ~= ""
end

describe("exposure", function()
  it("is for new connections only", function()
    assert.is_true(exposed {})
    assert.is_true(exposed { states = { "new", "established" } })
    assert.is_false(exposed { states = { "established", "related" } })
  end)

  it("takes any source, and networks as large as a /8 or an IPv6 /16, for the world", function()
    for _, source in ipairs { "0.0.0.0/0", "16.0.0.0/8", "::/0", "2000::/3", "1.0.0.0-8.255.255.255" } do
      assert.is_true(exposed { source = { source } }, source)
    end
    for _, source in ipairs { "203.0.113.0/24", "203.0.113.7", "16.0.0.0/9", "2001:db8::/32", "16.0.0.1-16.9.9.9" } do
      assert.is_false(exposed { source = { source } }, source)
    end
  end)

  it("takes no private, loopback or multicast network for the world", function()
    for _, source in ipairs { "10.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "fc00::/7", "fe80::/10", "::1" } do
      assert.is_false(exposed { source = { source } }, source)
    end
  end)

  it("takes for the world what is left beside a few networks, but not what is left beside all", function()
    assert.is_true(exposed { source = { "203.0.113.0/24", except = true } })
    assert.is_false(exposed { source = { "0.0.0.0/0", except = true } })
  end)

  it("takes a mask with holes for the world", function()
    assert.is_true(exposed { source = { "128.12.0.1/255.255.0.255" } })
  end)

  it("leaves out what the policy trusts", function()
    local trusted = { networks = { "16.0.0.0/8" }, interfaces = { "wg*" } }
    assert.is_false(exposed({ source = { "16.0.0.0/8" } }, trusted))
    assert.is_true(exposed({ source = { "16.0.0.0/7" } }, trusted))
    assert.is_false(exposed({ input = { "wg0" } }, trusted))
    assert.is_true(exposed({ input = { "wg0", "eth0" } }, trusted))
    assert.is_true(exposed({ input = { "wg0", except = true } }, trusted))
  end)

  it("leaves out the loopback and destinations that no stranger reaches", function()
    assert.is_false(exposed { input = { "lo" } })
    assert.is_true(exposed { input = { "lo", except = true } })
    assert.is_false(exposed { destination = { "127.0.0.1" } })
    assert.is_false(exposed { destination = { "224.0.0.251" } })
    assert.is_true(exposed { destination = { "10.0.0.1" } })
  end)

  it("has ports for protocols that have them, all where none is named", function()
    assert.equal("", tostring(exposure.ports { protocols = { "icmp", "esp" } }))
    assert.equal("udp/7", tostring(exposure.ports { protocols = { "udplite" }, destination_ports = { { 7, 7 } } }))
    assert.equal("tcp/0-65535, udp/0-65535, sctp/0-65535, dccp/0-65535", tostring(exposure.ports {}))
  end)

  it("knows a match that spares nobody from one that names somebody", function()
    assert.is_true(exposure.spares_nobody({ protocols = { "tcp" }, destination_ports = { { 22, 22 } } }, "inet"))
    for _, match in ipairs { { family = "ip" }, { source = { "192.0.2.1" } }, { input = { "eth0" } },
      { source_ports = { { 53, 53 } } }, { states = { "invalid" } } } do
      assert.is_false(exposure.spares_nobody(match, "inet"))
    end
    assert.is_true(exposure.spares_nobody({ family = "ip" }, "ip"))
  end)

  it("is not narrowed by a source port", function()
    assert.is_true(exposed { source_ports = { { 53, 53 } } })
  end)
end)

describe("ruleset:rules", function()
  it("walks over all rules with their chains, empty chains or not", function()
    local seen = {}
    for chain, rule in save("-A FORWARD -j DROP", "-N u", "-A u -j RETURN"):rules() do
      seen[#seen + 1] = chain.name .. " " .. rule.verdict
    end
    assert.same({ "FORWARD drop", "u return" }, seen)
    assert.equal(2, save("-A FORWARD -j DROP", "-N u", "-A u -j RETURN"):count())
  end)
end)

describe("ruleset:ports", function()
  it("gives the ports that rules name, by verdict, hook and chain", function()
    local rules = save("-A INPUT -p tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp --dport 23 -j DROP",
      "-A FORWARD -s 10.0.0.0/8 -p udp --dport 53 -j ACCEPT")
    assert.equal("tcp/22, udp/53", tostring(rules:ports { verdict = "accept" }))
    assert.equal("tcp/23", tostring(rules:ports { verdict = "drop" }))
    assert.equal("tcp/22-23", tostring(rules:ports { chain = "INPUT" }))
    assert.equal("udp/53", tostring(rules:ports { hook = "forward" }))
    assert.equal("tcp/22", tostring(rules:ports { exposed = true }))
    assert.equal("", tostring(rules:ports { exposed = true, hook = "forward" }))
  end)

  it("follows jumps, with what the jump asks for", function()
    local chain = { "-A web -p tcp --dport 80 -j ACCEPT", "-A web -p tcp --dport 8000 -j ACCEPT" }
    assert.equal("tcp/80, tcp/8000", open("-N web", "-A INPUT -j web", chain[1], chain[2]))
    assert.equal("tcp/80", open("-N web", "-A INPUT -p tcp --dport 80 -j web", chain[1], chain[2]))
    assert.equal("", open("-N web", "-A INPUT -s 10.0.0.0/8 -j web", chain[1], chain[2]))
    assert.equal("", open("-N web", "-A INPUT -i lo -j web", chain[1], chain[2]))
    assert.equal("", open("-N web", chain[1], chain[2]))
  end)

  it("ends at jumps in a circle, and at chains that are not there", function()
    assert.equal("tcp/1", open("-N a", "-N b", "-A INPUT -j a", "-A a -j b", "-A b -j a",
      "-A b -p tcp --dport 1 -j ACCEPT"))
    assert.equal("tcp/1", open("-A INPUT -j nowhere", "-A INPUT -p tcp --dport 1 -j ACCEPT"))
  end)

  it("takes off what an earlier rule takes from everybody", function()
    local accept = "-A INPUT -p tcp --dport 20:25 -j ACCEPT"
    assert.equal("tcp/20-22, tcp/24-25", open("-A INPUT -p tcp --dport 23 -j DROP", accept))
    assert.equal("tcp/20-25", open("-A INPUT -s 203.0.113.0/24 -p tcp --dport 23 -j DROP", accept))
    assert.equal("tcp/20-25", open("-A INPUT -p tcp --dport 23 -m owner --uid-owner 0 -j DROP", accept))
    assert.equal("tcp/20-25", open("-A INPUT -m state --state INVALID -j DROP", accept))
    assert.equal("", open("-A INPUT -j REJECT", accept))
  end)

  it("takes off what a chain that is jumped to drops", function()
    local accept = "-A INPUT -p tcp --dport 20:25 -j ACCEPT"
    assert.equal("tcp/20-24", open("-N no", "-A INPUT -j no", accept, "-A no -p tcp --dport 25 -j DROP"))
    assert.equal("tcp/20-25", open("-N no", "-A INPUT -s 203.0.113.0/24 -j no", accept, "-A no -j DROP"))
    assert.equal("tcp/20-25", open("-N no", "-A INPUT -j no", accept,
      "-A no -s 203.0.113.1 -p tcp --dport 25 -j RETURN", "-A no -p tcp --dport 25 -j DROP"))
  end)

  it("knows no ports that nat and mangle accept", function()
    local text = "*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"
    assert.same({}, ruleset.new(assert(iptables.read(text, "r", {}))):reach { from = "world" })
  end)
end)

describe("ruleset:reach", function()
  local function openings(...)
    return save(...):reach { from = "world" }
  end

  it("gives for each rule what it opens, once", function()
    local found = openings("-A INPUT -p tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp --dport 22:23 -j ACCEPT",
      "-A INPUT -p tcp --dport 22 -j ACCEPT")
    assert.equal(2, #found)
    assert.equal("tcp/22", tostring(found[1].ports))
    assert.equal("tcp/23", tostring(found[2].ports))
    assert.equal("input", found[1].hook)
  end)

  it("says what else must hold, from the rule and from the way to it", function()
    local found = openings("-N u", "-A INPUT -m owner --uid-owner 0 -j u", "-A u -p tcp --dport 1 -j ACCEPT",
      "-A INPUT -p tcp --dport 2 -j ACCEPT")
    table.sort(found, function(a, b) return tostring(a.ports) < tostring(b.ports) end)
    assert.same({ "owner --uid-owner 0" }, found[1].also)
    assert.same({}, found[2].also)
  end)

  it("says of packets queued for a program that it decides", function()
    local found = openings("-A INPUT -p tcp --dport 1 -j NFQUEUE --queue-num 0")
    assert.same({ "a program's verdict (queue)" }, found[1].also)
    assert.equal("tcp/1", tostring(found[1].ports))
  end)

  it("keeps apart what is open for sure and what may be", function()
    local found = openings("-N u", "-A INPUT -m owner --uid-owner 0 -j u", "-A INPUT -p tcp --dport 1 -j u",
      "-A u -p tcp --dport 1:2 -j ACCEPT")
    assert.same({ "tcp/1", "tcp/2" }, { tostring(found[1].ports), tostring(found[2].ports) })
    assert.same({ 0, 1 }, { #found[1].also, #found[2].also })
  end)

  it("keeps lists short, however many rules ask for more", function()
    local lines = { "-N u", "-A u -p tcp --dport 1 -j ACCEPT" }
    for i = 1, 100 do lines[#lines + 1] = ("-A INPUT -i eth%d -m owner --uid-owner %d -j u"):format(i, i) end
    local found = openings((table.unpack or unpack)(lines)) -- luacheck: ignore
    assert.is_nil(found[1].inputs)
    assert.is_true(#found[1].also < 10)
  end)

  it("names the interfaces where a rule or the way to it does", function()
    local found = openings("-N u", "-A INPUT -i eth1 -j u", "-A u -p tcp --dport 1 -j ACCEPT")
    assert.same({ "eth1" }, found[1].inputs)
    local both = openings("-N u", "-A INPUT -i eth1 -j u", "-A INPUT -j u", "-A u -p tcp --dport 1 -j ACCEPT")
    assert.is_nil(both[1].inputs)
    assert.is_nil(openings("-A INPUT ! -i eth1 -p tcp --dport 1 -j ACCEPT")[1].inputs)
  end)

  it("shows what the policy of a chain lets in, less what rules took", function()
    local text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP\nCOMMIT\n"
    local found = ruleset.new(assert(iptables.read(text, "r", {}))):reach { from = "world" }
    assert.equal(1, #found)
    assert.is_nil(found[1].rule)
    assert.equal(portolan.ports "udp, sctp, dccp", found[1].ports)
  end)

  it("leaves to the policy what a return or goto brings back to it", function()
    for _, line in ipairs { "-A INPUT -j RETURN", "-N u\n-A INPUT -g u" } do
      local text = "*filter\n:INPUT ACCEPT [0:0]\n" .. line .. "\nCOMMIT\n"
      local found = ruleset.new(assert(iptables.read(text, "r", {}))):reach { from = "world" }
      assert.equal(portolan.ports "*", found[1].ports)
    end
  end)

  it("ends a chain at a return for everybody, and at a goto", function()
    local accept = "-A u -p tcp --dport 1 -j ACCEPT"
    assert.equal("", open("-N u", "-A INPUT -j u", "-A u -j RETURN", accept))
    assert.equal("", open("-N u", "-N v", "-A INPUT -j u", "-A u -g v", accept))
    assert.equal("tcp/1", open("-N u", "-A INPUT -j u", "-A u -s 192.0.2.1 -j RETURN", accept))
  end)

  it("does not run away where every chain jumps twice to the next", function()
    local lines = {}
    for i = 1, 60 do
      lines[#lines + 1] = ("-N c%d"):format(i)
      for _ = 1, 2 do lines[#lines + 1] = ("-A c%d -j c%d"):format(i, i + 1) end
    end
    lines[#lines + 1] = "-N c61"
    lines[#lines + 1] = "-A c61 -p tcp --dport 1 -j ACCEPT"
    lines[#lines + 1] = "-A INPUT -j c1"
    assert.equal(1, #openings((table.unpack or unpack)(lines))) -- luacheck: ignore
  end)
end)

describe("random rulesets, against an evaluation packet by packet", function()
  local seed = 1

  local function random(n)
    seed = (seed * 16807) % 2147483647
    return seed % n + 1
  end

  local narrow = { "", "", "", " -s 192.0.2.1", " -i eth1" }
  local verdicts = { "ACCEPT", "DROP", "RETURN", "a", "b", "c" }

  -- Chains jump only to later ones, as kernels ask.
  local function random_rules(narrowings)
    local lines = { "-N a", "-N b", "-N c" }
    for at, chain in ipairs { "INPUT", "a", "b", "c" } do
      for _ = 1, random(5) do
        local verdict = verdicts[random(#verdicts)]
        local order = ({ a = 2, b = 3, c = 4 })[verdict]
        if order and order <= at then verdict = "DROP" end
        local first, how = random(6), order and random(3) == 1 and "-g" or "-j"
        lines[#lines + 1] = ("-A %s -p tcp --dport %d:%d%s %s %s"):format(chain, first, first + random(3) - 1,
          narrow[random(narrowings)], order and verdict ~= "DROP" and how or "-j", verdict)
      end
    end
    return lines
  end

  local function meets(match, port, input)
    local range = match.destination_ports[1]
    return port >= range[1] and port <= range[2] and not match.source and (not match.input or match.input[1] == input)
  end

  -- What a chain does with a packet of the world: true, false, or nil where it comes back.
  local function decided(rules, chain, port, input)
    for _, rule in ipairs(chain.rules) do
      if meets(rule.matches[1], port, input) then
        local target = rules:target(chain, rule)
        if rule.verdict == "accept" or rule.verdict == "drop" then return rule.verdict == "accept" end
        if rule.verdict == "return" then return nil end
        local there = decided(rules, target, port, input)
        if there ~= nil or rule.verdict == "goto" then return there end
      end
    end
  end

  local function is_accepted(rules, port)
    local chain = rules:entries()[1]
    return decided(rules, chain, port, "eth0") or decided(rules, chain, port, "eth1") or false
  end

  it("shows never too little", function()
    for _ = 1, 1000 do
      local lines = random_rules(5)
      local rules = save((table.unpack or unpack)(lines)) -- luacheck: ignore
      local shown = rules:ports { exposed = true }
      for port = 1, 8 do
        if is_accepted(rules, port) then
          assert.is_true(shown:contains(port, "tcp"), port .. "\n" .. table.concat(lines, "\n"))
        end
      end
    end
  end)

  it("shows little too much where no rule asks for addresses or interfaces", function()
    local wrong, all = 0, 0
    for _ = 1, 1000 do
      local rules = save((table.unpack or unpack)(random_rules(3))) -- luacheck: ignore
      local shown = rules:ports { exposed = true }
      for port = 1, 8 do
        all = all + 1
        if shown:contains(port, "tcp") and not is_accepted(rules, port) then wrong = wrong + 1 end
      end
    end
    assert.is_true(wrong / all < 0.05, ("%d of %d"):format(wrong, all))
  end)
end)

describe("what a zone reaches", function()
  local guests = { networks = { "192.0.2.0/24" }, interfaces = { "eth2" } }

  local function reached(...)
    local set = portolan.ports {}
    for _, opening in ipairs(save(...):reach { from = guests }) do set = set + opening.ports end
    return tostring(set)
  end

  it("is what overlaps its networks", function()
    assert.equal("tcp/22", reached "-A INPUT -s 192.0.2.0/25 -p tcp --dport 22 -j ACCEPT")
    assert.equal("tcp/22", reached "-A INPUT -s 192.0.0.0/16 -p tcp --dport 22 -j ACCEPT")
    assert.equal("tcp/22", reached "-A INPUT -p tcp --dport 22 -j ACCEPT")
    assert.equal("", reached "-A INPUT -s 198.51.100.0/24 -p tcp --dport 22 -j ACCEPT")
    assert.equal("", reached "-A INPUT ! -s 192.0.2.0/23 -p tcp --dport 22 -j ACCEPT")
  end)

  it("is what comes in by its interfaces", function()
    assert.equal("tcp/22", reached "-A INPUT -i eth2 -p tcp --dport 22 -j ACCEPT")
    assert.equal("tcp/22", reached "-A INPUT -i eth+ -p tcp --dport 22 -j ACCEPT")
    assert.equal("", reached "-A INPUT -i eth0 -p tcp --dport 22 -j ACCEPT")
    assert.equal("", reached "-A INPUT ! -i eth2 -p tcp --dport 22 -j ACCEPT")
  end)

  it("is not what a rule before takes from everybody", function()
    assert.equal("", reached("-A INPUT -p tcp --dport 22 -j DROP", "-A INPUT -i eth2 -p tcp --dport 22 -j ACCEPT"))
  end)
end)

describe("Ruleset:of_family", function()
  it("has the rules of one version of IP, also of a table for both", function()
    local rules = ruleset.new { dialect = "nft", source = "r", chains = {
      { name = "a", table = "t", family = "inet", hook = "input", policy = "drop", rules = {
        { verdict = "accept", also = {}, matches = { { family = "ip6", protocols = { "tcp" },
          destination_ports = { { 22, 22 } } } } },
        { verdict = "accept", also = {}, matches = { { source = { "0.0.0.0/0" }, protocols = { "tcp" },
          destination_ports = { { 23, 23 } } } } },
        { verdict = "accept", also = {}, matches = { { protocols = { "tcp" }, destination_ports = { { 24, 24 } } } } },
      } },
      { name = "b", table = "u", family = "ip6", hook = "input", policy = "drop", rules = {} },
    } }
    local function open_by(family)
      return tostring(rules:of_family(family):ports { exposed = true })
    end
    assert.same({ "tcp/23-24", "tcp/22, tcp/24" }, { open_by "ip", open_by "ip6" })
    assert.same({ 1, 2 }, { #rules:of_family("ip"):at "input", #rules:of_family("ip6"):at "input" })
  end)
end)

describe("a chain", function()
  it("closes by its policy, by its last rule, or by a chain that it jumps to", function()
    local rules = save(":A - [0:0]", ":B - [0:0]", "-A FORWARD -j A", "-A A -j DROP", "-A B -s 192.0.2.1 -j DROP")
    for name, closes in pairs { INPUT = true, FORWARD = true, A = true, B = false } do
      assert.equal(closes, rules:closes(rules.by_key["ip filter " .. name]), name)
    end
  end)

  it("admits if anything below it accepts", function()
    local rules = save(":A - [0:0]", "-A INPUT -j A", "-A A -p tcp -j ACCEPT", "-A FORWARD -j DROP")
    assert.is_true(rules:admits(rules.by_key["ip filter INPUT"]))
    assert.is_false(rules:admits(rules.by_key["ip filter FORWARD"]))
  end)

  it("does not let in alone what another at its hook drops", function()
    local function pair(policy)
      local first = { name = "a", table = "t", family = "ip", hook = "input", policy = "accept", rules = {} }
      local second = { name = "b", table = "u", family = "inet", hook = "input", policy = policy, rules = {} }
      return ruleset.new({ dialect = "nft", chains = { first, second } }):drops_beside(first)
    end
    assert.same({ true, false }, { pair "drop", pair "accept" })
  end)

  it("below itself has each chain once, though they jump in a circle", function()
    local rules = save(":A - [0:0]", ":B - [0:0]", "-A INPUT -j A", "-A INPUT -j B", "-A A -j B", "-A B -j A")
    assert.equal(3, #rules:below { rules.by_key["ip filter INPUT"] })
  end)
end)

describe("what a match asks", function()
  it("goes anywhere if it names neither destination nor port nor transport", function()
    assert.is_true(exposure.goes_anywhere {})
    assert.is_true(exposure.goes_anywhere { destination = { "0.0.0.0/0" } })
    for field, value in pairs { destination = { "192.0.2.0/24" }, protocols = { "tcp" }, output = { "lo" },
      states = { "established" } } do
      assert.is_false(exposure.goes_anywhere { [field] = value }, field)
    end
  end)

  it("names an interface by wildcard, and by all others", function()
    assert.is_true(exposure.names_interface({ "lo*" }, "lo"))
    assert.is_true(exposure.names_interface({ "eth0", except = true }, "lo"))
    assert.is_false(exposure.names_interface({ "lo", except = true }, "lo"))
  end)
end)
