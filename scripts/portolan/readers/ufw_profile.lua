--- The dialect of ufw's application profiles.
--
--    local dialect = require "portolan.readers.ufw_profile"
--    local ruleset = assert(dialect.read(text, "openssh-server"))
--
-- A profile, `[NAME]` with its `ports=80,443/tcp|53`, is a chain that nothing calls: what `ufw allow NAME` would
-- open. Ports without a protocol are of tcp and of udp.
--
-- Sources: ufw(8), APPLICATION INTEGRATION.
-- @module portolan.readers.ufw_profile

local reader = require "portolan.reader"

local ranges = reader.ranges

local dialect = { name = "ufw-profile", title = "ufw application profiles" }

local function unread(state, number, line, why)
  local list = state.ruleset.unread
  list[#list + 1] = { place = reader.place(state.source, number, 1), text = line, why = why }
end

local function begin_profile(state, number, _, name)
  state.chain = {
    name = name, table = "ufw", family = "inet", place = reader.place(state.source, number, 1, name), rules = {},
  }
  local chains = state.ruleset.chains
  chains[#chains + 1] = state.chain
end

-- "80,443" or "6881:6889" -> ranges
local function port_ranges(text)
  local list = {}
  for part in (text .. ","):gmatch "([^,]*)," do
    local first, last = part:match "^(%d+):(%d+)$"
    first, last = reader.number(first or part, 65535), reader.number(last or part, 65535)
    if not first or not last or first > last then return nil end
    list[#list + 1] = { first, last }
  end
  return ranges.union(list)
end

local transports = { tcp = { "tcp" }, udp = { "udp" }, any = { "tcp", "udp" } }

local function add_item(state, number, item)
  local ports, protocol = item:match "^([%d,:]+)/?(%a*)$"
  local list, names = ports and port_ranges(ports), transports[protocol == "" and "any" or protocol]
  if not (list and names) then return unread(state, number, item, "not ports as a profile has them") end
  table.insert(state.chain.rules, {
    place = reader.place(state.source, number, 1, state.chain.name), text = item, verdict = "accept", also = {},
    matches = { { protocols = names, destination_ports = list } },
  })
end

local function pass_over() end

local keys = {
  title = pass_over, description = pass_over, categories = pass_over, reload = pass_over,
  ports = function(state, number, value)
    for item in value:gmatch "[^|]+" do add_item(state, number, item:match "^%s*(.*%S)" or "") end
  end,
}

local function set_key(state, number, line, key, value)
  if not state.chain then return unread(state, number, line, "stands outside every profile") end
  if not keys[key] then return unread(state, number, line, "not a key of a profile") end
  keys[key](state, number, value)
end

-- What a line is, by how it begins; the first that fits.
local kinds = {
  { "^$", pass_over },
  { "^[#;]", pass_over },
  { "^%[(.+)%]$", begin_profile },
  { "^(%a+)%s*[=:]%s*(.*)$", set_key },
}

local function read_line(state, number, line)
  for _, kind in ipairs(kinds) do
    local first, second = line:match(kind[1])
    if first then return kind[2](state, number, line, first, second) end
  end
  unread(state, number, line, "not a line of a profile")
end

--- Whether a text looks like application profiles.
-- @tparam string text
-- @treturn boolean
function dialect.guess(text)
  return (text:find "^%s*%[[^%]\n]+%]" or text:find "\n%[[^%]\n]+%]") ~= nil and text:find "\nports%s*=" ~= nil
end

--- Read profiles.
-- @tparam string text
-- @tparam string source the name it goes by in places
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source)
  local state = { source = source, ruleset = { dialect = dialect.name, source = source, chains = {}, unread = {} } }
  for number, line in reader.lines(text) do read_line(state, number, line:match "^%s*(.*%S)" or "") end
  if #state.ruleset.chains == 0 then return reader.fail(source, 1, 1, "no profile ('[NAME]') of ufw") end
  return state.ruleset
end

return dialect
