--- DCCP's service codes.

local check = { name = "service-code" }

check.codes = {
  ["code-missing"] = {
    severity = "warning", since = "2011-09",
    message = "{record} has no service code",
    rationale = "DCCP tells services apart by their codes before it does by ports.",
    remedy = "Register a service code with the service.",
    references = { "RFC6335 section 8.1.1", "RFC5595" },
  },
  ["code-without-dccp"] = {
    severity = "error",
    message = "{record} has the service code {code} without DCCP",
    rationale = "Only DCCP has service codes.",
    remedy = "Move the code to the service's record for DCCP.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["code-shared"] = {
    severity = "error",
    message = "{record} has the service code {code}, as {other} does",
    rationale = "A service code stands for one service.",
    remedy = "Register another code.",
    references = { "RFC6335 section 8.1.1", "RFC5595" },
  },
  ["code-form"] = {
    severity = "error",
    message = "{record} has the service code {code}, which is no number from 1 to 4294967294",
    rationale = "A service code has 32 bits; 0 stands for none, and all ones is invalid.",
    remedy = "Correct the code.",
    references = { "RFC4340 section 8.1.2" },
  },
}

local function is_code(code)
  return code >= 1 and code <= 4294967294
end

local function code_for(record, holder)
  if record.transport ~= "dccp" then return "code-without-dccp" end
  if not is_code(record.service_code) then return "code-form" end
  if holder and holder.name ~= record.name then return "code-shared" end
end

local function check_code(context, record, holders)
  local code, holder = record.service_code, holders[record.service_code]
  local wrong = code_for(record, holder)
  if wrong then
    context:report(wrong, { record = record, code = ("%.0f"):format(code), other = holder and holder.name or "" })
  end
  holders[code] = holder or record
end

function check.run(context)
  local holders = {}
  for _, record in ipairs(context.catalogue.records) do
    if record.service_code then
      check_code(context, record, holders)
    elseif record.name and record.transport == "dccp" then
      context:report("code-missing", { record = record })
    end
  end
end

return check
