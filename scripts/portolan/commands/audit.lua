--- portolan audit: firewall rules, judged by the registry and a policy.
-- @module portolan.commands.audit

local audit = require "portolan.audit"
local finding = require "portolan.finding"
local policies = require "portolan.policy"
local readers = require "portolan.readers"
local ruleset = require "portolan.ruleset"
local shipped = require "portolan.shipped"
local source = require "portolan.source"

local command = {
  name = "audit",
  summary = "Judge firewall rules by the registry and a policy.",
  example = "iptables-save | portolan audit - --policy internet-edge",
}

function command.options(parser)
  parser:argument("rules", "A ruleset, as iptables-save or nft -j list ruleset print it; - is standard input.")
    :argname "RULES"
  parser:option("-p --policy", "A policy's file, or the name of a shipped one."):default "internet-edge":argname "FILE"
  parser:option("--from", "The rules' dialect, if their text does not tell: " .. table.concat(readers.list, ", ") .. ".")
    :argname "DIALECT"
  parser:option("--group", "With text: by severity or by chain."):choices { "severity", "chain" }:default "severity"
  parser:option("-f --format", "text or json."):choices { "text", "json" }:default "text"
  source.option(parser)
end

local function load_policy(name, registry)
  local path = name
  if not name:find "[/.]" then path = shipped.path("policies/" .. name .. ".yaml") or name end
  return policies.load(path, { registry = registry })
end

-- A port's name is a number where the registry gives it just one.
local function resolver(registry)
  return function(name, protocol)
    local port
    for _, record in ipairs(registry:named(name)) do
      if record.first and record.transport == protocol then
        if record.first ~= record.last or port and port ~= record.first then return nil end
        port = record.first
      end
    end
    return port
  end
end

local function read_rules(arguments, registry)
  local text, message = source.bytes(arguments.rules)
  if not text then return nil, message end
  local reader
  if arguments.from then
    reader, message = readers.by_name(arguments.from)
  else
    reader, message = readers.guess(text)
  end
  if not reader then return nil, ("%s: %s; name it with --from"):format(arguments.rules, message) end
  return reader.read(text, arguments.rules == "-" and "stdin" or arguments.rules, { port = resolver(registry) })
end

function command.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local policy, wrong = load_policy(arguments.policy, registry)
  if not policy then return nil, wrong end
  local tables, trouble = read_rules(arguments, registry)
  if not tables then return nil, trouble end
  local subject = { ruleset = ruleset.new(tables), registry = registry, policy = policy,
    today = os.date "!%Y-%m-%d" }
  local findings = audit.run(subject)
  local report = require("portolan.reports." .. arguments.format)
  terminal.write(report(findings, { about = audit.about(subject), group = arguments.group,
    colour = arguments.format == "text" and terminal.colour() }))
  local counts = finding.count(findings)
  return #findings > counts.waived + counts.known and 1 or 0
end

return command
