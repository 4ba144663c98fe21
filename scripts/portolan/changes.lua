--- What became of a registry, for people and for programs.
--
--    local events = portolan.diff(before, after)
--    io.write(changes.text(events))
--    print(cjson.encode(changes.data(events)))
--
-- Pure: events (portolan.diff) in, text or plain tables out. A diff is of records; what became of the people is
-- `changes.people`, in events of the same shape.
-- @module portolan.changes

local changes = {}

-- What is shown first is what an administrator asks first.
local kinds = { "assigned", "de-assigned", "renamed", "moved", "owner changed", "contact changed",
  "reference changed", "service code changed", "unauthorized changed", "description changed",
  "note changed", "date changed", "range split", "range joined", "range resized", "status changed",
  "added", "removed", "person added", "person removed", "person changed" }

-- The columns in IANA's order, then what a person has.
local fields = { "name", "port", "transport", "description", "assignee", "contact", "registered",
  "modified", "reference", "service_code", "unauthorized", "note", "organisation", "uris", "updated" }

local most_shown = 60 -- bytes of a value

-- Bytes `from` and on, at most `most_shown`, in whole characters of UTF-8.
local function cut(text, from)
  while from > 1 and text:find("^[\128-\191]", from) do from = from - 1 end
  local to = math.min(#text, from + most_shown - 1)
  while to < #text and text:find("^[\128-\191]", to + 1) do to = to - 1 end
  return (from > 1 and "..." or "") .. text:sub(from, to) .. (to < #text and "..." or "")
end

local function on_one_line(value)
  return (tostring(value):gsub("[%s%c]+", " "))
end

-- A value; what is not there is a dash.
local function shown(value)
  if value == nil then return "-" end
  return cut(on_one_line(value), 1)
end

-- Where two texts part, less some of what both have.
local function where_they_part(a, b)
  local i = 1
  while i <= #a and a:byte(i) == b:byte(i) do i = i + 1 end
  return math.max(1, i - 20)
end

local function shown_change(change)
  local a, b = change.before, change.after
  if a == nil or b == nil then return shown(a) .. " -> " .. shown(b) end
  a, b = on_one_line(a), on_one_line(b)
  local from = math.max(#a, #b) > most_shown and where_they_part(a, b) or 1
  return cut(a, from) .. " -> " .. cut(b, from)
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
      lines[#lines + 1] = field:gsub("_", " ") .. " " .. shown_change(change)
    end
  end
  return lines
end

-- Events that are told by who or what stands there, not by what differs.
local told_by_record = { assigned = "after", ["de-assigned"] = "before", added = "after", removed = "before",
  ["person added"] = "after", ["person removed"] = "before" }

local function details(event)
  local side = told_by_record[event.kind]
  if not side then return field_lines(event) end
  local record, lines = event[side], {}
  if record.assignee or record.contact then lines[1] = shown(record.assignee or record.contact) end
  if record.name and record.description then lines[#lines + 1] = shown(record.description) end
  if record.organisation then lines[#lines + 1] = shown(record.organisation) end
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

local function by_id(people)
  local all = {}
  for _, person in ipairs(people) do all[person.id] = person end
  return all
end

local function person_field(person, field)
  if field == "uris" then return #person.uris > 0 and table.concat(person.uris, " ") or nil end
  return person[field]
end

local function person_changes(before, after)
  local differ = {}
  for _, field in ipairs { "name", "organisation", "uris", "updated" } do
    local a, b = person_field(before, field), person_field(after, field)
    if a ~= b then differ[field] = { before = a, after = b } end
  end
  return differ
end

local function person_event(kind, before, after)
  return { kind = "person " .. kind, name = (after or before).id, before = before, after = after,
    fields = before and after and person_changes(before, after) or {} }
end

--- What became of the people.
-- @tparam {person,...} before as `registry:people()` gives them
-- @tparam {person,...} after
-- @treturn {event,...} of the kinds "person added", "person removed" and "person changed", each with the id as its
--   `name`, the persons `before` and `after`, and `fields`; in the order of `after`, those who went last
function changes.people(before, after)
  local was, is, events = by_id(before), by_id(after), {}
  for _, person in ipairs(after) do
    local event = person_event(was[person.id] and "changed" or "added", was[person.id], person)
    if event.kind == "person added" or next(event.fields) then events[#events + 1] = event end
  end
  for _, person in ipairs(before) do
    if not is[person.id] then events[#events + 1] = person_event("removed", person) end
  end
  return events
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
