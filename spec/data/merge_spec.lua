-- data/registry/merge.lua: who is right when the sources differ.

local merge = dofile "data/registry/merge.lua"

-- All rows as "name port/transport description", of the unassigned only those at the port.
local function said(port, rows)
  local found = {}
  for _, row in ipairs(rows) do
    if row.description ~= "Unassigned" or row.port == port then
      found[#found + 1] = ("%s %s/%s %s"):format(row.name, row.port, row.transport, row.description)
    end
  end
  return found
end

-- The rows that say Unassigned, each as "port/transport".
local function unassigned(rows)
  local found = {}
  for _, row in ipairs(rows) do
    if row.description == "Unassigned" then found[#found + 1] = row.port .. "/" .. row.transport end
  end
  return found
end

local function row_at(port, rows)
  for _, row in ipairs(rows) do
    if row.port == port then return row end
  end
end

local function web()
  return {
    { name = "http", port = "80", transport = "tcp", description = "Web", contact = "[A]" },
    { name = "www", port = "80", transport = "tcp", description = "Web", contact = "[B]" },
  }
end

describe("names at a port", function()
  it("are all those of 2015 when today's last name is among them", function()
    local rows = merge.rows({ ["80/tcp"] = { "www", "Web" } }, web(), {})
    assert.same({ "http 80/tcp Web", "www 80/tcp Web", " 80/udp Unassigned" }, said("80", rows))
    assert.equal("[A]", row_at("80", rows).contact)
  end)

  it("are only today's when it has replaced them, and bare of their people", function()
    local rows = merge.rows({ ["80/tcp"] = { "web", "New" }, ["80/udp"] = { "web", "New" } }, web(), {})
    assert.same({ "web 80/tcp New", "web 80/udp New" }, said("80", rows))
    assert.equal("", row_at("80", rows).contact)
  end)

  it("are the old one and then the newer one where an RFC keeps both", function()
    local earlier = { { name = "urd", port = "465", transport = "tcp", description = "URD" } }
    local rows = merge.rows({ ["465/tcp"] = { "submissions", "Mail" } }, earlier, {})
    assert.same({ "urd 465/tcp URD", "submissions 465/tcp Mail", " 465/udp Unassigned" }, said("465", rows))
  end)

  it("give way to Reserved where they were de-assigned", function()
    local rows = merge.rows({ ["80/tcp"] = { "", "Reserved" }, ["80/udp"] = { "", "Reserved" } }, web(), {})
    assert.same({ " 80/tcp Reserved", " 80/udp Reserved" }, said("80", rows))
  end)

  it("give way to the page, whole rows at a time", function()
    local page = { { name = "http", port = "80", transport = "tcp", description = "Web", reference = "[RFC9110]" } }
    local rows = merge.rows({ ["80/tcp"] = { "www", "Web" } }, web(), page)
    assert.same({ "http 80/tcp Web", " 80/udp Unassigned" }, said("80", rows))
    assert.same({ "", "[RFC9110]" }, { row_at("80", rows).contact, row_at("80", rows).reference })
  end)
end)

describe("a description", function()
  local function merged(today)
    local earlier = { { name = "a", port = "5", transport = "tcp", description = "one\ntwo" } }
    return row_at("5", merge.rows({ ["5/tcp"] = { "a", today } }, earlier, {})).description
  end

  it("is 2015's when only its line breaks differ", function()
    assert.equal("one\ntwo", merged "one two")
  end)

  it("is today's otherwise", function()
    assert.equal("one three", merged "one three")
  end)
end)

describe("a range of 2015", function()
  local function x11()
    return { { name = "x11", port = "6000-6063", transport = "tcp", description = "X" } }
  end

  it("stays whole", function()
    local rows = merge.rows({}, x11(), {})
    assert.same({ "x11 6000-6063/tcp X" }, said("", rows))
    assert.same({ "0-5999/", "6000-6063/udp", "6064-49151/" }, unassigned(rows))
  end)

  it("goes whole when something newer stands within", function()
    local rows = merge.rows({ ["6010/tcp"] = { "new", "" } }, x11(), {})
    assert.same({ "new 6010/tcp " }, said("", rows))
  end)
end)

describe("unassigned blocks", function()
  local function beside(...)
    local current = {}
    for _, key in ipairs { ... } do current[key] = { "a", "" } end
    return unassigned(merge.rows(current, {}, {}))
  end

  it("are all of 0-49151 where nothing is known", function()
    assert.same({ "0-49151/" }, beside())
  end)

  it("name their transport where only one is free", function()
    assert.same({ "0-6/", "7/udp", "8-49151/" }, beside "7/tcp")
    assert.same({ "0-6/", "7/tcp", "8-49151/" }, beside "7/udp")
  end)

  it("name tcp and udp where another transport has an assignment", function()
    assert.same({ "0-6/", "7-8/tcp", "7-8/udp", "9-49151/" }, beside("7/sctp", "8/sctp"))
  end)

  it("leave no gap and no overlap at either end", function()
    assert.same({ "1-49150/" }, beside("0/tcp", "0/udp", "49151/tcp", "49151/udp"))
  end)

  it("keep the bounds that they had in 2015", function()
    local earlier = { { port = "10-20", description = "Unassigned" } }
    assert.same({ "0-9/", "10-20/", "21-49151/" }, unassigned(merge.rows({}, earlier, {})))
  end)
end)

describe("a report of unauthorised use", function()
  local function merged(report)
    local earlier = { { port = "10-20", description = "Unassigned", unauthorized = report } }
    local current = { ["12/tcp"] = { "a", "" }, ["12/udp"] = { "a", "" } }
    return row_at("13-49151", merge.rows(current, earlier, {})).unauthorized
  end

  it("moves to the block that has all ports it names", function()
    assert.equal("ports 13-15", merged "ports 13-15")
  end)

  it("is dropped when a port it names is assigned now, or it names none", function()
    assert.equal("", merged "ports 11-15")
    assert.equal("", merged "yes")
  end)
end)

describe("the order", function()
  local current = {
    ["9/udp"] = { "b", "" }, ["9/tcp"] = { "b", "" }, ["10/tcp"] = { "c", "" }, ["2/tcp"] = { "d", "" },
  }

  it("is by number, then tcp before udp, services without a port last", function()
    local rows = merge.rows(current, { { name = "p", description = "" } }, {})
    assert.same({ "d 2/tcp ", "b 9/tcp ", "b 9/udp ", "c 10/tcp ", "p / " }, said("", rows))
  end)

  it("within a number is that of 2015", function()
    local earlier = { { name = "b", port = "9", transport = "udp" }, { name = "b", port = "9", transport = "tcp" } }
    assert.same({ "d 2/tcp ", "b 9/udp ", "b 9/tcp ", "c 10/tcp " }, said("", merge.rows(current, earlier, {})))
  end)
end)
