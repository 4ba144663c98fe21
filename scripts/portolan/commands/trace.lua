--- portolan trace: the rules that one packet meets, and what becomes of it.
-- @module portolan.commands.trace

local finding = require "portolan.finding"
local json = require "portolan.json"
local protocols = require "portolan.protocols"
local ruleset = require "portolan.ruleset"
local source = require "portolan.source"

local trace = {
  name = "trace",
  summary = "Follow one packet through firewall rules.",
  example = "portolan trace --from 198.51.100.7 --to 192.0.2.1 tcp/443 data/examples/edge.rules --in eth0",
}

function trace.options(parser)
  parser:argument("packet", "Its protocol and destination port: tcp/443, icmp, 89."):argname "PACKET"
  parser:argument("rules", "A ruleset; - is standard input."):argname "RULES"
  parser:option("--from", "The address that it is from."):argname "ADDRESS":count(1)
  parser:option("--to", "The address that it is for."):argname "ADDRESS":count(1)
  parser:option("--source-port", "The port that it is from."):convert(tonumber):default "40000":argname "PORT"
  parser:option("--icmp-type", "Of icmp and icmpv6."):convert(tonumber):default "8":argname "TYPE"
  parser:option("--hook", "Where it is.")
    :choices { "input", "forward", "output", "prerouting", "postrouting", "ingress", "egress" }:default "input"
  parser:option("--in", "The interface that it comes in by."):target "input":argname "NAME"
  parser:option("--out", "The interface that it leaves by."):target "output":argname "NAME"
  parser:option("--state", "To connection tracking.")
    :choices { "new", "established", "related", "invalid", "untracked" }:default "new"
  parser:option("--dialect", "The rules' dialect, if their text does not tell."):argname "DIALECT"
  source.option(parser)
  parser:option("-f --format", "text or json."):choices { "text", "json" }:default "text"
end

local function packet_of(arguments)
  local protocol, port = arguments.packet:match "^([%w%-.]+)/(%d+)$"
  protocol, port = protocol or arguments.packet, tonumber(port or "0")
  if not protocols.number(protocol) then return nil, ("no protocol is called '%s'"):format(protocol) end
  if port > 65535 then return nil, ("a port is 0-65535, not %d"):format(port) end
  return {
    hook = arguments.hook, source = arguments.from, destination = arguments.to, protocol = protocol, port = port,
    source_port = tonumber(arguments.source_port), icmp_type = tonumber(arguments.icmp_type),
    state = arguments.state, input = arguments.input, output = arguments.output,
  }
end

local function step_line(step)
  if not step.rule then return "  a chain's policy" end
  local if_any = #step.rule.also > 0 and ", if also " .. table.concat(step.rule.also, ", ") or ""
  return ("  %s  %s%s%s"):format(finding.where(step.rule.place), step.rule.text, if_any,
    step.surely and "" or " (perhaps)")
end

local function way_text(way, lines)
  if way.chain then lines[#lines + 1] = way.chain.name end
  for _, step in ipairs(way.steps) do lines[#lines + 1] = step_line(step) end
  lines[#lines + 1] = table.concat(way.verdicts, " or ")
end

local function text_of(ways)
  local lines = {}
  for _, way in ipairs(ways) do way_text(way, lines) end
  return table.concat(lines, "\n") .. "\n"
end

local function data_of(ways)
  local list = {}
  for i, way in ipairs(ways) do
    local steps = {}
    for j, step in ipairs(way.steps) do
      steps[j] = { place = step.rule and step.rule.place, rule = step.rule and step.rule.text, surely = step.surely }
    end
    list[i] = { chain = way.chain and way.chain.name, steps = json.list(steps), verdicts = json.list(way.verdicts) }
  end
  return json.list(list)
end

-- 0 where it passes everywhere, for certain.
local function status_of(ways)
  for _, way in ipairs(ways) do
    if #way.verdicts ~= 1 or way.verdicts[1] ~= "accept" then return 1 end
  end
  return 0
end

function trace.run(arguments, terminal)
  local packet, wrong = packet_of(arguments)
  if not packet then return nil, wrong end
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local tables, trouble = source.ruleset(arguments.rules, { registry = registry, from = arguments.dialect })
  if not tables then return nil, trouble end
  local space, fault = ruleset.new(tables):space()
  if not space then return nil, fault end
  local ways, unknown = space:trace(packet)
  if not ways then return nil, unknown end
  if #ways == 0 then return nil, ("nothing guards the hook '%s' in %s"):format(arguments.hook, arguments.rules) end
  terminal.write(arguments.format == "json" and json.encode(data_of(ways), { indent = "  " }) .. "\n" or text_of(ways))
  return status_of(ways)
end

return trace
