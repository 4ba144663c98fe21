--- Only the transports that are used.

local check = { name = "transports" }

check.codes = {
  ["transports-many"] = {
    severity = "note",
    message = "{count} transports are asked for: {transports}",
    rationale = "A port is assigned for the transports that a service uses, not for those that it might.",
    remedy = "Name those alone that the reference describes.",
    references = { "RFC6335 section 7.2", "RFC7605 section 7.6" },
  },
  ["transport-twice"] = {
    severity = "warning",
    message = "{transport} stands twice among the transports",
    rationale = "One of the two was meant to be another.",
    remedy = "Correct the list.",
  },
  ["congestion-missing"] = {
    severity = "warning",
    message = "udp is asked for, and nothing is said of congestion",
    rationale = "UDP leaves it to the protocol to limit its traffic; the experts will ask how it does.",
    remedy = "Say how, under 'congestion'.",
    references = { "RFC8085 section 3.1" },
  },
}

function check.run(context)
  local transports, seen, different = context.application.transports, {}, {}
  for _, transport in ipairs(transports) do
    if seen[transport] then context:report("transport-twice", { field = "transports", transport = transport }) end
    if not seen[transport] then different[#different + 1] = transport end
    seen[transport] = true
  end
  if #different > 1 then
    context:report("transports-many", { field = "transports", count = ("%d"):format(#different),
      transports = table.concat(different, ", ") })
  end
  if seen.udp and not context.application.congestion then
    context:report("congestion-missing", { field = "transports" })
  end
end

return check
