--- Names with words that say nothing in a registry of services and ports.

local redundant_words = require "portolan.redundant_words"

local check = { name = "name-words" }

check.codes = {
  ["name-words"] = {
    severity = "note", since = "2011-09",
    message = "'{words}' in the name '{name}' says nothing here",
    rationale = "A name should be brief and informative, without words that are redundant in a registry of services "
      .. "and ports.",
    remedy = "Leave such words out of a new name.",
    references = { "RFC6335 section 5" },
  },
}

function check.run(context)
  for _, records in ipairs(context.catalogue.names) do
    local name = records[1].name
    local words = redundant_words.of(name)
    if #words > 0 then
      context:report("name-words", { record = records[1], records = records, subject = records.key, name = name,
        words = table.concat(words, "' and '") })
    end
  end
end

return check
