--- A policy: what a network lets in, written in YAML.
--
--    name: our edge
--    extends: internet-edge
--    trusted: { networks: [198.51.100.0/24], interfaces: [wg0] }
--    deny:
--      - { tag: cleartext, reason: passwords must not cross the internet, severity: error }
--      - { service: [mysql, redis], reason: databases stay inside }
--    allow:
--      - { ports: 8443/tcp, reason: the customers' portal }
--    zones:
--      guests: { networks: [192.0.2.0/24], deny: [ { tag: remote-admin, reason: guests administer nothing } ] }
--    checks:
--      open-dynamic: off
--      no-comment: on
--      accept-all: { severity: warning, ports: 30000 }
--    waivers:
--      - { code: open-reserved, ports: 1023/tcp, reason: a vendor's fault, expires: 2027-03-01 }
--
-- `deny` and `allow` are about the world, and those of a zone about what comes from there; a zone that is not the
-- world is named under `trusted` too. portolan.selection tells what an entry means. What `allow` names, no check about
-- ports speaks of. `checks` is by code, or by check for all of its codes; a code's own settings go before its check's.
-- `extends` names shipped policies, or files beside this one: their lists come before its own, and its own settings of
-- a check before theirs. For waivers see portolan.waiver, for `own_checks` and `sandbox` portolan.own_check.
-- `readers` is a folder of dialects of one's own (portolan.readers).
-- @module portolan.policy

local address = require "portolan.address"
local checks = require "portolan.checks"
local finding = require "portolan.finding"
local own_check = require "portolan.own_check"
local portolan = require "portolan"
local schema = require "portolan.schema"
local selection = require "portolan.selection"
local shipped = require "portolan.shipped"
local tags = require "portolan.tags"
local waiver = require "portolan.waiver"

local policy = {}

local Policy = {}
Policy.__index = Policy

-- The form ---------------------------------------------------------------------

local severity = { type = "enum", values = finding.severities }
local severity_or_off = { type = "enum", values = { "off", "on", "error", "warning", "note" } }

-- Without defaults, which would hide what an extended policy sets; Policy:parameters puts them in.
local function without_default(form)
  local bare = {}
  for key, value in pairs(form) do bare[key] = value end
  bare.default = nil
  return bare
end

local function settings_form(parameters)
  local fields = {
    severity = severity_or_off, references = { type = "list", single = true, of = { type = "string" } },
  }
  for name, form in pairs(parameters or {}) do fields[name] = without_default(form) end
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

local networks_form = { type = "list", default = {}, single = true, of = { type = "string", check = not_a_network } }
local interfaces_form = { type = "list", default = {}, single = true, of = { type = "string" } }

local trusted_form = { type = "map", default = { networks = {}, interfaces = {} }, fields = {
  networks = networks_form, interfaces = interfaces_form,
} }

local function is_nowhere(zone)
  if #zone.networks + #zone.interfaces == 0 then return "a zone needs networks or interfaces" end
end

local function zones_form(context)
  return { type = "map", default = {}, of = { type = "map", placed = true, check = is_nowhere, fields = {
    networks = networks_form, interfaces = interfaces_form,
    deny = selection.form(context, { severity = severity }), allow = selection.form(context, {}),
  } } }
end

local extend -- (context, name) -> what is wrong, or nil

local function form(context)
  return { type = "map", name = "a policy", fields = {
    name = { type = "string", required = true },
    description = { type = "string" },
    audience = { type = "string" },
    extends = { type = "list", default = {}, single = true, of = {
      type = "string", check = function(name) return extend(context, name) end,
    } },
    trusted = trusted_form,
    deny = selection.form(context, { severity = severity }),
    allow = selection.form(context, {}),
    zones = zones_form(context),
    checks = checks_form(context.checks),
    waivers = waiver.form(context.checks),
    own_checks = own_check.form,
    readers = { type = "map", short = "folder", placed = true, fields = {
      folder = { type = "string", required = true },
    } },
    sandbox = own_check.limits_form,
  } }
end

-- What a policy extends ----------------------------------------------------------

-- However they extend each other, no policy is made of more documents.
local most_documents = 64

-- A path in a document is seen from there.
local function from_there(source, path)
  return path:find "^/" and path or (source:match "^(.*/)" or "") .. path
end

-- One path for one file: "a/./b/../c.yaml" is "a/c.yaml".
local function plain(path)
  path = path:gsub("/%./", "/"):gsub("^%./", "")
  local count
  repeat
    path, count = path:gsub("([^/]+)/%.%./", function(folder) return folder == ".." and nil or "" end, 1)
  until count == 0 or path:find "^%.%./"
  return path
end

local function path_of(context, name)
  if not name:find "[/.]" then return shipped.path("policies/" .. name .. ".yaml") end
  return from_there(context.source, name)
end

local function beside(context, source)
  local twin = {}
  for key, value in pairs(context) do twin[key] = value end
  twin.source = source
  return twin
end

local function read_extended(context, name, path)
  local document, message = schema.load(path, form(beside(context, path)))
  if not document then return ("'%s' cannot be extended: %s"):format(name, message) end
  context.documents[#context.documents + 1] = document
end

function extend(context, name)
  local path, message = path_of(context, name)
  if not path then return ("no policy '%s': %s"):format(name, message) end
  path = plain(path)
  if context.open[path] then return ("'%s' extends itself"):format(name) end
  if context.known[path] then return nil end
  if #context.known >= most_documents then return ("more than %d policies extend each other"):format(most_documents) end
  context.known[path], context.known[#context.known + 1], context.open[path] = true, path, true
  local wrong = read_extended(context, name, path)
  context.open[path] = nil
  return wrong
end

local function add_all(list, more)
  for _, value in ipairs(more) do list[#list + 1] = value end
end

local function add_settings(all, settings)
  for name, given in pairs(settings) do
    all[name] = all[name] or {}
    for key, value in pairs(given) do all[name][key] = value end
  end
end

local lists = { "networks", "interfaces", "deny", "allow" }

local function add_zones(all, zones)
  for name, zone in pairs(zones) do
    all[name] = all[name] or { name = name, networks = {}, interfaces = {}, deny = {}, allow = {} }
    for _, key in ipairs(lists) do add_all(all[name][key], zone[key]) end
  end
end

-- Each after all that it extends.
local function joined(documents)
  local last = documents[#documents]
  local all = {
    name = last.name, description = last.description, audience = last.audience,
    networks = {}, interfaces = {}, deny = {}, allow = {}, zones = {}, checks = {}, waivers = {},
    own_checks = {}, sandbox = {},
  }
  for _, document in ipairs(documents) do
    add_all(all.networks, document.trusted.networks)
    add_all(all.interfaces, document.trusted.interfaces)
    add_all(all.deny, document.deny)
    add_all(all.allow, document.allow)
    add_all(all.waivers, document.waivers)
    add_all(all.own_checks, document.own_checks)
    all.readers = document.readers or all.readers
    for name, most in pairs(document.sandbox) do all.sandbox[name] = most end
    add_zones(all.zones, document.zones)
    add_settings(all.checks, document.checks)
  end
  return all
end

-- The object -------------------------------------------------------------------

local function canonical(networks)
  local list = {}
  for i, text in ipairs(networks) do list[i] = address.read(text) end
  return list
end

local function denied_by(context, deny)
  local list = {}
  for i, entry in ipairs(deny) do
    entry.ports = selection.ports(context, entry)
    list[i] = entry
  end
  return list
end

local function allowed_by(context, allow)
  local set = portolan.ports {}
  for _, entry in ipairs(allow) do set = set + selection.ports(context, entry) end
  return set
end

local function zones_by_name(context, zones)
  local list = {}
  for name, zone in pairs(zones) do
    list[#list + 1] = {
      name = name, networks = canonical(zone.networks), interfaces = zone.interfaces,
      denied = denied_by(context, zone.deny), allowed = allowed_by(context, zone.allow),
    }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function located(own_checks)
  for _, entry in ipairs(own_checks) do
    entry.path = entry.file and from_there(entry.place.source, entry.file)
  end
  return own_checks
end

local function object(context, all)
  return setmetatable({
    name = all.name, description = all.description, audience = all.audience, denied = denied_by(context, all.deny),
    allowed = allowed_by(context, all.allow), zones = zones_by_name(context, all.zones), settings = all.checks,
    waivers = all.waivers, own_checks = located(all.own_checks), sandbox = all.sandbox, tags = context.tags,
    readers = all.readers and from_there(all.readers.place.source, all.readers.folder),
    trusted = { networks = canonical(all.networks), interfaces = all.interfaces },
  }, Policy)
end

local function completed(options, source)
  local context = {
    registry = options.registry, tags = options.tags, checks = options.checks or checks.all(), source = source,
    documents = {}, known = {}, open = { [plain(source)] = true },
  }
  if context.tags then return context end
  local path, message, detail = shipped.path "tags.yaml"
  if not path then return nil, message, detail end
  context.tags, message, detail = tags.load(path, options.registry)
  if not context.tags then return nil, message, detail end
  return context
end

local function read(options, source, document_of)
  local context, message, detail = completed(options, source)
  if not context then return nil, message, detail end
  local document
  document, message, detail = document_of(form(context))
  if not document then return nil, message, detail end
  context.documents[#context.documents + 1] = document
  return object(context, joined(context.documents))
end

--- Read a policy from text.
-- @tparam string text YAML
-- @tparam string source the document's name; what it extends by path is sought beside it
-- @tparam table options `registry`; optional `tags` (the shipped ones) and `checks` (the shipped ones)
-- @treturn[1] Policy with `name`, `description`, `audience`, `denied` (entries, each with its `ports`, `reason`,
--   `references`, `severity` and `place`), `allowed` (PortSet), `trusted` (networks, interfaces), `zones` (each with
--   its `name`, `networks`, `interfaces`, `denied`, `allowed`) and `waivers` (portolan.waiver)
-- @return[2] nil, message, detail as from schema.read
function policy.read(text, source, options)
  return read(options, source, function(of) return schema.read(text, source, of) end)
end

--- Read a policy from a file.
-- @tparam string path
-- @tparam table options as for `read`
-- @treturn[1] Policy
-- @return[2] nil, message, detail
function policy.load(path, options)
  return read(options, path, function(of) return schema.load(path, of) end)
end

--- The policy that says nothing: every check as it comes.
-- @treturn Policy
function policy.none()
  return setmetatable({
    name = "none", denied = {}, allowed = portolan.ports {}, zones = {}, settings = {}, waivers = {},
    trusted = { networks = {}, interfaces = {} },
  }, Policy)
end

--- How severe a code is.
-- @tparam table check
-- @tparam string code one of the check's
-- @tparam ?string own what the check itself makes of it this time
-- @treturn[1] string
-- @return[2] nil where the policy turns it off, or does not ask for a check that waits for it
function Policy:severity(check, code, own)
  local of_code, of_check = self.settings[code], self.settings[check.name]
  if check.on_request and not of_code and not of_check then return nil end
  local set = of_code and of_code.severity or of_check and of_check.severity
  if set == "off" then return nil end
  return own or set ~= "on" and set or check.codes[code].severity
end

--- Whether anything that a check finds would be told.
-- @tparam table check
-- @treturn boolean
function Policy:hears(check)
  for code in pairs(check.codes) do
    if self:severity(check, code) then return true end
  end
  return false
end

--- The sources by which the policy asks for a code, after the check's own.
-- @tparam table check
-- @tparam string code one of the check's
-- @treturn {string,...}
function Policy:references(check, code)
  local list = {}
  for _, name in ipairs(code == check.name and { code } or { code, check.name }) do
    add_all(list, self.settings[name] and self.settings[name].references or {})
  end
  return list
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
