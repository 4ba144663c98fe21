--- Random small rulesets as nft text, and random packets for them.
--
--    local rulesets = require "kernel.rulesets"
--    rulesets.random(7)      --> { text = "table inet t1 {...}", packets = { {hook=, source=, ...}, ... } }
--
-- One seed makes the same, everywhere. What the rules speak of and what the packets carry is drawn from the same few
-- values, so that rules are met. Each rule has a comment of its own; a rule that is one for the kernel and for a
-- reader alike has a counter.

local rulesets = {}

-- ---------------------------------------------------------------- chance --

local state

local function below(n)
  state = state * 16807 % 2147483647
  return math.floor(state % n)
end

local function chance(percent)
  return below(100) < percent
end

local function add(list, part)
  list[#list + 1] = part
end

local function pick(list)
  return list[below(#list) + 1]
end

local function some(list, most)
  local picked, seen = {}, {}
  for _ = 1, 1 + below(most) do
    local item = pick(list)
    if not seen[item] then add(picked, item) end
    seen[item] = true
  end
  return picked
end

local function braces(list)
  return "{ " .. table.concat(list, ", ") .. " }"
end

-- -------------------------------------------------------------- universe --

-- Sources, and destinations by the interface that they are behind; those behind none are the host's own.
local worlds = {
  ip = {
    sources = { "198.51.100.1", "198.51.100.7", "198.51.100.130", "203.0.113.9" },
    own = { "192.0.2.1", "192.0.2.2" }, r0 = { "203.0.113.200" }, r1 = { "192.0.2.129", "192.0.2.200" },
    said = { "198.51.100.1", "198.51.100.0/24", "198.51.100.128/25", "203.0.113.0/28", "198.51.100.2-198.51.100.9",
      "192.0.2.1", "192.0.2.0/25", "192.0.2.128/25", "203.0.113.200", "0.0.0.0/0", "& 0.0.0.1 == 0.0.0.1",
      "& 255.255.0.255 == 198.51.0.7" },
    apart = { "198.51.100.1", "198.51.100.128/25", "203.0.113.0/28", "192.0.2.0/31", "192.0.2.128-192.0.2.140" },
    single = { "198.51.100.1", "198.51.100.7", "203.0.113.9" },
    icmp = { name = "icmp", types = { echo_request = 8, echo_reply = 0 } },
  },
  ip6 = {
    sources = { "2001:db8:1::1", "2001:db8:1::7", "2001:db8:2::9" },
    own = { "2001:db8::1", "2001:db8::2" }, r0 = { "2001:db8:9::1" }, r1 = { "2001:db8:8::1", "2001:db8:8:1::5" },
    said = { "2001:db8:1::1", "2001:db8:1::/64", "2001:db8:2::/48", "2001:db8::/126", "2001:db8:8::/64",
      "2001:db8:1::2-2001:db8:1::ff", "::/0", "& ::f == ::1" },
    apart = { "2001:db8:1::1", "2001:db8:2::/48", "2001:db8::/126", "2001:db8:8::/64" },
    single = { "2001:db8:1::1", "2001:db8:1::7", "2001:db8:2::9" },
    icmp = { name = "icmpv6", types = { echo_request = 128, echo_reply = 129 } },
  },
}

local ports = { 22, 53, 80, 85, 443 }
local said_ports = { "22", "53", "80-90", "1-1023", "443", "84-65535" }
local ports_apart = { "22", "53", "80-84", "85-90", "400-500" }
local icmp_words = { icmp = { "echo-request", "echo-reply", "timestamp-request" },
  icmpv6 = { "echo-request", "echo-reply" } }

-- ----------------------------------------------------------------- rules --

local function negated()
  return chance(20) and "!= " or ""
end

-- Each part of a rule is made for `rule`: `family` (which addresses it may name), `hook`, `transport`.
local function addresses(rule)
  local world = worlds[rule.family]
  if not world or chance(40) then return nil end
  local key, value = rule.family .. (chance(65) and " saddr " or " daddr "), pick(world.said)
  if chance(30) then return key .. negated() .. braces(some(world.apart, 3)) end
  return key .. (value:find "^&" and "" or negated()) .. value
end

local interface_words = { '"r0"', '"r1"', '"r*"', '{ "r0", "lo" }', '{ "r0", "r1" }' }

local function interfaces(rule)
  if chance(75) then return nil end
  local key = rule.hook == "forward" and chance(50) and "oifname " or "iifname "
  return key .. negated() .. pick(interface_words)
end

local state_words = { "new", "established", "established,related", "{ new, established }", "invalid", "new,invalid",
  "!= invalid", "!= established", "{ established, related, untracked }" }

local function states()
  return chance(30) and "ct state " .. pick(state_words) or nil
end

-- What packet space has no word for: so of each packet here, or of none.
local function unsaid()
  return chance(6) and pick { "meta length < 500", "meta mark 7" } or nil
end

local function port_set()
  if chance(20) then return "@ports" end
  return chance(40) and braces(some(ports_apart, 3)) or pick(said_ports)
end

local function port_match(prefix)
  if chance(12) then return ("%s sport %s%d-%d"):format(prefix, negated(), 40000 + below(300), 40300 + below(300)) end
  return prefix .. " dport " .. negated() .. port_set()
end

local function icmp_match(rule)
  local name = rule.transport
  local words = icmp_words[name]
  return name .. " type " .. negated() .. (chance(40) and braces(some(words, 2)) or pick(words))
end

local protocol_keys = { ip = { "ip protocol ", "meta l4proto " }, ip6 = { "ip6 nexthdr ", "meta l4proto " },
  inet = { "meta l4proto " } }
local protocol_words = { "tcp", "udp", "{ tcp, udp }", "icmp", "ipv6-icmp" }

local joined_words = { "tcp . 22", "udp . 53", "tcp . 80-90", "udp . 443" }

local transports = {
  tcp = function() return port_match "tcp" end,
  udp = function() return port_match "udp" end,
  both = function() return "meta l4proto { tcp, udp } " .. port_match "th" end,
  twice = function() return ("tcp dport %s tcp dport %s"):format(pick(said_ports), pick(said_ports)) end,
  joined = function() return "meta l4proto . th dport " .. braces(some(joined_words, 3)) end,
  protocol = function(rule) return pick(protocol_keys[rule.family]) .. negated() .. pick(protocol_words) end,
  icmp = icmp_match,
  icmpv6 = icmp_match,
  none = function() return nil end,
}

local function transport_of(rule)
  local list = { "tcp", "tcp", "udp", "both", "protocol", "none", "none" }
  if worlds[rule.family] then add(list, worlds[rule.family].icmp.name) end
  if chance(20) then add(list, "twice") end
  if chance(20) then add(list, "joined") end
  return pick(list)
end

local function jump(chain)
  if #chain.below == 0 then return "accept" end
  return pick { "jump ", "jump ", "goto " } .. pick(chain.below)
end

local function verdict(chain, rule)
  if chance(25) then return jump(chain) end
  if rule.transport == "tcp" and chance(10) then return "reject with tcp reset" end
  return pick { "accept", "accept", "accept", "drop", "drop", "reject", "return", "" }
end

local function mapped(chain, keys)
  local elements = {}
  for _, key in ipairs(keys) do
    add(elements, key .. " : " .. pick { "accept", "drop", "return", "continue", jump(chain) })
  end
  return braces(elements)
end

local function map(chain)
  local kind = below(3)
  if kind == 0 then return pick { "tcp", "udp" } .. " dport vmap " .. mapped(chain, some(ports_apart, 4)) end
  if kind == 1 then return "ct state vmap " .. mapped(chain, some({ "new", "established", "invalid" }, 3)) end
  return "iifname vmap " .. mapped(chain, some({ '"r0"', '"r1"', '"lo"' }, 3))
end

local function tuples(rule)
  local list = {}
  for _, address in ipairs(some(worlds[rule.family].single, 3)) do
    add(list, address .. " . " .. pick { "22", "53", "443" })
  end
  return ("%s saddr . %s dport %s"):format(rule.family, rule.transport, braces(list))
end

local function matches(rule)
  local list = {}
  if worlds[rule.family] and rule.transport == "udp" and chance(20) then return { tuples(rule) } end
  add(list, interfaces(rule))
  add(list, addresses(rule))
  add(list, transports[rule.transport](rule))
  add(list, states())
  add(list, unsaid())
  return list
end

local function family_of(chain)
  return chain.family == "inet" and pick { "ip", "ip6", "inet" } or chain.family
end

local function rule_text(chain, number)
  if chance(12) then return ('%s comment "r%d"'):format(map(chain), number) end
  local rule = { family = family_of(chain), hook = chain.hook }
  rule.transport = transport_of(rule)
  local list = matches(rule)
  add(list, "counter " .. verdict(chain, rule))
  return ('%s comment "r%d"'):format(table.concat(list, " "), number)
end

-- ---------------------------------------------------------------- tables --

local function add_chain(made, chain)
  add(made.lines, "  chain " .. chain.name .. " {")
  if chain.hook then
    add(made.lines, ("    type filter hook %s priority %d; policy %s;"):format(chain.hook, chain.priority,
      pick { "accept", "drop" }))
  end
  for _ = 1, 1 + below(7) do
    made.rules = made.rules + 1
    add(made.lines, "    " .. rule_text(chain, made.rules))
  end
  add(made.lines, "  }")
end

local function add_table(made, number, family)
  local below_here = {}
  add(made.lines, ("table %s t%d {"):format(family, number))
  add(made.lines, "  set ports { type inet_service; flags interval; elements = { 22, 80-90 } }")
  for i = 1, below(4) do
    add_chain(made, { name = "u" .. i, family = family, below = below_here })
    add(below_here, "u" .. i)
  end
  for i, hook in ipairs { "input", "forward", chance(40) and "input" or nil } do
    local priority = (number - 1) * 10 + i - below(2) * 100
    add_chain(made, { name = "b" .. i, family = family, hook = hook, priority = priority, below = below_here })
  end
  add(made.lines, "}")
end

-- --------------------------------------------------------------- packets --

local next_port

local function add_number(packet, world)
  if packet.protocol ~= world.icmp.name then
    packet.port, packet.state = pick(ports), pick { "new", "new", "established", "established" }
    if packet.protocol == "tcp" and chance(15) then packet.state = "invalid" end
    return
  end
  local kind = pick { "echo_request", "echo_reply" }
  packet.icmp_type, packet.state = world.icmp.types[kind], kind == "echo_request" and "new" or "invalid"
end

local function packet_of(family)
  local world = worlds[family]
  local packet = { family = family, protocol = pick { "tcp", "tcp", "udp", "udp", world.icmp.name },
    source = pick(world.sources), source_port = next_port, hook = pick { "input", "forward" },
    input = pick { "r0", "r1" } }
  next_port = next_port + 1
  packet.output = packet.hook == "forward" and (packet.input == "r0" and "r1" or "r0") or nil
  packet.destination = pick(world[packet.output or "own"])
  add_number(packet, world)
  return packet
end

--- The ruleset of a seed, and packets for it.
-- @tparam integer seed 1 or more
-- @tparam integer count how many packets; their `source_port`, or ICMP's identifier, is that of no other seed
-- @treturn table text, packets
function rulesets.random(seed, count)
  state, next_port = seed, 40000 + (seed - 1) * count
  for _ = 1, 8 do below(1) end
  local made = { lines = {}, rules = 0, packets = {} }
  add_table(made, 1, pick { "ip", "ip6", "inet", "inet" })
  if chance(50) then add_table(made, 2, pick { "ip", "ip6", "inet" }) end
  for _ = 1, count do add(made.packets, packet_of(pick { "ip", "ip", "ip6" })) end
  return { text = table.concat(made.lines, "\n") .. "\n", packets = made.packets }
end

return rulesets
