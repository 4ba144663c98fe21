--- References that lead nowhere, or will not last.

local check = { name = "reference" }

check.codes = {
  ["reference-nowhere"] = {
    severity = "error",
    message = "{record} refers to footnote [{label}], which the registry does not have",
    rationale = "The reader is sent to nothing.",
    remedy = "Add the footnote, or correct the reference.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["reference-form"] = {
    severity = "warning",
    message = "{record} refers to '{label}', which begins as an RFC and is no number of one",
    rationale = "No program finds the document.",
    remedy = "Write it as RFC and a number.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["reference-draft"] = {
    severity = "note", deployed = "off",
    message = "{record} refers to '{label}', which is not published yet",
    rationale = "A draft expires or becomes an RFC; a reference is to last.",
    remedy = "Name the RFC once there is one.",
    references = { "RFC6335 section 8.1.1", "RFC8126 section 7" },
  },
}

local function has_footnote(info, label)
  return info.footnotes ~= nil and info.footnotes[tonumber(label)] ~= nil
end

-- Only IANA's XML has footnotes.
local function code_for(info, label)
  if label:find "^%d+$" then return info.format == "xml" and not has_footnote(info, label) and "reference-nowhere" end
  if label:find "^RFC%-" or label:find "^draft%-" then return "reference-draft" end
  if label:find "^RFC" and not label:find "^RFC%d+$" and not label:find "^RFC%d+%D" then return "reference-form" end
end

function check.run(context)
  for _, record in ipairs(context.catalogue.records) do
    for _, label in ipairs(record.references or {}) do
      local code = code_for(context.info, label)
      if code then context:report(code, { record = record, label = label }) end
    end
  end
end

return check
