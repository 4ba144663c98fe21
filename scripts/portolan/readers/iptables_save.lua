--- The dialect of iptables-save, ip6tables-save and `iptables -S`.
--
--    local dialect = require "portolan.readers.iptables_save"
--    local ruleset = assert(dialect.read(text, "rules.v4", { family = "ip", port = port_of_name }))
--
-- Every line is a table, a chain, a command, a comment or COMMIT (rules are read in iptables_rule.lua). Any
-- other, and one that cannot be read, goes to `unread`; only a text without a single table, chain or rule is
-- refused.
--
-- Sources: iptables-save(8), iptables-restore(8), iptables(8).
-- @module portolan.readers.iptables_save

local iptables_rule = require "portolan.grammar.iptables_rule"
local reader = require "portolan.reader"

local dialect = { name = "iptables-save", title = "iptables-save, ip6tables-save, iptables -S" }

-- Tables and chains -----------------------------------------------------------

-- Hook of each built-in chain, and the priority of each table there (ip_tables, ip6_tables; nat by hook).
local hooks = { PREROUTING = "prerouting", INPUT = "input", FORWARD = "forward", OUTPUT = "output",
  POSTROUTING = "postrouting" }

local built_in = {
  filter = { INPUT = 0, FORWARD = 0, OUTPUT = 0 },
  nat = { PREROUTING = -100, INPUT = 100, OUTPUT = -100, POSTROUTING = 100 },
  mangle = { PREROUTING = -150, INPUT = -150, FORWARD = -150, OUTPUT = -150, POSTROUTING = -150 },
  raw = { PREROUTING = -300, OUTPUT = -300 },
  security = { INPUT = 50, FORWARD = 50, OUTPUT = 50 },
}

local function unread(state, number, line, why)
  local list = state.ruleset.unread
  list[#list + 1] = { place = reader.place(state.source, number, 1), text = line, why = why }
end

local function table_key(family, table_name)
  return family .. "\0" .. table_name
end

local function chain_key(family, table_name, name)
  return table_key(family, table_name) .. "\0" .. name
end

local function add_chain(state, table_name, name, number)
  local priority = built_in[table_name] and built_in[table_name][name]
  local chain = {
    name = name, table = table_name, family = state.family, hook = priority and hooks[name], priority = priority,
    place = reader.place(state.source, number, 1, table_name .. "/" .. name), rules = {},
  }
  local chains = state.ruleset.chains
  chains[#chains + 1] = chain
  state.positions[chain] = {}
  return chain
end

local function chain_of(state, table_name, name, number)
  local key = chain_key(state.family, table_name, name)
  local chain = state.chains[key] or add_chain(state, table_name, name, number)
  state.chains[key] = chain
  return chain
end

local policies = { ACCEPT = "accept", DROP = "drop" }

local function declare_chain(state, number, line, table_name, name, policy)
  local chain = chain_of(state, table_name, name, number)
  chain.policy = policies[policy]
  if not chain.policy and policy ~= "-" then unread(state, number, line, ("unknown policy '%s'"):format(policy)) end
end

-- Commands: `line` is a table of number, text, words, quoted, and `at`, where its command stands -----------

-- Chains with rules, by table: a flush touches no others.
local function note_filled(state, chain)
  local key = table_key(chain.family, chain.table)
  local list = state.filled[key] or {}
  state.filled[key], list[#list + 1] = list, chain
end

local function put_rule(state, line, at, position)
  local rule, table_name = iptables_rule.read(line.words, line.quoted, at, { text = line.text }, state.options)
  local chain = chain_of(state, table_name or line.table_name, line.words[line.at + 1], line.number)
  rule.place = reader.place(state.source, line.number, 1, chain.place.where)
  local count = #chain.rules + 1
  if count == 1 then note_filled(state, chain) end
  chain.rules[count] = rule
  state.positions[chain][count] = position and math.max(1, math.min(position, count)) or count
  state.inserted[chain] = state.inserted[chain] or position ~= nil
end

local function append(state, line)
  put_rule(state, line, line.at + 2)
end

local function insert(state, line)
  local position = reader.number(line.words[line.at + 2], 1e9)
  put_rule(state, line, line.at + (position and 3 or 2), position or 1)
end

local function make_chain(state, line)
  chain_of(state, line.table_name, line.words[line.at + 1], line.number)
end

local function set_policy(state, line)
  local name, policy = line.words[line.at + 1], line.words[line.at + 2]
  declare_chain(state, line.number, line.text, line.table_name, name, policy or "")
end

local function empty(state, chain)
  chain.rules, state.positions[chain] = {}, {}
end

local function flush_table(state, table_name)
  local key = table_key(state.family, table_name)
  for _, chain in ipairs(state.filled[key] or {}) do empty(state, chain) end
  state.filled[key] = nil
end

local function flush(state, line)
  local name = line.words[line.at + 1]
  if not name then return flush_table(state, line.table_name) end
  local chain = state.chains[chain_key(state.family, line.table_name, name)]
  if chain then empty(state, chain) end
end

local function pass_over() end

-- Command -> how many words it needs, what it does.
local commands = {
  A = { 1, append }, I = { 1, insert }, N = { 1, make_chain }, P = { 1, set_policy }, F = { 0, flush },
  Z = { 0, pass_over },
}

local long_commands = {
  append = "A", insert = "I", ["new-chain"] = "N", policy = "P", flush = "F", zero = "Z",
}

local function run_command(state, line)
  local word = line.words[line.at] or ""
  local command = commands[word:match "^%-(%u)$" or long_commands[word:match "^%-%-(.+)$"]]
  if command and line.words[line.at + command[1]] then return command[2](state, line) end
  unread(state, line.number, line.text, "not a command that makes a rule")
end

local function read_command(state, number, text)
  local words, quoted = iptables_rule.words((text:gsub("^%[%d+:%d+%]%s*", "")))
  if not words then return unread(state, number, text, "a quote is not closed") end
  local named = (words[1] == "-t" or words[1] == "--table") and words[2]
  run_command(state, {
    number = number, text = text, words = words, quoted = quoted, at = named and 3 or 1,
    table_name = named or state.table_name,
  })
end

-- Lines -------------------------------------------------------------------------

local function begin_table(state, number, line, name)
  local key = table_key(state.family, name)
  if state.tables[key] then unread(state, number, line, "a second table of this name: read as if it went on") end
  state.tables[key], state.table_name, state.inside = true, name, true
end

local function read_header(state, line)
  local tool = line:match "(ip6?tables)%-save" or line:match "(ip6?tables)%-%a+%-save"
  if tool and not state.options.family then state.family = tool == "ip6tables" and "ip6" or "ip" end
end

-- What a line is, by how it begins; the first that fits.
local kinds = {
  { "^$", pass_over },
  { "^#(.*)", function(state, _, line) read_header(state, line) end },
  { "^%*(%S+)", begin_table },
  { "^:(%S+)%s*(%S*)", function(state, number, line, name, policy)
    declare_chain(state, number, line, state.table_name, name, policy)
  end },
  { "^COMMIT%s*$", function(state) state.table_name, state.inside = state.options.table or "filter", false end },
  { "^%-%-?%a", function(state, number, line) read_command(state, number, line) end },
  { "^%[%d+:%d+%]%s*%-%-?%a", function(state, number, line) read_command(state, number, line) end },
}

local function read_line(state, number, line)
  for _, kind in ipairs(kinds) do
    local first, second = line:match(kind[1])
    if first then return kind[2](state, number, line, first, second) end
  end
  unread(state, number, line, state.inside and "not a line of iptables-save" or "stands outside every table")
end

-- Afterwards ----------------------------------------------------------------------

local function step_below(count)
  local step = 1
  while step * 2 <= count do step = step * 2 end
  return step
end

-- How many of the places are free, summed as a Fenwick tree: taking the k-th is one descent.
local function free_places(count)
  local tree = {}
  for i = 1, count do
    local low, rest = 1, i
    while rest % 2 == 0 do low, rest = low * 2, rest / 2 end
    tree[i] = low
  end
  return tree
end

local function take_place(tree, k)
  local at, step = 0, step_below(#tree)
  while step >= 1 do
    local following = at + step
    if tree[following] and tree[following] < k then
      at, k = following, k - tree[following]
    elseif tree[following] then
      tree[following] = tree[following] - 1
    end
    step = math.floor(step / 2)
  end
  return at + 1
end

-- Rules in the order that inserting left them: the last stands where it was put, each before it at its place
-- among those still free. This is n log n where moving rules about would be n squared.
local function in_order(rules, positions)
  local ordered, tree = {}, free_places(#rules)
  for i = #rules, 1, -1 do ordered[take_place(tree, positions[i])] = rules[i] end
  return ordered
end

local function finish_rule(state, chain, rule)
  if rule.target and not state.chains[chain_key(chain.family, chain.table, rule.target)] then
    rule.verdict, rule.target, rule.missing = "other", nil, rule.target
  end
end

local function finish(state)
  for _, chain in ipairs(state.ruleset.chains) do
    if state.inserted[chain] then chain.rules = in_order(chain.rules, state.positions[chain]) end
    for _, rule in ipairs(chain.rules) do finish_rule(state, chain, rule) end
  end
  return state.ruleset
end

local function looks_like_ip6(text, source)
  if text:find "%-[sd] [!%s]*%d+%.%d+%.%d+" then return false end
  return (text:find "ipv6%-icmp" or text:find "icmpv?6" or text:find "%-[sd] [!%s]*%x*:[%x:]*:"
    or source:find "ip6tables" or source:find "v6") ~= nil
end

local table_names = { "filter", "nat", "mangle", "raw", "security" }

-- `iptables -S` begins with policies.
local function begins_with_command(text)
  for _, line in reader.lines(text) do
    if line:find "^[^#%s]" then return line:find "^%-[PNA] %S" ~= nil end
  end
  return false
end

--- Whether a text looks like iptables-save's, ip6tables-save's or `iptables -S`'s.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  for _, name in ipairs(table_names) do
    if text:find("^%*" .. name .. "%s") or text:find("\n[ \t]*%*" .. name .. "%s") then return true end
  end
  return begins_with_command(text)
end

--- Read a ruleset.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `family` "ip" or "ip6" (else from the text, else "ip"); `table` of rules outside
--   every table ("filter"); `port(name, protocol)` -> number or nil
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  options = options or {}
  local state = {
    source = source, options = options, chains = {}, tables = {}, positions = {}, inserted = {}, filled = {},
    family = options.family or looks_like_ip6(text, source) and "ip6" or "ip",
    table_name = options.table or "filter", inside = false,
    ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} },
  }
  for number, line in reader.lines(text) do read_line(state, number, line:match "^%s*(.*%S)" or "") end
  if #state.ruleset.chains == 0 and next(state.tables) == nil then
    return reader.fail(source, 1, 1, "no table ('*filter'), chain (':INPUT ...') or rule ('-A ...') of iptables-save")
  end
  return finish(state)
end

return dialect
