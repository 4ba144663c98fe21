--- The records of a registry, read once, and in the groups that rules speak of.
--
--    local catalogue = catalogue.new(registry)
--    catalogue.records                    -- all, in the registry's order
--    catalogue.by_name["http-alt"]        -- those of a name, in lower case
--    catalogue.by_port[1]                 -- those of the first ports and transport that somebody has a name for
--
-- A record stands in one group by its name and in one by its ports and transport as written; groups come in the
-- order of their first records.
-- @module portolan.catalogue

local span = require "portolan.span"

local catalogue = {}

--- What a record is called in a message.
-- @tparam table record
-- @treturn string "http-alt 8080/tcp", "dccp-ping dccp, without a port", "unassigned 4-6"
function catalogue.label(record)
  local name = record.name or record.status
  if record.first then return name .. " " .. span.record(record) end
  return name .. (record.transport and " " .. record.transport or "") .. ", without a port"
end

--- The first of some texts, and how many more there are.
-- @tparam {string,...} texts
-- @tparam ?number most how many are written out; 8 if not given
-- @treturn string "http, www and 3 more"
function catalogue.listed(texts, most)
  local more = #texts - (most or 8)
  local first = table.concat(texts, ", ", 1, math.min(#texts, most or 8))
  return more > 0 and ("%s and %d more"):format(first, more) or first
end

--- What records are called, each once.
-- @tparam {record,...} records
-- @tparam ?number most as for `listed`
-- @treturn string "http-alt 8080/tcp, ssh 22/tcp and 2 more"
function catalogue.labels(records, most)
  local texts, seen = {}, {}
  for _, record in ipairs(records) do
    local label = catalogue.label(record)
    if not seen[label] then seen[label], texts[#texts + 1] = true, label end
  end
  return catalogue.listed(texts, most)
end

--- Put records into groups.
-- @tparam {record,...} records
-- @tparam function key_of gives a string, or nil for a record that belongs nowhere
-- @treturn {{record,...},...} each group with its `key`; and by its key
function catalogue.grouped(records, key_of)
  local groups, by_key = {}, {}
  for _, record in ipairs(records) do
    local key = key_of(record)
    if key and not by_key[key] then
      by_key[key] = { key = key }
      groups[#groups + 1] = by_key[key]
    end
    if key then table.insert(by_key[key], record) end
  end
  return groups, by_key
end

--- The distinct values of a field, as they are first written.
-- @tparam {record,...} records
-- @tparam string field
-- @treturn {string,...}
function catalogue.distinct(records, field)
  local values, seen = {}, {}
  for _, record in ipairs(records) do
    local value = record[field]
    if value and not seen[value] then
      seen[value], values[#values + 1] = true, value
    end
  end
  return values
end

local function name_of(record)
  return record.name and record.name:lower()
end

local function port_of(record)
  return record.name and record.first and ("%d-%d/%s"):format(record.first, record.last, record.transport or "")
end

--- Read a registry.
-- @tparam Registry registry
-- @treturn table `records`; `names`, groups of the same name; `by_name`, these by name in lower case; `by_port`,
--   groups of named records with the same ports and transport
function catalogue.new(registry)
  local records = {}
  for record in registry:records() do records[#records + 1] = record end
  local names, by_name = catalogue.grouped(records, name_of)
  return { records = records, names = names, by_name = by_name, by_port = (catalogue.grouped(records, port_of)) }
end

return catalogue
