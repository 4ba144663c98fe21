--- portolan run: the user's own script, with `portolan` at hand.
-- @module portolan.commands.run

require "portolan.dialects" -- gives registries `translate`
local portolan = require "portolan"

local run = {
  name = "run",
  summary = "Run a Lua script of your own, with 'portolan' at hand and the words after it in 'arg'.",
  example = "portolan run report.lua --since 2020",
}

function run.options(parser)
  parser:argument("script", "The script; the words that follow it are its own."):argname "SCRIPT"
end

local function loaded(path, env)
  if setfenv then -- LuaJIT
    local chunk, message = loadfile(path)
    return chunk and setfenv(chunk, env), message
  end
  return loadfile(path, "t", env)
end

function run.run(arguments)
  local script_arguments = { [0] = arguments.script }
  for i, word in ipairs(arguments.rest) do script_arguments[i] = word end
  local env = setmetatable({ portolan = portolan, arg = script_arguments }, { __index = _G })
  local chunk, message = loaded(arguments.script, env)
  if not chunk then return nil, message end
  local result = chunk((table.unpack or unpack)(arguments.rest))
  return type(result) == "number" and result or 0
end

return run
