--- The name: well-formed, free, and unlike others.

local catalogue = require "portolan.catalogue"
local nearest = require "portolan.nearest"
local portolan = require "portolan"
local redundant_words = require "portolan.redundant_words"

local check = { name = "name" }

check.codes = {
  ["name-syntax"] = {
    severity = "error",
    message = "the name '{name}' {broken}",
    rationale = "A service name is 1 to 15 letters, digits and single hyphens, with at least one letter.",
    remedy = "Choose a name that fits.",
    references = { "RFC6335 section 5.1" },
  },
  ["name-taken"] = {
    severity = "error",
    message = "the name '{name}' is registered: {holders}",
    rationale = "A service name is unique, whatever its case.",
    remedy = "Choose another name; or, if it is the same service, ask IANA to change that assignment instead.",
    references = { "RFC6335 section 5" },
  },
  ["name-near"] = {
    severity = "note",
    message = "the name '{name}' is close to {near}",
    rationale = "People will mistype one for the other.",
    remedy = "Choose a name that stands apart, unless the services belong together.",
    references = { "RFC6335 section 5" },
  },
  ["name-used"] = {
    severity = "note",
    message = "the name '{name}' is in use without registration: {holders}",
    rationale = "Whoever knows the other will take yours for it.",
    remedy = "Choose another name, unless yours is that service.",
    references = { "RFC6335 section 5" },
  },
  ["name-words"] = {
    severity = "note",
    message = "'{word}' in the name '{name}' says nothing here",
    rationale = "A name should be brief and informative, without words that are redundant in a registry of services "
      .. "and ports.",
    remedy = "Leave the word out.",
    references = { "RFC6335 section 5" },
  },
}

-- How many names one message gives.
local most_names = 5

local function plain(name)
  return (name:lower():gsub("[%-_]", ""))
end

local function is_near(name, other)
  if plain(name) == plain(other) then return true end
  local most = #name >= 8 and 2 or 1
  return math.abs(#name - #other) <= most and nearest.distance(name:lower(), other:lower()) <= most
end

-- Short names are all close to each other; nobody is surprised by that.
local shortest = 4

local function names_near(registry, name)
  local found, seen = {}, {}
  for record in registry:records() do
    local other = record.name
    if other and not seen[other] and #other >= shortest and is_near(name, other) then
      found[#found + 1] = "'" .. other .. "'"
    end
    if other then seen[other] = true end
  end
  table.sort(found)
  return found
end

local function unregistered(context, name)
  local list = {}
  for _, record in ipairs(context.uses:named(name)) do
    if record.layer ~= "iana" then list[#list + 1] = record end
  end
  return list
end

local function check_near(context, name)
  local near = #name >= shortest and #name <= 15 and names_near(context.registry, name) or {}
  for i = #near, most_names + 1, -1 do near[i] = nil end
  if #near > 0 then context:report("name-near", { field = "name", name = name, near = table.concat(near, ", ") }) end
end

local function check_words(context, name)
  for _, word in ipairs(redundant_words.of(name)) do
    context:report("name-words", { field = "name", name = name, word = word, subject = word })
  end
end

function check.run(context)
  local name = context.application.name
  if not name then return end
  local valid, broken = portolan.valid_name(name)
  if not valid then
    context:report("name-syntax", { field = "name", name = name, broken = table.concat(broken, ", ") })
  end
  local registered, used = context.registry:named(name), unregistered(context, name)
  if #registered > 0 then
    context:report("name-taken",
      { field = "name", name = name, holders = catalogue.labels(registered), records = registered })
  else
    check_near(context, name)
  end
  if #used > 0 then context:report("name-used", { field = "name", name = name, holders = catalogue.labels(used) }) end
  check_words(context, name)
end

return check
