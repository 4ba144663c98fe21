--- The object groups of a Cisco configuration: names for addresses, services and ports.
--
--    local groups = cisco_groups.new{ port = port_of_name, mask = address.masked }
--    groups:define("network", "servers"):add{ "host", "192.0.2.1" }
--    groups:networks "servers"        --> { "192.0.2.1" }
--
-- A group holds its lines as words until it is asked for, so groups may be defined in any order and name one
-- another. What holds a line that cannot be resolved (a host name, a group that is not there or holds itself) is not
-- known at all: nil.
--
-- Sources: Cisco IOS Security Configuration Guide, "Object Groups for ACLs"; NX-OS and IOS XR "object-group"; ASA
-- Command Reference, "object network", "object service", "object-group".
-- @module portolan.grammar.cisco_groups

local cisco_entry = require "portolan.grammar.cisco_entry"
local reader = require "portolan.reader"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges

local cisco_groups = {}

-- What all groups of a document together may be worked out to, and how deep they may name one another.
local most_members, deepest = 500000, 64

local Groups = {}
Groups.__index = Groups

local Group = {}
Group.__index = Group

--- An empty set of groups.
-- @tparam table context `port(name, protocol)`; `mask(address, mask)` for networks with a mask
-- @treturn Groups with `names`, addresses by name (ASA's `name`)
function cisco_groups.new(context)
  return setmetatable({ context = context, groups = {}, names = {}, missing = {}, budget = most_members, depth = 0 },
    Groups)
end

--- The group of a name, made if there is none.
-- @tparam string kind "network", "service", "port", "protocol" or "icmp-type"
-- @tparam string name
-- @tparam ?{string,...} list the protocols of all its ports (ASA's typed service groups)
-- @tparam ?function mask for its networks
-- @tparam ?number line where it begins
-- @treturn Group
function Groups:define(kind, name, list, mask, line)
  local group = self.groups[name]
  if not group then
    group = setmetatable({ kind = kind, protocols = list, mask = mask or self.context.mask, line = line, lines = {} },
      Group)
    self.groups[name] = group
  end
  return group
end

--- Add a line.
-- @tparam {string,...} words
function Group:add(words)
  self.lines[#self.lines + 1] = words
end

--- Whether a name is that of services or ports.
function Groups:is_service(name)
  local group = self.groups[name]
  return group ~= nil and (group.kind == "service" or group.kind == "port")
end

-- `read` makes of a line a list of members, or nil.
local function members_of(self, group, read)
  local members = {}
  for _, words in ipairs(group.lines) do
    local found = read(self, words, group)
    self.budget = self.budget - (found and #found or 0)
    if not found or self.budget < 0 then return nil end
    for _, member in ipairs(found) do members[#members + 1] = member end
  end
  return members
end

local function asked(self, name)
  local group = self.groups[name]
  if group then group.is_used = true elseif name then self.missing[name] = true end
  return group
end

local function resolve(self, name, read)
  local group = asked(self, name)
  if not group or group.is_open or self.depth > deepest then return nil end
  if group.members == nil then
    group.is_open, self.depth = true, self.depth + 1
    group.members = members_of(self, group, read) or false
    group.is_open, self.depth = nil, self.depth - 1
  end
  return group.members or nil
end

local function without_first(words)
  local rest = {}
  for i = 2, #words do rest[i - 1] = words[i] end
  return rest
end

local function without_number(words)
  if not (words[1] and words[2] and words[1]:find "^%d+$") then return words end
  return without_first(words)
end

local skipped = { description = true, nat = true, remark = true, ["no"] = true }

local read_network

-- Line of a network group, by its first word.
local network_lines = {
  host = function(self, words)
    local found = address.read(self.names[words[2]] or words[2] or "")
    return found and { found }
  end,
  range = function(_, words)
    local found = address.range(words[2] or "", words[3] or "")
    return found and { found }
  end,
  any = function() return { "0.0.0.0/0", "::/0" } end,
  ["group-object"] = function(self, words) return resolve(self, words[2], read_network) end,
  object = function(self, words) return resolve(self, words[2], read_network) end,
  ["network-object"] = function(self, words, group) return read_network(self, without_first(words), group) end,
}
network_lines.subnet = network_lines["network-object"]

function read_network(self, words, group)
  words = without_number(words)
  if not words[1] or skipped[words[1]] then return {} end
  local line = network_lines[words[1]]
  if line then return line(self, words, group) end
  local found = address.read(self.names[words[1]] or words[1])
  if found and words[2] then found = group.mask(found, words[2]) end
  return found and { found }
end

local read_service

local function ports_at(self, words, at, list)
  local draft = { words = words, at = at, context = self.context }
  local found = cisco_entry.ports(draft, list)
  return found, draft.at
end

-- `tcp [source eq 1] [destination] eq 80`
local function read_port_service(self, words, at, list)
  local service, field = { protocols = list }, "destination_ports"
  while words[at] do
    if words[at] == "source" or words[at] == "destination" then
      field, at = words[at] .. "_ports", at + 1
    end
    local found, following = ports_at(self, words, at, list)
    if not found then return nil end
    service[field], at = found, following
  end
  return { service }
end

local function read_icmp_service(words, at, list)
  if not words[at] then return { { protocols = list } } end
  local kind, code = cisco_entry.icmp_type(words[at], list[1])
  if not kind or code or words[at + 1] then return nil end
  return { { protocols = list, icmp_types = { { kind, kind } } } }
end

local function read_protocol_service(self, words, at)
  local list = cisco_entry.protocols(words[at] or "", "ip")
  if not list then return nil end
  if list[1] == "icmp" or list[1] == "icmpv6" then return read_icmp_service(words, at + 1, list) end
  return read_port_service(self, words, at + 1, list)
end

local service_lines = {
  ["group-object"] = function(self, words) return resolve(self, words[2], read_service) end,
  ["service-object"] = function(self, words)
    if words[2] == "object" then return self:services(words[3] or "") end
    return read_protocol_service(self, words, 2)
  end,
  service = function(self, words) return read_protocol_service(self, words, 2) end,
  ["protocol-object"] = function(self, words) return read_protocol_service(self, words, 2) end,
  ["port-object"] = function(self, words, group) return read_port_service(self, words, 2, group.protocols or {}) end,
  ["icmp-object"] = function(_, words) return read_icmp_service(words, 2, { "icmp" }) end,
}

function read_service(self, words, group)
  words = without_number(words)
  if not words[1] or skipped[words[1]] then return {} end
  local line = service_lines[words[1]]
  if line then return line(self, words, group) end
  if group.kind == "port" then return read_port_service(self, words, 1, {}) end
  return read_protocol_service(self, words, 1)
end

--- The addresses of a network group or object.
-- @tparam string name
-- @treturn[1] {string,...}
-- @return[2] nil where they are not known
function Groups:networks(name)
  return resolve(self, name, read_network)
end

-- Objects that ASA has without a definition: `icmp-echo`, `ospf`.
local function predefined(name)
  local kind = name:match "^icmp%-(.+)$"
  if kind then return read_icmp_service({ kind }, 1, { "icmp" }) end
  local protocol = protocols.read(name)
  return protocol and { { protocols = { protocol } } }
end

--- The services of a service or protocol group or object.
-- @tparam string name
-- @treturn[1] {table,...} each with `protocols`, `source_ports`, `destination_ports`, `icmp_types`
-- @return[2] nil where they are not known
function Groups:services(name)
  if not self.groups[name] then return predefined(name) end
  local services = resolve(self, name, read_service)
  self.budget = self.budget - (services and #services or 0)
  return self.budget >= 0 and services or nil
end

local function joined(services, field)
  local list = {}
  for _, service in ipairs(services) do
    if not service[field] then return nil end
    for _, range in ipairs(service[field]) do list[#list + 1] = range end
  end
  return ranges.union(list)
end

--- The ports of a port group.
-- @tparam string name
-- @treturn[1] {{number,number},...}
-- @return[2] nil where they are not known
function Groups:ports(name)
  local services = resolve(self, name, read_service)
  return services and joined(services, "destination_ports")
end

--- The types of a group of ICMP types.
-- @tparam string name
-- @treturn[1] {{number,number},...}
-- @return[2] nil where they are not known
function Groups:icmp_types(name)
  local services = resolve(self, name, read_service)
  return services and joined(services, "icmp_types")
end

local function sorted_names(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- The groups as a ruleset's `sets` and `missing_sets` (FORMS.md), once its lists are read.
-- @tparam string source
-- @treturn {table,...} sets
-- @treturn {table,...} missing
function Groups:told(source)
  local sets, missing = {}, {}
  for _, name in ipairs(sorted_names(self.groups)) do
    local group = self.groups[name]
    sets[#sets + 1] = { name = name, used = group.is_used or false, place = reader.place(source, group.line) }
  end
  for _, name in ipairs(sorted_names(self.missing)) do
    missing[#missing + 1] = { name = name, place = reader.place(source) }
  end
  return sets, missing
end

return cisco_groups
