--- Reading a source for a command: salvaged if asked, and with its loss account told.
-- @module portolan.account

local portolan = require "portolan"

local account = {}

--- Declare `--from`, `--salvage` and `--verbose`.
-- @param parser
function account.options(parser)
  parser:option("--from", "The source's format, if its content does not tell: csv, xml, html, text, table, list, "
    .. "services, nmap-services, wireshark, json."):argname "FORMAT"
  parser:flag("--salvage", "Leave out what cannot be read, rather than refuse the whole.")
  parser:flag("-v --verbose", "Say what was read, kept, repaired and refused, and why.")
end

local function tell(remarks, terminal)
  for _, remark in ipairs(remarks) do terminal.tell(remark) end
  terminal.tell(("%d rows read, %d kept, %d repaired, %d refused"):format(remarks.read, remarks.kept, remarks.repaired,
    remarks.refused))
end

--- Read `arguments.source`, a snapshot or any source that portolan.read reads.
-- @tparam table arguments
-- @tparam table terminal
-- @tparam ?table meta what else to say of the registry
-- @treturn[1] Registry
-- @return[2] nil, message, detail
function account.read(arguments, terminal, meta)
  if portolan.is_snapshot(arguments.source) then return portolan.open(arguments.source) end
  local registry, remarks, detail = portolan.read { path = arguments.source, format = arguments.from,
    salvage = arguments.salvage, meta = meta }
  if not registry then return nil, remarks, detail end
  if arguments.verbose then tell(remarks, terminal) end
  return registry
end

return account
