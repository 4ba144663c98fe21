--- What the commands read: a registry, a file, standard input.
-- @module portolan.source

local portolan = require "portolan"

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

--- The registry that `--registry` names, or the built-in one.
-- @tparam table arguments
-- @treturn[1] Registry
-- @return[2] nil, message, detail
function source.registry(arguments)
  return portolan.open(arguments.registry)
end

--- Declare `--registry`.
-- @param parser
function source.option(parser)
  parser:option("-r --registry", "A snapshot, or IANA's CSV or XML; the built-in registry if not given."):argname "FILE"
end

return source
