--- Whose fault it is: the caller's is raised, the world's is returned.
--
--    fault.argument(type(name) == "string", 1, "named", "string", name)
--    return fault.checked(path, driver.open(path))
-- @module portolan.fault

local fault = {}

local codes = { [-1] = "memory", [-2] = "io", [-3] = "syntax", [-4] = "format", [-5] = "limit" }

local function position(n)
  if n and n > 0 then return n end
end

--- What a driver's call gave, as the world's fault when it is one.
-- @tparam ?string source what was read or written
-- @param value and what else the call gave
-- @return[1] value
-- @return[2] nil, message, detail
function fault.checked(source, value, message, code, line, column)
  if value ~= nil then return value end
  return nil, message, { code = codes[code], source = source, line = position(line),
    column = position(column) }
end

--- Raise when an argument is not what it should be.
-- @param ok
-- @tparam integer n which argument
-- @tparam string name of the public function
-- @tparam string expected
-- @param got the argument
-- @tparam[opt=3] integer level 3 where the public function itself calls this
function fault.argument(ok, n, name, expected, got, level)
  if ok then return end
  local seen = type(got)
  if seen == "number" or seen == "string" then seen = tostring(got) end
  error(("bad argument #%d to '%s' (%s expected, got %s)"):format(n, name, expected, seen),
    level or 3)
end

--- Is it a port, 0 to 65535?
-- @param port
-- @treturn boolean
function fault.is_port(port)
  return type(port) == "number" and port >= 0 and port <= 65535 and port % 1 == 0
end

return fault
