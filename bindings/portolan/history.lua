--- A registry at many dates, in one file.
--
--    local history = assert(portolan.history("iana.history", { create = true }))
--    assert(history:add(portolan.open "2025-10-30.xml"))
--    local registry = history:at "2025-12-24"           -- as it was on that day
--    for _, event in ipairs(history:of(443, "tcp")) do print(event.date, event.kind) end
--
-- An **edition** is the registry from one date on. A date is no key: two
-- registries can bear one, and both are kept, in the order in which they came.
-- @module portolan.history

local diff = require "portolan.diff"
local driver = require "portolan.driver"
local fault = require "portolan.fault"

local argument, checked = fault.argument, fault.checked

local histories = {}

local transports = { tcp = 0, udp = 1, sctp = 2, dccp = 3 }

--- A history, opened.
-- @type History
local History = {}
History.__index = History

local function check_open(self, level)
  if self.closed then error("the history is closed", (level or 2) + 1) end
end

--- The editions, oldest first; `at` takes a place in this list.
-- @treturn {{date=,records=,added=,removed=},...} counts of records; a changed
--   one is both added and removed
function History:log()
  check_open(self)
  local list, editions = self.handle and driver.history_editions(self.handle) or {}, {}
  for i = 1, #list, 4 do
    editions[#editions + 1] = { date = list[i], records = list[i + 1], added = list[i + 2],
      removed = list[i + 3] }
  end
  return editions
end

local function missing(self, code, message)
  message = self.path .. ": " .. message
  return nil, message, { code = code, source = self.path }
end

-- The place of the last edition that is not after a date.
local function place_of(self, date)
  local editions = self:log()
  if not date:find "^%d%d%d%d%-%d%d%-%d%d$" then
    return missing(self, "syntax", ("a date is written 2026-08-17, not '%s'"):format(date))
  end
  for i = #editions, 1, -1 do
    if editions[i].date <= date then return i end
  end
  if #editions == 0 then return missing(self, "absent", "no edition yet") end
  return missing(self, "absent", ("begins on %s, after %s"):format(editions[1].date, date))
end

local function is_place(self, n)
  return type(n) == "number" and n % 1 == 0 and n >= 1 and n <= #self:log()
end

--- The registry as it was on a date.
-- @tparam string|integer when "YYYY-MM-DD": the last edition that is not after
--   it; or a place in `log`, from 1
-- @treturn[1] Registry
-- @return[2] nil, message, detail; `detail.code` is "absent" before the first
function History:at(when)
  check_open(self)
  argument(type(when) == "string" or is_place(self, when), 1, "at", "date or place in the log", when)
  local place, message, detail = when, nil, nil
  if type(when) == "string" then place, message, detail = place_of(self, when) end
  if not place then return nil, message, detail end
  return self.registries.wrap(self.path, driver.history_at(self.handle, place - 1))
end

local function covers(record, port, transport)
  return record and record.first and record.first <= port and port <= record.last
    and (record.transport == nil or record.transport == transport)
end

-- The driver's handle of an edition, from 0; before the first, of an empty registry.
local function edition_handle(self, edition)
  if edition < 0 then return checked(self.path, driver.freeze(driver.builder())) end
  return checked(self.path, driver.history_at(self.handle, edition))
end

local function events_of(self, edition)
  local before, message, detail = edition_handle(self, edition - 1)
  if not before then return nil, message, detail end
  local after
  after, message, detail = edition_handle(self, edition)
  if not after then return nil, message, detail end
  local events
  events, message, detail = diff.between(before, after, self.registries)
  driver.close(before)
  driver.close(after)
  if not events then return nil, message, detail end
  return events
end

local function add_events(life, events, date, port, transport)
  for _, event in ipairs(events) do
    if covers(event.before, port, transport) or covers(event.after, port, transport) then
      event.date = date
      life[#life + 1] = event
    end
  end
end

--- The life of a port: what became of its records.
-- @tparam integer port 0 to 65535
-- @tparam string transport "tcp", "udp", "sctp" or "dccp"
-- @treturn[1] {event,...} as of `portolan.diff`, oldest first, each with the
--   `date` of its edition; those of the first edition are as if nothing was before
-- @return[2] nil, message, detail
function History:of(port, transport)
  check_open(self)
  argument(fault.is_port(port), 1, "of", "port", port)
  argument(transports[transport], 2, "of", "transport", transport)
  if not self.handle then return {} end
  local editions, message, detail =
    checked(self.path, driver.history_of(self.handle, transports[transport], port))
  if not editions then return nil, message, detail end
  local life, log = {}, self:log()
  for _, edition in ipairs(editions) do
    local events
    events, message, detail = events_of(self, edition)
    if not events then return nil, message, detail end
    add_events(life, events, log[edition + 1].date, port, transport)
  end
  return life
end

local NO_SUCH_FILE = 2 -- ENOENT, on every system that this is for

local function is_absent(path)
  local file, _, code = io.open(path, "rb")
  if file then file:close() end
  return not file and code == NO_SUCH_FILE
end

-- Others may have added since this history was opened.
local function refresh(self)
  if is_absent(self.path) then return true end
  local handle, message, detail = checked(self.path, driver.history_open(self.path))
  if not handle then return nil, message, detail end
  if self.handle then driver.history_close(self.handle) end
  self.handle = handle
  return true
end

local function date_of(handle)
  for _, pair in ipairs(driver.meta(handle)) do
    if pair[1] == "date" then return pair[2] end
  end
end

--- Add an edition to the file as it is now: beside it, synced, then renamed. It
-- goes to its place by date, after those of the same date.
-- @tparam Registry registry
-- @tparam[opt] string date "YYYY-MM-DD"; the registry's own when absent
-- @treturn[1] boolean true, or false: that date has the same records and people
-- @return[2] nil, message, detail
function History:add(registry, date)
  check_open(self)
  local handle = self.registries.handle(registry, 1, "add")
  argument(date == nil or type(date) == "string", 2, "add", "date", date)
  date = date or date_of(handle)
  if not date then return missing(self, "absent", "the registry has no date; give one") end
  local fresh, added, message, detail
  fresh, message, detail = refresh(self)
  if not fresh then return nil, message, detail end
  added, message, detail = checked(self.path, driver.history_add(self.handle, handle, date))
  if not added then return added, message, detail end
  local ok
  ok, message, detail = checked(self.path, driver.history_write(added, self.path))
  if not ok then return nil, message, detail end
  if self.handle then driver.history_close(self.handle) end
  self.handle = added
  return true
end

--- Let go of the memory. Closing again does nothing; using it after raises.
function History:close()
  if self.handle then driver.history_close(self.handle) end
  self.handle, self.closed = nil, true
end

History.__close = History.close

function History:__tostring()
  if self.closed then return "history (closed)" end
  return ("history (%d editions)"):format(#self:log())
end

--- Open a history.
-- @tparam string path
-- @tparam[opt] table options `create`: without the file, the history is empty, and the first `add` makes it
-- @tparam table registries `wrap(source, ...)` and `handle(registry, n, name)`
-- @treturn[1] History
-- @return[2] nil, message, detail
function histories.open(path, options, registries)
  local history = setmetatable({ path = path, registries = registries }, History)
  if options.create and is_absent(path) then return history end
  local message, detail
  history.handle, message, detail = checked(path, driver.history_open(path))
  if not history.handle then return nil, message, detail end
  return history
end

return histories
