--- Layers: a site's own services, and uses that nobody registered, around IANA's registry.
--
--    local overlay = assert(layers.load "site.yaml")
--    local layered = layers.new(portolan.open(), { overlay, assert(layers.de_facto()) })
--    layered:lookup(9981, "tcp")             --> { { name = "tvheadend", layer = "de-facto", ... } }
--    layered:only("iana"):lookup(9981, "tcp")
--
-- An overlay is a YAML document:
--
--    name: our site
--    add:
--      - { name: billing, ports: 7443/tcp, description: the billing API, tags: [internal] }
--    rename:
--      - { service: http-alt, ports: 8080/tcp, name: portal }
--    describe:
--      - { service: ssh, description: jump hosts only }
--    tag:
--      - { ports: 5432/tcp, tags: [database] }
--    deny:
--      - { service: telnet, reason: passwords cross in the clear }
--
-- A layered registry answers what a Registry does, in the same words, and every record says its `layer`: "iana", or
-- an overlay's name. A record that an overlay renames or describes comes from that overlay, and `was` tells what
-- IANA has. The layers that stand above IANA come first, in the order given; then IANA; then those whose document
-- says `order: below`. `tags` and `denied` (the reason) are added to records of any layer. What the layers do not
-- touch -- `status`, `free`, `ports`, `assigned`, `people`, `info` and so on -- is IANA's own word; a record of a
-- layer is "assigned" by that layer.
-- @module portolan.layers

local catalogue = require "portolan.catalogue"
local listing = require "portolan.listing"
local portolan = require "portolan"
local schema = require "portolan.schema"
local shipped = require "portolan.shipped"
local span = require "portolan.span"

local layers = {}

-- The document -------------------------------------------------------------------

local text = { type = "string" }
local words = { type = "list", single = true, of = text }
local some_words = { type = "list", single = true, required = true, of = text }

local function names_something(entry)
  if not (entry.service or entry.ports) then return "an entry needs service, ports or both" end
end

local function unusual_name(name)
  local valid, broken = portolan.valid_name(name)
  if not valid then return ("the name '%s' %s"):format(name, broken[1]) end
end

local name_form = { type = "string", required = true, check = unusual_name }

local function entries(check, more)
  local fields = { service = text, ports = { type = "ports" } }
  for key, form in pairs(more) do fields[key] = form end
  return { type = "list", default = {}, of = {
    type = "map", name = "an entry", placed = true, fields = fields, check = check,
  } }
end

local function added_entries()
  local form = entries(nil, {
    name = name_form, ports = { type = "ports", required = true }, description = { type = "string", required = true },
    tags = words, contact = text, reference = text,
  })
  form.of.fields.service = nil
  return form
end

local form = { type = "map", name = "an overlay", fields = {
  name = { type = "string", required = true, check = function(name)
    if name == "iana" then return "an overlay cannot be called 'iana'" end
  end },
  about = text,
  order = { type = "enum", values = { "above", "below" }, default = "above" },
  add = added_entries(),
  rename = entries(names_something, { name = name_form }),
  describe = entries(names_something, { description = { type = "string", required = true } }),
  tag = entries(names_something, { tags = some_words }),
  deny = entries(names_something, { reason = { type = "string", required = true } }),
} }

--- Read an overlay from text.
-- @tparam string yaml
-- @tparam string source the document's name
-- @treturn[1] table
-- @return[2] nil, message, detail as from schema.read
function layers.read(yaml, source)
  return schema.read(yaml, source, form)
end

--- Read an overlay from a file.
-- @tparam string path
-- @treturn[1] table
-- @return[2] nil, message, detail
function layers.load(path)
  return schema.load(path, form)
end

--- The overlay of uses that are common and not registered.
-- @treturn[1] table
-- @return[2] nil, message, detail
function layers.de_facto()
  local path, message, detail = shipped.path "overlays/de-facto.yaml"
  if not path then return nil, message, detail end
  return layers.load(path)
end

-- One layer: its records as a registry of their own ------------------------------------

local function bracketed(label)
  return label and (label:find "^%[" and label or "[" .. label .. "]")
end

local function added_record(entry, first, last, transport)
  return { name = entry.name, first = first, last = last, transport = transport, description = entry.description,
    contact = bracketed(entry.contact), reference = bracketed(entry.reference) }
end

-- Services only: a block of unassigned ports is not to be renamed for the sake of one of them.
local function selected(registry, entry)
  if not entry.service then return registry:query { ports = entry.ports, has = "name" } end
  local records, kept = registry:named(entry.service), {}
  for _, record in ipairs(records) do
    local there = not entry.ports or record.first and (span.of_records { record } * entry.ports):count() > 0
    if there then kept[#kept + 1] = record end
  end
  return kept
end

-- What a layer makes of IANA's records: changed copies, and what they were.
local function changes_of(registry, overlay)
  local list, by_id = {}, {}
  local function change(entry, field)
    for _, record in ipairs(selected(registry, entry)) do
      if not by_id[record.id] then
        by_id[record.id] = { record = record, was = {}, place = entry.place }
        list[#list + 1] = by_id[record.id]
      end
      local changed = by_id[record.id]
      changed.was[field] = changed.was[field] or record[field]
      changed.record[field] = entry[field]
    end
  end
  for _, entry in ipairs(overlay.rename) do change(entry, "name") end
  for _, entry in ipairs(overlay.describe) do change(entry, "description") end
  return list
end

-- Every record of a layer, with what belongs to it beside the registry's own fields.
local function records_of(registry, overlay)
  local records, extras, hidden = {}, {}, {}
  for _, entry in ipairs(overlay.add) do
    for first, last, transport in entry.ports:spans() do
      records[#records + 1] = added_record(entry, first, last, transport)
      extras[#records] = { tags = entry.tags, place = entry.place }
    end
  end
  for _, changed in ipairs(changes_of(registry, overlay)) do
    hidden[changed.record.id] = true
    records[#records + 1] = changed.record
    extras[#records] = { was = changed.was, place = changed.place }
  end
  return records, extras, hidden
end

local function new_layer(registry, overlay)
  local records, extras, hidden = records_of(registry, overlay)
  local own, message, detail = portolan.read { text = listing.csv(records), source = overlay.name, format = "csv" }
  if not own then return nil, message, detail end
  return { name = overlay.name, registry = own, extras = extras, hidden = hidden, above = overlay.order == "above" }
end

-- What was noted of records of every layer ---------------------------------------------

local function add_notes(notes, list)
  for _, entry in ipairs(list) do
    notes[#notes + 1] = { name = entry.service and entry.service:lower(), ports = entry.ports, tags = entry.tags,
      reason = entry.reason }
  end
end

local function notes_of(overlays)
  local notes = {}
  for _, overlay in ipairs(overlays) do
    add_notes(notes, overlay.tag)
    add_notes(notes, overlay.deny)
  end
  return notes
end

local function meant(note, record, was)
  local name = was and was.name or record.name
  if note.name and (not name or note.name ~= name:lower()) then return false end
  return not note.ports or record.first ~= nil and (span.of_records { record } * note.ports):count() > 0
end

local function add_tags(record, tags)
  local all = {}
  for _, tag in ipairs(record.tags or {}) do all[#all + 1] = tag end
  for _, tag in ipairs(tags) do all[#all + 1] = tag end
  record.tags = all
end

local function annotate(self, record)
  for _, note in ipairs(self.notes) do
    if meant(note, record, record.was) then
      if note.tags then add_tags(record, note.tags) end
      record.denied = record.denied or note.reason
    end
  end
  return record
end

-- The object ---------------------------------------------------------------------------

local Layered = {}

function Layered.__index(self, key)
  local own = Layered[key]
  if own ~= nil then return own end
  local inner = self.registry[key]
  if type(inner) ~= "function" then return inner end
  return function(_, ...) return inner(self.registry, ...) end
end

local function from_layer(self, layer, records)
  for _, record in ipairs(records) do
    local extra = layer.extras[record.id + 1]
    record.layer, record.id = layer.name, layer.base + record.id
    record.tags, record.place, record.was = extra.tags, extra.place, extra.was
    annotate(self, record)
  end
  return records
end

local function hides(self, id)
  for _, layer in ipairs(self.layers) do
    if layer.hidden[id] then return true end
  end
  return false
end

local function from_iana(self, records)
  local kept = {}
  for _, record in ipairs(records) do
    if not hides(self, record.id) then
      record.layer = "iana"
      kept[#kept + 1] = annotate(self, record)
    end
  end
  return kept
end

local function add_all(list, records)
  for _, record in ipairs(records) do list[#list + 1] = record end
end

local function add_layers(self, list, above, ask)
  for _, layer in ipairs(self.layers) do
    if layer.above == above then add_all(list, from_layer(self, layer, ask(layer.registry))) end
  end
end

-- The same question to every layer, in their order.
local function gathered(self, ask)
  local list = {}
  add_layers(self, list, true, ask)
  if self.has_iana then add_all(list, from_iana(self, ask(self.registry))) end
  add_layers(self, list, false, ask)
  return list
end

--- All records of a port: see Registry:lookup.
function Layered:lookup(port, transport)
  return gathered(self, function(registry) return registry:lookup(port, transport) end)
end

local function first_name(self, above, port, transport)
  for _, layer in ipairs(self.layers) do
    local name = layer.above == above and layer.registry:name(port, transport)
    if name then return name end
  end
end

local function iana_name(self, port, transport)
  local id = self.has_iana and self.registry:id(port, transport)
  return id and not hides(self, id) and self.registry:name(port, transport) or nil
end

--- The name to show at a port: that of the highest layer which has one.
function Layered:name(port, transport)
  return first_name(self, true, port, transport) or iana_name(self, port, transport)
    or first_name(self, false, port, transport)
end

--- The records of a name: see Registry:named.
function Layered:named(name)
  return gathered(self, function(registry) return registry:named(name) end)
end

--- The records whose name begins so: see Registry:starting.
function Layered:starting(prefix)
  return gathered(self, function(registry) return registry:starting(prefix) end)
end

--- The records that hold some words: see Registry:search. The limit is each layer's.
function Layered:search(wanted, limit)
  return gathered(self, function(registry) return registry:search(wanted, limit) end)
end

--- The records for which a query holds: see Registry:query. The limit is each layer's.
function Layered:query(spec)
  return gathered(self, function(registry) return registry:query(spec) end)
end

--- Iterate all records, layer by layer.
function Layered:records()
  local list, i = gathered(self, function(registry) return registry:query {} end), 0
  return function()
    i = i + 1
    return list[i]
  end
end

--- The ports of a layer.
-- @tparam string name "iana": what is assigned there
-- @treturn PortSet
function Layered:ports_of(name)
  local set = portolan.ports {}
  if name == "iana" then return self.registry:assigned() end
  for _, layer in ipairs(self.layers) do
    if layer.name == name then set = set + span.of_records(layer.registry:query {}) end
  end
  return set
end

--- The names of the layers there are, in the order in which they answer.
-- @treturn {string,...}
function Layered:names()
  local names = {}
  for _, layer in ipairs(self.layers) do
    if layer.above then names[#names + 1] = layer.name end
  end
  if self.has_iana then names[#names + 1] = "iana" end
  for _, layer in ipairs(self.layers) do
    if not layer.above then names[#names + 1] = layer.name end
  end
  return names
end

local function object(fields)
  return setmetatable(fields, Layered)
end

local function contains(list, name)
  for _, word in ipairs(list) do
    if word == name then return true end
  end
  return false
end

--- One layer alone: the others are switched off.
-- @tparam string name "iana", or an overlay's
-- @treturn[1] table
-- @return[2] nil, message where no layer is called so
function Layered:only(name)
  if not contains(self:names(), name) then
    return nil, ("no layer is called '%s'; there are %s"):format(name, table.concat(self:names(), ", "))
  end
  local kept = {}
  for _, layer in ipairs(self.layers) do
    if layer.name == name then kept[#kept + 1] = layer end
  end
  local iana = name == "iana"
  return object { registry = self.registry, layers = kept, notes = iana and {} or self.notes, has_iana = iana,
    conflicts = {} }
end

-- What the registry says against a layer -------------------------------------------------

local function at_same_port(registry, record)
  local list = {}
  for _, other in ipairs(registry:query { ports = span.of_records { record }, status = "assigned", limit = 20 }) do
    if other.name:lower() ~= record.name:lower() then list[#list + 1] = other end
  end
  return list
end

local function elsewhere(registry, record)
  local list, own = {}, span.of_records { record }
  for _, other in ipairs(registry:named(record.name)) do
    if other.first and (span.of_records { other } * own):count() == 0 then list[#list + 1] = other end
  end
  return list
end

local function add_conflict(list, code, layer, record, others)
  list[#list + 1] = { code = code, layer = layer.name, name = record.name, port = span.record(record),
    others = catalogue.labels(others), records = others, place = layer.extras[record.id + 1].place,
    subject = layer.name .. " " .. catalogue.label(record) }
end

-- A record that is IANA's own is where IANA has it; only a new name for it may be another's.
local function add_conflicts(list, registry, layer, record)
  local was = layer.extras[record.id + 1].was
  local there = was and {} or at_same_port(registry, record)
  local named = was and not was.name and {} or elsewhere(registry, record)
  if #there > 0 then add_conflict(list, "overlay-port", layer, record, there) end
  if #named > 0 then add_conflict(list, "overlay-name", layer, record, named) end
  if record.last >= 49152 then add_conflict(list, "overlay-dynamic", layer, record, {}) end
end

local function is_known(registry, list, entry)
  if not entry.service then return true end
  for _, layer in ipairs(list) do
    if #selected(layer.registry, entry) > 0 then return true end
  end
  return #selected(registry, entry) > 0
end

-- Entries whose service is nobody's, or nobody's at these ports, so that they change nothing.
local function add_idle(conflicts, registry, list, overlay)
  for _, entries_of_kind in ipairs { overlay.rename, overlay.describe, overlay.tag, overlay.deny } do
    for _, entry in ipairs(entries_of_kind) do
      if not is_known(registry, list, entry) then
        conflicts[#conflicts + 1] = { code = "overlay-idle", layer = overlay.name, name = entry.service,
          place = entry.place, subject = overlay.name .. " " .. entry.service }
      end
    end
  end
end

local function conflicts_of(registry, list, overlays)
  local conflicts = {}
  for i, layer in ipairs(list) do
    for record in layer.registry:records() do
      if record.first then add_conflicts(conflicts, registry, layer, record) end
    end
    add_idle(conflicts, registry, list, overlays[i])
  end
  return conflicts
end

--- A registry with layers around it.
--
-- Where two overlays change the same record, each gives its own.
-- @tparam Registry registry IANA's
-- @tparam {table,...} overlays from `read`, `load` or `de_facto`; of two on the same side the first is nearer the top
-- @treturn[1] table see above; `conflicts`, what the registry says against the overlays: `code`, `layer`, `name`,
--   `port`, `others`, `records`, `place` (portolan.checks.lint.overlay has the words)
-- @return[2] nil, message, detail
function layers.new(registry, overlays)
  local list, base = {}, registry:count()
  for i, overlay in ipairs(overlays) do
    local layer, message, detail = new_layer(registry, overlay)
    if not layer then return nil, message, detail end
    layer.base = base
    list[i], base = layer, base + layer.registry:count()
  end
  return object { registry = registry, layers = list, notes = notes_of(overlays), has_iana = true,
    conflicts = conflicts_of(registry, list, overlays) }
end

return layers
