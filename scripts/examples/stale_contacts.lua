--- Stale contacts: those who answer for most services, and whom no record has mentioned since a year.
--
--    portolan run stale_contacts.lua 2005 10

local year, most = arg[1] or "2005", tonumber(arg[2]) or 10
local contacts, by_label = {}, {}

for record in portolan.open():records() do
  local label, date = record.contact, record.modified or record.registered
  if label and date then
    local contact = by_label[label] or { label = label, services = 0, last = "" }
    if not by_label[label] then by_label[label], contacts[#contacts + 1] = contact, contact end
    contact.services = contact.services + 1
    if date > contact.last then contact.last = date end
  end
end

table.sort(contacts, function(a, b)
  if a.services ~= b.services then return a.services > b.services end
  return a.label < b.label
end)

print "records  last seen   contact"
for _, contact in ipairs(contacts) do
  if contact.last < year and most > 0 then
    print(("%7d  %-10s  %s"):format(contact.services, contact.last, contact.label))
    most = most - 1
  end
end
