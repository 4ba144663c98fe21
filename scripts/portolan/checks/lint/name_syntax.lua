--- Names that break the syntax, and of these the ones without a well-formed name beside them.

local portolan = require "portolan"

local check = { name = "name-syntax" }

check.codes = {
  ["name-syntax"] = {
    severity = "error", deployed = "off",
    message = "the name '{name}' {broken}",
    rationale = "Service discovery and many programs take no such name: 1 to 15 letters, digits and single hyphens, "
      .. "at least one letter.",
    remedy = "Use the well-formed name that the registry has beside it.",
    references = { "RFC6335 section 5.1" },
  },
  ["name-twin"] = {
    severity = "warning",
    message = "the name '{name}' {broken}, and no well-formed name replaces it",
    rationale = "An older name outside the syntax stays as the alias of a well-formed one.",
    remedy = "Register a well-formed name for the same ports, and make this one its alias.",
    references = { "RFC6335 section 5.1", "RFC6335 section 10.1" },
  },
}

local function has_twin(context, records)
  local well_formed = records[1].alias_of
  return well_formed and portolan.valid_name(well_formed) and context.catalogue.by_name[well_formed:lower()]
end

function check.run(context)
  for _, records in ipairs(context.catalogue.names) do
    local name = records[1].name
    local valid, broken = portolan.valid_name(name)
    if not valid then
      local values = { record = records[1], records = records, subject = name, name = name,
        broken = table.concat(broken, ", ") }
      context:report("name-syntax", values)
      if not has_twin(context, records) then context:report("name-twin", values) end
    end
  end
end

return check
