--- Blocks that are said to be free or reserved, and services within them.

local finding = require "portolan.finding"
local span = require "portolan.span"

local check = { name = "overlap" }

check.codes = {
  ["overlap"] = {
    severity = "error",
    message = "{record} covers {services}",
    rationale = "The registry says both: that nobody has the port, and who has it.",
    remedy = "Split the block around the service, or de-assign the service.",
    references = { "RFC6335 section 6" },
  },
  ["range-overlap"] = {
    severity = "note",
    message = "the range of {record} covers {services}",
    rationale = "One port of the range belongs to another service.",
    remedy = "Tell them apart by what they say, not by the port.",
    references = { "RFC6335 section 5" },
  },
}

local function code_for(record)
  if record.status == "unassigned" or record.status == "reserved" then return "overlap" end
  if record.name and record.first ~= record.last then return "range-overlap" end
end

local function others(context, record)
  local found = {}
  for _, other in ipairs(context.registry:query { ports = span.of_records { record }, status = "assigned",
    limit = finding.most_records }) do
    if other.name ~= record.name then found[#found + 1] = other end
  end
  return found
end

local function check_record(context, record, code, taken)
  local found = others(context, record)
  if #found == 0 then return end
  if code == "range-overlap" then taken = taken * span.of_records(found) end
  context:report(code, { record = record, records = found, services = span.services(context.registry, taken, 4) })
end

-- Most blocks lie apart from every service, which one set tells for all of them.
function check.run(context)
  local assigned = context.registry:assigned()
  for _, record in ipairs(context.catalogue.records) do
    local code = record.first and code_for(record)
    local taken = code and span.of_records { record } * assigned
    if taken and taken:count() > 0 then check_record(context, record, code, taken) end
  end
end

return check
