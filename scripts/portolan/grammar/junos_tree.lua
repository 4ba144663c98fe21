--- A Junos configuration as one tree of words, whichever way it is written.
--
--    local root = junos_tree.read("set firewall family inet filter f term t from protocol tcp", "router.conf")
--    junos_tree.find(root, "firewall", "family", "inet", "filter", "f").children[1].word       --> "term"
--
-- `set` lines and braces give the same tree: each word of a path is a node below the word before it, the members of
-- `[ a b ]` are nodes side by side, and a path met again adds to the one there. A node is `{ word=, line=, children=,
-- by=, is_inactive= }`. A text that is not whole is refused with its place.
--
-- Source: Junos OS CLI User Guide, "Configuration Statements as set Commands"; "Deactivate and Reactivate Statements".
-- @module portolan.grammar.junos_tree

local refusal = require "portolan.grammar.refusal"

local junos_tree = {}

local deepest = 64

local function refuse(state, token, message)
  refusal.raise(state.source, token.line, token.column, message)
end

-- Nodes ---------------------------------------------------------------------------------------

local function new_node(word, line)
  return { word = word, line = line, children = {}, by = {} }
end

local function child_of(node, word, line)
  local child = node.by[word]
  if not child then
    child = new_node(word, line)
    node.by[word] = child
    node.children[#node.children + 1] = child
  end
  return child
end

--- The node at the end of a path.
-- @tparam table node
-- @tparam string ... words
-- @treturn[1] table
-- @return[2] nil
function junos_tree.find(node, ...)
  for _, word in ipairs { ... } do
    node = node and node.by[word]
  end
  return node
end

local function quoted(word)
  return word:find "^[^%s;{}%[%]]+$" and word or '"' .. word .. '"'
end

--- A node as braces would have it, on one line.
-- @tparam table node
-- @treturn string
function junos_tree.text(node)
  local parts = {}
  for i, child in ipairs(node.children) do parts[i] = junos_tree.text(child) end
  if #parts == 0 then return quoted(node.word) end
  if #parts == 1 then return quoted(node.word) .. " " .. parts[1] end
  return quoted(node.word) .. " { " .. table.concat(parts, "; ") .. "; }"
end

-- Tokens -----------------------------------------------------------------------------------------

local function count_lines(state, from, stop)
  for at in state.text:sub(from, stop - 1):gmatch "()\n" do
    state.line, state.line_start = state.line + 1, from + at
  end
end

local function past_comment(state, at)
  if not state.text:find("^/%*", at) then return nil end
  local _, last = state.text:find("*/", at + 2, true)
  local opened = { line = state.line, column = at - state.line_start + 1 }
  if not last then refuse(state, opened, "a comment that is not closed") end
  count_lines(state, at, last + 1)
  return last + 1
end

local function past_newline(state, at)
  if state.by_line or state.text:byte(at) ~= 10 then return nil end
  count_lines(state, at, at + 1)
  return at + 1
end

-- Past blanks and comments. The end of a line counts where lines do.
local function skip(state)
  local text, at = state.text, state.at
  while at do
    state.at = at
    at = text:match("^[ \t\r]+()", at) or text:match("^#[^\n]*()", at) or past_newline(state, at)
      or past_comment(state, at)
  end
end

local function next_token(state)
  skip(state)
  local token = { line = state.line, column = state.at - state.line_start + 1 }
  if state.at > #state.text then
    token.sign = "the end"
    return token
  end
  local text, at = state.text, state.at
  token.word, state.at = text:match('^([^%s{};%[%]"]+)()', at)
  if token.word then return token end
  token.word, state.at = text:match('^"([^"]*)"()', at)
  if not token.word then
    token.sign, state.at = text:sub(at, at), at + 1
    if token.sign == '"' then refuse(state, token, "a quote that is not closed") end
  end
  count_lines(state, at, state.at)
  return token
end

-- A path of words below a node -----------------------------------------------------------------------

local marks = { ["replace:"] = true, ["protect:"] = true, ["inactive:"] = true, ["delete:"] = true, ["active:"] = true,
  ["merge:"] = true }

local function new_path(state)
  return { node = state.stack[#state.stack].node, depth = state.stack[#state.stack].depth }
end

local function is_empty(path)
  return not path.has_words
end

local function step(state, path, token)
  path.depth, path.has_words = path.depth + 1, true
  if path.depth > deepest then refuse(state, token, "nested deeper than can be right") end
  path.node = child_of(path.node, token.word, token.line)
end

local function add_word(state, path, token)
  if is_empty(path) and marks[token.word] then
    path.is_inactive = path.is_inactive or token.word == "inactive:" or token.word == "delete:"
    return
  end
  if path.list then
    path.list[#path.list + 1] = child_of(path.node, token.word, token.line)
  else
    step(state, path, token)
  end
end

local function end_path(path)
  if path.is_inactive and not is_empty(path) then path.node.is_inactive = true end
end

-- Braces ----------------------------------------------------------------------------------------------

local function open(state, path, token)
  if is_empty(path) then refuse(state, token, "a '{' with no word before it") end
  end_path(path)
  state.stack[#state.stack + 1] = { node = path.node, depth = path.depth, token = token }
end

local function close(state, path, token)
  if not is_empty(path) then end_path(path) end
  if #state.stack == 1 then refuse(state, token, "a '}' that closes nothing") end
  state.stack[#state.stack] = nil
end

local signs = {
  ["{"] = open, ["}"] = close, [";"] = function(_, path) end_path(path) end,
}

local function bracket(state, path, token)
  if token.sign == "[" and is_empty(path) then refuse(state, token, "a '[' with no word before it") end
  path.list = token.sign == "[" and {} or nil
end

local function read_braces(state)
  local path = new_path(state)
  while true do
    local token = next_token(state)
    if token.word then
      add_word(state, path, token)
    elseif token.sign == "[" or token.sign == "]" then
      bracket(state, path, token)
    elseif signs[token.sign] then
      signs[token.sign](state, path, token)
      path = new_path(state)
    else
      local top = state.stack[#state.stack]
      if top.token then refuse(state, top.token, "a '{' that is not closed") end
      if not is_empty(path) then refuse(state, token, "a statement that is not ended: ';' was expected") end
      return
    end
  end
end

-- Lines of commands -------------------------------------------------------------------------------------

local function mark_inactive(path)
  if not is_empty(path) then path.node.is_inactive = true end
end

local function mark_active(path)
  path.node.is_inactive = nil
end

-- What is deleted stays in the tree as inactive, so that whoever reads it can tell.
local commands = { set = end_path, deactivate = mark_inactive, delete = mark_inactive, activate = mark_active }

local function read_command(state, first)
  local run, path = commands[first.word], new_path(state)
  while true do
    local token = next_token(state)
    if token.word then
      if run then add_word(state, path, token) end
    elseif token.sign == "[" or token.sign == "]" then
      if run then bracket(state, path, token) end
    elseif token.sign == "\n" or token.sign == "the end" then
      break
    elseif run then
      refuse(state, token, ("'%s' has no place in a set command"):format(token.sign))
    end
  end
  if run then run(path) end
end

local function read_commands(state)
  state.by_line = true
  while true do
    local token = next_token(state)
    if token.sign == "the end" then return end
    if token.word then read_command(state, token) end
  end
end

local function has_commands(text)
  text = "\n" .. text
  return text:find "\n[ \t]*set [%w-]+ " ~= nil and not text:find "\n[^\n#]*{[ \t\r]*\n"
end

local function read(text, source)
  local root = new_node("", 1)
  local state = {
    text = text, source = source, at = 1, line = 1, line_start = 1, stack = { { node = root, depth = 0 } },
  }
  if has_commands(text) then read_commands(state) else read_braces(state) end
  return root
end

--- Read a configuration.
-- @tparam string text `set` commands or braces
-- @tparam string source
-- @treturn[1] table the root node
-- @return[2] nil, message, detail
function junos_tree.read(text, source)
  return refusal.guard(read, text, source)
end

return junos_tree
