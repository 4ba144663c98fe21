--- Findings as JSON.
--
-- One object: `format` ("portolan-findings-1"), what the audit is about (portolan.audit), `summary` with a count
-- by severity, and `findings` with every field of portolan.finding. Absent fields are left out, lists are always
-- there; keys have a fixed order, so two reports can be compared line by line.
-- @module portolan.reports.json

local finding = require "portolan.finding"
local json = require "portolan.json"

local order = {
  "format", "source", "subject", "dialect", "rules", "unread", "policy", "registry", "summary", "error", "warning",
  "findings", "id", "code", "check", "severity", "message", "rationale", "remedy", "place", "line", "column", "where",
  "handle", "record", "chain", "hook", "rule", "ports", "also", "notes", "references", "records", "more_records",
  "name", "first", "last", "transport", "status", "range", "description", "assignee", "contact", "registered",
  "modified", "reference", "service_code", "unauthorized", "note",
}

local lists = { "also", "notes", "references", "records" }

local function copied(found)
  local copy = {}
  for key, value in pairs(found) do copy[key] = value end
  for _, key in ipairs(lists) do copy[key] = json.list(copy[key] or {}) end
  return copy
end

--- Write findings.
-- @tparam {table,...} findings
-- @tparam ?table options `about`, as portolan.audit gives it; `compact` for one line
-- @treturn string ends with a newline
return function(findings, options)
  options = options or {}
  local document = { format = "portolan-findings-1", summary = finding.count(findings), findings = json.list {} }
  for key, value in pairs(options.about or {}) do document[key] = value end
  for i, found in ipairs(findings) do document.findings[i] = copied(found) end
  return json.encode(document, { order = order, indent = not options.compact and "  " or nil }) .. "\n"
end
