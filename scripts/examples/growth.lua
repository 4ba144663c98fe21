--- How the registry grew: records by the year of their registration, of those that tell it.
--
--    portolan run growth.lua 2000

local since = tonumber(arg[1]) or 2000
local count, total, last = {}, 0, since

for record in portolan.open():records() do
  local year = tonumber((record.registered or ""):match "^%d%d%d%d")
  if year then
    count[year], last = (count[year] or 0) + 1, math.max(last, year)
    if year < since then total = total + 1 end
  end
end

print "year  records  in all"
for year = since, last do
  local new = count[year] or 0
  total = total + new
  print((("%d  %7d  %6d  %s"):format(year, new, total, ("#"):rep(math.ceil(new / 10))):gsub(" +$", "")))
end
