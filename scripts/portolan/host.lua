--- The running host: what listens on it and what its firewalls say.
--
--    for _, part in ipairs(host.inspect()) do
--      if part.unknown then print(part.command, part.unknown) end     --> nft -j list ruleset   needs root
--    end
--
-- What could not be asked is unknown, and why; it is never the same as "none". Only to root is a tool that answers
-- with nothing one that has no rules, which is an empty ruleset.
-- @module portolan.host

local inventories = require "portolan.inventories"
local readers = require "portolan.readers"

local host = {}

local function read_ruleset(name, options)
  return function(text, source)
    if not text:find "%S" then return { dialect = name, source = source, chains = {}, unread = {} } end
    return readers.by_name(name).read(text, source, options)
  end
end

local function read_inventory(text, source)
  return inventories.by_name("ss").read(text, source)
end

--- What is asked: the command, the tool it needs, what its answer is and who reads it.
host.questions = {
  { command = "ss -Htulpn", tool = "ss", key = "inventory", read = read_inventory },
  { command = "nft -j list ruleset", tool = "nft", key = "ruleset", read = read_ruleset "nft-json" },
  { command = "iptables-save", tool = "iptables-save", key = "ruleset",
    read = read_ruleset("iptables-save", { family = "ip" }) },
  { command = "ip6tables-save", tool = "ip6tables-save", key = "ruleset",
    read = read_ruleset("iptables-save", { family = "ip6" }) },
}

-- LuaJIT's `close` does not tell a command's status, so the shell prints it at the end.
local function run(command)
  local pipe = assert(io.popen(("PATH=$PATH:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL; %s; printf '\\n%%d\\n' $?")
    :format(command)))
  local text = pipe:read "*a"
  pipe:close()
  local answer, status = text:match "^(.*)\n(%d+)\n$"
  return answer or "", tonumber(status)
end

local function complaint_of(ask, command)
  local said = ask(command .. " 2>&1 >/dev/null")
  local line = said:match "[^\r\n]+"
  return line and line:sub(1, 200)
end

local denials = { "[Pp]ermission denied", "not permitted", "must be root", "need to be root" }

local function is_denial(complaint)
  for _, denial in ipairs(denials) do
    if complaint:find(denial) then return true end
  end
  return false
end

local function why_not(ask, command)
  local complaint = complaint_of(ask, command)
  if not complaint then return "the command ended without an answer" end
  return is_denial(complaint) and "needs root: " .. complaint or complaint
end

local function has_tool(ask, tool)
  local _, status = ask("command -v " .. tool .. " >/dev/null 2>&1")
  return status == 0
end

-- Of sockets that ss shows to everybody, the processes are shown to their owner alone.
local function lacks_processes(inventory)
  for _, socket in ipairs(inventory.sockets) do
    if not socket.process then return true end
  end
  return false
end

-- Some tools show others an empty ruleset where root would see a full one.
local function is_hidden(ask, ruleset)
  return #ruleset.chains == 0 and not ask("id -u"):find "^0%s*$"
end

local function result_of(ask, question)
  if not has_tool(ask, question.tool) then return nil, question.tool .. " is not installed" end
  local text, status = ask(question.command .. " 2>/dev/null")
  if status ~= 0 then return nil, why_not(ask, question.command) end
  local result, message = question.read(text, question.command)
  if result and result.chains and is_hidden(ask, result) then return nil, "needs root: others are shown no rules" end
  return result, message
end

local hidden_processes = "the processes of some sockets are not shown to this user"

-- What an answer does not show: iptables-save warns where tables of its other kind are there as well.
local function missing_from(ask, question, result)
  if result.sockets then return lacks_processes(result) and hidden_processes or nil end
  return complaint_of(ask, question.command)
end

local function answer(ask, question)
  local result, unknown = result_of(ask, question)
  return {
    command = question.command, [question.key] = result, unknown = not result and unknown or nil,
    partly = result and missing_from(ask, question, result),
  }
end

--- Ask the host.
-- @tparam ?function ask `ask(command)` -> what the shell command prints, its status; by default it is run here
-- @treturn {table,...} for each question `command`, and `inventory` or `ruleset` (FORMS.md), or `unknown`, why
--   there is neither; `partly` says what an answer lacks
function host.inspect(ask)
  local parts = {}
  for i, question in ipairs(host.questions) do parts[i] = answer(ask or run, question) end
  return parts
end

return host
