-- The lint: rules over a registry.

local catalogue = require "portolan.catalogue"
local layers = require "portolan.layers"
local lint = require "portolan.lint"
local portolan = require "portolan"

local header = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,"
  .. "Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes\r\n"

-- What is at the two ports for experiments, so that nothing is said of them.
local experiments = {}
for port = 1021, 1022 do
  for _, transport in ipairs { "tcp", "udp", "sctp", "dccp" } do
    local code = transport == "dccp" and port or ""
    experiments[#experiments + 1] = ("exp%d,%d,%s,x,[A],[A],,,[RFC4727],%s,,"):format(port - 1020, port, transport, code)
  end
end

local function read(rows)
  local text = header .. table.concat(experiments, "\r\n") .. "\r\n" .. rows .. "\r\n"
  return assert(portolan.read { text = text, source = "rows.csv", format = "csv", meta = { date = "2026-08-17" } })
end

local function run(rows, strict)
  return lint.run { registry = read(rows), strict = strict, source = "rows.csv" }
end

local function codes(findings)
  local list = {}
  for i, found in ipairs(findings) do list[i] = found.code end
  table.sort(list)
  return list
end

-- As deployed, unless `strict`.
local function says(rows, wanted, strict)
  assert.same(wanted, codes(run(rows, strict)))
end

local function message_of(rows, code)
  for _, found in ipairs(run(rows, true)) do
    if found.code == code then return found.message end
  end
end

local fine = "ssh,22,tcp,Secure Shell,[A],[A],2020-01-01,,[RFC4251],,,"
local alias = 'This entry is an alias to ""ms-sql"".'

describe("the lint", function()
  it("has nothing to say of a sound registry, in either mode", function()
    says(fine, {})
    says(fine, {}, true)
  end)

  it("names the record by its place, its name and its ports", function()
    local found = run("a_b,22,tcp,x,[A],[A],,,[RFC1],,,", true)[1]
    assert.same({ source = "rows.csv", record = 8, where = "a_b 22/tcp" }, found.place)
    assert.equal("a_b", found.records[1].name)
    assert.same({ "RFC6335 section 5.1" }, found.references)
  end)

  it("holds what was there before a rule to it only in strict mode", function()
    local old, new = "b,23,tcp,x,,[A],2001-01-01,,[RFC1],,,", "b,23,tcp,x,,[A],2012-01-01,,[RFC1],,,"
    says(old, {})
    says(old, { "missing-field" }, true)
    says(new, { "missing-field" })
  end)

  it("ends a check that raises in a finding", function()
    local broken = { name = "broken", codes = {}, run = function() error "no such thing" end }
    local findings = lint.run { registry = read(fine), checks = { broken } }
    assert.same({ "check-failed" }, codes(findings))
  end)

  it("tells what it was about", function()
    local about = lint.about { registry = read(fine), strict = true, source = "rows.csv" }
    assert.same({ source = "rows.csv", subject = "9 records, strict", registry = "2026-08-17" }, about)
  end)
end)

describe("rules about names", function()
  it("want letters, digits and single hyphens, once for each name (5.1)", function()
    says("a_b,22,tcp,x,[A],[A],,,[RFC1],,,\r\na_b,22,udp,x,[A],[A],,,[RFC1],,,", { "name-syntax", "name-twin" }, true)
    assert.equal("the name 'sql*net' has a character other than A-Z, a-z, 0-9 and hyphen",
      message_of("sql*net,66,tcp,x,[A],[A],,,[RFC1],,,", "name-syntax"))
  end)

  it("let an ill-formed name be the alias of a well-formed one, as deployed (10.1)", function()
    local pair = "ms-sql,1433,tcp,x,[A],[A],,,[RFC1],,,\r\nms_sql,1433,tcp,x,[A],[A],,,[RFC1],,," .. '"' .. alias .. '"'
    says(pair, {})
    says(pair, { "aliased-names", "name-syntax" }, true)
    says("edi_service,34567,udp,x,[A],[A],,,[RFC1],,,", { "name-twin" })
  end)

  it("know names that differ by case alone for one (5.1)", function()
    says("Ab,22,tcp,x,[A],[A],,,[RFC1],,,\r\naB,22,udp,x,[A],[A],,,[RFC1],,,", { "name-case" }, true)
  end)

  it("advise against words that say nothing, in newer names (5)", function()
    says("rain-service,22,tcp,x,[A],[A],2020-01-01,,[RFC1],,,", { "name-words" })
    says("rain-service,22,tcp,x,[A],[A],2001-01-01,,[RFC1],,,", {})
    says("airport,22,tcp,x,[A],[A],2020-01-01,,[RFC1],,,", {})
  end)

  it("want an alias to lead to a service at the same port", function()
    says("ms_sql,1433,tcp,x,[A],[A],,,[RFC1],,," .. '"' .. alias .. '"', { "alias-nowhere", "name-twin" })
    says("ms-sql,1434,tcp,x,[A],[A],,,[RFC1],,,\r\nms_sql,1433,tcp,x,[A],[A],,,[RFC1],,," .. '"' .. alias .. '"',
      { "alias-elsewhere" })
  end)

  it("report a second name at a port from the day that the rule binds (5)", function()
    local function second(date) return fine .. "\r\nssh2,22,tcp,x,[A],[A]," .. date .. ",,[RFC1],,," end
    says(second "2015-05-05", { "several-names" })
    says((second "2001-05-05"):gsub("2020%-01%-01", "2001-01-01"), {})
    assert.equal("22/tcp has the names ssh, ssh2", message_of(second "2015-05-05", "several-names"))
  end)

  it("report a second port of a service, and a port whose services differ (7.2)", function()
    says("b,23,tcp,x,[A],[A],,,[RFC1],,,\r\nb,24,tcp,x,[A],[A],,,[RFC1],,,", { "several-ports" }, true)
    says("b,23,tcp,x,[A],[A],,,[RFC1],,,\r\nc,23,udp,x,[A],[A],,,[RFC1],,,", { "split-port" }, true)
    says("b,23,tcp,x,[A],[A],,,[RFC1],,,\r\nb,23,udp,x,[A],[A],,,[RFC1],,,\r\nc,23,udp,x,[A],[A],,,[RFC1],,,",
      { "several-names", "uneven-names" }, true)
  end)
end)

describe("rules about ports", function()
  it("want nothing in the dynamic range, nor at the edges of the others (6, 8.1.2)", function()
    says("b,50000,tcp,x,[A],[A],,,[RFC1],,,", { "dynamic-assigned" })
    says("b,1024,tcp,x,[A],[A],,,[RFC1],,,", { "edge-assigned" })
    says("b,49000-50000,tcp,x,[A],[A],,,[RFC1],,,", { "dynamic-assigned" })
    says(",1024,tcp,Reserved,,,,,,,,", {}, true)
  end)

  it("want 1021 and 1022 for experiments on every transport (6.1)", function()
    local registry = assert(portolan.read { text = header .. fine .. "\r\n", source = "rows.csv", format = "csv" })
    local findings = lint.run { registry = registry }
    local messages = {}
    for i, found in ipairs(findings) do messages[i] = found.message end
    table.sort(messages)
    assert.equal(8, #messages)
    assert.equal("1021/dccp, which is for experiments, is not 'exp1' here but unassigned", messages[1])
  end)

  it("want no block that is free or reserved over a service", function()
    says("b,23,tcp,x,[A],[A],,,[RFC1],,,\r\n,20-30,tcp,Unassigned,,,,,,,,", { "overlap" })
    says("b,23,tcp,x,[A],[A],,,[RFC1],,,\r\n,20-30,udp,Unassigned,,,,,,,,", {})
    assert.equal("unassigned 20-30 covers b 23/tcp",
      message_of("b,23,tcp,x,[A],[A],,,[RFC1],,,\r\n,20-30,,Unassigned,,,,,,,,", "overlap"))
    says("b,20-30,tcp,x,[A],[A],,,[RFC1],,,\r\nc,23,tcp,x,[A],[A],,,[RFC1],,,", { "range-overlap" })
  end)

  it("note what is neither assigned, unassigned nor reserved, and uses that nobody registered, if strict", function()
    says(",24,tcp,any private mail system,,,,,,,,", { "status-word" }, true)
    says("b,23,tcp,x,[A],[A],,,[RFC1],,used by others,", { "unregistered-use" }, true)
    says(",24,tcp,any private mail system,,,,,,,used by others,", {})
  end)
end)

describe("rules about fields", function()
  it("want transport, assignee, contact and description (8.1.1)", function()
    assert.equal("b, without a port lacks a transport, an assignee, a contact, a description",
      message_of("b,,,,,,2020-01-01,,[RFC1],,,", "missing-field"))
    says("b,23,tcp,x,[A],[A],2020-01-01,,,,,", { "missing-reference" }, true)
  end)

  it("want the IETF Chair and an RFC where the IESG is the assignee", function()
    says("b,23,tcp,x,[IESG],[IETF_Chair],2020-01-01,,[RFC9110],,,", {})
    says("b,23,tcp,x,[IESG],[A],2020-01-01,,[RFC9110],,,", { "iesg-assignee" })
    says("b,23,tcp,x,[IESG],[IETF_Chair],2020-01-01,,[draft-x],,,", { "iesg-assignee" })
  end)

  it("want a service code with DCCP, of its own, and none without", function()
    says("b,23,dccp,x,[A],[A],2020-01-01,,[RFC1],,,", { "code-missing" })
    says("b,23,tcp,x,[A],[A],2020-01-01,,[RFC1],77,,", { "code-without-dccp" })
    says("b,23,dccp,x,[A],[A],2020-01-01,,[RFC1],1021,,", { "code-shared" })
    says("b,23,dccp,x,[A],[A],2020-01-01,,[RFC1],0,,", { "code-form" })
    says("b,23,dccp,x,[A],[A],2020-01-01,,[RFC1],77,,", {})
  end)

  it("want dates that are dates, in their order, and not to come", function()
    says("b,23,tcp,x,[A],[A],2020-02-30,,[RFC1],,,", { "date-form" })
    says("b,23,tcp,x,[A],[A],2020-02,2020-02-01,[RFC1],,,", {})
    says("b,23,tcp,x,[A],[A],2020-02-02,2020-02-01,[RFC1],,,", { "date-order" })
    says("b,23,tcp,x,[A],[A],2026-08-18,,[RFC1],,,", { "date-future" })
  end)

  it("want references that lead somewhere, and last", function()
    says("b,23,tcp,x,[A],[A],,,[RFC-ietf-x-1],,,", { "reference-draft" }, true)
    says("b,23,tcp,x,[A],[A],,,[RFCx],,,", { "reference-form" })
    says("b,23,tcp,x,[A],[A],,,[RFC8765],,,", {}, true)
  end)
end)

describe("rules about people", function()
  local function xml(contact, people, reference)
    return ([[<?xml version='1.0' encoding='UTF-8'?>
<registry xmlns="http://www.iana.org/assignments" id="service-names-port-numbers"><title>T</title>
<updated>2026-08-17</updated>
<record><name>ssh</name><protocol>tcp</protocol><description>x</description>
<xref type="person" data="%s"/>%s<number>22</number></record>
<people>%s</people></registry>]]):format(contact, reference or "", people)
  end

  local function findings_of(...)
    local registry = assert(portolan.read { text = xml(...), source = "r.xml", format = "xml" })
    local kept = {}
    for _, found in ipairs(lint.run { registry = registry }) do
      if found.code ~= "experiment-port" then kept[#kept + 1] = found end
    end
    return kept
  end

  local ann = '<person id="Ann"><name>Ann</name></person>'

  it("want every contact to be there, and every person to be named", function()
    assert.same({}, findings_of("Ann", ann))
    assert.same({ "person-unknown", "person-unused" }, codes(findings_of("Bob", ann)))
    assert.equal("the contact [Bob] of ssh 22/tcp is not among the registry's people", findings_of("Bob", ann)[1].message)
  end)

  it("say nothing of a registry without a list of people", function()
    says(fine, {})
  end)

  it("want a footnote for each reference to one", function()
    assert.same({ "reference-nowhere" }, codes(findings_of("Ann", ann, '<xref type="note" data="7"/>')))
  end)
end)

describe("rules about overlays", function()
  it("tell what the registry says against them", function()
    local registry = read(fine)
    local overlay = assert(layers.read("name: ours\nadd:\n  - { name: ssh, ports: 50022/tcp, description: x }\n"
      .. "  - { name: jump, ports: 22/tcp, description: x }\n", "ours.yaml"))
    local conflicts = assert(layers.new(registry, { overlay })).conflicts
    local findings = lint.run { registry = registry, conflicts = conflicts }
    assert.same({ "overlay-dynamic", "overlay-name", "overlay-port" }, codes(findings))
    assert.equal("ours.yaml", findings[1].place.source)
    assert.equal(3, findings[1].place.line)
    assert.equal("ours calls 50022/tcp 'ssh', which is IANA's name for ssh 22/tcp", findings[2].message)
    assert.equal("ours has 'jump' at 22/tcp, which IANA assigned to ssh 22/tcp", findings[3].message)
  end)
end)

describe("portolan lint", function()
  local command = require "portolan.commands.lint"

  local function lint_by_command(arguments)
    local written = {}
    arguments.format, arguments.overlay = arguments.format or "text", arguments.overlay or {}
    local status, message = command.run(arguments, {
      write = function(text) written[#written + 1] = text end, colour = function() return false end,
    })
    return status, message or table.concat(written)
  end

  it("reports on the built-in registry, as text and as JSON", function()
    local status, text = lint_by_command {}
    assert.equal(1, status)
    assert.matches("^built%-in: %d+ records, as deployed; registry of %d", text)
    assert.matches("name%-twin  built%-in record %d+ edi_service", text)
    assert.matches('"code": "name%-twin"', select(2, lint_by_command { format = "json" }))
  end)

  it("tells what overlays contradict, and what it cannot read", function()
    assert.matches("overlay%-port", select(2, lint_by_command { overlay = { "de-facto" } }))
    assert.same({ nil, "no/such.yaml: No such file or directory" },
      { lint_by_command { overlay = { "no/such.yaml" } } })
    assert.is_nil((lint_by_command { source = "no/such.csv" }))
  end)
end)

describe("a catalogue", function()
  it("calls a record by its name or status, and its ports", function()
    assert.equal("ssh 22/tcp", catalogue.label { name = "ssh", first = 22, last = 22, transport = "tcp" })
    assert.equal("unassigned 4-6", catalogue.label { status = "unassigned", first = 4, last = 6 })
    assert.equal("x dccp, without a port", catalogue.label { name = "x", transport = "dccp" })
  end)

  it("gives each label once, and not too many", function()
    local records = {}
    for port = 1, 6 do
      for _ = 1, 2 do records[#records + 1] = { name = "x", first = port, last = port, transport = "tcp" } end
    end
    assert.equal("x 1/tcp, x 2/tcp and 4 more", catalogue.labels(records, 2))
  end)
end)

describe("the lint of IANA's registry of 2026-08-17", function()
  local path = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/registry/xml/2026-08-17.xml"

  local function counts(strict)
    local registry = assert(portolan.open(path))
    local by_code = {}
    for _, found in ipairs(lint.run { registry = registry, strict = strict }) do
      by_code[found.code] = (by_code[found.code] or 0) + 1
      local message = found.code == "missing-field" and found.message or ""
      for _, field in ipairs { "assignee", "contact", "transport", "description" } do
        if message:find(" " .. field, 1, true) then by_code[field] = (by_code[field] or 0) + 1 end
      end
    end
    return by_code
  end

  local function corpus()
    local file = io.open(path)
    if not file then return pending "skipped: no corpus" end
    file:close()
    return true
  end

  it("finds what is known to be there", function()
    if not corpus() then return end
    local found = counts(true)
    assert.equal(97, found["name-syntax"])
    assert.equal(1, found["name-twin"])
    assert.equal(226, found["several-names"] + found["aliased-names"])
    assert.equal(34, found["several-ports"])
    assert.equal(147, found["split-port"] + found["uneven-names"])
    assert.equal(112, found["unregistered-use"])
    assert.equal(6, found["code-missing"])
    assert.equal(2, found["overlap"])
    assert.equal(1, found["date-order"])
    assert.same({ 1771, 1773 }, { found.assignee, found.contact })
    for _, code in ipairs { "name-case", "alias-nowhere", "dynamic-assigned", "edge-assigned", "experiment-port",
      "code-without-dccp", "code-shared", "date-form", "person-unknown", "person-unused", "reference-nowhere",
      "check-failed" } do
      assert.is_nil(found[code], code)
    end
  end)

  it("says little of it as deployed", function()
    if not corpus() then return end
    local found, total = counts(false), 0
    assert.equal(1, found["name-twin"])
    assert.equal(2, found["overlap"])
    assert.is_nil(found["name-syntax"])
    for code, count in pairs(found) do total = total + (code:find "-" and count or 0) end
    assert.is_true(total < 100, tostring(total))
  end)
end)
