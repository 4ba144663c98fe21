--- Words that say nothing in the name of a service: RFC 6335, section 5.
--
--    redundant_words.of "rain-service"    --> { "service" }
--    redundant_words.of "airport-info"    --> {}
--
-- @module portolan.redundant_words

local redundant_words = {}

-- "port" ends many another word; it counts only by itself.
local patterns = { { "port", "%-port%-" }, { "service", "service" }, { "protocol", "protocol" } }

--- The redundant words of a name.
-- @tparam string name
-- @treturn {string,...}
function redundant_words.of(name)
  local found, bounded = {}, "-" .. name:lower():gsub("_", "-") .. "-"
  for _, pattern in ipairs(patterns) do
    if bounded:find(pattern[2]) then found[#found + 1] = pattern[1] end
  end
  return found
end

return redundant_words
