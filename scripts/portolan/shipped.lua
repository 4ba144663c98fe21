--- Where the files are that come with Portolan.
--
--    shipped.path "policies/internet-edge.yaml"    --> "/usr/share/portolan/policies/internet-edge.yaml"
--
-- They lie in the folder that PORTOLAN_DATA names, or where the tree, its build, or an installation has them,
-- seen from this module.
-- @module portolan.shipped

local shipped = {}

local below = { "../data/", "../../data/", "../../portolan/", "../../../share/portolan/" }

local function own_folder()
  local path = package.searchpath("portolan.shipped", package.path)
  return path and path:match "^(.-)portolan[/\\]shipped%.lua$" or ""
end

local function folders()
  local list = { os.getenv "PORTOLAN_DATA" }
  if list[1] then list[1] = list[1] .. "/" end
  for _, folder in ipairs(below) do list[#list + 1] = own_folder() .. folder end
  return list
end

--- The path of a shipped file.
-- @tparam string name below the data folder, with forward slashes
-- @treturn[1] string
-- @return[2] nil, message, { code = "io", source = name }
function shipped.path(name)
  for _, folder in ipairs(folders()) do
    local file = io.open(folder .. name, "rb")
    if file then
      file:close()
      return folder .. name
    end
  end
  return nil, ("%s: not among the files of Portolan; does PORTOLAN_DATA name their folder?"):format(name),
    { code = "io", source = name }
end

return shipped
