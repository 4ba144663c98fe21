--- Services with several ports, and ports whose service differs by transport.

local catalogue = require "portolan.catalogue"

local check = { name = "several-ports" }

check.codes = {
  ["several-ports"] = {
    severity = "note", since = "2011-09",
    message = "the service '{name}' has several ports: {ports}",
    rationale = "IANA strives to assign one port to a service, whatever its versions, variants and devices.",
    remedy = "Use one port, and tell versions apart within the protocol.",
    references = { "RFC6335 section 7.2", "RFC7605 section 7.2" },
  },
  ["split-port"] = {
    severity = "note", since = "2011-09",
    message = "port {port} is one service on one transport and another on the next: {services}",
    rationale = "A rule or a person that goes by the number alone takes one for the other.",
    remedy = "Go by the number and the transport together.",
    references = { "RFC6335 section 7.2" },
  },
  ["uneven-names"] = {
    severity = "note", deployed = "off",
    message = "port {port} has a name on one transport that it lacks on the next: {services}",
    rationale = "Whoever asks by the name that is missing finds the service on one transport only.",
    remedy = "Register the name for the other transport, if the service is there.",
    references = { "RFC6335 section 7.2" },
  },
}

local function ports_of(record)
  if not record.first then return nil end
  return record.first == record.last and ("%d"):format(record.first) or ("%d-%d"):format(record.first, record.last)
end

local function keys_of(groups)
  local keys = {}
  for i, group in ipairs(groups) do keys[i] = group.key end
  return catalogue.listed(keys)
end

local function check_name(context, records)
  local groups = catalogue.grouped(records, ports_of)
  if #groups < 2 then return end
  local last = groups[#groups]
  context:report("several-ports", { record = last[1], records = records, subject = records.key,
    name = records[1].name, ports = keys_of(groups) })
end

local function names_by_transport(records)
  local list = {}
  for _, group in ipairs((catalogue.grouped(records, function(record) return record.transport end))) do
    local names = catalogue.distinct(group, "name")
    table.sort(names)
    list[#list + 1] = { transport = group.key, names = names, text = table.concat(names, ", ") }
  end
  return list
end

local function share_one(a, b)
  local seen = {}
  for _, name in ipairs(a) do seen[name:lower()] = true end
  for _, name in ipairs(b) do
    if seen[name:lower()] then return true end
  end
  return false
end

local function code_for(list)
  local code
  for i = 2, #list do
    if not share_one(list[1].names, list[i].names) then return "split-port" end
    if list[i].text:lower() ~= list[1].text:lower() then code = "uneven-names" end
  end
  return code
end

local function check_port(context, records)
  local list, texts = names_by_transport(records), {}
  local code = code_for(list)
  if not code then return end
  for i, entry in ipairs(list) do texts[i] = ("%s %s"):format(entry.transport, catalogue.listed(entry.names)) end
  context:report(code, { record = records[#records], records = records, subject = records.key,
    port = records.key, services = table.concat(texts, "; ") })
end

function check.run(context)
  for _, records in ipairs(context.catalogue.names) do check_name(context, records) end
  local function named_port(record) return record.name and ports_of(record) end
  for _, records in ipairs((catalogue.grouped(context.catalogue.records, named_port))) do
    check_port(context, records)
  end
end

return check
