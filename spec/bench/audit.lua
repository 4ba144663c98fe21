-- What an audit costs: iptables-save rules at random, read and judged by the policy internet-edge.
local audit = require "portolan.audit"
local policies = require "portolan.policy"
local portolan = require "portolan"
local readers = require "portolan.readers"
local ruleset = require "portolan.ruleset"

local registry = portolan.open()
local policy = assert(policies.load("data/policies/internet-edge.yaml", { registry = registry }))

local state = 7
local function dice(n)
  state = (state * 16807) % 2147483647
  return state % n
end

local function rule()
  local protocol = dice(2) == 0 and "tcp" or "udp"
  return ("-A INPUT -s %d.%d.%d.0/24 -p %s -m %s --dport %d -j %s\n"):format(1 + dice(223), dice(256), dice(256), protocol,
    protocol, dice(65536), dice(4) == 0 and "DROP" or "ACCEPT")
end

local function rules(n)
  local lines = { "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n" }
  for i = 1, n do lines[i + 1] = rule() end
  return table.concat(lines) .. "COMMIT\n"
end

local function peak_megabytes()
  local file = io.open "/proc/self/status"
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return (tonumber(text:match "VmHWM:%s*(%d+)") or 0) / 1024
end

for _, case in ipairs { { 10000, 1 }, { 100000, 15 } } do
  local text = rules(case[1])
  local from = os.clock()
  local tables = assert(readers.by_name "iptables-save".read(text, "bench", {}))
  local read = os.clock() - from
  local findings = audit.run { ruleset = ruleset.new(tables), registry = registry, policy = policy, today = "2026-01-01" }
  local took = os.clock() - from
  print(("audit of %6d rules: %6.2f s, of which reading %5.2f s; target %4.1f s   %s; peak %4.0f MB, %d findings")
    :format(case[1], took, read, case[2], took <= case[2] and "met" or "MISSED", peak_megabytes(), #findings))
end
