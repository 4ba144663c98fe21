--- portolan free: blocks of ports that nobody was assigned.
-- @module portolan.commands.free

local json = require "portolan.json"
local source = require "portolan.source"

local free = {
  name = "free",
  summary = "Blocks of ports that nobody was assigned.",
  example = "portolan free --transport tcp --transport udp --count 3 --near 8000",
}

function free.options(parser)
  parser:option("-t --transport", "Free on this one (all four if not given); may be repeated.")
    :count "*":choices { "tcp", "udp", "sctp", "dccp" }
  parser:option("--range", "system or user."):choices { "system", "user" }:default "user"
  parser:option("--count", "So many ports in a row."):convert(tonumber):default "1":argname "N"
  parser:option("--near", "The nearest to this port first."):convert(tonumber):argname "PORT"
  parser:option("-n --limit", "At most so many blocks."):convert(tonumber):default "10":argname "N"
  source.option(parser)
  parser:option("-f --format", "text, json or csv."):choices { "text", "json", "csv" }:default "text"
end

local function lines(blocks, header, format)
  local list = { header }
  for _, block in ipairs(blocks) do list[#list + 1] = format:format(block.first, block.last, block.count) end
  return #list > 0 and table.concat(list, "\n") .. "\n" or ""
end

local formats = {
  text = function(blocks) return lines(blocks, nil, "%d-%d  %d ports") end,
  csv = function(blocks) return lines(blocks, "first,last,count", "%d,%d,%d") end,
  json = function(blocks)
    return json.encode(json.list(blocks), { order = { "first", "last", "count" }, indent = "  " }) .. "\n"
  end,
}

function free.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local ok, blocks = pcall(registry.free, registry, {
    transports = #arguments.transport > 0 and arguments.transport or nil, range = arguments.range,
    count = tonumber(arguments.count), near = arguments.near, limit = tonumber(arguments.limit),
  })
  if not ok then return nil, blocks end
  terminal.write(formats[arguments.format](blocks))
  return #blocks > 0 and 0 or 1
end

return free
