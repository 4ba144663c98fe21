--- Fetch the registry that IANA publishes today, and take it if it is sound.
--
--    local result, message = update.run{ output = "/var/lib/portolan/iana.ptl" }
--    if result then print(result.state, result.date, changes.summary(result.events)) end
--
-- What is fetched replaces what is there in one step, and only if it is whole, not older, and not suddenly short;
-- otherwise all stays as it is. A server is asked for nothing that it has given already: what it said of the last
-- answer is kept beside the output, in OUTPUT.fetched.
-- @module portolan.update

local changes = require "portolan.changes"
local download = require "portolan.download"
local portolan = require "portolan"
local source = require "portolan.source"

local update = {}

--- Where IANA has it.
update.source = "https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xml"

--- Less than these is not IANA's registry, which has had more since 2019.
update.least_records = 14000

--- What may be lost from one date to the next, of the records there were.
update.most_lost = 0.05

-- ------------------------------------------------------------ fetching --

local function note_path(output)
  return output .. ".fetched"
end

-- What to ask a server for, given what it said the last time.
local function conditions(options)
  local said = source.bytes(note_path(options.output))
  if not said or said:match "^([^\n]*)\n" ~= options.source then return {} end
  local headers = {}
  local tag, date = said:match "\netag: ([^\n]+)", said:match "\nlast%-modified: ([^\n]+)"
  if tag then headers[1] = "If-None-Match: " .. tag end
  if date then headers[#headers + 1] = "If-Modified-Since: " .. date end
  return headers
end

-- A lost note costs one more download, so that it cannot be written is no fault.
local function keep_note(options, answer)
  if answer.status ~= "200" then return end
  local file = io.open(note_path(options.output), "wb")
  if not file then return end
  file:write(options.source, "\n")
  for _, name in ipairs { "etag", "last-modified" } do
    if answer[name] then file:write(name, ": ", answer[name], "\n") end
  end
  file:close()
end

local function fetch(options, now)
  if download.is_url(options.source) then
    return download.get(options.source, { headers = now and conditions(options), curl = options.curl,
      connect_timeout = options.connect_timeout, timeout = options.timeout, most_bytes = options.most_bytes })
  end
  local body, message, detail = source.bytes(options.source)
  if not body then return nil, message, detail end
  return { body = body }
end

-- ------------------------------------------------------------- judging --

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- The registry that is there now; nil and no message when none is, or a damaged one is to be replaced by force.
local function current(options)
  if not exists(options.output) then return nil end
  local registry, message, detail = portolan.open(options.output)
  if registry or not options.force then return registry, message, detail end
  return nil
end

-- Why a registry is not to be taken, or nil.
local function objection(fresh, now, options)
  local date, count = fresh:info().date, fresh:count()
  if not date then return "it bears no date" end
  if count < options.least_records then
    return ("%d records, and IANA's registry has at least %d"):format(count, options.least_records)
  end
  if not now then return nil end
  if count < now:count() * (1 - update.most_lost) then
    return ("%d records, and there are %d now"):format(count, now:count())
  end
  local before = now:info().date
  if before and date < before then return ("of %s, and the one here is of %s"):format(date, before) end
end

local function result_of(state, registry, now, events)
  return { state = state, date = registry:info().date, records = registry:count(), events = events,
    before = now and now:info().date }
end

local function take(fresh, now, options)
  local why = not options.force and objection(fresh, now, options)
  if why then
    return nil, options.source .. ": " .. why, { code = "refused", source = options.source }
  end
  local events, message, detail = {}, nil, nil
  if now then events, message, detail = portolan.diff(now, fresh) end
  if not events then return nil, message, detail end
  options.progress("writing", now and changes.summary(events) or ("%d records"):format(fresh:count()))
  local ok
  ok, message, detail = fresh:write(options.output)
  if not ok then return nil, message, detail end
  return result_of(now and "updated" or "new", fresh, now, events)
end

local function judge(answer, now, options)
  if answer.status == "304" and now then return result_of("current", now, now, {}) end
  options.progress("reading", ("%d bytes"):format(#answer.body))
  local fresh, message, detail = portolan.read { text = answer.body, source = options.source, format = "xml" }
  if not fresh then return nil, message, detail end
  if now and now:info().digest == fresh:info().digest then
    fresh:close()
    return result_of("current", now, now, {})
  end
  local result
  result, message, detail = take(fresh, now, options)
  fresh:close()
  return result, message, detail
end

local function silent() end

local function with_defaults(options)
  local all = { source = update.source, least_records = update.least_records, progress = silent }
  for name, value in pairs(options) do all[name] = value end
  return all
end

--- Fetch, judge, take.
-- @tparam table options `output`, the snapshot's path; optional `source`, a URL or the path of an XML (IANA's URL);
--   `force`, true: take it though it is short, older, or what is there is damaged; `progress(stage, text)`, told of
--   "fetching", "reading" and "writing"; `least_records`; and `curl`, `connect_timeout`, `timeout`, `most_bytes` as
--   of portolan.download
-- @treturn[1] table `state` ("new", "updated", "current": it is what is there already), `date`, `records`,
--   `events` (portolan.diff; empty for "new"), `before`, the date of what was there
-- @return[2] nil, message, detail; `detail.code` is "refused" for what `force` would take
function update.run(options)
  options = with_defaults(options)
  local now, message, detail = current(options)
  if message then return nil, message, detail end
  options.progress("fetching", options.source)
  local answer, result
  answer, message, detail = fetch(options, now)
  if answer then result, message, detail = judge(answer, now, options) end
  if now then now:close() end
  if not result then return nil, message, detail end
  keep_note(options, answer)
  return result
end

return update
