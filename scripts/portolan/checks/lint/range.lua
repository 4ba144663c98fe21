--- Assignments where there can be none: in the dynamic range, and at the edges of the others.

local check = { name = "range" }

check.codes = {
  ["dynamic-assigned"] = {
    severity = "error",
    message = "{record} reaches into the dynamic range, 49152-65535",
    rationale = "Those ports are for whatever program asks for one; none can be assigned.",
    remedy = "Assign a user port instead.",
    references = { "RFC6335 section 6", "RFC6335 section 8.1.2" },
  },
  ["edge-assigned"] = {
    severity = "error",
    message = "{record} is at the edge of a range, and not reserved",
    rationale = "The ports at the edges are kept back, so that the ranges may one day be extended.",
    remedy = "Reserve the port.",
    references = { "RFC6335 section 6" },
  },
}

local first_dynamic = 49152

local edges = { [0] = true, [1023] = true, [1024] = true, [49151] = true }

local function at_edge(record)
  return record.name and record.first == record.last and edges[record.first]
end

function check.run(context)
  for _, record in ipairs(context.catalogue.records) do
    if record.last and record.last >= first_dynamic then context:report("dynamic-assigned", { record = record }) end
    if at_edge(record) then context:report("edge-assigned", { record = record }) end
  end
end

return check
