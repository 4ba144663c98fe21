--- Findings as annotations of a GitHub workflow: one command a line.
--
-- `::error file=rules.v4,line=12,title=open-unassigned::the world reaches 8079/tcp`, as GitHub's documentation of
-- workflow commands has it. What is waived or known is a notice that says so. No text can end its command or begin
-- another: the percent sign, line ends and, in properties, colon and comma are percent-encoded.
-- @module portolan.reports.github

local finding = require "portolan.finding"
local printable = require("portolan.unicode").printable

local commands = { error = "error", warning = "warning", note = "notice" }

local function encoded(text)
  return (printable(text):gsub("%%", "%%25"))
end

local function property(text)
  return (encoded(text):gsub(":", "%%3A"):gsub(",", "%%2C"))
end

local function title(found)
  local state = finding.state(found)
  return found.code .. (state ~= "new" and (" (%s)"):format(state) or "")
end

local function properties(found)
  local place, list = found.place or {}, {}
  if place.source then list[#list + 1] = "file=" .. property(place.source) end
  if place.line then list[#list + 1] = ("line=%d"):format(place.line) end
  if place.line and place.column then list[#list + 1] = ("col=%d"):format(place.column) end
  list[#list + 1] = "title=" .. property(title(found))
  return table.concat(list, ",")
end

local function body(found)
  local parts = { found.message }
  if not (found.place and found.place.line) then parts[#parts + 1] = finding.where(found.place) end
  if found.rule then parts[#parts + 1] = found.rule end
  if found.remedy then parts[#parts + 1] = found.remedy end
  for i, part in ipairs(parts) do parts[i] = encoded(part) end
  return table.concat(parts, "%0A")
end

local function command(found)
  return finding.state(found) == "new" and commands[found.severity] or "notice"
end

--- Write findings.
-- @tparam {table,...} findings
-- @treturn string a line for each
return function(findings)
  local lines = {}
  for i, found in ipairs(findings) do
    lines[i] = ("::%s %s::%s\n"):format(command(found), properties(found), body(found))
  end
  return table.concat(lines)
end
