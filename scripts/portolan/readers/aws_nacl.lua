--- The dialect of AWS network ACLs: `aws ec2 describe-network-acls`.
--
--    local dialect = require "portolan.readers.aws_nacl"
--    local ruleset = assert(dialect.read(text, "acls.json"))
--
-- An ACL is a table of two chains, ingress and egress, whose entries stand in the order of their numbers; the first
-- that fits decides, and what none fits is denied. An ACL keeps no state: replies need an entry of their own.
--
-- Sources: Amazon EC2 API Reference, NetworkAcl, NetworkAclEntry.
-- @module portolan.readers.aws_nacl

local aws = require "portolan.grammar.aws"
local json = require "portolan.json"
local reader = require "portolan.reader"

local dialect = { name = "aws-nacl", title = "AWS network ACLs (aws ec2 describe-network-acls)" }

local function unread(state, object, why, where)
  local list = state.ruleset.unread
  list[#list + 1] = { place = reader.place(state.source, nil, nil, where), text = json.show(object), why = why }
end

local verdicts = { allow = "accept", deny = "drop" }

local function asked_by(object)
  local ports, types = json.object(object.PortRange), json.object(object.IcmpTypeCode)
  return {
    protocol = json.word(object.Protocol), others = {},
    networks = { json.text(object.CidrBlock) or json.text(object.Ipv6CidrBlock) },
    first = json.whole(ports.From) or json.whole(types.Type), last = json.whole(ports.To) or json.whole(types.Code),
  }
end

local fields = { ingress = "source", egress = "destination" }

local function add_entry(state, chain, entry)
  local object, where = entry.object, ("%s[%d]"):format(chain.place.where, entry.number)
  local verdict = verdicts[object.RuleAction]
  if not verdict then return unread(state, object, "neither allow nor deny", where) end
  local rules, why = aws.rules(asked_by(object), fields[chain.name], {
    verdict = verdict, place = reader.place(state.source, nil, nil, where), text = json.show(object),
  })
  if not rules then return unread(state, object, why, where) end
  for _, rule in ipairs(rules) do chain.rules[#chain.rules + 1] = rule end
end

local function by_number(a, b)
  if a.number ~= b.number then return a.number < b.number end
  return a.position < b.position
end

-- Entries of one direction, sorted.
local function entries_of(state, acl, entries, is_egress)
  local chosen = {}
  for position, object in ipairs(entries) do
    object = json.object(object)
    local number = json.whole(object.RuleNumber)
    if not number then
      if not is_egress then unread(state, object, "an entry without number", acl) end
    elseif (object.Egress == true) == is_egress then
      chosen[#chosen + 1] = { number = number, position = position, object = object }
    end
  end
  table.sort(chosen, by_number)
  return chosen
end

local function take_direction(state, acl, entries, direction)
  local chain = aws.chain(acl, direction, reader.place(state.source, nil, nil, acl .. "/" .. direction))
  chain.stateful = nil
  for _, entry in ipairs(entries_of(state, acl, entries, direction == "egress")) do add_entry(state, chain, entry) end
  local chains = state.ruleset.chains
  chains[#chains + 1] = chain
end

local function take_acl(state, object)
  object = json.object(object)
  local acl, entries = json.text(object.NetworkAclId), object.Entries
  if not acl or type(entries) ~= "table" then return unread(state, object, "not a network ACL with its entries") end
  take_direction(state, acl, entries, "ingress")
  take_direction(state, acl, entries, "egress")
end

local function acls_of(document)
  for _, holder in ipairs { document, json.object(document.data) } do
    if type(holder.NetworkAcls) == "table" then return holder.NetworkAcls end
  end
  if json.object(document[1]).NetworkAclId then return document end
  if document.Entries and document.NetworkAclId then return { document } end
end

--- Whether a text looks like AWS's network ACLs.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return text:find "^%s*[{%[]" ~= nil and text:find '"NetworkAclId"%s*:' ~= nil and text:find '"Entries"%s*:' ~= nil
end

--- Read network ACLs.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source)
  local document, message, detail = json.read(text, source)
  if document == nil then return nil, message, detail end
  local list = acls_of(json.object(document))
  if not list then return reader.fail(source, 1, 1, "no 'NetworkAcls' list of AWS") end
  local state = { source = source, ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} } }
  for _, object in ipairs(list) do take_acl(state, object) end
  return state.ruleset
end

return dialect
