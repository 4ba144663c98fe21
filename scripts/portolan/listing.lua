--- Records as text, JSON or CSV.
--
--    listing.text(records)    listing.json(records)    listing.csv(records)
--
-- The CSV has IANA's columns, so that `portolan compile` reads it back.
-- @module portolan.listing

local json = require "portolan.json"
local span = require "portolan.span"
local unicode = require "portolan.unicode"

local listing = {}

--- The order of a record's fields wherever they are shown.
listing.order = { "id", "name", "first", "last", "transport", "status", "range", "description", "assignee", "contact",
  "registered", "modified", "reference", "references", "service_code", "unauthorized", "note", "alias_of", "replaces",
  "layer", "tags", "denied", "was" }

-- One line, and nothing in it that a terminal would obey.
local function shown(text)
  return (unicode.repaired(text):gsub("[%s%c]+", " "))
end

local function port_text(record)
  return record.first and span.record(record) or "-/" .. (record.transport or "any")
end

-- A name that is not IANA's says whose it is.
local function name_text(record)
  if not record.name then return "(" .. record.status .. ")" end
  if record.layer and record.layer ~= "iana" then return ("%s (%s)"):format(record.name, record.layer) end
  return record.name
end

local function row(record)
  return { port_text(record), name_text(record), shown(record.description or ""),
    shown((record.assignee or record.contact or "") .. (record.reference or "")) }
end

local function widths(rows)
  local width = {}
  for _, cells in ipairs(rows) do
    for i, cell in ipairs(cells) do width[i] = math.max(width[i] or 0, #cell) end
  end
  return width
end

local most = { 22, 22, 60 }

local function aligned(rows)
  local width, lines = widths(rows), {}
  for i, cells in ipairs(rows) do
    local parts = {}
    for j, cell in ipairs(cells) do
      parts[j] = j == #cells and cell or cell .. (" "):rep(math.min(width[j], most[j]) - #cell)
    end
    lines[i] = table.concat(parts, "  "):gsub(" +$", "")
  end
  return lines
end

--- A line a record: ports, name, description, who holds it and by which reference.
-- @tparam {record,...} records
-- @treturn string
function listing.text(records)
  local rows = {}
  for i, record in ipairs(records) do rows[i] = row(record) end
  local lines = aligned(rows)
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end

local labels = { name = "name", description = "what", assignee = "assignee", contact = "contact",
  registered = "registered", modified = "modified", reference = "reference", service_code = "service code",
  unauthorized = "unauthorized", note = "note", alias_of = "alias of", replaces = "replaces" }

local function details(record)
  local lines = { ("%s  %s"):format(port_text(record), record.name or "(" .. record.status .. ")") }
  for _, field in ipairs(listing.order) do
    local value = record[field]
    if labels[field] and value and field ~= "name" then
      lines[#lines + 1] = ("    %-13s %s"):format(labels[field], shown(tostring(value)))
    end
  end
  return table.concat(lines, "\n")
end

--- All that is known of each record, a field a line.
-- @tparam {record,...} records
-- @treturn string
function listing.long(records)
  local parts = {}
  for i, record in ipairs(records) do parts[i] = details(record) .. "\n" end
  return table.concat(parts)
end

--- An array of records.
-- @tparam {record,...} records
-- @treturn string
function listing.json(records)
  return json.encode(json.list(records), { order = listing.order, indent = "  " }) .. "\n"
end

local columns = { { "Service Name", "name" }, { "Port Number" }, { "Transport Protocol", "transport" },
  { "Description", "description" }, { "Assignee", "assignee" }, { "Contact", "contact" },
  { "Registration Date", "registered" }, { "Modification Date", "modified" }, { "Reference", "reference" },
  { "Service Code", "service_code" }, { "Unauthorized Use Reported", "unauthorized" }, { "Assignment Notes", "note" } }

local function number(record)
  if not record.first then return "" end
  return record.first == record.last and ("%d"):format(record.first) or ("%d-%d"):format(record.first, record.last)
end

local function quoted(text)
  if not text:find '[,"\r\n]' then return text end
  return '"' .. text:gsub('"', '""') .. '"'
end

--- IANA's twelve columns.
-- @tparam {record,...} records
-- @treturn string records end in CRLF
function listing.csv(records)
  local lines = { {} }
  for i, column in ipairs(columns) do lines[1][i] = column[1] end
  for i, record in ipairs(records) do
    local cells = {}
    for j, column in ipairs(columns) do
      cells[j] = quoted(column[2] and tostring(record[column[2]] or "") or number(record))
    end
    lines[i + 1] = cells
  end
  for i, cells in ipairs(lines) do lines[i] = table.concat(cells, ",") .. "\r\n" end
  return table.concat(lines)
end

--- Declare `--format` and, for text, `--long`.
-- @param parser
function listing.option(parser)
  parser:option("-f --format", "text, json or csv."):choices { "text", "json", "csv" }:default "text"
  parser:flag("-l --long", "With text: all that is known of each record.")
end

--- Records in the format asked for; the status is 1 where there are none.
-- @tparam {record,...} records
-- @tparam table arguments
-- @tparam table terminal
-- @treturn integer
function listing.show(records, arguments, terminal)
  local format = arguments.format == "text" and arguments.long and "long" or arguments.format
  terminal.write(listing[format](records))
  return #records > 0 and 0 or 1
end

return listing
