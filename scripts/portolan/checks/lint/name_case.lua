--- Names that differ by case alone.

local catalogue = require "portolan.catalogue"

local check = { name = "name-case" }

check.codes = {
  ["name-case"] = {
    severity = "error",
    message = "{spellings} are one name, written differently",
    rationale = "Names are compared without regard to case: to look one up is to find the others.",
    remedy = "Write the name the same way in each record.",
    references = { "RFC6335 section 5.1" },
  },
}

function check.run(context)
  for _, records in ipairs(context.catalogue.names) do
    local spellings = catalogue.distinct(records, "name")
    if #spellings > 1 then
      context:report("name-case", { record = records[1], records = records, subject = records.key,
        spellings = catalogue.listed(spellings) })
    end
  end
end

return check
