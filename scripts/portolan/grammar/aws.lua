--- Permissions of AWS's security groups and network ACLs, whoever writes them down, made into rules.
--
--    aws.rules({ protocol = "tcp", first = 22, last = 22, networks = { "192.0.2.0/24" }, others = {} }, "source",
--      { verdict = "accept", place = place, text = text })
--
-- A permission is a protocol ("-1" is all), two numbers (ports, or ICMP type and code), networks, and others: peers
-- that are no addresses (groups, prefix lists), in words. Networks make one rule, each other one rule more.
--
-- Sources: Amazon EC2 API Reference, IpPermission, NetworkAclEntry.
-- @module portolan.grammar.aws

local permission = require "portolan.grammar.permission"
local reader = require "portolan.reader"

local protocols = reader.protocols

local aws = {}

local every_protocol = { ["-1"] = true, all = true }
local icmp = { icmp = true, icmpv6 = true }

-- AWS writes -1 for any type and any code.
local function icmp_match(protocol, first, last)
  local match = { protocols = { protocol } }
  if not first or first == -1 then return { match = match } end
  if not reader.number(first, 255) then return { match = match, also = ("%s type %d"):format(protocol, first) } end
  match.icmp_types = { { first, first } }
  return { match = match, also = last and last ~= -1 and ("%s code %d"):format(protocol, last) or nil }
end

local function port_match(protocol, first, last)
  local match = { protocols = { protocol } }
  if not first and not last or first == -1 then return { match = match } end
  local low, high = reader.number(first, 65535), reader.number(last, 65535)
  if not low or not high or low > high then
    return { match = match, also = ("ports %s to %s"):format(first or "nothing", last or "nothing") }
  end
  match.destination_ports = { { low, high } }
  return { match = match }
end

--- What a protocol and two numbers ask, as an alternative of portolan.permission.
-- @tparam ?string|number protocol a name, a number, "-1" or "all"
-- @tparam ?number first port, or ICMP type
-- @tparam ?number last port, or ICMP code
-- @treturn table
function aws.service(protocol, first, last)
  if every_protocol[tostring(protocol)] then return { match = {} } end
  local name = protocols.read(protocol or "")
  if not name then return { match = {}, also = "protocol " .. (protocol or "not said") } end
  if icmp[name] then return icmp_match(name, first, last) end
  if protocols.with_ports[name] then return port_match(name, first, last) end
  return { match = { protocols = { name } } }
end

--- Rules of a permission.
-- @tparam table asked `protocol`, `first`, `last`, `networks`, `others`
-- @tparam string field "source" of what comes in, "destination" of what goes out
-- @tparam table template the rest of each rule
-- @treturn[1] {table,...} rules
-- @return[2] nil
-- @treturn[2] string why there are none
function aws.rules(asked, field, template)
  local peers, strange = permission.networks(asked.networks, field)
  for _, text in ipairs(strange) do peers[#peers + 1] = { match = {}, also = field .. " " .. text } end
  for _, text in ipairs(asked.others) do peers[#peers + 1] = { match = {}, also = field .. " " .. text } end
  if #peers == 0 then return nil, "it names nobody: no network, group or prefix list" end
  return permission.rules({ peers, { aws.service(asked.protocol, asked.first, asked.last) } }, template)
end

--- The chain of one direction of a security group, as yet without rules: what it does not permit is dropped, and
-- replies pass unasked.
-- @tparam string group
-- @tparam string direction "ingress" or "egress"
-- @tparam table place
-- @treturn table chain
function aws.chain(group, direction, place)
  return {
    name = direction, table = group, family = "inet", hook = direction == "ingress" and "input" or "output",
    priority = 0, policy = "drop", stateful = true, place = place, rules = {},
  }
end

return aws
