--- A policy: what a network lets in, written in YAML.
--
--    name: our edge
--    trusted: { networks: [198.51.100.0/24], interfaces: [wg0] }
--    deny:
--      - { tag: cleartext, reason: passwords must not cross the internet, severity: error }
--      - { service: [mysql, redis], reason: databases stay inside }
--    allow:
--      - { ports: 8443/tcp, reason: the customers' portal }
--    checks:
--      open-dynamic: off
--      accept-all: { severity: warning, ports: 30000 }
--
-- An entry means the ports that all of its keys name; several values of one key are any of them. What `allow`
-- names, no check about ports speaks of. `checks` is by code, or by check for all of its codes; a code's own
-- settings go before its check's.
-- @module portolan.policy

local address = require "portolan.address"
local checks = require "portolan.checks"
local finding = require "portolan.finding"
local nearest = require "portolan.nearest"
local portolan = require "portolan"
local schema = require "portolan.schema"
local shipped = require "portolan.shipped"
local span = require "portolan.span"
local tags = require "portolan.tags"

local policy = {}

local Policy = {}
Policy.__index = Policy

-- Each key of an entry as a set of ports --------------------------------------

local selectors = { "service", "ports", "tag", "status", "reference" }

local ports_named = {}

local function union(list, of)
  local set = portolan.ports {}
  for _, word in ipairs(list) do set = set + of(word) end
  return set
end

function ports_named.service(context, names)
  return union(names, function(name) return span.of_records(context.registry:named(name)) end)
end

function ports_named.ports(_, set)
  return set
end

function ports_named.tag(context, names)
  return union(names, function(tag) return context.tags:ports(tag) end)
end

function ports_named.status(context, words)
  return context.registry:ports { status = words }
end

function ports_named.reference(context, labels)
  return union(labels, function(label) return span.of_records(context.registry:query { reference = label }) end)
end

local function ports_of(context, entry)
  local set = portolan.ports "*"
  for _, key in ipairs(selectors) do
    if entry[key] then set = set * ports_named[key](context, entry[key]) end
  end
  return set
end

-- The form ---------------------------------------------------------------------

local function by_port(a, b)
  if a.first ~= b.first then return (a.first or 65536) < (b.first or 65536) end
  return a.id < b.id
end

-- Names that begin alike, the better known first: those of lower ports.
local function names_near(registry, name)
  local records, names = registry:starting(name:sub(1, 1)), {}
  table.sort(records, by_port)
  for i, record in ipairs(records) do names[i] = record.name end
  return names
end

local function unknown_service(registry, name)
  if #registry:named(name) > 0 then return nil end
  return ("the registry has no service '%s'%s"):format(name, nearest.hint(name, names_near(registry, name)))
end

local function has_selector(entry)
  for _, key in ipairs(selectors) do
    if entry[key] then return true end
  end
  return false
end

local function means_nothing(context, entry)
  if not has_selector(entry) then return "an entry needs one of " .. table.concat(selectors, ", ") end
  if ports_of(context, entry):count() == 0 then return "no port is all that this entry asks for" end
end

local function list_of(form)
  return { type = "list", single = true, of = form }
end

local function entry_form(context, more)
  local fields = {
    service = list_of { type = "string", check = function(name) return unknown_service(context.registry, name) end },
    ports = { type = "ports" },
    tag = list_of { type = "enum", values = context.tags.names },
    status = list_of { type = "enum", values = { "assigned", "reserved", "unassigned", "dynamic" } },
    reference = list_of { type = "string" },
    reason = { type = "string", required = true },
  }
  for key, form in pairs(more) do fields[key] = form end
  return { type = "list", default = {}, of = {
    type = "map", name = "an entry", placed = true, fields = fields,
    check = function(entry) return means_nothing(context, entry) end,
  } }
end

local severity = { type = "enum", values = finding.severities }
local severity_or_off = { type = "enum", values = { "off", "error", "warning", "note" } }

local function settings_form(parameters)
  local fields = { severity = severity_or_off }
  for name, form in pairs(parameters or {}) do fields[name] = form end
  return { type = "map", short = "severity", fields = fields }
end

local function checks_form(list)
  local fields = {}
  for _, check in ipairs(list) do
    for code in pairs(check.codes) do fields[code] = settings_form() end
  end
  for _, check in ipairs(list) do fields[check.name] = settings_form(check.parameters) end
  return { type = "map", default = {}, fields = fields }
end

local function not_a_network(text)
  if not address.read(text) then return ("'%s' is not a network such as 192.0.2.0/24"):format(text) end
end

local trusted_form = { type = "map", default = { networks = {}, interfaces = {} }, fields = {
  networks = { type = "list", default = {}, single = true, of = { type = "string", check = not_a_network } },
  interfaces = { type = "list", default = {}, single = true, of = { type = "string" } },
} }

local function form(context)
  return { type = "map", name = "a policy", fields = {
    name = { type = "string", required = true },
    description = { type = "string" },
    audience = { type = "string" },
    trusted = trusted_form,
    deny = entry_form(context, { severity = severity }),
    allow = entry_form(context, {}),
    checks = checks_form(context.checks),
  } }
end

-- The object -------------------------------------------------------------------

local function canonical(networks)
  local list = {}
  for i, text in ipairs(networks) do list[i] = address.read(text) end
  return list
end

local function object(context, document)
  local made = {
    name = document.name, description = document.description, audience = document.audience, denied = {},
    allowed = portolan.ports {}, settings = document.checks, tags = context.tags,
    trusted = { networks = canonical(document.trusted.networks), interfaces = document.trusted.interfaces },
  }
  for i, entry in ipairs(document.deny) do
    entry.ports = ports_of(context, entry)
    made.denied[i] = entry
  end
  for _, entry in ipairs(document.allow) do made.allowed = made.allowed + ports_of(context, entry) end
  return setmetatable(made, Policy)
end

local function completed(options)
  local context = { registry = options.registry, tags = options.tags, checks = options.checks or checks.all() }
  if context.tags then return context end
  local path, message, detail = shipped.path "tags.yaml"
  if not path then return nil, message, detail end
  context.tags, message, detail = tags.load(path, options.registry)
  if not context.tags then return nil, message, detail end
  return context
end

local function read(options, document_of)
  local context, message, detail = completed(options)
  if not context then return nil, message, detail end
  local document
  document, message, detail = document_of(form(context))
  if not document then return nil, message, detail end
  return object(context, document)
end

--- Read a policy from text.
-- @tparam string text YAML
-- @tparam string source the document's name
-- @tparam table options `registry`; optional `tags` (the shipped ones) and `checks` (the shipped ones)
-- @treturn[1] Policy with `name`, `description`, `audience`, `denied` (entries, each with its `ports`, `reason`,
--   `severity` and `place`), `allowed` (PortSet) and `trusted` (networks, interfaces)
-- @return[2] nil, message, detail as from schema.read
function policy.read(text, source, options)
  return read(options, function(of) return schema.read(text, source, of) end)
end

--- Read a policy from a file.
-- @tparam string path
-- @tparam table options as for `read`
-- @treturn[1] Policy
-- @return[2] nil, message, detail
function policy.load(path, options)
  return read(options, function(of) return schema.load(path, of) end)
end

--- The policy that says nothing: every check as it comes.
-- @treturn Policy
function policy.none()
  return setmetatable({
    name = "none", denied = {}, allowed = portolan.ports {}, settings = {},
    trusted = { networks = {}, interfaces = {} },
  }, Policy)
end

local function setting(self, name)
  return self.settings[name] and self.settings[name].severity
end

--- How severe a code is.
-- @tparam table check
-- @tparam string code one of the check's
-- @tparam ?string own what the check itself makes of it this time
-- @treturn[1] string
-- @return[2] nil where the policy turns it off
function Policy:severity(check, code, own)
  local set = setting(self, code) or setting(self, check.name)
  if set == "off" then return nil end
  return own or set or check.codes[code].severity
end

--- The parameters of a check, with its defaults where the policy says nothing.
-- @tparam table check
-- @treturn table by name
function Policy:parameters(check)
  local settings, parameters = self.settings[check.name] or {}, {}
  for name, of in pairs(check.parameters or {}) do
    parameters[name] = settings[name]
    if settings[name] == nil then parameters[name] = of.default end
  end
  return parameters
end

return policy
