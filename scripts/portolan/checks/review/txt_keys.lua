--- The keys of the service's TXT record.

local check = { name = "txt-keys" }

check.codes = {
  ["txt-key-form"] = {
    severity = "error",
    message = "the TXT key '{key}' {wrong}",
    rationale = "A key is one or more printable ASCII characters, without '='.",
    remedy = "Correct the key; values do not belong here.",
    references = { "RFC6763 section 6.4" },
  },
  ["txt-key-long"] = {
    severity = "note",
    message = "the TXT key '{key}' is longer than 9 characters",
    rationale = "Every announcement carries the key; short ones save room in small packets.",
    remedy = "Shorten it.",
    references = { "RFC6763 section 6.4" },
  },
  ["txt-key-twice"] = {
    severity = "error",
    message = "the TXT key '{key}' stands twice",
    rationale = "Keys are compared without regard to case, and the second is ignored.",
    remedy = "Leave one of them out.",
    references = { "RFC6763 section 6.4" },
  },
}

local function wrong_of(key)
  if key == "" then return "is empty" end
  if key:find("=", 1, true) then return "holds '='" end
  if key:find "[^\32-\126]" then return "has a character that is not printable ASCII" end
end

function check.run(context)
  local seen = {}
  for _, key in ipairs(context.application.txt_keys) do
    local wrong, values = wrong_of(key), { field = "txt_keys", key = key, subject = key }
    if wrong then
      values.wrong = wrong
      context:report("txt-key-form", values)
    elseif #key > 9 then
      context:report("txt-key-long", values)
    end
    if seen[key:lower()] then context:report("txt-key-twice", values) end
    seen[key:lower()] = true
  end
end

return check
