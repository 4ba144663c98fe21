-- A registry at many dates, in one file.

local lfs = require "lfs"
local portolan = require "portolan"

local header = "Service Name,Port Number,Transport Protocol,Description,Contact\n"

local function registry(rows, date)
  return (assert(portolan.read { text = header .. rows, source = "rows.csv", meta = { date = date } }))
end

local function temporary()
  local path = os.tmpname()
  os.remove(path)
  return path
end

local function bytes_of(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

describe("a history", function()
  local path, history

  before_each(function()
    path = temporary()
    history = assert(portolan.history(path, { create = true }))
  end)

  after_each(function()
    history:close()
    os.remove(path)
  end)

  local function add(rows, date)
    return assert(history:add(registry(rows), date))
  end

  local function names_at(when)
    local names = {}
    for record in assert(history:at(when)):records() do names[#names + 1] = record.name end
    return names
  end

  it("gives the registry of a date, and of the days until the next one", function()
    add("a,1,tcp,,\n", "2026-01-01")
    add("a,1,tcp,,\nb,2,tcp,,\n", "2026-02-01")
    assert.same({ "a" }, names_at "2026-01-01")
    assert.same({ "a" }, names_at "2026-01-31")
    assert.same({ "a", "b" }, names_at "2026-02-01")
    assert.same({ "a", "b" }, names_at "2030-12-31")
    assert.same({ "a" }, names_at(1))
  end)

  it("gives a registry that answers as the one that was added", function()
    local one = registry("http,80,tcp,Web,[A]\n,81-90,,Unassigned,\nx,100-200,udp,,\n", "2026-01-01")
    assert.is_true(history:add(one))
    local made = assert(history:at "2026-01-01")
    assert.equal("http", made:name(80, "tcp"))
    assert.equal("unassigned", made:status(85, "sctp"))
    assert.same(one:lookup(150, "udp"), made:lookup(150, "udp"))
    assert.same(one:info(), made:info())
    assert.equal(one:export "csv", made:export "csv")
  end)

  it("keeps the order of records, and records that come back", function()
    add("a,1,tcp,,\nb,2,tcp,,\n", "2026-01-01")
    add("b,2,tcp,,\na,1,tcp,,\n", "2026-01-02")
    add("a,1,tcp,,\n", "2026-01-03")
    add("a,1,tcp,,\nb,2,tcp,,\nb,2,tcp,,\n", "2026-01-04")
    assert.same({ "a", "b" }, names_at "2026-01-01")
    assert.same({ "b", "a" }, names_at "2026-01-02")
    assert.same({ "a" }, names_at "2026-01-03")
    assert.same({ "a", "b", "b" }, names_at "2026-01-04")
  end)

  it("puts an edition at its place by date", function()
    add("c,3,tcp,,\n", "2026-03-03")
    add("a,1,tcp,,\n", "2026-01-01")
    add("b,2,tcp,,\n", "2026-02-02")
    assert.same({ "b" }, names_at "2026-02-28")
    assert.same({ "c" }, names_at "2026-03-03")
    assert.same({ "2026-01-01", "2026-02-02", "2026-03-03" },
      { history:log()[1].date, history:log()[2].date, history:log()[3].date })
  end)

  it("keeps two registries of one date, in the order in which they came", function()
    add("a,1,tcp,,\n", "2026-01-01")
    add("b,2,tcp,,\n", "2026-01-01")
    assert.equal(2, #history:log())
    assert.same({ "b" }, names_at "2026-01-01")
    assert.same({ "a" }, names_at(1))
  end)

  it("does not add what is there already", function()
    add("a,1,tcp,,\n", "2026-01-01")
    add("b,2,tcp,,\n", "2026-01-01")
    assert.is_false(history:add(registry "a,1,tcp,,\n", "2026-01-01"))
    assert.equal(2, #history:log())
    assert.is_true(history:add(registry "a,1,tcp,,\n", "2026-01-02"))
  end)

  it("adds to what others have added meanwhile", function()
    add("a,1,tcp,,\n", "2026-01-01")
    local other = assert(portolan.history(path))
    assert.is_true(other:add(registry "b,2,tcp,,\n", "2026-01-02"))
    add("c,3,tcp,,\n", "2026-01-03")
    assert.equal(3, #history:log())
    assert.equal(2, #other:log())
    other:close()
  end)

  it("logs each date with what came and went", function()
    add("a,1,tcp,,\nb,2,tcp,,\n", "2026-01-01")
    add("a,1,tcp,changed,\nb,2,tcp,,\nc,3,tcp,,\n", "2026-01-02")
    assert.same({ { date = "2026-01-01", records = 2, added = 2, removed = 0 },
      { date = "2026-01-02", records = 3, added = 2, removed = 1 } }, history:log())
  end)

  it("tells the life of a port", function()
    add(",10-20,,Unassigned,\n", "2026-01-01")
    add(",10-14,,Unassigned,\na,15,tcp,,[A]\n,16-20,,Unassigned,\n", "2026-01-02")
    add(",10-14,,Unassigned,\na,15,tcp,,[A]\n,16-20,,Unassigned,\nz,99,tcp,,\n", "2026-01-03")
    add(",10-14,,Unassigned,\na,15,tcp,,[B]\n,16-20,,Unassigned,\n", "2026-01-04")
    add(",10-14,,Unassigned,\n,16-20,,Unassigned,\na,30,tcp,,[B]\n", "2026-01-05")
    local life = {}
    for _, event in ipairs(assert(history:of(15, "tcp"))) do life[#life + 1] = event.date .. " " .. event.kind end
    assert.same({ "2026-01-01 added", "2026-01-02 range split", "2026-01-02 assigned", "2026-01-02 range split",
      "2026-01-04 contact changed", "2026-01-05 moved" }, life)
    assert.same({}, history:of(500, "udp"))
  end)

  it("is the same after it is opened anew", function()
    add("a,1,tcp,,\n", "2026-01-01")
    add("b,2,tcp,,\n", "2026-01-02")
    local log = history:log()
    history:close()
    history = assert(portolan.history(path))
    assert.same(log, history:log())
    assert.same({ "a" }, names_at "2026-01-01")
  end)

  it("holds more editions than it tells by one another", function()
    for i = 0, 66 do
      add(("a,%d,tcp,,\nb,7,tcp,,\n"):format(i + 100), ("2026-%02d-%02d"):format(math.floor(i / 28) + 1, i % 28 + 1))
    end
    for _, i in ipairs { 0, 1, 63, 64, 65, 66 } do
      assert.equal(i + 100, assert(history:at(i + 1)):named "a"[1].first)
    end
    assert.same({ added = 1, removed = 1, records = 2, date = "2026-03-09" }, history:log()[65])
  end)

  it("says where it begins to who asks for a day before", function()
    add("a,1,tcp,,\n", "2026-01-01")
    local made, message, detail = history:at "2025-12-31"
    assert.is_nil(made)
    assert.equal(path .. ": begins on 2026-01-01, after 2025-12-31", message)
    assert.equal("absent", detail.code)
  end)

  it("says so when it has no edition yet", function()
    assert.same({}, history:log())
    assert.same({}, history:of(1, "tcp"))
    assert.equal(path .. ": no edition yet", select(2, history:at "2026-01-01"))
    assert.is_nil(lfs.attributes(path))
  end)

  it("refuses a date that is none", function()
    for _, date in ipairs { "2026-1-1", "2026-13-01", "2026-01-32", "yesterday", "" } do
      local added, message, detail = history:add(registry "", date)
      assert.is_nil(added)
      assert.equal(("a date is written 2026-08-17, not '%s'"):format(date), message)
      assert.equal("syntax", detail.code)
    end
    local _, message = history:at "2026-1-1"
    assert.equal(path .. ": a date is written 2026-08-17, not '2026-1-1'", message)
    _, message = history:add(registry "")
    assert.equal(path .. ": the registry has no date; give one", message)
  end)

  it("says what is wrong with a path", function()
    local made, message, detail = portolan.history(path)
    assert.is_nil(made)
    assert.equal(path .. ": No such file or directory", message)
    assert.equal("io", detail.code)
    made, message = portolan.history("/dev", { create = true })
    assert.is_nil(made)
    assert.equal("/dev: Is a directory", message)
  end)

  it("leaves the file as it was when it cannot be written", function()
    local nowhere = assert(portolan.history("/nonexistent/history", { create = true }))
    local added, _, detail = nowhere:add(registry "", "2026-01-01")
    assert.is_nil(added)
    assert.equal("io", detail.code)
    assert.same({}, nowhere:log())
  end)

  it("refuses a file that is none, that is damaged, or that is cut short", function()
    write(path, "PORTOLAN" .. ("\0"):rep(1000))
    assert.equal(path .. ": not a history; make one with 'portolan history add'", select(2, portolan.history(path)))
    os.remove(path)
    add("a,1,tcp,,\n", "2026-01-01")
    local bytes = bytes_of(path)
    for _, at in ipairs { 30, 200, #bytes - 1 } do
      local other = bytes:byte(at + 1) == 1 and "\2" or "\1"
      write(path, bytes:sub(1, at) .. other .. bytes:sub(at + 2))
      assert.equal(path .. ": a history, but damaged", select(2, portolan.history(path)))
      write(path, bytes:sub(1, at))
      assert.is_nil((portolan.history(path)))
    end
  end)

  it("raises after close, and for what is no date, port or registry", function()
    assert.has_error(function() history:at {} end,
      "bad argument #1 to 'at' (date or place in the log expected, got table)")
    assert.has_error(function() history:at(1) end,
      "bad argument #1 to 'at' (date or place in the log expected, got 1)")
    assert.has_error(function() history:of(70000, "tcp") end, "bad argument #1 to 'of' (port expected, got 70000)")
    assert.has_error(function() history:add({}, "2026-01-01") end,
      "bad argument #1 to 'add' (Registry expected, got table)")
    history:close()
    history:close()
    assert.has_error(function() history:log() end, "the history is closed")
  end)

  local folder = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/registry/xml/"
  local promise = lfs.attributes(folder) and it or function(text) pending(text .. ": skipped: no corpus") end

  promise("holds the corpus at 3 % of a snapshot for a next date, and gives each XML back", function()
    local dates = { "2025-01-14", "2025-02-13", "2025-10-29", "2025-10-30" }
    local sizes = {}
    for i, date in ipairs(dates) do
      assert.is_true(history:add(assert(portolan.open(folder .. date .. ".xml"))))
      sizes[i] = lfs.attributes(path, "size")
    end
    assert.is_true((sizes[2] - sizes[1]) / sizes[1] < 0.03)
    assert.is_true((sizes[4] - sizes[3]) / sizes[1] < 0.03)
    for _, date in ipairs(dates) do
      assert.is_true(assert(history:at(date)):export "xml" == bytes_of(folder .. date .. ".xml"))
    end
  end)
end)
