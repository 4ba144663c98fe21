--- The port: free on every transport, and used by nobody else.

local catalogue = require "portolan.catalogue"
local known_use = require "portolan.known_use"
local span = require "portolan.span"

local check = { name = "port" }

check.codes = {
  ["port-dynamic"] = {
    severity = "error",
    message = "port {port} is in the dynamic range, where nothing is assigned",
    rationale = "Systems hand out 49152-65535 to whatever program asks.",
    remedy = "Ask for a user port, 1024-49151.",
    references = { "RFC6335 section 6", "RFC6335 section 8.1.2" },
  },
  ["port-assigned"] = {
    severity = "error",
    message = "{port} is assigned: {holders}",
    rationale = "A port is assigned once for each transport.",
    remedy = "Ask for another port, or for any of the range.",
    references = { "RFC6335 section 7.2" },
  },
  ["port-reserved"] = {
    severity = "error",
    message = "{port} is reserved",
    rationale = "IANA keeps it back.",
    remedy = "Ask for another port, or for any of the range.",
    references = { "RFC6335 section 6" },
  },
  ["port-elsewhere"] = {
    severity = "warning",
    message = "port {port} is another service's on another transport: {holders}",
    rationale = "A port that is assigned for one transport is kept for the same service on the others.",
    remedy = "Ask for a port that is free on every transport.",
    references = { "RFC6335 section 7.2" },
  },
  ["port-used"] = {
    severity = "warning",
    message = "port {port} is in use without registration: {holders}",
    rationale = "Two services that meet at one port cannot both run there, whoever holds the assignment.",
    remedy = "Ask for a port that nobody uses, unless the use is yours.",
    references = { "RFC7605 section 7.8" },
  },
  ["port-reported"] = {
    severity = "warning",
    message = "the registry knows of unregistered use of {port}: '{use}'",
    rationale = "Two services that meet at one port cannot both run there, whoever holds the assignment.",
    remedy = "Ask for a port that nobody uses, unless the use is yours.",
    references = { "RFC6335 section 8.1.1", "RFC8126 section 6" },
  },
}

local first_dynamic = 49152

local codes = { assigned = "port-assigned", reserved = "port-reserved" }

local function check_transport(context, port, transport)
  local code = codes[context.registry:status(port, transport)]
  if not code then return end
  local records = context.registry:lookup(port, transport)
  context:report(code, { field = "port", port = span.text(port, port, transport), records = records,
    holders = catalogue.labels(records), subject = transport })
end

local function check_others(context, port, asked)
  local records = {}
  for _, transport in ipairs(span.transports) do
    if not asked[transport] and context.registry:status(port, transport) == "assigned" then
      for _, record in ipairs(context.registry:lookup(port, transport)) do records[#records + 1] = record end
    end
  end
  if #records == 0 then return end
  context:report("port-elsewhere", { field = "port", port = ("%d"):format(port), holders = catalogue.labels(records),
    records = records })
end

local function records_at(uses, port)
  local list, seen = {}, {}
  for _, transport in ipairs(span.transports) do
    for _, record in ipairs(uses:lookup(port, transport)) do
      if not seen[record.id] then seen[record.id], list[#list + 1] = true, record end
    end
  end
  return list
end

local function check_uses(context, port)
  local used = {}
  for _, record in ipairs(records_at(context.uses, port)) do
    if record.layer ~= "iana" then
      used[#used + 1] = ("%s (%s)"):format(record.name, record.description)
    elseif record.unauthorized and known_use.ports(record):contains(port, record.transport or "tcp") then
      context:report("port-reported", { field = "port", port = span.record(record), records = { record },
        use = (record.unauthorized:gsub("%s+", " ")), subject = span.record(record) })
    end
  end
  if #used == 0 then return end
  context:report("port-used", { field = "port", port = ("%d"):format(port), holders = table.concat(used, "; ") })
end

function check.run(context)
  local port, asked = context.application.port, {}
  if not port then return end
  if port >= first_dynamic then
    return context:report("port-dynamic", { field = "port", port = ("%d"):format(port) })
  end
  for _, transport in ipairs(context.application.transports) do
    asked[transport] = true
    check_transport(context, port, transport)
  end
  check_others(context, port, asked)
  check_uses(context, port)
end

return check
