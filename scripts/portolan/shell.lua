--- Run a command, and get what it prints and its status.
--
--    local text, status = shell.run { "curl", "--url", url }
--
-- Each argument reaches the command as it is: the shell reads none of it.
-- @module portolan.shell

local shell = {}

-- Within single quotes nothing has a meaning to a POSIX shell but the quote itself.
local function quoted(argument)
  return "'" .. argument:gsub("'", "'\\''") .. "'"
end

local CANNOT_RUN = 127 -- as a shell says it

--- Run a command.
-- @tparam {string,...} arguments the command and its arguments; none has a NUL
-- @tparam ?string before shell commands to run first, such as "ulimit -c 0"
-- @treturn string what it printed, its errors among it
-- @treturn integer its status; 127 where there is no such command
function shell.run(arguments, before)
  local words = {}
  for i, argument in ipairs(arguments) do words[i] = quoted(argument) end
  -- LuaJIT's `close` does not tell a command's status, so the shell prints it at the end.
  local pipe = assert(io.popen(("%s; LC_ALL=C %s 2>&1; printf '\\n%%d\\n' $?")
    :format(before or ":", table.concat(words, " "))))
  local text = pipe:read "*a"
  pipe:close()
  local printed, status = text:match "^(.*)\n(%d+)\n$"
  return printed or text, tonumber(status) or CANNOT_RUN
end

return shell
