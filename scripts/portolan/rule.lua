--- One rule: what can be said of it without its ruleset.
--
--    rule.takes_all(chain, one)    --> true: no packet of the chain gets past it
--    rule.ports(one)               --> PortSet of the destination ports that it names
--    rule.key(one)                 --> equal for rules that ask and do the same
--
-- @module portolan.rule

local exposure = require "portolan.exposure"
local portolan = require "portolan"

local rule = {}

local ends = { accept = true, drop = true, reject = true, ["return"] = true, ["goto"] = true }

local function asks_nothing(match, family)
  for field, value in pairs(match) do
    if field ~= "family" or value ~= family then return false end
  end
  return true
end

--- Whether no packet gets past a rule.
-- @tparam table chain the rule's
-- @tparam table one the rule
-- @treturn boolean
function rule.takes_all(chain, one)
  if not ends[one.verdict] or #one.also > 0 then return false end
  for _, match in ipairs(one.matches) do
    if asks_nothing(match, chain.family) then return true end
  end
  return false
end

--- The destination ports that a rule names.
-- @tparam table one
-- @treturn PortSet without those of matches that are for any port
function rule.ports(one)
  local set = portolan.ports {}
  for _, match in ipairs(one.matches) do
    if match.destination_ports then set = set + exposure.ports(match) end
  end
  return set
end

local function text_of(value)
  if type(value) ~= "table" then return tostring(value) end
  local texts = {}
  for i, item in ipairs(value) do texts[i] = text_of(item) end
  return (value.except and "!" or "") .. "[" .. table.concat(texts, ",") .. "]"
end

local function match_key(match, without)
  local fields = {}
  for field, value in pairs(match) do
    if field ~= without then fields[#fields + 1] = field .. "=" .. text_of(value) end
  end
  table.sort(fields)
  return table.concat(fields, " ")
end

--- What a rule asks and does, as a text.
-- @tparam table one
-- @tparam ?string without a field of its matches to leave out
-- @treturn string
function rule.key(one, without)
  local parts = { one.verdict, one.target or "", one.log and "log" or "", text_of(one.also) }
  for _, match in ipairs(one.matches) do parts[#parts + 1] = match_key(match, without) end
  return table.concat(parts, "\n")
end

--- Whether two rules were written as one: a verdict map's, say.
-- @tparam table a
-- @tparam table b
-- @treturn boolean
function rule.is_same_place(a, b)
  local here, there = a.place or {}, b.place or {}
  for _, key in ipairs { "source", "line", "column", "where", "handle" } do
    if here[key] ~= there[key] then return false end
  end
  return true
end

return rule
