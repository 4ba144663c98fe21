--- portolan translate: a port's name in another vendor's words.
-- @module portolan.commands.translate

local dialects = require "portolan.dialects"
local json = require "portolan.json"
local source = require "portolan.source"
local span = require "portolan.span"

local translate = {
  name = "translate",
  summary = "A port's name from one vendor's dialect in another's, or in IANA's.",
  example = "portolan translate www --from cisco-ios --to iana",
}

function translate.options(parser)
  parser:argument("name", "The name to translate."):argname "NAME"
  parser:option("--from", "The dialect it is of: iana, " .. table.concat(dialects.list, ", ") .. "."):default "iana"
  parser:option("--to", "The dialect wanted."):default "iana"
  parser:option("-f --format", "text or json."):choices { "text", "json" }:default "text"
  source.option(parser)
end

local order = { "name", "layer", "first", "last", "transport", "from" }

local function lines(answers)
  local list = {}
  for i, answer in ipairs(answers) do
    list[i] = ("%-22s %-22s %s\n"):format(span.text(answer.first, answer.last, answer.transport), answer.name or "-",
      answer.layer)
  end
  return table.concat(list)
end

local function known(dialect)
  if dialect == "iana" then return true end
  for _, name in ipairs(dialects.list) do
    if name == dialect then return true end
  end
  return false
end

function translate.run(arguments, terminal)
  for _, dialect in ipairs { arguments.from, arguments.to } do
    if not known(dialect) then
      return nil, ("no dialect is called '%s'; there are: iana, %s"):format(dialect, table.concat(dialects.list, ", "))
    end
  end
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local answers, trouble = dialects.translate(arguments.name, arguments.from, arguments.to, registry)
  if not answers then return nil, trouble end
  terminal.write(arguments.format == "json"
    and json.encode(json.list(answers), { order = order, indent = "  " }) .. "\n" or lines(answers))
  return #answers > 0 and 0 or 1
end

return translate
