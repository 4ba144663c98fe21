-- Packet space beside the Linux kernel: random rulesets are loaded with nft into a network namespace, packets are sent
-- to it from another over veth, and what became of each is compared with what Space:trace says, on the text as we read
-- it and on what `nft -j` prints. The namespaces have no names: they end with the processes that this spec starts.

local cjson = require "cjson"
local kernel_rulesets = require "kernel.rulesets"
local portolan_ruleset = require "portolan.ruleset"
local readers = require "portolan.readers"

local RULESETS, PACKETS = 48, 16

local function run(command)
  local pipe = assert(io.popen("{ " .. command .. "; } 2>&1"))
  local out = pipe:read "*a"
  pipe:close()
  return (out:gsub("%s+$", ""))
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function text_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- ----------------------------------------------------------------- scene --

-- Keeps connection tracking on, and what the kernel says by itself out.
local anchor = [[
flush ruleset
table inet anchor {
  chain arriving {
    type filter hook prerouting priority -150; policy accept;
    meta l4proto != { tcp, udp, icmp, icmpv6 } drop
    icmpv6 type { 133-137, 143 } drop
    ct state new counter
  }
}
]]

-- Host r0, r1, and a link to each from the namespace of process $peer, which waits until it is told to end. What goes
-- out meets no neighbour, and needs none.
local scene = [[
cd "$1" || exit 1
wait_for() { for _ in $(seq 100); do "$@" && return; sleep 0.1; done; echo "no end of waiting: $*"; exit 1; }
seeded() { nft list table inet anchor | grep -q "packets $(grep -c . seeds.far) "; }
arrived() { ! nft list chain inet watch before | grep -q 'packets 0 '; }
mkfifo ends
unshare -n sh -c 'echo ready; read -r _' < ends > ready &
peer=$!
exec 9> ends
wait_for grep -q ready ready
for n in 0 1; do
  ip link add "r$n" address 02:00:00:00:00:01 type veth peer name "a$n" netns "$peer" || exit 1
  ip link set "r$n" arp off up || exit 1
  nsenter -n -t "$peer" ip link set "a$n" addrgenmode none up || exit 1
  echo 0 > "/proc/sys/net/ipv4/conf/r$n/rp_filter" || exit 1
done
echo 1 > /proc/sys/net/ipv4/ip_forward || exit 1
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding || exit 1
echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter || exit 1
for a in 192.0.2.1/32 192.0.2.2/32; do ip addr add $a dev r0; done
for a in 2001:db8::1/128 2001:db8::2/128; do ip addr add $a dev r0 nodad; done
ip route add default dev r0 && ip route add 192.0.2.128/25 dev r1 || exit 1
ip -6 route add default dev r0 && ip -6 route add 2001:db8:8::/48 dev r1 || exit 1
nft -f anchor.nft || exit 1
./probe < seeds.own && nsenter -n -t "$peer" ./probe < seeds.far || exit 1
wait_for seeded
i=1
while [ -f $i.nft ]; do
  nft -f $i.nft && nft -j list ruleset > $i.json && nft -f $i.watch || exit 1
  nsenter -n -t "$peer" ./probe < $i.packets || exit 1
  wait_for arrived
  nft -j list ruleset > $i.counts || exit 1
  i=$((i + 1))
done
]]

-- Where nobody is root, a user namespace makes one.
local unshare = run "unshare -n true && echo yes" == "yes" and "unshare -n" or "unshare -rn"

local function why_not()
  for _, tool in ipairs { "nft", "ip", "gcc", "unshare", "nsenter" } do
    if run("command -v " .. tool) == "" then return "no " .. tool end
  end
  local tried = run(unshare .. [[ sh -c "nft 'add table inet t; add chain inet t c; add rule inet t c ct state new' &&
    ip link add a0 type veth peer name r0 && echo 1 > /proc/sys/net/ipv4/ip_forward &&
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding && echo yes"]])
  if tried ~= "yes" then return "no network namespaces with IPv4, IPv6 and nft" end
end

-- --------------------------------------------------------------- packets --

local function line(link, p, kind)
  return ("%s %s %s %d %s %d %s\n"):format(link, p.protocol, p.source, p.source_port, p.destination,
    p.port or p.icmp_type, kind)
end

local function order_of(p)
  local kind = p.state
  if kind == "established" then kind = p.protocol == "tcp" and "reply" or "new" end
  return line("a" .. p.input:sub(2), p, kind)
end

-- The packet that an established one answers.
local function first_of(p)
  return { protocol = p.protocol, source = p.destination, source_port = p.port, destination = p.source,
    port = p.source_port }
end

local function seeds_of(cases)
  local own, far = {}, {}
  for _, case in ipairs(cases) do
    for _, p in ipairs(case.packets) do
      if p.state == "established" and p.output then far[#far + 1] = line("a" .. p.output:sub(2), first_of(p), "new") end
      if p.state == "established" and not p.output then own[#own + 1] = line("-", first_of(p), "new") end
    end
  end
  return table.concat(own), table.concat(far)
end

-- After all else at a hook, and before it: which packets came, and which passed. Nobody answers them.
local watch = [[
table inet watch {
  chain before { type filter hook prerouting priority -100; policy accept;
%s  }
  chain input { type filter hook input priority 1000; policy drop;
%s  }
  chain forward { type filter hook forward priority 1000; policy drop;
%s  }
}
]]

local function watched(packets, prefix)
  local rules = {}
  for i, p in ipairs(packets) do
    local port = (p.protocol == "tcp" or p.protocol == "udp") and "th sport" or "@th,32,16"
    rules[i] = ('    meta l4proto %s %s %d counter comment "%s%d"\n'):format(p.protocol, port, p.source_port, prefix, i)
  end
  return table.concat(rules)
end

local function watch_of(packets)
  return watch:format(watched(packets, "came"), watched(packets, "passed"), watched(packets, "passed"))
end

local function orders_of(packets)
  local orders = {}
  for i, p in ipairs(packets) do orders[i] = order_of(p) end
  return table.concat(orders)
end

local function counter_of(rule)
  for _, statement in ipairs(rule.expr) do
    if statement.counter then return statement.counter.packets end
  end
end

-- The packets that each rule with a counter counted, by the rule's comment.
local function counts_in(json)
  local counts = {}
  for _, object in ipairs(cjson.decode(json).nftables) do
    local rule = object.rule
    local count = rule and rule.comment and counter_of(rule)
    if count then counts[rule.comment] = (counts[rule.comment] or 0) + count end
  end
  return counts
end

local function stage(folder, cases)
  for i, case in ipairs(cases) do
    write(folder .. "/" .. i .. ".nft", anchor .. case.text)
    write(folder .. "/" .. i .. ".watch", watch_of(case.packets))
    write(folder .. "/" .. i .. ".packets", orders_of(case.packets))
  end
  local own, far = seeds_of(cases)
  write(folder .. "/anchor.nft", anchor)
  write(folder .. "/seeds.own", own)
  write(folder .. "/seeds.far", far)
  write(folder .. "/scene", scene)
end

local function must(command)
  local said = run(command .. " && echo done")
  if not said:find "done$" then error(said, 0) end
end

local function play(folder, cases)
  stage(folder, cases)
  must("gcc -std=c11 -D_DEFAULT_SOURCE -o " .. folder .. "/probe spec/kernel/probe.c")
  must(("%s timeout 60 sh %s/scene %s"):format(unshare, folder, folder))
  for i, case in ipairs(cases) do
    case.json = text_of(folder .. "/" .. i .. ".json")
    case.counts = counts_in(text_of(folder .. "/" .. i .. ".counts"))
  end
end

-- --------------------------------------------------------------- reading --

local function space_of(dialect, text)
  local rules = portolan_ruleset.new(assert(readers.by_name(dialect).read(text, dialect)))
  assert.same({}, rules.unread)
  return assert(rules:space())
end

local function each_case(cases, check)
  for i, case in ipairs(cases) do
    check(case, space_of("nft", case.text), ("as text, ruleset %d\n%s"):format(i, case.text))
    check(case, space_of("nft-json", case.json), ("as JSON, ruleset %d\n%s"):format(i, case.text))
  end
end

-- What may become of a packet, and which rules it meets.
local function traced(space, packet, about)
  local ways = assert(space:trace(packet))
  assert.equal(1, #ways, about)
  return ways[1]
end

-- Whether a packet passes: true, false, or "perhaps".
local function passes(way)
  local accepted = way.verdicts[1] == "accept"
  if accepted and #way.verdicts > 1 then return "perhaps" end
  return accepted
end

-- How many packets each rule surely matches, and how many at most, by the rule's comment.
local function steps_by_comment(space, packets, about)
  local least, most = {}, {}
  for _, packet in ipairs(packets) do
    for _, step in ipairs(traced(space, packet, about).steps) do
      local comment = step.rule and step.rule.comment
      if comment then
        least[comment] = (least[comment] or 0) + (step.surely and 1 or 0)
        most[comment] = (most[comment] or 0) + 1
      end
    end
  end
  return least, most
end

describe("packet space and the kernel", function()
  local reason = why_not()
  if reason then
    pending("skipped: " .. reason)
    return
  end

  local folder = run "mktemp -d"
  local cases = {}
  for seed = 1, RULESETS do cases[seed] = kernel_rulesets.random(seed, PACKETS) end
  setup(function() play(folder, cases) end)
  teardown(function() run("rm -rf " .. folder) end)

  it("have seen every packet, once", function()
    for _, case in ipairs(cases) do
      for i, packet in ipairs(case.packets) do assert.equal(1, case.counts["came" .. i], order_of(packet)) end
    end
  end)

  it("let the same packets pass", function()
    local sure, perhaps = 0, 0
    each_case(cases, function(case, space, about)
      for i, packet in ipairs(case.packets) do
        local passed = passes(traced(space, packet, about))
        if passed ~= "perhaps" then
          sure = sure + 1
          assert.equal(case.counts["passed" .. i] == 1, passed, order_of(packet) .. about)
        else
          perhaps = perhaps + 1
        end
      end
    end)
    assert.is_true(sure > 10 * perhaps)
  end)

  it("lead them through the same rules", function()
    each_case(cases, function(case, space, about)
      local least, most = steps_by_comment(space, case.packets, about)
      for comment, count in pairs(case.counts) do
        local low, high = least[comment] or 0, most[comment] or 0
        local agreed = not comment:find "^r" or count >= low and count <= high
        assert.is_true(agreed, ("%s: %d to %d, not %d, %s"):format(comment, low, high, count, about))
      end
    end)
  end)

  it("agree that no packet comes to a rule that is hidden, never matches or is not reached", function()
    local met = 0
    local idle = { hidden = true, never = true, unreached = true }
    each_case(cases, function(case, space, about)
      for _, fact in ipairs(assert(space:facts())) do
        local count = idle[fact.kind] and case.counts[fact.rule.comment]
        if count then
          met = met + 1
          assert.equal(0, count, fact.kind .. " " .. fact.rule.comment .. " " .. about)
        end
      end
    end)
    assert.is_true(met > 0)
  end)
end)
