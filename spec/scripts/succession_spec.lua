-- One registry after another, held to RFC 6335 sections 8.2 to 8.5.

local portolan = require "portolan"
local succession = require "portolan.succession"

local header = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Modification Date\n"

local function registry(rows)
  return (assert(portolan.read { text = header .. rows, source = "rows.csv", meta = { date = "2026-01-01" } }))
end

local function findings(before, after)
  return assert(succession.run { before = registry(before), after = registry(after) })
end

local function codes(before, after)
  local list = {}
  for i, found in ipairs(findings(before, after)) do list[i] = found.code end
  return list
end

describe("a succession", function()
  it("is sound where nothing changed, and where a service was assigned", function()
    assert.same({}, codes("a,7,tcp,,[A],,\n", "a,7,tcp,,[A],,\n"))
    assert.same({}, codes(",7,,Unassigned,,,\n", "a,7,tcp,,[A],,\n,7,udp,Reserved,,,\n"))
  end)

  it("wants a port that was given back Reserved, and its name kept", function()
    assert.same({}, codes("a,7,tcp,,[A],,\n", ",7,tcp,Reserved,,,\na,,,,[A],,\n"))
    assert.same({ "de-assigned-free" }, codes("a,7,tcp,,[A],,\n", "a,,,,[A],,\n"))
    assert.same({ "name-gone" }, codes("a,7,tcp,,[A],,\n", ",7,tcp,Reserved,,,\n"))
  end)

  it("says which ports are free, and shows the records", function()
    local found = findings("a,7-9,tcp,,[A],,\n", ",7,tcp,Reserved,,,\na,,,,[A],,\n")[1]
    assert.equal("a 7-9/tcp was de-assigned, and 8-9/tcp is unassigned, not Reserved", found.message)
    assert.equal("a 7-9/tcp", found.place.where)
    assert.equal("rows.csv", found.place.source)
    assert.equal("a", found.records[1].name)
  end)

  it("tells when a port went to another service at once", function()
    assert.same({ "de-assigned-reused", "name-gone" },
      codes("a,7,tcp,One,[A],[A],\n", "b,7,tcp,Two,[B],[B],\n"))
  end)

  it("does not take those for takers who were there before", function()
    assert.same({}, codes("a,7,tcp,One,[A],,\nb,7,tcp,Two,[B],,\n", "b,7,tcp,Two,[B],,\na,,,,[A],,\n"))
  end)

  it("tells when a Reserved port was assigned", function()
    assert.same({ "reserved-assigned" }, codes(",7,tcp,Reserved,,,\n", "a,7,tcp,,[A],,\n"))
  end)

  it("wants a date with a new owner", function()
    assert.same({}, codes("a,7,tcp,,[A],,\n", "a,7,tcp,,[B],,2026-01-01\n"))
    assert.same({ "owner-undated" }, codes("a,7,tcp,,[A],,\n", "a,7,tcp,,[B],,\n"))
    assert.same({ "owner-undated" }, codes("a,7,tcp,,[A],,2020-01-01\n", "a,7,tcp,,[B],,2020-01-01\n"))
  end)

  it("tells when a name came to another port and another owner", function()
    local list = findings("a,7,tcp,,[A],,\n", ",7,tcp,Reserved,,,\na,9,tcp,,[B],,\n")
    assert.equal(1, #list)
    assert.equal("a 7/tcp is at 9/tcp now, and [B] has it in place of [A]", list[1].message)
  end)

  it("has a head for a report", function()
    assert.same({ source = "rows.csv", registry = "2026-01-01", summary = "1 records after 0 of 2026-01-01" },
      succession.about { before = registry "", after = registry "a,7,tcp,,,,\n" })
  end)
end)
