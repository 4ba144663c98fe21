--- Rules that open ports on which nothing listens.

local assignment = require "portolan.assignment"
local listening = require "portolan.listening"
local portolan = require "portolan"
local span = require "portolan.span"

local check = { name = "idle-opening" }

check.codes = {
  ["rule-without-listener"] = {
    severity = "note",
    message = "{who} {reaches} {ports}, and nothing listens there",
    rationale = "Whatever is started there next, by whomever, is open at once.",
    remedy = "Remove the rule, unless the service is only stopped for now.",
  },
}

-- On a transport with a socket whose port is unknown nobody can say that nothing listens.
local function unknown_ports(heard)
  local spans = {}
  for _, transport in ipairs(span.transports) do
    if heard.unknown[transport] then spans[#spans + 1] = { 0, 65535, transport } end
  end
  return portolan.ports(spans)
end

function check.run(context)
  if not context.sockets then return end
  local heard = listening.of(context.sockets)
  local excused = heard.ports + unknown_ports(heard)
  for _, opening in ipairs(context.openings) do
    local idle = assignment.narrow(opening.ports) - excused
    if opening.hook == "input" and opening.rule and idle:count() > 0 then
      context:report("rule-without-listener", { opening = opening, ports = idle })
    end
  end
end

return check
