--- portolan compile: a source becomes a snapshot.
-- @module portolan.commands.compile

local portolan = require "portolan"

local compile = {
  name = "compile",
  summary = "Make a snapshot, which opens in a millisecond, of IANA's CSV or XML.",
  example = "portolan compile service-names-port-numbers.xml -o iana.ptl",
}

function compile.options(parser)
  parser:argument("source", "The file to read."):argname "SOURCE"
  parser:option("-o --output", "The snapshot to write."):argname "FILE":count(1)
  parser:option("--from", "The source's format, if its content does not tell."):argname "FORMAT"
  parser:option("--date", "The registry's date, where the source has none."):argname "YYYY-MM-DD"
  parser:flag("-v --verbose", "Say what the reader left out, and why.")
end

function compile.run(arguments, terminal)
  local ok, remarks = portolan.compile { path = arguments.source, output = arguments.output, format = arguments.from,
    meta = arguments.date and { date = arguments.date } }
  if not ok then return nil, remarks end
  for _, remark in ipairs(arguments.verbose and remarks or {}) do terminal.tell(remark) end
  return 0
end

return compile
