--- The dialect of pf.conf, as OpenBSD and FreeBSD have it.
--
--    local dialect = require "portolan.readers.pf"
--    local ruleset = assert(dialect.read(text, "pf.conf", { port = port_of_name }))
--
-- In pf the last rule that matches decides, but a `quick` one ends the search. The first quick rule that matches
-- therefore decides whatever else does, and only where none matches the last of the others: so the quick rules in
-- their order, then the others in reverse, say the same to whoever takes the first match. That is the order of
-- `rules` here. Rules for `in` are the chain "in" (hook "input"), for `out` the chain "out" (hook "output"), for
-- neither both; what no rule matches passes. A `pass` rule keeps state, so replies need no rule of their own.
--
-- Addresses that only the running system knows, `(em0)`, `em0:network`, a table from a file, stand in `also`; so does
-- what an anchor asks of all its rules. Anchors without rules, and old translation rules, are told of: the latter
-- are the chains "rdr" and "nat", whose verdict is "other".
--
-- Source: pf.conf(5) of OpenBSD and of FreeBSD.
-- @module portolan.readers.pf

local dialects = require "portolan.dialects"
local pf_rule = require "portolan.grammar.pf_rule"
local pf_tokens = require "portolan.grammar.pf_tokens"
local reader = require "portolan.reader"
local refusal = require "portolan.grammar.refusal"

local dialect = { name = "pf", title = "pf.conf of OpenBSD and FreeBSD", names = "pf" }

local function unread(state, line, why)
  local list = state.unread
  list[#list + 1] = { place = reader.place(state.source, line.number, 1), text = line.text, why = why }
end

local function refuse(state, line, message)
  refusal.raise(state.source, line[1].line, line[1].column, message)
end

local function find(line, text, kind)
  for i, token in ipairs(line) do
    if token.text == text and (not kind or token.kind == kind) then return i end
  end
end

-- Frames: the rules of the file or of an anchor, by how they take part -----------------------------

local function new_frame(parent)
  return { parent = parent, matching = {}, quick = {}, others = {} }
end

local function append(to, from)
  for _, item in ipairs(from) do to[#to + 1] = item end
end

local function first_match_order(frame)
  local list = {}
  append(list, frame.quick)
  for i = #frame.others, 1, -1 do list[#list + 1] = frame.others[i] end
  return list
end

-- A quick anchor decides what any rule in it matches; the rules of any other stand as if they were written here.
local function close_frame(frame)
  local parent = frame.parent
  append(parent.matching, frame.matching)
  if frame.is_quick then return append(parent.quick, first_match_order(frame)) end
  append(parent.quick, frame.quick)
  append(parent.others, frame.others)
end

-- Rules --------------------------------------------------------------------------------------------

local function combined(direction, frame)
  while frame and not direction do direction, frame = frame.direction, frame.parent end
  return direction
end

local function also_of(draft, frame)
  local list = {}
  append(list, draft.also)
  while frame do
    list[#list + 1] = frame.asks
    frame = frame.parent
  end
  return list
end

local function rule_of(state, line, draft, verdict)
  return {
    place = reader.place(state.source, line.number, 1), text = line.text, comment = draft.comment,
    matches = draft.matches, also = also_of(draft, state.frame), verdict = verdict, log = draft.log,
    direction = combined(draft.direction, state.frame),
  }
end

local function read_filter(state, line, verdict)
  local draft = pf_rule.read(line, 2, state.context)
  local frame = state.frame
  local list = draft.is_quick and frame.quick or frame.others
  list[#list + 1] = rule_of(state, line, draft, draft.verdict or verdict)
end

local function read_match_rule(state, line)
  local draft = pf_rule.read(line, 2, state.context)
  state.frame.matching[#state.frame.matching + 1] = rule_of(state, line, draft, "continue")
end

-- antispoof for em0 is `block drop in on ! em0 from em0:network`, and `block drop in from (em0)`.
local function read_antispoof(state, line)
  local list = find(line, "quick") and state.frame.quick or state.frame.others
  list[#list + 1] = {
    place = reader.place(state.source, line.number, 1), text = line.text, matches = { {} }, verdict = "drop",
    also = { line.text }, direction = "in", log = find(line, "log") and true or nil,
  }
end

local function open_anchor(state, line)
  local is_named = line[2].kind == "string" or not pf_rule.knows(line[2].text)
  line[#line] = nil
  local draft = pf_rule.read(line, is_named and 3 or 2, state.context)
  local frame = new_frame(state.frame)
  frame.is_quick, frame.direction = draft.is_quick, draft.direction
  local narrows = #draft.also > 0 or next(draft.matches[1] or {}) ~= nil or #draft.matches > 1
  frame.asks = narrows and line.text:gsub("%s*{$", "") or nil
  state.frame = frame
end

local function read_anchor(state, line)
  if #line > 1 and line[#line].text == "{" and line[#line].kind == "sign" then return open_anchor(state, line) end
  unread(state, line, "the rules of the anchor stand elsewhere")
end

local function close_anchor(state, line)
  if not state.frame.parent then refuse(state, line, "a '}' that closes nothing") end
  close_frame(state.frame)
  state.frame = state.frame.parent
end

-- Translation rules of old, which come before all others ------------------------------------------

local function before_arrow(line)
  local part = { number = line.number, text = line.text }
  for i, token in ipairs(line) do
    if token.text == "->" then break end
    part[i] = token
  end
  return part
end

local function read_translation(state, line)
  local kind, at = line[1].text, 2
  local passes = line[2] and line[2].text == "pass"
  if passes then at = 3 end
  local draft = pf_rule.read(before_arrow(line), at, state.context)
  local rule = rule_of(state, line, draft, "other")
  rule.direction = kind == "rdr" and "in" or "out"
  local list = kind == "rdr" and state.redirects or state.translations
  list[#list + 1] = rule
  if not passes then return end
  local pass = rule_of(state, line, draft, "accept")
  pass.direction = rule.direction
  state.before[#state.before + 1] = pass
end

-- `no rdr on em0 ...` keeps packets from being translated: it decides nothing here.
local function read_no(state, line)
  unread(state, line, "an exception to translation is not followed")
end

-- Tables and options -------------------------------------------------------------------------------

local most_members = 500000

-- Tables that rules add to while they run.
local function overloaded_in(text)
  local names = {}
  for name in text:gmatch "overload%s*<([%w_.-]+)>" do names[name] = true end
  return names
end

local function read_table(state, line)
  local name, at = line[2], find(line, "{", "sign")
  if not (name and name.kind == "table") then refuse(state, line, "a table is '<name>'") end
  local is_changed = state.overloaded[name.text] or find(line, "file", "word")
  if at and not is_changed then state.context.tables[name.text] = pf_rule.addresses(line, at, state.context) end
end

local function skip_on(state, line)
  local draft = pf_rule.read(line, 3, state.context)
  state.before[#state.before + 1] = rule_of(state, line, draft, "accept")
end

local function set_option(state, line)
  local name, value = line[2] and line[2].text, line[3] and line[3].text
  if name == "skip" and value == "on" then return skip_on(state, line) end
  if name == "block-policy" then state.block = value == "return" and "reject" or "drop" end
end

local function pass_over() end

local lines = {
  pass = function(state, line) read_filter(state, line, "accept") end,
  block = function(state, line) read_filter(state, line, state.block) end,
  match = read_match_rule, antispoof = read_antispoof, anchor = read_anchor, ["}"] = close_anchor,
  rdr = read_translation, nat = read_translation, binat = read_translation, no = read_no,
  set = set_option, table = pass_over, scrub = pass_over, queue = pass_over, altq = pass_over,
}

function lines.include(state, line)
  unread(state, line, "the file is not read: give it what pfctl -sr prints")
end

local function read_line(state, line)
  local read = line[1].kind ~= "string" and lines[line[1].text]
  if read then return read(state, line) end
  if line[1].text:find "%-anchor$" or line[1].text == "load" then
    return unread(state, line, "the rules of the anchor stand elsewhere")
  end
  unread(state, line, "not a line of pf.conf that is known")
end

-- Chains -------------------------------------------------------------------------------------------

local function directed(rule, field)
  local matches = {}
  for i, match in ipairs(rule.matches) do
    matches[i] = {}
    for name, value in pairs(match) do matches[i][name == "interface" and field or name] = value end
  end
  return {
    place = rule.place, text = rule.text, comment = rule.comment, matches = matches, also = rule.also,
    verdict = rule.verdict, log = rule.log,
  }
end

local function chain_of(state, name, hook, table_name, rules)
  local chain = {
    name = name, table = table_name, family = "inet", hook = hook, priority = 0, policy = "accept", rules = {},
    place = reader.place(state.source, 1, 1, name),
  }
  local direction = (hook == "input" or hook == "prerouting") and "in" or "out"
  for _, rule in ipairs(rules) do
    if not rule.direction or rule.direction == direction then
      chain.rules[#chain.rules + 1] = directed(rule, direction == "in" and "input" or "output")
    end
  end
  return chain
end

local function chains_of(state)
  local rules = {}
  append(rules, state.before)
  append(rules, state.frame.matching)
  append(rules, first_match_order(state.frame))
  local chains = { chain_of(state, "in", "input", "pf", rules), chain_of(state, "out", "output", "pf", rules) }
  if state.redirects[1] then chains[3] = chain_of(state, "rdr", "prerouting", "nat", state.redirects) end
  if state.translations[1] then
    chains[#chains + 1] = chain_of(state, "nat", "postrouting", "nat", state.translations)
  end
  return chains
end

local function read_document(text, source, options)
  local port = dialects.before(dialect.names, options and options.port)
  local state = {
    overloaded = overloaded_in(text), source = source, frame = new_frame(), unread = {}, redirects = {},
    translations = {}, before = {}, block = "drop",
    context = { source = source, port = port, tables = {}, budget = most_members },
  }
  local all = {}
  for line in pf_tokens.lines(text, source) do
    all[#all + 1] = line
    if line[1].text == "table" then read_table(state, line) end
  end
  if #all == 0 then refusal.raise(source, 1, 1, "no rule of pf") end
  for _, line in ipairs(all) do read_line(state, line) end
  if state.frame.parent then refuse(state, all[#all], "an anchor whose '{' is not closed") end
  return state
end

--- Whether a text looks like pf.conf.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return reader.has_line(text, {
    "\n[ \t]*pass[ \t]+[%w$({]+", "\n[ \t]*block[ \t]+[%w$({]+", "\n[ \t]*pass[ \t]*\n", "\n[ \t]*block[ \t]*\n",
    "\n[ \t]*set skip on ", "\n[ \t]*table <[%w_.-]+>", "\n[ \t]*rdr[ \t]+on ",
  })
end

--- Read a ruleset.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `port(name, protocol)` -> number or nil, for names that are IANA's
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  local state, message, detail = refusal.guard(read_document, text, source, options)
  if not state then return nil, message, detail end
  return {
    dialect = dialect.name, source = source, chains = chains_of(state), unread = state.unread, stateful = true,
  }
end

return dialect
