--- The review: an application for a new assignment, judged before it is sent to IANA.
--
--    local application = assert(review.load "application.yaml")
--    local findings, alternatives = review.run{ registry = portolan.open(), application = application }
--    io.write(review.template())                     -- an application to fill in
--
-- An application is what IANA's form asks for (RFC 6335 section 8.1.1), in YAML; what it leaves out is said by a
-- finding, not refused. A check is given `application`, `registry`, `uses` (the registry with the layers around it)
-- and `alternatives`. Its findings name the `field` that they are about.
-- @module portolan.review

local checks = require "portolan.checks"
local frame = require "portolan.frame"
local layers = require "portolan.layers"
local schema = require "portolan.schema"
local source_files = require "portolan.source"
local suggestion = require "portolan.suggestion"
local yaml = require "portolan.yaml"

local review = {}

local text = { type = "string" }
local person = { type = "map", short = "name", fields = { name = text, email = text } }

local form = { type = "map", name = "an application", fields = {
  name = text,
  description = text,
  transports = { type = "list", single = true, default = {},
    of = { type = "enum", values = { "tcp", "udp", "sctp", "dccp" } } },
  port = { type = "integer", min = 0, max = 65535 },
  range = { type = "enum", values = { "user", "system" } },
  assignee = person,
  contact = person,
  reference = text,
  service_code = { type = "integer", min = 0, max = 4294967295 },
  txt_keys = { type = "list", single = true, default = {}, of = text },
  unauthorized = text,
  note = text,
  ietf = { type = "boolean", default = false },
  need = text,
  security = text,
  versions = text,
  multicast = text,
  congestion = text,
} }

local template = [[
# An application for a service name, and a port if one is needed (RFC 6335, section 8.1.1). Fill in what applies,
# leave the rest empty, and judge it:    portolan review application.yaml

name:             # 1 to 15 letters, digits and single hyphens, at least one letter (section 5.1)
description:      # what the service is, in a line; abbreviations written out

# Only the transports that the service uses: tcp, udp, sctp, dccp. A name alone needs one too.
transports: []

# A port, if the service needs one: a number to wish for, or a range (user or system) for IANA to choose from.
# With neither, the application is for the name alone, which is enough where SRV records or DNS-SD tell the port.
port:
range:

assignee:         # who holds the assignment: a person, or an organisation
  name:
  email:
contact:          # who answers questions, if that is somebody else
  name:
  email:

reference:        # the document that describes the protocol, or a description, or that it is proprietary
ietf: false       # true where an RFC of the IETF stream makes the assignment

service_code:     # for DCCP only: the service code to ask for, a number (RFC 5595)
txt_keys: []      # for DNS-SD: the keys of the service's TXT record (RFC 6763, section 6.4)
unauthorized:     # uses of this port, without registration, that are known
note:

# What the experts ask (RFC 7605, section 7):
need:             # why the service needs a port of its own, and no name, no dynamic port and no shared one will do
security:         # how the protocol secures itself, on this one port
versions:         # how versions are told apart, on this one port
multicast:        # how the protocol uses broadcast, multicast or anycast; 'none' where it does not
congestion:       # with udp: how traffic is limited, and how the protocol reacts to congestion (RFC 8085)
]]

--- An application to fill in.
-- @treturn string YAML, with comments
function review.template()
  return template
end

-- Where each field's value stands.
local function places_of(document, source)
  local places = {}
  local node = yaml.read(document, source)
  for _, entry in ipairs(node and node.entries or {}) do
    places[entry.key.text] = { source = source, line = entry.key.line, column = entry.key.column }
  end
  return places
end

--- Read an application from text.
-- @tparam string document YAML
-- @tparam string source its name
-- @treturn[1] table its fields, `source`, and `places` by field
-- @return[2] nil, message, detail as from schema.read
function review.read(document, source)
  local application, message, detail = schema.read(document, source, form)
  if not application then return nil, message, detail end
  application.source, application.places = source, places_of(document, source)
  return application
end

--- Read an application from a file; "-" is standard input.
-- @tparam string path
-- @treturn[1] table as from `read`
-- @return[2] nil, message, detail
function review.load(path)
  local document, message, detail = source_files.bytes(path)
  if not document then return nil, message, detail end
  return review.read(document, path == "-" and "stdin" or path)
end

local function severity(check, code)
  return check.codes[code].severity
end

local function describer(application)
  return function(values)
    values.subject = values.subject or values.field
    return { place = application.places[values.field] or { source = application.source } }, {}
  end
end

--- What a review is about, for the head of a report.
-- @tparam table options as for `run`
-- @treturn table `source`, `subject` (a line), `registry` (its date)
function review.about(options)
  local application = options.application
  local asked = application.port and ("port %d"):format(application.port)
    or application.range and "a " .. application.range .. " port" or "no port"
  return {
    source = application.source, registry = options.registry:info().date,
    subject = ("application for '%s', %s"):format(application.name or "?", asked),
  }
end

local function alternatives_for(options, uses)
  local application = options.application
  if not (application.port or application.range) then return {} end
  return suggestion.ports { registry = options.registry, uses = uses, near = application.port }
end

local function overlays_of(options)
  if options.layers then return options.layers end
  local overlay, message, detail = layers.de_facto()
  if not overlay then return nil, message, detail end
  return { overlay }
end

local function layered(options)
  local overlays, message, detail = overlays_of(options)
  if not overlays then return nil, message, detail end
  return layers.new(options.registry, overlays)
end

--- Judge an application.
-- @tparam table options `registry`, `application`; optional `layers`, overlays of uses to keep away from (the
--   shipped de-facto one), and `checks` (the shipped ones)
-- @treturn[1] {table,...} findings (portolan.finding), the worst first, then by place
-- @treturn[1] {table,...} alternatives (portolan.suggestion)
-- @return[2] nil, message, detail where the overlays cannot be had
function review.run(options)
  local uses, message, detail = layered(options)
  if not uses then return nil, message, detail end
  local alternatives = alternatives_for(options, uses)
  local run = frame.new {
    subject = { application = options.application, registry = options.registry, uses = uses,
      alternatives = alternatives },
    source = options.application.source, describe = describer(options.application), severity = severity,
  }
  for _, check in ipairs(options.checks or checks.all "review") do run:check(check) end
  return run:findings(), alternatives
end

return review
