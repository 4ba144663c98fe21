--- portolan lint: a registry, held to the rules by which IANA keeps it.
-- @module portolan.commands.lint

local finding = require "portolan.finding"
local lint = require "portolan.lint"
local portolan = require "portolan"
local reports = require "portolan.reports"
local source = require "portolan.source"
local succession = require "portolan.succession"

local command = {
  name = "lint",
  summary = "Hold a registry, and overlays, to the rules of RFC 6335.",
  example = "portolan lint service-names-port-numbers.xml --strict",
}

function command.options(parser)
  parser:argument("source", "What to read: CSV, XML or a snapshot; the built-in registry if not given.")
    :args "?":argname "SOURCE"
  parser:flag("--strict", "Hold records that are older than a rule to it, too.")
  parser:option("--since", "An earlier edition: hold what changed to the rules for changes, too."):argname "BEFORE"
  source.overlay_option(parser)
  reports.option(parser)
end

local function add_succession(findings, before, after)
  local registry, message = portolan.open(before)
  if not registry then return nil, message end
  local more, trouble = succession.run { before = registry, after = after }
  if not more then return nil, trouble end
  for _, found in ipairs(more) do findings[#findings + 1] = found end
  return finding.sort(findings)
end

function command.run(arguments, terminal)
  local registry, message = portolan.open(arguments.source)
  if not registry then return nil, message end
  local layered, trouble = source.layered(registry, arguments)
  if not layered then return nil, trouble end
  local options = { registry = registry, strict = arguments.strict, conflicts = layered.conflicts,
    source = arguments.source or "built-in" }
  local findings, wrong = lint.run(options), nil
  if arguments.since then findings, wrong = add_succession(findings, arguments.since, registry) end
  if not findings then return nil, wrong end
  local report = reports.by_name(arguments.format)
  terminal.write(report(findings, { about = lint.about(options),
    colour = arguments.format == "text" and terminal.colour() }))
  return #findings > 0 and 1 or 0
end

return command
