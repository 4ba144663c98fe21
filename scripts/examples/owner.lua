--- Who owns what: the assignees whose name has a word in it, and their services.
--
--    portolan run owner.lua apple

local word = arg[1] or "apple"
local owners, services = {}, {}

for _, record in ipairs(portolan.open():query { assignee = "*" .. word .. "*", has = "name" }) do
  local owner = record.assignee
  if not services[owner] then
    owners[#owners + 1], services[owner] = owner, {}
  end
  local port = record.first and ("%d"):format(record.first) or "-"
  table.insert(services[owner], ("  %-16s %6s/%s"):format(record.name, port, record.transport or "any"))
end

table.sort(owners)
for _, owner in ipairs(owners) do
  print((owner:gsub("[%[%]]", ""):gsub("_", " ")))
  print(table.concat(services[owner], "\n"))
end
