--- The inventories of sockets that can be read, each loaded when it is first asked for.
--
--    local inventory = inventories.by_name("ss").read(text, "ss.txt")
--    local dialect, message = inventories.guess(text)
--
-- An inventory's reader is one module in `inventories/`: its file's name is its own with `_` for `-`.
-- @module portolan.inventories

local inventories = {}

--- Names of the readers, in the order in which they are asked.
inventories.list = { "nmap-xml", "netstat", "ss" }

local function load(name)
  return require("portolan.inventories." .. name:gsub("%-", "_"))
end

--- A reader.
-- @tparam string name
-- @treturn[1] table the reader: `name`, `title`, `guess(text)`, `read(text, source, options)`
-- @return[2] nil
-- @treturn[2] string message
function inventories.by_name(name)
  for _, listed in ipairs(inventories.list) do
    if listed == name then return load(name) end
  end
  return nil, ("no inventory '%s'; there are: %s"):format(name, table.concat(inventories.list, ", "))
end

--- The reader for a text, by what the text looks like.
-- @tparam string text
-- @treturn[1] table the reader
-- @return[2] nil
-- @treturn[2] string message
function inventories.guess(text)
  for _, name in ipairs(inventories.list) do
    if load(name).guess(text) then return load(name) end
  end
  return nil, "the text looks like no inventory known; there are: " .. table.concat(inventories.list, ", ")
end

return inventories
