--- Ports that nobody was assigned, the nearest to one that you have in mind first.
--
--    portolan run free_ports.lua 8080 5

local near, count = tonumber(arg[1]) or 8080, tonumber(arg[2]) or 5

for _, block in ipairs(portolan.open():free { near = near, limit = count }) do
  print(("%5d-%-5d  %4d free on every transport"):format(block.first, block.last, block.count))
end
