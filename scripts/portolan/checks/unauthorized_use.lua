--- Ports that are open and that IANA knows to be used by others than their assignee.

local known_use = require "portolan.known_use"
local portolan = require "portolan"
local span = require "portolan.span"

local check = { name = "unauthorized-use" }

check.codes = {
  ["unauthorized-use"] = {
    severity = "note",
    message = "{who} {reaches} {ports}, where the registry knows of unauthorised use: {uses}",
    rationale = "What answers on such a port is often not what the registry says it is.",
    remedy = "Find what listens there before you go by the service's name.",
    references = { "RFC6335 section 8.1.1", "RFC8126 section 6" },
  },
}

-- How many records one message quotes.
local most_uses = 3

local function known_uses(registry)
  local uses = { ports = portolan.ports {} }
  for _, record in ipairs(registry:query { has = "unauthorized" }) do
    local use = record.first and { ports = known_use.ports(record), record = record }
    if use then uses.ports, uses[#uses + 1] = uses.ports + use.ports, use end
  end
  return uses
end

local function described(record)
  local holder = record.name and record.name .. (record.assignee and " of " .. record.assignee or "") or record.status
  return ("%s is %s, '%s'"):format(span.record(record), holder, (record.unauthorized:gsub("%s+", " ")))
end

local function quoted(records)
  local texts = {}
  for i = 1, math.min(#records, most_uses) do texts[i] = described(records[i]) end
  local more = #records - #texts
  return table.concat(texts, "; ") .. (more > 0 and ("; and %d more"):format(more) or "")
end

local function records_of(uses, ports)
  local records = {}
  for _, use in ipairs(uses) do
    if (use.ports * ports):count() > 0 then records[#records + 1] = use.record end
  end
  return records
end

function check.run(context)
  local uses = known_uses(context.registry)
  for _, opening in ipairs(context.openings) do
    local ports = context:allowed_away(opening.ports * uses.ports)
    if not opening.everything and ports:count() > 0 then
      local records = records_of(uses, ports)
      context:report("unauthorized-use", {
        opening = opening, ports = ports, records = records, uses = quoted(records),
      })
    end
  end
end

return check
