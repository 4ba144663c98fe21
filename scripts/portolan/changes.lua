--- What became of a registry, for people and for programs.
--
--    local events = portolan.diff(before, after)
--    io.write(changes.text(events))
--    print(cjson.encode(changes.data(events)))
--
-- Pure: events (portolan.diff) in, text or plain tables out.
-- @module portolan.changes

local changes = {}

-- What is shown first is what an administrator asks first.
local kinds = { "assigned", "de-assigned", "renamed", "moved", "owner changed", "contact changed",
  "reference changed", "service code changed", "unauthorized changed", "description changed",
  "note changed", "date changed", "range split", "range joined", "range resized", "status changed",
  "added", "removed" }

-- The columns in IANA's order.
local fields = { "name", "port", "transport", "description", "assignee", "contact", "registered",
  "modified", "reference", "service_code", "unauthorized", "note" }

local one_line_at_most = 60 -- characters of a value

local function cut(text)
  if #text <= one_line_at_most then return text end
  return text:sub(1, one_line_at_most):gsub("[\128-\191]*$", ""):gsub("[\192-\255]$", "") .. "..."
end

-- A value on one line; what is not there is a dash.
local function shown(value)
  if value == nil then return "-" end
  return cut((tostring(value):gsub("[%s%c]+", " ")))
end

local function grouped(events)
  local groups = {}
  for _, kind in ipairs(kinds) do groups[kind] = {} end
  for _, event in ipairs(events) do
    local group = groups[event.kind]
    group[#group + 1] = event
  end
  return groups
end

--- How many events there are of each kind.
-- @tparam {event,...} events
-- @treturn {{kind=,count=},...} in the order in which `text` has them, none of 0
function changes.count(events)
  local groups, counts = grouped(events), {}
  for _, kind in ipairs(kinds) do
    if #groups[kind] > 0 then counts[#counts + 1] = { kind = kind, count = #groups[kind] } end
  end
  return counts
end

--- The counts on one line.
-- @tparam {event,...} events
-- @treturn string "3 assigned, 1 moved"; "nothing changed"
function changes.summary(events)
  local parts = {}
  for _, of in ipairs(changes.count(events)) do parts[#parts + 1] = ("%d %s"):format(of.count, of.kind) end
  return #parts > 0 and table.concat(parts, ", ") or "nothing changed"
end

local function subject(event)
  local shown_record = event.after or event.before
  local what = event.name or shown(shown_record.description or shown_record.status)
  return event.port and event.port .. " " .. what or what
end

local function field_lines(event)
  local lines = {}
  for _, field in ipairs(fields) do
    local change = event.fields[field]
    if change then
      lines[#lines + 1] = ("%s %s -> %s"):format(field:gsub("_", " "), shown(change.before), shown(change.after))
    end
  end
  return lines
end

-- Events that are told by who or what stands there, not by what differs.
local told_by_record = { assigned = "after", ["de-assigned"] = "before", added = "after", removed = "before" }

local function details(event)
  local side = told_by_record[event.kind]
  if not side then return field_lines(event) end
  local record, lines = event[side], {}
  if record.assignee or record.contact then lines[1] = shown(record.assignee or record.contact) end
  if record.name and record.description then lines[#lines + 1] = shown(record.description) end
  return lines
end

-- A service that went is called by its own name, whatever stands there now.
local function called(event)
  local gone = event.kind == "de-assigned" and event.before
  if not (gone and event.after) then return subject(event) end
  return ("%s %s, now %s"):format(event.port, gone.name, shown(event.after.description or event.after.status))
end

--- One event on one line.
-- @tparam event event
-- @treturn string "443/tcp https: contact [A] -> [B]"
function changes.line(event)
  local list = details(event)
  if #list == 0 then return called(event) end
  return called(event) .. ": " .. table.concat(list, "; ")
end

--- All events, grouped by kind, a line each.
-- @tparam {event,...} events
-- @treturn string "" where nothing changed
function changes.text(events)
  local groups, lines = grouped(events), {}
  for _, of in ipairs(changes.count(events)) do
    if #lines > 0 then lines[#lines + 1] = "" end
    lines[#lines + 1] = ("%s (%d)"):format(of.kind, of.count)
    for _, event in ipairs(groups[of.kind]) do lines[#lines + 1] = "  " .. changes.line(event) end
  end
  if #lines == 0 then return "" end
  return table.concat(lines, "\n") .. "\n"
end

--- All events as tables that a JSON encoder takes.
-- @tparam {event,...} events
-- @treturn table `counts`, by kind, and `events`: `kind`, `name`, `port`,
--   `before`, `after`, `fields`, `date` of an event of a history
function changes.data(events)
  local counts = {}
  for _, of in ipairs(changes.count(events)) do counts[of.kind] = of.count end
  return { counts = counts, events = events }
end

return changes
