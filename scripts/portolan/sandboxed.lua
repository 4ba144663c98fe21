--- What stands around an untrusted chunk inside the sandbox: it is called with its input, and what it returns
-- becomes JSON.
--
-- Not a module: portolan.sandbox sends this text to the program portolan-sandbox, with the chunk, its name and its
-- input. All that is used here is taken before the chunk runs, which may change every table that it reaches; what it
-- returns is still anybody's, and for the host to judge.

local source, name, input = ...
local load, error, next, type, concat, format, gsub, byte, huge = load, error, next, type, table.concat, string.format,
  string.gsub, string.byte, math.huge

local deepest = 50

local encode

local function escaped(character)
  return format("\\u%04x", byte(character))
end

local function encode_string(text)
  return '"' .. gsub(text, '[%c"\\]', escaped) .. '"'
end

local function encode_number(number)
  if number ~= number or number == huge or number == -huge then error("a number that JSON has not", 0) end
  return format(number % 1 == 0 and number > -2 ^ 53 and number < 2 ^ 53 and "%.0f" or "%.17g", number)
end

local function encode_list(list, depth)
  local parts = {}
  for i = 1, #list do parts[i] = encode(list[i], depth) end
  return "[" .. concat(parts, ",") .. "]"
end

local function encode_object(object, depth)
  local parts = {}
  for key, value in next, object do
    if type(key) == "string" then parts[#parts + 1] = encode_string(key) .. ":" .. encode(value, depth) end
  end
  return "{" .. concat(parts, ",") .. "}"
end

local encoders = {
  string = encode_string, number = encode_number,
  boolean = function(value) return value and "true" or "false" end,
  ["nil"] = function() return "null" end,
  table = function(value, depth)
    if depth > deepest then error("tables nested too deep", 0) end
    return (value[1] ~= nil and encode_list or encode_object)(value, depth + 1)
  end,
}

function encode(value, depth)
  local encoder = encoders[type(value)] or error("a result is data, and no " .. type(value), 0)
  return encoder(value, depth)
end

local chunk, message = load(source, "@" .. name)
if not chunk then error(message, 0) end
local result = chunk(input)
if type(result) ~= "table" then error(name .. ": a table must be returned", 0) end
return encode(result, 1)
