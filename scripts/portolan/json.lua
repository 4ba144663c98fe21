--- JSON: read with line and column, and written so that the same value is always the same text.
--
--    local value, message, detail = json.read('{"a": [1, null]}', "my.json")
--    json.encode({ code = "x", id = 1 }, { order = { "id", "code" } })    --> '{"id":1,"code":"x"}'
--
-- A null is `json.null`, a value of its own, so that a list keeps its places. When written, keys stand as `order`
-- has them, the others after them by alphabet (cjson cannot sort). A table with something at 1 is an array, and so
-- is one that `json.list` gave, even when empty; any other is an object. Text that is not UTF-8 is repaired
-- (RFC 8259, section 8.1).
-- @module portolan.json

local cjson = require "cjson".new()
local reader = require "portolan.reader"
local unicode = require "portolan.unicode"

cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(200)

local json = { null = cjson.null }

-- Reading ----------------------------------------------------------------------

local function lower_first(text)
  return text:sub(1, 1):lower() .. text:sub(2)
end

--- Read a document.
-- @tparam string text
-- @tparam string source the document's name, for messages
-- @return[1] the value
-- @return[2] nil, "source:line:column: message", { code = "syntax", source =, line =, column = }
function json.read(text, source)
  local parsed, value = pcall(cjson.decode, text)
  if parsed then return value end
  local what, offset = value:match "^(.*) at character (%d+)"
  local line, column = reader.position(text, tonumber(offset) or 1)
  return reader.fail(source, line, column, "not JSON: " .. lower_first(what or value))
end

local List = {}

--- The value as an array: an empty one where it is no table.
-- @treturn table the same, where it is one
function json.list(value)
  return setmetatable(type(value) == "table" and value or {}, List)
end

--- The value as a table to look into: an empty one where it is no table.
function json.object(value)
  return type(value) == "table" and value or {}
end

--- The value where it is a string.
-- @treturn[1] string
-- @return[2] nil
function json.text(value)
  return type(value) == "string" and value or nil
end

--- The value where it is a whole number, or digits.
-- @treturn[1] number
-- @return[2] nil
function json.whole(value)
  local number = type(value) == "number" and value or type(value) == "string" and tonumber(value:match "^%-?%d+$")
  if not number or number % 1 ~= 0 or math.abs(number) >= 2 ^ 53 then return nil end
  return math.floor(number)
end

-- Writing ----------------------------------------------------------------------

local short_escapes = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escape(character)
  return short_escapes[character] or ("\\u%04x"):format(character:byte())
end

local function encode_string(text)
  return '"' .. unicode.repaired(text):gsub('[%z\1-\31"\\\127]', escape) .. '"'
end

local function encode_number(number)
  if number ~= number or math.abs(number) == math.huge then error("JSON has no number " .. tostring(number), 0) end
  return number % 1 == 0 and math.abs(number) < 2 ^ 53 and ("%d"):format(number) or ("%.17g"):format(number)
end

local function sorted_keys(object, rank)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    local x, y = rank[a] or math.huge, rank[b] or math.huge
    if x ~= y then return x < y end
    return a < b
  end)
  return keys
end

local encode -- (writer, value, margin)

local function joined(writer, parts, margin, open, close)
  if #parts == 0 then return open .. close end
  if not writer.indent then return open .. table.concat(parts, ",") .. close end
  local inner = "\n" .. margin .. writer.indent
  return open .. inner .. table.concat(parts, "," .. inner) .. "\n" .. margin .. close
end

local function encode_array(writer, array, margin)
  local parts = {}
  for i, value in ipairs(array) do parts[i] = encode(writer, value, margin .. (writer.indent or "")) end
  return joined(writer, parts, margin, "[", "]")
end

local function encode_object(writer, object, margin)
  local parts, colon = {}, writer.indent and ": " or ":"
  for i, key in ipairs(sorted_keys(object, writer.rank)) do
    parts[i] = encode_string(key) .. colon .. encode(writer, object[key], margin .. (writer.indent or ""))
  end
  return joined(writer, parts, margin, "{", "}")
end

local encoders = {
  string = function(_, text) return encode_string(text) end,
  number = function(_, number) return encode_number(number) end,
  boolean = function(_, value) return tostring(value) end,
  table = function(writer, value, margin)
    local is_array = value[1] ~= nil or getmetatable(value) == List
    return (is_array and encode_array or encode_object)(writer, value, margin)
  end,
}

function encode(writer, value, margin)
  if value == json.null then return "null" end
  local encoder = encoders[type(value)] or error("JSON has no " .. type(value), 0)
  return encoder(writer, value, margin)
end

--- Write a value.
-- @param value a string, finite number, boolean, json.null, or table of them; object keys are strings
-- @tparam ?table options `order`, a list of keys; `indent`, a text for each level, on one line if not given
-- @treturn string
function json.encode(value, options)
  options = options or {}
  local rank = {}
  for i, key in ipairs(options.order or {}) do rank[key] = i end
  return encode({ rank = rank, indent = options.indent }, value, "")
end

--- The value where it is a string or a whole number.
-- @treturn[1] string|number
-- @return[2] nil
function json.word(value)
  return json.text(value) or json.whole(value)
end

--- A value that `read` gave, as one line of JSON, keys in order. A number too large to be one is not written.
-- @treturn string
function json.show(value)
  local shown, text = pcall(json.encode, value)
  return shown and text or "JSON with a number too large"
end

return json
