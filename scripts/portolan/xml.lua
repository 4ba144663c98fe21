--- XML read into elements that know where they stand.
--
--    local root, message = xml.read('<zone><port port="22"/></zone>', "public.xml")
--    root.children[1]
--      --> { name = "port", attributes = { port = "22" }, line = 1, column = 7, children = {}, text = "" }
--
-- Expat reads it. A document that declares entities is refused, so that no text is ever larger than its bytes,
-- and so is one nested deeper than can be right. Columns count bytes.
-- @module portolan.xml

local lxp = require "lxp"
local reader = require "portolan.reader"

local xml = {}

--- How deep elements may stand in each other.
xml.depth = 100

local function refuse(state, parser, message)
  state.refused = { message = message, at = { parser:pos() } }
  parser:stop()
end

local function attributes_of(list)
  local attributes = {}
  for _, name in ipairs(list) do attributes[name] = list[name] end
  return attributes
end

local function open(state, parser, name, list)
  local line, column = parser:pos()
  local parent = state.stack[#state.stack]
  local element = {
    name = name, attributes = attributes_of(list), line = line, column = column, children = {}, pieces = {},
  }
  parent.children[#parent.children + 1] = element
  state.stack[#state.stack + 1] = element
  if #state.stack > xml.depth + 1 then refuse(state, parser, ("nested deeper than %d levels"):format(xml.depth)) end
end

local function close(element)
  element.text, element.pieces = table.concat(element.pieces), nil
end

local function callbacks(state)
  return {
    StartElement = function(parser, name, list) open(state, parser, name, list) end,
    EndElement = function() close(table.remove(state.stack)) end,
    CharacterData = function(_, text)
      local pieces = state.stack[#state.stack].pieces
      pieces[#pieces + 1] = text
    end,
    EntityDecl = function(parser) refuse(state, parser, "entities are not declared here") end,
  }
end

local function parse(state, text)
  local parser = lxp.new(callbacks(state))
  local read, message, line, column = parser:parse(text)
  if read then read, message, line, column = parser:parse() end
  local refused = state.refused
  if refused then return nil, refused.message, refused.at[1], refused.at[2] end
  return read, message, line, column
end

-- Fills in what an element lacks whose end was never met.
local function close_all(stack)
  for i = #stack, 1, -1 do close(stack[i]) end
end

--- Read a document.
-- @tparam string text
-- @tparam string source the document's name, for messages
-- @tparam ?table options `salvage = true` gives what stands before a fault, and says the fault
-- @treturn[1] table the root: `name`, `attributes`, `line`, `column`, `children` (elements), `text` (its own
--   characters, in one)
-- @treturn[1] ?table with `salvage`, the fault: `line`, `column`, `message`
-- @return[2] nil, "source:line:column: message", { code = "syntax", source =, line =, column = }
function xml.read(text, source, options)
  local top = { children = {}, pieces = {} }
  local state = { stack = { top } }
  local read, message, line, column = parse(state, text)
  close_all(state.stack)
  local root = top.children[1]
  if read then return root end
  message = "not XML: " .. message
  if not (options and options.salvage and root) then return reader.fail(source, line, column, message) end
  return root, { line = line, column = column, message = message }
end

-- What may stand before the root.
local before_root = { "^%s+()", "^<%?.-%?>()", "^<!%-%-.-%-%->()", "^<!DOCTYPE[^>%[]*>()" }

local function past(text, at)
  for _, pattern in ipairs(before_root) do
    local following = text:match(pattern, at)
    if following then return following end
  end
end

--- The name of a text's first element, if the text begins as XML does.
-- @tparam string text
-- @treturn[1] string
-- @treturn[1] number the offset of its "<"
-- @return[2] nil
function xml.root(text)
  local at = text:match "^\239\187\191()" or 1
  local following = past(text, at)
  while following do at, following = following, past(text, following) end
  local name = text:match("^<([%a_][%w_.-]*)", at)
  return name, name and at
end

--- The children of an element that have a name.
-- @tparam table element
-- @tparam string name
-- @treturn {table,...}
function xml.named(element, name)
  local list = {}
  for _, child in ipairs(element.children) do
    if child.name == name then list[#list + 1] = child end
  end
  return list
end

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", ['"'] = "&quot;" }

local function opening(element)
  local names, words = {}, { element.name }
  for name in pairs(element.attributes) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    words[#words + 1] = ('%s="%s"'):format(name, (element.attributes[name]:gsub('[&<"]', escapes)))
  end
  return table.concat(words, " ")
end

--- An element as one line of XML, attributes in order, without characters.
-- @tparam table element
-- @treturn string
function xml.show(element)
  if #element.children == 0 then return ("<%s/>"):format(opening(element)) end
  local parts = { ("<%s>"):format(opening(element)) }
  for _, child in ipairs(element.children) do parts[#parts + 1] = xml.show(child) end
  parts[#parts + 1] = ("</%s>"):format(element.name)
  return table.concat(parts)
end

return xml
