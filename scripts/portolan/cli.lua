--- The command line: which command, what it printed, how it ended.
--
--    os.exit(cli.main(arg), true)
--
-- A command is a module in `commands/`, its file named with `_` for `-`: `name`, `summary`, `example`,
-- `options(parser)` which declares what it takes, and `run(arguments, terminal)`, which returns an exit status
-- (0 clean, 1 findings or nothing found) or `nil, message`, which is trouble (2). Nothing else prints or exits.
-- @module portolan.cli

local argparse = require "argparse"
local portolan = require "portolan"

local cli = {}

local names = { "lookup", "search", "query", "free", "translate", "info", "compile", "convert", "diff", "history",
  "update", "lint", "review", "audit", "test-policy", "trace", "compare", "run" }

-- True in Lua 5.4 and 0 in LuaJIT is a command that went well.
local function is_terminal(descriptor)
  local status = os.execute(("test -t %d"):format(descriptor))
  return status == true or status == 0
end

-- What a command may do to the outside: write, tell, and ask how the terminal is.
local function terminal()
  local started = os.time()
  local self = {}
  function self.write(text) io.stdout:write(text) end
  function self.tell(text) io.stderr:write("portolan: ", text, "\n") end
  function self.colour() return not os.getenv "NO_COLOR" and os.getenv "TERM" ~= "dumb" and is_terminal(1) end
  function self.progress(text)
    if os.time() - started > 1 and is_terminal(2) then io.stderr:write("portolan: ", text, "\n") end
  end
  return self
end

local function parser_for(commands)
  local parser = argparse("portolan", "Ask the IANA Service Name and Port Number Registry; judge firewall rules by it.")
    :epilog "Exit status: 0 clean, 1 findings or nothing found, 2 trouble."
  parser:flag("--version", "Show the version."):action(function()
    print("portolan " .. portolan._VERSION)
    os.exit(0)
  end)
  parser:require_command(true):command_target "command"
  for _, command in ipairs(commands) do
    local sub = parser:command(command.name, command.summary):epilog("Example:\n   " .. command.example)
    command.options(sub)
  end
  return parser
end

local function load_commands()
  local list, by_name = {}, {}
  for i, name in ipairs(names) do
    list[i] = require("portolan.commands." .. name:gsub("%-", "_"))
    by_name[name] = list[i]
  end
  return list, by_name
end

-- `run SCRIPT ...`: what follows the script is the script's own, options too.
local function split(argv)
  if argv[1] ~= "run" or not argv[2] or argv[2]:find "^%-" then return argv end
  local own, rest = { argv[1], argv[2] }, {}
  for i = 3, #argv do rest[#rest + 1] = argv[i] end
  return own, rest
end

local function run(argv, screen)
  local list, by_name = load_commands()
  local own, rest = split(argv)
  local parser = parser_for(list)
  local ok, arguments = parser:pparse(own)
  if not ok then return nil, ("%s; see 'portolan%s --help'"):format(arguments,
    by_name[argv[1]] and " " .. argv[1] or "") end
  arguments.rest = rest or {}
  return by_name[arguments.command].run(arguments, screen)
end

local function untraced(message)
  return type(message) == "string" and message or tostring(message)
end

--- Run a command line.
-- @tparam {string,...} argv the words after "portolan"
-- @treturn integer the exit status
function cli.main(argv)
  local screen = terminal()
  local ok, status, message = xpcall(run, function(raised)
    return os.getenv "PORTOLAN_TRACE" and debug.traceback(raised) or untraced(raised)
  end, argv, screen)
  io.stdout:flush()
  if not ok then status, message = nil, status end
  if status then return status end
  screen.tell(message)
  return 2
end

return cli
