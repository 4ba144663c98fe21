--- The access lists of a Cisco configuration, gathered line by line and made chains at the end.
--
--    local lists = cisco_lists.new("router.cfg")
--    lists:list("OUTSIDE", "ip"):add(line)           -- line: number, text, words
--    lists:bind("OUTSIDE", { how = "access-group in", hook = "forward", input = "GigabitEthernet0/0" }, line)
--    local chains, unread = lists:chains{ port = port_of_name, mask = address.wildcard, groups = groups }
--
-- Entries stand in the order of their sequence numbers; one without a number comes ten after the highest before it.
-- A remark is the comment of the entry after it. What no entry takes is dropped: the chain's policy.
-- @module portolan.grammar.cisco_lists

local binding = require "portolan.grammar.binding"
local cisco_entry = require "portolan.grammar.cisco_entry"
local reader = require "portolan.reader"

local cisco_lists = {}

local Lists = {}
Lists.__index = Lists

local List = {}
List.__index = List

local function words_of(text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  return words
end

--- Walk over the lines of a configuration that say something.
-- @tparam string text
-- @tparam function without_tail takes off what stands behind an entry
-- @treturn function iterator: a table with `number`, `text`, `words`, `is_indented`
function cisco_lists.lines(text, without_tail)
  local next_line = reader.lines(text)
  return function()
    for number, raw in next_line do
      local line = { number = number, is_indented = raw:find "^%s" ~= nil }
      line.text = without_tail(table.concat(words_of(raw), " "))
      line.words = words_of(line.text)
      if line.words[1] and not line.text:find "^!" then return line end
    end
  end
end

--- No lists yet.
-- @tparam string source
-- @treturn Lists
function cisco_lists.new(source)
  return setmetatable({ source = source, order = {}, by_name = {}, bindings = {}, unread_lines = {} }, Lists)
end

local function key_of(name, family)
  return family .. "\0" .. name
end

--- The list of a name, made if there is none.
-- @tparam string name
-- @tparam string family "ip", "ip6" or "inet"
-- @tparam table line where it is first named
-- @tparam ?boolean standard whether its entries are sources and nothing else
-- @treturn List
function Lists:list(name, family, line, standard)
  local key = key_of(name, family)
  if not self.by_name[key] then
    self.by_name[key] = setmetatable({
      name = name, family = family, entries = {}, highest = 0, line = line,
    }, List)
    self.order[#self.order + 1] = self.by_name[key]
  end
  self.by_name[key].standard = self.by_name[key].standard or standard
  return self.by_name[key]
end

--- Take a list away (`no ip access-list NAME`).
function Lists:remove(name, family)
  local list = self.by_name[key_of(name, family)]
  if list then list.is_gone, self.by_name[key_of(name, family)] = true, nil end
end

--- Add an entry or a remark.
-- @tparam table line `number`, `text`, `words`
-- @tparam number at the word where the entry begins, its sequence number if it has one
function List:add(line, at)
  local sequence = line.words[at]:find "^%d+$" and tonumber(line.words[at])
  self.highest = math.max(self.highest, sequence or self.highest + 10)
  self.entries[#self.entries + 1] = {
    line = line, at = sequence and at + 1 or at, sequence = sequence or self.highest, order = #self.entries + 1,
  }
end

--- Bind a list.
-- @tparam string name
-- @tparam string family
-- @tparam table way see binding.lua
-- @tparam table line
function Lists:bind(name, family, way, line)
  local key = key_of(name, family)
  self.bindings[key] = self.bindings[key] or {}
  local list = self.bindings[key]
  list[#list + 1] = way
  list.line, list.name = list.line or line, name
end

--- Say that a line was not read.
-- @tparam table line
-- @tparam string why
function Lists:unread(line, why)
  local list = self.unread_lines
  list[#list + 1] = { place = reader.place(self.source, line.number, 1), text = line.text, why = why }
end

local function in_sequence(a, b)
  if a.sequence ~= b.sequence then return a.sequence < b.sequence end
  return a.order < b.order
end

local function context_for(list, context)
  return {
    family = list.family, standard = list.standard, port = context.port, mask = context.mask, groups = context.groups,
  }
end

local function finished(self, list, entry, rule)
  rule.place = reader.place(self.source, entry.line.number, 1, list.name)
  rule.text = entry.line.text
  return rule
end

local function remark_of(entry)
  return table.concat(entry.line.words, " ", entry.at + 1)
end

local function rules_of(self, list, context)
  local rules, remarks = {}, {}
  for _, entry in ipairs(list.entries) do
    if entry.line.words[entry.at] == "remark" then
      remarks[#remarks + 1] = remark_of(entry)
    else
      local rule, why = cisco_entry.read(entry.line.words, entry.at, context)
      if rule then
        rule.comment = remarks[1] and table.concat(remarks, "; ")
        rules[#rules + 1] = finished(self, list, entry, rule)
      else
        self:unread(entry.line, why)
      end
      remarks = {}
    end
  end
  return rules
end

local function chain_of(self, list, context)
  table.sort(list.entries, in_sequence)
  return {
    name = list.name, table = "access-list", family = list.family, policy = "drop",
    place = reader.place(self.source, list.line.number, 1, list.name),
    rules = rules_of(self, list, context_for(list, context)),
  }
end

local function note_missing(self)
  local missing = {}
  for key, list in pairs(self.bindings) do
    if not self.by_name[key] then missing[#missing + 1] = list end
  end
  table.sort(missing, function(a, b) return a.line.number < b.line.number end)
  for _, list in ipairs(missing) do
    local why = "access list %s is bound here and defined nowhere: it lets everything pass"
    self:unread(list.line, why:format(list.name))
  end
end

--- All chains.
-- @tparam table context `port`, `mask`, `groups`
-- @treturn {table,...} chains of the normal form
-- @treturn {table,...} what was not read
function Lists:chains(context)
  local chains = {}
  for _, list in ipairs(self.order) do
    if not list.is_gone then
      local bindings = self.bindings[key_of(list.name, list.family)] or {}
      for _, chain in ipairs(binding.chains(chain_of(self, list, context), bindings)) do chains[#chains + 1] = chain end
    end
  end
  note_missing(self)
  return chains, self.unread_lines
end

return cisco_lists
