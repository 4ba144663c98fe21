-- What became of a registry, told to people and to programs.

local changes = require "portolan.changes"
local json = require "portolan.json"
local portolan = require "portolan"

local header = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Reference\n"

local function registry(rows)
  return (assert(portolan.read { text = header .. rows, source = "rows.csv" }))
end

local function diff(before, after)
  local events = assert(portolan.diff(registry(before), registry(after)))
  return events
end

local function only_line(before, after)
  local events = diff(before, after)
  assert.equal(1, #events)
  return changes.line(events[1])
end

describe("a line of change", function()
  it("tells what came by who has it", function()
    assert.equal("443/tcp https: [A]; Web", only_line("", "https,443,tcp,Web,[A],[B],\n"))
    assert.equal("mqtt: [B]; Broker", only_line("", "mqtt,,,Broker,,[B],\n"))
    assert.equal("10-20 Unassigned", only_line("", ",10-20,,Unassigned,,,\n"))
  end)

  it("tells what went by its own name, and what stands there now", function()
    assert.equal("7/tcp old: [A]", only_line("old,7,tcp,,[A],,\n", ""))
    assert.equal("7/tcp old, now Reserved: [A]; Echo", only_line("old,7,tcp,Echo,[A],,\n", ",7,tcp,Reserved,,,\n"))
  end)

  it("tells each field that changed, in IANA's order", function()
    assert.equal("443/tcp https: description Web -> World Wide Web; contact [A] -> [B]; reference - -> [RFC9110]",
      only_line("https,443,tcp,Web,[X],[A],\n", "https,443,tcp,World Wide Web,[X],[B],[RFC9110]\n"))
  end)

  it("shows long texts where they part, in whole characters", function()
    local long = ("ä"):rep(60)
    assert.equal("7/tcp a: description ..." .. ("ä"):rep(10) .. "x -> ..." .. ("ä"):rep(10) .. "y",
      only_line("a,7,tcp," .. long .. "x,,,\n", "a,7,tcp," .. long .. "y,,,\n"))
    assert.equal("7/tcp a: " .. ("ä"):rep(30) .. "...", only_line("", "a,7,tcp," .. long .. ",,,\n"))
  end)

  it("is one line, whatever the texts hold", function()
    assert.equal("7/tcp a: description - -> b c d", only_line("a,7,tcp,,,,\n", 'a,7,tcp,"b\n\nc\td",,,\n'))
  end)
end)

describe("a text of changes", function()
  local before = "a,1,tcp,,,[A],\nb,2,tcp,,,,\n"
  local after = "a,1,tcp,,,[B],\nc,3,tcp,,,,\nd,4,tcp,,,,\n"

  it("is grouped by kind, what was assigned first", function()
    assert.equal([[
assigned (2)
  3/tcp c
  4/tcp d

de-assigned (1)
  2/tcp b

contact changed (1)
  1/tcp a: contact [A] -> [B]
]], changes.text(diff(before, after)))
  end)

  it("is empty where nothing changed", function()
    assert.equal("", changes.text {})
    assert.equal("nothing changed", changes.summary {})
  end)

  it("has a summary on one line", function()
    assert.equal("2 assigned, 1 de-assigned, 1 contact changed", changes.summary(diff(before, after)))
  end)

  it("knows every kind of event", function()
    for _, kind in ipairs(require "portolan.diff".kinds) do
      assert.same({ { kind = kind, count = 1 } }, changes.count { { kind = kind } })
    end
  end)

  it("is data that JSON holds", function()
    local data = assert(json.read(json.encode(changes.data(diff(before, after))), "changes.json"))
    assert.same({ assigned = 2, ["de-assigned"] = 1, ["contact changed"] = 1 }, data.counts)
    assert.equal("contact changed", data.events[1].kind)
    assert.equal("1/tcp", data.events[1].port)
    assert.same({ before = "[A]", after = "[B]" }, data.events[1].fields.contact)
  end)
end)

describe("the people of a registry", function()
  local function person(id, name, organisation, uri)
    return { id = id, name = name, organisation = organisation, uris = { uri } }
  end

  it("are told of when they come, go, or change", function()
    local events = changes.people({ person("A", "Ann"), person("B", "Bob"), person("C", "Cy", "X") },
      { person("C", "Cy", "Y", "mailto:c&example.com"), person("A", "Ann"), person("D", "Di", "Z") })
    assert.equal([=[
person added (1)
  D: Z

person removed (1)
  B

person changed (1)
  C: organisation X -> Y; uris - -> mailto:c&example.com
]=], changes.text(events))
  end)
end)
