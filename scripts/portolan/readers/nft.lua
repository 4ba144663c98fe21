--- The dialect of nft's own text: nftables.conf, `nft list ruleset`, and scripts of commands.
--
--    local dialect = require "portolan.readers.nft"
--    local ruleset = assert(dialect.read(text, "nftables.conf", { port = port_of_name }))
--
-- The text becomes the objects that `nft -j` would print, and nft_json.lua reads those, so a rule means the same
-- in both forms. Tokens are cut in nft_tokens.lua, statements read in nft_statements.lua; here are tables,
-- chains, sets, commands, `define` and `include`. A text is read whole or refused with its place: a template, an
-- unknown variable, a file to include that is not there.
--
-- Sources: nft(8).
-- @module portolan.readers.nft

local dialects = require "portolan.dialects"
local lfs = require "lfs"
local nft_json = require "portolan.readers.nft_json"
local nft_statements = require "portolan.grammar.nft_statements"
local nft_tokens = require "portolan.grammar.nft_tokens"
local reader = require "portolan.reader"
local refusal = require "portolan.grammar.refusal"

local dialect = { name = "nft", title = "nft text: nftables.conf, nft list ruleset", names = "etc-services" }

local families = { ip = true, ip6 = true, inet = true, arp = true, bridge = true, netdev = true }

-- What has been read -------------------------------------------------------------------------------
-- An item stands until its table, or what it lies in, is deleted or flushed: it remembers how often that had
-- happened when it was read.

local function key(...)
  return table.concat({ ... }, "\0")
end

local function times(state, name)
  return state.ended[name] or 0
end

local function put(state, object, token, text, lives)
  local source = state.cursor.source
  local _, part = next(object.add or object.insert)
  state.written[part] = { source = source, line = token.line, column = token.column, text = text }
  local item = { object = object, lives = {} }
  for i, name in ipairs(lives) do item.lives[i] = { name, times(state, name) } end
  state.items[#state.items + 1] = item
end

local function is_alive(state, item)
  for _, life in ipairs(item.lives) do
    if times(state, life[1]) ~= life[2] then return false end
  end
  return true
end

local function finish_off(state, ...)
  local name = key(...)
  state.ended[name] = times(state, name) + 1
end

local function living_objects(state)
  local list = {}
  for _, item in ipairs(state.items) do
    if is_alive(state, item) then list[#list + 1] = item.object end
  end
  return list
end

local function unread(state, token, text, why)
  state.unread[#state.unread + 1] = {
    place = reader.place(state.cursor.source, token.line, token.column), text = text, why = why,
  }
end

-- Names --------------------------------------------------------------------------------------------

local function read_name(state, what)
  return nft_statements.name(state.cursor, state.scope, what)
end

local function read_table(state)
  local token, family = state.cursor:peek(), "ip"
  if token.kind == "word" and families[token.text] then family = state.cursor:take().text end
  return { family = family, name = read_name(state, "the name of a table") }
end

local function life_of(at)
  return key("table", at.family, at.name)
end

-- Chains -------------------------------------------------------------------------------------------

local priorities = { raw = -300, mangle = -150, dstnat = -100, filter = 0, security = 50, srcnat = 100 }
local bridge_priorities = { dstnat = -300, filter = -200, out = 100, srcnat = 300 }

local function named_priority(state, family, word)
  local named = family == "bridge" and bridge_priorities or priorities
  local base, sign, count = word:match "^(%a+)([+-]?)(%d*)$"
  if tonumber(word) then return tonumber(word) end
  if not named[base] then state.cursor:refuse("no priority is called '%s'", nil, word) end
  return named[base] + (tonumber(sign .. count) or 0)
end

local function read_priority(state, family)
  local cursor = state.cursor
  local priority = named_priority(state, family, read_name(state, "a priority"))
  for sign, factor in pairs { ["+"] = 1, ["-"] = -1 } do
    if cursor:accept(sign) then priority = priority + factor * (tonumber(cursor:take().text) or 0) end
  end
  return priority
end

local function skip_devices(state)
  state.cursor:accept "="
  nft_statements.value(state.cursor, state.scope)
end

-- `type filter hook input device "eth0" priority filter`
local function read_hook(state, chain)
  local cursor = state.cursor
  chain.type = read_name(state, "the type of a chain")
  cursor:expect "hook"
  chain.hook = read_name(state, "a hook")
  while not cursor:at_end() do
    if cursor:accept "device" or cursor:accept "devices" then
      skip_devices(state)
    elseif cursor:accept "priority" then
      chain.prio = cursor:accept "-" and -read_priority(state, chain.family) or read_priority(state, chain.family)
    else
      cursor:refuse("'priority' was expected, not %s", nil, cursor.shown(cursor:peek()))
    end
  end
end

local function read_policy(state, chain)
  local token = state.cursor:peek()
  chain.policy = read_name(state, "a policy")
  if chain.policy ~= "accept" and chain.policy ~= "drop" then
    state.cursor:refuse("a policy is accept or drop, not '%s'", token, chain.policy)
  end
end

local function skip_statement(state)
  state.cursor:skip_statement()
end

local chain_lines = { type = read_hook, policy = read_policy, flags = skip_statement, devices = skip_devices }

local function chain_at(state, at, name, token)
  local lives = { life_of(at) }
  local index = key(at.family, at.name, name, times(state, lives[1]), times(state, "ruleset"))
  if not state.chains[index] then
    state.chains[index] = { family = at.family, table = at.name, name = name }
    put(state, { add = { chain = state.chains[index] } }, token, nil, lives)
  end
  return state.chains[index]
end

local open_chain

local function read_rule(state, at, chain_name, command)
  local cursor = state.cursor
  local from, token = cursor.at, cursor:peek()
  state.scope.shared.open_chain = function() return open_chain(state, at) end
  local list, comment = nft_statements.read(cursor, state.scope)
  local rule = { family = at.family, table = at.name, chain = chain_name, expr = list, comment = comment }
  put(state, { [command] = { rule = rule } }, token, cursor:text(from, cursor.at - 1),
    { life_of(at), key("rules", at.family, at.name), key("rules", at.family, at.name, chain_name) })
end

-- Blocks -------------------------------------------------------------------------------------------

local read_definition = {} -- by the first word: what stands in every block

local function end_statement(state)
  local cursor = state.cursor
  if not cursor:at_end() then
    cursor:refuse("the end of the statement was expected, not %s", nil, cursor.shown(cursor:peek()))
  end
  if cursor:is ";" or cursor:peek().kind == "newline" then cursor:take() end
end

-- Lines up to the end of the block, or of the file.
local function read_lines(state, read_line)
  local cursor = state.cursor
  while not (cursor:is "}" or cursor:peek().kind == "end") do
    if not cursor:at_end() then
      state.has_statement = true
      local define = cursor:peek().kind == "word" and read_definition[cursor:peek().text]
      if define then define(state, read_line) else read_line(state) end
    end
    if not cursor:is "}" then end_statement(state) end
  end
end

local function read_block(state, read_line)
  local opened = state.cursor:peek()
  state.cursor:expect "{"
  state.scope = nft_statements.scope(state.scope)
  read_lines(state, read_line)
  state.scope = state.scope.parent
  if state.cursor:peek().kind == "end" then state.cursor:refuse("a '{' that is not closed", opened) end
  state.cursor:take()
end

local most_nested = 16

-- `jump { ... }`: a chain without a name, which gets that of its place.
function open_chain(state, at)
  local token = state.cursor:peek()
  local name = ("chain at line %d, column %d"):format(token.line, token.column)
  state.nested = state.nested + 1
  if state.nested > most_nested then state.cursor:refuse "chains nested deeper than can be right" end
  chain_at(state, at, name, token)
  read_block(state, function() read_rule(state, at, name, "add") end)
  state.nested = state.nested - 1
  state.scope.shared.open_chain = function() return open_chain(state, at) end
  return name
end

local function read_chain(state, at)
  local token = state.cursor:peek()
  local name = read_name(state, "the name of a chain")
  local chain = chain_at(state, at, name, token)
  if not state.cursor:is "{" then return end
  read_block(state, function()
    local word = state.cursor:peek()
    local line = word.kind == "word" and chain_lines[word.text]
    if line then
      state.cursor:take()
      return line(state, chain)
    end
    if word.text == "comment" then return skip_statement(state) end
    read_rule(state, at, name, "add")
  end)
end

local function read_flags(state, set)
  set.flags = {}
  repeat set.flags[#set.flags + 1] = read_name(state, "a flag") until not state.cursor:accept ","
end

local function take_elements(state, set)
  state.cursor:expect "="
  set.elem = nft_statements.elements(state.cursor, state.scope)
end

local set_lines = { flags = read_flags, elements = take_elements }

local function read_set_line(state, set)
  local word = state.cursor:take()
  local line = set_lines[word.text]
  if word.kind ~= "word" then
    state.cursor:refuse("a property of the set was expected, not %s", word, state.cursor.shown(word))
  end
  if line then return line(state, set) end
  skip_statement(state)
end

local function read_set(state, at)
  local token = state.cursor:peek()
  local set = { family = at.family, table = at.name, name = read_name(state, "the name of a set") }
  if state.cursor:is "{" then
    read_block(state, function() read_set_line(state, set) end)
  end
  put(state, { add = { set = set } }, token, nil, { life_of(at), key("set", at.family, at.name, set.name) })
end

local function read_element(state, at)
  local token = state.cursor:peek()
  local name = read_name(state, "the name of a set")
  local elements = nft_statements.elements(state.cursor, state.scope)
  put(state, { add = { element = { family = at.family, table = at.name, name = name, elem = elements } } }, token, nil,
    { life_of(at), key("set", at.family, at.name, name) })
end

local objects = { chain = read_chain, set = read_set, map = read_set, element = read_element }
local other_objects = { counter = true, quota = true, limit = true, ct = true, flowtable = true, secmark = true,
  synproxy = true, tunnel = true, comment = true, flags = true, meter = true }

local function read_object(state, at)
  local word = state.cursor:peek()
  local read = word.kind == "word" and objects[word.text]
  if not (read or other_objects[word.text]) then
    state.cursor:refuse("a chain or a set was expected, not %s", nil, state.cursor.shown(word))
  end
  state.cursor:take()
  if read then return read(state, at) end
  skip_statement(state)
end

local function read_table_block(state)
  local at = read_table(state)
  if not state.cursor:is "{" then return end
  read_block(state, function() read_object(state, at) end)
end

-- Commands -----------------------------------------------------------------------------------------

local function skip_position(state)
  local cursor = state.cursor
  for _, word in ipairs { "position", "handle", "index" } do
    if cursor:is(word) and cursor:peek(1).kind == "word" then
      local token = cursor:take()
      cursor:take()
      unread(state, token, word, "its position is not followed: read as if it had none")
    end
  end
end

local function add_rule(state, command)
  local at, token = read_table(state), state.cursor:peek()
  local name = read_name(state, "the name of a chain")
  skip_position(state)
  chain_at(state, at, name, token)
  read_rule(state, at, name, command)
end

local function add(state, command)
  local cursor = state.cursor
  if cursor:accept "table" then return read_table_block(state) end
  if cursor:accept "rule" then return add_rule(state, command) end
  local word = cursor:peek()
  local read = word.kind == "word" and objects[word.text]
  if read then
    cursor:take()
    return read(state, read_table(state))
  end
  if other_objects[word.text] then return skip_statement(state) end
  add_rule(state, command)
end

local function forget_all(state)
  state.items, state.chains = {}, {}
  finish_off(state, "ruleset")
end

local function flush(state, command, token)
  local cursor = state.cursor
  if cursor:accept "ruleset" then
    if cursor:at_end() then return forget_all(state) end
  elseif cursor:accept "table" then
    local at = read_table(state)
    return finish_off(state, "rules", at.family, at.name)
  elseif cursor:accept "chain" then
    local at = read_table(state)
    return finish_off(state, "rules", at.family, at.name, read_name(state, "the name of a chain"))
  elseif cursor:accept "set" or cursor:accept "map" then
    local at = read_table(state)
    return finish_off(state, "set", at.family, at.name, read_name(state, "the name of a set"))
  end
  skip_statement(state)
  unread(state, token, command, "the command is not carried out")
end

local function delete(state, command, token)
  if state.cursor:accept "table" then return finish_off(state, life_of(read_table(state))) end
  skip_statement(state)
  unread(state, token, command, "the command is not carried out")
end

local function leave_out(state, command, token)
  skip_statement(state)
  unread(state, token, command, "the command is not carried out")
end

local commands = {
  table = function(state) read_table_block(state) end,
  add = function(state) add(state, "add") end,
  create = function(state) add(state, "add") end,
  insert = function(state) add(state, "insert") end,
  rule = function(state) add_rule(state, "add") end,
  flush = flush, delete = delete, destroy = delete, replace = leave_out, rename = leave_out, list = leave_out,
  reset = leave_out, monitor = leave_out,
}
for word, read in pairs(objects) do
  commands[word] = function(state, _, token)
    local at = read_table(state)
    if state.cursor:is "{" then
      state.cursor:refuse("a %s outside every table: this is a part of a ruleset", token, word)
    end
    read(state, at)
  end
end

local function read_command(state)
  local token = state.cursor:peek()
  local run = token.kind == "word" and commands[token.text]
  if not run then state.cursor:refuse("no command of nft: %s", nil, state.cursor.shown(token)) end
  run(state, state.cursor:take().text, token)
end

-- Variables and included files ---------------------------------------------------------------------

local function define(state)
  local cursor = state.cursor
  cursor:take()
  local name = read_name(state, "the name of a variable")
  cursor:expect "="
  nft_statements.define(cursor, state.scope, name)
end

read_definition.define, read_definition.redefine = define, define

function read_definition.undefine(state)
  state.cursor:take()
  state.scope.variables[read_name(state, "the name of a variable")] = nil
end

local function folder_of(path)
  return path:match "^(.*)/[^/]*$" or "."
end

local function pattern_of(glob)
  local plain = glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
  return "^" .. plain:gsub("%*", "[^/]*"):gsub("%?", "[^/]") .. "$"
end

local function names_in(folder, glob)
  local names, pattern = {}, pattern_of(glob)
  if lfs.attributes(folder, "mode") ~= "directory" then return names end
  for name in lfs.dir(folder) do
    if name:find(pattern) and not name:find "^%." then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function read_file(path)
  local file = lfs.attributes(path, "mode") == "file" and io.open(path, "rb")
  if not file then return nil, path .. ": no such file to include" end
  local text = file:read "*a"
  file:close()
  return { source = path, text = text }
end

-- Files beside the document or below; any other the caller must allow by `options.open`.
local function open_beside(path, source)
  local home = folder_of(source)
  local full = path:find "^/" and path or home .. "/" .. path:gsub("^%./", "")
  if path:find "%.%." or full:sub(1, #home + 1) ~= home .. "/" then
    return nil, path .. ": lies outside the folder of the ruleset, and is not read"
  end
  local folder, name = full:match "^(.*)/([^/]*)$"
  if not name:find "[*?]" then
    local file, message = read_file(full)
    return file and { file }, message
  end
  local files = {}
  for i, found in ipairs(names_in(folder, name)) do files[i] = read_file(folder .. "/" .. found) end
  return files
end

local deepest = 16

local function read_included(state, file, read_line)
  local former = state.cursor
  state.cursor = nft_tokens.cursor(file.text, file.source)
  read_lines(state, read_line)
  if state.cursor:is "}" then state.cursor:refuse "a '}' that closes nothing" end
  state.cursor = former
end

function read_definition.include(state, read_line)
  local cursor = state.cursor
  cursor:take()
  local token, path = cursor:peek(), read_name(state, "the name of a file")
  local files, message = (state.options.open or open_beside)(path, cursor.source)
  if not files or #files == 0 and message then cursor:refuse("%s", token, message or path .. ": cannot be read") end
  state.depth = state.depth + 1
  state.included = state.included + #files
  if state.depth > deepest or state.included > 1000 then cursor:refuse("files that include too many", token) end
  for _, file in ipairs(files) do read_included(state, file, read_line) end
  state.depth = state.depth - 1
end

-- Reading ------------------------------------------------------------------------------------------

local function read_document(text, source, options)
  local state = {
    cursor = nft_tokens.cursor(text, source), scope = nft_statements.scope(), options = options, items = {},
    written = {}, chains = {}, ended = {}, unread = {}, depth = 0, included = 0, nested = 0,
  }
  read_lines(state, read_command)
  if state.cursor:is "}" then state.cursor:refuse "a '}' that closes nothing" end
  if not state.has_statement then state.cursor:refuse "no table and no command of nft" end
  return state
end

--- Whether a text looks like nft's.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  if text:find "^#![^\n]*nft" then return true end
  text = "\n" .. text
  for _, pattern in ipairs {
    "\n[ \t]*table [%a%d_]+ [^%s{]+ *{", "\n[ \t]*table [%w_-]+ *{%s*chain", "\n[ \t]*chain [%w_-]+ *{%s",
    "\n[ \t]*flush ruleset", "\n[ \t]*add %a+ ip ", "\n[ \t]*add %a+ ip6 ", "\n[ \t]*add %a+ inet ",
  } do
    if text:find(pattern) then return true end
  end
  return false
end

--- Read a ruleset.
-- @tparam string text
-- @tparam string source the name it goes by in places; files to include are sought in its folder
-- @tparam ?table options `port(name, protocol)` -> number or nil, for names that are IANA's;
--   `open(path, source)` -> list of `{ source=, text= }` to include for a path or glob, or nil, message
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  local state, message, detail = refusal.guard(read_document, text, source, options or {})
  if not state then return nil, message, detail end
  local port = dialects.before(dialect.names, options and options.port)
  local ruleset = nft_json.read_objects(living_objects(state), source, { port = port }, state.written)
  ruleset.dialect = dialect.name
  for _, entry in ipairs(state.unread) do ruleset.unread[#ruleset.unread + 1] = entry end
  return ruleset
end

return dialect
