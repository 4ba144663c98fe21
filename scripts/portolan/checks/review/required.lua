--- What every application must tell.

local check = { name = "required" }

check.codes = {
  ["field-missing"] = {
    severity = "error",
    message = "'{field}' is missing: {what}",
    rationale = "IANA asks for it, and returns the application without it.",
    remedy = "Fill it in.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["email-missing"] = {
    severity = "error",
    message = "'{field}' has no mail address{given}",
    rationale = "IANA writes to the assignee and the contact before anything is assigned, and later.",
    remedy = "Give an address that will last.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["ietf-assignee"] = {
    severity = "warning",
    message = "what an IETF document assigns is the IESG's, with the IETF Chair to contact, and {wrong}",
    rationale = "The assignment is to outlive its authors.",
    remedy = "Name the IESG as assignee, the IETF Chair as contact, and the RFC or its draft as reference.",
    references = { "RFC6335 section 8.1.1" },
  },
}

local fields = {
  { "name", "a service has one, with or without a port" },
  { "description", "what the service is, in a line" },
  { "transports", "those that the service uses, of tcp, udp, sctp and dccp" },
  { "assignee", "who holds the assignment" },
  { "reference", "a document, a description, or that the protocol is proprietary" },
}

local function is_empty(value)
  return value == nil or value == "" or type(value) == "table" and next(value) == nil
end

local function check_person(context, field)
  local person = context.application[field]
  if is_empty(person) then return end
  if not person.name then context:report("field-missing", { field = field, what = "its name" }) end
  if not (person.email or ""):find "^[^%s@]+@[^%s@]+%.[^%s@]+$" then
    local given = person.email and (": '%s' is none"):format(person.email) or ""
    context:report("email-missing", { field = field, given = given })
  end
end

local function wrong_for_ietf(application)
  local assignee, contact = application.assignee or {}, application.contact or {}
  if not (assignee.name or ""):find "IESG" then return "assignee", "the assignee is another" end
  if not (contact.name or ""):lower():find "ietf.chair" then return "contact", "the contact is another" end
  if not (application.reference or ""):lower():find "rfc%s?%d" and not (application.reference or ""):find "draft%-" then
    return "reference", "the reference is neither an RFC nor a draft"
  end
end

function check.run(context)
  for _, field in ipairs(fields) do
    if is_empty(context.application[field[1]]) then
      context:report("field-missing", { field = field[1], what = field[2] })
    end
  end
  check_person(context, "assignee")
  check_person(context, "contact")
  local field, wrong
  if context.application.ietf then field, wrong = wrong_for_ietf(context.application) end
  if wrong then context:report("ietf-assignee", { field = field, wrong = wrong }) end
end

return check
