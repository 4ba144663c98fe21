--- Service names as nft variables.
--
--    define tcp_ssh = 22
--    define tcp_sql_net = { 66, 150 }
--    define udp_x11 = 6000-6063
--
-- A variable is TRANSPORT_NAME, so that none begins with a digit or is one of nft's own words; each character of a
-- name other than a letter or a digit is "_". What then has one variable has all the ports of both. A record
-- without a transport gives a variable for each. Used as `tcp dport $tcp_ssh` (nft(8), "Symbolic variables").
-- @module portolan.writers.nft_defines

local nft_defines = { name = "nft", title = "nft variables" }

local transports = { "tcp", "udp", "sctp", "dccp" }

local function variable(name, transport)
  return transport .. "_" .. name:gsub("[^%w]", "_")
end

-- The spans of each variable, and the variables in the records' order.
local function collected(records)
  local spans, order = {}, {}
  local function add(name, span)
    if not spans[name] then
      spans[name] = {}
      order[#order + 1] = name
    end
    table.insert(spans[name], span)
  end
  for _, record in ipairs(records) do
    for _, transport in ipairs(record.transport and { record.transport } or transports) do
      if record.name and record.first then
        add(variable(record.name, transport), { record.first, record.last })
      end
    end
  end
  return spans, order
end

-- Sorted, apart: a set of nft's may not have overlapping elements.
local function joined(spans)
  table.sort(spans, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
  local list = {}
  for _, span in ipairs(spans) do
    local before = list[#list]
    if before and span[1] <= before[2] then
      before[2] = math.max(before[2], span[2])
    else
      list[#list + 1] = { span[1], span[2] }
    end
  end
  return list
end

local function value(spans)
  local parts = {}
  for i, span in ipairs(joined(spans)) do
    parts[i] = span[1] == span[2] and ("%d"):format(span[1]) or ("%d-%d"):format(span[1], span[2])
  end
  return #parts == 1 and parts[1] or "{ " .. table.concat(parts, ", ") .. " }"
end

--- A line `define NAME = VALUE` for each name and transport; records without a name or a port have none.
-- @tparam {record,...} records
-- @treturn string
function nft_defines.write(records)
  local spans, order = collected(records)
  local lines = {}
  for i, name in ipairs(order) do lines[i] = ("define %s = %s\n"):format(name, value(spans[name])) end
  return table.concat(lines)
end

return nft_defines
