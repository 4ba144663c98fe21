-- formats_spec.lua -- what every reader and writer of registries promises.
local portolan = require "portolan"

local HEADER = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,"
  .. "Registration Date,Modification Date,Reference,Service Code,Unauthorized Use Reported,"
  .. "Assignment Notes\r\n"

local function rows(...)
  return HEADER .. table.concat({ ... }, "\r\n") .. "\r\n"
end

local function record(name, number)
  return ("<record><name>%s</name><protocol>tcp</protocol><number>%s</number></record>\n")
    :format(name, number)
end

local function xml(...)
  return "<?xml version='1.0'?>\n<registry>\n" .. table.concat { ... }
end

local function read(text, spec)
  spec = spec or {}
  spec.text, spec.source = text, spec.source or "source"
  return portolan.read(spec)
end

local function salvage(text, format)
  local registry, remarks = read(text, { salvage = true, format = format })
  return assert(registry, remarks), remarks
end

local function names(registry)
  local list = {}
  for each in registry:records() do list[#list + 1] = each.name or "-" end
  return table.concat(list, " ")
end

local function account(remarks)
  return { remarks.read, remarks.kept, remarks.repaired, remarks.refused }
end

local corpus = os.getenv "PORTOLAN_CORPUS" or "../shared/corpus"

local function from_corpus(path)
  local file = io.open(corpus .. "/registry/" .. path, "rb")
  if not file then return pending "skipped: no corpus" end
  local text = file:read "*a"
  file:close()
  return text
end

describe("the loss account", function()
  it("counts what was read and kept of a sound source", function()
    local _, remarks = read(rows("a,1,tcp,,,,,,,,,", "b,2,tcp,,,,,,,,,"))
    assert.same({ 2, 2, 0, 0 }, account(remarks))
    assert.same(0, #remarks)
  end)

  it("counts no blank line as a row", function()
    local _, remarks = read(rows("a,1,tcp,,,,,,,,,", "", ""))
    assert.same({ 1, 1, 0, 0 }, account(remarks))
  end)

  it("has a remark with place and reason for every refusal", function()
    local _, remarks = salvage(rows("a,1,tcp,,,,,,,,,", "b,70000,tcp,,,,,,,,,"))
    assert.same({ 2, 1, 0, 1 }, account(remarks))
    assert.same("source:3:3: port must be 0-65535 or a range, not '70000'; refused", remarks[1])
  end)

  it("keeps a remark on one line whatever the source holds", function()
    local _, remarks = read('Service Name,"No\nSuch",Port Number\n', { format = "csv" })
    assert.same("source:1:14: column 'No?Such' is not IANA's; left out", remarks[1])
  end)
end)

describe("a malformed CSV", function()
  local bad = { "b,70000,tcp,,,,,,,,,", 'b"x"y,"1"2,tcp,,,,,,,,,', "b,2,tcp", "b,2,carrier,,,,,,,,,",
    "b,2,tcp,,,,,,,,,,too many" }

  it("is refused with line and column", function()
    for _, row in ipairs(bad) do
      local registry, message, detail = read(rows("a,1,tcp,,,,,,,,,", row))
      assert.is_nil(registry)
      assert.same("syntax", detail.code)
      assert.same(3, detail.line)
      assert.truthy(message:find("^source:3:%d+: "))
    end
  end)

  it("loses only its bad rows when salvaged", function()
    for _, row in ipairs(bad) do
      local registry, remarks = salvage(rows("a,1,tcp,,,,,,,,,", row, "c,3,tcp,,,,,,,,,"))
      assert.same("a c", names(registry))
      assert.same({ 3, 2, 0, 1 }, account(remarks))
    end
  end)

  it("goes on after a quote that is never closed, with the line after it", function()
    local registry, remarks = salvage(rows('a,1,"tcp,,,,,,,,,', "c,3,tcp,,,,,,,,,"))
    assert.same("c", names(registry))
    assert.same("source:2:5: quote is never closed; refused", remarks[1])
  end)

  it("is refused even so when its header is bad", function()
    local registry, message = read("Name,Port\n1,2\n", { salvage = true, format = "csv" })
    assert.is_nil(registry)
    assert.truthy(message:find("^source:1:1: not IANA's header line"))
  end)
end)

describe("a malformed XML", function()
  local function check(text, expected, ...)
    local plain, _, detail = read(text)
    assert.is_nil(plain)
    assert.same("syntax", detail.code)
    local registry, remarks = salvage(text)
    assert.same(expected, names(registry))
    assert.same({ ... }, account(remarks))
    return registry, remarks
  end

  it("is refused with line and column, and read past bytes that stand before its root", function()
    local _, remarks = check("<?xml version='1.0'?>\n3<?pi?>\n<registry>" .. record("a", 1)
      .. "</registry>", "a", 1, 1, 0, 0)
    assert.same("source:2:2: not well-formed (invalid token); bytes skipped: 1", remarks[1])
  end)

  it("loses the record that has the fault, and no other", function()
    for _, broken in ipairs { "<record><name>x</record>", "<record date=><name>x</name></record>",
        "<record date='1' date='2'/>", "<record><name>&nbsp;</name></record>",
        "<record><name>\255</name></record>" } do
      check(xml(record("a", 1), broken, "\n", record("b", 2), "</registry>"), "a b", 3, 2, 0, 1)
    end
  end)

  it("loses a record that is never closed, and not the next", function()
    check(xml(record("a", 1), "<record><name>x</name>", record("b", 2), "</registry>"), "a b",
      3, 2, 0, 1)
  end)

  it("loses a record whose port is none", function()
    local _, remarks = check(xml(record("a", 70000), record("b", 2), "</registry>"), "b", 2, 1, 0, 1)
    assert.same("source:3:69: port must be 0-65535 or a range, not '70000'; refused", remarks[1])
  end)

  it("is read as far as it goes when cut short", function()
    check(xml(record("a", 1), "<record><name>x"), "a", 2, 1, 0, 1)
    check(xml(record("a", 1)), "a", 1, 1, 0, 0)
  end)

  it("keeps the people after a bad record, and those beside a bad person", function()
    local registry = check(xml(record("a", 1), "<record><name>x</record><people>",
      "<person id='A'><name>A</person><person id='B'><name>B</name></person></people></registry>"),
      "a", 2, 1, 0, 1)
    assert.same({ { id = "B", name = "B", uris = {} } }, registry:people())
  end)

  it("is well-formed when written again", function()
    local registry = salvage(xml(record("a", 1), "<record><name>x", record("b", 2), "<people><person"))
    local again = assert(read(assert(registry:export "xml")))
    assert.same("a b", names(again))
  end)

  it("ends in an error when nothing in it can be read", function()
    local registry, message = read("<\0", { salvage = true, format = "xml" })
    assert.is_nil(registry)
    assert.truthy(message:find("^source:%d+:%d+: "))
  end)

  it("is read whole but for one byte in a real case", function()
    local text = from_corpus "other/2017-05-19-malformed.xml"
    local plain, _, detail = read(text)
    assert.is_nil(plain)
    assert.same({ 2, 2 }, { detail.line, detail.column })
    local registry, remarks = salvage(text)
    assert.same({ 14005, 14005, 0, 0 }, account(remarks))
    assert.same(1, #remarks)
    assert.same(text:gsub("\n3<", "\n <", 1), registry:export "xml")
  end)
end)

describe("an older era of IANA's CSV", function()
  local source = xml("<record><name>a</name><description>one<br/>two \n  three"
    .. "<paragraph>four</paragraph></description></record>\n</registry>")

  local function description(era)
    local csv = assert(assert(read(source)):export("csv", era))
    return csv:match "\r\na,,,(.-),,,", csv:match "Code,([^,]*),"
  end

  it("has its own header and its own ways with white space", function()
    assert.same({ "onetwo three        four", "Unauthorized Use Reported" }, { description "era=D" })
    assert.same({ '"one\ntwo threefour"', "Unauthorized Use Reported" }, { description "era=C" })
    assert.same({ '"one\ntwo \n  threefour"', "Unauthorized Use Reported" }, { description "era=B" })
    assert.same({ '"onetwo \n  threefour"', "Known Unauthorized Uses" }, { description "era=A" })
  end)

  it("is today's when none is named", function()
    assert.same(description "era=D", description())
  end)

  it("can only be written of what was read from XML, and has to exist", function()
    local registry = assert(read(rows "a,1,tcp,,,,,,,,,"))
    assert.is_nil((registry:export("csv", "era=A")))
    assert.truthy(registry:export("csv", "era=D lf"))
    assert.same("the eras of IANA's CSV are A, B, C and D", select(2, registry:export("csv", "era=E")))
  end)

  it("comes out byte for byte", function()
    for date, era in pairs { ["2019-12-31"] = "era=B", ["2022-06-01"] = "era=C", ["2026-02-13"] = "era=D" } do
      local registry = assert(read(from_corpus("xml/" .. date .. ".xml")))
      assert.is_true(registry:export("csv", era) == from_corpus("csv/" .. date .. ".csv"), date)
    end
  end)
end)

describe("people and procedures", function()
  local registry = assert(read(xml(record("a", 1), [[
<people>
  <person id="Jo_Doe"><name>Jo Doe</name><org>Example</org>
    <uri>mailto:jo&amp;example.com</uri><uri>tel:+1-555-0100</uri><updated>2020-01-02</updated></person>
  <person id="Ex_Org"><org>Example</org></person>
</people>
</registry>]])))

  it("gives everybody's name, organisation, addresses and date", function()
    local people = registry:people()
    assert.same({ id = "Jo_Doe", name = "Jo Doe", organisation = "Example", updated = "2020-01-02",
      uris = { "mailto:jo&example.com", "tel:+1-555-0100" }, email = "jo@example.com" }, people[1])
    assert.same({ id = "Ex_Org", organisation = "Example", uris = {} }, people[2])
  end)

  it("finds one by what stands in brackets, or nobody", function()
    assert.same("Jo Doe", registry:person("Jo_Doe").name)
    assert.is_nil(registry:person "Nobody")
  end)

  it("has no people in a registry of CSV", function()
    assert.same({}, assert(read(rows "a,1,tcp,,,,,,,,,")):people())
  end)

  it("names the procedures of each range, and of a name alone", function()
    assert.same({ "IETF Review", "IESG Approval" }, registry:procedures(1023))
    assert.same({ "IETF Review", "IESG Approval", "Expert Review" }, registry:procedures(1024))
    assert.same({}, registry:procedures(49152))
    assert.same({ "First Come First Served" }, registry:procedures())
  end)
end)

describe("the registry page as text", function()
  local head = "Service Name and Transport Protocol Port Number Registry\n- Last Updated\n- 2025-10-30\n"
    .. "- Note\n-\nOne note.\n\n- Available Formats\n-\nCSV\n"
    .. "| " .. HEADER:gsub("\r\n", ""):gsub(",", " | ") .. " |\n" .. ("|---"):rep(12) .. "|\n"

  local function page(...)
    return read(head .. table.concat({ ... }, "\n"))
  end

  local function only(row)
    local registry, remarks = read(head .. row .. "\n")
    local each = registry:record(0)
    each.id, each.range, each.references, each.status = nil, nil, nil, nil
    return each, remarks
  end

  it("is told from CSV, and says what its header fields say", function()
    local info = page("| a | 1 | tcp |" .. (" |"):rep(9)):info()
    assert.same("table", info.format)
    assert.same("2025-10-30", info.date)
    assert.same({ "One note." }, info.notes)
  end)

  it("keeps a sound row as it stands", function()
    local each, remarks = only "| a | 1 | tcp | An A | [P] | [Q] | 2001-02 | 2003-04-05 | [RFC1] | | | note |"
    assert.same({ name = "a", first = 1, last = 1, transport = "tcp", description = "An A",
      assignee = "[P]", contact = "[Q]", registered = "2001-02", modified = "2003-04-05",
      reference = "[RFC1]", note = "note" }, each)
    assert.same({ 1, 1, 0, 0 }, account(remarks))
  end)

  it("puts cells that have drifted back under their columns", function()
    local cases = {
      { "| 5-9 | Unassigned | yes, unauthorized ||||||||||",
        { first = 5, last = 9, description = "Unassigned", unauthorized = "yes, unauthorized" } },
      { "| 5 | udp | Reserved ||||||||||", { first = 5, last = 5, transport = "udp", description = "Reserved" } },
      { "| a | [P] | [Q] | 2001-02 | [RFC1] ||||||||", { name = "a", assignee = "[P]", contact = "[Q]",
        registered = "2001-02", reference = "[RFC1]" } },
      { "| a | d | 2001-02 | [RFC1] ||||||||", { name = "a", description = "d", modified = "2001-02",
        reference = "[RFC1]" } },
      { "| a | 7 | dccp | d | [P] | [RFC1] | 42 | n ||||", { name = "a", first = 7, last = 7,
        transport = "dccp", description = "d", assignee = "[P]", reference = "[RFC1]", service_code = 42,
        note = "n" } },
    }
    for _, case in ipairs(cases) do
      local each, remarks = only(case[1])
      assert.same(case[2], each)
      assert.same({ 1, 1, 1, 0 }, account(remarks))
      assert.truthy(remarks[1]:find "^source:13:1: row put under its columns by what the cells hold")
    end
  end)

  it("puts a row together that was broken over lines", function()
    local each, remarks = only("| a | 1 | tcp | An A |\n[P] | [P] |" .. ("|"):rep(6))
    assert.same({ "An A", "[P]", "[P]" }, { each.description, each.assignee, each.contact })
    assert.same("source:13:1: row put together; it was broken over 2 lines; repaired", remarks[1])
  end)

  it("refuses a row that it cannot place, by its line, and keeps the others", function()
    local registry, remarks = page("| a | 1 | tcp | one | two | three | four |" .. ("|"):rep(5),
      "| b | 2 | tcp |" .. ("|"):rep(9), "loose text", "| c | 3 | udp | th")
    assert.same("b", names(registry))
    assert.same({ 3, 1, 0, 2 }, account(remarks))
    assert.same({ "source:13:1: cells fit no columns in order; refused",
      "source:15:1: not a row; left out",
      "source:16:1: the text ends within this row's last cell; refused" },
      { remarks[1], remarks[2], remarks[3] })
  end)

  it("agrees with IANA's XML of the same date in every row of a real page", function()
    local registry, remarks = read(from_corpus "other/registry-page-excerpt-2025-10-30.txt")
    local whole = assert(read(from_corpus "xml/2025-10-30.xml"))
    local fields = { "name", "last", "transport", "description", "assignee", "contact", "registered",
      "modified", "reference", "service_code", "unauthorized", "note" }
    local function agree(a, b)
      for _, field in ipairs(fields) do
        local x, y = tostring(a[field]):gsub("%s+", " "), tostring(b[field]):gsub("%s+", " ")
        if x ~= y then return false end
      end
      return true
    end
    for each in registry:records() do
      local found = false
      for _, other in ipairs(whole:lookup(each.first, each.transport or "tcp")) do
        found = found or agree(each, other)
      end
      assert.is_true(found, ("%s %d"):format(tostring(each.name), each.first))
    end
    assert.same({ 101, 101, 32, 0 }, account(remarks))
  end)
end)

describe("Portolan JSON", function()
  local source = xml("<title>T</title><note>one</note><note>two</note>",
    "<record date='2001-02'><name>a</name><protocol>dccp</protocol><number>6000-6063</number>",
    "<description>say \"x\", \195\169 \\ <br/>\n</description><sc>1145656131</sc>",
    "<xref type='person' data='Jo'/><xref type='rfc' data='rfc1'/><xref type='rfc' data='rfc2'/></record>",
    "<record><number>7</number><description>Reserved</description></record>",
    "<people><person id='Jo'><name>Jo</name><uri>tel:1</uri><uri>tel:2</uri></person></people></registry>")

  it("gives records the facade's words, what follows from them included", function()
    local json = assert(assert(read(source)):export "json")
    assert.truthy(json:find('{"id":0,"name":"a","number":"6000-6063","first":6000,"last":6063,"range":"user",'
      .. '"transport":"dccp","description":"say \\"x\\", \195\169 \\\\","assignee":"[Jo]","contact":"[Jo]",'
      .. '"registered":"2001-02","reference":"[RFC1][RFC2]","service_code":1145656131,'
      .. '"status":"assigned","references":["RFC1","RFC2"]},\n', 1, true))
  end)

  it("is read back as the same registry, people and what is said of it included", function()
    local registry = assert(read(source))
    local again, remarks = read(assert(registry:export "json"))
    assert.same(registry:export "csv", again:export "csv")
    assert.same(registry:people(), again:people())
    assert.same({ "T", { "one", "two" }, "json" },
      { again:info().title, again:info().notes, again:info().format })
    assert.same({ 2, 2, 0, 0, 0 }, { remarks.read, remarks.kept, remarks.repaired, remarks.refused, #remarks })
  end)

  it("carries bytes that are not UTF-8 there and back", function()
    local registry = assert(read(rows 'a,1,tcp,"\255\192\128\237\160\128 \240\159\152\128 \127\t",,,,,,,,'))
    local json = assert(registry:export "json")
    assert.truthy(json:find([[\udcff\udcc0\udc80\udced\udca0\udc80 ]] .. "\240\159\152\128", 1, true))
    assert.same(registry:export "csv", assert(read(json)):export "csv")
  end)

  it("takes first and last for a number, escapes, null and members in any order", function()
    local registry = assert(read([[{"records":[{"last":9,"transport":"tcp","name":"\u0061\ud83d\ude00","note":null,
      "first":5}, {"first":3, "last":3, "status":{"x":[1,true]}}]}]]))
    assert.same("a\240\159\152\128", registry:record(0).name)
    assert.same({ 5, 9, 3 }, { registry:record(0).first, registry:record(0).last, registry:record(1).last })
  end)

  it("says which members it does not know, once each", function()
    local _, remarks = read('{"records":[{"name":"a","colour":1},{"name":"b","colour":2}]}')
    assert.same({ "source:1:34: no member is called 'colour'; left out" }, { remarks[1], remarks[2] })
  end)

  it("is refused with line and column when malformed", function()
    local cases = { { '{"records":[{"name":"a"}', "1:25" }, { '{"records":\n[{"name":"a\\x"}]}', "2:13" },
      { '{"records":[{"name":"a}]}', "1:21" }, { '{"records":[{"number":"70000"}]}', "1:13" },
      { '{"info":{}}', "1:12" }, { '{"portolan":2,"records":[]}', "1:14" }, { '{"records":[]} x', "1:16" },
      { '{"records":[{"name":truth}]}', "1:21" }, { '{"records":' .. ("["):rep(50), "1:13" } }
    for _, case in ipairs(cases) do
      local registry, message = read(case[1])
      assert.is_nil(registry, case[1])
      assert.same("source:" .. case[2], message:match "^source:%d+:%d+")
    end
  end)

  it("loses only its bad records when salvaged", function()
    local registry, remarks = salvage('{"records":[\n{"name":"a"},\n{"name":"b"x},\n{"number":"x"},\n{"name":"c"}\n]}')
    assert.same("a c", names(registry))
    assert.same({ 4, 2, 0, 2 }, account(remarks))
    registry, remarks = salvage('{"records":[\n{"name":"a"},\n{"na')
    assert.same("a", names(registry))
    assert.same({ 2, 1, 0, 1 }, account(remarks))
  end)

  it("gives IANA's CSV back, of a whole registry", function()
    local registry = assert(portolan.open())
    assert.is_true(registry:export "csv" == assert(read(assert(registry:export "json"))):export "csv")
  end)
end)

describe("services files", function()
  it("give a record for each name, the aliases linked to theirs", function()
    local registry, remarks = read "# services\nssh\t22/tcp\ndomain 53/udp nameserver dns # Names\n"
    assert.same("services", registry:info().format)
    assert.same("ssh domain nameserver dns", names(registry))
    assert.same({ "domain", "Names", 53, "udp" }, { registry:record(2).alias_of, registry:record(2).description,
      registry:record(2).first, registry:record(2).transport })
    assert.is_nil(registry:record(1).alias_of)
    assert.is_nil(registry:record(2).note)
    assert.same("domain", registry:name(53, "udp"))
    assert.same({ 4, 4, 0, 0 }, account(remarks))
  end)

  it("of nmap's kind lose their frequencies, which is said, and 'unknown' is no name", function()
    local registry, remarks = read "ssh\t22/tcp\t0.182286\t# Secure Shell\nunknown\t24/udp\t0.000329\n"
    assert.same("nmap-services", registry:info().format)
    assert.same("ssh -", names(registry))
    assert.same({ "source:1:12: how often ports were found open is left out" }, { remarks[1], remarks[2] })
  end)

  it("of Wireshark's kind may name ranges and several transports", function()
    local registry = read("x11 6000-6063/tcp/udp # X\nany 7\n", { format = "wireshark" })
    assert.same("x11 x11 any", names(registry))
    assert.same({ 6000, 6063, "udp" }, { registry:record(1).first, registry:record(1).last,
      registry:record(1).transport })
    assert.is_nil(registry:record(2).transport)
  end)

  it("are refused with line and column when a row is bad, or lose it when salvaged", function()
    for row, message in pairs { ["b"] = "source:2:2: no port after 'b'",
        ["b x/tcp"] = "source:2:3: port must be 0-65535 or a range, not 'x'" } do
      local text = "a 1/tcp\n" .. row .. "\nc 3/tcp\n"
      assert.same(message, select(2, read(text)))
      local registry, remarks = salvage(text)
      assert.same("a c", names(registry))
      assert.same({ 3, 2, 0, 1 }, account(remarks))
    end
  end)

  it("lose what has a transport that the registry knows none of, which is said", function()
    local registry, remarks = read "a 1/tcp\nrtmp 1/ddp\n"
    assert.same("a", names(registry))
    assert.same("source:2:8: transport must be tcp, udp, sctp or dccp, not 'ddp'; refused", remarks[1])
  end)

  it("keep their aliases through JSON", function()
    local registry = read "domain 53/udp nameserver\n"
    assert.same("domain", assert(read(registry:export "json")):record(1).alias_of)
  end)

  it("of this machine are read, where there is one", function()
    local file = io.open "/etc/services"
    if not file then return pending "skipped: no /etc/services" end
    local registry, remarks = read(file:read "*a")
    file:close()
    assert.same("ssh", registry:name(22, "tcp"))
    assert.same(remarks.refused, #remarks)
  end)
end)

describe("the list before RFC 6335", function()
  local head = "PORT NUMBERS\r\n\r\n(last updated 22 December 2005) \r\n\r\nProse 1/tcp.\r\n"
    .. "Keyword         Decimal    Description                     References\r\n"
    .. "-------         -------    -----------                     ----------\r\n"

  local function list(...)
    return assert(read(head .. table.concat({ ... }, "\r\n")
      .. "\r\n\r\nDYNAMIC AND/OR PRIVATE PORTS\r\n\r\nThe end.\r\n"))
  end

  it("is told by its title, and says its date", function()
    local info = list("a 1/tcp A"):info()
    assert.same({ "list", "2005-12-22", 1 }, { info.format, info.date, info.records })
  end)

  it("gives a block of rows the contact, the date and the reference below it", function()
    local registry = list("z 6/tcp Z", "a 7/tcp An A", "a 7/udp An A [RFC2]",
      "#    Jo Doe <jo@example.com> Al Doe <al@example.com> April 2003", "#    RFC1", "#    so it is", "b 8/tcp B")
    local a, b = registry:record(1), registry:record(2)
    assert.same({ "[Jo Doe <jo@example.com>][Al Doe <al@example.com>]", "2003-04", "[RFC1]", "so it is", "An A" },
      { a.contact, a.registered, a.reference, a.note, a.description })
    assert.same({ a.contact, a.contact, "[RFC2]", "An A" }, { b.contact, b.assignee, b.reference, b.description })
    assert.is_nil(registry:record(0).contact)
    assert.is_nil(registry:record(3).contact)
  end)

  it("knows rows without a name, ranges, rows without a transport", function()
    local registry = list("     0/tcp Reserved", "#   4-5   Unassigned", "x11 6000-6063 X", "y 6400")
    assert.same("- - x11 y", names(registry))
    assert.same({ "reserved", "unassigned" }, { registry:record(0).status, registry:record(1).status })
    assert.same({ 6000, 6063 }, { registry:record(2).first, registry:record(2).last })
  end)

  it("says what it leaves out", function()
    local registry, remarks = list("a 1/tcp A", "### seen in use by others", "#b 2/tcp B", "what is this", "#  2/udp")
    assert.same("a", names(registry))
    assert.same({ 4, 1, 0, 3 }, account(remarks))
    assert.same({ "source:9:1: comment '## seen in use by others'; left out",
      "source:10:1: a former assignment; refused", "source:11:1: neither a row nor a comment; refused",
      "source:12:1: a port of which nothing is said; refused" }, { remarks[1], remarks[2], remarks[3], remarks[4] })
  end)

  it("is read whole but for five lines in a real case", function()
    local _, remarks = read(from_corpus "other/port-numbers-2005-12-22.txt")
    assert.same({ 9754, 9749, 0, 5 }, account(remarks))
  end)
end)
