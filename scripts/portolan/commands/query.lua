--- portolan query: the records for which all conditions hold.
-- @module portolan.commands.query

local listing = require "portolan.listing"
local schema = require "portolan.schema"
local source = require "portolan.source"

local query = {
  name = "query",
  summary = "Records by any field.",
  example = "portolan query --transport udp --reference 'RFC7*' --registered-from 2020",
}

-- key, what it takes, help
local fields = {
  { "name", "string", "A name or a glob." },
  { "ports", "ports", "Records that have one of these ports: 'tcp/22, 6000-6063'." },
  { "transport", "list", "tcp, udp, sctp, dccp; may be repeated." },
  { "status", "list", "assigned, reserved, unassigned, private, deregistered, other; may be repeated." },
  { "range", "list", "system, user, dynamic; may be repeated." },
  { "description", "string", "Text within the description." },
  { "assignee", "string", "A label of the assignee, or a glob." },
  { "contact", "string", "A label of the contact, or a glob." },
  { "reference", "string", "A reference such as RFC6335, or a glob." },
  { "registered", "string", "A date, month or year." },
  { "registered_from", "string", "Not before this date." },
  { "registered_until", "string", "Not after this date." },
  { "modified", "string", "A date, month or year." },
  { "modified_from", "string", "Not before this date." },
  { "modified_until", "string", "Not after this date." },
  { "service_code", "string", "A DCCP service code." },
  { "unauthorized", "string", "Text within the report of unauthorized use." },
  { "note", "string", "Text within the assignment notes." },
  { "has", "list", "A field that must be there; may be repeated." },
  { "lacks", "list", "A field that must not be there; may be repeated." },
  { "limit", "integer", "At most so many." },
}

local function flag(key) return "--" .. key:gsub("_", "-") end

function query.options(parser)
  for _, field in ipairs(fields) do
    local option = parser:option(flag(field[1]), field[3]):target(field[1]):argname(field[1]:upper())
    if field[2] == "list" then option:count "*" end
    if field[2] == "integer" then option:convert(tonumber) end
  end
  parser:option("-c --config", "A YAML file with the same keys, '_' for '-'; flags go before it."):argname "FILE"
  source.option(parser)
  source.layer_options(parser)
  listing.option(parser)
end

-- The same fields as a form for schema.load.
local function form()
  local keys = {}
  for _, field in ipairs(fields) do
    keys[field[1]] = field[2] == "list" and { type = "list", of = { type = "string" }, single = true }
      or { type = field[2] }
  end
  return { type = "map", fields = keys }
end

local function from_config(path)
  if not path then return {} end
  return schema.load(path, form())
end

function query.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local spec, trouble = from_config(arguments.config)
  if not spec then return nil, trouble end
  for _, field in ipairs(fields) do
    local value = arguments[field[1]]
    if value and (type(value) ~= "table" or #value > 0) then spec[field[1]] = value end
  end
  local ok, records = pcall(registry.query, registry, spec)
  if not ok then return nil, (records:gsub("^.-bad argument #1 to 'query' %((.*)%)$", "%1")) end
  return listing.show(records, arguments, terminal)
end

return query
