--- The dialect of Terraform: AWS security groups in a plan or a state, as `terraform show -json` writes them.
--
--    local dialect = require "portolan.readers.terraform"
--    local ruleset = assert(dialect.read(text, "plan.json"))
--
-- Read are `aws_security_group`, `aws_default_security_group`, `aws_security_group_rule` and
-- `aws_vpc_security_group_{ingress,egress}_rule`; other resources that are firewalls go to `unread`. A group is a
-- table of its own, named by its address, and a rule finds its group by id or by the configuration's reference.
-- What is known only after apply is said in `also`. HCL is a language to be run, not read: it is refused.
--
-- Sources: Terraform, JSON Output Format; the AWS provider's documentation of these resources.
-- @module portolan.readers.terraform

local aws = require "portolan.grammar.aws"
local json = require "portolan.json"
local reader = require "portolan.reader"

local dialect = { name = "terraform", title = "Terraform plan or state (terraform show -json)" }

local later = "known after apply"

local function unread(state, resource, why)
  local list = state.ruleset.unread
  local address = json.text(resource.address)
  list[#list + 1] = { place = reader.place(state.source, nil, nil, address), text = address or "?", why = why }
end

-- Where things stand ------------------------------------------------------------------------------------------

local function without_keys(address)
  return (address:gsub("%b[]", ""))
end

local function module_of(address)
  return address:match "^(.*%.)aws_" or ""
end

-- Calls `visit(resource)` for every resource of a module and of those below.
local function each_resource(module, visit)
  for _, resource in ipairs(json.object(json.object(module).resources)) do
    if type(resource) == "table" and json.text(resource.address) then visit(resource) end
  end
  for _, child in ipairs(json.object(json.object(module).child_modules)) do each_resource(child, visit) end
end

-- Expressions of the configuration by the resource's address, keys left out.
local function add_expressions(found, module, prefix)
  for _, resource in ipairs(json.object(json.object(module).resources)) do
    local address = json.text(json.object(resource).address)
    if address then found[prefix .. address] = json.object(resource.expressions) end
  end
  for name, call in pairs(json.object(json.object(module).module_calls)) do
    add_expressions(found, json.object(call).module, prefix .. "module." .. tostring(name) .. ".")
  end
end

local function unknown_values(document)
  local found = {}
  for _, resource in ipairs(json.object(document.resource_changes)) do
    local address = json.text(json.object(resource).address)
    if address then found[address] = json.object(json.object(resource.change).after_unknown) end
  end
  return found
end

local function is_unknown(value)
  if type(value) ~= "table" then return value == true end
  for _, part in pairs(value) do
    if is_unknown(part) then return true end
  end
  return false
end

-- Groups ------------------------------------------------------------------------------------------------------

local function chain_of(state, group, direction)
  local key = direction .. " " .. group
  local chain = state.by_key[key]
  if chain then return chain end
  chain = aws.chain(group, direction, reader.place(state.source, nil, nil, group .. "/" .. direction))
  local chains = state.ruleset.chains
  chains[#chains + 1], state.by_key[key] = chain, chain
  return chain
end

local function learn_group(state, resource)
  local id = json.text(json.object(resource.values).id)
  if id then state.groups[id] = resource.address end
  local plain = without_keys(resource.address)
  state.groups[plain] = state.groups[plain] == nil and resource.address or false
end

-- What the configuration names as the group of a rule.
local function referred(state, address)
  local expressions = state.expressions[without_keys(address)] or {}
  for _, reference in ipairs(json.object(json.object(expressions.security_group_id).references)) do
    local group = (json.text(reference) or ""):match "^aws_%a*_?security_group%.[%w_-]+"
    if group then
      group = module_of(address) .. group
      return state.groups[without_keys(group)] or group
    end
  end
end

local function group_of(state, resource)
  local id = json.text(resource.values.security_group_id)
  if id then return state.groups[id] or id end
  return referred(state, resource.address) or resource.address
end

-- Rules -------------------------------------------------------------------------------------------------------

local function gather(asked, values, keys)
  for _, key in ipairs(keys.networks) do
    for _, network in ipairs(type(values[key]) == "table" and values[key] or { json.text(values[key]) }) do
      asked.networks[#asked.networks + 1] = json.text(network) or json.show(network)
    end
  end
  for _, key in ipairs(keys.others) do
    for _, other in ipairs(type(values[key[1]]) == "table" and values[key[1]] or { json.text(values[key[1]]) }) do
      asked.others[#asked.others + 1] = key[2] .. (json.text(other) or json.show(other))
    end
  end
  if values.self == true then asked.others[#asked.others + 1] = "the group itself" end
end

-- The keys of a rule, as each kind of resource has them.
local together = {
  protocol = "protocol", networks = { "cidr_blocks", "ipv6_cidr_blocks" },
  others = {
    { "security_groups", "group " }, { "source_security_group_id", "group " }, { "prefix_list_ids", "prefix list " },
  },
}
local apart = {
  protocol = "ip_protocol", networks = { "cidr_ipv4", "cidr_ipv6" },
  others = { { "referenced_security_group_id", "group " }, { "prefix_list_id", "prefix list " } },
}

local function asked_by(values, keys)
  local asked = {
    protocol = json.word(values[keys.protocol]), networks = {}, others = {},
    first = json.whole(values.from_port), last = json.whole(values.to_port),
  }
  gather(asked, values, keys)
  return asked
end

local function add_unknown_peers(asked, unknown, keys)
  local list = asked.others
  for _, key in ipairs(keys.networks) do
    if is_unknown(unknown[key]) then list[#list + 1] = ("%s (%s)"):format(later, key) end
  end
  for _, key in ipairs(keys.others) do
    if is_unknown(unknown[key[1]]) then list[#list + 1] = ("%s (%s)"):format(later, key[1]) end
  end
end

-- Protocol and ports are not to be trusted where one of them is not yet known.
local function unknown_service(asked, unknown, keys)
  for _, key in ipairs { keys.protocol, "from_port", "to_port" } do
    if is_unknown(unknown[key]) then
      asked.protocol = "-1"
      return ("%s (%s)"):format(later, key)
    end
  end
end

local fields = { ingress = "source", egress = "destination" }

local function add_rules(state, chain, resource, values, unknown, keys)
  local asked = asked_by(values, keys)
  add_unknown_peers(asked, unknown, keys)
  local unsure = unknown_service(asked, unknown, keys)
  local rules, why = aws.rules(asked, fields[chain.name], {
    verdict = "accept", place = reader.place(state.source, nil, nil, resource.address), text = json.show(values),
    comment = json.text(values.description),
  })
  for _, rule in ipairs(rules or {}) do
    rule.also[#rule.also + 1] = unsure
    chain.rules[#chain.rules + 1] = rule
  end
  if not rules then unread(state, resource, why) end
end

local function take_group(state, resource)
  local unknown = state.unknown[resource.address] or {}
  for _, direction in ipairs { "ingress", "egress" } do
    local chain = chain_of(state, resource.address, direction)
    if unknown[direction] == true then unread(state, resource, direction .. " is " .. later) end
    for number, values in ipairs(json.object(resource.values[direction])) do
      local part = json.object(json.object(unknown[direction])[number])
      add_rules(state, chain, resource, json.object(values), part, together)
    end
  end
end

local function take_rule(keys, direction)
  return function(state, resource)
    local chosen = direction or json.text(resource.values.type)
    if not fields[chosen] then return unread(state, resource, "neither ingress nor egress") end
    local chain = chain_of(state, group_of(state, resource), chosen)
    add_rules(state, chain, resource, resource.values, state.unknown[resource.address] or {}, keys)
  end
end

local takers = {
  aws_security_group = take_group, aws_default_security_group = take_group,
  aws_security_group_rule = take_rule(together),
  aws_vpc_security_group_ingress_rule = take_rule(apart, "ingress"),
  aws_vpc_security_group_egress_rule = take_rule(apart, "egress"),
}

local firewalls = { "network_acl", "firewall", "security_group", "security_rule", "security_list" }

local function is_firewall(kind)
  for _, word in ipairs(firewalls) do
    if kind:find(word, 1, true) then return true end
  end
  return false
end

local function take_resource(state, resource)
  local kind = json.text(resource.type) or ""
  if resource.mode == "data" then return end
  if takers[kind] and type(resource.values) == "table" then return takers[kind](state, resource) end
  if is_firewall(kind) then unread(state, resource, kind .. " is not read") end
end

-- Documents ---------------------------------------------------------------------------------------------------

local hcl_blocks = { "resource%s+\"", "module%s+\"", "variable%s+\"", "data%s+\"", "provider%s+\"", "locals%s*{",
  "terraform%s*{", "output%s+\"" }

-- The offset of the first block that only Terraform's own language has.
local function hcl_at(text)
  local first
  for _, block in ipairs(hcl_blocks) do
    local at = text:match("^()" .. block) or text:match("\n()" .. block)
    if at and at < (first or math.huge) then first = at end
  end
  return first
end

local function refuse_hcl(text, source, at)
  local line, column = reader.position(text, at)
  return reader.fail(source, line, column,
    "Terraform's language, which has to be run to be read: give the output of 'terraform show -json' on its plan")
end

--- Whether a text looks like Terraform's: a plan or state in JSON, or its language, which `read` refuses.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  if text:find "^%s*{" then
    return text:find('"format_version"', 1, true) ~= nil and text:find('"root_module"', 1, true) ~= nil
  end
  return hcl_at(text) ~= nil
end

local function modules_of(document)
  local values = json.object(document.planned_values)
  if not values.root_module then values = json.object(document.values) end
  return values.root_module
end

--- Read the security groups of a plan or a state.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source)
  local at = not text:find "^%s*[{%[]" and hcl_at(text)
  if at then return refuse_hcl(text, source, at) end
  local document, message, detail = json.read(text, source)
  if document == nil then return nil, message, detail end
  document = json.object(document)
  local root = modules_of(document)
  if type(root) ~= "table" then
    return reader.fail(source, 1, 1, "no 'root_module' with values: give the output of 'terraform show -json'")
  end
  local state = {
    source = source, by_key = {}, groups = {}, expressions = {}, unknown = unknown_values(document),
    ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} },
  }
  add_expressions(state.expressions, json.object(document.configuration).root_module, "")
  each_resource(root, function(resource)
    if takers[resource.type] == take_group then learn_group(state, resource) end
  end)
  each_resource(root, function(resource) take_resource(state, resource) end)
  return state.ruleset
end

return dialect
