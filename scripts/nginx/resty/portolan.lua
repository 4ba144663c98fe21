--- The registry inside nginx: opened once, asked by every worker.
--
--    init_by_lua_block { require("resty.portolan").open() }
--    location /v1/ { content_by_lua_block { require("resty.portolan").serve() } }
--    access_by_lua_block { if require("resty.portolan").registry():name(ngx.var.server_port, "tcp") ... }
--
-- `GET /v1/ports/TRANSPORT/PORT` and `GET /v1/services/NAME` answer JSON: what was asked, and `records` as
-- `Registry:lookup` gives them. What is not understood is 400, what is not there 404, each with an `error`.
-- @module resty.portolan

local json = require "portolan.json"
local portolan = require "portolan"

local resty = {}

local registry

local order = { "transport", "port", "status", "name", "error", "records", "id", "first", "last", "range",
  "description", "assignee", "contact", "registered", "modified", "reference", "references", "service_code",
  "unauthorized", "note", "alias_of", "replaces" }

--- Open the registry: in `init_by_lua`, before there are workers.
-- @tparam ?string path a snapshot; the built-in registry if not given
function resty.open(path)
  registry = assert(portolan.open(path))
end

--- The registry, for look-ups of one's own.
-- @treturn Registry
function resty.registry()
  return registry
end

local function refuse(message)
  return 400, { error = message, records = json.list {} }
end

local function port(transport, digits)
  local number = tonumber(digits)
  if not ({ tcp = 1, udp = 1, sctp = 1, dccp = 1 })[transport] then
    return refuse("the transport is tcp, udp, sctp or dccp")
  end
  if not digits:find "^%d+$" or number > 65535 then return refuse("a port is a number from 0 to 65535") end
  return 200, { transport = transport, port = number, status = registry:status(number, transport),
    name = registry:name(number, transport), records = json.list(registry:lookup(number, transport)) }
end

local function service(name)
  local records = registry:named(name)
  local found = #records > 0
  return found and 200 or 404, { name = name, records = json.list(records),
    error = not found and "no service has this name" or nil }
end

local function answer(path)
  local transport, digits = path:match "^/v1/ports/([^/]+)/([^/]+)$"
  if transport then return port(transport, digits) end
  local name = path:match "^/v1/services/([^/]+)$"
  if name then return service(name) end
  return 404, { error = "ask /v1/ports/TRANSPORT/PORT or /v1/services/NAME", records = json.list {} }
end

local function send(status, body)
  ngx.status = status
  ngx.header.content_type = "application/json"
  ngx.print(json.encode(body, { order = order }), "\n")
end

--- Answer the request: a content handler.
function resty.serve()
  local method = ngx.req.get_method()
  if method ~= "GET" and method ~= "HEAD" then
    ngx.header.allow = "GET, HEAD"
    return send(405, { error = "only GET and HEAD", records = json.list {} })
  end
  send(answer(ngx.var.uri))
end

return resty
