--- The dialect of Junos: firewall filters, and the security policies of SRX, as `set` commands or in braces.
--
--    local dialect = require "portolan.readers.juniper"
--    local ruleset = assert(dialect.read(text, "router.conf", { port = port_of_name }))
--
-- The text becomes one tree (junos_tree.lua), from which filters (junos_filter.lua) and policies (junos_policy.lua)
-- are read. What is inactive, and what groups would add, is told of and not read.
--
-- Sources: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide; Junos OS Security Policies
-- User Guide for Security Devices.
-- @module portolan.readers.juniper

local dialects = require "portolan.dialects"
local junos_filter = require "portolan.grammar.junos_filter"
local junos_policy = require "portolan.grammar.junos_policy"
local junos_tree = require "portolan.grammar.junos_tree"
local reader = require "portolan.reader"

local dialect = { name = "juniper", title = "Junos firewall filters and security policies", names = "junos" }

local function note(context, node, why)
  local list = context.unread
  list[#list + 1] = { place = reader.place(context.source, node.line, 1), text = node.word, why = why }
end

-- Groups add to the configuration where they are applied; a logical system has one of its own.
local function note_the_rest(root, context)
  for _, path in ipairs { {}, { "firewall" }, { "security" }, { "security", "policies" } } do
    local node = junos_tree.find(root, (table.unpack or unpack)(path)) -- luacheck: ignore
    local found = node and node.by["apply-groups"]
    if found then note(context, found, "groups are not followed") end
  end
  for _, word in ipairs { "logical-systems", "tenants" } do
    if root.by[word] then note(context, root.by[word], "their filters and policies are not read") end
  end
end

--- Whether a text looks like a Junos configuration with filters or policies.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return reader.has_line(text, {
    "\n[ \t]*set firewall ", "\n[ \t]*set security ", "\n[ \t]*set applications ", "\n[ \t]*firewall {%s",
    "\n[ \t]*security {%s", "\n[ \t]*replace: applications {", "\n[ \t]*applications {%s",
  })
end

--- Read a configuration.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @tparam ?table options `port(name, protocol)` -> number or nil, for names that the vendor does not have
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  local root, message, detail = junos_tree.read(text, source)
  if not root then return nil, message, detail end
  local port = dialects.before(dialect.names, options and options.port)
  local context = { source = source, port = port, unread = {} }
  local chains = junos_filter.chains(root, context)
  for _, chain in ipairs(junos_policy.chains(root, context)) do chains[#chains + 1] = chain end
  note_the_rest(root, context)
  if #chains == 0 and #context.unread == 0 and not (root.by.firewall or root.by.security or root.by.applications) then
    return reader.fail(source, 1, 1, "no firewall filter and no security policy of Junos")
  end
  return {
    dialect = dialect.name, source = source, chains = chains, unread = context.unread,
    stateful = root.by.security ~= nil and not root.by.firewall or nil,
  }
end

return dialect
