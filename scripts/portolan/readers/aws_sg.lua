--- The dialect of AWS security groups: `aws ec2 describe-security-groups` and `describe-security-group-rules`.
--
--    local dialect = require "portolan.readers.aws_sg"
--    local ruleset = assert(dialect.read(text, "groups.json"))
--
-- A group is a table of two chains, ingress and egress, each with policy drop and stateful; a permission is a
-- rule. Groups and prefix lists as peers are no addresses: they stand in `also`. The list of groups is taken bare,
-- as AWS answers it, or from a recorded answer's `data`. JSON has no lines: places are group, direction, number.
--
-- Sources: Amazon EC2 API Reference, SecurityGroup, IpPermission, SecurityGroupRule.
-- @module portolan.readers.aws_sg

local aws = require "portolan.grammar.aws"
local json = require "portolan.json"
local reader = require "portolan.reader"

local dialect = { name = "aws-sg", title = "AWS security groups (aws ec2 describe-security-groups)" }

local function unread(state, object, why, where)
  local list = state.ruleset.unread
  list[#list + 1] = { place = reader.place(state.source, nil, nil, where), text = json.show(object), why = why }
end

local function chain_of(state, group, direction)
  local key = direction .. " " .. group
  local chain = state.chains[key]
  if chain then return chain end
  chain = aws.chain(group, direction, reader.place(state.source, nil, nil, group .. "/" .. direction))
  local chains = state.ruleset.chains
  chains[#chains + 1], state.chains[key] = chain, chain
  return chain
end

local fields = { ingress = "source", egress = "destination" }

local function add_rules(state, group, direction, asked, number)
  local chain = chain_of(state, group, direction)
  local where = ("%s[%d]"):format(chain.place.where, number)
  local rules, why = aws.rules(asked, fields[direction], {
    verdict = "accept", place = reader.place(state.source, nil, nil, where), text = json.show(asked.object),
    comment = asked.comment,
  })
  if not rules then return unread(state, asked.object, why, where) end
  for _, rule in ipairs(rules) do chain.rules[#chain.rules + 1] = rule end
end

-- Groups with their permissions -------------------------------------------------------------------------------

local function add_comment(comments, text)
  if not text or text == "" or comments[text] then return end
  comments[text] = true
  comments[#comments + 1] = text
end

local function group_words(pair)
  local name = json.text(pair.GroupId) or json.text(pair.GroupName) or "without id"
  local owner = json.text(pair.PeeringStatus) and json.text(pair.UserId)
  return "group " .. name .. (owner and " of account " .. owner or "")
end

-- List of peers -> where its entries go, and how each is written there.
local peers = {
  { "IpRanges", "networks", function(entry) return json.text(entry.CidrIp) end },
  { "Ipv6Ranges", "networks", function(entry) return json.text(entry.CidrIpv6) end },
  { "UserIdGroupPairs", "others", group_words },
  { "PrefixListIds", "others", function(entry) return "prefix list " .. (json.text(entry.PrefixListId) or "?") end },
}

local function asked_by(object)
  local asked = {
    object = object, protocol = json.word(object.IpProtocol), first = json.whole(object.FromPort),
    last = json.whole(object.ToPort), networks = {}, others = {},
  }
  local comments = {}
  for _, kind in ipairs(peers) do
    local list = asked[kind[2]]
    for _, entry in ipairs(json.object(object[kind[1]])) do
      list[#list + 1] = kind[3](json.object(entry)) or json.show(entry)
      add_comment(comments, json.text(json.object(entry).Description))
    end
  end
  asked.comment = comments[1] and table.concat(comments, "; ")
  return asked
end

local function take_permissions(state, group, direction, list)
  if type(list) ~= "table" then return end
  chain_of(state, group, direction)
  for number, object in ipairs(list) do
    add_rules(state, group, direction, asked_by(json.object(object)), number)
  end
end

local function take_group(state, object)
  object = json.object(object)
  local group = json.text(object.GroupId) or json.text(object.GroupName)
  if not (group and (object.IpPermissions or object.IpPermissionsEgress)) then
    return unread(state, object, "not a security group with its permissions")
  end
  take_permissions(state, group, "ingress", object.IpPermissions)
  take_permissions(state, group, "egress", object.IpPermissionsEgress)
end

-- Rules one by one --------------------------------------------------------------------------------------------

local function peer_of(object)
  local network = json.text(object.CidrIpv4) or json.text(object.CidrIpv6)
  local group, list = json.object(object.ReferencedGroupInfo), json.text(object.PrefixListId)
  local others = {}
  if group.GroupId then others[1] = group_words(group) end
  if list then others[#others + 1] = "prefix list " .. list end
  return { network }, others
end

local function take_rule(state, object, number)
  object = json.object(object)
  local group = json.text(object.GroupId)
  if not group then return unread(state, object, "a rule without its group") end
  local networks, others = peer_of(object)
  add_rules(state, group, object.IsEgress == true and "egress" or "ingress", {
    object = object, protocol = json.word(object.IpProtocol), first = json.whole(object.FromPort),
    last = json.whole(object.ToPort), networks = networks, others = others, comment = json.text(object.Description),
  }, number)
end

-- Documents ---------------------------------------------------------------------------------------------------

local takers = { SecurityGroups = take_group, SecurityGroupRules = take_rule }

-- The list that a document holds, and what takes one of it.
local function content(document)
  for _, holder in ipairs { document, json.object(document.data) } do
    for _, key in ipairs { "SecurityGroups", "SecurityGroupRules" } do
      if type(holder[key]) == "table" then return holder[key], takers[key] end
    end
  end
  if document.IpPermissions then return { document }, take_group end
  local first = json.object(document[1])
  if first.IpPermissions then return document, take_group end
  if first.SecurityGroupRuleId then return document, take_rule end
end

--- Whether a text looks like AWS's security groups.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return text:find "^%s*[{%[]" ~= nil
    and (text:find '"IpPermissions"%s*:' ~= nil or text:find '"SecurityGroupRuleId"%s*:' ~= nil)
end

--- Read security groups.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source)
  local document, message, detail = json.read(text, source)
  if document == nil then return nil, message, detail end
  local list, take = content(json.object(document))
  if not list then return reader.fail(source, 1, 1, "no 'SecurityGroups' or 'SecurityGroupRules' list of AWS") end
  local state = {
    source = source, chains = {}, ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} },
  }
  for number, object in ipairs(list) do take(state, object, number) end
  return state.ruleset
end

return dialect
