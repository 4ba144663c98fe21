--- The text of pf.conf cut into lines of tokens, macros put in.
--
--    for line in pf_tokens.lines(text, "pf.conf") do
--      line.number, line[1].text        --> 3, "pass"
--
-- A token's kind is "word", "string", "table" (`<name>`) or "sign". Lines end where no brace is open and no `\`
-- continues them. A macro is replaced by the tokens of its value, as pfctl does it. What pfctl could not read
-- is refused (refusal.lua).
--
-- Source: pf.conf(5), "MACROS", "GRAMMAR".
-- @module portolan.grammar.pf_tokens

local refusal = require "portolan.grammar.refusal"

local pf_tokens = {}

-- How many tokens macros may come to in all.
local most_tokens = 500000

local refuse = refusal.raise

-- What may stand at a byte, by the first that fits: kind, pattern, how many bytes it takes besides the capture.
local kinds = {
  { "word", "^([^%s{}(),=!<>\"'#$\\]+)", 0 },
  { "string", '^"([^"]*)"', 2 },
  { "string", "^'([^']*)'", 2 },
  { "macro", "^%$([%a_][%w_]*)", 1 },
  { "table", "^<([%w_.-]+)>", 2 },
  { "sign", "^([!<>=]=)", 0 },
  { "sign", "^(><)", 0 },
  { "sign", "^(<>)", 0 },
  { "sign", "^(->)", 0 },
  { "sign", "^([{}(),=!<>])", 0 },
}

local function token_at(text, at)
  for _, kind in ipairs(kinds) do
    local found = text:match(kind[2], at)
    if found then return kind[1], found, at + #found + kind[3] end
  end
end

local function advance(state, from, stop)
  for at in state.text:sub(from, stop - 1):gmatch "()\n" do
    state.number, state.line_start = state.number + 1, from + at
  end
end

local function skip(state, at)
  while true do
    local following = state.text:match("^[ \t\r]+()", at) or state.text:match("^#[^\n]*()", at)
    local continued = not following and state.text:match("^\\[ \t\r]*\n()", at)
    if continued then advance(state, at, continued) end
    if not (following or continued) then return at end
    at = following or continued
  end
end

local function put(state, line, token)
  state.count = state.count + 1
  if state.count > most_tokens then
    refuse(state.source, token.line, token.column, "macros that come to more than can be right")
  end
  line[#line + 1] = token
end

local function put_macro(state, line, token)
  local value = state.macros[token.text]
  if not value then
    refuse(state.source, token.line, token.column, "no line before this gives $%s a value", token.text)
  end
  for _, part in ipairs(value) do
    put(state, line, { kind = part.kind, text = part.text, line = token.line, column = token.column })
  end
end

local function refuse_character(state, at)
  local character = state.text:sub(at, at)
  local column = at - state.line_start + 1
  if character == '"' or character == "'" then
    refuse(state.source, state.number, column, "a quote that is not closed")
  end
  refuse(state.source, state.number, column, "'%s' is nothing that pf knows", character:gsub("%c", " "))
end

-- `$int_if:network` is one word.
local function joins(state, at, line, token)
  local last = line[#line]
  if not (last and last.kind == "word" and token.kind == "word" and token.text:find "^:") then return false end
  if state.text:find("^%s", at - 1) then return false end
  last.text = last.text .. token.text
  return true
end

local function cut_token(state, at, line)
  local kind, found, stop = token_at(state.text, at)
  if not kind then refuse_character(state, at) end
  if state.text:find("^{[{%%]", at) then
    refuse(state.source, state.number, at - state.line_start + 1, "'%s': this looks like a template, not a ruleset",
      state.text:sub(at, at + 1))
  end
  local token = { kind = kind, text = found, line = state.number, column = at - state.line_start + 1 }
  if kind == "macro" then
    put_macro(state, line, token)
  elseif not joins(state, at, line, token) then
    put(state, line, token)
  end
  if found == "{" then state.depth = state.depth + 1 elseif found == "}" then state.depth = state.depth - 1 end
  if kind == "string" then advance(state, at, stop) end
  return stop
end

-- An anchor's rules stand on lines of their own between its braces.
local function opens_block(line)
  local first = line[1] and line[1].text
  return (first == "anchor" or first == "load") and line[#line].text == "{"
end

local function ends_line(state, line)
  if state.depth <= 0 then return true end
  if not opens_block(line) then return false end
  state.depth = 0
  return true
end

local function finish(state, line, from, stop)
  line.number = line[1] and line[1].line
  line.text = (state.text:sub(from, stop - 1):gsub("#[^\n]*", ""):gsub("\\%s*\n", " "):gsub("%s+", " "))
    :match "^%s*(.-)%s*$"
  state.depth = 0
  return line
end

local function next_line(state)
  local line, from = {}, nil
  local at = skip(state, state.at)
  while at <= #state.text do
    local is_end = state.text:sub(at, at) == "\n"
    if is_end and ends_line(state, line) then break end
    if is_end then
      advance(state, at, at + 1)
      at = at + 1
    else
      from = from or at
      at = cut_token(state, at, line)
    end
    at = skip(state, at)
  end
  if at > #state.text and state.depth > 0 and line[1] and not opens_block(line) then
    refuse(state.source, line[1].line, line[1].column, "a '{' that is not closed")
  end
  advance(state, at, math.min(at + 1, #state.text + 1))
  state.at = at + 1
  return finish(state, line, from or at, math.min(at, #state.text + 1))
end

local value_line

-- NAME = value: the value's tokens, what is in quotes cut in its turn.
local function take_macro(state, line)
  local value = {}
  for i = 3, #line do
    local token = line[i]
    if token.kind == "string" then value_line(state, token, value) else put(state, value, token) end
  end
  state.macros[line[1].text] = value
end

function value_line(state, token, value)
  local inner = {
    source = state.source, text = token.text:gsub("\n", " "), at = 1, number = token.line, line_start = 1, depth = 0,
    macros = state.macros, count = state.count,
  }
  local at = skip(inner, 1)
  while at <= #inner.text do at = skip(inner, cut_token(inner, at, value)) end
  state.count = inner.count
end

local function is_macro(line)
  return line[3] and line[1].kind == "word" and line[2].text == "=" and line[2].kind == "sign"
    and line[1].text:find "^[%a_][%w_]*$" ~= nil
end

--- Walk over the lines that are not empty and define no macro.
-- @tparam string text
-- @tparam string source
-- @treturn function iterator: a list of tokens with `number` and `text`
function pf_tokens.lines(text, source)
  local state = { text = text, source = source, at = 1, number = 1, line_start = 1, depth = 0, macros = {}, count = 0 }
  return function()
    while state.at <= #text do
      local line = next_line(state)
      if is_macro(line) then take_macro(state, line) elseif line[1] then return line end
    end
  end
end

return pf_tokens
