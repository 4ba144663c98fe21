--- portolan audit: firewall rules, judged by the registry and a policy.
-- @module portolan.commands.audit

local audit = require "portolan.audit"
local baseline = require "portolan.baseline"
local finding = require "portolan.finding"
local host = require "portolan.host"
local portolan = require "portolan"
local readers = require "portolan.readers"
local reports = require "portolan.reports"
local ruleset = require "portolan.ruleset"
local source = require "portolan.source"
local waiver = require "portolan.waiver"

local command = {
  name = "audit",
  summary = "Judge firewall rules by the registry and a policy.",
  example = "iptables-save | portolan audit - --policy internet-edge",
}

local function subject_options(parser)
  parser:argument("rules", "Rulesets, as iptables-save, nft and others print them; - is standard input.")
    :args "*":argname "RULES"
  parser:option("--from", "The dialect, if the text does not tell: " .. table.concat(readers.list, ", ") .. ".")
    :argname "DIALECT"
  parser:option("--readers", "Lua files, each a reader of a dialect, run as it is; else the policy's.")
    :argname "DIR"
  parser:flag("--host", "Ask this host for its rules and its sockets.")
  parser:option("--sockets", "What listens, as ss -tulpn, netstat or nmap -oX print it."):argname "FILE"
  parser:option("--changes", "Two registries: tell the rules for ports of which the second differs.")
    :args(2):argname { "OLD", "NEW" }
end

function command.options(parser)
  subject_options(parser)
  parser:option("-p --policy", "A policy's file, or the name of a shipped one."):default "internet-edge":argname "FILE"
  parser:option("--baseline", "An earlier JSON report: what it has is shown as known, and not counted."):argname "FILE"
  parser:option("--fail-on", "End with 1 from this severity on."):choices(finding.severities):default "note"
  parser:option("--group", "With text: by severity or by chain."):choices { "severity", "chain" }:default "severity"
  reports.option(parser)
  source.option(parser)
end

local function read_rulesets(arguments, registry, policy)
  local own, message = source.readers(arguments.readers or policy.readers)
  if not own then return nil, message end
  local list = {}
  for i, path in ipairs(arguments.rules) do
    list[i], message = source.ruleset(path, { registry = registry, from = arguments.from, readers = own })
    if not list[i] then return nil, message end
  end
  return list
end

-- What could not be asked is never the same as nothing: no report may be silent about it.
local function unknown(part)
  return finding.new {
    code = part.unknown and "host-unknown" or "host-partly-known", check = "host", severity = "warning",
    message = ("%s: unknown: %s"):format(part.command, part.unknown or part.partly), subject = part.command,
    rationale = "What could not be asked may be open, shut, listening or not.",
    remedy = "Ask as root, on the host itself.", place = { source = part.command },
  }
end

local function ask_host(gathered)
  for _, part in ipairs(host.inspect()) do
    if part.unknown or part.partly then table.insert(gathered.findings, unknown(part)) end
    if part.ruleset then table.insert(gathered.rulesets, part.ruleset) end
    gathered.inventory = gathered.inventory or part.inventory
  end
end

local function changes_between(paths)
  local old, message = portolan.open(paths[1])
  if not old then return nil, message end
  local new, trouble = portolan.open(paths[2])
  if not new then return nil, trouble end
  return portolan.diff(old, new)
end

local function known_by(path)
  local text, message = source.bytes(path)
  if not text then return nil, message end
  return baseline.read(text, path)
end

local parts = {
  { option = "sockets", key = "inventory", read = source.inventory },
  { option = "changes", key = "changes", read = changes_between },
  { option = "baseline", key = "known", read = known_by },
}

-- Adds what `read` makes of an option, where that is given.
local function add(gathered, key, argument, read)
  if not argument then return true end
  local value, message = read(argument)
  gathered[key] = value
  return value, message
end

local function gather(arguments, registry, policy)
  if #arguments.rules == 0 and not arguments.host then return nil, "name a ruleset, or ask for --host" end
  local list, message = read_rulesets(arguments, registry, policy)
  if not list then return nil, message end
  local gathered = { rulesets = list, findings = {} }
  for _, part in ipairs(parts) do
    local ok, trouble = add(gathered, part.key, arguments[part.option], part.read)
    if not ok then return nil, trouble end
  end
  if arguments.host then ask_host(gathered) end
  return gathered
end

local function judge(gathered, registry, policy, progress)
  local lists, abouts = {}, {}
  for i, tables in ipairs(gathered.rulesets) do
    progress(("%s, %d of %d"):format(tables.source, i, #gathered.rulesets))
    local subject = {
      ruleset = ruleset.new(tables), registry = registry, policy = policy, today = os.date "!%Y-%m-%d",
      sockets = gathered.inventory and gathered.inventory.sockets, changes = gathered.changes,
    }
    lists[i], abouts[i] = audit.run(subject), audit.about(subject)
  end
  return finding.join { gathered.findings, waiver.join(lists) }, abouts
end

local function status_of(findings, severity)
  for _, found in ipairs(findings) do
    if finding.is_at_least(found, severity) then return 1 end
  end
  return 0
end

function command.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local policy, wrong = source.policy(arguments.policy, registry)
  if not policy then return nil, wrong end
  local gathered, trouble = gather(arguments, registry, policy)
  if not gathered then return nil, trouble end
  local findings, abouts = judge(gathered, registry, policy, terminal.progress)
  if gathered.known then baseline.mark(findings, gathered.known) end
  local report = reports.by_name(arguments.format)
  terminal.write(report(findings, {
    about = #abouts == 1 and abouts[1] or nil, rulesets = #abouts > 1 and abouts or nil, group = arguments.group,
    colour = arguments.format == "text" and terminal.colour(), baseline = gathered.known ~= nil,
  }))
  return status_of(findings, arguments.fail_on)
end

return command
