--- The dialects there are, each loaded when it is first asked for.
--
--    local ruleset = readers.by_name("iptables-save").read(text, "rules.v4")
--    local dialect, message = readers.guess(text)
--
-- A dialect is one module in `readers/`: its file's name is its own with `_` for `-`. Guessing asks each in
-- the order of the list and takes the first that says yes, so the particular stand before the general.
-- @module portolan.readers

local lfs = require "lfs"

local readers = {}

--- Names of the shipped readers, in the order in which they are asked.
readers.list = {
  "nft-json", "nft", "ufw", "iptables-save", "ip6tables-save", "aws-sg", "aws-nacl", "terraform", "firewalld",
  "kubernetes", "compose", "ufw-profile",
  "cisco-asa", "cisco", "juniper", "pf",
}

local function module_of(name)
  return "portolan.readers." .. name:gsub("%-", "_")
end

local function is_listed(name)
  for _, listed in ipairs(readers.list) do
    if listed == name then return true end
  end
  return false
end

--- A shipped reader.
-- @tparam string name
-- @treturn[1] table the reader
-- @return[2] nil
-- @treturn[2] string message
function readers.by_name(name)
  if is_listed(name) then return require(module_of(name)) end
  return nil, ("no reader for '%s'; there are: %s"):format(name, table.concat(readers.list, ", "))
end

--- The reader for a text, by what the text looks like.
-- @tparam string text
-- @tparam ?{table,...} own the user's readers, asked before the shipped ones
-- @treturn[1] table the reader
-- @return[2] nil
-- @treturn[2] string message
function readers.guess(text, own)
  for _, dialect in ipairs(own or {}) do
    if dialect.guess(text) then return dialect end
  end
  for _, name in ipairs(readers.list) do
    local dialect = readers.by_name(name)
    if dialect.guess(text) then return dialect end
  end
  return nil, "the text looks like no dialect known; there are: " .. table.concat(readers.list, ", ")
end

local function scripts_in(folder)
  local names = {}
  for name in lfs.dir(folder) do
    if name:find "%.lua$" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function is_reader(value)
  return type(value) == "table" and type(value.name) == "string" and type(value.guess) == "function"
    and type(value.read) == "function"
end

local function load_reader(path)
  local chunk, message = loadfile(path)
  if not chunk then return nil, message end
  local ran, dialect = pcall(chunk)
  if not ran then return nil, ("%s: %s"):format(path, tostring(dialect)) end
  if not is_reader(dialect) then return nil, path .. ": a reader is a table with name, guess and read" end
  return dialect
end

--- The user's own readers: every Lua file of a folder, in the order of their names.
-- They are run as they are, with all that this process may do.
-- @tparam string folder
-- @treturn[1] {table,...} readers
-- @return[2] nil
-- @treturn[2] string message
function readers.from_folder(folder)
  if lfs.attributes(folder, "mode") ~= "directory" then return nil, folder .. ": no such folder" end
  local list = {}
  for i, name in ipairs(scripts_in(folder)) do
    local dialect, message = load_reader(folder .. "/" .. name)
    if not dialect then return nil, message end
    list[i] = dialect
  end
  return list
end

return readers
