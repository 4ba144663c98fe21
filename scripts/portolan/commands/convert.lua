--- portolan convert: a registry in another format.
-- @module portolan.commands.convert

local account = require "portolan.account"
local firewalld = require "portolan.writers.firewalld"
local nft_defines = require "portolan.writers.nft_defines"
local portolan = require "portolan"
local shell = require "portolan.shell"
local sqlite = require "portolan.writers.sqlite"

local convert = {
  name = "convert",
  summary = "Write a registry in another format.",
  example = "portolan convert service-names-port-numbers.xml --to csv -o ports.csv",
}

local formats = { "csv", "xml", "html", "text", "json", "services", "nft", "firewalld", "sql", "sqlite" }

function convert.options(parser)
  parser:argument("source", "What to read; the built-in registry if not given."):args "?":argname "SOURCE"
  parser:option("--to", "csv, xml, html and text as IANA has them; json; services (/etc/services); "
    .. "nft (variables); firewalld (a service, with --name); sql; sqlite (a database, with --output).")
    :choices(formats):count(1)
  account.options(parser)
  parser:option("--eol", "How a CSV record ends: crlf, as IANA has it, or lf."):choices { "crlf", "lf" }:default "crlf"
  parser:option("--era", "Which of IANA's CSVs: a (to 2018), b (to mid-2020), c (to early 2025), d.")
    :choices { "a", "b", "c", "d" }:default "d"
  parser:option("--name", "With firewalld: the service's name."):argname "NAME"
  parser:option("-o --output", "Where to write, instead of standard output."):argname "FILE"
end

local function all_records(registry)
  return registry:query {}
end

-- One maker a format that Lua writes; the others are the core's.
local makers = {
  nft = function(registry) return nft_defines.write(all_records(registry)) end,
  sql = sqlite.write,
  sqlite = sqlite.write,
  firewalld = function(registry, arguments)
    if not arguments.name then return nil, "a firewalld file is of one service; name it with --name" end
    local records = registry:named(arguments.name)
    if #records == 0 then return nil, ("nothing is registered as %s"):format(arguments.name) end
    return firewalld.write(records)
  end,
}

local function converted(registry, arguments)
  local make = makers[arguments.to]
  if make then return make(registry, arguments) end
  return registry:export(arguments.to, arguments.eol .. " era=" .. arguments.era:upper())
end

local function write(path, text)
  local file, message = io.open(path, "wb")
  if not file then return nil, message end
  local ok, trouble = file:write(text)
  ok = file:close() and ok
  if not ok then return nil, ("%s: %s"):format(path, trouble or "not all could be written") end
  return 0
end

-- The command makes the database beside its place; it is renamed when whole.
local function write_database(path, sql)
  if not path then return nil, "a database needs a place: --output FILE" end
  local script, beside = os.tmpname(), path .. ".new"
  local ok, message = write(script, sql)
  if not ok then return nil, message end
  os.remove(beside)
  local text, status = shell.run { "sqlite3", "-bail", beside, ".read '" .. script .. "'" }
  os.remove(script)
  if status == 127 then return nil, "the command sqlite3 is not there; install it, or take --to sql" end
  if status ~= 0 then return nil, ("%s: %s"):format(path, (text:match "^[^\n]*")) end
  if not os.rename(beside, path) then return nil, ("%s: cannot be written"):format(path) end
  return 0
end

function convert.run(arguments, terminal)
  local registry, message
  if arguments.source then
    registry, message = account.read(arguments, terminal)
  else
    registry, message = portolan.open()
  end
  if not registry then return nil, message end
  local text, trouble = converted(registry, arguments)
  if not text then return nil, trouble end
  if arguments.to == "sqlite" then return write_database(arguments.output, text) end
  if arguments.output then return write(arguments.output, text) end
  terminal.write(text)
  return 0
end

return convert
