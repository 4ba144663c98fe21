-- Packet space from Lua: what is asked of it, and the shape of what it answers. That the answers are right is for
-- spec/core/space_test.c and spec/scripts/kernel_spec.lua.

local portolan = require "portolan"

local numbers = { icmp = 1, tcp = 6, udp = 17, icmpv6 = 58 }

local function protocol(name)
  return numbers[name] or tonumber(name)
end

local function rule(name, verdict, match)
  return { name = name, verdict = verdict, matches = { match or {} }, also = {} }
end

local function to(name, verdict, target, match)
  local made = rule(name, verdict, match)
  made.target = target
  return made
end

local function if_also(made)
  made.also = { "limit rate 1/second" }
  return made
end

local function tcp(first, last, match)
  match = match or {}
  match.protocols, match.destination_ports = { "tcp" }, { { first, last or first } }
  return match
end

local function chain(name, hook, policy, rules)
  return { name = name, family = "inet", table = "t", hook = hook, policy = policy, rules = rules }
end

local function tables(...)
  return { source = "r", chains = { ... } }
end

local function input(...)
  return tables(chain("in", "input", "drop", { ... }))
end

local function space_of(ruleset, options)
  options = options or {}
  options.protocol = protocol
  return assert(portolan.space(ruleset, options))
end

local function names(rules)
  local list = {}
  for i, found in ipairs(rules) do list[i] = found.name end
  return table.concat(list, "+")
end

-- The facts of a ruleset, or those of one kind, as "rule kind" or "rule kind by others".
local function facts(ruleset, kind)
  local list = {}
  for _, fact in ipairs(assert(space_of(ruleset):facts())) do
    local by = names(fact.by)
    local text = fact.rule.name .. " " .. fact.kind .. (by ~= "" and " by " .. by or "")
    if not kind or fact.kind == kind then list[#list + 1] = text end
  end
  return list
end

-- Openings as "22-23/tcp rule", with "?" where they are only perhaps open.
local function shown(openings)
  local list = {}
  for i, o in ipairs(openings) do
    list[i] = ("%d-%d/%s %s%s"):format(o.first, o.last, o.transport or "protocol",
      o.rule and o.rule.name or "policy", o.surely and "" or "?")
  end
  return list
end

local function tcp_only(openings)
  local list = {}
  for _, o in ipairs(openings) do
    if o.transport == "tcp" then list[#list + 1] = o end
  end
  return shown(list)
end

local function packet(fields)
  local made = { hook = "input", source = "198.51.100.7", destination = "192.0.2.1", protocol = "tcp", port = 22 }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local function way_of(space, fields)
  return assert(space:trace(packet(fields)))[1]
end

local function met(way)
  local list = {}
  for i, step in ipairs(way.steps) do
    list[i] = (step.rule and step.rule.name or "policy") .. (step.surely and "" or "?")
  end
  return table.concat(list, " ")
end

local function verdicts(way)
  return table.concat(way.verdicts, "|")
end

describe("facts", function()
  it("has none for rules that all do something", function()
    assert.same({}, facts(input(rule("a", "accept", tcp(22)), rule("b", "accept", tcp(80)))))
  end)

  it("tells a rule that contradicts itself", function()
    assert.same({ "a never" }, facts(input({ name = "a", verdict = "accept", also = {}, matches = {
      tcp(22, 22, { family = "ip6", source = { "192.0.2.0/24" } }) } })))
    assert.same({ "a never" }, facts(input({ name = "a", verdict = "accept", also = {}, matches = {} })))
  end)

  it("names the one rule that hides another", function()
    assert.same({ "c hidden by a" }, facts(input(rule("a", "accept", tcp(1, 1023)), rule("b", "accept", tcp(2000)),
      rule("c", "accept", tcp(22)))))
  end)

  it("names the fewest rules that hide another together", function()
    assert.same({ "d hidden by b+c" }, facts(input(rule("a", "accept", tcp(15, 30)), rule("b", "accept", tcp(10, 20)),
      rule("c", "accept", tcp(21, 40)), rule("d", "accept", tcp(12, 35))), "hidden"))
  end)

  it("lets networks hide together, of either family", function()
    local function from(name, ...) return rule(name, "accept", { source = { ... } }) end
    assert.same({ "c hidden by a+b" }, facts(input(from("a", "192.0.2.0/25"), from("b", "192.0.2.128/25"),
      from("c", "192.0.2.100-192.0.2.200"))))
    assert.same({ "c hidden by a+b" }, facts(input(from("a", "2001:db8::/33"), from("b", "2001:db8:8000::/33"),
      from("c", "2001:db8:7000::-2001:db8:9000::"))))
  end)

  it("tells a rule without which no packet fares otherwise", function()
    assert.same({ "a redundant" }, facts(input(rule("a", "accept", tcp(22)), rule("b", "accept", tcp(1, 1023)))))
    assert.same({ "a redundant" }, facts(input(rule("a", "drop", tcp(22)), rule("b", "accept", tcp(80)))))
  end)

  it("tells a rule some of whose packets are decided otherwise before, and by which", function()
    assert.same({ "b conflict by a" }, facts(input(rule("a", "drop", tcp(22, 30)), rule("b", "accept", tcp(25, 40)))))
  end)

  it("lets a rule that asks for more than is known hide nothing", function()
    assert.same({}, facts(input(if_also(rule("a", "drop", tcp(22))), rule("b", "accept", tcp(22)))))
  end)

  it("lets an uncertain rule be hidden", function()
    assert.same({ "b hidden by a" }, facts(input(rule("a", "accept", tcp(22)), if_also(rule("b", "accept", tcp(22))))))
  end)

  it("tells jumps that come back to where they were, and rules that no hook leads to", function()
    local found = facts(tables(chain("in", "input", "drop", { to("j", "jump", "u") }),
      chain("u", nil, nil, { to("k", "jump", "u"), rule("b", "accept", tcp(22)) }),
      chain("v", nil, nil, { rule("c", "accept") })))
    local text = "," .. table.concat(found, ",") .. ","
    assert.truthy(text:find(",k loop,", 1, true), text)
    assert.truthy(text:find(",c unreached,", 1, true), text)
    assert.falsy(text:find(",b unreached,", 1, true), text)
  end)

  it("says of each fact which chain its rule is in", function()
    local ruleset = input(rule("a", "accept", tcp(22)), rule("b", "accept", tcp(22)))
    assert.equal(ruleset.chains[1], space_of(ruleset):facts()[1].chain)
  end)

  it("hides a rule in a chain that is jumped to by what went before the jump", function()
    assert.same({ "b hidden by a" }, facts(tables(
      chain("in", "input", "drop", { rule("a", "accept", tcp(22)), to("j", "jump", "u") }),
      chain("u", nil, nil, { rule("b", "accept", tcp(22)), rule("c", "accept", tcp(80)) })), "hidden"))
  end)
end)

describe("reach", function()
  local function open(ruleset)
    return tcp_only(assert(space_of(ruleset):reach { hook = "input" }))
  end

  it("tells what is open, by which rule, and what is only perhaps", function()
    assert.same({ "22-22/tcp a?", "80-90/tcp b" },
      open(input(if_also(rule("a", "accept", tcp(22))), rule("b", "accept", tcp(80, 90)))))
  end)

  it("leaves out what is dropped before", function()
    assert.same({ "24-30/tcp b" }, open(input(rule("a", "drop", tcp(20, 23)), rule("b", "accept", tcp(22, 30)))))
  end)

  it("names no rule where a policy accepts, and no transport where there are no ports", function()
    local openings = assert(space_of(tables(chain("in", "input", "accept", { rule("a", "drop", tcp(22)) })))
      :reach { hook = "input" })
    assert.same({ "0-21/tcp policy", "23-65535/tcp policy" }, tcp_only(openings))
    local portless = 0
    for _, o in ipairs(openings) do portless = portless + (o.transport and 0 or 1) end
    assert.is_true(portless > 0)
  end)

  it("asks for a region by its number", function()
    local space = space_of(input(rule("a", "accept", tcp(22, 22, { source = { "192.0.2.0/24" } }))),
      { regions = { { source = { "198.51.100.0/24" } }, { source = { "192.0.2.7" } } } })
    assert.same({}, shown(assert(space:reach { hook = "input", region = 1 })))
    assert.same({ "22-22/tcp a" }, shown(assert(space:reach { hook = "input", region = 2 })))
  end)

  it("is nothing at a hook where there are no chains", function()
    assert.same({}, space_of(input()):reach { hook = "forward" })
  end)

  it("tells of chains that stand apart one by one", function()
    local ruleset = tables(chain("one", "input", "drop", { rule("a", "accept", tcp(22)) }),
      chain("two", "input", "drop", { rule("b", "accept", tcp(80)) }))
    assert.same({}, open(ruleset))
    local openings = space_of(ruleset, { separate = true }):reach { hook = "input" }
    assert.same({ "22-22/tcp a", "80-80/tcp b" }, tcp_only(openings))
    assert.same({ "one", "two" }, { openings[1].chain.name, openings[2].chain.name })
  end)
end)

describe("trace", function()
  it("tells the rules that a packet meets, and what becomes of it", function()
    local space = space_of(input(rule("a", "continue", tcp(1, 1023)), rule("b", "drop", tcp(80)),
      rule("c", "accept", tcp(22))))
    assert.equal("a c", met(way_of(space)))
    assert.equal("accept", verdicts(way_of(space)))
    assert.equal("drop", verdicts(way_of(space, { port = 80 })))
    assert.equal("drop", verdicts(way_of(space, { port = 2000 })))
  end)

  it("follows jumps, returns and gotos", function()
    local space = space_of(tables(
      chain("in", "input", "drop", { to("j", "jump", "u"), rule("x", "reject", tcp(23)), to("g", "goto", "v"),
        rule("never", "accept") }),
      chain("u", nil, nil, { rule("r", "return", tcp(22, 23)), rule("a", "accept", tcp(80)) }),
      chain("v", nil, nil, { rule("o", "accept", tcp(22)) })))
    assert.equal("j r g o", met(way_of(space)))
    assert.equal("accept", verdicts(way_of(space)))
    assert.equal("j a", met(way_of(space, { port = 80 })))
    assert.equal("reject", verdicts(way_of(space, { port = 23 })))
    assert.equal("drop", verdicts(way_of(space, { port = 99 })))
  end)

  it("is of two minds behind a rule that asks for more than is known", function()
    local way = way_of(space_of(input(if_also(rule("a", "drop", tcp(22))), rule("b", "accept", tcp(22)))))
    assert.equal("accept|drop", verdicts(way))
    assert.equal("a? b?", met(way))
  end)

  it("says of no rule that asks for more than is known that it surely matches", function()
    local space = space_of(tables(
      chain("in", "input", "drop", { if_also(to("j", "jump", "u")), rule("b", "accept", tcp(22)) }),
      chain("u", nil, nil, { if_also(rule("c", "continue")), rule("d", "drop", tcp(80)) })))
    assert.equal("j? c? b?", met(way_of(space)))
    local last = input(if_also(rule("a", "continue")), rule("b", "accept"))
    assert.equal("a? b", met(way_of(space_of(last))))
  end)

  it("heeds interfaces, states and protocols without ports", function()
    local space = space_of(input(rule("a", "accept", { input = { "eth*" }, states = { "new" } }),
      rule("b", "accept", { protocols = { "icmp" }, icmp_types = { { 8, 8 } } })))
    assert.equal("accept", verdicts(way_of(space, { input = "eth0" })))
    assert.equal("drop", verdicts(way_of(space, { input = "wan0" })))
    assert.equal("drop", verdicts(way_of(space, { input = "eth0", state = "invalid" })))
    assert.equal("accept", verdicts(way_of(space, { protocol = "icmp", icmp_type = 8 })))
    assert.equal("drop", verdicts(way_of(space, { protocol = "icmp", icmp_type = 0 })))
  end)

  it("lets the other family pass a chain that is of one", function()
    local ruleset = input(rule("a", "accept", tcp(22)))
    ruleset.chains[1].family = "ip"
    local space = space_of(ruleset)
    local six = { source = "2001:db8::7", destination = "2001:db8::1", port = 80 }
    assert.same({ "accept", "" }, { verdicts(way_of(space, six)), met(way_of(space, six)) })
    assert.same({ "drop", "policy" }, { verdicts(way_of(space, { port = 80 })), met(way_of(space, { port = 80 })) })
  end)

  it("passes the chains of a hook one after the other, by their priority", function()
    local ruleset = tables(chain("late", "input", "accept", { rule("b", "drop", tcp(22)) }),
      chain("early", "input", "accept", { rule("a", "accept", tcp(22)) }))
    ruleset.chains[1].priority, ruleset.chains[2].priority = 10, -10
    local way = way_of(space_of(ruleset))
    assert.equal("a b", met(way))
    assert.equal("drop", verdicts(way))
  end)

  it("goes one way for each chain that stands apart", function()
    local ways = space_of(tables(chain("one", "input", "drop", { rule("a", "accept", tcp(22)) }),
      chain("two", "input", "drop", {})), { separate = true }):trace(packet())
    assert.same({ "one", "accept", "two", "drop" },
      { ways[1].chain.name, verdicts(ways[1]), ways[2].chain.name, verdicts(ways[2]) })
  end)

  it("takes no policy to be known that is not", function()
    assert.equal("accept|other", verdicts(way_of(space_of(tables(chain("in", "input", nil, {}))))))
  end)

  it("says what is wrong with an address", function()
    local way, message, detail = space_of(input()):trace(packet { source = "192.0.2.256" })
    assert.is_nil(way)
    assert.equal("not an address: '192.0.2.256'", message)
    assert.equal("syntax", detail.code)
  end)
end)

describe("compare", function()
  local before = input(rule("a", "accept", tcp(22)), rule("b", "accept", tcp(80)))
  local now = input(rule("c", "accept", tcp(22)), rule("d", "accept", tcp(443, 444)), if_also(rule("e", "accept",
    tcp(500))))
  local space, earlier = space_of(now, { before = before }), space_of(before)

  it("tells what is newly accepted, by which rule", function()
    assert.same({ "443-444/tcp d" }, shown(assert(space:compare { hook = "input" })))
  end)

  it("tells what is no longer accepted", function()
    assert.same({ "80-80/tcp policy" }, shown(assert(space:compare { hook = "input", dropped = true })))
  end)

  it("tells when asked what is perhaps accepted", function()
    local openings = shown(assert(space:compare { hook = "input", perhaps = true }))
    assert.same({ "443-444/tcp d", "500-500/tcp e?" }, openings)
  end)

  it("tells what was perhaps accepted and now surely is, asked for the one or for both", function()
    local surer = space_of(input(rule("a", "accept", tcp(22))),
      { before = input(if_also(rule("a", "accept", tcp(22)))) })
    for _, perhaps in ipairs { false, true } do
      assert.same({ "22-22/tcp a" }, shown(assert(surer:compare { hook = "input", perhaps = perhaps })))
    end
  end)

  it("gives packets that fare so", function()
    local added = space:compare { hook = "input" }[1].example
    assert.equal("accept", verdicts(space:trace(added)[1]))
    assert.equal("drop", verdicts(earlier:trace(added)[1]))
    local gone = space:compare { hook = "input", dropped = true }[1].example
    assert.equal("drop", verdicts(space:trace(gone)[1]))
    assert.equal("accept", verdicts(earlier:trace(gone)[1]))
  end)

  it("finds no difference between a ruleset and itself", function()
    local same = space_of(now, { before = now })
    assert.same({}, same:compare { hook = "input" })
    assert.same({}, same:compare { hook = "input", dropped = true })
  end)
end)

describe("a space", function()
  local function refusal(message, ask)
    local ok, said = pcall(ask)
    assert.is_false(ok)
    assert.truthy(tostring(said):find(message, 1, true), tostring(said))
  end

  it("raises where it is asked wrongly", function()
    refusal("bad argument #1 to 'space' (ruleset expected, got nil)", function() portolan.space(nil, {}) end)
    refusal("bad argument #2 to 'space' (table with a protocol expected, got table)",
      function() portolan.space(input(), {}) end)
    local space = space_of(input())
    refusal("bad argument #1 to 'reach' (hook ", function() space:reach { hook = "INPUT" } end)
    refusal("bad argument #1 to 'compare' (hook ", function() space:compare {} end)
    refusal("bad argument #1 to 'trace' (protocol expected, got nosuch)",
      function() space:trace(packet { protocol = "nosuch" }) end)
  end)

  local function fault_of(ruleset)
    local made, message, detail = portolan.space(ruleset, { protocol = protocol })
    assert.is_nil(made)
    return message, detail
  end

  it("cannot be made of a protocol without a number", function()
    assert.equal("no number is known for 'nosuch'", (fault_of(input(rule("a", "accept", { protocols = { "nosuch" } })))))
  end)

  it("cannot be made of what is no address or range", function()
    assert.equal("not an address, prefix, mask or range: '192.0.2.0/33'",
      (fault_of(input(rule("a", "accept", { source = { "192.0.2.0/33" } })))))
    assert.equal("must be a range within 0-65535, not 1-70000",
      (fault_of(input(rule("a", "accept", tcp(1, 70000))))))
  end)

  it("cannot be made of jumps that unfold without measure", function()
    local chains = { chain("u0", nil, nil, { rule("a", "accept", tcp(22)), rule("b", "drop", tcp(23)) }) }
    for i = 1, 24 do
      local below = "u" .. (i - 1)
      chains[#chains + 1] = chain("u" .. i, i == 24 and "input" or nil, i == 24 and "drop" or nil,
        { to("j", "jump", below), to("k", "jump", below) })
    end
    local message, detail = fault_of(tables((table.unpack or unpack)(chains))) -- luacheck: ignore 143
    assert.equal("ruleset too complex: its jumps unfold into too many rules", message)
    assert.equal("limit", detail.code)
  end)
end)
