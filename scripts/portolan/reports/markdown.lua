--- Findings as Markdown (CommonMark): a heading for each, what it says, and the counts.
--
-- No text of a rule is markup: what stands outside a code span has its marks escaped, and a code span is fenced by
-- more backticks than it holds.
-- @module portolan.reports.markdown

local finding = require "portolan.finding"
local printable = require("portolan.unicode").printable
local span = require "portolan.span"

local function escaped(text)
  return (printable(text):gsub("[\\`*_{}%[%]<>#|~&@]", "\\%0"):gsub("^[-+=]", "\\%0"):gsub("^(%d+)([.)])", "%1\\%2"))
end

local function code(text)
  local longest = 0
  text = printable(text)
  for run in text:gmatch "`+" do longest = math.max(longest, #run) end
  local fence = ("`"):rep(longest + 1)
  return fence .. " " .. text .. " " .. fence
end

local function add(page, format, ...)
  page[#page + 1] = format:format(...)
end

local function add_item(page, label, text)
  if text and text ~= "" then add(page, "- %s: %s", label, text) end
end

local function record_text(record)
  local port = record.first and span.record(record) .. " " or ""
  local description = record.name and record.description and ", " .. record.description or ""
  return escaped(port .. (record.name or record.status or "") .. description)
end

local function add_records(page, found)
  for _, record in ipairs(found.records) do add_item(page, "IANA", record_text(record)) end
  if found.more_records then add_item(page, "IANA", ("and %d more records"):format(found.more_records)) end
end

local function add_waiver(page, waived)
  if not waived then return end
  add_item(page, "waived until", escaped(waived.expires))
  add_item(page, "because", escaped(waived.reason))
  add_item(page, "by", waived.by and escaped(waived.by))
end

local function state_text(found)
  local state = finding.state(found)
  return state == "new" and "" or (" (%s)"):format(state)
end

local function add_finding(page, found)
  add(page, "### %s: %s%s\n", found.severity, escaped(found.code), state_text(found))
  add(page, "%s\n", escaped(found.message))
  add_item(page, "place", escaped(finding.where(found.place)))
  add_item(page, "chain", found.chain and escaped(found.chain))
  add_item(page, "rule", found.rule and code(found.rule))
  add_item(page, "if also", escaped(table.concat(found.also, ", ")))
  add_records(page, found)
  for _, note in ipairs(found.notes) do add_item(page, "note", escaped(note)) end
  add_item(page, "why", found.rationale and escaped(found.rationale))
  add_item(page, "do", found.remedy and escaped(found.remedy))
  add_item(page, "see", escaped(table.concat(found.references, ", ")))
  add_waiver(page, found.waived)
  add(page, "- id: %s\n", code(found.id))
end

local function add_counts(page, findings)
  local counts, head, row = finding.count(findings), {}, {}
  for _, kind in ipairs { "error", "warning", "note", "known", "waived" } do
    head[#head + 1], row[#row + 1] = kind, ("%d"):format(counts[kind])
  end
  add(page, "| %s |\n|%s\n| %s |\n", table.concat(head, " | "), ("---|"):rep(#head), table.concat(row, " | "))
end

local function add_head(page, about)
  local policy = about.policy and ", policy " .. about.policy or ""
  add(page, "## %s\n", escaped((about.source or "") .. policy))
end

--- Write findings.
-- @tparam {table,...} findings
-- @tparam ?table options `about`, as portolan.audit gives it, or `rulesets`, a list of such
-- @treturn string
return function(findings, options)
  options = options or {}
  local page = { "# Findings\n" }
  for _, about in ipairs(options.rulesets or { options.about }) do add_head(page, about) end
  add_counts(page, findings)
  for _, found in ipairs(findings) do add_finding(page, found) end
  return table.concat(page, "\n")
end
