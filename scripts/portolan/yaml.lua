--- YAML read into nodes that know where they stand.
--
--    local node, message = yaml.read("a: [1, yes]\n", "my.yaml")
--    node.kind                          --> "map"
--    node.entries[1].key.value          --> "a"
--    node.entries[1].value.items[2]     --> { kind = "string", value = "yes", line = 1, column = 8 }
--
-- One document, or a stream of them. A plain scalar means what YAML 1.2's core schema (section 10.3.2) says:
-- `no`, `on` and `12:30` are strings. A key is a scalar and stands once in its map. Tags are refused. An alias is the
-- very node that it names, so a document never grows in memory; how large it would be written out is limited.
-- Columns count characters.
-- @module portolan.yaml

local libyaml = require "yaml"
local unicode = require "portolan.unicode"

local yaml = {}

--- What a document may ask of us.
yaml.limits = { depth = 64, nodes = 200000, bytes = 8000000 }

-- What `refuse` raises and only `read` catches, so that anything else raised is a fault of ours.
local Refusal = {}

local function refuse(reader, mark, message, ...)
  local line = message:format(...):gsub("%c", " ")
  error(setmetatable({
    source = reader.source, line = mark.line + 1, column = mark.column + 1, message = line,
  }, Refusal), 0)
end

local rewordings = {
  ["found character that cannot start any token"] = "a tab or another character that no value begins with",
  ["mapping values are not allowed in this context"] = "a ':' that follows no key",
  ["could not find expected ':'"] = "a key without ':' after it",
  ["did not find expected key"] = "a key was expected; is the line indented as its neighbours are?",
  ["did not find expected node content"] = "a value was expected",
  ["did not find expected ',' or ']'"] = "no ']' for this '['",
  ["did not find expected ',' or '}'"] = "no '}' for this '{'",
  ["found unexpected end of stream"] = "a quote that is not closed",
  ["found unknown escape character"] = "an escape that YAML does not have",
}

-- libyaml says "PROBLEM at document: N, line: L, column: C\nCONTEXT at line: L, column: C\n". A fault inside
-- quotes or brackets is shown where they open.
local function refuse_as_libyaml_does(reader, said)
  local problem = said:match "^(.-) at document:" or said:match "^[^\n]*"
  local context, at = said:match "\nwhile (.-) at (line: %d+, column: %d+)"
  local opened = context and (context:find "flow" or context:find "quoted" or context:find "simple key")
  local line, column = (opened and at or said):match "line: (%d+), column: (%d+)"
  local mark = line and { line = tonumber(line) - 1, column = tonumber(column) - 1 } or reader.mark
  refuse(reader, mark, "%s", rewordings[problem] or problem)
end

local function next_event(reader)
  local ok, event = pcall(reader.next)
  if not ok then refuse_as_libyaml_does(reader, tostring(event)) end
  reader.mark = event.start_mark
  if event.tag then refuse(reader, event.start_mark, "tags such as '%s' are not used here", event.tag) end
  return event
end

-- YAML 1.2.2, section 10.3.2: what a plain scalar is, by the first pattern that it fits.
local plain = {
  { "null", "^$", "^~$", "^null$", "^Null$", "^NULL$" },
  { "boolean", "^true$", "^True$", "^TRUE$", "^false$", "^False$", "^FALSE$" },
  { "integer", "^[-+]?%d+$", "^0o[0-7]+$", "^0x%x+$" },
  { "number", "^[-+]?%d+%.?%d*$", "^[-+]?%.%d+$", "^[-+]?%d+%.?%d*[eE][-+]?%d+$", "^[-+]?%.%d+[eE][-+]?%d+$",
    "^[-+]?%.inf$", "^[-+]?%.Inf$", "^[-+]?%.INF$", "^%.nan$", "^%.NaN$", "^%.NAN$" },
}

local function plain_kind(text)
  for _, kind in ipairs(plain) do
    for i = 2, #kind do
      if text:find(kind[i]) then return kind[1] end
    end
  end
  return "string"
end

local function number(text)
  local sign = text:sub(1, 1) == "-" and -1 or 1
  local unsigned = text:gsub("^[-+]", "")
  if unsigned:lower() == ".inf" then return sign * math.huge end
  if unsigned:lower() == ".nan" then return 0 / 0 end
  return sign * tonumber(unsigned)
end

local function integer(text)
  local octal = text:match "^0o(.*)$"
  local value = octal and tonumber(octal, 8) or text:find "^0x" and tonumber(text) or number(text .. ".0")
  return math.abs(value) < 2 ^ 53 and math.floor(value) + 0 or value
end

local valued = {
  null = function() return nil end,
  boolean = function(text) return text:lower() == "true" end,
  integer = integer,
  number = number,
  string = function(text) return text end,
}

local function new_node(reader, event, kind)
  reader.nodes = reader.nodes + 1
  if reader.nodes > yaml.limits.nodes then refuse(reader, event.start_mark, "more values than can be right") end
  return { kind = kind, line = event.start_mark.line + 1, column = event.start_mark.column + 1, size = 1 }
end

-- How far after its own column a scalar's text begins; nothing to be said of blocks.
local lead = { PLAIN = 0, SINGLE_QUOTED = 1, DOUBLE_QUOTED = 1 }

local function scalar(reader, event)
  local kind = event.style == "PLAIN" and plain_kind(event.value) or "string"
  local node = new_node(reader, event, kind)
  node.text, node.value = event.value, valued[kind](event.value)
  node.lead = lead[event.style]
  return node
end

-- What `node` holds besides itself counts as often as it is named.
local function grow(reader, node, child, event)
  node.size = node.size + child.size
  if node.size > yaml.limits.nodes then
    refuse(reader, event.start_mark, "aliases that stand for more values than can be right")
  end
end

local read_node -- (reader, event, depth)

local function read_list(reader, depth, node)
  node.items = {}
  local item = next_event(reader)
  while item.type ~= "SEQUENCE_END" do
    local child = read_node(reader, item, depth + 1)
    node.items[#node.items + 1] = child
    grow(reader, node, child, item)
    item = next_event(reader)
  end
  return node
end

local function read_key(reader, event, seen)
  if event.type == "SEQUENCE_START" or event.type == "MAPPING_START" then
    refuse(reader, event.start_mark, "a key is one word, not a list or a map")
  end
  local key = read_node(reader, event, 1)
  if not key.text then refuse(reader, event.start_mark, "a key is one word, not a list or a map") end
  if seen[key.text] then
    refuse(reader, event.start_mark, "'%s' is here already, in line %d", key.text, seen[key.text].line)
  end
  seen[key.text] = key
  return key
end

local function read_map(reader, depth, node)
  node.entries = {}
  local seen, key_event = {}, next_event(reader)
  while key_event.type ~= "MAPPING_END" do
    local key = read_key(reader, key_event, seen)
    local value = read_node(reader, next_event(reader), depth + 1)
    node.entries[#node.entries + 1] = { key = key, value = value }
    grow(reader, node, value, key_event)
    key_event = next_event(reader)
  end
  return node
end

local function alias(reader, event)
  local node = reader.anchors[event.anchor]
  if not node then refuse(reader, event.start_mark, "'*%s' names nothing before it", event.anchor) end
  if node == "open" then refuse(reader, event.start_mark, "'*%s' stands inside what it names", event.anchor) end
  return node
end

local collections = { SEQUENCE_START = { "list", read_list }, MAPPING_START = { "map", read_map } }

local function content(reader, event, depth)
  if event.type == "SCALAR" then return scalar(reader, event) end
  if depth > yaml.limits.depth then
    refuse(reader, event.start_mark, "nested deeper than %d levels", yaml.limits.depth)
  end
  local kind, read = collections[event.type][1], collections[event.type][2]
  return read(reader, depth, new_node(reader, event, kind))
end

function read_node(reader, event, depth)
  if event.type == "ALIAS" then return alias(reader, event) end
  local anchor = event.anchor
  if anchor then reader.anchors[anchor] = "open" end
  local node = content(reader, event, depth)
  if anchor then reader.anchors[anchor] = node end
  return node
end

-- The first byte that YAML does not take, and why; libyaml tells no position for these.
local function stray_byte(text)
  local control, stray = text:find "[%z\1-\8\11\12\14-\31\127]", unicode.stray(text)
  if stray and stray < (control or math.huge) then return stray, "a byte that is not UTF-8" end
  return control, "a control character"
end

local function check_bytes(reader, text)
  if #text > yaml.limits.bytes then refuse(reader, reader.mark, "more than %d bytes", yaml.limits.bytes) end
  local at, why = stray_byte(text)
  if not at then return end
  local before = text:sub(1, at - 1)
  local _, line = before:gsub("\n", "")
  local _, column = before:match("[^\n]*$"):gsub("[^\128-\191]", "")
  refuse(reader, { line = line, column = column }, "%s", why)
end

local function document(reader)
  next_event(reader)
  local event = next_event(reader)
  if event.type == "STREAM_END" then
    return { kind = "null", text = "", line = 1, column = 1, size = 1 }
  end
  local node = read_node(reader, next_event(reader), 1)
  next_event(reader)
  event = next_event(reader)
  if event.type ~= "STREAM_END" then refuse(reader, event.start_mark, "a second document; one file holds one") end
  return node
end

local function documents(reader)
  local nodes = {}
  next_event(reader)
  local event = next_event(reader)
  while event.type ~= "STREAM_END" do
    reader.anchors = {}
    nodes[#nodes + 1] = read_node(reader, next_event(reader), 1)
    next_event(reader)
    event = next_event(reader)
  end
  return nodes
end

local function parse(text, source, take)
  local reader = { source = source, anchors = {}, nodes = 0, mark = { line = 0, column = 0 } }
  check_bytes(reader, text)
  reader.next = libyaml.parser(text)
  return take(reader)
end

local function read(text, source, take)
  local ok, result = pcall(parse, text, source, take)
  if ok then return result end
  if getmetatable(result) ~= Refusal then error(result, 0) end
  return nil, ("%s:%d:%d: %s"):format(source, result.line, result.column, result.message),
    { code = "syntax", source = source, line = result.line, column = result.column }
end

--- Read a document.
-- A node is `{ kind=, line=, column= }` with `kind` one of "map", "list", "string", "integer", "number",
-- "boolean", "null"; a map has `entries`, a list of `{ key=node, value=node }` in the order written; a list has
-- `items`; a scalar has `text`, `value`, and `lead`, how far after `column` its text begins (nil in a block).
-- @tparam string text UTF-8
-- @tparam string source the document's name, for messages
-- @treturn[1] table node; of kind "null" where the document is empty
-- @return[2] nil, "source:line:column: message", { code = "syntax", source =, line =, column = }
function yaml.read(text, source)
  return read(text, source, document)
end

--- Read a stream of documents, each with anchors of its own.
-- @tparam string text UTF-8
-- @tparam string source the stream's name, for messages
-- @treturn[1] {table,...} their nodes, in order; that of an empty document is of kind "null"
-- @return[2] nil, "source:line:column: message", { code = "syntax", source =, line =, column = }
function yaml.documents(text, source)
  return read(text, source, documents)
end

-- How many maps a merge may lead through before a key in it is not found.
local most_merged = 64

local function add_merged(queue, value)
  for _, merged in ipairs(value.kind == "list" and value.items or { value }) do
    if #queue < most_merged then queue[#queue + 1] = merged end
  end
end

--- The value of a key, its own or one merged in by "<<" (YAML 1.1's merge key, which libyaml leaves to us).
-- @tparam ?table node
-- @tparam string key
-- @treturn[1] table the value's node
-- @return[2] nil where the node is no map or has no such key
function yaml.get(node, key)
  local queue, at = { node }, 1
  while queue[at] do
    for _, entry in ipairs(queue[at].entries or {}) do
      if entry.key.text == key then return entry.value end
      if entry.key.text == "<<" then add_merged(queue, entry.value) end
    end
    at = at + 1
  end
end

--- The scalar value of a key as it is written.
-- @tparam ?table node
-- @tparam string key
-- @treturn[1] string
-- @return[2] nil where there is none, or null, or no scalar
function yaml.text(node, key)
  local value = yaml.get(node, key)
  return value and value.kind ~= "null" and value.text or nil
end

--- The items of the list that a key has.
-- @tparam ?table node
-- @tparam string key
-- @treturn {table,...} nodes; empty where there is no list
function yaml.items(node, key)
  local value = yaml.get(node, key)
  return value and value.items or {}
end

local function each(list, show)
  local texts = {}
  for i, value in ipairs(list) do texts[i] = show(value) end
  return table.concat(texts, ", ")
end

local function show_entry(entry)
  return entry.key.text .. ": " .. yaml.show(entry.value)
end

--- A node as one line of YAML, without quotes.
-- @tparam table node
-- @treturn string
function yaml.show(node)
  if node.entries then return "{" .. each(node.entries, show_entry) .. "}" end
  if node.items then return "[" .. each(node.items, yaml.show) .. "]" end
  return node.text
end

return yaml
