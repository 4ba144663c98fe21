-- portolan update, against a server on this machine that does all that servers do.

local changes = require "portolan.changes"
local lfs = require "lfs"
local portolan = require "portolan"
local update = require "portolan.update"

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

local function read(path)
  local file = io.open(path, "rb")
  local bytes = file and file:read "*a"
  if file then file:close() end
  return bytes
end

local function xml(date, records)
  local parts = { ("<registry><title>T</title><updated>%s</updated>\n"):format(date) }
  for i = 1, records do
    parts[#parts + 1] = ("<record><name>s%d</name><protocol>tcp</protocol><number>%d</number></record>\n"):format(i, i)
  end
  parts[#parts + 1] = "</registry>\n"
  return table.concat(parts)
end

local function quoted(path)
  return "'" .. path:gsub("'", "'\\''") .. "'"
end

local function new_folder()
  local path = os.tmpname()
  os.remove(path)
  assert(lfs.mkdir(path))
  return path
end

local function remove_folder(path)
  os.execute("rm -rf " .. quoted(path))
end

describe("update from a file", function()
  local folder, output

  before_each(function()
    folder = new_folder()
    output = folder .. "/iana.ptl"
  end)

  after_each(function() remove_folder(folder) end)

  local function offer(bytes, options)
    local all = { source = folder .. "/new.xml", output = output, least_records = 10 }
    for name, value in pairs(options or {}) do all[name] = value end
    write(all.source, bytes)
    return update.run(all)
  end

  it("makes the snapshot where there is none", function()
    local result = assert(offer(xml("2026-01-01", 20)))
    assert.same({ state = "new", date = "2026-01-01", records = 20, events = {} }, result)
    assert.equal(20, assert(portolan.open(output)):count())
  end)

  it("replaces the snapshot, and tells what changed", function()
    assert(offer(xml("2026-01-01", 20)))
    local result = assert(offer(xml("2026-02-01", 21)))
    assert.equal("updated", result.state)
    assert.equal("2026-01-01", result.before)
    assert.equal("1 assigned", changes.summary(result.events))
    assert.equal(21, assert(portolan.open(output)):count())
  end)

  it("leaves all as it is where the same is there already", function()
    assert(offer(xml("2026-01-01", 20)))
    local before = read(output)
    assert.equal("current", assert(offer(xml("2026-01-01", 20))).state)
    assert.equal(before, read(output))
  end)

  local refusals = {
    { "what is older", xml("2025-12-31", 20), "of 2025-12-31, and the one here is of 2026-01-01" },
    { "what has lost more than 5 % of the records", xml("2026-02-01", 18), "18 records, and there are 20 now" },
    { "what has too few records to be IANA's", xml("2026-02-01", 9),
      "9 records, and IANA's registry has at least 10" },
    { "what bears no date", (xml("2026-02-01", 20):gsub("<updated>.-</updated>", "")), "it bears no date" },
  }
  for _, refusal in ipairs(refusals) do
    local what, bytes, why = refusal[1], refusal[2], refusal[3]
    it("refuses " .. what .. ", unless it is forced", function()
      assert(offer(xml("2026-01-01", 20)))
      local before = read(output)
      local result, message, detail = offer(bytes)
      assert.is_nil(result)
      assert.equal(folder .. "/new.xml: " .. why, message)
      assert.equal("refused", detail.code)
      assert.equal(before, read(output))
      assert.equal("updated", assert(offer(bytes, { force = true })).state)
    end)
  end

  it("takes what has lost 5 % of the records, no more", function()
    assert(offer(xml("2026-01-01", 20)))
    assert.equal(19, assert(offer(xml("2026-02-01", 19))).records)
  end)

  it("refuses what is damaged, with its place, forced or not", function()
    for _, bytes in ipairs { "", "<html>not the registry</p>", "no XML", (xml("2026-01-01", 20):sub(1, 500)) } do
      local result, message, detail = offer(bytes, { force = true })
      assert.is_nil(result)
      assert.matches("new%.xml:%d+:%d+: ", message)
      assert.equal("syntax", detail.code)
      assert.is_nil(lfs.attributes(output))
    end
  end)

  it("replaces a damaged snapshot only by force", function()
    write(output, "PORTOLAN, once")
    local result, message = offer(xml("2026-01-01", 20))
    assert.is_nil(result)
    assert.matches("iana%.ptl: not a snapshot", message)
    assert.equal("new", assert(offer(xml("2026-01-01", 20), { force = true })).state)
  end)

  it("says what is wrong with a source, and with an output", function()
    local result, message = update.run { source = folder .. "/none.xml", output = output }
    assert.is_nil(result)
    assert.equal(folder .. "/none.xml: No such file or directory", message)
    result, message = offer(xml("2026-01-01", 20), { output = folder .. "/none/iana.ptl" })
    assert.is_nil(result)
    assert.equal(folder .. "/none/iana.ptl: No such file or directory", message)
  end)

  it("asks nobody by plain http, ftp or the like", function()
    for _, url in ipairs { "http://192.0.2.1/a.xml", "http://127.0.0.1.example/a.xml", "ftp://192.0.2.1/a",
      "http://127.0.0.1@192.0.2.1/a.xml", "file:///etc/passwd", "https://192.0.2.1/\n" } do
      local result, message = update.run { source = url, output = output }
      assert.is_nil(result)
      assert.matches("only https, or http of this machine$", message)
    end
  end)

  it("tells how far it is", function()
    local stages = {}
    assert(offer(xml("2026-01-01", 20), { progress = function(stage) stages[#stages + 1] = stage end }))
    assert.same({ "fetching", "reading", "writing" }, stages)
  end)
end)

-- ---------------------------------------------------------------- server --

local configuration = [[
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
daemon on;
pid %s/pid;
error_log %s/error.log;
events {}
http {
  access_log off;
  client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;
  server {
    listen 127.0.0.1:%d;
    root %s;
    location /slow { content_by_lua_block { ngx.sleep(5) ngx.say "late" } }
    location /closed { content_by_lua_block { ngx.exit(444) } }
    location /broken { return 500; }
    location /cut { content_by_lua_block {
      ngx.header.content_length = 100000 ngx.print("<registry>") ngx.flush(true) ngx.exit(444) } }
    location /endless { content_by_lua_block { for _ = 1, 4096 do ngx.print(("x"):rep(4096)) end } }
    location /huge { content_by_lua_block {
      ngx.header.content_length = 1e9 ngx.print("<registry>") ngx.flush(true) ngx.exit(444) } }
    location /moved { return 302 /new.xml; }
    location /round { return 302 /round; }
    location /away { return 302 ftp://192.0.2.1/new.xml; }
  }
}
]]

local nginx = lfs.attributes "/usr/lib/nginx/modules/ngx_http_lua_module.so" and "/usr/sbin/nginx"

-- A port that was free a moment ago, by trying; nil without a server.
local function start(folder)
  for port = 18200 + os.time() % 400, 18700 do
    local places = {}
    for i = 1, 7 do places[i] = folder end
    write(folder .. "/nginx.conf", configuration:format(places[1], places[2], places[3], places[4], places[5],
      places[6], places[7], port, folder))
    local log = quoted(folder .. "/start.log")
    os.execute(("%s -p %s -c %s -e %s 2>%s"):format(nginx, quoted(folder), quoted(folder .. "/nginx.conf"),
      quoted(folder .. "/error.log"), log))
    if not read(folder .. "/start.log"):find "emerg" then return port end
  end
end

local function stop(folder)
  local pid = (read(folder .. "/pid") or ""):match "%d+"
  if pid then os.execute("kill " .. pid) end
end

describe("update from a server", function()
  if not nginx then return pending "skipped: no nginx with Lua" end

  local folder, output, server

  setup(function()
    folder = new_folder()
    os.execute("chmod 755 " .. quoted(folder))
    server = "http://127.0.0.1:" .. assert(start(folder), "no server")
  end)

  teardown(function()
    stop(folder)
    remove_folder(folder)
  end)

  before_each(function()
    output = folder .. "/iana.ptl"
    write(folder .. "/new.xml", xml("2026-01-01", 20))
  end)

  after_each(function()
    os.remove(output)
    os.remove(output .. ".fetched")
  end)

  local function fetch(path, options)
    local all = { source = server .. path, output = output, least_records = 10, timeout = 1, most_bytes = 1000000 }
    for name, value in pairs(options or {}) do all[name] = value end
    return update.run(all)
  end

  local function refused(path, options)
    local result, message, detail = fetch(path, options)
    assert.is_nil(result)
    assert.is_nil(lfs.attributes(output))
    assert.is_nil(lfs.attributes(output .. ".fetched"))
    return (message:gsub("^" .. (server .. path):gsub("%p", "%%%0"), "")), detail.code
  end

  it("fetches, and asks the next time only for what is new", function()
    assert.equal("new", assert(fetch "/new.xml").state)
    assert.matches("etag: ", read(output .. ".fetched"))
    local stages = {}
    local function progress(stage) stages[#stages + 1] = stage end
    assert.equal("current", assert(fetch("/new.xml", { progress = progress })).state)
    assert.same({ "fetching" }, stages)
    write(folder .. "/new.xml", xml("2026-02-01", 21))
    assert.equal("updated", assert(fetch "/new.xml").state)
  end)

  it("asks for all of it where the snapshot is gone, or came from elsewhere", function()
    assert(fetch "/new.xml")
    os.remove(output)
    assert.equal("new", assert(fetch "/new.xml").state)
    write(folder .. "/other.xml", xml("2026-03-01", 20))
    assert.equal("2026-03-01", assert(fetch "/other.xml").date)
  end)

  it("follows a redirect, but not in a circle, nor to another protocol", function()
    assert.equal(20, assert(fetch "/moved").records)
    os.remove(output)
    os.remove(output .. ".fetched")
    assert.equal(": leads from one place to the next without end", (refused "/round"))
    assert.equal(": leads to a protocol that is not allowed; only https is", (refused "/away"))
  end)

  it("says what the server answers", function()
    assert.equal(": the server answers 404", (refused "/none.xml"))
    assert.equal(": the server answers 500", (refused "/broken"))
    assert.equal(": the server closed the connection without an answer", (refused "/closed"))
  end)

  it("does not wait for ever", function()
    assert.equal(": not there within 1 seconds", (refused "/slow"))
  end)

  it("refuses what ended too soon, and what is too large, said or not", function()
    assert.equal(": ended before all of it was there", (refused "/cut"))
    assert.equal(": larger than 1000000 bytes", (refused "/huge"))
    assert.equal(": larger than 1000000 bytes", (refused "/endless"))
  end)

  it("refuses what is no XML", function()
    write(folder .. "/page.xml", "<html><p>Down for maintenance</html>")
    local message, code = refused "/page.xml"
    assert.matches("^:1:%d+: ", message)
    assert.equal("syntax", code)
  end)

  it("says so where nothing answers", function()
    local result, message, detail = update.run { source = "http://127.0.0.1:1/x", output = output }
    assert.is_nil(result)
    assert.equal("http://127.0.0.1:1/x: nothing answers there", message)
    assert.equal("io", detail.code)
  end)

  it("says so where there is no curl", function()
    assert.equal(": no command '/nonexistent/curl'", (refused("/new.xml", { curl = "/nonexistent/curl" })))
  end)

  it("gives nothing of a name to the shell", function()
    local trap = folder .. "/trap"
    local hostile = "/x';touch '" .. trap .. "';$(touch " .. trap .. ")`touch " .. trap .. "`\"|&{a,b}[1-3]"
    assert.is_nil((fetch(hostile)))
    assert.is_nil(lfs.attributes(trap))
    local strange = folder .. "/a'b $(touch trap) \"c\"\n-d.ptl"
    assert.equal("new", assert(fetch("/new.xml", { output = strange })).state)
    assert.is_nil(lfs.attributes(trap))
    assert.equal(20, assert(portolan.open(strange)):count())
  end)
end)
