--- Statements of nft's JSON, written as nft writes them.
--
--    nft_syntax.statement{ match = { op = "==", left = { payload = { protocol = "tcp", field = "dport" } },
--                                    right = 22 } }      --> "tcp dport 22"
--
-- For people to read; what has no form here is its JSON, keys in order, so no text depends on chance. Any
-- decoded JSON may come in.
--
-- Source: libnftables-json(5), nft(8).
-- @module portolan.grammar.nft_syntax

local cjson = require "cjson"

local nft_syntax = {}

local null = cjson.null

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  return keys
end

local function each(list, write, separator)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = write(value) end
  return table.concat(parts, separator)
end

--- JSON without blanks, keys in order.
-- @param value decoded by lua-cjson
-- @treturn string
function nft_syntax.json(value)
  if type(value) == "number" then return ("%.14g"):format(value) end
  if type(value) ~= "table" then return cjson.encode(value) end
  if value[1] ~= nil then return "[" .. each(value, nft_syntax.json, ",") .. "]" end
  local function member(key) return cjson.encode(key) .. ":" .. nft_syntax.json(value[key]) end
  return "{" .. each(sorted_keys(value), member, ",") .. "}"
end

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

local expression

local function scalar(value)
  if type(value) == "number" then return ("%.14g"):format(value) end
  if value == true then return "exists" end
  if value == false then return "missing" end
  if type(value) ~= "string" then return "null" end
  return value:find "^[%w_.:/@*-]+$" and value or quoted(value)
end

-- Keys of meta that nft writes without the word.
local bare_keys = {}
for key in ([[mark iif iifname iiftype oif oifname oiftype skuid skgid rtclassid ibrname obrname pkttype cpu
iifgroup oifgroup cgroup]]):gmatch "%a+" do
  bare_keys[key] = true
end

local function joined(separator)
  return function(list) return each(list, expression, separator) end
end

-- Kind -> how it is written; each may return nil where its parts are not what they should be.
local expressions = {
  payload = function(part) return part.field and expression(part.protocol) .. " " .. expression(part.field) end,
  meta = function(part) return part.key and (bare_keys[part.key] and "" or "meta ") .. expression(part.key) end,
  ct = function(part)
    return part.key and "ct " .. (part.dir and expression(part.dir) .. " " or "") .. expression(part.key)
  end,
  set = function(list) return type(list) == "table" and "{ " .. each(list, expression, ", ") .. " }" end,
  prefix = function(part) return part.addr and expression(part.addr) .. "/" .. expression(part.len) end,
  range = joined "-",
  concat = joined " . ",
  elem = function(part) return part.val ~= nil and expression(part.val) end,
  map = function(part) return part.key and expression(part.key) .. " map " .. expression(part.data) end,
  ["|"] = joined " | ",
  ["&"] = joined " & ",
  ["^"] = joined " ^ ",
}

-- An element of a map is a pair; a list elsewhere is flags.
local function list_or_pair(list)
  local key, verdict = list[1], list[2]
  if #list ~= 2 or type(verdict) ~= "table" then return each(list, expression, ",") end
  return expression(key) .. " : " .. nft_syntax.statement(verdict)
end

--- An expression.
-- @param value
-- @treturn string
function nft_syntax.expression(value)
  if type(value) ~= "table" then return scalar(value) end
  if value[1] ~= nil then return list_or_pair(value) end
  local kind, part = next(value)
  local write = type(part) == "table" and next(value, kind) == nil and expressions[kind]
  return write and write(part) or nft_syntax.json(value)
end

expression = nft_syntax.expression

local function operator(op)
  if op == nil or op == "==" or op == "in" then return " " end
  return " " .. tostring(op) .. " "
end

local function with_target(word)
  return function(part) return part.target and word .. " " .. scalar(part.target) end
end

local function nat(word)
  return function(part)
    local port = part.port and ":" .. expression(part.port) or ""
    local to = (part.addr and expression(part.addr) or "") .. port
    return word .. (to ~= "" and " to " .. to or "")
  end
end

local statements = {
  match = function(part)
    return part.left ~= nil and expression(part.left) .. operator(part.op) .. expression(part.right)
  end,
  vmap = function(part) return part.key and expression(part.key) .. " vmap " .. expression(part.data) end,
  jump = with_target "jump",
  ["goto"] = with_target "goto",
  counter = function() return "counter" end,
  log = function(part) return "log" .. (part.prefix and " prefix " .. quoted(tostring(part.prefix)) or "") end,
  reject = function(part)
    local kind = part.type and " with " .. tostring(part.type) or ""
    return "reject" .. kind .. (part.expr and " " .. expression(part.expr) or "")
  end,
  limit = function(part)
    return part.rate and ("limit rate %s%s/%s"):format(part.inv == true and "over " or "", expression(part.rate),
      expression(part.per))
  end,
  xt = function(part) return part.name and ("xt %s %s"):format(tostring(part.type), tostring(part.name)) end,
  mangle = function(part) return part.key and expression(part.key) .. " set " .. expression(part.value) end,
  dnat = nat "dnat", snat = nat "snat", masquerade = nat "masquerade", redirect = nat "redirect", tproxy = nat "tproxy",
}

--- A statement.
-- @tparam table value one member: its kind
-- @treturn string
function nft_syntax.statement(value)
  local kind, part
  if type(value) == "table" then kind, part = next(value) end
  if type(kind) ~= "string" or next(value, kind) ~= nil then return nft_syntax.json(value) end
  if part == null then return kind end
  local write = type(part) == "table" and statements[kind]
  return write and write(part) or kind .. " " .. nft_syntax.json(part)
end

--- All statements of a rule.
-- @tparam table list
-- @treturn string
function nft_syntax.rule(list)
  return each(list, nft_syntax.statement, " ")
end

return nft_syntax
