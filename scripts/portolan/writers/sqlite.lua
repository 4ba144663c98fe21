--- A registry as SQL, for `sqlite3 ports.db`.
--
-- Tables `record` (the facade's fields), `reference` and `person`, `uri` below them, and `info`. What is absent is
-- NULL. One transaction: a database that was begun is whole or not there.
-- @module portolan.writers.sqlite

local sqlite = { name = "sqlite", title = "SQL for SQLite" }

local schema = [[
CREATE TABLE info (key TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE record (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, first INTEGER, last INTEGER, transport TEXT,
  status TEXT NOT NULL, range TEXT, description TEXT, assignee TEXT, contact TEXT, registered TEXT, modified TEXT,
  reference TEXT, service_code INTEGER, unauthorized TEXT, note TEXT, alias_of TEXT, replaces TEXT);
CREATE TABLE reference (record INTEGER NOT NULL REFERENCES record, label TEXT NOT NULL);
CREATE TABLE person (id TEXT NOT NULL, name TEXT, organisation TEXT, email TEXT, updated TEXT);
CREATE TABLE uri (person TEXT NOT NULL, uri TEXT NOT NULL);
]]

local indexes = [[
CREATE INDEX record_name ON record (name);
CREATE INDEX record_port ON record (first, last, transport);
CREATE INDEX reference_label ON reference (label);
]]

local fields = { "id", "name", "first", "last", "transport", "status", "range", "description", "assignee", "contact",
  "registered", "modified", "reference", "service_code", "unauthorized", "note", "alias_of", "replaces" }

local function hexadecimal(text)
  return (text:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function literal(value)
  if value == nil then return "NULL" end
  if type(value) == "number" then return ("%d"):format(value) end
  -- SQL text ends at a NUL.
  if value:find("\0", 1, true) then return "CAST(X'" .. hexadecimal(value) .. "' AS TEXT)" end
  return "'" .. value:gsub("'", "''") .. "'"
end

local function insert(lines, name, ...)
  local values = {}
  for i = 1, select("#", ...) do values[i] = literal((select(i, ...))) end
  lines[#lines + 1] = ("INSERT INTO %s VALUES (%s);\n"):format(name, table.concat(values, ","))
end

local function insert_record(lines, record)
  local values = {}
  for i, field in ipairs(fields) do values[i] = literal(record[field]) end
  lines[#lines + 1] = "INSERT INTO record VALUES (" .. table.concat(values, ",") .. ");\n"
  for _, label in ipairs(record.references or {}) do insert(lines, "reference", record.id, label) end
end

local function insert_person(lines, person)
  insert(lines, "person", person.id, person.name, person.organisation, person.email, person.updated)
  for _, uri in ipairs(person.uris) do insert(lines, "uri", person.id, uri) end
end

local function insert_info(lines, info)
  local keys = {}
  for key in pairs(info) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = info[key]
    for _, each in ipairs(type(value) == "table" and value or { value }) do
      insert(lines, "info", key, tostring(each))
    end
  end
end

--- The SQL that makes and fills the tables.
-- @tparam Registry registry
-- @treturn string
function sqlite.write(registry)
  local lines = { "BEGIN;\n", schema }
  insert_info(lines, registry:info())
  for record in registry:records() do insert_record(lines, record) end
  for _, person in ipairs(registry:people()) do insert_person(lines, person) end
  lines[#lines + 1] = indexes .. "COMMIT;\n"
  return table.concat(lines)
end

return sqlite
