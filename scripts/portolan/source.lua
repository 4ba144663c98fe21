--- What the commands read: a registry, a ruleset, an inventory, a policy, a file, standard input.
-- @module portolan.source

local dialects = require "portolan.dialects"
local inventories = require "portolan.inventories"
local layers = require "portolan.layers"
local policies = require "portolan.policy"
local portolan = require "portolan"
local readers = require "portolan.readers"
local shipped = require "portolan.shipped"

local source = {}

--- A file's bytes; "-" is standard input.
-- @tparam string path
-- @treturn[1] string
-- @return[2] nil, message, detail
function source.bytes(path)
  if path == "-" then return io.stdin:read "*a" end
  local file, message = io.open(path, "rb")
  if not file then return nil, message, { code = "io", source = path } end
  local bytes, trouble = file:read "*a"
  file:close()
  if not bytes then return nil, ("%s: %s"):format(path, trouble), { code = "io", source = path } end
  return bytes
end

-- A name alone is that of a shipped overlay.
local function load_overlay(name)
  local path = not name:find "[/.]" and shipped.path("overlays/" .. name .. ".yaml") or name
  return layers.load(path)
end

--- The overlays that `--overlay` names.
-- @tparam table arguments
-- @treturn[1] {table,...}
-- @return[2] nil, message, detail
function source.overlays(arguments)
  local list = {}
  for i, name in ipairs(arguments.overlay or {}) do
    local overlay, message, detail = load_overlay(name)
    if not overlay then return nil, message, detail end
    list[i] = overlay
  end
  return list
end

--- A registry with the layers around it that `--overlay` and `--layer` ask for.
-- @tparam Registry registry
-- @tparam table arguments
-- @treturn[1] table as from layers.new
-- @return[2] nil, message, detail
function source.layered(registry, arguments)
  local overlays, message, detail = source.overlays(arguments)
  if not overlays then return nil, message, detail end
  local layered
  layered, message, detail = layers.new(registry, overlays)
  if not layered or not arguments.layer then return layered, message, detail end
  return layered:only(arguments.layer)
end

--- The registry that `--registry` names, or the built-in one; with layers, where the arguments ask for them.
-- @tparam table arguments
-- @treturn[1] Registry
-- @return[2] nil, message, detail
function source.registry(arguments)
  local registry, message, detail = portolan.open(arguments.registry)
  if not registry then return nil, message, detail end
  if not (arguments.layer or arguments.overlay and #arguments.overlay > 0) then return registry end
  return source.layered(registry, arguments)
end

-- What a reader asks for the ports of a name.
local function names_for(dialect, registry)
  return {
    port = dialects.resolver(dialect.names or {}, registry),
    service = function(name) return dialects.ports("firewalld", name) end,
  }
end

local function reader_by_name(name, own)
  for _, dialect in ipairs(own) do
    if dialect.name == name then return dialect end
  end
  return readers.by_name(name)
end

local function reader_for(text, options)
  local own = options.readers or {}
  if options.from then return reader_by_name(options.from, own) end
  local dialect, message = readers.guess(text, own)
  if not dialect then return nil, message .. "; name it with --from" end
  return dialect
end

--- The user's own readers.
-- @tparam ?string folder
-- @treturn[1] {table,...} empty where there is no folder
-- @return[2] nil, message
function source.readers(folder)
  if not folder then return {} end
  return readers.from_folder(folder)
end

--- A ruleset's text, read by the dialect that is named, or that it looks like.
-- @tparam string text
-- @tparam string name the document's, for messages
-- @tparam table options `registry`; optional `from`, a dialect's name, and `readers`, the user's own
-- @treturn[1] table as in FORMS.md
-- @return[2] nil, message, detail
function source.read_ruleset(text, name, options)
  local dialect, message = reader_for(text, options)
  if not dialect then return nil, ("%s: %s"):format(name, message) end
  return dialect.read(text, name, names_for(dialect, options.registry))
end

--- A ruleset's file.
-- @tparam string path "-" is standard input
-- @tparam table options as for `read_ruleset`
-- @treturn[1] table as in FORMS.md
-- @return[2] nil, message, detail
function source.ruleset(path, options)
  local text, message, detail = source.bytes(path)
  if not text then return nil, message, detail end
  return source.read_ruleset(text, path == "-" and "stdin" or path, options)
end

--- A list of sockets, as ss, netstat or nmap print it.
-- @tparam string path "-" is standard input
-- @treturn[1] table as in FORMS.md
-- @return[2] nil, message, detail
function source.inventory(path)
  local text, message, detail = source.bytes(path)
  if not text then return nil, message, detail end
  local reader, unknown = inventories.guess(text)
  if not reader then return nil, ("%s: %s"):format(path, unknown) end
  return reader.read(text, path == "-" and "stdin" or path)
end

--- A policy: a file, or the name of a shipped one.
-- @tparam string name
-- @tparam Registry registry
-- @treturn[1] Policy
-- @return[2] nil, message, detail
function source.policy(name, registry)
  local path = not name:find "[/.]" and shipped.path("policies/" .. name .. ".yaml") or name
  return policies.load(path, { registry = registry })
end

--- Declare `--registry`.
-- @param parser
function source.option(parser)
  parser:option("-r --registry", "A snapshot, or IANA's CSV or XML; the built-in registry if not given."):argname "FILE"
end

--- Declare `--overlay`.
-- @param parser
function source.overlay_option(parser)
  parser:option("--overlay", "A site's own services, in YAML, or 'de-facto', the shipped uses that nobody registered; "
    .. "may be repeated."):count "*":argname "FILE"
end

--- Declare `--overlay` and `--layer`.
-- @param parser
function source.layer_options(parser)
  source.overlay_option(parser)
  parser:option("--layer", "What this layer alone says: 'iana', or an overlay's name."):argname "NAME"
end

return source
