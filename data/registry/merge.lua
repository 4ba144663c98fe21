--- Merge what the sources say into the rows of one registry.
--
--    rows = merge.rows(current, earlier, page)
--
-- A row is a table with the fields of `merge.columns`, "" where its source
-- has nothing. Who is right, and when, is in README.md beside this file.
-- The order of the result depends on nothing but the sources.

local merge = {}

--- IANA's columns, in their order: our field, IANA's header, and the key that
-- the package service-names-port-numbers uses.
merge.columns = {
  { "name", "Service Name", "ServiceName" },
  { "port", "Port Number", "PortNumber" },
  { "transport", "Transport Protocol", "TransportProtocol" },
  { "description", "Description", "Description" },
  { "assignee", "Assignee", "Assignee" },
  { "contact", "Contact", "Contact" },
  { "registered", "Registration Date", "RegistrationDate" },
  { "modified", "Modification Date", "ModificationDate" },
  { "reference", "Reference", "Reference" },
  { "service_code", "Service Code", "ServiceCode" },
  { "unauthorized", "Unauthorized Use Reported", "KnownUnauthorizedUses" },
  { "note", "Assignment Notes", "AssignmentNotes" },
}

-- Names of 2015 that another has joined since. The package port-numbers shows
-- only the last name of a port, so that they stayed is known from RFCs.
local stayed = {
  ["465/tcp"] = "urd", -- RFC 8314 section 7.3: submissions comes "in addition"
  ["631/tcp"] = "ipp", -- RFC 7472: ipps has the default port of ipp
}

local last_user_port = 49151
local transports = { "tcp", "udp", "sctp", "dccp" }
local rank = { tcp = 1, udp = 2, sctp = 3, dccp = 4, [""] = 5 }

-- ------------------------------------------------------------------ rows --

local function row(fields, place)
  local made = { place = place }
  for _, column in ipairs(merge.columns) do made[column[1]] = fields[column[1]] or "" end
  return made
end

local function span(port)
  local first, last = port:match "^(%d+)%-?(%d*)$"
  return tonumber(first), tonumber(last) or tonumber(first)
end

local function slot(port, transport)
  return port .. "/" .. transport
end

local function named(rows, name)
  for _, candidate in ipairs(rows) do
    if candidate.name == name then return candidate end
  end
end

-- The newer sources fold line breaks into blanks; where nothing else has
-- changed the earlier text, which has them, stays.
local function unfolded(text, earlier)
  local function fold(s) return (s:gsub("%s+", " ")) end
  return fold(text) == fold(earlier) and earlier or text
end

-- ------------------------------------------------------------ 2015's rows --

local function shelf(old, made)
  if made.port == "" then return old.portless end
  if made.transport == "" or made.port:find "-" then return old.spans end
  local key = slot(made.port, made.transport)
  old.slots[key] = old.slots[key] or {}
  return old.slots[key]
end

-- Returns `slots`, lists by "80/tcp"; `spans`, all else that has ports; `portless`.
local function sort_out(earlier)
  local old = { slots = {}, spans = {}, portless = {} }
  for place, fields in ipairs(earlier) do
    local made = row(fields, place)
    table.insert(shelf(old, made), made)
  end
  return old
end

-- ------------------------------------------------------------ assignments --

local function fresh(key, entry, olds)
  local port, transport = key:match "^(%d+)/(%a+)$"
  local fields = { name = entry[1], description = entry[2], port = port, transport = transport }
  return row(fields, olds[1] and olds[#olds].place + 0.5)
end

-- The rows at one port. Today's last name being among 2015's, all of 2015's
-- stay; otherwise 2015 has nothing to say here.
local function at_slot(key, entry, olds)
  local same = named(olds, entry[1])
  if same then
    same.description = unfolded(entry[2], same.description)
    return olds
  end
  local made = { stayed[key] and named(olds, stayed[key]) }
  made[#made + 1] = fresh(key, entry, olds)
  return made
end

local function assignments(current, slots)
  local found = {}
  for key, entry in pairs(current) do found[key] = at_slot(key, entry, slots[key] or {}) end
  return found
end

-- A row of the page is right in every cell; from the others it takes line breaks and its place.
local function from_page(fields, found)
  local olds = found[slot(fields.port, fields.transport)] or {}
  local old = named(olds, fields.name)
  local made = row(fields, (old or olds[#olds] or {}).place)
  for _, column in ipairs(merge.columns) do
    local field = column[1]
    made[field] = old and unfolded(made[field], old[field]) or made[field]
  end
  return made
end

-- ----------------------------------------------------------------- claims --

-- A claim is claims[transport][port] = true: some row speaks of that port.

-- Calls visit(transport, port) for all that the row speaks of; stops at the first true answer.
local function each_port(made, visit)
  local first, last = span(made.port)
  for _, transport in ipairs(made.transport == "" and transports or { made.transport }) do
    for port = first, last do
      if visit(transport, port) then return true end
    end
  end
  return false
end

local function claim(claims, made)
  each_port(made, function(transport, port) claims[transport][port] = true end)
end

local function claimed(claims, made)
  return each_port(made, function(transport, port) return claims[transport][port] end)
end

-- ------------------------------------------------------ unassigned blocks --

-- Which transports a row has to name for each way in which a port can be free.
local free_rows = { all = { "" }, both = { "tcp", "udp" }, tcp = { "tcp" }, udp = { "udp" }, none = {} }

local function free_at(claims, port)
  local function free(transport) return not claims[transport][port] end
  local tcp, udp = free "tcp", free "udp"
  if tcp and udp then return free "sctp" and free "dccp" and "all" or "both" end
  return tcp and "tcp" or udp and "udp" or "none"
end

-- Calls visit(first, last, key of free_rows) for each run of ports that are free alike.
local function each_run(claims, visit)
  local first, way = 0, free_at(claims, 0)
  for port = 1, last_user_port + 1 do
    local next_way = port <= last_user_port and free_at(claims, port)
    if next_way ~= way then
      visit(first, port - 1, way)
      first, way = port, next_way
    end
  end
end

-- Whether all ports that a report of unauthorised use names are first to last.
local function is_about(report, first, last)
  local lowest, highest = math.huge, -math.huge
  for digits in report:gmatch "%d+" do
    local number = tonumber(digits)
    lowest, highest = math.min(lowest, number), math.max(highest, number)
  end
  return first <= lowest and highest <= last
end

local function reports_about(olds, first, last)
  local reports = {}
  for _, old in ipairs(olds) do
    local report = old.unauthorized
    if report:find "%d" and is_about(report, first, last) then reports[#reports + 1] = report end
  end
  return table.concat(reports, "\n")
end

local function unassigned(claims, olds)
  local blocks = {}
  each_run(claims, function(first, last, way)
    for _, transport in ipairs(free_rows[way]) do
      blocks[#blocks + 1] = row {
        port = ("%d"):format(first) .. (first < last and ("-%d"):format(last) or ""),
        transport = transport,
        description = "Unassigned",
        unauthorized = reports_about(olds, first, last),
      }
    end
  end)
  return blocks
end

-- -------------------------------------------------------------------- all --

local function before(a, b)
  if a.first ~= b.first then return a.first < b.first end
  if a.place ~= b.place then return a.place < b.place end
  if a.transport ~= b.transport then return rank[a.transport] < rank[b.transport] end
  return a.name < b.name
end

local function in_order(rows)
  for _, made in ipairs(rows) do
    made.first = made.port == "" and math.huge or span(made.port)
    made.place = made.place or math.huge
  end
  table.sort(rows, before)
  return rows
end

--- Merge the three sources.
-- @tparam {[string]={string,string}} current package port-numbers:
--   "80/tcp" to its name ("" for none) and description
-- @tparam {table,...} earlier rows of the package service-names-port-numbers, in their order
-- @tparam {table,...} page rows of the registry page, in their order
-- @treturn {table,...} rows in IANA's order: by number, services without a port last
function merge.rows(current, earlier, page)
  local old, rows, claims = sort_out(earlier), {}, { tcp = {}, udp = {}, sctp = {}, dccp = {} }
  local found = assignments(current, old.slots)
  local function add(made)
    rows[#rows + 1] = made
    if made.port ~= "" then claim(claims, made) end
  end
  local function add_unclaimed(list)
    if claimed(claims, list[1]) then return end
    for _, made in ipairs(list) do add(made) end
  end
  for _, fields in ipairs(page) do add(from_page(fields, found)) end
  for _, list in pairs(found) do add_unclaimed(list) end
  for _, made in ipairs(old.spans) do add_unclaimed { made } end
  for _, made in ipairs(unassigned(claims, old.spans)) do add(made) end
  for _, made in ipairs(old.portless) do add(made) end
  return in_order(rows)
end

return merge
