--- Ports that the policy denies: by service, tag, status, reference, or number.

local finding = require "portolan.finding"
local span = require "portolan.span"

local check = { name = "denied-service" }

check.codes = {
  ["denied-service"] = {
    severity = "error",
    message = "{who} {reaches} what the policy denies: {services}",
    rationale = "The policy names these ports, and gives the reason.",
    remedy = "Close them, or give the policy an allow entry that says why they must be open.",
  },
}

-- How many reasons one message gives, and how many services are told about.
local most_reasons, most_notes = 3, 5

local function hits_of(zone, open)
  local hits = {}
  for _, entry in ipairs(zone.denied) do
    local ports = entry.ports * open
    if ports:count() > 0 then hits[#hits + 1] = { ports = ports, entry = entry } end
  end
  return hits
end

-- The reasons, those of the same ports together.
local function reasons_by_ports(registry, hits)
  local groups = {}
  for _, hit in ipairs(hits) do
    local services = span.services(registry, hit.ports)
    local group = groups[services]
    if not group then
      group = { services = services }
      groups[services], groups[#groups + 1] = group, group
    end
    group[#group + 1] = hit.entry.reason
  end
  return groups
end

local function services(registry, hits)
  local groups, texts = reasons_by_ports(registry, hits), {}
  for i = 1, math.min(#groups, most_reasons) do
    texts[i] = ("%s (%s)"):format(groups[i].services, table.concat(groups[i], "; "))
  end
  local more = #groups - #texts
  return table.concat(texts, "; ") .. (more > 0 and ("; and %d more reasons"):format(more) or "")
end

-- An entry without a severity of its own has `usual`.
local function summed(hits, usual)
  local ports, severity = hits[1].ports, nil
  for _, hit in ipairs(hits) do
    ports = ports + hit.ports
    severity = finding.worse(severity, hit.entry.severity or usual)
  end
  return ports, severity
end

-- What the tags of the policy's entries say of a service.
local function add_reasons(notes, tags, hits, name)
  for _, hit in ipairs(hits) do
    for _, tag in ipairs(hit.entry.tag or {}) do
      local reason = tags:reason(tag, name)
      local note = reason and ("%s (%s): %s"):format(name, tag, reason)
      if note and not notes[note] then
        notes[note], notes[#notes + 1] = true, note
      end
    end
  end
end

local function notes_on(context, hits, records)
  local all, notes = {}, {}
  for _, record in ipairs(records) do add_reasons(all, context.policy.tags, hits, record.name) end
  for i = 1, math.min(#all, most_notes) do notes[i] = all[i] end
  return notes
end

local function references_of(hits)
  local list = {}
  for _, hit in ipairs(hits) do
    for _, text in ipairs(hit.entry.references or {}) do
      if not list[text] then
        list[text], list[#list + 1] = true, text
      end
    end
  end
  return list
end

local function report(context, opening, hits)
  local ports, severity = summed(hits, context.policy:severity(check, "denied-service"))
  local records = context.registry:query { ports = ports, status = "assigned" }
  context:report("denied-service", {
    opening = opening, ports = ports, severity = severity, services = services(context.registry, hits),
    records = records, notes = notes_on(context, hits, records), references = references_of(hits),
    subject = opening.zone,
  })
end

local function denied_in(zone)
  local sets = {}
  for i, entry in ipairs(zone.denied) do sets[i] = entry.ports end
  return span.union(sets) - zone.allowed
end

function check.run(context)
  for _, zone in ipairs(context.zones) do
    local denied = denied_in(zone)
    for _, opening in ipairs(zone.openings) do
      local ports = opening.ports * denied
      if not opening.everything and ports:count() > 0 then report(context, opening, hits_of(zone, ports)) end
    end
  end
end

return check
