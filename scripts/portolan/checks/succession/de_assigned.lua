--- What became of the ports and the name of a service that went.

local portolan = require "portolan"
local span = require "portolan.span"

local check = { name = "de-assigned" }

check.codes = {
  ["de-assigned-free"] = {
    severity = "warning",
    message = "{record} was de-assigned, and {ports} is unassigned, not Reserved",
    rationale = "Software that still uses the port would meet whoever is assigned it next.",
    remedy = "Mark the port as Reserved.",
    references = { "RFC6335 section 8.2" },
  },
  ["de-assigned-reused"] = {
    severity = "warning",
    message = "{record} was de-assigned, and {ports} is assigned to '{taker}'",
    rationale = "A port that was given back is not to be assigned again while its range has others; reuse and "
      .. "transfer have procedures of their own.",
    remedy = "See that the new assignment names the old one's end.",
    references = { "RFC6335 section 8.2", "RFC6335 section 8.3", "RFC6335 section 8.5" },
  },
  ["name-gone"] = {
    severity = "note",
    message = "{record} was de-assigned, and the name is in no record any more",
    rationale = "Names are plenty: one stays assigned when its ports are not, so that nobody takes it for another use.",
    remedy = "Keep the name, without a port.",
    references = { "RFC6335 section 8.2" },
  },
}

-- Of the ports that a record had, those of a status now.
local function ports_now(record, registry, status)
  return span.of_records { record } * registry:ports { status = status }
end

local function has_name(records, name)
  for _, record in ipairs(records) do
    if record.name == name then return true end
  end
  return false
end

-- Who has a port now and had not before.
local function taker_at(context, port, transport)
  local before = context.before:lookup(port, transport)
  for _, record in ipairs(context.after:lookup(port, transport)) do
    if record.name and not has_name(before, record.name) then return record.name end
  end
end

-- The first of them, and all ports that somebody took.
local function taken(context, assigned)
  local spans, name = {}, nil
  for first, last, transport in assigned:spans() do
    for port = first, last do
      local taker = taker_at(context, port, transport)
      name = name or taker
      if taker then spans[#spans + 1] = { port, port, transport } end
    end
  end
  return name, portolan.ports(spans)
end

local function report_ports(context, event)
  local free = ports_now(event.before, context.after, "unassigned")
  if free:count() > 0 then
    context:report("de-assigned-free", { event = event, ports = span.summary(free) })
  end
  local taker, ports = taken(context, ports_now(event.before, context.after, "assigned"))
  if taker then
    context:report("de-assigned-reused", { event = event, taker = taker, ports = span.summary(ports) })
  end
end

local lost = { ["de-assigned"] = true, moved = true }

function check.run(context)
  for _, event in ipairs(context.events) do
    if lost[event.kind] and event.before.first then report_ports(context, event) end
    if event.kind == "de-assigned" and #context.after:named(event.before.name) == 0 then
      context:report("name-gone", { event = event })
    end
  end
end

return check
