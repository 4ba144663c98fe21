--- portolan search: records by the words in them.
-- @module portolan.commands.search

local listing = require "portolan.listing"
local source = require "portolan.source"

local search = {
  name = "search",
  summary = "Records by the words in their names, descriptions and notes.",
  example = "portolan search remote desktop --limit 5",
}

function search.options(parser)
  parser:argument("words", "All must be there, whole or as the beginning of a word."):args "+":argname "WORD"
  parser:option("-n --limit", "At most so many."):convert(tonumber):default(20):argname "N"
  source.option(parser)
  source.layer_options(parser)
  listing.option(parser)
end

function search.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local limit = tonumber(arguments.limit)
  return listing.show(registry:search(table.concat(arguments.words, " "), limit), arguments, terminal)
end

return search
