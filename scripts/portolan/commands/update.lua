--- portolan update: fetch IANA's registry of today, if it is sound.
-- @module portolan.commands.update

local changes = require "portolan.changes"
local update = require "portolan.update"

local command = {
  name = "update",
  summary = "Fetch IANA's registry, judge it, and take it in one step.",
  example = "portolan update -o /var/lib/portolan/iana.ptl",
}

function command.options(parser)
  parser:option("-o --output", "The snapshot to keep up to date."):argname "FILE":count(1)
  parser:option("--source", "A URL, or an XML file; IANA's own if not given."):argname "URL"
  parser:flag("--force", "Take it though it is short or older.")
  parser:option("--timeout", "Seconds for the whole answer."):convert(tonumber):argname "SECONDS"
  parser:flag("-v --verbose", "Show every change.")
end

local states = {
  current = "%s is up to date: the registry of %s, %d records",
  new = "%s: the registry of %s, %d records",
  updated = "%s: the registry of %s, %d records",
}

function command.run(arguments, terminal)
  local result, message = update.run {
    output = arguments.output, source = arguments.source, force = arguments.force, timeout = arguments.timeout,
    progress = function(stage, what) terminal.progress(stage .. " " .. what) end,
  }
  if not result then return nil, message end
  terminal.write(states[result.state]:format(arguments.output, result.date, result.records) .. "\n")
  if result.state == "updated" then terminal.write("since " .. result.before .. ": "
    .. changes.summary(result.events) .. "\n") end
  if arguments.verbose then terminal.write(changes.text(result.events)) end
  return 0
end

return command
