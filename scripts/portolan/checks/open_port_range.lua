--- Rules that open long ranges of ports.

local portolan = require "portolan"

local check = { name = "open-port-range" }

check.parameters = {
  ports = { type = "integer", min = 2, max = 65536, default = 1024 },
}

check.codes = {
  ["port-range-wide"] = {
    severity = "warning",
    message = "{who} {reaches} {ports}: more ports in one range than any service needs",
    rationale = "Whatever starts to listen within the range is open, and nobody sees it in the rules.",
    remedy = "Name the ports that are meant. Where a protocol opens ports as it goes, use its connection tracking "
      .. "helper, or give the program a short range.",
  },
}

local function long_spans(ports, most)
  local spans = {}
  for first, last, transport in ports:spans() do
    if last - first >= most then spans[#spans + 1] = { first, last, transport } end
  end
  return portolan.ports(spans)
end

function check.run(context)
  for _, opening in ipairs(context.openings) do
    local ports = long_spans(context:allowed_away(opening.ports), context.parameters.ports)
    if not opening.everything and ports:count() > 0 then
      context:report("port-range-wide", { opening = opening, ports = ports })
    end
  end
end

return check
