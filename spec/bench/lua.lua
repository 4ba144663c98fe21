-- How fast the Lua API is, under whichever interpreter runs this; targets by interpreter.
local portolan = require "portolan"

local registry = assert(portolan.open())
local jit_running = rawget(_G, "jit") ~= nil
local ports = {}
local state = 1
for i = 1, 4096 do
  state = (state * 16807) % 2147483647
  ports[i] = state % 49152
end
local common = { 22, 25, 53, 80, 110, 143, 443, 993, 3306, 5432, 6010, 8080 }

local function best(rounds, n, run)
  local least = math.huge
  for _ = 1, rounds do
    local from = os.clock()
    run(n)
    least = math.min(least, (os.clock() - from) / n * 1e9)
  end
  return least
end

local function show(what, ns, target)
  print(("%-46s %9.1f ns   target %8.1f ns   %s"):format(what, ns, target,
    ns <= target and "met" or "MISSED"))
end

local sink = 0

local name = best(15, 2000000, function(n)
  local count = 0
  for i = 1, n do
    if registry:name(ports[i % 4096 + 1], "tcp") then count = count + 1 end
  end
  sink = sink + count
end)

local lookup = best(15, 200000, function(n)
  local count = 0
  for i = 1, n do count = count + #registry:lookup(common[i % 12 + 1], "tcp") end
  sink = sink + count
end)

local label = jit_running and "LuaJIT: " or "Lua 5.4: "
show(label .. "registry:name(port, transport)", name, jit_running and 15 or 120)
show(label .. "registry:lookup(port, transport)", lookup, jit_running and 200 or 600)
