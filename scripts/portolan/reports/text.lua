--- Findings as text for people.
--
-- What was audited; the findings, by severity or by chain, then those that are known and those that are waived;
-- then, once for each code, why it matters and what to do; and a line of counts. Nothing that a rule says reaches the
-- terminal as a control character.
-- @module portolan.reports.text

local finding = require "portolan.finding"
local span = require "portolan.span"
local printable = require("portolan.unicode").printable

local colours = { error = "\27[1;31m", warning = "\27[1;33m", note = "\27[1;36m" }
local plain = "\27[0m"

-- How many records a finding shows.
local most_records = 4

local function coloured(page, severity)
  return page.colour and colours[severity] .. severity .. plain or severity
end

local function add(page, format, ...)
  page[#page + 1] = select("#", ...) > 0 and format:format(...) or format
end

local function add_labelled(page, label, text)
  if text and text ~= "" then add(page, "    %-6s%s", label, printable(text)) end
end

local function labels(text)
  return text and text:gsub("%]%s*%[", ", "):gsub("[%[%]]", ""):gsub("_", " ")
end

-- "8081/tcp sunproxyadmin, Sun Proxy Admin Service; held by Arvind Srinivasan; since 2005-08; RFC9110"
local function record_line(record)
  local name = record.name or record.status
  local described = record.name and record.description and ", " .. record.description:gsub("%s+", " ") or ""
  local parts = { (record.first and span.record(record) .. " " or "") .. name .. described }
  local holder, references = labels(record.assignee or record.contact), labels(record.reference)
  if holder then parts[#parts + 1] = "held by " .. holder end
  if record.registered then parts[#parts + 1] = "since " .. record.registered end
  parts[#parts + 1] = references
  return table.concat(parts, "; ")
end

local function add_records(page, found)
  for i = 1, math.min(#found.records, most_records) do add_labelled(page, "IANA", record_line(found.records[i])) end
  local more = #found.records - most_records + (found.more_records or 0)
  if more > 0 then add_labelled(page, "", ("and %d more records"):format(more)) end
end

local function waiver_line(waived)
  local by = waived.by and ", by " .. waived.by or ""
  return ("%s%s: %s"):format(waived.expires, by, waived.reason)
end

local function add_finding(page, found)
  local chain = found.chain and "  " .. printable(found.chain) or ""
  add(page, "  %s  %s  %s%s", coloured(page, found.severity), found.code, printable(finding.where(found.place)), chain)
  add(page, "    " .. printable(found.message))
  add_labelled(page, "rule", found.rule)
  if #found.also > 0 then add_labelled(page, "if", "also " .. table.concat(found.also, ", ")) end
  add_records(page, found)
  for _, note in ipairs(found.notes) do add_labelled(page, "note", note) end
  if found.waived then add_labelled(page, "until", waiver_line(found.waived)) end
  add_labelled(page, "id", found.id)
  add(page, "")
end

-- Groups in the order of their first findings, which are sorted.
local function grouped(findings, name_of)
  local groups, by_name = {}, {}
  for _, found in ipairs(findings) do
    local name = name_of(found)
    if not by_name[name] then
      by_name[name] = { name = name }
      groups[#groups + 1] = by_name[name]
    end
    table.insert(by_name[name], found)
  end
  return groups
end

local function add_group(page, group)
  add(page, printable(group.name))
  add(page, "")
  for _, found in ipairs(group) do add_finding(page, found) end
end

local groupings = {
  severity = function(found) return found.severity .. "s" end,
  chain = function(found) return found.chain or "the ruleset" end,
}

local function add_findings(page, findings, name_of)
  for _, group in ipairs(grouped(findings, name_of)) do add_group(page, group) end
end

local function in_state(findings, state)
  local list = {}
  for _, found in ipairs(findings) do
    if finding.state(found) == state then list[#list + 1] = found end
  end
  return list
end

local function add_explanation(page, found)
  add(page, "  " .. found.code)
  add_labelled(page, "why", found.rationale)
  add_labelled(page, "do", found.remedy)
  add_labelled(page, "see", table.concat(found.references, ", "))
  add(page, "")
end

local function add_explanations(page, findings)
  local codes = grouped(findings, function(found) return found.code end)
  if #codes > 0 then
    add(page, "what to do")
    add(page, "")
  end
  for _, group in ipairs(codes) do add_explanation(page, group[1]) end
end

local function counted(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function audited(about)
  local unread = about.unread > 0 and (", %d not read"):format(about.unread) or ""
  return ("%s, %s%s; policy %s"):format(about.dialect, counted(about.rules, "rule"), unread, about.policy)
end

local function add_head(page, about)
  local registry = about.registry and "; registry of " .. about.registry or ""
  add(page, "%s: %s%s", printable(about.source), printable(about.subject or audited(about)), registry)
  add(page, "")
end

local function summary(page, findings)
  local counts, parts = finding.count(findings), {}
  for i, severity in ipairs(finding.severities) do
    local text = counted(counts[severity], severity)
    parts[i] = page.colour and counts[severity] > 0 and colours[severity] .. text .. plain or text
  end
  for _, state in ipairs { "known", "waived" } do
    if counts[state] > 0 then parts[#parts + 1] = ("%d %s"):format(counts[state], state) end
  end
  return table.concat(parts, ", ")
end

--- Write findings.
-- @tparam {table,...} findings sorted
-- @tparam ?table options `about`, as portolan.audit, lint or review gives it, or `rulesets`, a list of such; `group`,
--   "severity" (if not given) or "chain"; `colour`, true for a terminal's
-- @treturn string ends with a newline
return function(findings, options)
  options = options or {}
  local page = { colour = options.colour }
  for _, about in ipairs(options.rulesets or { options.about }) do add_head(page, about) end
  add_findings(page, in_state(findings, "new"), groupings[options.group or "severity"])
  add_findings(page, in_state(findings, "known"), finding.state)
  add_findings(page, in_state(findings, "waived"), finding.state)
  add_explanations(page, findings)
  add(page, summary(page, findings))
  return table.concat(page, "\n") .. "\n"
end
