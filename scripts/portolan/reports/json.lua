--- Findings as JSON.
--
-- One object: `format` ("portolan-findings-1"), what the audit is about (portolan.audit; of several, in `rulesets`),
-- `summary` with a count by severity, of those waived and of those known, and `findings` with every field of
-- portolan.finding. data/schemas/findings.schema.json describes it. Absent fields are left out, lists are always
-- there; keys have a fixed order, so two reports can be compared line by line.
-- @module portolan.reports.json

local finding = require "portolan.finding"
local json = require "portolan.json"

local order = {
  "format", "source", "subject", "dialect", "rules", "unread", "policy", "registry", "rulesets", "summary",
  "error", "warning", "findings", "id", "code", "check", "severity", "message", "rationale", "remedy", "place", "line",
  "column", "where", "handle", "record", "chain", "hook", "rule", "ports", "also", "notes", "references", "records",
  "more_records", "name", "first", "last", "transport", "status", "range", "description", "assignee",
  "contact", "registered", "modified", "reference", "service_code", "unauthorized", "note", "waived", "known",
}

local lists = { "also", "notes", "references", "records" }

local function copied(fields)
  local copy = {}
  for key, value in pairs(fields) do copy[key] = value end
  return copy
end

local function with_lists(found)
  local copy = copied(found)
  for _, key in ipairs(lists) do copy[key] = json.list(copy[key] or {}) end
  return copy
end

--- Write findings.
-- @tparam {table,...} findings
-- @tparam ?table options `about`, as portolan.audit gives it, or `rulesets`, a list of such; `compact` for one line
-- @treturn string ends with a newline
return function(findings, options)
  options = options or {}
  local document = copied(options.about or {})
  document.format, document.summary, document.findings = "portolan-findings-1", finding.count(findings), json.list {}
  document.rulesets = options.rulesets
  for i, found in ipairs(findings) do document.findings[i] = with_lists(found) end
  return json.encode(document, { order = order, indent = not options.compact and "  " or nil }) .. "\n"
end
