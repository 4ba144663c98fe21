--- A validator of JSON Schema for the specs: the keywords that the schemas at hand use, and no others.
--
--    local faults = json_schema.faults(schema, cjson.decode(text))     --> { "findings/1/id: required" ... }

local cjson = require "cjson"
local json = require "portolan.json"

local json_schema = {}

local validate -- (run, schema, value, path)

local function fault(run, path, message)
  run.faults[#run.faults + 1] = path .. ": " .. message
end

local function is_whole(value)
  return type(value) == "number" and value % 1 == 0
end

local function is_array(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

local is_of = {
  object = function(value) return type(value) == "table" and value[1] == nil end,
  array = is_array,
  string = function(value) return type(value) == "string" end,
  integer = is_whole,
  boolean = function(value) return type(value) == "boolean" end,
  number = function(value) return type(value) == "number" end,
}

local keywords = {}

keywords["type"] = function(run, name, value, path)
  if not is_of[name](value) then fault(run, path, "not of type " .. name) end
end

function keywords.const(run, expected, value, path)
  if value ~= expected then fault(run, path, "not " .. tostring(expected)) end
end

function keywords.enum(run, values, value, path)
  for _, one in ipairs(values) do
    if one == value then return end
  end
  fault(run, path, "not in the enum: " .. tostring(value))
end

function keywords.required(run, names, value, path)
  for _, name in ipairs(names) do
    if type(value) == "table" and value[name] == nil then fault(run, path .. "/" .. name, "required") end
  end
end

function keywords.properties(run, properties, value, path)
  for name, schema in pairs(properties) do
    if type(value) == "table" and value[name] ~= nil then validate(run, schema, value[name], path .. "/" .. name) end
  end
end

function keywords.additionalProperties(run, allowed, value, path, schema)
  for name, item in pairs(type(value) == "table" and value or {}) do
    local at = path .. "/" .. tostring(name)
    local known = (schema.properties or {})[name]
    if not known and not allowed then fault(run, at, "not known") end
    if not known and type(allowed) == "table" then validate(run, allowed, item, at) end
  end
end

function keywords.items(run, schema, value, path)
  for i, item in ipairs(is_array(value) and value or {}) do validate(run, schema, item, ("%s/%d"):format(path, i)) end
end

function keywords.minItems(run, least, value, path)
  if #value < least then fault(run, path, "too few items") end
end

function keywords.uniqueItems(run, asked, value, path)
  local seen = {}
  for _, item in ipairs(asked and value or {}) do
    local text = json.encode(item)
    if seen[text] then fault(run, path, "an item twice") end
    seen[text] = true
  end
end

function keywords.maxItems(run, most, value, path)
  if #value > most then fault(run, path, "too many items") end
end

function keywords.minimum(run, least, value, path)
  if type(value) ~= "number" or value < least then fault(run, path, "too small") end
end

function keywords.maximum(run, most, value, path)
  if type(value) ~= "number" or value > most then fault(run, path, "too large") end
end

function keywords.minLength(run, least, value, path)
  if type(value) ~= "string" or #value < least then fault(run, path, "too short") end
end

-- The patterns used are dates and digits alone.
function keywords.pattern(run, pattern, value, path)
  local lua = pattern:gsub("%-", "%%-"):gsub("%[0%%%-9%]{(%d)}", function(count) return ("%d"):rep(tonumber(count)) end)
  if type(value) ~= "string" or not value:find(lua) then fault(run, path, "does not fit " .. pattern) end
end

local formats = {
  ["uri-reference"] = function(text) return not text:gsub("%%%x%x", ""):find "[^%w%-._~:/?#%[%]@!$&'()*+,;=]" end,
  uri = function(text) return text:find "^%a[%w+.-]*:" ~= nil end,
  ["date-time"] = function(text) return text:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d" ~= nil end,
}

function keywords.format(run, name, value, path)
  if not formats[name](value) then fault(run, path, "no " .. name) end
end

local function count_fitting(run, schemas, value)
  local count = 0
  for _, schema in ipairs(schemas) do
    local own = { root = run.root, faults = {} }
    validate(own, schema, value, "")
    if #own.faults == 0 then count = count + 1 end
  end
  return count
end

function keywords.anyOf(run, schemas, value, path)
  if count_fitting(run, schemas, value) == 0 then fault(run, path, "fits none") end
end

function keywords.oneOf(run, schemas, value, path)
  if count_fitting(run, schemas, value) ~= 1 then fault(run, path, "fits none, or several") end
end

function keywords.allOf(run, schemas, value, path)
  for _, schema in ipairs(schemas) do validate(run, schema, value, path) end
end

keywords["$ref"] = function(run, reference, value, path)
  local at = run.root
  for name in reference:gmatch "/([^/]+)" do at = assert(at[name], reference) end
  validate(run, at, value, path)
end

local words = { ["$schema"] = true, ["$defs"] = true, definitions = true, id = true, title = true,
  description = true, default = true }

function validate(run, schema, value, path)
  for keyword, argument in pairs(schema) do
    if not words[keyword] then
      local check = assert(keywords[keyword], "no such keyword here: " .. keyword)
      if value ~= cjson.null then check(run, argument, value, path, schema) else fault(run, path, "null") end
    end
  end
end

--- What a schema has against a value.
-- @tparam table schema
-- @param value
-- @treturn {string,...} sorted
function json_schema.faults(schema, value)
  local run = { root = schema, faults = {} }
  validate(run, schema, value, "")
  table.sort(run.faults)
  return run.faults
end

return json_schema
