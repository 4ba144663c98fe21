--- The dialect of Cisco IOS, IOS XE, IOS XR and NX-OS, and of Arista EOS, which writes access lists as they do.
--
--    local dialect = require "portolan.readers.cisco"
--    local ruleset = assert(dialect.read(text, "router.cfg", { port = port_of_name }))
--
-- Access lists are found in a whole configuration, or in what `show access-lists` prints. A list is a chain for each
-- way in which it is bound: `ip access-group` at an interface filters what passes the router (hook "forward"),
-- `access-class` and the control plane what is for it (hook "input"). A list bound nowhere has no hook. Lists of
-- other things than IP go to `unread`; the rest of a configuration is not a ruleset. The permits for neighbour
-- discovery that IOS implies at the end of an IPv6 list are not written out.
--
-- Sources: Cisco IOS Security Command Reference; NX-OS Security Command Reference; IOS XR IP Addresses and Services
-- Command Reference; Arista EOS User Manual, "ACLs and Route Maps".
-- @module portolan.readers.cisco

local cisco_groups = require "portolan.grammar.cisco_groups"
local cisco_lists = require "portolan.grammar.cisco_lists"
local dialects = require "portolan.dialects"
local reader = require "portolan.reader"

local address = reader.address

local dialect = {
  name = "cisco", title = "Cisco IOS, IOS XE, IOS XR, NX-OS; Arista EOS", names = { "cisco-ios", "arista-eos" },
}

-- Lines ---------------------------------------------------------------------------------------

-- A comment at the end of a line, and what `show` adds: "(12 matches)", "[match=0]".
local function without_tail(text)
  if text:find "remark " then return text end
  return (text:gsub(" !.*$", ""):gsub(" ?%(%d+ [^()]*%)$", ""):gsub(" ?%[match=%d+%]$", ""))
end

local entry_words = { permit = true, deny = true, remark = true }

-- Where an entry begins among the words of a line, if there is one.
local function entry_at(words, from)
  if words[from] == "sequence" then from = from + 1 end
  if entry_words[words[from]] then return from end
  local numbered = words[from] and words[from]:find "^%d+$" and entry_words[words[from + 1]]
  return numbered and from or nil
end

local unreadable = { evaluate = true, dynamic = true, no = true }

local function in_list(state, line)
  local at = entry_at(line.words, 1)
  if at then
    state.list:add(line, at)
  elseif line.is_indented and unreadable[line.words[1]] then
    state.lists:unread(line, "not an entry that permits or denies")
  else
    return line.is_indented
  end
  return true
end

local function in_other_list(_, line)
  return line.is_indented or entry_at(line.words, 1) ~= nil
end

local group_words = {}
for word in ("host range any group-object description eq gt lt neq tcp udp tcp-udp icmp"):gmatch "%S+" do
  group_words[word] = true
end

local function in_group(state, line)
  local first = line.words[1]
  if not (line.is_indented or group_words[first] or first:find "^%d") then return false end
  state.group:add(line.words)
  return true
end

-- Where lists are bound ----------------------------------------------------------------------------

local directions = { ["in"] = "in", ingress = "in", out = "out", egress = "out" }

local function bind_at_interface(state, line, name, family, word)
  local direction = directions[word]
  if not direction then return end
  local way = { how = "access-group " .. direction, hook = "forward" }
  way[direction == "in" and "input" or "output"] = state.interface
  state.lists:bind(name, family, way, line)
end

-- Command -> family of the list that it binds, the word that is the list's name.
local binding_commands = {
  ["ip access-group"] = { "ip", 3 }, ["ipv4 access-group"] = { "ip", 3 }, ["ipv6 access-group"] = { "ip6", 3 },
  ["ipv6 traffic-filter"] = { "ip6", 3 }, ["ip port"] = { "ip", 4 }, ["ipv6 port"] = { "ip6", 4 },
}

local function in_interface(state, line)
  local words = line.words
  local command = binding_commands[(words[1] or "") .. " " .. (words[2] or "")]
  if command and words[command[2]] then
    bind_at_interface(state, line, words[command[2]], command[1], words[command[2] + 1])
  end
  return line.is_indented or command ~= nil
end

local function bind_to_host(state, line, how, family, name)
  if name then state.lists:bind(name, family, { how = how, hook = "input" }, line) end
end

local function in_terminal_line(state, line)
  local family = line.words[1] == "ipv6" and "ip6" or "ip"
  local at = line.words[1] == "access-class" and 1 or line.words[2] == "access-class" and 2 or nil
  local name, direction = line.words[(at or 0) + 1], line.words[(at or 0) + 2]
  if directions[name] then name, direction = direction, name end -- as IOS XR has them
  if at and directions[direction] ~= "out" then bind_to_host(state, line, "access-class in", family, name) end
  return line.is_indented or at ~= nil
end

local function in_control_plane(state, line)
  local command = binding_commands[(line.words[1] or "") .. " " .. (line.words[2] or "")]
  if command then bind_to_host(state, line, "control-plane in", command[1], line.words[command[2]]) end
  return line.is_indented
end

-- Commands that open a section -------------------------------------------------------------------------

local function enter(state, section)
  state.section = section
end

local function open_list(state, line, name, family, standard)
  state.list = state.lists:list(name, family, line, standard)
  enter(state, in_list)
end

-- What follows `ip access-list` and names no list.
local settings = { logging = true, resequence = true, ["log-update"] = true, persistent = true, helper = true }

-- Its name, or an entry of it in the same line (IOS XR).
local function named_list(family)
  return function(state, line)
    local at, standard = 3, nil
    local kind = line.words[3]
    if (kind == "standard" or kind == "extended") and line.words[4] then at, standard = 4, kind == "standard" end
    local name = line.words[at]
    if not name or settings[name] and line.words[at + 1] then return end
    open_list(state, line, name, family, standard)
    local entry = entry_at(line.words, at + 1)
    if entry then state.list:add(line, entry) end
  end
end

local function is_standard(number)
  return number <= 99 or number >= 1300 and number <= 1999
end

local function is_extended(number)
  return number >= 100 and number <= 199 or number >= 2000 and number <= 2699
end

-- `access-list 101 permit ...`, and `access-list NAME extended permit ...`
local function one_line_list(state, line)
  local name, words = line.words[2], line.words
  local number = reader.number(name, 9999)
  local at = 3
  if words[at] == "line" then at = 5 end
  local kind = words[at]
  if kind == "extended" or kind == "standard" then at = at + 1 end
  local entry = entry_at(words, at)
  if not entry then return name and words[3] and state.lists:unread(line, "not an entry that permits or denies") end
  if number and not (is_standard(number) or is_extended(number)) then
    return state.lists:unread(line, "not an access list of IP")
  end
  state.lists:list(name, "ip", line, kind == "standard" or number ~= nil and is_standard(number)):add(line, entry)
end

local function other_list(state, line)
  state.lists:unread(line, "not an access list of IP")
  enter(state, in_other_list)
end

local function open_group(kind, at, mask)
  return function(state, line)
    if not line.words[at] then return end
    state.group = state.groups:define(kind, line.words[at], nil, mask, line.number)
    enter(state, in_group)
  end
end

local function open_interface(state, line)
  state.interface = table.concat(line.words, " ", 2)
  enter(state, in_interface)
end

local function remove_list(family)
  return function(state, line)
    local words = line.words
    state.lists:remove((words[4] == "standard" or words[4] == "extended") and words[5] or words[4] or "", family)
  end
end

local function shown_list(family, standard)
  return function(state, line)
    local name = line.words[#line.words]
    open_list(state, line, name, family, standard)
  end
end

-- How a line begins -> what it does. The longest beginning counts.
local commands = {
  ["ip access-list"] = named_list "ip", ["ipv4 access-list"] = named_list "ip", ["ipv6 access-list"] = named_list "ip6",
  ["access-list"] = one_line_list,
  ["no ip access-list"] = remove_list "ip", ["no ipv4 access-list"] = remove_list "ip",
  ["no ipv6 access-list"] = remove_list "ip6",
  ["arp access-list"] = other_list, ["mac access-list"] = other_list, ["ethernet-services access-list"] = other_list,
  ["ipx access-list"] = other_list, ["mpls access-list"] = other_list,
  ["object-group network"] = open_group("network", 3), ["object-group network ipv4"] = open_group("network", 4),
  ["object-group network ipv6"] = open_group("network", 4), ["object-group service"] = open_group("service", 3),
  ["object-group port"] = open_group("port", 3), ["object-group ip port"] = open_group("port", 4),
  ["object-group ip address"] = open_group("network", 4, address.wildcard),
  ["object-group ipv6 address"] = open_group("network", 4),
  interface = open_interface,
  line = function(state) enter(state, in_terminal_line) end,
  ["control-plane"] = function(state) enter(state, in_control_plane) end,
  ["system control-plane"] = function(state) enter(state, in_control_plane) end,
  ["Standard IP access list"] = shown_list("ip", true), ["Extended IP access list"] = shown_list "ip",
  ["IP access list"] = shown_list "ip", ["IPV4 ACL"] = shown_list "ip", ["IPv6 access list"] = shown_list "ip6",
  ["IPV6 ACL"] = shown_list "ip6",
}

local function command_of(words)
  for count = math.min(#words, 4), 1, -1 do
    local command = commands[table.concat(words, " ", 1, count)]
    if command then return command end
  end
end

local function read_line(state, line)
  if state.section and state.section(state, line) then return end
  local command = command_of(line.words)
  if not command then
    if not line.is_indented then enter(state, nil) end
    return
  end
  enter(state, nil)
  command(state, line)
end

--- Whether a text looks like a configuration with access lists in this dialect.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return reader.has_line(text, {
    "\n[ \t]*ipv?[46]? access%-list ", "\n[ \t]*access%-list %d+ ", "\n[ \t]*ipv?[46]? access%-group ",
    "\n[ \t]*%a+ IP access list ", "\n[ \t]*IPv?[46]? access list ", "\n[ \t]*IPV[46] ACL ",
    "\n!RANCID%-CONTENT%-TYPE: cisco",
    "\n[ \t]*object%-group ip ", "\nBuilding configuration",
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
  local chains, unread = state.lists:chains { port = port, mask = address.wildcard, groups = groups }
  if #chains == 0 and #unread == 0 then
    return reader.fail(source, 1, 1, "no access list ('ip access-list ...', 'access-list 101 ...')")
  end
  local sets, missing = groups:told(source)
  return { dialect = dialect.name, source = source, chains = chains, sets = sets, missing_sets = missing,
    unread = unread }
end

return dialect
