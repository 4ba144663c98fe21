--- IANA's CSV, for the script that makes the built-in registry.
--
-- A record ends in CRLF, a line break inside a cell is LF, and only a cell
-- that has to be quoted is.

local lpeg = require "lpeg"

local csv = {}

local quoted = '"' * lpeg.Cs(((1 - lpeg.P '"') + lpeg.P '""' / '"') ^ 0) * '"'
local cell = quoted + lpeg.C((1 - lpeg.S ',"\r\n') ^ 0)
local record = lpeg.Ct(cell * (',' * cell) ^ 0) * lpeg.P '\r' ^ -1 * '\n'
local document = lpeg.Ct(record ^ 0) * -1

--- Take a CSV text apart.
-- @tparam string text whose every record ends in CRLF or LF
-- @treturn[1] {{string,...},...} records, the header among them
-- @treturn[2] nil when the text is not CSV
function csv.read(text)
  return document:match(text)
end

local function quote(text)
  return text:find '[,"\r\n]' and '"' .. text:gsub('"', '""') .. '"' or text
end

local function line(cells)
  local quoted_cells = {}
  for i, text in ipairs(cells) do quoted_cells[i] = quote(text) end
  return table.concat(quoted_cells, ",") .. "\r\n"
end

--- Put records together, as IANA does.
-- @tparam {{string,...},...} records
-- @treturn string
function csv.write(records)
  local lines = {}
  for i, cells in ipairs(records) do lines[i] = line(cells) end
  return table.concat(lines)
end

return csv
