--- Ports that have several names on one transport.

local catalogue = require "portolan.catalogue"

local check = { name = "several-names" }

check.codes = {
  ["several-names"] = {
    severity = "warning", since = "2011-09",
    message = "{port} has the names {names}",
    rationale = "One service has one name at a port. More are right where one extends the other and both can be told "
      .. "apart on the wire; otherwise nobody knows which of them answers.",
    remedy = "Say which name is the service's, and make the others its aliases.",
    references = { "RFC6335 section 5" },
  },
  ["aliased-names"] = {
    severity = "note", deployed = "off",
    message = "{port} has the names {names}, of which one is the others' replacement",
    rationale = "The older names are historic: discovery mechanisms do not take them.",
    remedy = "Use the well-formed name.",
    references = { "RFC6335 section 10.1" },
  },
}

-- The newest record tells when the port came to have its last name.
local function newest(records)
  local latest = records[1]
  for _, record in ipairs(records) do
    if (record.registered or "") > (latest.registered or "") then latest = record end
  end
  return latest
end

local function own_names(records)
  local count, seen = 0, {}
  for _, record in ipairs(records) do
    local key = record.name:lower()
    if not record.alias_of and not seen[key] then
      seen[key], count = true, count + 1
    end
  end
  return count
end

function check.run(context)
  for _, records in ipairs(context.catalogue.by_port) do
    local names = catalogue.distinct(records, "name")
    if #names > 1 then
      context:report(own_names(records) > 1 and "several-names" or "aliased-names", {
        record = newest(records), records = records, subject = records.key,
        port = records.key:gsub("^(%d+)%-%1/", "%1/"):gsub("/$", ""), names = catalogue.listed(names),
      })
    end
  end
end

return check
