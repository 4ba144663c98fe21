--- Findings as CSV (RFC 4180): a heading, then a line for each.
--
-- Lists are joined with "; ". Every cell is on one line, with controls as "\x1b". A spreadsheet may take a cell that
-- begins with "=" for a formula: import the columns as text.
-- @module portolan.reports.csv

local finding = require "portolan.finding"
local printable = require("portolan.unicode").printable
local span = require "portolan.span"

local function of_place(key)
  return function(found) return found.place and found.place[key] end
end

local function of_waiver(key)
  return function(found) return found.waived and found.waived[key] end
end

local function of_list(key)
  return function(found) return table.concat(found[key], "; ") end
end

local function records(found)
  local texts = {}
  for i, record in ipairs(found.records) do
    texts[i] = (record.first and span.record(record) .. " " or "") .. (record.name or record.status or "")
  end
  return table.concat(texts, "; ")
end

-- A name alone is that of a field.
local columns = {
  { "id" }, { "code" }, { "check" }, { "severity" }, { "state", finding.state }, { "source", of_place "source" },
  { "line", of_place "line" }, { "column", of_place "column" }, { "where", of_place "where" },
  { "handle", of_place "handle" }, { "record", of_place "record" }, { "chain" }, { "hook" }, { "ports" },
  { "message" }, { "rule" }, { "also", of_list "also" }, { "notes", of_list "notes" },
  { "references", of_list "references" }, { "records", records }, { "rationale" }, { "remedy" },
  { "waived_reason", of_waiver "reason" }, { "waived_until", of_waiver "expires" }, { "waived_by", of_waiver "by" },
}

local function written(value)
  if type(value) == "number" then return ("%d"):format(value) end
  local text = printable(value or "")
  return text:find '[",]' and '"' .. text:gsub('"', '""') .. '"' or text
end

local function row(cell_of)
  local cells = {}
  for i, column in ipairs(columns) do cells[i] = written(cell_of(column)) end
  return table.concat(cells, ",") .. "\r\n"
end

--- Write findings.
-- @tparam {table,...} findings
-- @treturn string
return function(findings)
  local lines = { row(function(column) return column[1] end) }
  for _, found in ipairs(findings) do
    lines[#lines + 1] = row(function(column) return (column[2] or function() return found[column[1]] end)(found) end)
  end
  return table.concat(lines)
end
