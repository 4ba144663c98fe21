--- Blocks that are said to be free or reserved, and services within them.

local portolan = require "portolan"
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
  for _, other in ipairs(context.registry:query { ports = span.of_records { record }, status = "assigned" }) do
    local same = other.name == record.name or record.alias_of == other.name or other.alias_of == record.name
    if other.id ~= record.id and not same then found[#found + 1] = other end
  end
  return found
end

-- What to look at: most blocks lie apart from every service, which one set tells for all of them.
local function suspects(context)
  local list, assigned = {}, context.registry:assigned()
  for _, record in ipairs(context.catalogue.records) do
    local code = record.first and code_for(record)
    if code == "range-overlap" or code and (portolan.ports { { record.first, record.last, "tcp" },
      { record.first, record.last, "udp" }, { record.first, record.last, "sctp" },
      { record.first, record.last, "dccp" } } * assigned):count() > 0 then
      list[#list + 1] = { record = record, code = code }
    end
  end
  return list
end

function check.run(context)
  for _, suspect in ipairs(suspects(context)) do
    local found = others(context, suspect.record)
    if #found > 0 then
      local services = span.services(context.registry, span.of_records(found), 4)
      context:report(suspect.code, { record = suspect.record, records = found, services = services })
    end
  end
end

return check
