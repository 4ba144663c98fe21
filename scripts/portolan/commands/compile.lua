--- portolan compile: a source becomes a snapshot.
-- @module portolan.commands.compile

local account = require "portolan.account"

local compile = {
  name = "compile",
  summary = "Make a snapshot, which opens in a millisecond, of IANA's files or of others.",
  example = "portolan compile service-names-port-numbers.xml -o iana.ptl",
}

function compile.options(parser)
  parser:argument("source", "The file to read."):argname "SOURCE"
  parser:option("-o --output", "The snapshot to write."):argname "FILE":count(1)
  parser:option("--date", "The registry's date, where the source has none."):argname "YYYY-MM-DD"
  account.options(parser)
end

function compile.run(arguments, terminal)
  local registry, message = account.read(arguments, terminal, arguments.date and { date = arguments.date })
  if not registry then return nil, message end
  local ok, trouble = registry:write(arguments.output)
  if not ok then return nil, trouble end
  return 0
end

return compile
