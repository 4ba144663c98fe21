-- Real rulesets and configurations: nft text, Cisco, Junos, pf. The readers take them, or say why not; and where the
-- real nft is there, what it makes of a text is what we read.

local corpus = require "corpus"
local dialects = require "portolan.dialects"
local lfs = require "lfs"
local portolan = require "portolan"
local readers = require "portolan.readers"

local is_there, names_in, text_of = corpus.has, corpus.names, corpus.text
local promise = corpus.promises(it, pending)

local registry = assert(portolan.open())

local function options_for(dialect)
  return { port = dialects.resolver(dialect.names, registry) }
end

local fields = { family = true, source = true, destination = true, protocols = true, source_ports = true,
  destination_ports = true, icmp_types = true, input = true, output = true, states = true }

local with_ports = { tcp = true, udp = true, sctp = true, dccp = true, udplite = true }

local verdicts = { accept = true, drop = true, reject = true, jump = true, ["goto"] = true, ["return"] = true,
  continue = true, queue = true, other = true }

local function assert_ranges(list)
  local past = -1
  for _, range in ipairs(list or {}) do
    assert.is_true(past < range[1] and range[1] <= range[2] and range[2] <= 65535)
    past = range[2] + 1
  end
end

local function assert_match(match)
  for field in pairs(match) do assert.is_true(fields[field], field) end
  for _, field in ipairs { "source_ports", "destination_ports", "icmp_types" } do assert_ranges(match[field]) end
  local has_ports = match.source_ports or match.destination_ports
  assert.is_true(not has_ports or match.protocols ~= nil)
  for _, protocol in ipairs(has_ports and match.protocols or {}) do assert.is_true(with_ports[protocol]) end
end

local function assert_normal(ruleset)
  for _, chain in ipairs(ruleset.chains) do
    assert.is_true(chain.hook == nil or chain.policy ~= nil)
    for _, rule in ipairs(chain.rules) do
      assert.is_true(verdicts[rule.verdict])
      assert.is_string(rule.text)
      assert.is_number(rule.place.line)
      for _, match in ipairs(rule.matches) do assert_match(match) end
    end
  end
end

local function add_counts(count, ruleset)
  for _, chain in ipairs(ruleset.chains) do
    for _, rule in ipairs(chain.rules) do
      count.rules = count.rules + 1
      count.whole = count.whole + (#rule.also == 0 and 1 or 0)
    end
  end
  count.unread = count.unread + #ruleset.unread
end

-- Reads a folder; gives the counts and what was refused.
local function read_folder(folder, dialect)
  local count, refused = { files = 0, rules = 0, whole = 0, unread = 0 }, {}
  for _, name in ipairs(names_in(folder)) do
    local ruleset, message = dialect.read(text_of(folder, name), "file", options_for(dialect))
    if ruleset then
      count.files = count.files + 1
      assert_normal(ruleset)
      add_counts(count, ruleset)
    else
      assert.matches("^file:%d+:%d+: .", message)
      refused[#refused + 1] = message
    end
  end
  return count, refused
end

local function summary(folder, count, refused)
  return ("%s: %d files read, %d refused; %d of %d rules understood whole, %d lines unread\n"):format(folder,
    count.files, #refused, count.whole, count.rules, count.unread)
end

-- Folder, reader, how many files at most are refused.
local cases = {
  { "cisco", "cisco", 4 }, { "gen-cisco", "cisco", 0 }, { "gen-ciscoasa", "cisco-asa", 0 },
  { "gen-cisconx", "cisco", 0 }, { "gen-ciscoxr", "cisco", 0 }, { "juniper", "juniper", 0 },
  { "gen-juniper", "juniper", 0 }, { "gen-junipersrx", "juniper", 0 }, { "pf", "pf", 0 },
  { "gen-packetfilter", "pf", 0 },
}

describe("a network's own rulesets", function()
  for _, case in ipairs(cases) do
    local folder, name, most = case[1], case[2], case[3]
    promise(folder, folder .. " are read into the normal form, or refused at their place", function()
      local count, refused = read_folder(folder, readers.by_name(name))
      io.write(summary(folder, count, refused))
      for _, message in ipairs(refused) do io.write("  refused: " .. message .. "\n") end
      assert.is_true(#refused <= most)
    end)
  end

  promise("cisco", "of Cisco are understood whole in at least 85 % of their rules", function()
    local all = { files = 0, rules = 0, whole = 0, unread = 0 }
    for _, folder in ipairs { "cisco", "gen-cisco", "gen-ciscoasa", "gen-cisconx", "gen-ciscoxr" } do
      for _, name in ipairs(names_in(folder)) do
        local text = text_of(folder, name)
        local dialect = readers.guess(text)
        local ruleset = dialect and dialect.read(text, "file", options_for(dialect))
        if ruleset then add_counts(all, ruleset) end
      end
    end
    local share = 100 * all.whole / (all.rules + all.unread)
    io.write(("Cisco: %.1f %% of %d rules understood whole\n"):format(share, all.rules + all.unread))
    assert.is_true(share >= 85)
  end)

  -- The dialects that may be guessed; the few files of which none is have no access list or no rule.
  local guessed = {
    { "cisco", "cisco", "cisco-asa" }, { "cisco-show", "cisco", "cisco-asa" }, { "gen-cisco", "cisco" },
    { "gen-ciscoasa", "cisco-asa" }, { "gen-cisconx", "cisco" }, { "gen-ciscoxr", "cisco" }, { "juniper", "juniper" },
    { "gen-juniper", "juniper" }, { "gen-junipersrx", "juniper" }, { "pf", "pf" }, { "gen-packetfilter", "pf" },
    { "nft", "nft" },
  }
  local ours = { nft = true, cisco = true, ["cisco-asa"] = true, juniper = true, pf = true }

  local is_ours = {}
  for _, case in ipairs(guessed) do
    local folder = case[1]
    is_ours[folder] = true
    promise(folder, "of " .. folder .. " are guessed right", function()
      local missed = 0
      for _, name in ipairs(names_in(folder)) do
        local dialect = readers.guess(text_of(folder, name))
        if dialect then
          assert.is_true(dialect.name == case[2] or dialect.name == case[3], name)
        else
          missed = missed + 1
        end
      end
      assert.is_true(missed <= 0.1 * #names_in(folder))
    end)
  end

  promise("nft", "are not taken by another's reader, nor does a reader of ours take another's", function()
    for folder in lfs.dir(corpus.root) do
      if is_there(folder) and not folder:find "^%." and not is_ours[folder] then
        for _, name in ipairs(names_in(folder)) do
          local dialect = readers.guess(text_of(folder, name))
          assert.is_nil(dialect and ours[dialect.name], folder .. "/" .. name)
        end
      end
    end
  end)
end)

-- One policy, several targets ----------------------------------------------------------------------------

local function flat(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, item in pairs(value) do
    parts[#parts + 1] = (type(key) == "number" and "" or key .. "=") .. flat(item)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

-- The meanings of a file's rules, each once.
local function meanings_of(folder, name)
  local text = text_of(folder, name)
  local dialect = assert(readers.guess(text))
  local meanings = {}
  for _, list in ipairs(assert(dialect.read(text, "file", options_for(dialect))).chains) do
    for _, rule in ipairs(list.rules) do meanings[flat(rule.matches) .. rule.verdict .. #rule.also] = true end
  end
  return flat(meanings)
end

-- Files that a generator rendered for several targets have their policy's name in common.
local function policies_in(folders)
  local policies = {}
  for _, folder in ipairs(folders) do
    for _, name in ipairs(is_there(folder) and names_in(folder) or {}) do
      local policy = name:match "%.(test%w+)%."
      if policy then
        policies[policy] = policies[policy] or {}
        table.insert(policies[policy], meanings_of(folder, name))
      end
    end
  end
  return policies
end

describe("a policy rendered for several targets", function()
  promise("gen-cisco", "reads alike in some of them", function()
    local alike = 0
    for _, meanings in pairs(policies_in { "gen-cisco", "gen-cisconx", "gen-ciscoxr", "gen-juniper" }) do
      alike = alike + (meanings[2] == meanings[1] and 1 or 0)
    end
    assert.is_true(alike >= 2)
  end)
end)

-- The real nft ------------------------------------------------------------------------------------------

local interfaces = "eth0 eth1 wan lan br0 br-lan wg0 tun0 wlan0 docker0 ppp0 enp1s0 ens3"

local function absolute(path)
  return path:find "^/" and path or lfs.currentdir() .. "/" .. path
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- Runs a script in a network namespace of its own, with the interfaces that rulesets like to name.
local function run_apart(script)
  local path = os.tmpname()
  write(path, ("ip link set lo up\nfor i in %s; do ip link add $i type veth peer name p$i; done\n"):format(interfaces)
    .. script)
  local pipe = assert(io.popen(("unshare -n sh %s 2>/dev/null"):format(path)))
  local text = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return text
end

-- What nft prints as JSON for each text of a folder that it loads.
local function printed_by_nft(folder)
  local printed = {}
  local text = run_apart(([[
cd '%s' || exit
for file in *; do
  nft flush ruleset
  timeout 10 nft -f "$file" && { echo "FILE $file"; nft -j list ruleset; echo; }
done
]]):format(folder))
  for name, json in text:gmatch "FILE ([^\n]*)\n(%b{})" do printed[name] = json end
  return printed
end

local function has_nft()
  return run_apart("nft -j list ruleset"):find('"nftables"', 1, true) ~= nil
end

local function shape_of(rule)
  return table.concat({ flat(rule.matches), rule.verdict, tostring(rule.log), #rule.also, rule.comment or "" }, " ")
end

local function chains_by_name(ruleset)
  local chains = {}
  for _, chain in ipairs(ruleset.chains) do
    chains[chain.family .. " " .. chain.table .. " " .. chain.name] = chain
  end
  return chains
end

local function compare(ours, theirs, count)
  local chains = chains_by_name(ours)
  for name, chain in pairs(chains_by_name(theirs)) do
    local mine = chains[name] or { rules = {} }
    for i, rule in ipairs(chain.rules) do
      count.all = count.all + 1
      local same = mine.rules[i] and shape_of(mine.rules[i]) == shape_of(rule)
      count.same = count.same + (same and 1 or 0)
    end
  end
end

-- One rule each, in a chain that may hold it.
local statements = {
  filter = [[
tcp dport != 22 drop
tcp dport { 22, 80-90, 443 } accept
tcp dport >= 1024 accept
tcp dport lt 1024 accept
ip saddr { 10.0.0.0/8, 192.168.0.0/16, 172.16.0.1-172.16.0.9 } accept
ip6 saddr { ::1, fe80::/10, 2001:db8::1-2001:db8::9 } accept
ip6 nexthdr icmpv6 accept
ip saddr & 255.0.0.255 == 10.0.0.1 accept
meta l4proto { tcp, udp } th dport 53 accept
meta nfproto ipv4 meta mark and 0xff == 0x10 accept
meta mark set meta mark | 0x2
ct mark set meta mark and 0xff or 0x1
ct state { new, established } accept
ct state != new drop
ct state established,related counter packets 0 bytes 0 accept
ct status & dnat != 0 accept
ct original ip saddr 10.0.0.1 accept
ct count over 10 reject
iifname "eth*" accept
iifname . ip saddr { "eth0" . 10.0.0.1 } accept
iif "lo" oif "lo" accept
icmp type { echo-request, destination-unreachable } limit rate 5/second burst 10 packets accept
icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept
limit rate over 10 kbytes/second burst 100 kbytes drop
quota over 10 mbytes drop
log flags tcp sequence,options
log level info prefix "a b c" counter drop comment "why"
reject with icmpx type admin-prohibited
reject with tcp reset
tcp flags & (fin|syn|rst|ack) == syn drop
tcp flags syn / syn,ack drop
tcp flags ! syn drop
tcp option maxseg size 1-500 drop
ip saddr . ip daddr . tcp dport { 10.0.0.1 . 10.0.0.2 . 22 } accept
tcp dport vmap { 22 : jump other, 80-90 : goto other }
meta l4proto . th dport vmap { tcp . 22 : accept, udp . 53 : accept }
iifname vmap { lo : accept, "eth0" : jump other }
notrack
ip dscp set cs0
ip frag-off & 0x1fff != 0 drop
ether saddr 00:11:22:33:44:55 accept
fib saddr . iif oif missing drop
fib daddr type != { local, multicast } drop
skuid { 0, 1000 } accept
meta priority set 1:2
meta hour "08:00"-"17:00" accept
numgen random mod 10 < 3 drop
add @dyn { ip saddr limit rate over 1/second } drop
update @dyn { ip saddr timeout 1m }
ip saddr != @named drop
@nh,96,32 0x0a000001 accept
exthdr frag exists drop
jhash ip saddr . tcp dport mod 2 seed 0xabcd 0 accept
tcp dport 22 counter name "c" accept
tcp dport 22 accept;tcp dport 25 drop]],
  prerouting = [[
tcp dport 80 dnat ip to 10.0.0.1:8080
dnat ip to tcp dport map { 80 : 10.0.0.1, 443 : 10.0.0.2 }
tcp dport 80 redirect to :8080]],
  postrouting = [[
snat ip to 10.0.0.1-10.0.0.9
masquerade random,persistent]],
}

local heads = {
  filter = "type filter hook input priority filter; policy drop;",
  prerouting = "type nat hook prerouting priority dstnat;",
  postrouting = "type nat hook postrouting priority srcnat;",
}

local around = [[
table inet t {
  counter c { }
  set dyn { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
  set named { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.7 } }
  chain other { }
  chain c {
    %s
    %s
  }
}
]]

local function each_statement(run)
  for _, kind in ipairs { "filter", "prerouting", "postrouting" } do
    for statement in statements[kind]:gmatch "[^\n]+" do run(around:format(heads[kind], statement), statement) end
  end
end

local function write_statements(folder)
  local texts = {}
  each_statement(function(text)
    texts[#texts + 1] = text
    write(("%s/%d"):format(folder, #texts), text)
  end)
  return texts
end

local function remove(folder, count)
  for i = 1, count do os.remove(("%s/%d"):format(folder, i)) end
  lfs.rmdir(folder)
end

-- The rules of the chain, in no order: nft prints the pairs of a map in its own.
local function shapes_in(ruleset)
  local shapes = {}
  for i, rule in ipairs(chains_by_name(ruleset)["inet t c"].rules) do shapes[i] = shape_of(rule) end
  table.sort(shapes)
  return shapes
end

describe("a statement of nft", function()
  it("is read, whatever it looks at and does", function()
    each_statement(function(text, statement)
      local ruleset = assert(readers.by_name("nft").read(text, statement))
      assert.same({}, ruleset.unread)
    end)
  end)

  local text = "means what nft prints for it as JSON"
  if not has_nft() then return pending(text .. ": skipped: no nft, or no network namespaces") end
  it(text, function()
    local folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    local texts = write_statements(folder)
    local printed = printed_by_nft(folder)
    remove(folder, #texts)
    for i, written in ipairs(texts) do
      local json = assert(printed[tostring(i)], written)
      assert.same(shapes_in(assert(readers.by_name("nft-json").read(json, "json"))),
        shapes_in(assert(readers.by_name("nft").read(written, "text"))))
    end
  end)
end)

describe("nft text", function()
  local function promise_of_nft(text, run)
    if not is_there "nft" then return pending(text .. ": skipped: no corpus") end
    if not has_nft() then return pending(text .. ": skipped: no nft, or no network namespaces") end
    it(text, run)
  end

  promise("nft", "is read, or refused with its place and reason", function()
    local count, refused = read_folder("nft", readers.by_name "nft")
    io.write(summary("nft", count, refused))
    assert.is_true(count.files >= 0.7 * #names_in "nft")
    for _, message in ipairs(refused) do io.write("  refused: " .. message .. "\n") end
  end)

  promise_of_nft("that nft loads is read, and means what nft prints as JSON", function()
    local text_reader, json_reader = readers.by_name "nft", readers.by_name "nft-json"
    local options, count, loaded = options_for(text_reader), { all = 0, same = 0 }, 0
    local printed = printed_by_nft(absolute(corpus.root .. "nft"))
    for _, name in ipairs(names_in "nft") do
      local json = printed[name]
      if json then
        loaded = loaded + 1
        local ours = assert(text_reader.read(text_of("nft", name), corpus.root .. "nft/" .. name, options))
        compare(ours, assert(json_reader.read(json, name, options)), count)
      end
    end
    io.write(("nft loads %d texts; of their %d rules %d read the same in text and in JSON\n"):format(loaded, count.all,
      count.same))
    assert.is_true(loaded > 0 and count.same >= 0.95 * count.all)
  end)
end)
