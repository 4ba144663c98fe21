-- The dialects of nft text, Cisco, Junos and pf, construct by construct.

local asa = require "portolan.readers.cisco_asa"
local cisco = require "portolan.readers.cisco"
local iptables = require "portolan.readers.iptables_save"
local juniper = require "portolan.readers.juniper"
local nft = require "portolan.readers.nft"
local nft_json = require "portolan.readers.nft_json"
local pf = require "portolan.readers.pf"

local numbers = { ssh = 22, domain = 53, http = 80 }
local options = { port = function(name) return numbers[name] end }

local function refusal(dialect, text, given)
  local ruleset, message, detail = dialect.read(text, "r", given or options)
  assert.is_nil(ruleset)
  assert.equal("syntax", detail.code)
  return message
end

local function chain(dialect, text, given)
  return assert(dialect.read(text, "r", given or options)).chains[1]
end

-- What a rule says, without where it stands.
local function meaning(rule)
  return { verdict = rule.verdict, matches = rule.matches, also = rule.also }
end

-- nft -----------------------------------------------------------------------------------------------

local function nft_chain(rules)
  return chain(nft, "table inet filter {\n chain input {\n type filter hook input priority filter; policy drop;\n"
    .. rules .. "\n }\n}\n")
end

local function nft_rule(text)
  return nft_chain(text).rules[1]
end

local function nft_match(text)
  return nft_rule(text .. " accept").matches[1]
end

describe("nft text", function()
  it("says of a chain its hook, its priority by name or number, its policy", function()
    local input = nft_chain "accept"
    assert.same({ "input", 0, "drop", "inet", "filter" },
      { input.hook, input.priority, input.policy, input.family, input.table })
    local dnat = chain(nft, "table ip n { chain p { type nat hook prerouting priority dstnat + 5; } }")
    assert.same({ -95, "accept" }, { dnat.priority, dnat.policy })
    assert.equal(-10, chain(nft, "table n { chain p { type filter hook input priority -10\n} }").priority)
  end)

  it("means by a rule what nft's JSON means", function()
    local json = [[{"nftables":[{"chain":{"family":"inet","table":"filter","name":"input","hook":"input","prio":0}},
      {"rule":{"family":"inet","table":"filter","chain":"input","expr":[
        {"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},
          "right":{"prefix":{"addr":"10.0.0.0","len":8}}}},
        {"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},
          "right":{"set":[22,{"range":[80,90]}]}}},
        {"match":{"op":"in","left":{"ct":{"key":"state"}},"right":["new","related"]}},
        {"limit":{"rate":5,"per":"second"}},{"log":null},{"counter":null},{"accept":null}]}}]}]]
    local text = "ip saddr 10.0.0.0/8 tcp dport { 22, 80-90 } ct state new,related limit rate 5/second log counter"
      .. " accept"
    local theirs, ours = chain(nft_json, json).rules[1], nft_rule(text)
    assert.same(meaning(theirs), meaning(ours))
    assert.is_true(ours.log)
    assert.equal(text, ours.text)
  end)

  it("puts variables in: nested, with many values, within ranges and sets, in blocks of their own", function()
    local rules = chain(nft, [[
      define high = 6000-6063
      define web = { http, 443 }
      define all = { $web, ssh, $high }
      table inet f {
        define nic = "eth0"
        chain c { iifname $nic tcp dport $all accept; tcp dport { $web, 8080 } drop }
      }]]).rules
    assert.same({ { 22, 22 }, { 80, 80 }, { 443, 443 }, { 6000, 6063 } }, rules[1].matches[1].destination_ports)
    assert.same({ "eth0" }, rules[1].matches[1].input)
    assert.same({ { 80, 80 }, { 443, 443 }, { 8080, 8080 } }, rules[2].matches[1].destination_ports)
    assert.equal("r:1:31: no 'define' before this gives $web a value",
      refusal(nft, "table t { chain c { tcp dport $web accept; } }"))
  end)

  it("reads blocks, commands, continued lines, semicolons and comments", function()
    local read = assert(nft.read([[
#!/usr/sbin/nft -f
flush ruleset   # all of it
table inet f { chain c { tcp dport 22 accept; udp dport 53 accept } }
table inet f {
  chain c {
    tcp dport \
      80 accept comment "the web"
  }
}
add rule inet f c tcp dport 443 drop
insert rule inet f c iifname "lo" accept]], "r", options))
    assert.equal(1, #read.chains)
    local texts = {}
    for i, rule in ipairs(read.chains[1].rules) do texts[i] = rule.place.line .. " " .. rule.text end
    assert.same({ '11 iifname "lo" accept', "3 tcp dport 22 accept", "3 udp dport 53 accept",
      '6 tcp dport 80 accept comment "the web"', "10 tcp dport 443 drop" }, texts)
    assert.equal("the web", read.chains[1].rules[4].comment)
  end)

  it("forgets what a command flushes or deletes, and tells what it does not carry out", function()
    local read = assert(nft.read([[
      table ip a { chain c { accept; } }
      table ip b { chain c { accept; } }
      flush table ip a
      delete table ip b
      delete rule ip a c handle 4
      add rule ip a c drop]], "r"))
    assert.equal(1, #read.chains)
    assert.same({ "drop" }, { read.chains[1].rules[1].text, read.chains[1].rules[2] })
    assert.same({ "the command is not carried out" }, { read.unread[1].why, read.unread[2] })
  end)

  it("reads named sets, maps, concatenations and verdict maps as JSON has them", function()
    local rules = chain(nft, [[table inet f {
      set office { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 198.51.100.7 } }
      chain c {
        ip saddr @office accept
        ip saddr . tcp dport { 192.0.2.1 . 22, 192.0.2.2 . 80 } accept
        tcp dport vmap { 22 : accept, 25: drop, 80 : jump web }
      }
      chain web { return; }
    }]]).rules
    assert.same({ "192.0.2.0/24", "198.51.100.7" }, rules[1].matches[1].source)
    assert.equal(2, #rules[2].matches)
    assert.same({ "accept", "drop", "jump" }, { rules[3].verdict, rules[4].verdict, rules[5].verdict })
    assert.equal("web", rules[5].target)
  end)

  it("reads the chain that stands in braces after a jump", function()
    local text = "table inet f { chain c { ip saddr 10.0.0.0/8 jump { tcp dport 22 accept; drop } } }"
    local read = assert(nft.read(text, "r"))
    assert.equal(read.chains[2].name, read.chains[1].rules[1].target)
    assert.equal("drop", read.chains[2].rules[2].verdict)
  end)

  it("keeps what no field can hold, and knows what it implies", function()
    local rule = nft_rule "tcp flags & (syn | ack) == syn meta mark set 0x1 fib saddr type local accept"
    assert.same({ { protocols = { "tcp" } } }, rule.matches)
    assert.equal(2, #rule.also)
    assert.equal("fib saddr type local", rule.also[2])
    assert.same({ "tproxy to :1080" }, nft_rule("meta l4proto tcp tproxy to :1080 accept").also)
  end)

  it("takes IPv6 addresses, prefixes, ranges and hardware addresses for what they are", function()
    assert.same({ "2001:db8::/32" }, nft_match("ip6 saddr 2001:db8::/32").source)
    assert.same({ "2001:db8::1-2001:db8::9" }, nft_match("ip6 saddr 2001:db8::1-2001:db8::9").source)
    assert.same({ "10.0.0.1-10.0.0.9", except = true }, nft_match("ip saddr != 10.0.0.1-10.0.0.9").source)
    assert.same({ "ether saddr 02:00:00:00:00:01" }, nft_rule("ether saddr 02:00:00:00:00:01 accept").also)
  end)

  it("reads included files where the caller opens them, and refuses what lies outside", function()
    local function open(path)
      if path == "sets/*.nft" then return { { source = "sets/a.nft", text = "define web = 80\n" } } end
      return nil, path .. ": no such file to include"
    end
    local text = 'include "sets/*.nft"\ntable t { chain c { tcp dport $web accept; } }'
    local rule = chain(nft, text, { open = open }).rules[1]
    assert.same({ { 80, 80 } }, rule.matches[1].destination_ports)
    assert.equal("r:1:9: other.nft: no such file to include", refusal(nft, 'include "other.nft"', { open = open }))
    assert.equal("r:1:9: ../x: lies outside the folder of the ruleset, and is not read", refusal(nft, 'include "../x"'))
    assert.matches("^r:1:9: /etc/x: lies outside", refusal(nft, 'include "/etc/x"'))
    assert.equal("r:1:9: ./x.nft: no such file to include", refusal(nft, 'include "./x.nft"'))
  end)

  it("refuses templates, parts of rulesets and broken ones at their place", function()
    assert.equal("r:2:12: '{{': this looks like a template, not a ruleset",
      refusal(nft, "table t { chain c {\n tcp dport {{ port }} accept\n} }"))
    assert.equal("r:1:31: '@PORT@': this looks like a template, not a ruleset",
      refusal(nft, "table t { chain c { tcp dport @PORT@ accept\n } }"))
    assert.equal("r:1:1: a chain outside every table: this is a part of a ruleset", refusal(nft, "chain c { accept; }"))
    assert.equal("r:1:9: a '{' that is not closed", refusal(nft, "table t { chain c { accept; }"))
    assert.equal("r:1:31: a value was expected, not 'accept'",
      refusal(nft, "table t { chain c { tcp dport accept; } }"))
    assert.equal("r:1:1: no command of nft: 'hello'", refusal(nft, "hello"))
    assert.equal("r:1:28: a quote that is not closed", refusal(nft, 'table t { chain c { iif == "lo accept } }'))
  end)

  it("does not let a small text grow", function()
    local lines = { "define a0 = { 1, 2 }" }
    for i = 1, 40 do lines[#lines + 1] = ("define a%d = { $a%d, $a%d }"):format(i, i - 1, i - 1) end
    assert.matches("^r:%d+:%d+: more values than can be right", refusal(nft, table.concat(lines, "\n")))
    assert.matches("nested deeper than can be right", refusal(nft, "define a = " .. ("{ "):rep(100)))
  end)
end)

-- Cisco --------------------------------------------------------------------------------------------------

local function ace(text)
  return chain(cisco, "ip access-list extended A\n " .. text .. "\n").rules[1]
end

local function ace_match(text)
  return ace(text).matches[1]
end

describe("Cisco", function()
  it("reads numbered, named, standard and extended lists, and drops what none takes", function()
    local read = assert(cisco.read([[
access-list 10 permit 192.0.2.0 0.0.0.255
access-list 101 deny tcp any host 192.0.2.1 eq www log
ip access-list standard S
 permit host 198.51.100.7
ipv6 access-list SIX
 permit tcp any host 2001:db8::1 eq 443
ip access-list NX
 10 permit udp 10.0.0.0/8 any
]], "r"))
    local names = {}
    for i, list in ipairs(read.chains) do names[i] = list.name .. " " .. list.family .. " " .. list.policy end
    assert.same({ "10 ip drop", "101 ip drop", "S ip drop", "SIX ip6 drop", "NX ip drop" }, names)
    assert.same({ { source = { "192.0.2.0/24" } } }, read.chains[1].rules[1].matches)
    local deny = read.chains[2].rules[1]
    assert.same({ "drop", true, 2 }, { deny.verdict, deny.log, deny.place.line })
    assert.same({ { destination = { "192.0.2.1" }, protocols = { "tcp" }, destination_ports = { { 80, 80 } } } },
      deny.matches)
  end)

  it("keeps a discontiguous wildcard as value and mask", function()
    assert.same({ "128.12.0.1/255.255.0.255" }, ace_match("permit ip 128.12.0.1 0.0.255.0 any").source)
  end)

  it("compares ports in every way, by number and by Cisco's names", function()
    local function ports(text) return ace_match("permit udp any any " .. text).destination_ports end
    local own = function(text) return chain(cisco, "ip access-list A\n permit udp any any " .. text, {}).rules[1] end
    assert.same({ { 67, 68 }, { 123, 123 } }, own("eq bootps bootpc ntp").matches[1].destination_ports)
    assert.same({ { 195, 195 } }, own("eq dnsix").matches[1].destination_ports)
    assert.same({ { 520, 520 } }, own("eq rip").matches[1].destination_ports)
    assert.same({ { 1024, 65535 } }, ports "gt 1023")
    assert.same({ { 0, 9 } }, ports "lt 10")
    assert.same({ { 0, 21 }, { 23, 65535 } }, ports "neq 22")
    assert.same({ { 20, 25 } }, ports "range 20 25")
    assert.same({ "destination ports eq nothing" }, ace("permit udp any any eq nothing").also)
    assert.same({ { 53, 53 } }, ace_match("permit udp any eq domain any").source_ports)
  end)

  it("takes established for the states that it is meant for", function()
    assert.same({ { protocols = { "tcp" }, states = { "established", "related" } } },
      ace("permit tcp any any established").matches)
  end)

  it("reads ICMP types by name, and keeps a code", function()
    assert.same({ { 8, 8 } }, ace_match("permit icmp any any echo").icmp_types)
    local rule = ace "permit icmp any any port-unreachable"
    assert.same({ { { 3, 3 } }, { "icmp code 3" } }, { rule.matches[1].icmp_types, rule.also })
  end)

  it("keeps options that no field can hold", function()
    assert.same({ "dscp af11", "fragments", "time-range NIGHT" },
      ace("permit ip any any dscp af11 fragments time-range NIGHT").also)
  end)

  it("gives a remark to the entry after it, and sorts entries by their numbers", function()
    local list = chain(cisco, [[
ip access-list A
 20 permit tcp any any
 remark the door
 permit udp any any
 15 deny esp any any]])
    local texts = {}
    for i, rule in ipairs(list.rules) do texts[i] = (rule.comment or "-") .. ": " .. rule.text end
    assert.same({ "-: 15 deny esp any any", "-: 20 permit tcp any any", "the door: permit udp any any" }, texts)
  end)

  it("resolves object groups that name one another, and does not follow a circle", function()
    local read = assert(cisco.read([[
object-group network INNER
 host 192.0.2.1
 198.51.100.0 255.255.255.0
object-group network OUTER
 group-object INNER
object-group service WEB
 tcp eq 80
 udp range 1 9
object-group network CIRCLE
 group-object CIRCLE
ip access-list extended A
 permit object-group WEB object-group OUTER any
 permit ip object-group CIRCLE any
object-group ip port P
 eq 22
ip access-list NX
 permit tcp any any portgroup P
]], "r"))
    local web = read.chains[1].rules[1]
    assert.same({ { "192.0.2.1", "198.51.100.0/24" }, { { 80, 80 } }, { { 1, 9 } } },
      { web.matches[1].source, web.matches[1].destination_ports, web.matches[2].destination_ports })
    assert.same({ "source object-group CIRCLE" }, read.chains[1].rules[2].also)
    assert.same({ { 22, 22 } }, read.chains[2].rules[1].matches[1].destination_ports)
  end)

  it("makes a chain for each way in which a list is bound, with the interfaces there", function()
    local read = assert(cisco.read([[
interface GigabitEthernet0/0
 ip access-group A in
interface GigabitEthernet0/1
 ip access-group A in
 ip access-group A out
 ip access-group MISSING in
line vty 0 4
 access-class 10 in
access-list 10 permit 192.0.2.0 0.0.0.255
ip access-list extended A
 permit ip any any
ip access-list extended LOOSE
 permit ip any any
]], "r"))
    local shapes = {}
    for i, list in ipairs(read.chains) do
      local match = list.rules[1].matches[1]
      local interfaces = table.concat(match.input or match.output or {}, " ")
      shapes[i] = table.concat({ list.table, list.name, list.hook or "-", interfaces }, ", ")
    end
    assert.same({
      "access-class in, 10, input, ", "access-group in, A, forward, GigabitEthernet0/0 GigabitEthernet0/1",
      "access-group out, A, forward, GigabitEthernet0/1", "access-list, LOOSE, -, ",
    }, shapes)
    assert.same({ "access list MISSING is bound here and defined nowhere: it lets everything pass" },
      { read.unread[1].why, read.unread[2] })
  end)

  it("reads what IOS XR and IOS write of IPv6 and of a sequence", function()
    local read = assert(cisco.read([[
ipv6 access-list FW
 sequence 20 deny ipv6 any any
 sequence 10 permit icmp any any echo-request
ipv4 access-list XR 10 permit ipv4 any 192.0.2.0/24
ip access-list resequence FW 10 10
]], "r"))
    assert.same({ { protocols = { "icmpv6" }, icmp_types = { { 128, 128 } } } }, read.chains[1].rules[1].matches)
    assert.same({ "192.0.2.0/24" }, read.chains[2].rules[1].matches[1].destination)
    assert.equal(2, #read.chains)
  end)

  it("tells of lists that are not of IP", function()
    local read = assert(cisco.read("arp access-list M\n permit ip any mac any\n", "r"))
    assert.same({ "not an access list of IP", 1 }, { read.unread[1].why, #read.unread })
  end)
end)

describe("Cisco ASA", function()
  it("reads netmasks, objects, groups and bindings", function()
    local read = assert(asa.read([[
name 192.0.2.9 mail
object network web
 host 192.0.2.1
object service alt
 service tcp source range 1 9 destination eq 8080
object-group network inside
 network-object 198.51.100.0 255.255.255.0
 network-object object web
object-group service ports tcp
 port-object eq https
 port-object range 8000 8010
access-list OUT line 1 extended permit tcp any4 object-group inside object-group ports
access-list OUT extended permit object alt any object web
access-list OUT extended permit tcp any host mail eq smtp inactive
access-group OUT in interface outside
]], "r"))
    local list = read.chains[1]
    assert.same({ "forward", "inet", "drop" }, { list.hook, list.family, list.policy })
    assert.same({ family = "ip", protocols = { "tcp" }, destination = { "198.51.100.0/24", "192.0.2.1" },
      destination_ports = { { 443, 443 }, { 8000, 8010 } }, input = { "outside" } }, list.rules[1].matches[1])
    assert.same({ { 1, 9 } }, list.rules[2].matches[1].source_ports)
    assert.same({ { "192.0.2.9" }, { "inactive" } }, { list.rules[3].matches[1].destination, list.rules[3].also })
  end)

  it("reads ports after a group of protocols", function()
    local rule = chain(asa, [[
object-group protocol BOTH
 protocol-object udp
 protocol-object tcp
access-list O extended permit object-group BOTH any any eq domain]]).rules[1]
    assert.same({ { protocols = { "udp", "tcp" }, destination_ports = { { 53, 53 } } } }, rule.matches)
    assert.same({}, rule.also)
  end)

  it("keeps an interface's own address and a host's name", function()
    local rules = chain(asa, [[
access-list O extended permit tcp any interface outside eq ssh
access-list O extended permit ip object far any
object network far
 fqdn www.example.com]]).rules
    assert.same({ "destination interface outside" }, rules[1].also)
    assert.same({ "source object far" }, rules[2].also)
  end)
end)

-- Junos -----------------------------------------------------------------------------------------------------

local function term(text)
  return chain(juniper, "firewall { family inet { filter f { term t { " .. text .. " } } } }").rules[1]
end

describe("Junos", function()
  it("means the same in braces and as set commands", function()
    local braces = chain(juniper, [[
firewall { family inet { filter f {
  term web { from { protocol tcp; destination-port [ http 443 ]; source-address { 10.0.0.0/8; } } then accept; }
} } }]])
    local sets = chain(juniper, [[
set firewall family inet filter f term web from protocol tcp
set firewall family inet filter f term web from destination-port http
set firewall family inet filter f term web from destination-port 443
set firewall family inet filter f term web from source-address 10.0.0.0/8
set firewall family inet filter f term web then accept]])
    assert.same(meaning(braces.rules[1]), meaning(sets.rules[1]))
    assert.same({ {
      source = { "10.0.0.0/8" }, protocols = { "tcp" }, destination_ports = { { 80, 80 }, { 443, 443 } },
    } }, sets.rules[1].matches)
    assert.same({ "ip", "drop" }, { sets.family, sets.policy })
  end)

  it("accepts by a term that does not say, and goes on at next term", function()
    assert.equal("accept", term("then count c;").verdict)
    assert.equal("accept", term("from { protocol tcp; }").verdict)
    assert.equal("continue", term("then { log; next term; }").verdict)
    assert.same({ "drop", "reject" }, { term("then discard;").verdict, term("then reject;").verdict })
  end)

  it("takes exceptions out of a list of addresses", function()
    local function source(text) return term("from { source-address { " .. text .. " } }").matches[1].source end
    assert.same({ "10.0.0.0/8", except = true }, source "0.0.0.0/0; 10.0.0.0/8 except;")
    assert.same({ "192.0.2.0/26", "192.0.2.128/25" }, source "192.0.2.0/24; 192.0.2.64/26 except;")
    assert.same({ "192.0.2.128/25", "192.0.2.7" }, source "192.0.2.0/24; 192.0.2.0/25 except; 192.0.2.7/32;")
    assert.equal(1, #term("from { source-address { 10.0.0.0/8 except; } }").also)
  end)

  it("looks prefix lists up, on one side or on either", function()
    local rule = chain(juniper, [[
policy-options { prefix-list office { 192.0.2.0/24; } }
firewall { filter f { term t { from { prefix-list { office; } port ssh; } then accept; } } }]]).rules[1]
    assert.equal(4, #rule.matches)
    assert.same({ "192.0.2.0/24" }, rule.matches[1].source)
    assert.same({ "192.0.2.0/24" }, rule.matches[2].destination)
    assert.same({ "source-prefix-list gone" }, term("from { source-prefix-list { gone; } }").also)
  end)

  it("negates with -except, and keeps what no field can hold", function()
    local rule = term "from { protocol udp; destination-port-except 53; packet-length 70-100; }"
    assert.same({ { 0, 52 }, { 54, 65535 } }, rule.matches[1].destination_ports)
    assert.same({ "packet-length 70-100" }, rule.also)
  end)

  it("binds filters to interfaces, lists of them as one, and those of lo0 to the router", function()
    local read = assert(juniper.read([[
set firewall family inet filter a term t then count x
set firewall family inet filter b term t then discard
set interfaces ge-0/0/1 unit 0 family inet filter input-list a
set interfaces ge-0/0/1 unit 0 family inet filter input-list b
set interfaces lo0 unit 0 family inet filter input b]], "r"))
    local shapes = {}
    for i, list in ipairs(read.chains) do shapes[i] = ("%s %s %d"):format(list.name, list.hook or "-", #list.rules) end
    assert.same({ "a - 1", "b input 1", "a b forward 2" }, shapes)
    assert.same({ "ge-0/0/1.0" }, read.chains[3].rules[1].matches[1].input)
  end)

  it("tells of what is inactive and of groups", function()
    local read = assert(juniper.read([[
firewall { apply-groups g; filter f { inactive: term off { then accept; } term on { then discard; } } }]], "r"))
    assert.same({ "inactive", "groups are not followed" }, { read.unread[1].why, read.unread[2].why })
    assert.equal(1, #read.chains[1].rules)
  end)

  it("reads security policies: zones, address books, applications its own and defined", function()
    local read = assert(juniper.read([[
security {
  address-book { global { address web 192.0.2.1/32; address-set servers { address web; } } }
  zones { security-zone trust { interfaces { ge-0/0/1.0; } } }
  policies {
    from-zone trust to-zone untrust {
      policy p { match { source-address any; destination-address servers; application [ junos-https odd ]; }
        then { permit; log { session-init; } } }
      policy q { match { source-address nobody; destination-address any; application any; } then { deny; } }
    }
    global { policy last { match { source-address any; destination-address any; application any; } then { reject; } } }
  }
}
applications { application odd { term t protocol udp destination-port 4000-4010; } }]], "r"))
    local list = read.chains[1]
    assert.same({ "forward", "drop" }, { list.hook, list.policy })
    assert.same({
      { protocols = { "tcp" }, destination_ports = { { 443, 443 } }, destination = { "192.0.2.1" },
        input = { "ge-0/0/1.0" }, output = { "untrust" } },
      { protocols = { "udp" }, destination_ports = { { 4000, 4010 } }, destination = { "192.0.2.1" },
        input = { "ge-0/0/1.0" }, output = { "untrust" } },
    }, list.rules[1].matches)
    assert.same({ "source-address nobody" }, list.rules[2].also)
    assert.same({ "goto", "global" }, { list.rules[3].verdict, list.rules[3].target })
    assert.equal("reject", read.chains[2].rules[1].verdict)
  end)

  it("refuses what is not whole at its place", function()
    assert.equal("r:1:10: a '{' that is not closed", refusal(juniper, "firewall {"))
    assert.equal("r:1:12: a '}' that closes nothing", refusal(juniper, "firewall;  }"))
    assert.equal("r:1:1: a '{' with no word before it", refusal(juniper, "{ }"))
    assert.equal("r:1:1: no firewall filter and no security policy of Junos", refusal(juniper, "system { }"))
  end)
end)

-- pf -----------------------------------------------------------------------------------------------------------

local function pf_rules(text)
  return chain(pf, text .. "\n").rules
end

local function pf_match(text)
  return pf_rules(text)[1].matches[1]
end

describe("pf", function()
  it("puts in macros, lists, tables", function()
    local rules = pf_rules [[
web = "{ http, 443 }"
ext = em0
table <office> const { 192.0.2.0/24 198.51.100.7 }
pass in quick on $ext inet proto { tcp udp } from <office> to 203.0.113.1 port $web]]
    assert.same({ { input = { "em0" }, family = "ip", protocols = { "tcp", "udp" },
      source = { "192.0.2.0/24", "198.51.100.7" }, destination = { "203.0.113.1" },
      destination_ports = { { 80, 80 }, { 443, 443 } } } }, rules[1].matches)
  end)

  it("compares ports in every way", function()
    local function ports(text) return pf_match("pass in proto tcp to any port " .. text).destination_ports end
    assert.same({ { 1024, 2048 } }, ports "1024:2048")
    assert.same({ { 1024, 65535 } }, ports ">= 1024")
    assert.same({ { 0, 21 }, { 23, 65535 } }, ports "!= 22")
    assert.same({ { 6001, 6009 } }, ports "6000 >< 6010")
    assert.same({ { 0, 5999 }, { 6011, 65535 } }, ports "6000 <> 6010")
    assert.same({ { 22, 22 }, { 80, 80 } }, ports "{ ssh, http }")
  end)

  it("makes of each negated member of a list a match of its own", function()
    assert.same({ { source = { "10.0.0.0/8" } }, { source = { "192.0.2.1", except = true } } },
      pf_rules("pass in from { 10.0.0.0/8, ! 192.0.2.1 }")[1].matches)
    assert.same({ { input = { "em0", except = true } } }, pf_rules("block in on ! em0")[1].matches)
  end)

  it("keeps what only the running system knows", function()
    assert.same({ "to ( em0 )" }, pf_rules("pass in to (em0)")[1].also)
    assert.same({ "from em0:network" }, pf_rules("pass in from em0:network")[1].also)
    assert.same({ "from <bad>" }, pf_rules("block in from <bad>")[1].also)
    assert.same({ "user root" }, pf_rules("pass in user root")[1].also)
  end)

  it("follows the options that decide: skip, block-policy, directions", function()
    local read = assert(pf.read("set skip on lo\nset block-policy return\nblock\npass out\n", "r"))
    local ins, outs = read.chains[1], read.chains[2]
    assert.same({ "input", "accept" }, { ins.hook, ins.policy })
    assert.same({ "accept", "reject" }, { ins.rules[1].verdict, ins.rules[2].verdict })
    assert.same({ "lo*" }, ins.rules[1].matches[1].input)
    local verdicts = {}
    for i, rule in ipairs(outs.rules) do verdicts[i] = rule.verdict end
    assert.same({ "accept", "accept", "reject" }, verdicts)
  end)

  it("passes what an interface skips before all rules, and keeps what an anchor asks of its rules", function()
    local read = assert(pf.read('block quick\nset skip on em1\nanchor "a" in on em0 {\n  pass quick\n}\n', "r"))
    local rules = read.chains[1].rules
    assert.same({ "accept", "drop", "accept" }, { rules[1].verdict, rules[2].verdict, rules[3].verdict })
    assert.same({ 'anchor "a" in on em0' }, rules[3].also)
    assert.equal(2, #read.chains[2].rules)
  end)

  it("tells of anchors without rules, and has old translation rules as chains of their own", function()
    local read = assert(pf.read([[
anchor "ftp-proxy/*"
rdr on em0 proto tcp from any to any port 80 -> 192.0.2.1 port 8080
nat on em0 from 10.0.0.0/8 to any -> (em0)
pass in]], "r"))
    assert.equal("the rules of the anchor stand elsewhere", read.unread[1].why)
    assert.same({ "prerouting", "other" }, { read.chains[3].hook, read.chains[3].rules[1].verdict })
    assert.same({ "postrouting", "other" }, { read.chains[4].hook, read.chains[4].rules[1].verdict })
  end)

  it("refuses what is not whole at its place", function()
    assert.equal("r:1:9: no line before this gives $x a value", refusal(pf, "pass on $x\n"))
    assert.equal("r:1:1: a '{' that is not closed", refusal(pf, "pass in proto { tcp\n"))
    assert.equal("r:2:1: a '}' that closes nothing", refusal(pf, "pass\n}\n"))
    assert.equal("r:1:14: '{{': this looks like a template, not a ruleset", refusal(pf, "pass in from {{ x }}\n"))
  end)
end)

-- Last match against first match -----------------------------------------------------------------------------------

local actions, ports = { "pass", "block" }, { 1, 2, 3 }

local function pick(list)
  return list[math.random(#list)]
end

local random_rules

local function random_rule(depth)
  if depth < 2 and math.random(6) == 1 then
    return { anchor = random_rules(depth + 1), is_quick = math.random(2) == 1 }
  end
  return {
    action = pick(actions), is_quick = math.random(3) == 1, direction = pick { "in", "out", false },
    protocol = pick { "tcp", "udp", false }, port = math.random(2) == 1 and pick(ports) or nil,
  }
end

function random_rules(depth)
  local list = {}
  for i = 1, math.random(6) do list[i] = random_rule(depth) end
  return list
end

local function text_of(rules, lines)
  for i, rule in ipairs(rules) do
    local quick = rule.is_quick and " quick" or ""
    if rule.anchor then
      lines[#lines + 1] = ('anchor "a%d"%s {'):format(i, quick)
      text_of(rule.anchor, lines)
      lines[#lines + 1] = "}"
    else
      lines[#lines + 1] = rule.action .. (rule.direction and " " .. rule.direction or "") .. quick
        .. (rule.protocol and " proto " .. rule.protocol or "") .. (rule.port and " to any port " .. rule.port or "")
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function takes(rule, packet)
  return (not rule.direction or rule.direction == packet.direction) and (not rule.port or rule.port == packet.port)
    and (not rule.protocol or rule.protocol == packet.protocol)
end

-- As pf.conf(5) tells it: the decision so far, whether a rule matched, whether the search is over.
local function last_match(rules, packet)
  local decision, is_over
  for _, rule in ipairs(rules) do
    local found
    if rule.anchor then
      found, is_over = last_match(rule.anchor, packet)
      is_over = is_over or found ~= nil and rule.is_quick
    elseif takes(rule, packet) then
      found, is_over = rule.action, rule.is_quick
    end
    decision = found or decision
    if is_over then return decision, true end
  end
  return decision, false
end

local function holds(list, value)
  for _, item in ipairs(list) do
    if type(item) == "table" and value >= item[1] and value <= item[2] or item == value then return true end
  end
  return false
end

local function matches(match, packet)
  return (not match.protocols or holds(match.protocols, packet.protocol))
    and (not match.destination_ports or holds(match.destination_ports, packet.port))
end

local function first_match(list, packet)
  for _, rule in ipairs(list.rules) do
    if matches(rule.matches[1], packet) then return rule.verdict == "accept" and "pass" or "block" end
  end
  return "pass"
end

describe("the order in which pf's rules come", function()
  it("lets the first match decide what the last did, quick or not, in anchors or not", function()
    math.randomseed(4)
    for _ = 1, 500 do
      local rules = random_rules(0)
      local text = text_of(rules, {})
      local read = assert(pf.read(text, "r"))
      for _, direction in ipairs { "in", "out" } do
        for _, protocol in ipairs { "tcp", "udp" } do
          for _, port in ipairs(ports) do
            local packet = { direction = direction, protocol = protocol, port = port }
            assert.equal(last_match(rules, packet) or "pass",
              first_match(read.chains[direction == "in" and 1 or 2], packet), text)
          end
        end
      end
    end
  end)
end)

-- All of them --------------------------------------------------------------------------------------------------------

local samples = {
  { nft, 'define a = { 1, 2-3 }\ntable inet f {\n set s { type ipv4_addr; elements = { 10.0.0.0/8 } }\n chain c {\n'
    .. ' type filter hook input priority 0; policy drop;\n ip saddr @s tcp dport $a ct state vmap { new : accept }\n'
    .. ' tcp flags & (syn | ack) == syn log prefix "x" limit rate 1/second jump { drop; }\n }\n}\n' },
  { cisco, "object-group network G\n host 192.0.2.1\ninterface e0\n ip access-group A in\nip access-list extended A\n"
    .. " 10 permit tcp object-group G eq 1 2 any range 3 4 established log\n remark x\n deny ip any any\n" },
  { asa, "object-group service S tcp\n port-object eq 80\n"
    .. "access-list A extended permit tcp any host 192.0.2.1 object-group S\naccess-group A in interface o\n" },
  { juniper, 'firewall { /* c */ family inet { replace: filter "f g" { term t { from { source-address {'
    .. " 10.0.0.0/8 except; 0.0.0.0/0; } port [ 1 2-3 ]; } then { log; accept; } } } } }\n" },
  { juniper, "set security policies from-zone a to-zone b policy p match application [ junos-ssh any ]\n"
    .. "set security policies from-zone a to-zone b policy p then permit\ndeactivate security policies\n" },
  { pf, 'm = "{ 1, 2 }"\ntable <t> { 10.0.0.0/8 }\nanchor "a" in {\n pass quick from ! <t> to (em0) port $m\n}\n'
    .. "antispoof for em0\nblock in on { em0 ! em1 } proto tcp flags S/SA keep state (max 3) label \"x\"\n" },
}

local function nested_groups(count)
  local lines = {}
  for i = 1, count do lines[i] = ("object-group network G%d\n group-object G%d"):format(i, i + 1) end
  return table.concat(lines, "\n") .. "\nip access-list extended A\n permit ip object-group G1 any\n"
end

describe("every reader of a network's rules", function()
  it("takes every beginning of a text without a crash", function()
    for _, sample in ipairs(samples) do
      local dialect, text = sample[1], sample[2]
      assert(dialect.read(text, "r", options))
      for stop = 0, #text do
        local ruleset, message = dialect.read(text:sub(1, stop), "r", options)
        assert(ruleset or message:find "^r:%d+:%d+: .")
      end
    end
  end)

  it("comes to an end of large and hostile texts, with rules or a reason", function()
    for _, text in ipairs { ("{"):rep(20000), (" "):rep(200000), ("a "):rep(20000), ("(1 "):rep(20000),
      ("\n"):rep(50000), ("$a"):rep(20000), ("table <t> { 10.0.0.0/8 }\n"):rep(5000),
      ("access-list 1 permit any\n"):rep(10000), "set " .. ("a "):rep(20000),
      ("pass in from { ! 10.0.0.1 "):rep(2000), "anchor " .. ("x "):rep(20000) .. "{\n}\n", nested_groups(5000),
      "table t { chain c { tcp flags syn" .. ("|syn"):rep(20000) .. " accept\n } }" } do
      for _, dialect in ipairs { nft, cisco, asa, juniper, pf } do
        dialect.guess(text)
        local ruleset, message = dialect.read(text, "r", options)
        assert(ruleset or message:find "^r:%d+:%d+: .")
      end
    end
  end)

  it("means the same by the same rule", function()
    local wanted = { verdict = "accept", also = {}, matches = { { source = { "192.0.2.0/24" },
      destination = { "198.51.100.7" }, protocols = { "tcp" }, destination_ports = { { 22, 22 }, { 80, 80 } } } } }
    local written = {
      { nft, "table ip f { chain c { ip saddr 192.0.2.0/24 ip daddr 198.51.100.7 tcp dport { 22, 80 } accept\n } }" },
      { iptables, "*filter\n-A INPUT -s 192.0.2.0/24 -d 198.51.100.7 -p tcp -m multiport --dports 22,80 -j ACCEPT\n" },
      { cisco, "access-list 101 permit tcp 192.0.2.0 0.0.0.255 host 198.51.100.7 eq 22 80" },
      { asa, "object-group service S tcp\n port-object eq ssh\n port-object eq 80\naccess-list A extended permit tcp"
        .. " 192.0.2.0 255.255.255.0 host 198.51.100.7 object-group S" },
      { juniper, "firewall { filter f { term t { from { source-address 192.0.2.0/24;"
        .. " destination-address 198.51.100.7/32; protocol tcp; destination-port [ ssh http ]; } then accept; } } }" },
      { pf, "pass in proto tcp from 192.0.2.0/24 to 198.51.100.7 port { 22 80 }\n" },
    }
    for _, case in ipairs(written) do
      assert.same(wanted, meaning(chain(case[1], case[2]).rules[1]), case[1].name)
    end
  end)

  it("guesses its own texts and no other's", function()
    local readers = require "portolan.readers"
    for _, sample in ipairs(samples) do assert.equal(sample[1], readers.guess(sample[2])) end
  end)
end)
