--- A selection of ports by what the registry and the tags say of them: the entries of a policy.
--
--    local context = { registry = registry, tags = tags }
--    selection.ports(context, { service = { "telnet" }, ports = portolan.ports "tcp" })    --> tcp/23
--    selection.form(context, { severity = ... })                   --> a form for portolan.schema
--
-- An entry means the ports that all of its keys name; several values of one key are any of them.
-- @module portolan.selection

local nearest = require "portolan.nearest"
local portolan = require "portolan"
local span = require "portolan.span"

local selection = {}

--- What may select.
selection.keys = { "service", "ports", "tag", "status", "reference", "owner" }

local ports_named = {}

local function union(list, of)
  local set = portolan.ports {}
  for _, word in ipairs(list) do set = set + of(word) end
  return set
end

function ports_named.service(context, names)
  return union(names, function(name) return span.of_records(context.registry:named(name)) end)
end

function ports_named.ports(_, set)
  return set
end

function ports_named.tag(context, names)
  return union(names, function(tag) return context.tags:ports(tag) end)
end

function ports_named.status(context, words)
  return context.registry:ports { status = words }
end

function ports_named.reference(context, labels)
  return union(labels, function(label) return span.of_records(context.registry:query { reference = label }) end)
end

-- The registry writes "Example_Organisation", people a blank.
local function held_by(registry, owner)
  local label = owner:gsub("%s", "?")
  return span.of_records(registry:query { assignee = label }) + span.of_records(registry:query { contact = label })
end

function ports_named.owner(context, owners)
  return union(owners, function(owner) return held_by(context.registry, owner) end)
end

--- The ports of an entry.
-- @tparam table context `registry`, `tags`
-- @tparam table entry as its form gives it
-- @treturn PortSet
function selection.ports(context, entry)
  local set = portolan.ports "*"
  for _, key in ipairs(selection.keys) do
    if entry[key] then set = set * ports_named[key](context, entry[key]) end
  end
  return set
end

local function by_port(a, b)
  if a.first ~= b.first then return (a.first or 65536) < (b.first or 65536) end
  return a.id < b.id
end

-- Names that begin alike, the better known first: those of lower ports.
local function names_near(registry, name)
  local records, names = registry:starting(name:sub(1, 1)), {}
  table.sort(records, by_port)
  for i, record in ipairs(records) do names[i] = record.name end
  return names
end

local function unknown_service(registry, name)
  if #registry:named(name) > 0 then return nil end
  return ("the registry has no service '%s'%s"):format(name, nearest.hint(name, names_near(registry, name)))
end

local function unknown_owner(registry, owner)
  if held_by(registry, owner):count() > 0 then return nil end
  return ("the registry has no port of an assignee or contact '%s'; * stands for any letters"):format(owner)
end

local function has_key(entry)
  for _, key in ipairs(selection.keys) do
    if entry[key] then return true end
  end
  return false
end

local function means_nothing(context, entry)
  if not has_key(entry) then return "an entry needs one of " .. table.concat(selection.keys, ", ") end
  if selection.ports(context, entry):count() == 0 then return "no port is all that this entry asks for" end
end

local function list_of(form)
  return { type = "list", single = true, of = form }
end

--- The form of a list of entries, each with a `reason`, its `references` and its `place`.
-- @tparam table context `registry`, `tags`
-- @tparam table more forms of further keys, by key
-- @treturn table
function selection.form(context, more)
  local registry = context.registry
  local fields = {
    service = list_of { type = "string", check = function(name) return unknown_service(registry, name) end },
    ports = { type = "ports" },
    tag = list_of { type = "enum", values = context.tags.names },
    status = list_of { type = "enum", values = { "assigned", "reserved", "unassigned", "dynamic" } },
    reference = list_of { type = "string" },
    owner = list_of { type = "string", check = function(owner) return unknown_owner(registry, owner) end },
    reason = { type = "string", required = true },
    references = list_of { type = "string" },
  }
  for key, form in pairs(more) do fields[key] = form end
  return { type = "list", default = {}, of = {
    type = "map", name = "an entry", placed = true, fields = fields,
    check = function(entry) return means_nothing(context, entry) end,
  } }
end

return selection
