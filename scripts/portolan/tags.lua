--- Tags: what services have in common.
--
--    local tags = tags.load(shipped.path "tags.yaml", registry)
--    tags:ports "cleartext"                       --> PortSet
--    tags:of(registry:named("telnet")[1])         --> { "cleartext", "remote-admin" }
--    tags:reason("cleartext", "telnet")           --> "passwords and sessions readable; use ssh"
--
-- A tag names services; the registry says on which ports they are. A service that the registry does not have
-- has no ports.
-- @module portolan.tags

local schema = require "portolan.schema"
local span = require "portolan.span"

local tags = {}

local Tags = {}
Tags.__index = Tags

local function not_lower(name)
  return name ~= name:lower() and ("write '%s' in small letters"):format(name) or nil
end

local service_form = { type = "map", short = "reason", fields = {
  reason = { type = "string", required = true },
  ports = { type = "ports" },
} }

local form = { type = "map", name = "a tags document", of = { type = "map", fields = {
  about = { type = "string", required = true },
  services = { type = "map", required = true, keys = { type = "string", check = not_lower }, of = service_form },
} } }

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function object(definitions, registry)
  return definitions and setmetatable({
    definitions = definitions, registry = registry, names = sorted_keys(definitions), sets = {},
  }, Tags)
end

--- Read tags from text.
-- @tparam string text YAML: by tag `about`, and `services`: by name a reason, or `{ reason:, ports: }`
-- @tparam string source the document's name
-- @tparam Registry registry
-- @treturn[1] Tags whose `names` are the tags by alphabet
-- @return[2] nil, message, detail as from schema.read
function tags.read(text, source, registry)
  local definitions, message, detail = schema.read(text, source, form)
  return object(definitions, registry), message, detail
end

--- Read tags from a file.
-- @tparam string path
-- @tparam Registry registry
-- @treturn[1] Tags
-- @return[2] nil, message, detail
function tags.load(path, registry)
  local definitions, message, detail = schema.load(path, form)
  return object(definitions, registry), message, detail
end

function Tags:service(tag, name)
  return self.definitions[tag].services[name:lower()]
end

local function ports_of_service(registry, name, service)
  local set = span.of_records(registry:named(name))
  return service.ports and set * service.ports or set
end

--- The ports of every service that bears a tag.
-- @tparam string tag one of `names`
-- @treturn PortSet
function Tags:ports(tag)
  if not self.sets[tag] then
    local services, set = self.definitions[tag].services, span.of_records {}
    for _, name in ipairs(sorted_keys(services)) do
      set = set + ports_of_service(self.registry, name, services[name])
    end
    self.sets[tag] = set
  end
  return self.sets[tag]
end

--- Whether a record's service bears a tag.
-- @tparam table record
-- @tparam string tag one of `names`
-- @treturn boolean
function Tags:bears(record, tag)
  local service = record.name and self:service(tag, record.name)
  if not service then return false end
  return not service.ports or (span.of_records { record } * service.ports):count() > 0
end

--- The tags of a record's service.
-- @tparam table record
-- @treturn {string,...} by alphabet
function Tags:of(record)
  local list = {}
  for _, tag in ipairs(self.names) do
    if self:bears(record, tag) then list[#list + 1] = tag end
  end
  return list
end

--- Why a tag matters.
-- @tparam string tag one of `names`
-- @treturn string
function Tags:about(tag)
  return self.definitions[tag].about
end

--- Why a service bears a tag.
-- @tparam string tag one of `names`
-- @tparam string name a service's
-- @treturn[1] string
-- @return[2] nil where it does not
function Tags:reason(tag, name)
  local service = self:service(tag, name)
  return service and service.reason
end

return tags
