--- What dialect readers share, and nothing more.
--
--    local reader = require "portolan.reader"
--    local address, protocols, ranges = reader.address, reader.protocols, reader.ranges
--
--    local rule = { place = reader.place(source, 12), text = line, matches = { {} }, also = {}, verdict = "accept" }
--    if not number then return reader.fail(source, 12, 5, "a port is 0-65535, not '70000'") end
--
-- What a reader makes is described in FORMS.md ("The ruleset"). A word that a function here does
-- not know is nil, never a guess: the reader then keeps it in `also` or `unread`.
-- @module portolan.reader

local reader = {
  address = require "portolan.address",
  protocols = require "portolan.protocols",
  ranges = require "portolan.ranges",
}

--- How many `matches` a rule may have before its sets are kept in `also` instead.
reader.most_matches = 4096

--- Where something stands.
-- @tparam string source the document's name
-- @tparam ?number line
-- @tparam ?number column
-- @tparam ?string where what line and column do not say: "filter/INPUT"
-- @tparam ?number handle
-- @treturn table
function reader.place(source, line, column, where, handle)
  return { source = source, line = line, column = column, where = where, handle = handle }
end

--- Refuse a document.
-- @tparam string source
-- @tparam number line
-- @tparam number column
-- @tparam string message one line in the reader's words, without a period
-- @return nil, "source:line:column: message", { code = "syntax", source =, line =, column = }
function reader.fail(source, line, column, message)
  return nil, ("%s:%d:%d: %s"):format(source, line, column, message),
    { code = "syntax", source = source, line = line, column = column }
end

--- Line and column of a byte.
-- @tparam string text the whole document
-- @tparam number offset 1 for the first byte; past the end counts as the end
-- @treturn number line, from 1
-- @treturn number column in bytes, from 1
function reader.position(text, offset)
  local line, start = 1, 1
  for at in text:gmatch "()\n" do
    if at >= offset then break end
    line, start = line + 1, at + 1
  end
  return line, math.max(1, math.min(offset, #text + 1) - start + 1)
end

--- Whether some line is like one of these.
-- @tparam string text
-- @tparam {string,...} patterns each begins with the end of the line before
-- @treturn boolean
function reader.has_line(text, patterns)
  text = "\n" .. text
  for _, pattern in ipairs(patterns) do
    if text:find(pattern) then return true end
  end
  return false
end

--- Walk over lines, whatever ends them (LF or CRLF).
-- @tparam string text
-- @treturn function iterator: number, line without its end
function reader.lines(text)
  local number, following = 0, 1
  return function()
    if following > #text then return nil end
    local from = following
    local stop = text:find("\n", from, true) or #text + 1
    number, following = number + 1, stop + 1
    if text:byte(stop - 1) == 13 and stop > from then stop = stop - 1 end
    return number, text:sub(from, stop - 1)
  end
end

--- Every state that connection tracking gives a packet, in the order a ruleset lists them.
reader.states = { "new", "established", "related", "invalid", "untracked" }

local is_state = {}
for _, state in ipairs(reader.states) do is_state[state] = true end

--- A state's name, whatever the case of the word.
-- @tparam string word
-- @treturn[1] string
-- @return[2] nil where it is no state
function reader.state(word)
  local state = word:lower()
  return is_state[state] and state or nil
end

local function chosen_states(list, wanted)
  local named, states = {}, {}
  for _, state in ipairs(list) do named[state] = true end
  for _, state in ipairs(reader.states) do
    if (named[state] or false) == wanted then states[#states + 1] = state end
  end
  return states
end

--- States once each, in order.
function reader.union_states(list)
  return chosen_states(list, true)
end

--- The states that a list leaves out.
function reader.complement_states(list)
  return chosen_states(list, false)
end

--- The whole number a word is, if it is one from 0 to `maximum`.
-- @param word digits or a number; anything else is none
-- @tparam number maximum
-- @treturn[1] number
-- @return[2] nil
function reader.number(word, maximum)
  local number = type(word) == "number" and word or type(word) == "string" and word:find "^%d+$" and tonumber(word)
  if not number or number % 1 ~= 0 or number < 0 or number > maximum then return nil end
  return math.floor(number)
end

local function named_port(name, protocol, options)
  return reader.number(options.port(name, protocol), 65535)
end

--- The number of a port.
-- A name is looked up by `options.port(name, protocol)`, and must mean one number in all the protocols.
-- @tparam string|number word
-- @tparam ?{string,...} list protocols; by default tcp and udp, of which one may not know the name
-- @tparam ?table options the reader's options
-- @treturn[1] number
-- @return[2] nil where it is no port, or a name unknown or of two meanings
function reader.port(word, list, options)
  local number = reader.number(word, 65535)
  if number or type(word) ~= "string" or not (options and options.port) then return number end
  for _, protocol in ipairs(list or { "tcp", "udp" }) do
    local found = named_port(word, protocol, options)
    if not found and list or found and number and found ~= number then return nil end
    number = found or number
  end
  return number
end

return reader
