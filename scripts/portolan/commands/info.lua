--- portolan info: what the registry is made of, and how old it is.
-- @module portolan.commands.info

local json = require "portolan.json"
local source = require "portolan.source"

local info = {
  name = "info",
  summary = "What the registry is made of, and how old it is.",
  example = "portolan info --registry iana.ptl --format json",
}

function info.options(parser)
  source.option(parser)
  parser:option("-f --format", "text or json."):choices { "text", "json" }:default "text"
end

local order = { "title", "category", "date", "records", "source", "format", "digest" }

local function days_since(date)
  local year, month, day = date:match "^(%d+)-(%d+)-(%d+)$"
  if not year then return nil end
  local then_ = os.time { year = tonumber(year), month = tonumber(month), day = tonumber(day) }
  return math.floor((os.time() - then_) / 86400)
end

local function text(about)
  local lines = {}
  for _, key in ipairs(order) do
    if about[key] then lines[#lines + 1] = ("%-9s %s"):format(key, tostring(about[key]):gsub("%s+", " ")) end
  end
  local days = days_since(about.date or "")
  if days then lines[#lines + 1] = ("%-9s %d days"):format("age", days) end
  return table.concat(lines, "\n") .. "\n"
end

function info.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local about = registry:info()
  terminal.write(arguments.format == "json" and json.encode(about, { order = order, indent = "  " }) .. "\n"
    or text(about))
  return 0
end

return info
