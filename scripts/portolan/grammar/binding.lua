--- Rule lists bound to interfaces: routers write a list once and say elsewhere where it applies.
--
--    binding.chains(chain, { { how = "access-group in", hook = "forward", input = "eth0" }, ... })
--
-- A list bound in several ways (in and out) becomes a chain for each way; bound the same way at several interfaces it
-- is one chain, whose rules match at all of them. A list bound nowhere keeps no hook: it judges no packet. How a
-- chain is bound is its `table`, so that its key stays one of a kind.
-- @module portolan.grammar.binding

local binding = {}

local function copy(from)
  local twin = {}
  for name, value in pairs(from) do twin[name] = value end
  return twin
end

local function bound_matches(matches, input, output)
  local list = {}
  for i, match in ipairs(matches) do
    list[i] = copy(match)
    list[i].input, list[i].output = match.input or input, match.output or output
  end
  return list
end

local function bound_rules(rules, input, output)
  local list = {}
  for i, rule in ipairs(rules) do
    list[i] = copy(rule)
    list[i].matches = bound_matches(rule.matches, input, output)
  end
  return list
end

local function bound(chain, way)
  local twin = copy(chain)
  twin.table, twin.hook, twin.priority = way.how, way.hook, 0
  twin.rules = bound_rules(chain.rules, way.input, way.output)
  return twin
end

local function add_interface(way, field, name)
  if not name or way.seen[name] then return end
  way.seen[name] = true
  way[field] = way[field] or {}
  way[field][#way[field] + 1] = name
end

-- The ways in which a list is bound, in the order met, each with all its interfaces.
local function ways_of(bindings)
  local ways, by_how = {}, {}
  for _, at in ipairs(bindings) do
    local way = by_how[at.how]
    if not way then
      way = { how = at.how, hook = at.hook, seen = {} }
      by_how[at.how], ways[#ways + 1] = way, way
    end
    add_interface(way, "input", at.input)
    add_interface(way, "output", at.output)
  end
  return ways
end

--- The chains that a list is, by where it is bound.
-- @tparam table chain of the normal form, without a hook
-- @tparam {table,...} bindings each `how` (a word for the way), `hook`, and `input` or `output`, an interface
-- @treturn {table,...} the chain itself where there are no bindings
function binding.chains(chain, bindings)
  local list = {}
  for i, way in ipairs(ways_of(bindings)) do list[i] = bound(chain, way) end
  if #list == 0 then list[1] = chain end
  return list
end

return binding
