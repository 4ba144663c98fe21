--- portolan convert: a registry in another format.
-- @module portolan.commands.convert

local listing = require "portolan.listing"
local portolan = require "portolan"

local convert = {
  name = "convert",
  summary = "Write a registry in another format.",
  example = "portolan convert service-names-port-numbers.xml --to csv -o ports.csv",
}

function convert.options(parser)
  parser:argument("source", "What to read: CSV, XML or a snapshot; the built-in registry if not given.")
    :args "?":argname "SOURCE"
  parser:option("--to", "csv (IANA's own, byte for byte), json, services (/etc/services), xml (of XML).")
    :choices { "csv", "json", "services", "xml" }:count(1)
  parser:option("--eol", "How a CSV record ends: crlf, as IANA has it, or lf."):choices { "crlf", "lf" }:default "crlf"
  parser:option("-o --output", "Where to write, instead of standard output."):argname "FILE"
end

local function all_records(registry)
  local records = {}
  for record in registry:records() do records[#records + 1] = record end
  return records
end

local function converted(registry, arguments)
  if arguments.to == "json" then return listing.json(all_records(registry)) end
  return registry:export(arguments.to, arguments.eol)
end

local function write(path, text)
  local file, message = io.open(path, "wb")
  if not file then return nil, message end
  local ok, trouble = file:write(text)
  ok = file:close() and ok
  if not ok then return nil, ("%s: %s"):format(path, trouble or "not all could be written") end
  return 0
end

function convert.run(arguments, terminal)
  local registry, message = portolan.open(arguments.source)
  if not registry then return nil, message end
  local text, trouble = converted(registry, arguments)
  if not text then return nil, trouble end
  if arguments.output then return write(arguments.output, text) end
  terminal.write(text)
  return 0
end

return convert
