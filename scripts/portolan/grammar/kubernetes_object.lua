--- What of Kubernetes' objects its network policies ask: label selectors, and the pods that a document has.
--
--    local selector = kubernetes_object.selector(yaml.get(spec, "podSelector"))
--    selector.text                                     --> "app=web,tier in (a,b)"
--    selector.fits { app = "web", tier = "b" }         --> true
--    kubernetes_object.pods(objects)
--      --> { { namespace =, labels =, ports = { { name =, port =, protocol = } } } }
--
-- An object is a YAML node.
--
-- Sources: Kubernetes API Reference, LabelSelector, PodTemplateSpec, ContainerPort.
-- @module portolan.grammar.kubernetes_object

local reader = require "portolan.reader"
local yaml = require "portolan.yaml"

local object = {}

--- The namespace of an object; "default" where it names none.
function object.namespace(node)
  return yaml.text(yaml.get(node, "metadata"), "namespace") or "default"
end

-- Selectors ---------------------------------------------------------------------------------------------------

local function values_of(node)
  local values = {}
  for _, item in ipairs(yaml.items(node, "values")) do
    values[#values + 1] = item.text or "?"
    values[item.text or "?"] = true
  end
  return values
end

-- Operator -> how it is written, whether a label's value (nil for no such label) fits.
local operators = {
  In = { "%s in (%s)", function(value, values) return value ~= nil and values[value] == true end },
  NotIn = { "%s notin (%s)", function(value, values) return value == nil or not values[value] end },
  Exists = { "%s", function(value) return value ~= nil end },
  DoesNotExist = { "!%s", function(value) return value == nil end },
}

local function add_labels(asked, node)
  for _, entry in ipairs(node and node.entries or {}) do
    local wanted = entry.value.text
    asked[#asked + 1] = {
      text = entry.key.text .. "=" .. yaml.show(entry.value),
      fits = function(labels) return labels[entry.key.text] == wanted end,
    }
  end
end

local function never() return false end

local function add_expression(asked, node)
  local key, values = yaml.text(node, "key") or "?", values_of(node)
  local operator = operators[yaml.text(node, "operator")]
  asked[#asked + 1] = {
    text = operator and operator[1]:format(key, table.concat(values, ",")) or yaml.show(node),
    fits = operator and function(labels) return operator[2](labels[key], values) end or never,
  }
end

--- A label selector.
-- @tparam ?table node
-- @treturn table `text` ("" where it selects all), `fits(labels)`, `count` of what it asks
function object.selector(node)
  local asked, texts = {}, {}
  add_labels(asked, yaml.get(node, "matchLabels"))
  for _, expression in ipairs(yaml.items(node, "matchExpressions")) do add_expression(asked, expression) end
  for i, one in ipairs(asked) do texts[i] = one.text end
  local function fits(labels)
    for _, one in ipairs(asked) do
      if not one.fits(labels) then return false end
    end
    return true
  end
  return { text = table.concat(texts, ","), fits = fits, count = #asked }
end

-- Pods --------------------------------------------------------------------------------------------------------

local function labels_of(metadata)
  local labels, node = {}, yaml.get(metadata, "labels")
  for _, entry in ipairs(node and node.entries or {}) do labels[entry.key.text] = entry.value.text end
  return labels
end

local function ports_of(spec)
  local ports = {}
  for _, container in ipairs(yaml.items(spec, "containers")) do
    for _, port in ipairs(yaml.items(container, "ports")) do
      ports[#ports + 1] = {
        name = yaml.text(port, "name"), port = reader.number(yaml.text(port, "containerPort"), 65535),
        protocol = yaml.text(port, "protocol") or "TCP",
      }
    end
  end
  return ports
end

local templated = { Deployment = true, StatefulSet = true, DaemonSet = true, ReplicaSet = true, Job = true,
  ReplicationController = true }

-- The node that has a pod's metadata and spec.
local function template_of(node)
  local kind, spec = yaml.text(node, "kind"), yaml.get(node, "spec")
  if kind == "Pod" then return node end
  if kind == "CronJob" then spec = yaml.get(yaml.get(spec, "jobTemplate"), "spec") end
  if templated[kind] or kind == "CronJob" then return yaml.get(spec, "template") end
end

--- The pods that objects describe.
-- @tparam {table,...} objects
-- @treturn {table,...} `namespace`, `labels`, `ports`
function object.pods(objects)
  local pods = {}
  for _, node in ipairs(objects) do
    local template = template_of(node)
    if template then
      pods[#pods + 1] = {
        namespace = object.namespace(node), labels = labels_of(yaml.get(template, "metadata")),
        ports = ports_of(yaml.get(template, "spec")),
      }
    end
  end
  return pods
end

return object
