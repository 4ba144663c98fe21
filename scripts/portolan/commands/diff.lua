--- portolan diff: what became of a registry between two editions.
-- @module portolan.commands.diff

local changes = require "portolan.changes"
local json = require "portolan.json"
local listing = require "portolan.listing"
local portolan = require "portolan"

local diff = {
  name = "diff",
  summary = "What changed between two editions of the registry.",
  example = "portolan diff 2025.xml 2026.xml --format json",
}

function diff.options(parser)
  parser:argument("before", "A snapshot, or a source that 'compile' reads."):argname "BEFORE"
  parser:argument("after", "The same of another day."):argname "AFTER"
  parser:option("-f --format", "text or json."):choices { "text", "json" }:default "text"
end

local formats = {
  text = function(events) return changes.text(events) .. changes.summary(events) .. "\n" end,
  json = function(events)
    return json.encode(changes.data(events), { order = listing.order, indent = "  " }) .. "\n"
  end,
}

function diff.run(arguments, terminal)
  local before, message = portolan.open(arguments.before)
  if not before then return nil, message end
  local after, trouble = portolan.open(arguments.after)
  if not after then return nil, trouble end
  local events, wrong = portolan.diff(before, after)
  if not events then return nil, wrong end
  for _, event in ipairs(changes.people(before:people(), after:people())) do events[#events + 1] = event end
  terminal.write(formats[arguments.format](events))
  return #events > 0 and 1 or 0
end

return diff
