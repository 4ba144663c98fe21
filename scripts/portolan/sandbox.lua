--- Lua that nobody trusts, run where it can reach nothing and not go on for ever.
--
--    sandbox.run{ source = "local n = ... return { twice = n * 2 }", name = "mine", input = 21 }    --> { twice = 42 }
--
-- The chunk runs in a process of its own, bindings/sandbox/sandbox.c, in a Lua state with no io, os, package, debug or
-- bytecode. A host's own state cannot do it: LuaJIT's compiled code calls no hook, and no hook ends a pattern that
-- backtracks. Data goes in as a Lua literal and comes out as JSON, so neither side holds a pointer into the other.
-- @module portolan.sandbox

local json = require "portolan.json"
local shell = require "portolan.shell"
local unicode = require "portolan.unicode"

local sandbox = {}

--- The limits where none is given: bytes, instructions of Lua's machine, seconds of the processor.
sandbox.limits = { memory = 64 * 1024 * 1024, instructions = 100000000, seconds = 5 }

local TOO_LONG, KILLED, NO_PROGRAM = 3, 137, 127

local function folder()
  return (package.searchpath("portolan.sandbox", package.path) or ""):match "^(.*)portolan/sandbox%.lua$" or ""
end

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text = file:read "*a"
  file:close()
  return text
end

local literal

local function of_table(value)
  local parts = {}
  for key, item in pairs(value) do parts[#parts + 1] = ("[%s]=%s"):format(literal(key), literal(item)) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function of_number(value)
  return value % 1 == 0 and math.abs(value) < 2 ^ 53 and ("%d"):format(value) or ("%.17g"):format(value)
end

local literals = {
  string = function(value) return ("%q"):format(value) end, number = of_number, boolean = tostring,
  ["nil"] = tostring, table = of_table,
}

function literal(value)
  return (literals[type(value)] or error("the sandbox takes data, and no " .. type(value), 0))(value)
end

local function chunk_of(options)
  local around = assert(read_file(folder() .. "portolan/sandboxed.lua"))
  return ("return (function(...) %s\nend)(%q, %q, %s)"):format(around, options.source, options.name,
    literal(options.input))
end

local function put(bytes)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

local function reason(status, text, limits)
  if status == TOO_LONG then return ("ran more than %d instructions"):format(limits.instructions) end
  if status == KILLED then return ("took more than %d seconds"):format(limits.seconds) end
  if status == NO_PROGRAM then return "the program portolan-sandbox is not there; run 'make all'" end
  if text == "not enough memory" then return ("needed more than %d bytes of memory"):format(limits.memory) end
  return unicode.printable(text:sub(1, 300))
end

local function program()
  return folder() .. "../portolan-sandbox"
end

--- Run a chunk.
-- @tparam table options `source` (Lua 5.4, as text), `name` (for messages), `input` (data, what the chunk is called
--   with), and limits instead of `sandbox.limits`: `memory`, `instructions`, `seconds`
-- @treturn[1] table what the chunk returned, as data
-- @return[2] nil
-- @treturn[2] string why it has no result, on one line
function sandbox.run(options)
  local limits = {}
  for name, default in pairs(sandbox.limits) do limits[name] = ("%d"):format(options[name] or default) end
  local path = put(chunk_of(options))
  local text, status = shell.run({ program(), limits.memory, limits.instructions, limits.seconds },
    "exec 2>/dev/null <" .. path)
  os.remove(path)
  if status ~= 0 then return nil, reason(status, text, limits) end
  return json.read(text, options.name)
end

return sandbox
