--- Who may come, and to what, made into rules.
--
--    permission.rules({
--      { { match = { family = "ip", source = { "192.0.2.0/24" } } }, { match = {}, also = "source group sg-1" } },
--      { { match = { protocols = { "tcp" }, destination_ports = { { 22, 22 } } } } },
--    }, { verdict = "accept", place = place, text = text })                --> two rules
--
-- Each part is a list of alternatives: the fields of a match, and `also` where it asks something that no field can
-- say. A rule matches by one alternative of each part. All combinations that need no `also` are the matches of one
-- rule; every other is a rule of its own, for what `also` says narrows a whole rule.
-- @module portolan.grammar.permission

local reader = require "portolan.reader"

local permission = {}

--- How many combinations of alternatives a rule may have.
permission.most = 1024

local function copy(list)
  local copied = {}
  for i, value in ipairs(list) do copied[i] = value end
  return copied
end

local function words(field, value)
  local list = {}
  for i, entry in ipairs(type(value) == "table" and value or { value }) do
    list[i] = type(entry) == "table" and ("%d-%d"):format(entry[1], entry[2]) or tostring(entry)
  end
  return ("%s%s %s"):format(field, type(value) == "table" and value.except and " not" or "", table.concat(list, ","))
end

-- Nil where one asks for IPv4 and the other for IPv6. A field that both have is said in `also` for the second.
local function both(a, b)
  if a.match.family and b.match.family and a.match.family ~= b.match.family then return nil end
  local match, also = {}, copy(a.also)
  for field, value in pairs(a.match) do match[field] = value end
  also[#also + 1] = b.also
  for field, value in pairs(b.match) do
    if match[field] == nil then match[field] = value
    elseif match[field] ~= value then also[#also + 1] = words(field, value) end
  end
  return { match = match, also = also }
end

local function product(combined, part)
  local list = {}
  for _, a in ipairs(combined) do
    for _, b in ipairs(part) do list[#list + 1] = both(a, b) end
  end
  return list
end

local function combinations(parts)
  local combined = { { match = {}, also = {} } }
  for _, part in ipairs(parts) do
    if #combined * #part > permission.most then return nil end
    combined = product(combined, part)
  end
  return combined
end

local function new_rule(template, matches, also)
  local rule = { matches = matches, also = also }
  for field, value in pairs(template) do rule[field] = value end
  return rule
end

--- Rules for every combination of alternatives.
-- @tparam {{table,...},...} parts each a list of `{ match =, also = string or nil }`
-- @tparam table template the rest of each rule: `verdict`, `place`, `text`, `comment`, `log`
-- @treturn[1] {table,...} rules; none where a part is empty
-- @return[2] nil
-- @treturn[2] string why there are none: more combinations than can be right
function permission.rules(parts, template)
  local combined = combinations(parts)
  if not combined then return nil, "more combinations than can be right" end
  local plain, rules = {}, {}
  for _, one in ipairs(combined) do
    if #one.also == 0 then plain[#plain + 1] = one.match
    else rules[#rules + 1] = new_rule(template, { one.match }, one.also) end
  end
  if #plain > 0 then table.insert(rules, 1, new_rule(template, plain, {})) end
  return rules
end

--- Networks as alternatives, one a family.
-- @tparam {string,...} networks addresses, prefixes, ranges
-- @tparam string field "source" or "destination"
-- @treturn {table,...} alternatives
-- @treturn {string,...} the networks that are no addresses
function permission.networks(networks, field)
  local by_family, alternatives, strange = {}, {}, {}
  for _, text in ipairs(networks) do
    local canonical, family = reader.address.read(text)
    local list = canonical and by_family[family]
    if canonical and not list then
      list = {}
      by_family[family] = list
      alternatives[#alternatives + 1] = { match = { family = family, [field] = list } }
    end
    if canonical then list[#list + 1] = canonical else strange[#strange + 1] = text end
  end
  return alternatives, strange
end

return permission
