-- What dialect readers share, and the dialects iptables-save and nft -j list ruleset.

local cjson = require "cjson"
local iptables = require "portolan.readers.iptables_save"
local nft = require "portolan.readers.nft_json"
local reader = require "portolan.reader"
local readers = require "portolan.readers"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges

local numbers = { ssh = 22, http = 80 }
local options = { port = function(name, protocol) return protocol == "tcp" and numbers[name] or nil end }

local function save(text, given)
  return assert(iptables.read("*filter\n:INPUT DROP [0:0]\n" .. text .. "\nCOMMIT\n", "r", given or options))
end

local function rule(text, given)
  return save("-A INPUT " .. text, given).chains[1].rules[1]
end

local function match(text, given)
  return rule(text, given).matches[1]
end

local function nft_ruleset(objects)
  return assert(nft.read(('{"nftables":[%s]}'):format(objects), "r.json", options))
end

local chain = '{"chain":{"family":"%s","table":"t","name":"c","type":"filter","hook":"input","prio":0}},'

local function nft_rules(statements, objects, family)
  family = family or "inet"
  local text = '{"rule":{"family":"%s","table":"t","chain":"c","handle":7,"expr":[%s]}}'
  return nft_ruleset((objects and objects .. "," or "") .. chain:format(family) .. text:format(family, statements))
    .chains[1].rules
end

local function nft_rule(...)
  return nft_rules(...)[1]
end

local function payload(protocol, field)
  return ('{"payload":{"protocol":"%s","field":"%s"}}'):format(protocol, field)
end

local function is(left, right, op)
  return ('{"match":{"op":"%s","left":%s,"right":%s}}'):format(op or "==", left, right)
end

local accept = '{"accept":null}'

local function nft_match(left, right, op, objects)
  return nft_rule(is(left, right, op) .. "," .. accept, objects).matches[1]
end

describe("ranges", function()
  it("sorts and joins what touches, and leaves what it was given", function()
    local list = { { 80, 80 }, { 22, 22 }, { 81, 90 } }
    assert.same({ { 22, 22 }, { 80, 90 } }, ranges.union(list))
    assert.same({ { 80, 80 }, { 22, 22 }, { 81, 90 } }, list)
  end)

  it("gives what a list leaves out, edges included", function()
    assert.same({ { 1, 9 }, { 11, 65534 } }, ranges.complement({ { 0, 0 }, { 10, 10 }, { 65535, 65535 } }, 65535))
    assert.same({}, ranges.complement({ { 0, 255 } }, 255))
    assert.same({ { 0, 255 } }, ranges.complement({}, 255))
  end)

  it("gives what two lists have in common", function()
    assert.same({ { 5, 5 }, { 8, 9 } }, ranges.intersect({ { 1, 5 }, { 8, 20 } }, { { 5, 6 }, { 7, 9 } }))
  end)
end)

describe("address", function()
  local function reads(text)
    local canonical, family = address.read(text)
    return canonical and family .. " " .. canonical
  end

  it("drops the bits that a prefix leaves out", function()
    assert.equal("ip 10.0.0.0/8", reads "10.1.2.3/8")
    assert.equal("ip6 2001:db8::/32", reads "2001:DB8:1::/32")
    assert.equal("ip 192.0.2.1", reads "192.0.2.1/32")
  end)

  it("takes a dotted mask, as a prefix where it is one", function()
    assert.equal("ip 10.0.0.0/8", reads "10.0.0.1/255.0.0.0")
    assert.equal("ip 128.12.0.1/255.255.0.255", reads "128.12.9.1/255.255.0.255")
    assert.equal("ip6 ::1/::ffff", reads "2001:db8::1/::ffff")
  end)

  it("takes a range only in order and of one family", function()
    assert.equal("ip 192.0.2.1-192.0.2.9", reads "192.0.2.1-192.0.2.9")
    assert.is_nil(reads "192.0.2.9-192.0.2.1")
    assert.is_nil(reads "192.0.2.9-2001:db8::1")
  end)

  it("writes IPv6 as RFC 5952 does", function()
    assert.equal("ip6 2001:db8::1:0:0:1", reads "2001:db8:0:0:1:0:0:1")
    assert.equal("ip6 2001:db8:0:1:1:1:1:1", reads "2001:db8:0:1:1:1:1:1")
    assert.equal("ip6 ::ffff:c000:201", reads "::ffff:192.0.2.1")
    assert.equal("ip6 ::", reads "::")
  end)

  it("reads a wildcard as the mask it is the opposite of", function()
    assert.equal("192.0.2.0/24", (address.wildcard("192.0.2.0", "0.0.0.255")))
  end)

  it("is silent about what is no address", function()
    for _, text in ipairs { "", "www.example.com", "192.0.2", "192.0.2.256", "192.0.2.1/33", "1::2::3", ":::", "1:2:3",
      "01.2.3.4", "192.0.2.0/255.0.255.0.0", "/8", "10", "fe80::1%eth0" } do
      assert.is_nil(reads(text), text)
    end
  end)
end)

describe("protocols", function()
  it("has one name for one number, however it is written", function()
    assert.equal("icmpv6", protocols.read "ipv6-icmp")
    assert.equal("icmpv6", protocols.read(58))
    assert.equal("tcp", protocols.read "6")
    assert.equal(253, protocols.read "253")
    assert.is_nil(protocols.read "256")
    assert.is_nil(protocols.read "web")
    assert.equal(58, protocols.number "icmp6")
  end)
end)

describe("a port's name", function()
  it("is asked for, with its protocol", function()
    assert.equal(22, reader.port("ssh", { "tcp" }, options))
    assert.is_nil(reader.port("ssh", { "udp" }, options))
    assert.is_nil(reader.port("ssh", { "tcp", "udp" }, options))
    assert.equal(22, reader.port("ssh", nil, options))
    assert.is_nil(reader.port("ssh", { "tcp" }))
  end)

  it("is never guessed where two protocols differ", function()
    local differing = { port = function(_, protocol) return protocol == "tcp" and 512 or 513 end }
    assert.is_nil(reader.port("x", nil, differing))
  end)
end)

describe("readers", function()
  it("are found by name, or by what a text looks like", function()
    assert.equal(iptables, readers.by_name "iptables-save")
    assert.equal("ip6tables-save", readers.by_name("ip6tables-save").name)
    assert.equal(nft, readers.guess ' {"nftables": []}')
    assert.equal(iptables, readers.guess "# made by hand\n*filter\nCOMMIT\n")
    assert.equal(iptables, readers.guess "# by hand\n\n-P INPUT ACCEPT\n")
  end)

  it("name those there are, where there is none", function()
    local found, message = readers.by_name "xyz"
    assert.is_nil(found)
    assert.matches("^no reader for 'xyz'; there are: nft%-json", message)
    found, message = readers.guess "hello"
    assert.is_nil(found)
    assert.matches("no dialect known", message)
  end)

  it("may be the user's own, asked first", function()
    local own = { name = "own", guess = function() return true end, read = function() end }
    assert.equal(own, readers.guess("*filter\n", { own }))
  end)

  describe("from a folder", function()
    local folder, path

    before_each(function()
      folder = os.tmpname()
      os.remove(folder)
      require("lfs").mkdir(folder)
      path = folder .. "/own.lua"
    end)

    after_each(function()
      os.remove(path)
      os.remove(folder)
    end)

    local function written(text)
      local file = assert(io.open(path, "w"))
      file:write(text)
      file:close()
      return readers.from_folder(folder)
    end

    it("are its Lua files", function()
      local list = written "return { name = 'own', guess = function() end, read = function() end }"
      assert.equal("own", list[1].name)
    end)

    it("are refused in words where one is no reader", function()
      local list, message = written "return {}"
      assert.is_nil(list)
      assert.matches("own%.lua: a reader is a table with name, guess and read$", message)
      list, message = written "return ("
      assert.is_nil(list)
      assert.matches("own%.lua:1: ", message)
    end)

    it("are refused in words where there is no folder", function()
      assert.same({ nil, "/nowhere: no such folder" }, { readers.from_folder "/nowhere" })
    end)
  end)
end)

describe("iptables-save", function()
  it("gives built-in chains their hook, priority and policy, and others none", function()
    local ruleset = assert(iptables.read("*nat\n:POSTROUTING ACCEPT [1:2]\n:web - [0:0]\nCOMMIT\n", "rules.v4"))
    assert.same({ name = "POSTROUTING", table = "nat", family = "ip", hook = "postrouting", priority = 100,
      policy = "accept", rules = {}, place = { source = "rules.v4", line = 2, column = 1, where = "nat/POSTROUTING" } },
      ruleset.chains[1])
    assert.same({ "web", nil, nil }, { ruleset.chains[2].name, ruleset.chains[2].hook, ruleset.chains[2].policy })
  end)

  it("reads a rule with its place, text and comment", function()
    local first = rule '-p tcp -m tcp --dport 22 -m comment --comment "the \\"front\\" door" -j ACCEPT'
    assert.same({ { protocols = { "tcp" }, destination_ports = { { 22, 22 } } } }, first.matches)
    assert.same({ source = "r", line = 3, column = 1, where = "filter/INPUT" }, first.place)
    assert.equal('the "front" door', first.comment)
    assert.equal("accept", first.verdict)
    assert.same({}, first.also)
    assert.matches("^%-A INPUT %-p tcp", first.text)
  end)

  it("takes negation in both places", function()
    assert.same({ "192.0.2.0/24", except = true }, match("! -s 192.0.2.0/24 -j DROP").source)
    assert.same({ "192.0.2.0/24", except = true }, match("-s ! 192.0.2.0/24 -j DROP").source)
    assert.same({ "lo", except = true }, match("! -i lo -j DROP").input)
    assert.same({ { 0, 21 }, { 23, 65535 } }, match("-p tcp ! --dport 22").destination_ports)
    assert.equal(255, #match("! -p tcp").protocols)
  end)

  it("reads addresses in every form", function()
    assert.same({ "192.0.2.0/24" }, match("-s 192.0.2.7/255.255.255.0").source)
    assert.same({ "192.0.2.1", "198.51.100.0/24" }, match("-d 192.0.2.1,198.51.100.0/24").destination)
    assert.same({ "192.0.2.1-192.0.2.9" }, match("-m iprange --src-range 192.0.2.1-192.0.2.9").source)
    assert.is_nil(match("-s 0.0.0.0/0").source)
  end)

  it("never resolves a host name", function()
    local named = rule "-s www.example.com -j ACCEPT"
    assert.same({ "source host name www.example.com" }, named.also)
    assert.is_nil(named.matches[1].source)
  end)

  it("reads interfaces, with their wildcard", function()
    assert.same({ "eth*" }, match("-i eth+").input)
    assert.is_nil(match("-o +").output)
  end)

  it("reads multiport lists with ranges", function()
    assert.same({ { 22, 22 }, { 80, 81 }, { 6000, 6063 } },
      match("-p tcp -m multiport --dports 80,22,81,6000:6063").destination_ports)
    assert.same({ { 0, 1023 } }, match("-p udp --sport :1023").source_ports)
  end)

  it("reads multiport's --ports as either end, and negated as neither", function()
    assert.same({ { protocols = { "tcp" }, source_ports = { { 53, 53 } } },
      { protocols = { "tcp" }, destination_ports = { { 53, 53 } } } }, rule("-p tcp -m multiport --ports 53").matches)
    local neither = rule("-p tcp -m multiport ! --ports 53").matches
    assert.equal(1, #neither)
    assert.same(neither[1].source_ports, neither[1].destination_ports)
  end)

  it("asks for port names, and keeps those unknown", function()
    assert.same({ { 22, 22 } }, match("-p tcp --dport ssh").destination_ports)
    assert.same({ "tcp --dport nothing" }, rule("-p tcp -m tcp --dport nothing").also)
    assert.same({ "--dport ssh" }, rule("-p udp --dport ssh").also)
    assert.same({ "--dport 70000" }, rule("-p udp --dport 70000").also)
  end)

  it("reads connection states in any order and both spellings", function()
    assert.same({ "established", "related" }, match("-m state --state RELATED,ESTABLISHED").states)
    assert.same({ "established", "related", "untracked" }, match("-m conntrack ! --ctstate INVALID,NEW").states)
  end)

  it("keeps a state that is none of the five", function()
    local dnat = rule "-m conntrack --ctstate DNAT -j ACCEPT"
    assert.same({ "conntrack --ctstate DNAT" }, dnat.also)
    assert.is_nil(dnat.matches[1].states)
  end)

  it("reads ICMP types by number and name, and keeps a code", function()
    assert.same({ { 8, 8 } }, match("-p icmp -m icmp --icmp-type 8").icmp_types)
    assert.same({ { 8, 8 } }, match("-p icmp --icmp-type ping").icmp_types)
    assert.same({ { 128, 128 } }, match("-p ipv6-icmp -m icmp6 --icmpv6-type echo-request").icmp_types)
    local coded = rule "-p icmp -m icmp --icmp-type 3/4"
    assert.same({ { 3, 3 } }, coded.matches[1].icmp_types)
    assert.same({ "icmp --icmp-type 3/4" }, coded.also)
    assert.is_nil(match("-p icmp --icmp-type any").icmp_types)
  end)

  it("keeps every match that it has no field for, in its module's words", function()
    assert.same({ "owner --uid-owner 0" }, rule("-m owner --uid-owner 0 -j ACCEPT").also)
    assert.same({ "limit --limit 3/min --limit-burst 5" }, rule("-m limit --limit 3/min --limit-burst 5").also)
    assert.same({ "tcp --tcp-flags FIN,SYN SYN" }, rule("-p tcp -m tcp --tcp-flags FIN,SYN SYN").also)
    assert.same({ "set ! --match-set bad src" }, rule("-m set ! --match-set bad src -j ACCEPT").also)
    assert.same({ "socket" }, rule("-m socket -j ACCEPT").also)
    assert.same({ "multiport --something-else" }, rule("-m multiport --dports 1 --something-else -j ACCEPT").also)
    assert.same({ "-f" }, rule("-f -j ACCEPT").also)
    assert.same({ "stray" }, rule("stray -j ACCEPT").also)
    assert.same({ "--dport" }, rule("-p tcp -j ACCEPT --dport").also)
  end)

  it("knows what each target does to a packet", function()
    local verdicts = {
      ACCEPT = "accept", DROP = "drop", ["REJECT --reject-with tcp-reset"] = "reject", RETURN = "return",
      ["LOG --log-prefix \"x: \" --log-level 4"] = "continue", ["NFQUEUE --queue-num 1"] = "queue",
      ["MARK --set-xmark 0x1/0x1"] = "continue", ["DNAT --to-destination 192.0.2.1:80"] = "other", XYZ = "other",
    }
    for target, verdict in pairs(verdicts) do
      local read = rule("-j " .. target)
      assert.equal(verdict, read.verdict, target)
      assert.same({}, read.also, target)
    end
    assert.is_true(rule("-j LOG").log)
    assert.equal("continue", rule("-p tcp").verdict)
  end)

  it("follows jumps to chains of the same table, declared before, after or not at all", function()
    local ruleset = save "-A INPUT -j web\n-A INPUT -g late\n-A web -j ACCEPT\n:late - [0:0]"
    local rules = ruleset.chains[1].rules
    assert.same({ "jump", "web" }, { rules[1].verdict, rules[1].target })
    assert.same({ "goto", "late" }, { rules[2].verdict, rules[2].target })
    assert.same({ "web" }, { ruleset.chains[2].name })
  end)

  it("reads iptables -S and rules written by hand", function()
    local text = "-P INPUT DROP\n-N web\n-A INPUT -t nat -j ACCEPT\n-t nat -A INPUT -j DROP\n-A web -j RETURN\n"
    local chains = assert(iptables.read(text, "r")).chains
    assert.same({ "filter/INPUT", "filter/web", "nat/INPUT" },
      { chains[1].place.where, chains[2].place.where, chains[3].place.where })
    assert.equal("drop", chains[1].policy)
    assert.same({ "accept", "drop" }, { chains[3].rules[1].verdict, chains[3].rules[2].verdict })
  end)

  it("puts inserted rules where they were inserted", function()
    local text = "-A INPUT -j a\n-I INPUT -j b\n-I INPUT 2 -j c\n-A INPUT -j d\n-I INPUT 99 -j e"
    local order = {}
    for i, read in ipairs(save(text).chains[1].rules) do order[i] = read.text:match "%a$" end
    assert.same({ "b", "c", "a", "d", "e" }, order)
  end)

  it("flushes what was read so far", function()
    assert.equal(1, #save("-A INPUT -j ACCEPT\n-F\n-A INPUT -j DROP").chains[1].rules)
    assert.equal(1, #save("-A INPUT -j ACCEPT\n-F FORWARD").chains[1].rules)
    assert.equal(0, #save("-A INPUT -j ACCEPT\n-F INPUT").chains[1].rules)
  end)

  it("strips counters and carriage returns", function()
    local text = "*filter\r\n:INPUT DROP [1:2]\r\n[3:4] -A INPUT -i lo -j ACCEPT\r\nCOMMIT\r\n"
    local ruleset = assert(iptables.read(text, "r"))
    assert.same({ { input = { "lo" } } }, ruleset.chains[1].rules[1].matches)
    assert.same({}, ruleset.unread)
  end)

  it("says which lines it could not read, and why", function()
    local text = '$ iptables-save\n*filter\n-A INPUT -m comment --comment "x\n-D INPUT 1\nCOMMIT\n'
    local ruleset = assert(iptables.read(text, "r"))
    local whys = {}
    for i, item in ipairs(ruleset.unread) do whys[i] = item.place.line .. " " .. item.why end
    assert.same({ "1 stands outside every table", "3 a quote is not closed",
      "4 not a command that makes a rule" }, whys)
  end)

  it("tells IPv6 by the tool's name, the addresses, or as told", function()
    local function family(text, given) return assert(iptables.read(text, "r", given)).chains[1].family end
    assert.equal("ip", family "*filter\n:INPUT DROP\n")
    assert.equal("ip6", family "# Generated by ip6tables-save v1.8.9\n*filter\n:INPUT DROP\n")
    assert.equal("ip6", family "*filter\n-A INPUT -s 2001:db8::/32 -j DROP\n")
    assert.equal("ip6", family "*filter\n-A INPUT -p ipv6-icmp -j ACCEPT\n")
    assert.equal("ip6", family("*filter\n:INPUT DROP\n", { family = "ip6" }))
  end)

  it("has a name by which all of a text is IPv6", function()
    local ip6tables = readers.by_name "ip6tables-save"
    local ruleset = assert(ip6tables.read("*filter\n:INPUT DROP\n", "r"))
    assert.same({ "ip6tables-save", "ip6" }, { ruleset.dialect, ruleset.chains[1].family })
  end)

  it("keeps the two families of one file apart", function()
    local dump = "# Generated by %s\n*filter\n:INPUT DROP\nCOMMIT\n"
    local text = dump:format "iptables-save" .. dump:format "ip6tables-save"
    local chains = assert(iptables.read(text, "r")).chains
    assert.same({ "ip", "ip6" }, { chains[1].family, chains[2].family })
  end)

  it("refuses what has no table, chain or rule", function()
    local ruleset, message, detail = iptables.read("hello\n", "notes.txt")
    assert.is_nil(ruleset)
    assert.matches("^notes%.txt:1:1: no table", message)
    assert.same({ code = "syntax", source = "notes.txt", line = 1, column = 1 }, detail)
  end)
end)

describe("nft -j list ruleset", function()
  it("gives base chains their hook and priority, and accept where no policy stands", function()
    local base = nft_ruleset(chain:format "inet" .. '{"chain":{"family":"ip","table":"t","name":"u"}}').chains
    assert.same({ name = "c", table = "t", family = "inet", hook = "input", priority = 0, policy = "accept", rules = {},
      place = { source = "r.json", where = "inet t/c" } }, base[1])
    assert.is_nil(base[2].policy)
  end)

  it("places a rule by its handle and writes it as nft does", function()
    local first = nft_rule(is(payload("tcp", "dport"), "22") .. ',{"counter":{"packets":0}},' .. accept)
    assert.same({ source = "r.json", where = "inet t/c", handle = 7 }, first.place)
    assert.equal("tcp dport 22 counter accept", first.text)
    assert.equal("accept", first.verdict)
  end)

  it("knows what a header implies", function()
    assert.same({ protocols = { "tcp" }, destination_ports = { { 22, 22 } } }, nft_match(payload("tcp", "dport"), "22"))
    assert.same({ family = "ip", source = { "192.0.2.0/24" } },
      nft_match(payload("ip", "saddr"), '{"prefix":{"addr":"192.0.2.0","len":24}}'))
    assert.same({ family = "ip6", protocols = { "icmpv6" }, icmp_types = { { 128, 128 } } },
      nft_match(payload("icmpv6", "type"), '"echo-request"'))
    assert.is_nil(nft_rule(is(payload("ip", "saddr"), '"192.0.2.1"'), nil, "ip").matches[1].family)
  end)

  it("reads nfproto and ether type as a family", function()
    assert.same({ family = "ip6" }, nft_match('{"meta":{"key":"nfproto"}}', '"ipv4"', "!="))
    assert.same({ family = "ip" }, nft_match(payload("ether", "type"), '"ip"'))
  end)

  it("reads th dport as every protocol that the rule leaves it", function()
    local l4proto = is('{"meta":{"key":"l4proto"}}', '{"set":["tcp","udp"]}')
    local both = nft_rule(l4proto .. "," .. is(payload("th", "dport"), "53"))
    assert.same({ { protocols = { "tcp", "udp" }, destination_ports = { { 53, 53 } } } }, both.matches)
    assert.same({ "tcp", "udp", "dccp", "sctp", "udplite" }, nft_match(payload("th", "dport"), "53").protocols)
  end)

  it("reads sets, ranges, elements and names of ports", function()
    assert.same({ { 22, 22 }, { 80, 80 }, { 443, 450 } }, nft_match(payload("tcp", "dport"),
      '{"set":["ssh",{"elem":{"val":80,"comment":"web"}},{"range":[443,450]}]}').destination_ports)
    assert.same({ "tcp dport nothing" }, nft_rule(is(payload("tcp", "dport"), '"nothing"')).also)
  end)

  it("reads != with a set as none of them", function()
    assert.same({ { 0, 21 }, { 23, 79 }, { 81, 65535 } },
      nft_match(payload("tcp", "dport"), '{"set":[80,22]}', "!=").destination_ports)
    assert.same({ "lo", "eth0", except = true },
      nft_match('{"meta":{"key":"iifname"}}', '{"set":["lo","eth0"]}', "!=").input)
  end)

  it("reads comparisons as ranges", function()
    assert.same({ { 1024, 65535 } }, nft_match(payload("udp", "sport"), "1023", ">").source_ports)
    assert.same({ { 0, 1023 } }, nft_match(payload("udp", "sport"), "1024", "<").source_ports)
  end)

  it("reads states as a word, a list or a set", function()
    local state = '{"ct":{"key":"state"}}'
    assert.same({ "established", "related" }, nft_match(state, '["related","established"]', "in").states)
    assert.same({ "new" }, nft_match(state, '"new"', "==").states)
    assert.same({ "new", "established", "related", "untracked" }, nft_match(state, '{"set":["invalid"]}', "!=").states)
  end)

  local web = '{"set":{"family":"inet","table":"t","name":"web","type":"inet_service","elem":[80,443]%s}}'

  it("reads named sets, wherever they stand", function()
    assert.same({ { 80, 80 }, { 443, 443 } },
      nft_match(payload("tcp", "dport"), '"@web"', "==", web:format "").destination_ports)
  end)

  it("keeps a set that packets fill, or that is not there", function()
    assert.same({ "tcp dport @web" },
      nft_rule(is(payload("tcp", "dport"), '"@web"'), web:format ',"flags":["dynamic"]').also)
    assert.same({ "tcp dport @none" }, nft_rule(is(payload("tcp", "dport"), '"@none"')).also)
  end)

  it("reads a rule on an empty set as one that matches nothing", function()
    local empty = '{"set":{"family":"inet","table":"t","name":"web","type":"inet_service"}}'
    assert.same({}, nft_rule(is(payload("tcp", "dport"), '"@web"'), empty).matches)
  end)

  it("reads != with an empty set as no condition", function()
    local empty = '{"set":{"family":"inet","table":"t","name":"bad","type":"ipv4_addr"}}'
    assert.same({ { family = "ip" } }, nft_rule(is(payload("ip", "saddr"), '"@bad"', "!="), empty).matches)
  end)

  it("reads concatenations as tuples, not as a product", function()
    local left = ('{"concat":[%s,%s]}'):format(payload("ip", "saddr"), payload("tcp", "dport"))
    local tuples = nft_rule(is(left, '{"set":[{"concat":["192.0.2.1",22]},{"concat":["192.0.2.2",80]}]}')).matches
    assert.same({
      { family = "ip", source = { "192.0.2.1" }, protocols = { "tcp" }, destination_ports = { { 22, 22 } } },
      { family = "ip", source = { "192.0.2.2" }, protocols = { "tcp" }, destination_ports = { { 80, 80 } } },
    }, tuples)
  end)

  it("keeps a set of more tuples than a rule may have matches", function()
    local tuples = {}
    for i = 0, reader.most_matches do tuples[#tuples + 1] = ('{"concat":["192.0.2.1",%d]}'):format(i) end
    local left = ('{"concat":[%s,%s]}'):format(payload("ip", "saddr"), payload("tcp", "dport"))
    local kept = nft_rule(is(left, ('{"set":[%s]}'):format(table.concat(tuples, ","))))
    assert.equal(1, #kept.matches)
    assert.equal(1, #kept.also)
  end)

  it("makes a rule of each pair of a verdict map, the default last", function()
    local pairs_of_map = '["*",{"drop":null}],[22,{"jump":{"target":"c"}}],[{"elem":{"val":80}},{"accept":null}]'
    local rules = nft_rules(('{"vmap":{"key":%s,"data":{"set":[%s]}}}'):format(payload("tcp", "dport"), pairs_of_map))
    assert.same({ "jump", "accept", "drop" }, { rules[1].verdict, rules[2].verdict, rules[3].verdict })
    assert.same({ "c", { { 80, 80 } } }, { rules[1].target, rules[2].matches[1].destination_ports })
    assert.same(rules[1].place, rules[3].place)
  end)

  it("reads a named verdict map, and keeps one that is not there", function()
    local map = '{"map":{"family":"inet","table":"t","name":"m","map":"verdict","elem":[[22,{"drop":null}]]}}'
    local vmap = ('{"vmap":{"key":%s,"data":"@m"}}'):format(payload("tcp", "dport"))
    assert.equal("drop", nft_rule(vmap, map).verdict)
    assert.same({ "other", { "tcp dport vmap @m" } }, { nft_rule(vmap).verdict, nft_rule(vmap).also })
  end)

  it("goes on past a pair that continues", function()
    local vmap = ('{"vmap":{"key":%s,"data":{"set":[[22,{"continue":null}]]}}}'):format(payload("tcp", "dport"))
    local rules = nft_rules(vmap .. "," .. accept)
    assert.equal(1, #rules)
    assert.same({ "accept", { { 22, 22 } } }, { rules[1].verdict, rules[1].matches[1].destination_ports })
  end)

  it("follows maps after maps, and no further than a document may cost", function()
    local keys, maps = {}, {}
    for i = 1, 16 do keys[i] = ('[%d,{"continue":null}]'):format(i) end
    for i, field in ipairs { "sport", "dport" } do
      local key = payload("tcp", field)
      maps[i] = ('{"vmap":{"key":%s,"data":{"set":[%s]}}}'):format(key, table.concat(keys, ","))
    end
    assert.equal(256, #nft_rules(table.concat(maps, ",") .. "," .. accept))
    local interfaces = ('{"vmap":{"key":{"meta":{"key":"%s"}},"data":{"set":[%s]}}}')
    for _, key in ipairs { "iifname", "oifname", "iif", "oif" } do
      maps[#maps + 1] = interfaces:format(key, (table.concat(keys, ","):gsub("%d+", '"%0"')))
    end
    assert.is_true(#nft_rules(table.concat(maps, ",") .. "," .. accept) < 50000)
  end)

  it("keeps every match that it has no field for", function()
    local kept = nft_rule(is(payload("tcp", "flags"), '"syn"', "in") .. ',{"limit":{"rate":3,"per":"minute"}},'
      .. is('{"meta":{"key":"mark"}}', "1") .. ',{"strange":{"b":1,"a":[2]}},' .. accept)
    assert.same({ "tcp flags syn", "limit rate 3/minute", "mark 1", 'strange {"a":[2],"b":1}' }, kept.also)
    assert.same({ { protocols = { "tcp" } } }, kept.matches)
  end)

  it("does not take != with flags for none of them", function()
    assert.equal(1, #nft_rule(is('{"ct":{"key":"state"}}', '["new","related"]', "!=")).also)
  end)

  it("says that modules of iptables-nft hide what they match", function()
    local ruleset = nft_ruleset(chain:format "ip" .. '{"rule":{"family":"ip","table":"t","chain":"c","expr":['
      .. '{"xt":{"type":"match","name":"multiport"}},' .. accept .. "]}}")
    assert.same({ "xt match multiport (contents not shown by nft -j)" }, ruleset.chains[1].rules[1].also)
    assert.matches("give the output of iptables%-save instead", ruleset.unread[1].why)
  end)

  it("knows what each statement does to a packet", function()
    local verdicts = {
      ['{"drop":null}'] = "drop", ['{"reject":null}'] = "reject", ['{"return":null}'] = "return",
      ['{"queue":{"num":1}}'] = "queue", ['{"goto":{"target":"c"}}'] = "goto",
      ['{"jump":{"target":"none"}}'] = "other",
      ['{"log":{"prefix":"x"}}'] = "continue", ['{"masquerade":null}'] = "other",
      ['{"dnat":{"addr":"192.0.2.1"}}'] = "other",
      ['{"mangle":{"key":{"meta":{"key":"mark"}},"value":1}}'] = "continue",
    }
    for statement, verdict in pairs(verdicts) do
      local read = nft_rule(statement)
      assert.equal(verdict, read.verdict, statement)
      assert.same({}, read.also, statement)
    end
    assert.is_true(nft_rule('{"log":null}').log)
  end)

  it("drops what no packet can be: two protocols at once", function()
    assert.same({}, nft_rule(is(payload("tcp", "dport"), "22") .. "," .. is(payload("udp", "dport"), "53")).matches)
    assert.same({}, nft_rule(is(payload("ip6", "saddr"), '"2001:db8::1"'), nil, "ip").matches)
  end)

  it("takes the form of commands, and says which it does not carry out", function()
    local function added(kind, body) return ('{"add":{"%s":{"family":"ip","table":"t",%s}}}'):format(kind, body) end
    local rules = added("chain", '"name":"c"') .. "," .. added("rule", '"chain":"c","expr":[{"drop":null}]') .. ","
      .. '{"insert":{"rule":{"family":"ip","table":"t","chain":"c","expr":[{"accept":null}]}}}'
    local ruleset = nft_ruleset('{"flush":{"ruleset":null}},' .. rules .. ',{"delete":{"table":{"name":"t"}}}')
    local read = ruleset.chains[1].rules
    assert.same({ "accept", "drop" }, { read[1].verdict, read[2].verdict })
    assert.equal("the command is not carried out", ruleset.unread[1].why)
  end)

  it("refuses JSON that ends early, with line and column", function()
    local ruleset, message, detail = nft.read('{"nftables":\n [', "r.json")
    assert.is_nil(ruleset)
    assert.matches("^r%.json:2:3: not JSON: ", message)
    assert.same({ code = "syntax", source = "r.json", line = 2, column = 3 }, detail)
  end)

  it("refuses JSON that is not nft's, and nesting without end", function()
    assert.matches("^r:1:1: no 'nftables' list", select(2, nft.read("[]", "r")))
    assert.matches("^r:1:%d+: not JSON: found too many nested", select(2, nft.read(("["):rep(5000), "r")))
  end)

  it("takes any JSON in any place", function()
    local odd = { "null", "true", "1e300", '"x"', "[]", "{}", "[[]]", '{"x":[null]}' }
    for _, value in ipairs(odd) do
      nft_ruleset(value)
      nft_ruleset(('{"chain":%s},{"rule":%s},{"set":%s},{"vmap":%s}'):format(value, value, value, value))
      nft_rules(value)
      nft_rules(is(value, value))
      nft_rules(('{"vmap":{"key":%s,"data":{"set":[%s,[%s,{"accept":null}]]}}}'):format(value, value, value))
      nft_rules(is(payload("ip", "saddr"), ('{"set":[{"prefix":%s},{"range":%s}]}'):format(value, value)))
    end
  end)
end)

describe("the shipped examples", function()
  local function read(name)
    local file = assert(io.open("data/examples/" .. name))
    local text = file:read "*a"
    file:close()
    return assert(readers.guess(text).read(text, name))
  end

  local function count(ruleset)
    local rules, narrowed = 0, 0
    for _, each in ipairs(ruleset.chains) do
      for _, one in ipairs(each.rules) do
        rules, narrowed = rules + 1, narrowed + math.min(1, #one.also)
      end
    end
    return { rules = rules, narrowed = narrowed, unread = #ruleset.unread }
  end

  it("are understood, rate limits apart", function()
    assert.same({ rules = 38, narrowed = 3, unread = 0 }, count(read "edge.rules"))
    assert.same({ rules = 28, narrowed = 1, unread = 0 }, count(read "edge.nft.json"))
  end)
end)

describe("hostile input", function()
  local rules = '*filter\n:INPUT DROP [0:0]\n:w - [0:0]\n-A INPUT ! -s 192.0.2.0/24 -p tcp -m multiport '
    .. '--dports 22,80:90 -m comment --comment "a \\" b" -j w\n-I INPUT 1 -g w\nCOMMIT\n'
  local json = '{"nftables":[' .. chain:format "inet"
    .. '{"rule":{"family":"inet","table":"t","chain":"c","handle":7,"expr":['
    .. is(payload("tcp", "dport"), '{"set":[22,{"range":[80,90]}]}') .. "," .. accept .. "]}}]}"

  local function survives(read, text)
    local ruleset, message = read(text, "x", options)
    assert.is_true(type(ruleset) == "table" or message:find "^x:%d+:%d+: " ~= nil)
  end

  for _, case in ipairs { { iptables, rules }, { nft, json } } do
    local dialect, text = case[1], case[2]

    it("cut anywhere does not break " .. dialect.name, function()
      for length = 0, #text do survives(dialect.read, text:sub(1, length)) end
    end)

    it("with any byte changed does not break " .. dialect.name, function()
      for at = 1, #text do
        for _, byte in ipairs { "\0", "\n", '"', "-", "9", "{", "\255" } do
          survives(dialect.read, text:sub(1, at - 1) .. byte .. text:sub(at + 1))
        end
      end
    end)
  end

  it("of great length comes to an end, with rules or a reason", function()
    local long = 240000
    for _, text in ipairs {
      ("\n"):rep(long), "*filter\n" .. (" "):rep(long) .. "x", "*filter\n-A I " .. ("--a "):rep(60000),
      "*filter\n-A I -m x " .. ("--a "):rep(60000), "#" .. ("iptables"):rep(30000),
      "*filter\n-A I -s " .. ("a"):rep(long), "*filter\n-A I " .. ('"'):rep(long),
      "*filter\n" .. ("-I I 2 -j a\n"):rep(20000), "*filter\n" .. ("-N c\n-A c\n-F\n"):rep(20000),
    } do
      iptables.guess(text)
      local ruleset, message = iptables.read(text, "x")
      assert(ruleset or message:find "^x:%d+:%d+: .")
    end
  end)

  it("of many rules on one great set comes to an end", function()
    local ports, many = {}, {}
    for i = 1, 20000 do ports[i] = 2 * i end
    for i = 1, 2000 do
      many[i] = '{"rule":{"family":"inet","table":"t","chain":"c","expr":['
        .. is(payload("tcp", "dport"), '"@p"') .. "," .. is(payload("tcp", "dport"), '"@p"', "!=") .. "]}}"
    end
    local set = ('{"set":{"family":"inet","table":"t","name":"p","elem":%s}}'):format(cjson.encode(ports))
    assert.equal(2000, #nft_ruleset(set .. "," .. table.concat(many, ",")).chains[1].rules)
  end)
end)
