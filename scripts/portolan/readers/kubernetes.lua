--- The dialect of Kubernetes: NetworkPolicy and Service, in a stream of YAML documents or JSON.
--
--    local dialect = require "portolan.readers.kubernetes"
--    local ruleset = assert(dialect.read(text, "policies.yaml"))
--
-- A selector of pods is a chain in the table of its namespace, with policy drop: policies on the same pods are one
-- chain, for they add up. A rule has its policy in `place.where`. Peers that are pods or namespaces stand in `also`,
-- and so does a port's name that the containers of the same text do not settle. What a Service publishes is a chain
-- at the hook forward. Other kinds of policy go to `unread`.
--
-- Sources: Kubernetes API Reference, NetworkPolicy v1, Service v1.
-- @module portolan.readers.kubernetes

local object = require "portolan.grammar.kubernetes_object"
local permission = require "portolan.grammar.permission"
local reader = require "portolan.reader"
local yaml = require "portolan.yaml"

local address, ranges = reader.address, reader.ranges

local dialect = { name = "kubernetes", title = "Kubernetes NetworkPolicy and Service" }

local function place_of(state, node, where)
  return reader.place(state.source, node.line, node.column, where)
end

-- An object is long: its kind and its name stand for it.
local function words_of(node)
  local kind, name = yaml.text(node, "kind"), yaml.text(yaml.get(node, "metadata"), "name")
  return kind and kind .. " " .. (name or "?") or yaml.show(node)
end

local function unread(state, node, why, where)
  local list = state.ruleset.unread
  list[#list + 1] = { place = place_of(state, node, where), text = words_of(node), why = why }
end

local function chain_of(state, node, namespace, name, hook)
  local key = table.concat({ namespace, hook, name }, "\0")
  local chain = state.chains[key]
  if chain then return chain end
  chain = {
    name = name, table = namespace, family = "inet", hook = hook, priority = 0, policy = "drop", stateful = true,
    place = place_of(state, node, namespace .. "/" .. name), rules = {},
  }
  local chains = state.ruleset.chains
  chains[#chains + 1], state.chains[key] = chain, chain
  return chain
end

local function add_rules(state, chain, node, where, parts)
  local rules, why = permission.rules(parts, {
    verdict = "accept", place = place_of(state, node, where), text = yaml.show(node),
  })
  if not rules then return unread(state, node, why, where) end
  for _, rule in ipairs(rules) do chain.rules[#chain.rules + 1] = rule end
end

local anything = { { match = {} } }

-- Peers -------------------------------------------------------------------------------------------------------

local function prefix_of(text)
  local canonical, family = address.read(text)
  if canonical and not canonical:find "-" and not canonical:find "/.*[.:]" then return canonical, family end
end

-- The exceptions of a block; nil and the first that is none of its family.
local function exceptions_of(block, family)
  local list = {}
  for _, item in ipairs(yaml.items(block, "except")) do
    local canonical, its_family = prefix_of(item.text or "")
    if its_family ~= family then return nil, item.text or "?" end
    list[#list + 1] = canonical
  end
  return list
end

local function block_peer(block, field)
  local cidr = yaml.text(block, "cidr") or "?"
  local canonical, family = prefix_of(cidr)
  if not canonical then return { match = {}, also = field .. " " .. cidr } end
  local except, strange = exceptions_of(block, family)
  local match = { family = family, [field] = { canonical } }
  if strange then return { match = match, also = field .. " not " .. strange } end
  match[field] = #except > 0 and address.subtract(canonical, except) or match[field]
  return #match[field] > 0 and { match = match } or nil
end

local function selected(node, all, some)
  local selector = object.selector(node)
  return selector.text == "" and all or some .. " " .. selector.text
end

local function pod_words(peer, field)
  local pods, namespaces = yaml.get(peer, "podSelector"), yaml.get(peer, "namespaceSelector")
  if not pods and not namespaces then return ("%s %s"):format(field, yaml.show(peer)) end
  local words = field .. " " .. selected(pods, "all pods", "pods")
  return namespaces and words .. " in " .. selected(namespaces, "all namespaces", "namespaces") or words
end

local function peer_of(peer, field)
  local block = yaml.get(peer, "ipBlock")
  if block and #peer.entries == 1 then return block_peer(block, field) end
  return { match = {}, also = pod_words(peer, field) }
end

local function peers_of(rule, key, field)
  local items = yaml.items(rule, key)
  if #items == 0 then return anything end
  local peers = {}
  for _, peer in ipairs(items) do peers[#peers + 1] = peer_of(peer, field) end
  return peers
end

-- Ports -------------------------------------------------------------------------------------------------------

local transports = { TCP = "tcp", UDP = "udp", SCTP = "sctp" }

-- How many ports and labels of pods may be looked at, in all, for what ports' names mean.
local most_looked_at = 2000000

local function ports_of_all(pods)
  local count = #pods
  for _, pod in ipairs(pods) do count = count + #pod.ports end
  return count
end

-- Whether there is still time to look a name up among the pods.
local function has_time(state, selector)
  state.port_count = state.port_count or ports_of_all(state.pods)
  state.looked_at = state.looked_at + state.port_count + #state.pods * selector.count
  return state.looked_at <= most_looked_at
end

local function pods_of(state, namespace, selector)
  local chosen = {}
  if not selector or not has_time(state, selector) then return chosen end
  for _, pod in ipairs(state.pods) do
    if pod.namespace == namespace and selector.fits(pod.labels) then chosen[#chosen + 1] = pod end
  end
  return chosen
end

-- What a port's name means to the pods that have it, and whether all of them mean one number.
local function meaning(pods, name, protocol)
  local list, had_by = {}, 0
  for _, pod in ipairs(pods) do
    local count = #list
    for _, port in ipairs(pod.ports) do
      local fits = port.name == name and port.protocol == protocol and port.port
      list[#list + 1] = fits and { fits, fits } or nil
    end
    had_by = had_by + (#list > count and 1 or 0)
  end
  local union = ranges.union(list)
  local is_one = #union == 1 and union[1][1] == union[1][2] and had_by == #pods
  return union, is_one
end

local function named_port(pods, name, protocol)
  local union, is_one = meaning(pods(), name, protocol)
  local match = { protocols = { transports[protocol] }, destination_ports = #union > 0 and union or nil }
  return { match = match, also = not is_one and "destination port named " .. name or nil }
end

local function add_number(numbers, protocol, first, last)
  if not numbers[protocol] then
    numbers[protocol] = {}
    numbers[#numbers + 1] = protocol
  end
  table.insert(numbers[protocol], { first, last })
end

local function read_port(item, pods, numbers, list)
  local protocol, port = yaml.text(item, "protocol") or "TCP", yaml.get(item, "port")
  local word, ending = port and port.text, yaml.text(item, "endPort")
  local first = port and port.kind == "integer" and reader.number(word, 65535)
  local last = ending and reader.number(ending, 65535) or not ending and first
  if not transports[protocol] then
    list[#list + 1] = { match = {}, also = "port " .. yaml.show(item) }
  elseif first and last and first <= last then
    add_number(numbers, protocol, first, last)
  elseif not port and not ending then
    list[#list + 1] = { match = { protocols = { transports[protocol] } } }
  elseif port and port.kind == "string" and not ending then
    list[#list + 1] = named_port(pods, word, protocol)
  else
    list[#list + 1] = { match = { protocols = { transports[protocol] } }, also = "port " .. yaml.show(item) }
  end
end

local function ports_of(rule, pods)
  local items = yaml.items(rule, "ports")
  if #items == 0 then return anything end
  local numbers, list = {}, {}
  for _, item in ipairs(items) do read_port(item, pods, numbers, list) end
  for at, protocol in ipairs(numbers) do
    table.insert(list, at, { match = {
      protocols = { transports[protocol] }, destination_ports = ranges.union(numbers[protocol]),
    } })
  end
  return list
end

-- Network policies --------------------------------------------------------------------------------------------

local directions = {
  Ingress = { rules = "ingress", peers = "from", field = "source", hook = "input" },
  Egress = { rules = "egress", peers = "to", field = "destination", hook = "output" },
}

-- Without policyTypes a policy is about what comes in, and about what goes out if it has rules for that.
local function types_of(spec)
  local types = {}
  for _, item in ipairs(yaml.items(spec, "policyTypes")) do types[#types + 1] = item.text end
  if #types > 0 then return types end
  return { "Ingress", #yaml.items(spec, "egress") > 0 and "Egress" or nil }
end

local function read_direction(state, node, direction)
  local spec, namespace = yaml.get(node, "spec"), object.namespace(node)
  local selector = object.selector(yaml.get(spec, "podSelector"))
  local name = selector.text == "" and "all pods" or selector.text
  local chain = chain_of(state, node, namespace, name, direction.hook)
  local where = namespace .. "/" .. (yaml.text(yaml.get(node, "metadata"), "name") or "?")
  local function pods() return pods_of(state, namespace, direction.hook == "input" and selector or nil) end
  for _, rule in ipairs(yaml.items(spec, direction.rules)) do
    local peers = peers_of(rule, direction.peers, direction.field)
    add_rules(state, chain, rule, where, { peers, ports_of(rule, pods) })
  end
end

local function read_policy(state, node)
  local spec = yaml.get(node, "spec")
  if not (spec and spec.entries) then return unread(state, node, "a policy without spec") end
  for _, word in ipairs(types_of(spec)) do
    if directions[word] then read_direction(state, node, directions[word])
    else unread(state, node, "unknown policy type " .. tostring(word)) end
  end
end

-- Services ----------------------------------------------------------------------------------------------------

local function text_list(node, key)
  local list = {}
  for i, item in ipairs(yaml.items(node, key)) do list[i] = item.text or "?" end
  return list
end

-- Alternatives of the networks that a key lists; nil where it lists none.
local function networks_of(spec, key, field)
  local texts = text_list(spec, key)
  if #texts == 0 then return nil end
  local peers, strange = permission.networks(texts, field)
  for _, text in ipairs(strange) do peers[#peers + 1] = { match = {}, also = field .. " " .. text } end
  return peers
end

local cluster_only = { { match = {}, also = "source inside the cluster" } }

local function service_peers(spec, kind)
  if kind == "LoadBalancer" then return networks_of(spec, "loadBalancerSourceRanges", "source") or anything end
  return networks_of(spec, "externalIPs", "destination") or cluster_only
end

local function port_service(item, key)
  local protocol = yaml.text(item, "protocol") or "TCP"
  local number = reader.number(yaml.text(item, key), 65535)
  local match = { protocols = { transports[protocol] }, destination_ports = number and { { number, number } } }
  if number and transports[protocol] then return { { match = match } } end
  return { { match = {}, also = "port " .. yaml.show(item) } }
end

local on_nodes = { NodePort = true, LoadBalancer = true }

local function read_service_port(state, chain, item, where, spec)
  local kind = yaml.text(spec, "type") or "ClusterIP"
  add_rules(state, chain, item, where, { service_peers(spec, kind), port_service(item, "port") })
  if not on_nodes[kind] then return end
  if not yaml.get(item, "nodePort") then
    return unread(state, item, "the cluster chooses its node port", where)
  end
  local peers = networks_of(spec, "loadBalancerSourceRanges", "source") or anything
  add_rules(state, chain, item, where, { peers, port_service(item, "nodePort") })
end

local function read_service(state, node)
  local spec, namespace = yaml.get(node, "spec"), object.namespace(node)
  local name = "service " .. (yaml.text(yaml.get(node, "metadata"), "name") or "?")
  if yaml.text(spec, "type") == "ExternalName" then return end
  local chain = chain_of(state, node, namespace, name, "forward")
  for _, item in ipairs(yaml.items(spec, "ports")) do
    read_service_port(state, chain, item, chain.place.where, spec)
  end
end

-- Objects -----------------------------------------------------------------------------------------------------

local kinds = { NetworkPolicy = read_policy, Service = read_service }

local function read_object(state, node)
  local kind = yaml.text(node, "kind")
  if kinds[kind] then return kinds[kind](state, node) end
  if not kind then return unread(state, node, "not an object of Kubernetes") end
  if kind:find "NetworkPolicy" then unread(state, node, kind .. " is not read") end
end

local function add_objects(objects, node)
  local items = yaml.get(node, "items")
  if not (items and items.items) then
    objects[#objects + 1] = node.kind ~= "null" and node or nil
    return
  end
  for _, item in ipairs(items.items) do objects[#objects + 1] = item end
end

local function objects_of(documents)
  local objects, found = {}, false
  for _, node in ipairs(documents) do
    found = found or yaml.get(node, "kind") ~= nil
    add_objects(objects, node)
  end
  return found and objects
end

--- Whether a text looks like objects of Kubernetes.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  for _, key in ipairs { "apiVersion", "kind" } do
    local is_there = text:find("^%s*" .. key .. ":%s") or text:find("\n" .. key .. ":%s")
      or text:find("^%s*{") and text:find('"' .. key .. '"%s*:')
    if not is_there then return false end
  end
  return true
end

--- Read network policies and services.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source)
  local documents, message, detail = yaml.documents(text, source)
  if not documents then return nil, message, detail end
  local objects = objects_of(documents)
  if not objects then return reader.fail(source, 1, 1, "no object of Kubernetes: a 'kind' is missing") end
  local state = {
    source = source, chains = {}, pods = object.pods(objects), looked_at = 0,
    ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} },
  }
  for _, node in ipairs(objects) do read_object(state, node) end
  return state.ruleset
end

return dialect
