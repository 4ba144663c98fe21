--- One registry after another: what changed, held to the rules by which IANA changes it.
--
--    local findings = succession.run{ before = portolan.open "2019.ptl", after = portolan.open "2026.ptl" }
--
-- RFC 6335 sections 8.2 to 8.5: de-assignment, reuse, revocation and transfer. A check is given `before` and `after`,
-- the registries, and `events` (portolan.diff). Its findings name an `event`, which fills {record} with the record
-- as it was, or as it is where there was none.
-- @module portolan.succession

local catalogue = require "portolan.catalogue"
local checks = require "portolan.checks"
local frame = require "portolan.frame"
local portolan = require "portolan"

local succession = {}

local function severity(check, code)
  return check.codes[code].severity
end

local function source_of(registry)
  return registry:info().source or "the registry"
end

local function records_of(event)
  local records = {}
  records[#records + 1] = event.before
  records[#records + 1] = event.after
  return records
end

local function describer(source)
  return function(values)
    local event = values.event
    local label = catalogue.label(event.before or event.after)
    values.subject = values.subject or label
    return { place = { source = source, record = event.after and event.after.id, where = label },
      records = records_of(event) }, { record = label }
  end
end

--- What it is about, for the head of a report.
-- @tparam table options as for `run`
-- @treturn table `source`, `summary` (a line), `registry` (the later date)
function succession.about(options)
  local before, after = options.before:info(), options.after:info()
  return { source = source_of(options.after), registry = after.date,
    summary = ("%d records after %d of %s"):format(after.records, before.records, before.date or "no date") }
end

--- Run checks over what changed.
-- @tparam table options `before`, `after` (Registry); optional `events`, of `portolan.diff(before, after)`, and
--   `checks` (the shipped ones)
-- @treturn[1] {table,...} findings (portolan.finding), the worst first, then by record
-- @return[2] nil, message, detail
function succession.run(options)
  local events, message, detail = options.events, nil, nil
  if not events then events, message, detail = portolan.diff(options.before, options.after) end
  if not events then return nil, message, detail end
  local source = source_of(options.after)
  local run = frame.new {
    subject = { before = options.before, after = options.after, events = events },
    source = source, describe = describer(source), severity = severity,
  }
  for _, check in ipairs(options.checks or checks.all "succession") do run:check(check) end
  return run:findings()
end

return succession
