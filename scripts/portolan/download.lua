--- Download a document by curl, over HTTPS; plain http only of this machine.
--
--    local answer, message = download.get(url, { headers = { "If-None-Match: " .. tag } })
--    if answer and answer.status == "200" then print(#answer.body, answer.etag) end
-- @module portolan.download

local shell = require "portolan.shell"
local source = require "portolan.source"

local download = {}

local defaults = { curl = "curl", connect_timeout = 10, timeout = 120, most_bytes = 32 * 1024 * 1024, headers = {} }

local function fault(url, code, message)
  return nil, url .. ": " .. message, { code = code, source = url }
end

--- Is it a URL, not a path?
-- @tparam string text
-- @treturn boolean
function download.is_url(text)
  return text:find "^%w[%w+.-]*://" ~= nil
end

local function is_loopback(host)
  return host == "localhost" or host == "[::1]" or host:find "^127%.%d+%.%d+%.%d+$" ~= nil
end

-- The protocols that curl may use for a URL; nil when it may use none.
local function protocols_of(url)
  local scheme, authority = url:match "^([%w+.-]+)://([^/?#%c]*)"
  if scheme:lower() == "https" then return "=https" end
  local host = authority:gsub("^.*@", ""):gsub(":%d*$", "")
  if scheme:lower() == "http" and is_loopback(host) then return "=http,https" end
end

local function arguments_of(url, protocols, files, options)
  local list = { options.curl, "--disable", "--silent", "--show-error", "--fail", "--globoff", "--location",
    "--max-redirs", "3", "--proto", protocols, "--proto-redir", protocols,
    "--connect-timeout", ("%d"):format(options.connect_timeout), "--max-time", ("%d"):format(options.timeout),
    "--max-filesize", ("%d"):format(options.most_bytes), "--user-agent", "portolan",
    "--dump-header", files.head, "--output", files.body, "--url", url }
  for _, header in ipairs(options.headers) do
    list[#list + 1] = "--header"
    list[#list + 1] = header
  end
  return list
end

-- curl heeds its size limit only where the server says the size; the shell's
-- limit, in blocks of 512 bytes, stops it wherever it is.
local function limits_of(options)
  return ("ulimit -c 0; ulimit -f %d"):format(math.ceil(options.most_bytes / 512) + 1)
end

local NOT_OK, TOO_LATE, TOO_LARGE, NO_COMMAND = 22, 28, 63, 127

-- The other statuses of curl that a user meets; `man curl`, "EXIT CODES".
local statuses = {
  [1] = "leads to a protocol that is not allowed; only https is",
  [3] = "not a URL",
  [5] = "the proxy's name is unknown",
  [6] = "no such host",
  [7] = "nothing answers there",
  [18] = "ended before all of it was there",
  [23] = "the answer cannot be stored; is the disk full?",
  [35] = "no secure connection could be made",
  [47] = "leads from one place to the next without end",
  [52] = "the server closed the connection without an answer",
  [56] = "the connection broke",
  [60] = "the server's certificate is not to be trusted",
}

local function complaint(status, said, answer, options)
  if status == NO_COMMAND then return ("no command '%s'"):format(options.curl) end
  if status == NOT_OK then return "the server answers " .. (answer.status or "with an error") end
  if status == TOO_LATE then return ("not there within %d seconds"):format(options.timeout) end
  return statuses[status] or ("curl ended with %d: %s"):format(status, said:match "[^\r\n]+" or "no reason given")
end

-- Of the last answer, after redirects: its status and what it says of its content.
local function answer_of(head, body)
  local answer = {}
  for line in head:gmatch "[^\r\n]+" do
    local status = line:match "^HTTP/%S+%s+(%d+)"
    local name, value = line:match "^([%w-]+):%s*(.-)%s*$"
    if status then answer = { status = status } end
    if name then answer[name:lower()] = value end
  end
  answer.body = body
  return answer
end

local function with_defaults(options)
  local all = {}
  for name, value in pairs(defaults) do all[name] = value end
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

local function take(path)
  local bytes = source.bytes(path)
  os.remove(path)
  return bytes or ""
end

--- Get a document.
-- @tparam string url https, or http of this machine
-- @tparam ?table options `headers`, a list; `curl`, the command; `connect_timeout` and `timeout`, whole seconds;
--   `most_bytes`
-- @treturn[1] table `status`, "200" or another that is no error, such as "304"; `body`; and the answer's headers, by
--   their names in lower case
-- @return[2] nil, message, detail; `detail.code` is "limit" for what is too large
function download.get(url, options)
  options = with_defaults(options)
  local protocols = not url:find "%c" and protocols_of(url)
  if not protocols then return fault(url, "io", "only https, or http of this machine") end
  local files = { head = os.tmpname(), body = os.tmpname() }
  local said, status = shell.run(arguments_of(url, protocols, files, options), limits_of(options))
  local answer = answer_of(take(files.head), take(files.body))
  if status == TOO_LARGE or #answer.body > options.most_bytes then
    return fault(url, "limit", ("larger than %d bytes"):format(options.most_bytes))
  end
  if status ~= 0 then return fault(url, "io", complaint(status, said, answer, options)) end
  return answer
end

return download
