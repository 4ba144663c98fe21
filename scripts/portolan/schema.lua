--- Documents checked against a form, with every fault told at its place.
--
--    local form = { type = "map", fields = {
--      name  = { type = "string", required = true },
--      ports = { type = "ports" },
--      deny  = { type = "list", of = { type = "string" }, single = true },
--    } }
--    local value, message, detail = schema.read(text, "my.yaml", form)
--
-- A form is a table with a `type` of those below and, for any type: `default`, the value where there is none;
-- `required`; `name`, what messages call it, if not its key; `check`, a function(value) that returns what is wrong, or
-- nil. A key with nothing after it is a key left out. What comes back is plain tables without positions; a map
-- form that says `placed = true` gives its value a `place`; a string instead of `true` is another name for it.
--
-- | type | its own keys | value |
-- |---|---|---|
-- | string, boolean, date | | string, boolean, "2026-11-23" |
-- | integer | min, max | number |
-- | enum | values: the words | string |
-- | ports | | PortSet |
-- | list | of: a form; single: one value stands for a list of one; forgiving: an item with faults is `{ fault = the
--   first, place = }` | list |
-- | map | fields: form by key; or keys: a form and of: a form; short: the key that a lone scalar stands for | table |
-- @module portolan.schema

local nearest = require "portolan.nearest"
local portolan = require "portolan"
local yaml = require "portolan.yaml"

local schema = {}

local kinds = {
  map = "a map", list = "a list", string = "text", integer = "a whole number", number = "a number",
  boolean = "true or false", null = "nothing",
}

local function fault(document, node, message, ...)
  local line = message:format(...):gsub("%c", " ")
  document.faults[#document.faults + 1] = { line = node.line, column = node.column, message = line }
end

local function shown(node)
  if not node.text then return kinds[node.kind] end
  local text = node.text:gsub("%c", " ")
  return "'" .. (#text > 40 and text:sub(1, 37) .. "..." or text) .. "'"
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function words(list)
  return table.concat(list, ", ")
end

local types = {}

local function wants(document, node, name, what)
  fault(document, node, "%s must be %s, not %s", name, what, shown(node))
end

function types.string(document, node, _, name)
  if node.kind == "string" then return node.value end
  local quoted = node.text and " (in quotes it is text)" or ""
  fault(document, node, "%s must be text, not %s%s", name, shown(node), quoted)
end

function types.boolean(document, node, _, name)
  if node.kind == "boolean" then return node.value end
  wants(document, node, name, "true or false")
end

local function bounds(form)
  if form.min and form.max then return (" from %d to %d"):format(form.min, form.max) end
  return form.min and (", %d or more"):format(form.min) or form.max and (", at most %d"):format(form.max) or ""
end

function types.integer(document, node, form, name)
  local value = node.kind == "integer" and node.value
  if value and value >= (form.min or value) and value <= (form.max or value) then return value end
  wants(document, node, name, "a whole number" .. bounds(form))
end

function types.enum(document, node, form, name)
  for _, word in ipairs(form.values) do
    if node.text == word then return word end
  end
  local hint = node.text and nearest.hint(node.text, form.values) or ""
  if #form.values > 12 and hint ~= "" then return fault(document, node, "no %s %s%s", name, shown(node), hint) end
  fault(document, node, "%s must be one of %s, not %s%s", name, words(form.values), shown(node), hint)
end

function types.ports(document, node, _, name)
  local value = node.text
  if not value or node.kind == "null" then return wants(document, node, name, "ports such as 'tcp/22, 8000-8010'") end
  local set, message, detail = portolan.ports(value)
  if set then return set end
  local column = node.column + (node.lead and detail.column and node.lead + detail.column - 1 or 0)
  fault(document, { line = node.line, column = column }, "%s", (message:gsub("^ports:%d+:%d+: ", "")))
end

local days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_in(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or days[month] or 0
end

function types.date(document, node, _, name)
  local year, month, day = (node.text or ""):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  if year and tonumber(day) >= 1 and tonumber(day) <= days_in(tonumber(year), tonumber(month)) then
    return node.text
  end
  wants(document, node, name, "a date such as 2026-11-23")
end

local check -- (document, node, form, name)

local function by_position(a, b)
  if a.line ~= b.line then return a.line < b.line end
  if a.column ~= b.column then return a.column < b.column end
  return a.message < b.message
end

local function located(document, found)
  return ("%s:%d:%d: %s"):format(document.source, found.line, found.column, found.message)
end

local function place_key(form)
  return type(form.placed) == "string" and form.placed or "place"
end

local function place_of(document, node)
  return { source = document.source, line = node.line, column = node.column }
end

-- The first fault of an item instead of the item; the faults of the document stay as they were.
local function forgiven(document, node, form, name)
  local own = { source = document.source, faults = {} }
  local value = check(own, node, form, name)
  if #own.faults == 0 then return value end
  table.sort(own.faults, by_position)
  return { fault = located(document, own.faults[1]), [place_key(form)] = place_of(document, node) }
end

function types.list(document, node, form, name)
  local items = node.items or form.single and { node }
  if not items then return wants(document, node, name, "a list") end
  local list, item_of = {}, form.forgiving and forgiven or check
  for _, item in ipairs(items) do list[#list + 1] = item_of(document, item, form.of, name) end
  return list
end

local function unknown_key(document, key, fields, name)
  local known = sorted_keys(fields)
  local hint = nearest.hint(key.text, known)
  if hint == "" then hint = "; there are " .. words(known) end
  fault(document, key, "%s has no key %s%s", name, shown(key), hint)
end

local function written(node)
  local by_key = {}
  for _, entry in ipairs(node.entries) do
    if entry.value.kind ~= "null" then by_key[entry.key.text] = entry.value end
  end
  return by_key
end

local function fields_of(document, node, form, name)
  for _, entry in ipairs(node.entries) do
    if not form.fields[entry.key.text] then unknown_key(document, entry.key, form.fields, name) end
  end
  local value, given = {}, written(node)
  for _, key in ipairs(sorted_keys(form.fields)) do
    local field = form.fields[key]
    if given[key] then
      value[key] = check(document, given[key], field, key)
    else
      value[key] = field.default
      if field.required then fault(document, node, "%s needs '%s'", name, key) end
    end
  end
  return value
end

local function entries_of(document, node, form)
  local value = {}
  for _, entry in ipairs(node.entries) do
    local key = entry.key.text
    if form.keys then key = check(document, entry.key, form.keys, "key") end
    if key and entry.value.kind ~= "null" then value[key] = check(document, entry.value, form.of, key) end
  end
  return value
end

local function as_map(node, short)
  local key = { kind = "string", text = short, value = short, line = node.line, column = node.column }
  return { kind = "map", line = node.line, column = node.column, entries = { { key = key, value = node } } }
end

function types.map(document, node, form, name)
  if node.text and node.kind ~= "null" and form.short then node = as_map(node, form.short) end
  if not node.entries then return wants(document, node, name, "a map of keys and values") end
  local value = (form.fields and fields_of or entries_of)(document, node, form, name)
  if form.placed then value[place_key(form)] = place_of(document, node) end
  return value
end

function check(document, node, form, name)
  local before = #document.faults
  local value = types[form.type](document, node, form, form.name or name)
  if form.check and #document.faults == before then
    local wrong = form.check(value)
    if wrong then fault(document, node, "%s", wrong) end
  end
  return value
end

local function refuse(document)
  table.sort(document.faults, by_position)
  for _, found in ipairs(document.faults) do
    found.message = located(document, found)
  end
  local first = document.faults[1]
  return nil, first.message,
    { code = "syntax", source = document.source, line = first.line, column = first.column, errors = document.faults }
end

--- Read a document by a form.
-- @tparam string text YAML
-- @tparam string source the document's name, for messages
-- @tparam table form
-- @return[1] the value
-- @return[2] nil, the first fault as "source:line:column: message", and
--   { code = "syntax", source =, line =, column =, errors = { { line =, column =, message = }... } },
--   where `errors` are all faults by position
function schema.read(text, source, form)
  local node, message, detail = yaml.read(text, source)
  if not node then
    detail.errors = { { line = detail.line, column = detail.column, message = message } }
    return nil, message, detail
  end
  if node.kind == "null" then node.kind, node.entries = "map", {} end
  local document = { source = source, faults = {} }
  local value = check(document, node, form, "the document")
  if #document.faults > 0 then return refuse(document) end
  return value
end

--- Read a file by a form.
-- @tparam string path
-- @tparam table form
-- @return[1] the value
-- @return[2] nil, message, detail as from `read`; detail.code is "io" where the file cannot be read
function schema.load(path, form)
  local file, reason = io.open(path, "rb")
  local text = file and file:read "*a"
  if file then file:close() end
  if not text then
    return nil, reason or path .. ": not a file that can be read", { code = "io", source = path, errors = {} }
  end
  return schema.read(text, path, form)
end

return schema
