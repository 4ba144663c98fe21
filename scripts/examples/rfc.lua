--- The services that an RFC stands for, and where they are.
--
--    portolan run rfc.lua 4960

local rfc = "RFC" .. (arg[1] or "4960")
local services, ports = {}, {}

for _, record in ipairs(portolan.open():query { reference = rfc, has = "name" }) do
  if not ports[record.name] then services[#services + 1], ports[record.name] = record, {} end
  local port = record.first and ("%d/"):format(record.first) or ""
  table.insert(ports[record.name], port .. (record.transport or "any"))
end

for _, service in ipairs(services) do
  print(("%-15s %-36s %s"):format(service.name, table.concat(ports[service.name], ", "),
    (service.description or ""):gsub("%s+", " ")))
end
if #services == 0 then print("no service refers to " .. rfc) end
return #services > 0 and 0 or 1
