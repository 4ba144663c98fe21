-- What became of records between two registries, and the patch that makes one of the other.

local lfs = require "lfs"
local portolan = require "portolan"

local header = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,"
  .. "Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes\n"

local function registry(rows)
  return assert(portolan.read { text = header .. rows, source = "rows.csv" })
end

local function diff(before, after)
  local events = assert(portolan.diff(registry(before), registry(after)))
  return events
end

local function told(events)
  local list = {}
  for i, event in ipairs(events) do
    list[i] = ("%s %s %s"):format(event.kind, event.port or "-", event.name or "-")
  end
  return list
end

-- Rows with all twelve columns, from those that matter here.
local function row(name, port, transport, t)
  t = t or {}
  return table.concat({ name, port, transport, t.description or "", t.assignee or "", t.contact or "",
    t.registered or "", t.modified or "", t.reference or "", t.code or "", t.unauthorized or "",
    t.note or "" }, ",") .. "\n"
end

local function nameless(port, transport, description)
  return row("", port, transport or "", { description = description or "Unassigned" })
end

describe("a diff", function()
  it("of a registry with itself is empty", function()
    local rows = row("http", "80", "tcp") .. nameless "81-99"
    assert.same({}, diff(rows, rows))
  end)

  it("is not moved by the order of records", function()
    assert.same({}, diff(row("a", "1", "tcp") .. row("b", "2", "tcp"), row("b", "2", "tcp") .. row("a", "1", "tcp")))
  end)

  it("tells what was assigned and what was de-assigned, with the records", function()
    local events = diff(row("old", "7", "tcp"), row("new", "9", "udp"))
    assert.same({ "de-assigned 7/tcp old", "assigned 9/udp new" }, told(events))
    assert.equal("old", events[1].before.name)
    assert.is_nil(events[1].after)
    assert.is_nil(events[2].before)
    assert.equal(9, events[2].after.first)
    assert.same({}, events[2].fields)
  end)

  it("tells what took the place of a service that went, and what a new one took", function()
    local gone = diff(row("old", "7", "tcp"), nameless("7", "tcp", "Reserved"))
    assert.same({ "de-assigned 7/tcp -" }, told(gone))
    assert.equal("reserved", gone[1].after.status)
    local come = diff(nameless "7", row("new", "7", "tcp"))
    assert.same({ "assigned 7/tcp new" }, told(come))
    assert.equal("unassigned", come[1].before.status)
  end)

  it("takes another service on the same port for another service", function()
    assert.same({ "de-assigned 7/tcp old", "assigned 7/tcp new" },
      told(diff(row("old", "7", "tcp", { contact = "[A]", description = "One" }),
        row("new", "7", "tcp", { contact = "[B]", description = "Two" }))))
  end)

  it("takes another name of the same people or the same description for a new name", function()
    local by_contact = diff(row("old", "7", "tcp", { contact = "[A]" }), row("new", "7", "tcp", { contact = "[A]" }))
    assert.same({ "renamed 7/tcp new" }, told(by_contact))
    assert.same({ name = { before = "old", after = "new" } }, by_contact[1].fields)
    assert.same({ "renamed 7/tcp new" }, told(diff(row("old", "7", "tcp", { description = "Echo" }),
      row("new", "7", "tcp", { description = "Echo", contact = "[B]" }))))
  end)

  it("tells a service that moved", function()
    local events = diff(row("a", "7", "tcp"), row("a", "9", "tcp"))
    assert.same({ "moved 9/tcp a" }, told(events))
    assert.same({ port = { before = "7", after = "9" } }, events[1].fields)
    assert.same({ "moved 7/udp a" }, told(diff(row("a", "7", "tcp"), row("a", "7", "udp"))))
    assert.same({ "moved 9/tcp a" }, told(diff(row("a", "", "tcp"), row("a", "9", "tcp"))))
  end)

  it("names the change that matters most, and all fields that changed", function()
    local events = diff(row("a", "7", "tcp", { assignee = "[A]", contact = "[A]" }),
      row("a", "7", "tcp", { assignee = "[B]", contact = "[B]", modified = "2026-01-01" }))
    assert.same({ "owner changed 7/tcp a" }, told(events))
    assert.same({ assignee = { before = "[A]", after = "[B]" }, contact = { before = "[A]", after = "[B]" },
      modified = { after = "2026-01-01" } }, events[1].fields)
  end)

  for _, case in ipairs { { "contact", "contact" }, { "reference", "reference" }, { "service code", "code" },
    { "unauthorized", "unauthorized" }, { "description", "description" }, { "note", "note" },
    { "date", "modified" } } do
    local what, field = case[1], case[2]
    it(("tells when the %s changed"):format(what), function()
      assert.same({ what .. " changed 7/tcp a" },
        told(diff(row("a", "7", "tcp"), row("a", "7", "tcp", { [field] = "7" }))))
    end)
  end

  it("takes [RFC6335] and [RFC 6335] for one reference, and no others", function()
    local function with(reference) return row("a", "7", "tcp", { reference = reference }) end
    assert.same({}, diff(with "[RFC6335][RFC9110]", with "[RFC 6335][RFC9110]"))
    assert.same({ "reference changed 7/tcp a" }, told(diff(with "[RFC6335]", with "[RFC6336]")))
    assert.same({ "reference changed 7/tcp a" }, told(diff(with "[RFC6335]", with "[RFC6335][RFC9110]")))
    assert.same({ "reference changed 7/tcp a" }, told(diff(with "RFC6335", with "[RFC6335]")))
    assert.same({ "reference changed 7/tcp a" }, told(diff(with "[6335]", with "[RFC6335]")))
    assert.same({ "reference changed 7/tcp a" }, told(diff(with "[RFC]", with "[RFC ]")))
  end)

  it("tells each part of a range that was split", function()
    local events = diff(nameless "10-20", nameless "10-14" .. row("a", "15", "tcp") .. nameless "16-20")
    assert.same({ "range split 10-14 -", "assigned 15/tcp a", "range split 16-20 -" }, told(events))
    assert.equal(20, events[1].before.last)
    assert.same({ port = { before = "10-20", after = "10-14" } }, events[1].fields)
  end)

  it("tells each range that was joined to another", function()
    local events = diff(nameless "10-14" .. nameless "16-20", nameless "10-20")
    assert.same({ "range joined 10-20 -", "range joined 10-20 -" }, told(events))
    assert.same({ 10, 16 }, { events[1].before.first, events[2].before.first })
  end)

  it("tells a range that got other edges", function()
    assert.same({ "range resized 11-20 -" }, told(diff(nameless "10-20", nameless "11-20")))
    assert.same({ "range resized 6000-6060/tcp x11" }, told(diff(row("x11", "6000-6063", "tcp"),
      row("x11", "6000-6060", "tcp"))))
  end)

  it("tells ports that were not assigned and still are not, by what became of them", function()
    assert.same({ "status changed 7/tcp -" },
      told(diff(nameless("7", "tcp"), nameless("7", "tcp", "Reserved"))))
    assert.same({ "removed 7/tcp -", "added 9/tcp -" },
      told(diff(nameless("7", "tcp", "Reserved"), nameless("9", "tcp", "Reserved"))))
  end)

  it("pairs records of one name and number in their order", function()
    local function twice(a, b)
      return row("a", "7", "tcp", { note = a }) .. row("a", "7", "tcp", { note = b })
    end
    local events = diff(twice("x", "y"), twice("y", "z"))
    assert.same({ "note changed 7/tcp a" }, told(events))
    assert.same({ note = { before = "x", after = "z" } }, events[1].fields)
  end)

  it("comes by port, what has none last", function()
    assert.same({ "assigned 1/udp c", "assigned 9/tcp b", "assigned - a" },
      told(diff("", row("a", "", "tcp") .. row("b", "9", "tcp") .. row("c", "1", "udp"))))
  end)

  it("comes to an end where all ranges lie over each other", function()
    local before, after = {}, {}
    for i = 1, 3000 do
      before[i] = nameless(("%d-60000"):format(i))
      after[i] = nameless(("%d-60001"):format(i))
    end
    assert.is_true(#diff(table.concat(before), table.concat(after)) >= 3000)
  end)

  it("needs neither registry once it is made", function()
    local a, b = registry(row("a", "7", "tcp")), registry(row("a", "9", "tcp"))
    local events, patch = portolan.diff(a, b)
    b:close()
    assert.equal("a", events[1].after.name)
    assert.equal(9, assert(patch:apply(a)):named "a"[1].first)
  end)

  it("raises for what is no registry, or a closed one", function()
    local a = registry ""
    assert.has_error(function() portolan.diff(a, {}) end, "bad argument #2 to 'diff' (Registry expected, got table)")
    a:close()
    assert.has_error(function() portolan.diff(a, a) end, "the registry is closed")
  end)
end)

describe("a diff and its patch, whatever the registries", function()
  local state = 1

  local function dice(n)
    state = state * 16807 % 2147483647
    return state % n + 1
  end

  local function pick(list) return list[dice(#list)] end

  local function any_row()
    local first = dice(9)
    return row(pick { "", "a", "b", "A" }, pick { "", ("%d"):format(first), ("%d-%d"):format(first, first + dice(4)) },
      pick { "", "tcp", "udp" }, { description = pick { "", "Unassigned", "Reserved", "x" },
        contact = pick { "", "[P]", "[Q]" }, reference = pick { "", "[RFC1]", "[RFC 1]", "[RFC2]" } })
  end

  local function any_registry()
    local rows = {}
    for i = 1, dice(12) - 1 do rows[i] = any_row() end
    return registry(table.concat(rows))
  end

  -- Each record without an event, by its texts: how often it is there.
  local function untold(r, events, side, counts, step)
    local told_ids = {}
    for _, event in ipairs(events) do
      if event[side] then told_ids[event[side].id] = true end
    end
    for record in r:records() do
      local key = ("%s %s %s %s %s %s %s"):format(record.name, record.first, record.last, record.transport,
        record.description, record.contact, (record.reference or ""):gsub("RFC ", "RFC"))
      if not told_ids[record.id] then counts[key] = (counts[key] or 0) + step end
    end
  end

  it("leave no record untold that is not the same in both", function()
    for _ = 1, 150 do
      local a, b = any_registry(), any_registry()
      local events, patch = portolan.diff(a, b)
      local counts = {}
      untold(a, events, "before", counts, 1)
      untold(b, events, "after", counts, -1)
      for key, count in pairs(counts) do assert(count == 0, key) end
      assert.equal(b:export "csv", assert(patch:apply(a)):export "csv")
    end
  end)
end)

describe("a patch", function()
  local xml = [[<?xml version='1.0'?>
<registry><title>T</title><updated>%s</updated>
<record><name>a</name><protocol>tcp</protocol><number>%d</number></record>
<record><name>b</name><xref type="person" data="P"/></record>
<people><person id="P"><name>%s</name></person></people></registry>
]]

  local function read(...)
    return assert(portolan.read { text = xml:format(...), source = "x.xml" })
  end

  it("makes the second registry of the first: records, people, header", function()
    local a, b = read("2026-01-01", 7, "Ann"), read("2026-02-02", 9, "Bob")
    local _, patch = portolan.diff(a, b)
    local made = assert(patch:apply(a))
    assert.equal(b:export "xml", made:export "xml")
    assert.equal(b:export "csv", made:export "csv")
    assert.same(b:info(), made:info())
    assert.same(b:people(), made:people())
  end)

  it("keeps the order of records", function()
    local one, two = row("a", "1", "tcp"), row("b", "2", "tcp")
    local a, b = registry(one .. two), registry(two .. one)
    local _, patch = portolan.diff(a, b)
    assert.equal(b:export "csv", assert(patch:apply(a)):export "csv")
  end)

  it("goes from nothing and to nothing", function()
    local none, one = registry "", registry(row("a", "1", "tcp"))
    local _, there = portolan.diff(none, one)
    local _, back = portolan.diff(one, none)
    assert.equal(one:export "csv", assert(there:apply(none)):export "csv")
    assert.equal(0, assert(back:apply(one)):count())
  end)

  it("fits a registry that was read apart from the first, and no other", function()
    local _, patch = portolan.diff(registry(row("a", "1", "tcp")), registry(row("a", "2", "tcp")))
    assert.is_truthy(patch:apply(registry(row("a", "1", "tcp"))))
    local made, message, detail = patch:apply(registry(row("a", "3", "tcp")))
    assert.is_nil(made)
    assert.equal("not the registry that this diff begins with", message)
    assert.equal("format", detail.code)
  end)

  local folder = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/registry/xml/"
  local promise = lfs.attributes(folder) and it or function(text) pending(text .. ": skipped: no corpus") end

  promise("makes every registry of the corpus of every other, byte for byte", function()
    local list = {}
    for name in lfs.dir(folder) do
      if name:find "%.xml$" then list[#list + 1] = assert(portolan.open(folder .. name)) end
    end
    assert.is_true(#list > 1)
    for _, b in ipairs(list) do
      local csv, markup = b:export "csv", b:export "xml"
      for _, a in ipairs(list) do
        local _, patch = portolan.diff(a, b)
        local made = assert(patch:apply(a))
        assert.is_true(made:export "csv" == csv and made:export "xml" == markup)
        made:close()
      end
      collectgarbage()
    end
  end)
end)
