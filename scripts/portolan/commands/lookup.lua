--- portolan lookup: what is at a port, or of a name.
-- @module portolan.commands.lookup

local listing = require "portolan.listing"
local portolan = require "portolan"
local source = require "portolan.source"

local lookup = {
  name = "lookup",
  summary = "What is at a port, or of a name.",
  example = "portolan lookup 443 6000-6010/udp https 'ipp*'",
}

function lookup.options(parser)
  parser:argument("what", "A port (443, 443/tcp, 6000-6010/udp), a name (https), or a glob ('ipp*').")
    :args "+":argname "WHAT"
  source.option(parser)
  source.layer_options(parser)
  listing.option(parser)
end

local function is_ports(what)
  return what:find "^%d+[%d%-]*$" or what:find "^%d+[%d%-]*/%a+$" or what:find "^%a+/%d+[%d%-]*$"
end

local function by_ports(registry, what, terminal)
  local set, message = portolan.ports(what)
  if not set then return nil, (message:gsub("^ports:%d+:%d+", what)) end
  local records = registry:query { ports = set }
  for first, last, transport in set:spans() do
    if #records == 0 and first == last then
      terminal.tell(("%d/%s is %s"):format(first, transport, registry:status(first, transport)))
    end
  end
  return records
end

local function find(registry, what, terminal)
  if is_ports(what) then return by_ports(registry, what, terminal) end
  if what:find "[*?]" then return registry:query { name = what } end
  return registry:named(what)
end

function lookup.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local all, missing = {}, 0
  for _, what in ipairs(arguments.what) do
    local records, trouble = find(registry, what, terminal)
    if not records then return nil, trouble end
    if #records == 0 then
      missing = missing + 1
      terminal.tell(("nothing is registered as %s; 'portolan search' looks into descriptions"):format(what))
    end
    for _, record in ipairs(records) do all[#all + 1] = record end
  end
  local status = listing.show(all, arguments, terminal)
  return missing > 0 and 1 or status
end

return lookup
