--- A finding: one thing that a check has to say of one rule.
--
--    finding.new{ code = "open-unassigned", severity = "warning", message = "...", chain = "filter/INPUT",
--                 rule = "-A INPUT -p tcp --dport 8079 -j ACCEPT", subject = "8079/tcp", place = {...} }
--
-- | field | what it is |
-- |---|---|
-- | id | the same for the same code, chain, rule text and subject, wherever the rule stands |
-- | code, check | what is said, and which check says it |
-- | severity | "error", "warning" or "note" |
-- | message | one line |
-- | rationale, remedy | why it matters and what to do, or nil |
-- | place | `{ source =, line =, column =, where =, handle =, record = }`, or nil |
-- | chain, hook, rule | the chain by table and name, the hook that leads there, the rule as written; or nil |
-- | ports | the ports spoken of, as portolan.ports reads them, or nil |
-- | also | what else must hold, which nobody here can tell; empty where nothing |
-- | notes | lines that are about this finding alone; empty where none |
-- | records | the registry's records that show it, at most `most_records`; `more_records` tells how many are left out |
-- | references | "RFC6335 section 6" ... |
-- | waived | `{ reason =, expires =, by =, place = }` of the policy's waiver, or nil |
-- | known | true where an earlier report has it (portolan.baseline), or nil |
-- @module portolan.finding

local finding = {}

--- From the worst down.
finding.severities = { "error", "warning", "note" }

--- How many records a finding carries.
finding.most_records = 12

local ranks = {}
for rank, severity in ipairs(finding.severities) do ranks[severity] = rank end

--- The worse of two severities.
-- @tparam ?string a
-- @tparam ?string b
-- @treturn string
function finding.worse(a, b)
  if not (a and b) then return a or b end
  return ranks[a] <= ranks[b] and a or b
end

-- Two sums of the bytes, each below 2^28, by multipliers that keep every product exact in a double.
local function digest(text)
  local a, b = 7, 11
  for i = 1, #text do
    local byte = text:byte(i)
    a = (a * 1048583 + byte) % 268435399
    b = (b * 786433 + byte) % 268435367
  end
  return ("%07x%07x"):format(a, b)
end

--- A rule's text without its counters, which change while it stays the same: iptables' "[12:840] -A", nft's "counter
-- packets 12 bytes 840".
-- @tparam string rule
-- @treturn string
function finding.without_counters(rule)
  return (rule:gsub("^%s*%[%d+:%d+%]%s*", ""):gsub("packets %d+ bytes %d+", ""):gsub('"packets": ?%d+', "")
    :gsub('"bytes": ?%d+', ""))
end

local function id_of(fields)
  local parts = { fields.code, fields.chain or "", finding.without_counters(fields.rule or ""), fields.subject or "" }
  return fields.code .. "-" .. digest(table.concat(parts, "\n"))
end

local function first_records(records)
  local kept = {}
  for i = 1, math.min(#records, finding.most_records) do kept[i] = records[i] end
  return kept, #records > #kept and #records - #kept or nil
end

--- Make a finding.
-- @tparam table fields those of the table above but `id`; `subject` tells apart what one code says of one rule
-- @treturn table
function finding.new(fields)
  local made = {}
  for key, value in pairs(fields) do made[key] = value end
  made.id, made.subject = id_of(fields), nil
  made.records, made.more_records = first_records(fields.records or {})
  made.references, made.also, made.notes = fields.references or {}, fields.also or {}, fields.notes or {}
  return made
end

-- By place: what a finding without one counts as.
local place_keys = {
  { "source", "" }, { "line", 0 }, { "column", 0 }, { "record", 0 }, { "where", "" }, { "handle", 0 },
}

-- What findings are ordered by, in that order.
local function keys_of(found)
  local place, keys = found.place or {}, { ranks[found.severity] }
  for i, key in ipairs(place_keys) do keys[i + 1] = place[key[1]] or key[2] end
  keys[#keys + 1], keys[#keys + 2] = found.code, found.id
  return keys
end

local function by_keys(findings)
  local keys = {}
  for _, found in ipairs(findings) do keys[found] = keys_of(found) end
  return function(a, b)
    local x, y = keys[a], keys[b]
    for i = 1, #x do
      if x[i] ~= y[i] then return x[i] < y[i] end
    end
    return false
  end
end

--- Sort findings: the worst first, then by place.
-- Findings with one id get their number after it from the second on.
-- @tparam {table,...} findings changed in place
-- @treturn {table,...} the same
function finding.sort(findings)
  table.sort(findings, by_keys(findings))
  local seen = {}
  for _, found in ipairs(findings) do
    local id = found.id
    seen[id] = (seen[id] or 0) + 1
    if seen[id] > 1 then found.id = ("%s-%d"):format(id, seen[id]) end
  end
  return findings
end

--- The findings of several runs as one list, in order; their ids stay.
-- @tparam {{table,...},...} lists
-- @treturn {table,...}
function finding.join(lists)
  local all = {}
  for _, list in ipairs(lists) do
    for _, found in ipairs(list) do all[#all + 1] = found end
  end
  table.sort(all, by_keys(all))
  return all
end

--- How a finding stands: waived findings and known ones are shown and not counted.
-- @tparam table found
-- @treturn string "waived", "known" or "new"
function finding.state(found)
  return found.waived and "waived" or found.known and "known" or "new"
end

--- How many findings there are of each severity, and how many are `waived` or `known`, which are not among the others.
-- @tparam {table,...} findings
-- @treturn table by severity
function finding.count(findings)
  local counts = { waived = 0, known = 0 }
  for _, severity in ipairs(finding.severities) do counts[severity] = 0 end
  for _, found in ipairs(findings) do
    local state = finding.state(found)
    local kind = state == "new" and found.severity or state
    counts[kind] = counts[kind] + 1
  end
  return counts
end

--- Whether a finding is new and as severe as that, or worse.
-- @tparam table found
-- @tparam string severity
-- @treturn boolean
function finding.is_at_least(found, severity)
  return finding.state(found) == "new" and ranks[found.severity] <= ranks[severity]
end

--- A place as people write it.
-- @tparam ?table place
-- @treturn string "rules.v4:12", "ruleset.json filter/INPUT handle 4", "ports.csv record 21 ssh 22/tcp"
function finding.where(place)
  if not place then return "" end
  if place.line then return ("%s:%d"):format(place.source or "", place.line) end
  local parts = { place.source }
  if place.record then parts[#parts + 1] = ("record %d"):format(place.record) end
  parts[#parts + 1] = place.where
  if place.handle then parts[#parts + 1] = ("handle %d"):format(place.handle) end
  return table.concat(parts, " ")
end

--- The places of rules.
-- @tparam {table,...} rules
-- @tparam ?number most how many are written out; 3 if not given
-- @treturn string "rules.v4:12, rules.v4:15 and 4 more"
function finding.list_places(rules, most)
  local texts = {}
  for i = 1, math.min(#rules, most or 3) do texts[i] = finding.where(rules[i].place) end
  local more = #rules - #texts
  return table.concat(texts, ", ") .. (more > 0 and (" and %d more"):format(more) or "")
end

return finding
