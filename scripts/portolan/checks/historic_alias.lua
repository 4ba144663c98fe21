--- Rules that name a service by a name that IANA keeps only for history.

local rules = require "portolan.rule"
local span = require "portolan.span"

local check = { name = "historic-alias" }

check.codes = {
  ["historic-alias"] = {
    severity = "note",
    message = "'{alias}' is an old name of {name}, at {ports}",
    rationale = "An alias is kept so that old configurations are read; not every system knows it.",
    remedy = "Write the service's name, or its number.",
    references = { "RFC6335 section 10.1" },
  },
}

-- RFC 6335 left aliases of names that it no longer allows; the registry marks other duplicates in words.
local function name_behind(record)
  return record.alias_of or record.note and record.note:match '[Dd]uplicate of the "([^"]+)" service'
end

local function aliases_of(registry)
  local aliases = {}
  for _, record in ipairs(registry:query { has = "note" }) do
    local name = record.name and record.first and name_behind(record)
    local list = name and (aliases[record.name:lower()] or {})
    if name then
      aliases[record.name:lower()] = list
      list[#list + 1] = { name = name, record = record }
    end
  end
  return aliases
end

local function alias_at(list, ports)
  for _, alias in ipairs(list) do
    if (span.of_records { alias.record } * ports):count() > 0 then return alias end
  end
end

-- These have their own words for ports, which are not IANA's.
local has_own_names = { cisco = true, ["cisco-asa"] = true, juniper = true, pf = true }

local function report_alias(context, chain, rule, aliases)
  for word in rule.text:gmatch "%a[%w_+*/.%-]*" do
    local list = aliases[word:lower()]
    local ports = list and rules.ports(rule)
    local alias = list and alias_at(list, ports)
    if alias then
      return context:report("historic-alias", {
        rule = rule, chain = chain, alias = word, name = alias.name, records = { alias.record },
        ports = span.of_records { alias.record } * ports,
      })
    end
  end
end

function check.run(context)
  if has_own_names[context.ruleset.dialect] then return end
  local aliases = aliases_of(context.registry)
  for chain, rule in context.ruleset:rules() do
    if rule.text then report_alias(context, chain, rule, aliases) end
  end
end

return check
