--- Names of ports as vendors write them, each dialect a table of its own beside the registry.
--
--    dialects.port("cisco-ios", "dnsix", "udp")          --> 195
--    dialects.name("cisco-ios", 80, "tcp")               --> "www"
--    dialects.translate("www", "cisco-ios", "iana", registry)
--      --> { { name = "http", layer = "iana", first = 80, last = 80, transport = "tcp", from = "cisco-ios" } }
--
-- A dialect is `data/dialects/NAME.yaml`. One that says `over: iana` has only what differs from IANA, and asks
-- the registry for the rest; any other is the whole vocabulary of its vendor. "iana" is the registry itself.
-- Every answer says which layer it came from. Once this is loaded, a registry has it too:
-- `registry:translate("www", "cisco-ios", "iana")`.
-- @module portolan.dialects

local portolan = require "portolan"
local schema = require "portolan.schema"
local shipped = require "portolan.shipped"

local dialects = {}

--- Names of the shipped dialects.
dialects.list = {
  "arista-eos", "big-ip", "cisco-asa", "cisco-ios", "etc-services", "firewalld", "junos", "junos-applications", "nmap",
  "pf",
}

local form = { type = "map", fields = {
  source = { type = "string", required = true },
  over = { type = "enum", values = { "iana" } },
  ports = { type = "map", required = true, of = { type = "ports" } },
} }

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function spans_of(set)
  local list = {}
  for first, last, transport in set:spans() do
    list[#list + 1] = { first = math.floor(first), last = math.floor(last), transport = transport }
  end
  return list
end

local function key_of(span)
  return ("%d-%d/%s"):format(span.first, span.last, span.transport)
end

-- Of several names of one port the first by alphabet is the one to show.
local function object(document)
  local dialect = { source = document.source, over = document.over, spans = {}, names = {} }
  for _, name in ipairs(sorted_keys(document.ports)) do
    dialect.spans[name] = spans_of(document.ports[name])
    for _, span in ipairs(dialect.spans[name]) do
      dialect.names[key_of(span)] = dialect.names[key_of(span)] or name
    end
  end
  return dialect
end

--- Read a dialect.
-- @tparam string text YAML: `source` (the manual it is from), `ports` (by name a port set), `over: iana`
-- @tparam string source the document's name
-- @treturn[1] table `source`, `over`, `spans` by name, `names` by span
-- @return[2] nil, message, detail as from schema.read
function dialects.read(text, source)
  local document, message, detail = schema.read(text, source, form)
  return document and object(document), message, detail
end

local loaded = {}

local function is_listed(name)
  for _, listed in ipairs(dialects.list) do
    if listed == name then return true end
  end
  return false
end

local function load(name)
  local path = assert(shipped.path("dialects/" .. name .. ".yaml"))
  return object(assert(schema.load(path, form)))
end

local function dialect_of(name, level)
  if not loaded[name] then
    if not is_listed(name) then
      error(("no dialect '%s'; there are: %s"):format(tostring(name), table.concat(dialects.list, ", ")), level + 1)
    end
    loaded[name] = load(name)
  end
  return loaded[name]
end

local function only_port(spans, transport)
  local port
  for _, span in ipairs(spans) do
    if span.transport == transport then
      if port and port ~= span.first or span.first ~= span.last then return nil end
      port = span.first
    end
  end
  return port
end

--- What a name means: every span of ports.
-- @tparam string dialect
-- @tparam string name
-- @treturn {table,...} `{ first=, last=, transport= }`; `{}` where the dialect has no such name
function dialects.ports(dialect, name)
  return dialect_of(dialect, 2).spans[name] or {}
end

--- The one port that a name means on a transport.
-- @tparam string dialect
-- @tparam string name
-- @tparam string transport
-- @treturn[1] number
-- @return[2] nil where the dialect has no such name, or it is several ports
function dialects.port(dialect, name, transport)
  return only_port(dialect_of(dialect, 2).spans[name] or {}, transport)
end

--- What a dialect calls a port.
-- @tparam string dialect
-- @tparam number port
-- @tparam string transport
-- @treturn[1] string
-- @return[2] nil
function dialects.name(dialect, port, transport)
  return dialect_of(dialect, 2).names[key_of { first = port, last = port, transport = transport }]
end

-- Translating -----------------------------------------------------------------------

local function registered_spans(registry, name)
  local list = {}
  for _, record in ipairs(registry:named(name)) do
    if record.first and record.transport then
      list[#list + 1] = { first = record.first, last = record.last, transport = record.transport }
    end
  end
  return list
end

local function meaning(name, from, registry)
  local dialect = from ~= "iana" and dialect_of(from, 3)
  local spans = dialect and dialect.spans[name]
  if spans then return spans, from end
  if dialect and not dialect.over then return {}, from end
  return registered_spans(registry, name), "iana"
end

local function registered_name(registry, span)
  for _, record in ipairs(registry:lookup(span.first, span.transport)) do
    if record.name and record.first == span.first and record.last == span.last then return record.name end
  end
  return nil
end

local function naming(span, to, registry)
  local dialect = to ~= "iana" and dialect_of(to, 3)
  local name = dialect and dialect.names[key_of(span)]
  if name then return name, to end
  if dialect and not dialect.over then return nil, nil end
  name = registered_name(registry, span)
  return name, name and "iana"
end

--- What a name of one dialect is called in another.
-- @tparam string name
-- @tparam string from a dialect, or "iana"
-- @tparam string to a dialect, or "iana"
-- @tparam Registry registry
-- @treturn {table,...} one for each span that the name means: `first`, `last`, `transport`, `from` (the layer that
--   gave the meaning), and, where `to` has a name for it, `name` and `layer` (the one that gave it)
function dialects.translate(name, from, to, registry)
  local answers, spans, layer = {}, meaning(name, from, registry)
  for i, span in ipairs(spans) do
    local called, by = naming(span, to, registry)
    answers[i] = {
      first = span.first, last = span.last, transport = span.transport, from = layer, name = called, layer = by,
    }
  end
  return answers
end

-- For readers -------------------------------------------------------------------------

local function registered_port(registry, name, transport)
  return only_port(registered_spans(registry, name), transport)
end

local function port_in(names, name, transport)
  for _, dialect in ipairs(names) do
    local spans = dialect_of(dialect, 4).spans[name]
    if spans then return only_port(spans, transport), dialect end
  end
  return nil
end

--- What a reader asks for the port of a name: the dialects in order, then somebody else.
-- A name that means several ports on the transport is none: nobody can tell which was meant.
-- @tparam string|{string,...} names the dialects
-- @tparam ?function otherwise (name, protocol) -> port or nil, and the layer it is from
-- @treturn function (name, protocol) -> port or nil, and the layer it is from
function dialects.before(names, otherwise)
  if type(names) == "string" then names = { names } end
  return function(name, protocol)
    local port, layer = port_in(names, name, protocol)
    if port or not otherwise then return port, layer end
    return otherwise(name, protocol)
  end
end

--- The same, with the registry asked last.
-- @tparam string|{string,...} names the dialects
-- @tparam ?Registry registry
-- @treturn function (name, protocol) -> port or nil, and the layer it is from
function dialects.resolver(names, registry)
  return dialects.before(names, registry and function(name, protocol)
    local port = registered_port(registry, name, protocol)
    return port, port and "iana"
  end)
end

portolan.extend {
  translate = function(registry, name, from, to) return dialects.translate(name, from, to, registry) end,
}

return dialects
