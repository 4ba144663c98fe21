--- Ports that are open in the range where no service may live.

local check = { name = "open-dynamic" }

check.codes = {
  ["open-dynamic"] = {
    severity = "warning",
    message = "{who} {reaches} {ports}, in the dynamic range, where no service can be assigned",
    rationale = "Systems hand out 49152-65535 to whatever program asks: what answers there today may be something "
      .. "else tomorrow, and a service must not be known by such a port.",
    remedy = "Give the service a fixed port below 49152. Where replies are meant, accept established connections "
      .. "instead; where a protocol opens further ports, use its connection tracking helper.",
    references = { "RFC6335 section 6", "RFC6335 section 8.1.2" },
  },
}

function check.run(context)
  local dynamic = context.registry:ports { status = "dynamic" }
  for _, opening in ipairs(context.openings) do
    local ports = context:allowed_away(opening.ports * dynamic)
    if not opening.everything and ports:count() > 0 then
      context:report("open-dynamic", { opening = opening, ports = ports })
    end
  end
end

return check
