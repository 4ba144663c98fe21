--- The dialect of `nft -j list ruleset`, and of the commands that nft takes as JSON.
--
--    local dialect = require "portolan.readers.nft_json"
--    local ruleset = assert(dialect.read(text, "ruleset.json", { port = port_of_name }))
--
-- Objects may come in any order, so sets and chains are gathered first and rules read last (nft_rule.lua).
-- JSON has no lines: places are table, chain and handle. What is no object of a ruleset, or a command that
-- takes something away, goes to `unread`.
--
-- Sources: libnftables-json(5).
-- @module portolan.readers.nft_json

local json = require "portolan.json"
local nft_rule = require "portolan.grammar.nft_rule"
local nft_syntax = require "portolan.grammar.nft_syntax"
local reader = require "portolan.reader"


local dialect = { name = "nft-json", title = "nft -j list ruleset" }

local function is_table(value)
  return type(value) == "table"
end

local function text_of(value)
  return type(value) == "string" and value or nil
end

local function handle_of(object)
  return reader.number(object.handle, 2 ^ 53)
end

-- Objects --------------------------------------------------------------------------------------------------

-- Where an object stands and how it was written, if it was text before.
local function written(state, object)
  return is_table(object) and state.written[object] or {}
end

local function place_of(state, object, where)
  local at = written(state, object)
  local handle = is_table(object) and handle_of(object) or nil
  return reader.place(at.source or state.source, at.line, at.column, where, handle)
end

local function unread(state, object, why, where)
  local list = state.ruleset.unread
  local text = written(state, object).text or nft_syntax.json(object)
  list[#list + 1] = { place = place_of(state, object, where), text = text, why = why }
end

local function key_of(object, name)
  return nft_rule.key(object.family, object.table, name)
end

local function where_of(object, name)
  return ("%s %s/%s"):format(object.family, object.table, name)
end

local hooks = {}
for _, hook in ipairs { "prerouting", "input", "forward", "output", "postrouting", "ingress", "egress" } do
  hooks[hook] = hook
end

local function priority_of(value)
  return type(value) == "number" and math.abs(value) < 2 ^ 31 and math.floor(value) or nil
end

local function new_chain(state, object, name)
  local hook = hooks[text_of(object.hook)]
  local chain = {
    name = name, table = object.table, family = object.family, rules = {},
    hook = hook, priority = hook and priority_of(object.prio),
    policy = hook and (object.policy == "drop" and "drop" or "accept"),
    place = place_of(state, object, where_of(object, name)),
  }
  local chains = state.ruleset.chains
  chains[#chains + 1] = chain
  return chain
end

local function take_chain(state, object)
  local key = key_of(object, object.name)
  if not key then return unread(state, object, "a chain without family, table or name") end
  state.chains[key] = state.chains[key] or new_chain(state, object, object.name)
end

local function has_flag(flags, wanted)
  if flags == wanted then return true end
  for _, flag in ipairs(is_table(flags) and flags or {}) do
    if flag == wanted then return true end
  end
  return false
end

local function add_elements(set, elements)
  if not is_table(elements) or elements[1] == nil then elements = { elements } end
  for _, element in ipairs(elements) do set.elements[#set.elements + 1] = element end
end

local function set_for(state, object)
  local key = key_of(object, object.name)
  if not key then return nil end
  local sets = state.context.sets
  sets[key] = sets[key] or nft_rule.set()
  return sets[key], key
end

local function take_set(state, object)
  local set, key = set_for(state, object)
  if not set then return unread(state, object, "a set without family, table or name") end
  table.insert(state.ruleset.sets, { key = key, name = object.name, family = object.family, table = object.table,
    place = place_of(state, object, ("%s %s"):format(object.family, object.table)) })
  set.dynamic = has_flag(object.flags, "dynamic") or has_flag(object.flags, "timeout")
  add_elements(set, object.elem)
end

local function take_elements(state, object)
  local set = set_for(state, object)
  if not set then return unread(state, object, "elements without family, table or name") end
  add_elements(set, object.elem)
end

local function take_rule(state, object, command)
  local key = key_of(object, object.chain)
  if not (key and is_table(object.expr)) then return unread(state, object, "a rule without chain or statements") end
  local undeclared = { family = object.family, table = object.table }
  state.chains[key] = state.chains[key] or new_chain(state, undeclared, object.chain)
  if object.index then unread(state, object, "its index is not followed: read as if it had none") end
  local list = command == "insert" and state.inserted or state.rules
  list[#list + 1] = { object = object, chain = state.chains[key] }
end

local function pass_over() end

local objects = { metainfo = pass_over, table = pass_over, chain = take_chain, set = take_set, map = take_set,
  element = take_elements, rule = take_rule }

for _, kind in ipairs { "counter", "quota", "limit", "flowtable", "ct helper", "ct timeout", "ct expectation",
  "synproxy", "secmark", "tunnel", "meter" } do
  objects[kind] = pass_over
end

local function take_object(state, object, command)
  local kind, part
  if is_table(object) then kind, part = next(object) end
  local take = objects[kind]
  if not (take and is_table(part)) then return unread(state, object, "not an object of nft") end
  take(state, part, command)
end

local function forget_all(state)
  state.ruleset.chains, state.chains, state.context.sets, state.rules, state.inserted = {}, {}, {}, {}, {}
  state.ruleset.sets = {}
end

local function do_flush(state, part, item)
  if is_table(part) and part.ruleset ~= nil then return forget_all(state) end
  unread(state, item, "a flush of less than the ruleset is not carried out")
end

local makes = { add = true, create = true, insert = true }
local left_out = { delete = true, destroy = true, replace = true, rename = true, list = true, reset = true }

local function take_item(state, item)
  local word, part
  if is_table(item) then word, part = next(item) end
  if word == "flush" then return do_flush(state, part, item) end
  if makes[word] then return take_object(state, part, word) end
  if left_out[word] then return unread(state, item, "the command is not carried out") end
  take_object(state, item)
end

-- Reading ----------------------------------------------------------------------------------------------------

-- How deep statements are looked into for the names of sets.
local deepest = 24

-- "@name", wherever statements have it.
local function note_sets(state, value, object, depth)
  if type(value) == "string" and value:find "^@" then
    local key = nft_rule.key(object.family, object.table, value:sub(2))
    state.asked[key] = state.asked[key] or { name = value:sub(2), place = place_of(state, object, key) }
  elseif is_table(value) and depth > 0 then
    for _, part in pairs(value) do note_sets(state, part, object, depth - 1) end
  end
end

local function read_rule(state, item)
  local object, chain = item.object, item.chain
  note_sets(state, object.expr, object, deepest)
  nft_rule.add(state.context, chain, {
    statements = object.expr, comment = text_of(object.comment), place = place_of(state, object, chain.place.where),
    text = written(state, object).text or nft_syntax.rule(object.expr),
  })
end

local function read_rules(state)
  for i = #state.inserted, 1, -1 do read_rule(state, state.inserted[i]) end
  for _, item in ipairs(state.rules) do read_rule(state, item) end
end

local function finish_rule(state, chain, rule)
  if rule.target and not state.chains[nft_rule.key(chain.family, chain.table, rule.target)] then
    rule.verdict, rule.target, rule.missing = "other", nil, rule.target
  end
end

local function finish_sets(state)
  local ruleset, known = state.ruleset, {}
  for _, set in ipairs(ruleset.sets) do
    known[set.key], set.used, set.key = true, state.asked[set.key] ~= nil, nil
  end
  for key, asked in pairs(state.asked) do
    if not known[key] then ruleset.missing_sets[#ruleset.missing_sets + 1] = asked end
  end
  table.sort(ruleset.missing_sets, function(a, b) return a.name < b.name end)
end

local function finish(state)
  local ruleset = state.ruleset
  finish_sets(state)
  for _, chain in ipairs(ruleset.chains) do
    for _, rule in ipairs(chain.rules) do finish_rule(state, chain, rule) end
  end
  if state.context.opaque > 0 then
    ruleset.unread[#ruleset.unread + 1] = {
      place = reader.place(state.source), text = ("%d xt objects"):format(state.context.opaque),
      why = "nft -j does not show what iptables-nft's modules say: give the output of iptables-save instead",
    }
  end
  return ruleset
end

--- Whether a text looks like nft's JSON.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return text:find "^%s*{" ~= nil and text:find('"nftables"', 1, true) ~= nil
end

--- Read the objects of a ruleset, in the order of the document.
-- @tparam {table,...} list what `nftables` holds
-- @tparam string source
-- @tparam ?table options as for `read`
-- @tparam ?table written_as by object what is known of it: `source`, `line`, `column`, `text`
-- @treturn table ruleset (FORMS.md)
function dialect.read_objects(list, source, options, written_as)
  local state = {
    source = source, context = nft_rule.context(options), chains = {}, rules = {}, inserted = {},
    written = written_as or {}, asked = {},
    ruleset = { dialect = dialect.name, source = source, chains = {}, sets = {}, missing_sets = {}, unread = {} },
  }
  for _, item in ipairs(list) do take_item(state, item) end
  read_rules(state)
  return finish(state)
end

--- Read a ruleset.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `port(name, protocol)` -> number or nil, for the names that `nft -S` prints
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  local document, message, detail = json.read(text, source)
  if document == nil then return nil, message, detail end
  local list = is_table(document) and document.nftables
  if not is_table(list) then return reader.fail(source, 1, 1, "no 'nftables' list: not nft's JSON") end
  return dialect.read_objects(list, source, options)
end

return dialect
