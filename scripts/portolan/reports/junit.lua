--- Findings as JUnit XML, as CI servers read it: a failed test for each, a skipped one where it is waived or known.
--
-- A suite is a ruleset. Characters that XML 1.0 has not (section 2.2) are written as "\x1b".
-- @module portolan.reports.junit

local finding = require "portolan.finding"
local printable = require("portolan.unicode").printable

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

-- U+FFFE and U+FFFF are no characters of XML.
local function escaped(text)
  return (printable(text):gsub("\239\191[\190\191]", "\239\191\189"):gsub('[&<>"]', escapes))
end

local function body(found)
  local lines = { found.severity .. " " .. finding.where(found.place) }
  local function add(label, text)
    if text and text ~= "" then lines[#lines + 1] = label .. ": " .. text end
  end
  add("rule", found.rule)
  add("if also", table.concat(found.also, ", "))
  for _, note in ipairs(found.notes) do add("note", note) end
  add("why", found.rationale)
  add("do", found.remedy)
  add("see", table.concat(found.references, ", "))
  add("id", found.id)
  for i, line in ipairs(lines) do lines[i] = escaped(line) end
  return table.concat(lines, "\n")
end

local function skipped_text(found)
  if not found.waived then return "known" end
  return ("waived until %s: %s"):format(found.waived.expires, found.waived.reason)
end

local function outcome(found)
  if finding.state(found) == "new" then
    return ('<failure type="%s" message="%s">%s</failure>'):format(found.severity, escaped(found.message), body(found))
  end
  return ('<skipped message="%s"/><system-out>%s\n%s</system-out>'):format(
    escaped(skipped_text(found)), escaped(found.message), body(found))
end

local function place_attributes(place)
  local source = place and place.source and (' file="%s"'):format(escaped(place.source)) or ""
  return source .. (place and place.line and (' line="%d"'):format(place.line) or "")
end

local function testcase(found)
  return ('    <testcase classname="%s" name="%s"%s>%s</testcase>'):format(
    escaped(found.code), escaped(found.id), place_attributes(found.place), outcome(found))
end

local function counts(findings)
  local count = finding.count(findings)
  local skipped = count.waived + count.known
  return ('tests="%d" failures="%d" errors="0" skipped="%d"'):format(#findings, #findings - skipped, skipped)
end

-- A suite for each source, in the order of the findings.
local function suites_of(findings)
  local suites, by_name = {}, {}
  for _, found in ipairs(findings) do
    local name = found.place and found.place.source or "ruleset"
    if not by_name[name] then
      by_name[name] = { name = name }
      suites[#suites + 1] = by_name[name]
    end
    table.insert(by_name[name], found)
  end
  return suites
end

--- Write findings.
-- @tparam {table,...} findings
-- @treturn string
return function(findings)
  local lines = { '<?xml version="1.0" encoding="UTF-8"?>',
    ('<testsuites name="portolan" %s>'):format(counts(findings)) }
  for _, suite in ipairs(suites_of(findings)) do
    lines[#lines + 1] = ('  <testsuite name="%s" %s>'):format(escaped(suite.name), counts(suite))
    for _, found in ipairs(suite) do lines[#lines + 1] = testcase(found) end
    lines[#lines + 1] = "  </testsuite>"
  end
  lines[#lines + 1] = "</testsuites>\n"
  return table.concat(lines, "\n")
end
