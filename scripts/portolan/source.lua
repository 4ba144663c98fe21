--- What the commands read: a registry, a file, standard input.
-- @module portolan.source

local layers = require "portolan.layers"
local portolan = require "portolan"
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
