--- Sockets that listen while no rule speaks of their port.

local listening = require "portolan.listening"
local rules = require "portolan.rule"
local span = require "portolan.span"

local check = { name = "uncovered-socket" }

check.codes = {
  ["socket-open-unnamed"] = {
    severity = "warning",
    message = "{socket}, listens, no rule names its port{family}, and the world reaches it",
    rationale = "It is open because everything is, and not because somebody decided it.",
    remedy = "Write a rule for it, or let it listen on the loopback.",
  },
  ["socket-unnamed"] = {
    severity = "note",
    message = "{socket}, listens, and no rule names its port{family}",
    rationale = "Either nobody needs it, or its users are shut out; the rules do not say which.",
    remedy = "Write a rule that accepts or drops it, let it listen on the loopback, or stop it.",
  },
}

local words = { ip = " for IPv4", ip6 = " for IPv6" }

local function named_at_input(ruleset)
  local sets = {}
  for _, chain in ipairs(ruleset:below(ruleset:at "input")) do
    for _, rule in ipairs(chain.rules) do sets[#sets + 1] = rules.ports(rule) end
  end
  return span.union(sets)
end

local function open_at_input(ruleset, trusted)
  local sets = {}
  for _, opening in ipairs(ruleset:reach { from = "world", trusted = trusted }) do
    if opening.hook == "input" then sets[#sets + 1] = opening.ports end
  end
  return span.union(sets)
end

-- Nil where the ruleset has nothing for that version of IP: then nothing is known.
local function coverage_of(context, family)
  local ruleset = context.ruleset:of_family(family)
  if #ruleset:at "input" == 0 then return nil end
  return { named = named_at_input(ruleset), open = open_at_input(ruleset, context.policy.trusted) }
end

local function judge(context, socket, family, coverage)
  if coverage.named:contains(socket.port, socket.transport) then return end
  local ports = listening.port(socket)
  local open = coverage.open:contains(socket.port, socket.transport)
  context:report(open and "socket-open-unnamed" or "socket-unnamed", {
    socket = listening.text(socket), family = words[family], ports = ports, place = socket.place,
    records = context.registry:query { ports = ports, status = "assigned" }, subject = listening.text(socket) .. family,
  })
end

-- Told for each version of IP: the rules may differ.
local function families_of(socket)
  if socket.family then return { socket.family } end
  return { "ip", "ip6" }
end

function check.run(context)
  if not context.sockets then return end
  local coverages = { ip = coverage_of(context, "ip"), ip6 = coverage_of(context, "ip6") }
  for _, socket in ipairs(listening.of(context.sockets)) do
    for _, family in ipairs(families_of(socket)) do
      if coverages[family] then judge(context, socket, family, coverages[family]) end
    end
  end
end

return check
