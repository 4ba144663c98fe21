--- Assignees and contacts that the registry's list of people does not have; and people that nothing names.

local check = { name = "people" }

check.codes = {
  ["person-unknown"] = {
    severity = "error",
    message = "the {role} {label} of {record} is not among the registry's people",
    rationale = "Nobody can be asked.",
    remedy = "Add the person, or correct the label.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["person-unused"] = {
    severity = "note",
    message = "nothing names {label} of the registry's people",
    rationale = "A label that lost its records was often misspelt in one of them.",
    remedy = "Correct the record that means this person, or take the person out.",
    references = { "RFC6335 section 8.1.1" },
  },
}

local function known_people(people)
  local known = {}
  for _, person in ipairs(people) do known[person.id] = true end
  return known
end

local function check_record(context, record, role, known, used)
  for id in (record[role] or ""):gmatch "%[([^%]]*)%]" do
    used[id] = true
    if not known[id] then
      context:report("person-unknown", { record = record, role = role, label = "[" .. id .. "]" })
    end
  end
end

-- Notes and references name people too, by the same label.
local function mark_mentioned(record, used)
  for _, text in ipairs { record.note or "", record.reference or "" } do
    for id in text:gmatch "%[([^%]]*)%]" do used[id] = true end
  end
end

-- A registry of IANA's CSV has no list of people, so that nothing can be said.
function check.run(context)
  local people, used = context.registry:people(), {}
  if #people == 0 then return end
  local known = known_people(people)
  for _, record in ipairs(context.catalogue.records) do
    check_record(context, record, "contact", known, used)
    if record.assignee ~= record.contact then check_record(context, record, "assignee", known, used) end
    mark_mentioned(record, used)
  end
  for _, person in ipairs(people) do
    if not used[person.id] then
      context:report("person-unused", { label = "[" .. person.id .. "]", subject = person.id })
    end
  end
end

return check
