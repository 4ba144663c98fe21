--- The text of nft cut into tokens, and a cursor over them.
--
--    local cursor = nft_tokens.cursor(text, "nftables.conf")
--    cursor:take()           --> { kind = "word", text = "table", line = 1, column = 1, ... }
--    cursor:accept "{"       --> true where that stood next
--
-- A token's kind is "word" (names, numbers, addresses), "string", "variable", "set" (`@name`), "sign",
-- "newline" or "end". Comments and continued lines leave no token. What nft could not read is refused (refusal.lua).
--
-- Source: nft(8), "INPUT FILE FORMATS".
-- @module portolan.grammar.nft_tokens

local reader = require "portolan.reader"
local refusal = require "portolan.grammar.refusal"

local address = reader.address

local nft_tokens = {}

local refuse = refusal.raise

-- Cutting -----------------------------------------------------------------------------

-- "ba:dc:..." or an IPv6 address; no longer than either can be.
local function colon_word(text, at)
  if not text:find("^%x*:", at) then return nil end
  local word = text:sub(at, at + 48):match "^[%x:]*:[%x:.]*"
  if not word or not word:find ":.*:" then return nil end
  if not word:find "::$" then word = word:gsub("[:.]+$", "") end
  if address.read(word) or word:find "^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$" then return word end
  return nil
end

-- "1:20", the handle of a traffic class.
local function class_word(text, at)
  return text:sub(at, at + 9):match "^%x%x?%x?%x?:%x%x?%x?%x?%f[^%w:._-]"
end

local function is_placeholder(word)
  return word:find "^__.*__$" ~= nil or word:find "^@.*@$" ~= nil
end

local two_signs = { ["!="] = true, ["<="] = true, [">="] = true, ["=="] = true, ["<<"] = true, [">>"] = true }
local one_sign = "^[{}(),;=<>|&^.:/!+*%[%]-]"

local function sign_at(text, at)
  local pair = text:sub(at, at + 1)
  return two_signs[pair] and pair or text:match(one_sign, at)
end

-- What may stand at a byte, by the first that fits: kind, what finds its text, how many bytes it takes besides.
local kinds = {
  { "word", colon_word, 0 },
  { "word", class_word, 0 },
  { "word", function(text, at) return text:match("^%d[%w_.]*", at) end, 0 },
  { "word", function(text, at) return text:match("^[%a_][%w_./\\-]*%*?", at) end, 0 },
  { "string", function(text, at) return text:match('^"([^"]*)"', at) end, 2 },
  { "variable", function(text, at) return text:match("^%$([%a_][%w_./-]*)", at) end, 1 },
  { "set", function(text, at) return text:match("^@([%a_][%w_./-]*)", at) end, 1 },
  { "sign", sign_at, 0 },
}

local function kind_at(text, at)
  for _, kind in ipairs(kinds) do
    local found = kind[2](text, at)
    if found then return kind[1], found, at + #found + kind[3] end
  end
end

local function refuse_character(cut, at)
  local column = at - cut.line_start + 1
  local character = cut.text:sub(at, at)
  if character == '"' then refuse(cut.source, cut.line, column, "a quote that is not closed") end
  local shown = character:find "^[%g]$" and "'" .. character .. "'" or ("byte %d"):format(character:byte())
  local template = character:find "[%%$@#]" and ": this looks like a template" or ""
  refuse(cut.source, cut.line, column, "%s is nothing that nft knows%s", shown, template)
end

local function check_template(cut, at, kind, found, stop)
  local braces = found == "{" and cut.text:sub(at, at + 1) == "{{"
  local marked = kind == "set" and cut.text:sub(stop, stop) == "@"
  if braces or marked or kind == "word" and is_placeholder(found) then
    refuse(cut.source, cut.line, at - cut.line_start + 1, "'%s': this looks like a template, not a ruleset",
      cut.text:sub(at, stop):match "^%S*")
  end
end

local function put(cut, kind, found, at, stop)
  cut.tokens[#cut.tokens + 1] = {
    kind = kind, text = found, line = cut.line, column = at - cut.line_start + 1, from = at, stop = stop - 1,
  }
end

local function new_line(cut, at)
  cut.line, cut.line_start = cut.line + 1, at + 1
end

local function count_lines(cut, from, stop)
  for at in cut.text:sub(from, stop - 1):gmatch "()\n" do new_line(cut, from + at - 1) end
end

-- Past blanks, comments and continued lines.
local function skip(cut, at)
  local text = cut.text
  while true do
    local following = text:match("^[ \t\r]+()", at) or text:match("^#[^\n]*()", at)
    if not following then
      following = text:match("^\\[ \t\r]*\n()", at)
      if following then new_line(cut, following - 1) end
    end
    if not following then return at end
    at = following
  end
end

local function cut_token(cut, at)
  if cut.text:sub(at, at) == "\n" then
    put(cut, "newline", "\n", at, at + 1)
    new_line(cut, at)
    return at + 1
  end
  local kind, found, stop = kind_at(cut.text, at)
  if not kind then refuse_character(cut, at) end
  check_template(cut, at, kind, found, stop)
  put(cut, kind, found, at, stop)
  if kind == "string" then count_lines(cut, at, stop) end
  return stop
end

local function cut_text(text, source)
  local cut = { text = text, source = source, line = 1, line_start = 1, tokens = {} }
  local at = skip(cut, 1)
  while at <= #text do at = skip(cut, cut_token(cut, at)) end
  put(cut, "end", "the end", at, at)
  return cut.tokens
end

-- The cursor -----------------------------------------------------------------------------

local Cursor = {}
Cursor.__index = Cursor

--- A cursor at the first token.
-- @tparam string text
-- @tparam string source
-- @treturn Cursor with `tokens`, `at`, `source`
function nft_tokens.cursor(text, source)
  return setmetatable({ tokens = cut_text(text, source), at = 1, source = source }, Cursor)
end

--- The token that stands next, or so many after it.
function Cursor:peek(ahead)
  return self.tokens[math.min(self.at + (ahead or 0), #self.tokens)]
end

--- The token that stands next, and past it.
function Cursor:take()
  local token = self:peek()
  self.at = math.min(self.at + 1, #self.tokens)
  return token
end

--- Refuse the document at a token, by default the next.
function Cursor:refuse(message, token, ...)
  token = token or self:peek()
  refuse(self.source, token.line, token.column, message, ...)
end

--- A token in a message.
function Cursor.shown(token)
  if token.kind == "newline" then return "the end of the line" end
  if token.kind == "end" then return "the end" end
  local text = token.text:gsub("%c", " ")
  return "'" .. (#text > 40 and text:sub(1, 37) .. "..." or text) .. "'"
end

--- Whether a word or a sign stands next.
function Cursor:is(text)
  local token = self:peek()
  return (token.kind == "word" or token.kind == "sign") and token.text == text
end

--- Past a word or a sign, if it stands next.
function Cursor:accept(text)
  local is = self:is(text)
  if is then self:take() end
  return is
end

--- Past a word or a sign that must stand next.
function Cursor:expect(text)
  if not self:accept(text) then self:refuse("'%s' was expected, not %s", nil, text, self.shown(self:peek())) end
end

--- Past the ends of lines.
function Cursor:skip_newlines()
  while self:peek().kind == "newline" do self:take() end
end

--- Whether a statement ends here.
function Cursor:at_end()
  local token = self:peek()
  return token.kind == "newline" or token.kind == "end" or self:is ";" or self:is "}"
end

--- Past what stands in braces, which open here.
function Cursor:skip_braces()
  local opened, depth = self:peek(), 0
  repeat
    if self:is "{" then depth = depth + 1 elseif self:is "}" then depth = depth - 1 end
    if self:take().kind == "end" then self:refuse("a '{' that is not closed", opened) end
  until depth == 0
end

--- Past the rest of a statement, braces whole.
function Cursor:skip_statement()
  while not self:at_end() do
    if self:is "{" then self:skip_braces() else self:take() end
  end
end

local quotes = { string = '"%s"', variable = "$%s", set = "@%s" }

--- The tokens from one to another as they were written, comments and broken lines left out.
-- @tparam number from
-- @tparam number to
-- @treturn string
function Cursor:text(from, to)
  local parts, stop = {}, nil
  for i = from, to do
    local token = self.tokens[i]
    if token.kind ~= "newline" then
      if stop and token.from > stop + 1 then parts[#parts + 1] = " " end
      parts[#parts + 1] = (quotes[token.kind] or "%s"):gsub("%%s", function() return token.text end)
      stop = token.stop
    end
  end
  return table.concat(parts)
end

return nft_tokens
