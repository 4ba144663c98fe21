--- What RFC 7605 advises of a port of one's own, of security and of versions.

local check = { name = "advice" }

check.codes = {
  ["system-port"] = {
    severity = "warning",
    message = "a system port is asked for",
    rationale = "The privilege that system ports once meant is not always enforced, and few are left.",
    remedy = "Ask for a user port.",
    references = { "RFC7605 section 7.3", "RFC6335 section 8.1.2" },
  },
  ["need-missing"] = {
    severity = "warning",
    message = "a port is asked for, and nothing is said of why the service needs its own",
    rationale = "A name with SRV records, a dynamic port that is announced, or a port that is there already serves "
      .. "most; the experts will ask.",
    remedy = "Say why not, under 'need'; or apply for the name alone.",
    references = { "RFC7605 section 7.1" },
  },
  ["secure-twin"] = {
    severity = "warning",
    message = "the name '{name}' reads as the secure twin of '{other}', which has a port of its own",
    rationale = "Security belongs into the protocol, on its one port: separate ports for secure and insecure variants "
      .. "are not given.",
    remedy = "Let the protocol negotiate security on the port of '{other}'.",
    references = { "RFC7605 section 7.4", "RFC6335 section 7.2" },
  },
  ["version-twin"] = {
    severity = "warning",
    message = "the name '{name}' reads as a version of '{other}', which has a port of its own",
    rationale = "One port serves all versions of a service.",
    remedy = "Tell the versions apart within the protocol, on the port of '{other}'.",
    references = { "RFC7605 section 7.5", "RFC6335 section 7.2" },
  },
  ["security-missing"] = {
    severity = "warning",
    message = "nothing is said of how the protocol secures itself",
    rationale = "A new service should be secure, by itself or by a layer such as TLS, on the port that it asks for.",
    remedy = "Say how, under 'security'.",
    references = { "RFC7605 section 7.4" },
  },
  ["versions-missing"] = {
    severity = "note",
    message = "nothing is said of how versions are told apart",
    rationale = "There will be no second port for the next version.",
    remedy = "Say how, under 'versions'.",
    references = { "RFC7605 section 7.5" },
  },
  ["multicast-missing"] = {
    severity = "note",
    message = "nothing is said of broadcast, multicast and anycast",
    rationale = "The description must say whether the protocol uses them.",
    remedy = "Say how, or 'none', under 'multicast'.",
    references = { "RFC6335 section 8.1.1" },
  },
}

local secure_endings = { "-tls", "-ssl", "-secure", "-sec", "tls", "ssl", "-s", "s" }

local function with_port(registry, name)
  for _, record in ipairs(name ~= "" and registry:named(name) or {}) do
    if record.first then return record end
  end
end

-- Each of these gives the record of the service that the name may be a twin of.
local function secure_twin(registry, name)
  for _, ending in ipairs(secure_endings) do
    local record = name:sub(-#ending):lower() == ending and with_port(registry, name:sub(1, -#ending - 1))
    if record then return record end
  end
end

local function version_twin(registry, name)
  local base = name:match "^(.-)%-?[vV]?%d+$"
  return base and with_port(registry, base)
end

local function report_twin(context, code, other)
  if not other then return end
  context:report(code, { field = "name", name = context.application.name, other = other.name, records = { other } })
end

local function wants_system(application)
  return application.range == "system" or application.port ~= nil and application.port < 1024
end

local missing = { { "need", "need-missing" }, { "security", "security-missing" }, { "versions", "versions-missing" },
  { "multicast", "multicast-missing" } }

-- A name alone takes nothing from anybody, so that nothing of this is asked.
function check.run(context)
  local application = context.application
  local field = application.port and "port" or "range"
  if not application[field] then return end
  if wants_system(application) then context:report("system-port", { field = field }) end
  if application.name then
    report_twin(context, "secure-twin", secure_twin(context.registry, application.name))
    report_twin(context, "version-twin", version_twin(context.registry, application.name))
  end
  for _, entry in ipairs(missing) do
    if not application[entry[1]] then context:report(entry[2], { field = field, subject = entry[1] }) end
  end
end

return check
