--- By which procedure the application would go, and which ports could be had instead.

local check = { name = "procedure" }

check.codes = {
  ["procedure"] = {
    severity = "note",
    message = "{what} is assigned by {procedures}",
    rationale = "It tells who must agree: for a name nobody, if it is free; for a user port an expert; for a system "
      .. "port the IETF or the IESG.",
    remedy = "Send it to IANA by its form, or let the document that registers it say so.",
    references = { "RFC6335 section 8.1.2", "RFC8126 section 4" },
  },
  ["alternatives"] = {
    severity = "note",
    message = "free to ask for: {ports}",
    rationale = "Each is free on every transport and away from known uses.",
    remedy = "Ask for one of them, or leave the choice to IANA with 'range: user'.",
    references = { "RFC6335 section 8.1.1", "RFC7605 section 7.3" },
  },
}

-- Some port of what is asked for; nil for a name alone.
local function sample(application)
  if application.port then return application.port end
  if application.range then return application.range == "system" and 1 or 1024 end
end

local function what_of(application)
  if application.port then return ("port %d"):format(application.port) end
  return application.range and "a " .. application.range .. " port" or "a name without a port"
end

local function check_procedure(context)
  local application = context.application
  local procedures = context.registry:procedures(sample(application))
  if #procedures == 0 then return end
  context:report("procedure", { field = application.port and "port" or application.range and "range" or "name",
    what = what_of(application), procedures = table.concat(procedures, " or ") })
end

local function check_alternatives(context)
  local ports, notes = {}, {}
  for i, alternative in ipairs(context.alternatives) do
    ports[i] = ("%d"):format(alternative.port)
    notes[i] = ("%d: %s"):format(alternative.port, table.concat(alternative.reasons, "; "))
  end
  if #ports == 0 then return end
  context:report("alternatives", { field = context.application.port and "port" or "range",
    ports = table.concat(ports, ", "), notes = notes })
end

function check.run(context)
  check_procedure(context)
  check_alternatives(context)
end

return check
