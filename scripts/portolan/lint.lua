--- The lint: a registry, held to the rules by which IANA keeps it.
--
--    local findings = lint.run{ registry = portolan.open(), strict = true }
--
-- The rules are of RFC 6335, and of those that it builds on. Two modes: strict holds every record to them;
-- as deployed, what was there before a rule is not held to it. A code says which by `since`, the first month
-- of registration that it binds, and by `deployed`, its severity as deployed where that is another, or "off".
-- Most older records bear no date.
--
-- A check is given `registry`, `catalogue` (portolan.catalogue), `info` (Registry:info) and `conflicts`, those of
-- overlays. Its findings name a `record`, which fills {record}, and may have `records`, all that show it.
-- @module portolan.lint

local catalogue = require "portolan.catalogue"
local checks = require "portolan.checks"
local frame = require "portolan.frame"

local lint = {}

local function binds(says, record)
  if not says.since then return true end
  return record ~= nil and record.registered ~= nil and record.registered >= says.since
end

local function severity_as_deployed(check, code, values)
  local says = check.codes[code]
  if says.deployed == "off" or not binds(says, values.record) then return nil end
  return says.deployed or says.severity
end

local function severity_strict(check, code)
  return check.codes[code].severity
end

local function describer(source)
  return function(values)
    local record = values.record
    if not record then return { place = values.place or { source = source } }, {} end
    local label = catalogue.label(record)
    values.subject = values.subject or label
    return { place = values.place or { source = source, record = record.id, where = label },
      records = values.records or { record } }, { record = label }
  end
end

local function source_of(options)
  return options.source or "the registry"
end

--- What a lint is about, for the head of a report.
-- @tparam table options as for `run`
-- @treturn table `source`, `subject` (a line), `registry` (its date)
function lint.about(options)
  local info = options.registry:info()
  return {
    source = source_of(options), registry = info.date,
    subject = ("%d records, %s"):format(info.records, options.strict and "strict" or "as deployed"),
  }
end

--- Run checks over a registry.
-- @tparam table options `registry`; optional `strict` (false), `source`, what findings call the registry,
--   `conflicts` (portolan.layers) and `checks` (the shipped ones)
-- @treturn {table,...} findings (portolan.finding), the worst first, then by record
function lint.run(options)
  local info = options.registry:info()
  local run = frame.new {
    subject = { registry = options.registry, info = info, catalogue = catalogue.new(options.registry),
      conflicts = options.conflicts or {} },
    source = source_of(options), describe = describer(source_of(options)),
    severity = options.strict and severity_strict or severity_as_deployed,
  }
  for _, check in ipairs(options.checks or checks.all "lint") do run:check(check) end
  return run:findings()
end

return lint
