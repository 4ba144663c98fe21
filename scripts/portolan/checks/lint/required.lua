--- What every assignment must tell.

local check = { name = "required" }

check.codes = {
  ["missing-field"] = {
    severity = "warning", since = "2011-09",
    message = "{record} lacks {fields}",
    rationale = "Without it nobody can tell what the service is, or ask those who hold it.",
    remedy = "Ask the assignee; RFC 6335 requires it.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["missing-reference"] = {
    severity = "note", deployed = "off",
    message = "{record} has no reference",
    rationale = "A reference, or a description, of the protocol is required when it is registered; IANA does not "
      .. "publish every description.",
    remedy = "Name the document that describes the protocol.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["iesg-assignee"] = {
    severity = "note", since = "2011-09",
    message = "{record} is the IESG's, and {wrong}",
    rationale = "What an IETF document registers is assigned to the IESG, with the IETF Chair to contact, by an RFC.",
    remedy = "Correct the record.",
    references = { "RFC6335 section 8.1.1" },
  },
}

local fields = { { "transport", "a transport" }, { "assignee", "an assignee" }, { "contact", "a contact" },
  { "description", "a description" } }

local function missing(record)
  local list = {}
  for _, field in ipairs(fields) do
    if not record[field[1]] then list[#list + 1] = field[2] end
  end
  return table.concat(list, ", ")
end

local function wrong_of(record)
  if record.contact ~= "[IETF_Chair]" then return ("its contact is %s"):format(record.contact or "not told") end
  if not (record.reference or ""):find "RFC" then return "its reference is no RFC" end
end

function check.run(context)
  for _, record in ipairs(context.catalogue.records) do
    local lacking = record.name and missing(record) or ""
    if lacking ~= "" then context:report("missing-field", { record = record, fields = lacking }) end
    if record.name and not record.reference then context:report("missing-reference", { record = record }) end
    local wrong = record.assignee == "[IESG]" and wrong_of(record)
    if wrong then context:report("iesg-assignee", { record = record, wrong = wrong }) end
  end
end

return check
