--- The dialect of Cisco ASA: access lists with netmasks, objects and object groups.
--
--    local dialect = require "portolan.readers.cisco_asa"
--    local ruleset = assert(dialect.read(text, "asa.cfg", { port = port_of_name }))
--
-- A list is of both families (`any4` and `any6` are of one) and is a chain where an `access-group` binds it; the
-- interfaces are those that `nameif` names. What is `inactive`, or holds at some times only, says so in `also`.
-- Translation (`nat`), and interfaces without a list, which follow security levels, are not read.
--
-- Sources: Cisco ASA Series Command Reference, "access-list extended", "access-group", "object", "object-group".
-- @module portolan.readers.cisco_asa

local cisco_groups = require "portolan.grammar.cisco_groups"
local cisco_lists = require "portolan.grammar.cisco_lists"
local dialects = require "portolan.dialects"
local reader = require "portolan.reader"

local address = reader.address

local dialect = { name = "cisco-asa", title = "Cisco ASA", names = { "cisco-asa", "cisco-ios" } }

-- What `show access-list` adds to an entry: "(hitcnt=3) 0x1a2b3c4d".
local function without_tail(text)
  return (text:gsub(" ?%(hitcnt=%d+%).*$", ""))
end

-- Commands ------------------------------------------------------------------------------------

local kinds = { extended = true, standard = true }
local entry_words = { permit = true, deny = true, remark = true }

-- access-list NAME [line 1] [extended] permit ...
local function access_list(state, line)
  local words, at = line.words, 3
  if words[at] == "line" then at = at + 2 end
  local kind = kinds[words[at]] and words[at]
  if kind then at = at + 1 end
  if not words[3] then return end
  if not entry_words[words[at]] then return state.lists:unread(line, "not an entry that permits or denies") end
  state.lists:list(words[2], "inet", line, kind == "standard"):add(line, at)
end

local sides = { ["in"] = "input", out = "output" }

-- access-group NAME in interface outside | access-group NAME global
local function access_group(state, line)
  local words = line.words
  local name, direction, interface = words[2], words[3], words[5]
  if not name then return end
  local way = { how = "access-group " .. (direction or ""), hook = "forward" }
  if sides[direction] then way[sides[direction]] = interface end
  if words[6] == "control-plane" then way.how, way.hook = "control-plane in", "input" end
  state.lists:bind(name, "inet", way, line)
end

local function open_object(state, line)
  local kind, name = line.words[2], line.words[3]
  state.group = kind and name and state.groups:define(kind, name, nil, nil, line.number)
end

local port_protocols = { tcp = { "tcp" }, udp = { "udp" }, ["tcp-udp"] = { "tcp", "udp" } }

local function open_group(state, line)
  local kind, name = line.words[2], line.words[3]
  state.group = kind and name and state.groups:define(kind, name, port_protocols[line.words[4]], nil, line.number)
end

local function name_address(state, line)
  if line.words[3] then state.groups.names[line.words[3]] = line.words[2] end
end

local commands = { ["access-list"] = access_list, ["access-group"] = access_group, object = open_object,
  ["object-group"] = open_group, name = name_address }

local group_words = { host = true, subnet = true, range = true, fqdn = true, service = true, ["network-object"] = true,
  ["port-object"] = true, ["service-object"] = true, ["group-object"] = true, ["protocol-object"] = true,
  ["icmp-object"] = true }

local function read_line(state, line)
  local first = line.words[1]
  if state.group and group_words[first] then return state.group:add(line.words) end
  local command = commands[first]
  if not line.is_indented then state.group = nil end
  if command then command(state, line) end
end

--- Whether a text looks like a configuration of an ASA.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  if reader.has_line(text, { "\n[ \t]*ip access%-list " }) then return false end
  return reader.has_line(text, {
    "\nASA Version ", "\n[ \t]*access%-list %S+ extended ", "\n[ \t]*access%-list %S+ line %d+ ",
    "\naccess%-group %S+ %a+ interface ", "\n[ \t]*access%-list %S+ standard ", "\nobject network ",
    "\n[ \t]*access%-list %S+; %d+ elements",
  })
end

--- Read the access lists of a configuration.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `port(name, protocol)` -> number or nil, for names that the vendor does not have
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  local port = dialects.before(dialect.names, options and options.port)
  local groups = cisco_groups.new { port = port, mask = address.masked }
  local state = { lists = cisco_lists.new(source), groups = groups }
  for line in cisco_lists.lines(text, without_tail) do read_line(state, line) end
  local chains, unread = state.lists:chains { port = port, mask = address.masked, groups = groups }
  if #chains == 0 and #unread == 0 then return reader.fail(source, 1, 1, "no access list ('access-list NAME ...')") end
  local sets, missing = groups:told(source)
  return { dialect = dialect.name, source = source, chains = chains, sets = sets, missing_sets = missing,
    unread = unread, stateful = true }
end

return dialect
