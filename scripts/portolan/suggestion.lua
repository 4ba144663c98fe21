--- Ports to ask for instead, each with its reasons.
--
--    suggestion.ports { registry = registry, uses = layered, near = 8080 }
--        --> { { port = 7989, reasons = { "unassigned on every transport", ... } }, ... }
--
-- A port is suggested that IANA has assigned on no transport, that no layer has a use for, that nobody was reported
-- to use without registration, and whose neighbours are the same. Ranges come first as they come nearest.
-- @module portolan.suggestion

local known_use = require "portolan.known_use"

local suggestion = {}

local function mark(avoid, ports)
  for first, last in ports:spans() do
    for port = first - 1, last + 1 do avoid[port] = true end
  end
end

local function ports_to_avoid(registry, uses)
  local avoid = {}
  for _, layer in ipairs(uses and uses:names() or {}) do
    if layer ~= "iana" then mark(avoid, uses:ports_of(layer)) end
  end
  for _, record in ipairs(registry:query { has = "unauthorized" }) do
    if record.first then mark(avoid, known_use.ports(record)) end
  end
  return avoid
end

-- The port of a block that is nearest to `near` and may be used, or the lowest where nothing is near.
local function pick(block, near, avoid)
  local best
  for port = block.first, block.last do
    local nearer = best and near and math.abs(port - near) < math.abs(best - near)
    if not avoid[port] and (not best or nearer) then best = port end
  end
  return best
end

local function counted(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

local function reasons_for(port, block, near)
  local reasons = { "unassigned on every transport" }
  if near then reasons[2] = ("%d away from the port wished for"):format(math.abs(port - near)) end
  local free = block.count == 1 and "the only free port there"
    or ("in a block of %s, %d-%d"):format(counted(block.count, "free port"), block.first, block.last)
  reasons[#reasons + 1] = free
  reasons[#reasons + 1] = "nobody is known to use it or its neighbours"
  return reasons
end

local function by_distance(near)
  return function(a, b)
    if not near then return a.port < b.port end
    local x, y = math.abs(a.port - near), math.abs(b.port - near)
    if x ~= y then return x < y end
    return a.port < b.port
  end
end

-- How many blocks are looked into for one that is wanted: many lie next to uses that nobody registered.
local blocks_for_one = 10

--- Suggest ports, one of each free block.
-- @tparam table options `registry`; optional `uses`, a registry with layers (portolan.layers); `near`, a port;
--   `range`, "user" if not given; `count`, at most so many (5)
-- @treturn {table,...} `port` and `reasons`, a list of texts; the nearest first
function suggestion.ports(options)
  local list, count = {}, options.count or 5
  local avoid = ports_to_avoid(options.registry, options.uses)
  local blocks = options.registry:free { range = options.range or "user", near = options.near,
    limit = count * blocks_for_one }
  for _, block in ipairs(blocks) do
    local port = pick(block, options.near, avoid)
    if port then list[#list + 1] = { port = port, reasons = reasons_for(port, block, options.near) } end
  end
  table.sort(list, by_distance(options.near))
  for i = #list, count + 1, -1 do list[i] = nil end
  return list
end

return suggestion
