--- portolan history: a registry at many dates, in one file.
-- @module portolan.commands.history

local changes = require "portolan.changes"
local json = require "portolan.json"
local portolan = require "portolan"

local history = {
  name = "history",
  summary = "Keep many editions of the registry in one file, and ask it for any date.",
  example = "portolan history of ports.hist 443/tcp",
}

local function file(parser)
  parser:argument("history", "The history's file."):argname "FILE"
  return parser
end

function history.options(parser)
  parser:require_command(true):command_target "action"
  local add = file(parser:command("add", "Add editions, in the order given; the file is made if need be."))
  add:argument("sources", "Snapshots, or sources that 'compile' reads."):args "+":argname "SOURCE"
  add:option("--date", "The edition's date, where the source has none."):argname "YYYY-MM-DD"
  local at = file(parser:command("at", "Write the edition of a date as a snapshot."))
  at:argument("date", "The last edition that is not after it is taken."):argname "YYYY-MM-DD"
  at:option("-o --output", "The snapshot to write."):argname "FILE":count(1)
  local of = file(parser:command("of", "The life of a port."))
  of:argument("port", "Such as 443/tcp."):argname "PORT/TRANSPORT"
  local log = file(parser:command("log", "The editions there are."))
  for _, command in ipairs { of, log } do
    command:option("-f --format", "text or json."):choices { "text", "json" }:default "text"
  end
end

local actions = {}

local function add_one(kept, path, arguments, terminal)
  local registry, message = portolan.open(path)
  if not registry then return nil, message end
  local added, trouble = kept:add(registry, arguments.date)
  registry:close()
  if added == nil then return nil, trouble end
  terminal.progress(path .. (added and ": added" or ": is there already"))
  return true
end

function actions.add(arguments, terminal)
  local kept, message = portolan.history(arguments.history, { create = true })
  if not kept then return nil, message end
  for _, path in ipairs(arguments.sources) do
    local ok, trouble = add_one(kept, path, arguments, terminal)
    if not ok then return nil, trouble end
  end
  return 0
end

function actions.at(arguments)
  local kept, message = portolan.history(arguments.history)
  if not kept then return nil, message end
  local registry, trouble = kept:at(arguments.date)
  if not registry then return nil, trouble end
  local ok, wrong = registry:write(arguments.output)
  if not ok then return nil, wrong end
  return 0
end

local function event_lines(events)
  local lines = {}
  for i, event in ipairs(events) do lines[i] = ("%s  %s: %s\n"):format(event.date, event.kind, changes.line(event)) end
  return table.concat(lines)
end

function actions.of(arguments, terminal)
  local kept, message = portolan.history(arguments.history)
  if not kept then return nil, message end
  local port, transport = arguments.port:match "^(%d+)/(%a+)$"
  local set, wrong = portolan.ports(arguments.port)
  if not (port and set) then return nil, wrong or arguments.port .. ": a port with its transport, such as 443/tcp" end
  local events, trouble = kept:of(tonumber(port), transport)
  if not events then return nil, trouble end
  terminal.write(arguments.format == "json" and json.encode(json.list(events), { indent = "  " }) .. "\n"
    or event_lines(events))
  return #events > 0 and 0 or 1
end

local function log_lines(editions)
  local lines = {}
  for i, edition in ipairs(editions) do
    lines[i] = ("%s  %6d records  +%d -%d\n"):format(edition.date, edition.records, edition.added, edition.removed)
  end
  return table.concat(lines)
end

function actions.log(arguments, terminal)
  local kept, message = portolan.history(arguments.history)
  if not kept then return nil, message end
  local editions = kept:log()
  terminal.write(arguments.format == "json" and json.encode(json.list(editions), { indent = "  " }) .. "\n"
    or log_lines(editions))
  return 0
end

function history.run(arguments, terminal)
  return actions[arguments.action](arguments, terminal)
end

return history
