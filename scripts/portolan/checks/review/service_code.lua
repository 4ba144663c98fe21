--- DCCP's service code.

local check = { name = "service-code" }

check.codes = {
  ["code-missing"] = {
    severity = "error",
    message = "dccp is asked for without a service code",
    rationale = "DCCP tells services apart by their codes.",
    remedy = "Choose a service code that is free, and give it under 'service_code'.",
    references = { "RFC6335 section 8.1.1", "RFC5595" },
  },
  ["code-without-dccp"] = {
    severity = "error",
    message = "a service code is asked for without dccp",
    rationale = "Only DCCP has service codes.",
    remedy = "Leave it out, or ask for dccp too.",
    references = { "RFC6335 section 8.1.1" },
  },
  ["code-invalid"] = {
    severity = "error",
    message = "the service code {code} stands for none",
    rationale = "0 means that there is no service code, and 4294967295 is invalid.",
    remedy = "Choose another.",
    references = { "RFC4340 section 8.1.2" },
  },
  ["code-taken"] = {
    severity = "error",
    message = "the service code {code} is that of '{holder}'",
    rationale = "A service code is unique.",
    remedy = "Choose another.",
    references = { "RFC6335 section 8.1.1", "RFC5595" },
  },
}

local function asks_for_dccp(application)
  for _, transport in ipairs(application.transports) do
    if transport == "dccp" then return true end
  end
  return false
end

local function check_code(context, code)
  local values = { field = "service_code", code = ("%.0f"):format(code) }
  if code == 0 or code == 4294967295 then return context:report("code-invalid", values) end
  local holder = context.registry:query { service_code = values.code }[1]
  if holder then
    values.holder, values.records = holder.name or holder.status, { holder }
    context:report("code-taken", values)
  end
end

function check.run(context)
  local code, dccp = context.application.service_code, asks_for_dccp(context.application)
  if dccp and not code then context:report("code-missing", { field = "transports" }) end
  if code and not dccp then context:report("code-without-dccp", { field = "service_code" }) end
  if code then check_code(context, code) end
end

return check
