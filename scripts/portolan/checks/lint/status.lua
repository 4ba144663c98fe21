--- Ports without a service that are neither reserved nor unassigned.

local check = { name = "status" }

check.codes = {
  ["status-word"] = {
    severity = "note", deployed = "off",
    message = "{record} is said to be '{description}'",
    rationale = "A port is assigned, unassigned or reserved; what else is written means something to those alone who "
      .. "remember when it was.",
    remedy = "Write 'Reserved' or 'Unassigned', and the rest into the note.",
    references = { "RFC6335 section 6", "RFC8126 section 6" },
  },
}

local known = { assigned = true, reserved = true, unassigned = true }

function check.run(context)
  for _, record in ipairs(context.catalogue.records) do
    if not record.name and not known[record.status] then
      context:report("status-word", { record = record, description = (record.description or ""):gsub("%s+", " ") })
    end
  end
end

return check
