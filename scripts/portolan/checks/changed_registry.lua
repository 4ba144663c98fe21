--- Rules for ports of which the registry has changed.

local assignment = require "portolan.assignment"
local rules = require "portolan.rule"
local span = require "portolan.span"

local check = { name = "changed-registry" }

check.codes = {
  ["registry-changed"] = {
    severity = "note",
    message = "the rule is for {ports}, and the registry has changed there: {events}",
    rationale = "What the rule was written for may no longer be what the port is for.",
    remedy = "Read the rule again with the new registry.",
    references = { "RFC6335 section 8" },
  },
}

-- What changes what a port is for. Ranges that IANA splits for an assignment come with that assignment.
local telling = {
  assigned = true, ["de-assigned"] = true, renamed = true, moved = true, ["range resized"] = true,
  ["owner changed"] = true, ["unauthorized changed"] = true, ["status changed"] = true,
}

local most_events = 3

-- A longer range of a rule holds ports that nobody had in mind.
local longest_range = 1024

local function ports_of(event)
  return span.of_records { event.before or event.after, event.after or event.before }
end

local function changes_of(events)
  local changes = {}
  for _, event in ipairs(events) do
    if telling[event.kind] and event.port then changes[#changes + 1] = { event = event, ports = ports_of(event) } end
  end
  return changes
end

local function described(event)
  local before = event.before and event.before.name
  local from = before and before ~= event.name and (", before %s"):format(before) or ""
  return ("%s %s%s %s"):format(event.port, event.name or "without a name", from, event.kind)
end

local function text_of(changes)
  local texts = {}
  for i = 1, math.min(#changes, most_events) do texts[i] = described(changes[i].event) end
  local more = #changes - #texts
  return table.concat(texts, "; ") .. (more > 0 and ("; and %d more"):format(more) or "")
end

local function touching(changes, ports)
  local list, touched, records = {}, {}, {}
  for _, change in ipairs(changes) do
    local common = change.ports * ports
    if common:count() > 0 then
      list[#list + 1], records[#records + 1] = change, change.event.after or change.event.before
      touched[#touched + 1] = common
    end
  end
  return list, span.union(touched), records
end

local function judge(context, chain, rule, changes)
  local list, ports, records = touching(changes, assignment.narrow(rules.ports(rule), longest_range))
  if #list > 0 then
    context:report("registry-changed", {
      rule = rule, chain = chain, ports = ports, records = records, events = text_of(list),
    })
  end
end

local function all_ports(changes)
  local sets = {}
  for i, change in ipairs(changes) do sets[i] = change.ports end
  return span.union(sets)
end

function check.run(context)
  local changes = changes_of(context.changes or {})
  if #changes == 0 then return end
  local changed = all_ports(changes)
  for chain, rule in context.ruleset:rules() do
    if (rules.ports(rule) * changed):count() > 0 then judge(context, chain, rule, changes) end
  end
end

return check
