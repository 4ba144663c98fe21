-- The dialects of hosts, clouds and clusters: firewalld, ufw, AWS, Terraform, Kubernetes, Compose.

local address = require "portolan.address"
local json = require "portolan.json"
local permission = require "portolan.grammar.permission"
local readers = require "portolan.readers"
local xml = require "portolan.xml"
local yaml = require "portolan.yaml"

local function read(name, text, source, options)
  return assert(readers.by_name(name).read(text, source or "s", options))
end

-- The rules of the chain of that name, or of the first.
local function rules(ruleset, name)
  for _, chain in ipairs(ruleset.chains) do
    if not name or chain.name == name then return chain.rules end
  end
end

local function refusal(name, text)
  local result, message, detail = readers.by_name(name).read(text, "s")
  assert.is_nil(result)
  assert.equal("syntax", detail.code)
  return message
end

local function each_prefix(name, text)
  for length = 0, #text do
    local ruleset, message = readers.by_name(name).read(text:sub(1, length), "s")
    assert.is_true(type(ruleset) == "table" or message:find "^s:%d+:%d+: " ~= nil)
  end
end

describe("address.subtract", function()
  it("gives what prefixes leave, edges included", function()
    assert.same({ "0.0.0.0-9.255.255.255", "11.0.0.0-255.255.255.255" }, address.subtract("0.0.0.0/0",
      { "10.0.0.0/8" }))
    assert.same({ "192.0.2.1", "192.0.2.3-192.0.2.254" },
      address.subtract("192.0.2.0/24", { "192.0.2.2", "192.0.2.255", "192.0.2.0" }))
    assert.same({ "2001:db8::-2001:db8:7fff:ffff:ffff:ffff:ffff:ffff" },
      address.subtract("2001:db8::/32", { "2001:db8:8000::/33" }))
  end)

  it("takes prefixes that overlap, and leaves nothing of what is all taken", function()
    assert.same({ "10.2.0.0-10.255.255.255" },
      address.subtract("10.0.0.0/8", { "10.1.0.0/16", "10.0.0.0/15", "10.0.0.7" }))
    assert.same({}, address.subtract("10.0.0.0/8", { "10.0.0.0/9", "10.128.0.0/9" }))
    assert.same({}, address.subtract("0.0.0.0/0", { "0.0.0.0/0" }))
    assert.same({ "10.0.0.0-10.255.255.255" }, address.subtract("10.0.0.0/8", { "9.0.0.0/8", "192.0.2.0/24" }))
  end)
end)

describe("permission", function()
  local tcp = { match = { protocols = { "tcp" } } }
  local v4, v6 = { match = { family = "ip" } }, { match = { family = "ip6" } }

  it("makes one rule of all that needs no more words, and one of every other pair", function()
    local made = permission.rules({ { v4, { match = {}, also = "source group a" } }, { tcp } }, { verdict = "accept" })
    assert.same({
      { verdict = "accept", matches = { { family = "ip", protocols = { "tcp" } } }, also = {} },
      { verdict = "accept", matches = { { protocols = { "tcp" } } }, also = { "source group a" } },
    }, made)
  end)

  it("drops pairs of two families, and says a field that two parts have", function()
    assert.same({}, permission.rules({ { v4 }, { v6 } }, {}))
    local made = permission.rules({
      { { match = { source = { "192.0.2.0/24" } } } }, { { match = { source = { "192.0.2.1" } } } },
    }, {})
    assert.same({ { matches = { { source = { "192.0.2.0/24" } } }, also = { "source 192.0.2.1" } } }, made)
  end)

  it("refuses more pairs than can be right", function()
    local many = {}
    for i = 1, 1000 do many[i] = tcp end
    assert.is_nil((permission.rules({ many, many }, {})))
  end)
end)

describe("json", function()
  it("says where a fault is", function()
    local value, message = json.read('{"a":\n 1,}', "s")
    assert.is_nil(value)
    assert.truthy(message:find "^s:2:%d+: not JSON: ")
  end)

  it("shows even what it cannot write", function()
    assert.equal("JSON with a number too large", json.show(json.read("[1e999]", "s")))
  end)

  it("shows values with their keys in order", function()
    assert.equal('{"a":[1,null],"b":{"c":true}}', json.show(json.read('{"b":{"c":true},"a":[1,null]}', "s")))
  end)
end)

describe("xml", function()
  it("knows where an element stands", function()
    local root = xml.read('<a>\n  <b x="1"/></a>', "s")
    assert.same({ 2, 3, "1" }, { root.children[1].line, root.children[1].column, root.children[1].attributes.x })
  end)

  it("refuses entities, and depth beyond reason", function()
    local _, message = xml.read('<!DOCTYPE a [ <!ENTITY b "c">]><a>&b;</a>', "s")
    assert.truthy(message:find "^s:1:%d+: not XML: entities are not declared here$")
    assert.is_nil((xml.read(("<a>"):rep(101) .. ("</a>"):rep(101), "s")))
    assert.is_table((xml.read(("<a>"):rep(100) .. ("</a>"):rep(100), "s")))
  end)

  it("finds the root behind what stands before it", function()
    assert.equal("zone", (xml.root '<?xml version="1.0"?>\n<!-- <x> -->\n<zone target="DROP">'))
    assert.is_nil((xml.root "# not XML"))
  end)
end)

describe("yaml", function()
  it("reads a stream, each document with anchors of its own", function()
    assert.equal(2, #yaml.documents("a: &x 1\n---\nb: 2\n", "s"))
    assert.equal("s:3:4: '*x' names nothing before it", select(2, yaml.documents("a: &x 1\n---\nb: *x\n", "s")))
    assert.same({}, yaml.documents("", "s"))
  end)

  it("finds a key that is merged in, after its own", function()
    local node = yaml.read("base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\n", "s")
    local one = yaml.get(node, "one")
    assert.same({ "1", "3" }, { yaml.text(one, "x"), yaml.text(one, "y") })
    assert.is_nil(yaml.get(one, "z"))
  end)
end)

describe("AWS security groups", function()
  local function permissions(text)
    return read("aws-sg", ('{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[%s]}]}'):format(text))
  end

  local function permission_of(fields)
    return rules(permissions(('{%s}'):format(fields)))
  end

  it("are a chain a direction that drops, with a rule a permission", function()
    local ruleset = permissions '{"IpProtocol":"tcp","FromPort":22,"ToPort":23,"IpRanges":[{"CidrIp":"192.0.2.0/24"}]}'
    local chain = ruleset.chains[1]
    assert.same({ "ingress", "sg-1", "input", "drop", true },
      { chain.name, chain.table, chain.hook, chain.policy, chain.stateful })
    assert.same({ { family = "ip", source = { "192.0.2.0/24" }, protocols = { "tcp" },
      destination_ports = { { 22, 23 } } } }, chain.rules[1].matches)
    assert.equal("sg-1/ingress[1]", chain.rules[1].place.where)
    assert.equal('{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"192.0.2.0/24"}],"ToPort":23}',
      chain.rules[1].text)
  end)

  it("have -1 for every protocol, whatever the ports", function()
    assert.same({ { family = "ip", source = { "0.0.0.0/0" } } },
      permission_of('"IpProtocol":"-1","FromPort":0,"ToPort":0,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]')[1].matches)
  end)

  it("keep groups and prefix lists as words, in rules of their own", function()
    local made = permission_of('"IpProtocol":"-1","IpRanges":[{"CidrIp":"192.0.2.1/32"}],'
      .. '"UserIdGroupPairs":[{"GroupId":"sg-2"}],"PrefixListIds":[{"PrefixListId":"pl-3"}]')
    assert.equal(3, #made)
    assert.same({ {}, { "source group sg-2" }, { "source prefix list pl-3" } },
      { made[1].also, made[2].also, made[3].also })
  end)

  it("have ICMP's type and code for ports", function()
    local any = permission_of('"IpProtocol":"icmp","FromPort":-1,"ToPort":-1,"IpRanges":[{"CidrIp":"192.0.2.1/32"}]')
    assert.is_nil(any[1].matches[1].icmp_types)
    local one = permission_of('"IpProtocol":"icmp","FromPort":3,"ToPort":4,"IpRanges":[{"CidrIp":"192.0.2.1/32"}]')
    assert.same({ { { 3, 3 } }, { "icmp code 4" } }, { one[1].matches[1].icmp_types, one[1].also })
  end)

  it("have both families in one rule, and a description as its comment", function()
    local made = permission_of('"IpProtocol":"udp","FromPort":53,"ToPort":53,'
      .. '"IpRanges":[{"CidrIp":"192.0.2.1/32","Description":"names"}],"Ipv6Ranges":[{"CidrIpv6":"2001:db8::/32"}]')
    assert.same({ "ip", "ip6", "names" }, { made[1].matches[1].family, made[1].matches[2].family, made[1].comment })
  end)

  it("that name nobody are said to be unread", function()
    local ruleset = permissions '{"IpProtocol":"-1","IpRanges":[]}'
    assert.equal("it names nobody: no network, group or prefix list", ruleset.unread[1].why)
  end)

  it("keep what cannot be right in also", function()
    assert.same({ "ports 9 to 1" }, permission_of(
      '"IpProtocol":"tcp","FromPort":9,"ToPort":1,"IpRanges":[{"CidrIp":"192.0.2.1/32"}]')[1].also)
    assert.same({ "source nowhere" }, permission_of('"IpProtocol":"-1","IpRanges":[{"CidrIp":"nowhere"}]')[1].also)
  end)

  it("are found in a recorded answer, a bare list, and a list of rules", function()
    local group = '{"GroupId":"sg-1","IpPermissionsEgress":[]}'
    assert.equal("output", read("aws-sg",
      '{"status_code":200,"data":{"SecurityGroups":[' .. group .. "]}}").chains[1].hook)
    assert.equal("output", read("aws-sg", '[{"GroupId":"sg-2","IpPermissions":[]},' .. group .. "]").chains[2].hook)
    local ruleset = read("aws-sg", '{"SecurityGroupRules":[{"SecurityGroupRuleId":"sgr-1","GroupId":"sg-1",'
      .. '"IsEgress":true,"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIpv6":"::/0"}]}')
    assert.same({ { family = "ip6", destination = { "::/0" }, protocols = { "tcp" }, destination_ports = { { 443,
      443 } } } },
      rules(ruleset, "egress")[1].matches)
  end)

  it("are refused in other JSON", function()
    assert.equal("s:1:1: no 'SecurityGroups' or 'SecurityGroupRules' list of AWS", refusal("aws-sg", "{}"))
  end)

  it("survive every prefix", function()
    each_prefix("aws-sg", '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"tcp","FromPort":1,'
      .. '"ToPort":2,"IpRanges":[{"CidrIp":"192.0.2.1/32"}]}]}]}')
  end)
end)

describe("AWS network ACLs", function()
  local function entry(number, fields)
    return ('{"RuleNumber":%d,"RuleAction":"allow","Egress":false,"CidrBlock":"0.0.0.0/0","Protocol":"6"%s}'):format(
      number, fields or "")
  end

  local function acl(...)
    return read("aws-nacl", ('{"NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[%s]}]}'):format(
      table.concat({ ... }, ",")))
  end

  it("are asked in the order of their numbers", function()
    local made = rules(acl(entry(200, ',"PortRange":{"From":80,"To":80}'), entry(100), entry(32767)), "ingress")
    assert.same({ "acl-1/ingress[100]", "acl-1/ingress[200]", "acl-1/ingress[32767]" },
      { made[1].place.where, made[2].place.where, made[3].place.where })
    assert.same({ { 80, 80 } }, made[2].matches[1].destination_ports)
  end)

  it("deny as well as allow, and keep no state", function()
    local ruleset = read("aws-nacl", '{"NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[{"RuleNumber":1,'
      .. '"RuleAction":"deny","Egress":true,"CidrBlock":"192.0.2.0/24","Protocol":"-1"}]}]}')
    assert.same({ "drop", { { family = "ip", destination = { "192.0.2.0/24" } } } },
      { rules(ruleset, "egress")[1].verdict, rules(ruleset, "egress")[1].matches })
    assert.is_nil(ruleset.chains[1].stateful)
  end)

  it("have protocols by number, and ICMP's type apart", function()
    local made = rules(read("aws-nacl", '{"NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[{"RuleNumber":1,'
      .. '"RuleAction":"allow","Egress":false,"Ipv6CidrBlock":"::/0","Protocol":"58",'
      .. '"IcmpTypeCode":{"Type":128,"Code":-1}}]}]}'))
    assert.same({ { family = "ip6", source = { "::/0" }, protocols = { "icmpv6" }, icmp_types = { { 128, 128 } } } },
      made[1].matches)
  end)

  it("survive every prefix", function()
    each_prefix("aws-nacl", '{"NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[' .. entry(1) .. "]}]}")
  end)
end)

describe("Terraform", function()
  local function plan(resources, rest)
    return read("terraform", ('{"format_version":"1.2","planned_values":{"root_module":{"resources":[%s]}}%s}'):format(
      resources, rest or ""))
  end

  local group = '{"address":"aws_security_group.web","type":"aws_security_group","values":{"ingress":[{'
    .. '"protocol":"tcp","from_port":443,"to_port":443,"cidr_blocks":["192.0.2.0/24"],'
    .. '"security_groups":["sg-2"],"self":true}]}}'

  it("has a group's own rules", function()
    local made = rules(plan(group))
    assert.same({ { family = "ip", source = { "192.0.2.0/24" }, protocols = { "tcp" }, destination_ports = { { 443,
      443 } } } },
      made[1].matches)
    assert.same({ "source group sg-2" }, made[2].also)
    assert.same({ "source the group itself" }, made[3].also)
  end)

  it("leads a rule to its group by the configuration's reference", function()
    local rule = '{"address":"aws_vpc_security_group_ingress_rule.a[0]","type":"aws_vpc_security_group_ingress_rule",'
      .. '"values":{"ip_protocol":"tcp","from_port":22,"to_port":22,"cidr_ipv4":"0.0.0.0/0"}}'
    local configuration = ',"configuration":{"root_module":{"resources":[{"address":'
      .. '"aws_vpc_security_group_ingress_rule.a","expressions":{"security_group_id":{"references":'
      .. '["aws_security_group.web.id","aws_security_group.web"]}}}]}}'
    local ruleset = plan(group .. "," .. rule, configuration)
    assert.equal("aws_security_group.web", ruleset.chains[1].table)
    assert.equal(4, #ruleset.chains[1].rules)
  end)

  it("says what is known only after apply", function()
    local rule = '{"address":"aws_security_group_rule.a","type":"aws_security_group_rule","values":{"type":"egress",'
      .. '"protocol":"tcp","from_port":22,"security_group_id":"sg-1"}}'
    local unknown = ',"resource_changes":[{"address":"aws_security_group_rule.a","change":{"after_unknown":'
      .. '{"to_port":true,"cidr_blocks":true}}}]'
    local made = rules(plan(rule, unknown), "egress")
    assert.same({ "destination known after apply (cidr_blocks)", "known after apply (to_port)" }, made[1].also)
    assert.same({ {} }, made[1].matches)
  end)

  it("names the firewalls that it does not read", function()
    local ruleset = plan '{"address":"aws_network_acl.a","type":"aws_network_acl","values":{}}'
    assert.equal("aws_network_acl is not read", ruleset.unread[1].why)
  end)

  it("refuses its language where it begins, and says what to give instead", function()
    local message = refusal("terraform", '# web\nresource "aws_security_group" "web" {\n}\n')
    assert.truthy(message:find("s:2:1: ", 1, true) and message:find("terraform show -json", 1, true))
  end)

  it("survives every prefix", function()
    each_prefix("terraform", '{"format_version":"1.2","values":{"root_module":{"resources":[' .. group .. "]}}}")
  end)
end)

describe("firewalld", function()
  local function zone(body, attributes, options)
    return read("firewalld", ("<zone%s>%s</zone>"):format(attributes or "", body), "/x/public.xml", options)
  end

  local function first(body, options)
    return rules(zone(body, nil, options))[1]
  end

  local dns = { service = function(name)
    return name == "dns" and {
      { first = 53, last = 53, transport = "tcp" }, { first = 53, last = 53, transport = "udp" },
    } or {}
  end }

  it("has a zone as a chain that drops, named by its file", function()
    local chain = zone '<port port="80" protocol="tcp"/>'.chains[1]
    assert.same({ "public", "input", "drop" }, { chain.name, chain.hook, chain.policy })
    assert.same({ { protocols = { "tcp" }, destination_ports = { { 80, 80 } } } }, chain.rules[1].matches)
    assert.same({ 1, 7 }, { chain.rules[1].place.line, chain.rules[1].place.column })
  end)

  it("takes services from firewalld's own table", function()
    local made = first('<service name="dns"/>', dns)
    assert.same({ { protocols = { "tcp" }, destination_ports = { { 53, 53 } } },
      { protocols = { "udp" }, destination_ports = { { 53, 53 } } } }, made.matches)
  end)

  it("never guesses a service that it does not know", function()
    assert.same({ "service https" }, first('<service name="https"/>', dns).also)
  end)

  it("takes services from files beside, with what they include and where they may go", function()
    local files = {
      ["a.xml"] = '<service><port port="1-2" protocol="udp"/><include service="b"/></service>',
      ["b.xml"] = '<service><source-port port="9" protocol="udp"/><include service="a"/>'
        .. '<destination ipv4="224.0.0.251"/></service>',
    }
    local ruleset = zone('<service name="a"/>', nil, { files = files })
    assert.same({ protocols = { "udp" }, destination_ports = { { 1, 2 } } }, rules(ruleset)[1].matches[1])
    assert.same({ protocols = { "udp" }, source_ports = { { 9, 9 } }, family = "ip", destination = { "224.0.0.251" } },
      rules(ruleset)[1].matches[2])
    assert.same({ "service a" }, rules(ruleset)[2].also)
  end)

  it("binds a zone to its interfaces and sources", function()
    local made = zone('<interface name="eth0"/><source address="192.0.2.0/24"/><source ipset="mine"/>'
      .. '<protocol value="ah"/>').chains[1].rules
    assert.same({ { input = { "eth0" }, protocols = { "ah" } },
      { family = "ip", source = { "192.0.2.0/24" }, protocols = { "ah" } } }, made[1].matches)
    assert.same({ "source ipset mine" }, made[2].also)
  end)

  it("gives each target its last rules", function()
    local function last(target)
      local made = rules(zone("", target and (' target="%s"'):format(target)))
      return made[#made] and { made[#made].verdict, made[#made].matches }
    end
    assert.same({ "accept", { { protocols = { "icmp", "icmpv6" } } } }, last())
    assert.same({ "accept", { {} } }, last "ACCEPT")
    assert.is_nil(last "DROP")
  end)

  it("blocks ICMP types, or all but these", function()
    local made = first '<icmp-block name="echo-request"/>'
    assert.equal("reject", made.verdict)
    assert.same({ { family = "ip", protocols = { "icmp" }, icmp_types = { { 8, 8 } } },
      { family = "ip6", protocols = { "icmpv6" }, icmp_types = { { 128, 128 } } } }, made.matches)
    local inverted = rules(zone '<icmp-block-inversion/><icmp-block name="echo-request"/>')
    assert.same({ "accept", "reject" }, { inverted[1].verdict, inverted[2].verdict })
  end)

  it("says a code that narrows an ICMP type", function()
    assert.same({ "icmp type port-unreachable" }, first '<icmp-block name="port-unreachable"/>'.also)
  end)

  it("reads rich rules whole", function()
    local made = first('<rule family="ipv4"><source address="192.0.2.0/24" invert="True"/><destination '
      .. 'address="198.51.100.7"/><port port="22" protocol="tcp"/><log/><reject/></rule>')
    assert.same({ { family = "ip", source = { "192.0.2.0/24", except = true }, destination = { "198.51.100.7" },
      protocols = { "tcp" }, destination_ports = { { 22, 22 } } } }, made.matches)
    assert.same({ "reject", true }, { made.verdict, made.log })
  end)

  it("asks rich rules in firewalld's order", function()
    local made = rules(zone('<port port="1" protocol="tcp"/><rule priority="5"><drop/></rule><rule><drop/></rule>'
      .. '<rule><log/></rule><rule priority="-5"><accept/></rule>', ' target="DROP"'))
    local verdicts = {}
    for i, rule in ipairs(made) do verdicts[i] = rule.verdict end
    assert.same({ "accept", "continue", "drop", "accept", "drop" }, verdicts)
  end)

  it("takes a limit as how fast on an accept, and as a doubt on a denial", function()
    assert.same({}, first '<rule><accept><limit value="3/m"/></accept></rule>'.also)
    assert.same({ "limit 3/m" }, first '<rule><drop><limit value="3/m"/></drop></rule>'.also)
  end)

  it("lets a forwarded port in, through the chain that it takes", function()
    local here = zone '<forward-port port="80" protocol="tcp" to-port="8080"/>'
    assert.same({ { 80, 80 } }, rules(here, "public")[1].matches[1].destination_ports)
    local away = zone '<forward-port port="80" protocol="tcp" to-port="80" to-addr="192.0.2.9"/>'
    assert.same({ { 80, 80 } }, rules(away, "public forwarded")[1].matches[1].destination_ports)
    local rich = zone('<rule><source address="192.0.2.1"/><forward-port port="80" protocol="tcp" to-port="80" '
      .. 'to-addr="192.0.2.9"/></rule>')
    local forwarded = rules(rich, "public forwarded")[1]
    assert.same({ "accept", { "192.0.2.1" } }, { forwarded.verdict, forwarded.matches[1].source })
    assert.truthy(forwarded.text:find("<rule>", 1, true))
  end)

  it("says what changes addresses and what it does not know", function()
    local ruleset = zone '<masquerade/><door/>'
    assert.same({ "<masquerade/>", "<door/>" }, { ruleset.unread[1].text, ruleset.unread[2].text })
  end)

  it("has a policy between zones, in words", function()
    local ruleset = read("firewalld", '<policy target="ACCEPT" priority="-1"><ingress-zone name="home"/>'
      .. '<egress-zone name="HOST"/><port port="22" protocol="tcp"/></policy>')
    local chain = ruleset.chains[1]
    assert.same({ "input", -1 }, { chain.hook, chain.priority })
    assert.same({ { "from zone home" }, { "from zone home" } }, { chain.rules[1].also, chain.rules[2].also })
    assert.same({ {} }, chain.rules[2].matches)
  end)

  it("has nothing call a policy that is switched off", function()
    local ruleset = read("firewalld", '<policy target="DROP"><disable/><ingress-zone name="ANY"/>'
      .. '<egress-zone name="ANY"/></policy>')
    assert.is_nil(ruleset.chains[1].hook)
    assert.equal("<disable/>", ruleset.unread[1].text)
  end)

  it("has a service as a chain that nothing calls, protocols by empty ports among it", function()
    local ruleset = read("firewalld",
      '<service><port protocol="esp" port=""/><port protocol="tcp" port="x"/></service>')
    assert.is_nil(ruleset.chains[1].hook)
    assert.same({ { protocols = { "esp" } } }, rules(ruleset)[1].matches)
    assert.same({ "destination_ports x/tcp" }, rules(ruleset)[2].also)
  end)

  it("refuses its other documents by name", function()
    assert.truthy(refusal("firewalld", '<ipset type="hash:ip"/>'):find("a firewalld ipset", 1, true))
  end)

  it("survives every prefix", function()
    each_prefix("firewalld", '<?xml version="1.0"?>\n<zone target="DROP"><source address="192.0.2.1"/>'
      .. '<rule family="ipv4"><port port="1" protocol="tcp"/><accept/></rule></zone>')
  end)
end)

describe("ufw", function()
  local function tuple(text, options)
    return read("ufw", "*filter\n### RULES ###\n\n### tuple ### " .. text .. "\n-A ufw-user-input -j X\n", "user.rules",
      options)
  end

  local function first(text, chain)
    return rules(tuple(text), chain or "ufw-user-input")[1]
  end

  it("reads the tuple and not the lines under it", function()
    local ruleset = tuple "allow tcp 22 0.0.0.0/0 any 192.0.2.0/24 in"
    assert.equal(1, #rules(ruleset))
    assert.same({ { family = "ip", source = { "192.0.2.0/24" }, protocols = { "tcp" }, destination_ports = { { 22,
      22 } } } },
      rules(ruleset)[1].matches)
  end)

  it("has tcp and udp for a port of any protocol, and all for none", function()
    assert.same({ "tcp", "udp" }, first "allow any 53 ::/0 any ::/0 in".matches[1].protocols)
    assert.is_nil(first "allow any any ::/0 any ::/0 in".matches[1].protocols)
  end)

  it("has ranges and lists of ports", function()
    assert.same({ { 80, 80 }, { 6000, 6010 } },
      first "allow tcp 6000:6010,80 0.0.0.0/0 any 0.0.0.0/0 in".matches[1].destination_ports)
  end)

  it("has routed rules, interfaces, and both in one", function()
    local made = first("route:deny udp 53 0.0.0.0/0 any 0.0.0.0/0 in_eth0!out_eth1", "ufw-user-forward")
    assert.same({ "drop", { "eth0" }, { "eth1" } }, { made.verdict, made.matches[1].input, made.matches[1].output })
  end)

  it("goes on through out_ into the chain for what goes out", function()
    assert.equal("accept", first("allow udp 53 0.0.0.0/0 any 0.0.0.0/0 out_eth0", "ufw-user-output").verdict)
  end)

  it("takes limit for an accept, _log for a log, and comments from hex", function()
    local made = first "limit_log tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=737368"
    assert.same({ "accept", true, "ssh" }, { made.verdict, made.log, made.comment })
  end)

  it("reads tuples that name applications, and those of six words", function()
    assert.same({ { 80, 80 } },
      first "allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 Web%20Server - in".matches[1].destination_ports)
    assert.equal("accept", first "allow tcp 80 0.0.0.0/0 any 0.0.0.0/0".verdict)
  end)

  it("says that the default policies stand elsewhere, unless they are given", function()
    assert.equal("default policies", tuple "allow tcp 1 0.0.0.0/0 any 0.0.0.0/0 in".unread[1].text)
    local given = tuple("allow tcp 1 0.0.0.0/0 any 0.0.0.0/0 in", { policies = { input = "accept" } })
    assert.same({}, given.unread)
    assert.equal("accept", given.chains[1].policy)
  end)

  it("says which lines are no tuple, or have none", function()
    local ruleset = tuple "permit x\n\n-A ufw-user-input -j ACCEPT"
    assert.same({ "not a tuple of ufw", "a rule with no tuple above it" }, { ruleset.unread[2].why,
      ruleset.unread[3].why })
  end)

  it("is not taken for iptables-save, nor a dump of its chains for it", function()
    assert.equal("ufw", readers.guess "*filter\n### RULES ###\n".name)
    assert.equal("iptables-save", readers.guess "*filter\n:ufw-user-input - [0:0]\nCOMMIT\n".name)
  end)

  it("survives every prefix", function()
    each_prefix("ufw", "### RULES ###\n### tuple ### route:allow_log tcp 80,90 0.0.0.0/0 any 192.0.2.1 a - "
      .. "in_e!out_f comment=41")
  end)
end)

describe("ufw's profiles", function()
  it("are chains that nothing calls, ports without a protocol of both", function()
    local ruleset = read("ufw-profile", "[Web Full]\ntitle=Web\nports=80,443/tcp|53\n[B]\nports=1:9/udp\n")
    assert.is_nil(ruleset.chains[1].hook)
    assert.same({ { protocols = { "tcp" }, destination_ports = { { 80, 80 }, { 443, 443 } } } },
      rules(ruleset, "Web Full")[1].matches)
    assert.same({ "tcp", "udp" }, rules(ruleset, "Web Full")[2].matches[1].protocols)
    assert.same({ { 1, 9 } }, rules(ruleset, "B")[1].matches[1].destination_ports)
  end)

  it("say what is not ports", function()
    local ruleset = read("ufw-profile", "[A]\nports=ssh/tcp|99999\ncolour=red\n")
    assert.equal(3, #ruleset.unread)
  end)

  it("survive every prefix", function()
    each_prefix("ufw-profile", "# a\n[Web]\ntitle=Web\nports=80,443/tcp|53\n")
  end)
end)

describe("Kubernetes", function()
  local function policy(spec, name)
    return ([[
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: %s, namespace: shop }
spec: { podSelector: { matchLabels: { app: web } }, %s }
]]):format(name or "p", spec)
  end

  local function chain(text)
    return read("kubernetes", text).chains[1]
  end

  local function matches(spec)
    return chain(policy(spec)).rules[1].matches
  end

  it("has a chain for the pods that are chosen, which drops", function()
    local made = chain(policy "ingress: [{}]")
    assert.same({ "app=web", "shop", "input", "drop", true },
      { made.name, made.table, made.hook, made.policy, made.stateful })
    assert.same({ {} }, made.rules[1].matches)
    assert.equal("shop/p", made.rules[1].place.where)
  end)

  it("denies all where ingress is empty", function()
    assert.same({}, chain(policy "ingress: []").rules)
    assert.same({}, chain(policy "policyTypes: [Ingress]").rules)
  end)

  it("infers the types that are not given", function()
    assert.equal(1, #read("kubernetes", policy "ingress: [{}]").chains)
    local both = read("kubernetes", policy "egress: [{}]").chains
    assert.same({ "input", "output" }, { both[1].hook, both[2].hook })
    assert.same({ 0, 1 }, { #both[1].rules, #both[2].rules })
  end)

  it("joins policies on the same pods, for they add up", function()
    local ruleset = read("kubernetes", policy("ingress: [{}]", "a") .. "---\n" .. policy("ingress: [{}]", "b"))
    assert.equal(1, #ruleset.chains)
    assert.equal("shop/b", ruleset.chains[1].rules[2].place.where)
  end)

  it("has ports by number and range, tcp where none is said", function()
    assert.same({ { protocols = { "tcp" }, destination_ports = { { 80, 90 }, { 443, 443 } } },
      { protocols = { "udp" }, destination_ports = { { 53, 53 } } } },
      matches "ingress: [{ ports: [{ port: 443 }, { port: 80, endPort: 90 }, { protocol: UDP, port: 53 }] }]")
    assert.same({ { protocols = { "sctp" } } }, matches "ingress: [{ ports: [{ protocol: SCTP }] }]")
  end)

  it("takes exceptions out of a block", function()
    assert.same({ "10.0.0.0-10.0.255.255", "10.2.0.0-10.255.255.255" },
      matches("ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }] }]")[1].source)
  end)

  it("keeps a block that is no prefix, and an exception that is none, as words", function()
    local made = chain(policy("ingress: [{ from: [{ ipBlock: { cidr: 192.0.2.0/24, except: [192.0.2.1-192.0.2.9] } }, "
      .. "{ ipBlock: { cidr: 10.0.0.0/255.0.255.0 } }, { ipBlock: { cidr: '::/0', except: [192.0.2.0/24] } }] }]")).rules
    assert.same({ { "source not 192.0.2.1-192.0.2.9" }, { "source 10.0.0.0/255.0.255.0" }, { "source not 192.0.2.0/24" } },
      { made[1].also, made[2].also, made[3].also })
  end)

  it("keeps pods and namespaces as words, in rules of their own", function()
    local made = chain(policy("ingress: [{ from: [{ ipBlock: { cidr: 192.0.2.0/24 } }, { podSelector: {} }, "
      .. "{ namespaceSelector: { matchLabels: { team: a } }, podSelector: { matchExpressions: "
      .. "[{ key: tier, operator: In, values: [x, y] }] } }] }]")).rules
    assert.same({ {}, { "source all pods" }, { "source pods tier in (x,y) in namespaces team=a" } },
      { made[1].also, made[2].also, made[3].also })
  end)

  it("settles a port's name by the containers of the same text alone", function()
    local named = policy "ingress: [{ ports: [{ port: http }] }]"
    local pod = "---\nkind: Pod\napiVersion: v1\nmetadata: { namespace: shop, labels: { app: %s } }\n"
      .. "spec: { containers: [{ ports: [{ name: http, containerPort: 8080 }] }] }\n"
    assert.same({ "destination port named http" }, chain(named).rules[1].also)
    local known = chain(named .. pod:format "web").rules[1]
    assert.same({ {}, { { 8080, 8080 } } }, { known.also, known.matches[1].destination_ports })
    assert.same({ "destination port named http" }, chain(named .. pod:format "other").rules[1].also)
  end)

  it("settles no name on the way out, for others have that port", function()
    local ruleset = read("kubernetes", policy "egress: [{ ports: [{ port: http }] }]")
    assert.same({ "destination port named http" }, ruleset.chains[2].rules[1].also)
  end)

  it("reads lists, and JSON", function()
    local list = '{"apiVersion":"v1","kind":"List","items":[{"kind":"NetworkPolicy","spec":{"podSelector":{},'
      .. '"ingress":[{}]}}]}'
    assert.same({ "all pods", "default" }, { chain(list).name, chain(list).table })
    assert.equal("kubernetes", readers.guess(list).name)
  end)

  it("has what a service publishes, and to whom", function()
    local function service(spec)
      return read("kubernetes", "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: " .. spec)
    end
    assert.same({ "source inside the cluster" }, rules(service "{ ports: [{ port: 80 }] }")[1].also)
    local balanced = rules(service("{ type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], "
      .. "ports: [{ port: 80, nodePort: 30080 }] }"))
    assert.same({ { family = "ip", source = { "192.0.2.0/24" }, protocols = { "tcp" }, destination_ports = { { 80,
      80 } } } },
      balanced[1].matches)
    assert.same({ { 30080, 30080 } }, balanced[2].matches[1].destination_ports)
    assert.equal("the cluster chooses its node port", service "{ type: NodePort, ports: [{ port: 80 }] }".unread[1].why)
  end)

  it("says which policies it does not read", function()
    local ruleset = read("kubernetes", "apiVersion: v1\nkind: AdminNetworkPolicy\nmetadata: { name: a }\n")
    assert.same({ "AdminNetworkPolicy a", "AdminNetworkPolicy is not read" },
      { ruleset.unread[1].text, ruleset.unread[1].why })
  end)

  it("refuses templates with their place", function()
    assert.truthy(refusal("kubernetes", "apiVersion: v1\nkind: {{ .Values.kind }}\n"):find "^s:2:%d+: ")
  end)

  it("survives every prefix", function()
    each_prefix("kubernetes", policy("ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }], "
      .. "ports: [{ port: http }] }]") .. "---\nkind: Service\nspec: { type: NodePort, ports: [{ port: 1 }] }\n")
  end)
end)

describe("Compose", function()
  local function ports(list)
    return read("compose", "services:\n  web:\n    image: x\n    ports: " .. list .. "\n")
  end

  local function matches(list)
    return rules(ports(list))[1].matches
  end

  it("forwards a published port, past the host's own input rules", function()
    local chain = ports '["8080:80"]'.chains[1]
    assert.same({ "web", "forward", "drop", "accept" }, { chain.name, chain.hook, chain.policy,
      chain.rules[1].verdict })
    assert.same({ { protocols = { "tcp" }, destination_ports = { { 8080, 8080 } } } }, chain.rules[1].matches)
  end)

  it("reads ranges, transports and addresses of the host", function()
    assert.same({ { protocols = { "udp" }, destination_ports = { { 9090, 9091 } } } },
      matches '["9090-9091:8080-8081/udp"]')
    assert.same({ "127.0.0.1" }, matches('["127.0.0.1:80:80"]')[1].destination)
    assert.same({ "::1" }, matches('["[::1]:80:80"]')[1].destination)
    assert.same({ family = "ip", protocols = { "tcp" }, destination_ports = { { 80, 80 } } },
      matches('["0.0.0.0:80:80"]')[1])
  end)

  it("reads plain scalars that other YAML takes for numbers of base 60", function()
    assert.same({ { 22, 22 } }, matches("[22:22]")[1].destination_ports)
  end)

  it("reads the long form", function()
    assert.same({ { protocols = { "udp" }, destination_ports = { { 53, 53 } }, family = "ip",
      destination = { "192.0.2.1" } } },
      matches '[{ target: 5353, published: "53", protocol: udp, host_ip: 192.0.2.1 }]')
  end)

  it("says what is only known later", function()
    local ruleset = ports '["${PORT:-80}:80", "80", "127.0.0.1::80"]'
    assert.same({}, rules(ruleset))
    assert.truthy(ruleset.unread[1].why:find("the variable ${PORT:-80}", 1, true))
    assert.equal("Docker chooses the port when the container starts", ruleset.unread[2].why)
    assert.equal(ruleset.unread[2].why, ruleset.unread[3].why)
  end)

  it("says what opens ports elsewhere", function()
    local ruleset = read("compose", "include: [a.yaml]\nservices:\n  a: { image: x, network_mode: host }\n"
      .. "  b: { extends: { file: c.yaml, service: d } }\n")
    assert.equal(3, #ruleset.unread)
  end)

  it("says what is no port", function()
    assert.equal(3, #ports '["a:b", "70000:80", "80:80/icmp"]'.unread)
  end)

  it("takes ports that are merged in", function()
    local ruleset = read("compose", "x-a: &a { ports: ['80:80'] }\nservices:\n  web: { image: x, <<: *a }\n")
    assert.same({ { 80, 80 } }, rules(ruleset)[1].matches[1].destination_ports)
  end)

  it("survives every prefix", function()
    each_prefix("compose", "services:\n  web:\n    image: x\n    ports: ['[::1]:1-2:3-4/udp', "
      .. "{ target: 1, published: $P }]\n")
  end)
end)
