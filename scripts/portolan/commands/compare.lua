--- portolan compare: what two rulesets let pass, and the other does not.
-- @module portolan.commands.compare

local finding = require "portolan.finding"
local json = require "portolan.json"
local ruleset = require "portolan.ruleset"
local source = require "portolan.source"
local span = require "portolan.span"

local compare = {
  name = "compare",
  summary = "What two rulesets accept differently, with a packet for each.",
  example = "portolan compare old.rules new.rules",
}

function compare.options(parser)
  parser:argument("old", "A ruleset."):argname "OLD"
  parser:argument("new", "A ruleset to put in its place."):argname "NEW"
  parser:option("--dialect", "Their dialect, if their text does not tell."):argname "DIALECT"
  parser:flag("--perhaps", "Tell also what is only perhaps accepted.")
  source.option(parser)
  parser:option("-f --format", "text or json."):choices { "text", "json" }:default "text"
end

local hooks = { "input", "forward", "output" }

local function read(path, arguments, registry)
  local tables, message = source.ruleset(path, { registry = registry, from = arguments.dialect })
  return tables and ruleset.new(tables), message
end

local function add_changes(list, space, hook, dropped, perhaps)
  local openings, message = space:compare { hook = hook, dropped = dropped, perhaps = perhaps }
  if not openings then return nil, message end
  for _, opening in ipairs(openings) do
    list[#list + 1] = { hook = hook, what = dropped and "newly dropped" or "newly accepted", opening = opening }
  end
  return true
end

local function changes_of(space, perhaps)
  local list = {}
  for _, hook in ipairs(hooks) do
    for _, dropped in ipairs { false, true } do
      local ok, message = add_changes(list, space, hook, dropped, perhaps)
      if not ok then return nil, message end
    end
  end
  return list
end

local function ports_text(opening)
  if opening.transport then return span.text(opening.first, opening.last, opening.transport) end
  return ("protocols %d-%d"):format(opening.first, opening.last)
end

local function packet_text(packet)
  local ports = ("%d from port %d"):format(packet.port, packet.source_port)
  return ("%s to %s, protocol %d, port %s, %s%s"):format(packet.source, packet.destination, packet.protocol, ports,
    packet.state, packet.input and ", by " .. packet.input or "")
end

local function lines_of(list)
  local lines = {}
  for _, change in ipairs(list) do
    local rule = change.opening.rule
    lines[#lines + 1] = ("%s at %s: %s%s\n"):format(change.what, change.hook, ports_text(change.opening),
      change.opening.surely and "" or " (perhaps)")
    if rule then lines[#lines + 1] = ("    by    %s  %s\n"):format(finding.where(rule.place), rule.text) end
    lines[#lines + 1] = ("    such  %s\n"):format(packet_text(change.opening.example))
  end
  lines[#lines + 1] = #list == 0 and "both accept the same packets\n" or ""
  return table.concat(lines)
end

local function data_of(list)
  local data = {}
  for i, change in ipairs(list) do
    local o = change.opening
    data[i] = { what = change.what, hook = change.hook, first = o.first, last = o.last, transport = o.transport,
      surely = o.surely, rule = o.rule and o.rule.text, place = o.rule and o.rule.place, example = o.example }
  end
  return json.list(data)
end

function compare.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local old, trouble = read(arguments.old, arguments, registry)
  if not old then return nil, trouble end
  local new, wrong = read(arguments.new, arguments, registry)
  if not new then return nil, wrong end
  local space, fault = new:space(old)
  if not space then return nil, fault end
  local list, unknown = changes_of(space, arguments.perhaps)
  if not list then return nil, unknown end
  terminal.write(arguments.format == "json" and json.encode(data_of(list), { indent = "  " }) .. "\n" or lines_of(list))
  return #list > 0 and 1 or 0
end

return compare
