-- The whole Lua API, under whichever interpreter runs this: running it under both is the parity test.

local portolan = require "portolan"

local header = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,"
  .. "Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes\n"

local function source(rows)
  return header .. rows
end

local function registry(rows)
  return assert(portolan.read { text = source(rows), source = "rows.csv" })
end

local function names(records)
  local list = {}
  for i, record in ipairs(records) do list[i] = record.name or "-" end
  return list
end

local function temporary()
  return os.tmpname()
end

local function bytes_of(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- The message with its position, which luassert's own error assertions cut off.
local function raised(call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  return message
end

describe("a registry", function()
  describe("lookup", function()
    it("gives every field that the source had, and what follows from them", function()
      local r = registry 'http-alt,8080,tcp,"Alternate, web",[A_B],[C_D],2001-02,2002-03-04,[RFC9110][RFC 6335],7,seen,a note\n'
      assert.same({ {
        id = 0, name = "http-alt", first = 8080, last = 8080, transport = "tcp", status = "assigned",
        range = "user", description = "Alternate, web", assignee = "[A_B]", contact = "[C_D]",
        registered = "2001-02", modified = "2002-03-04", reference = "[RFC9110][RFC 6335]",
        references = { "RFC9110", "RFC6335" }, service_code = 7, unauthorized = "seen", note = "a note",
      } }, r:lookup(8080, "tcp"))
    end)

    it("leaves out what the source did not have", function()
      assert.same({ { id = 0, name = "a", first = 1, last = 1, transport = "udp", status = "assigned",
        range = "system" } }, registry("a,1,udp,,,,,,,,,\n"):lookup(1, "udp"))
    end)

    it("keeps transports apart", function()
      assert.same({}, registry("a,443,tcp,,,,,,,,,\n"):lookup(443, "udp"))
    end)

    it("takes a record without a transport for all of them", function()
      local r = registry ",7,,Unassigned,,,,,,,,\n"
      for _, transport in ipairs { "tcp", "udp", "sctp", "dccp" } do
        assert.same({ { id = 0, first = 7, last = 7, status = "unassigned", range = "system",
          description = "Unassigned" } }, r:lookup(7, transport))
      end
    end)

    it("finds a range by any port in it, and nothing beside it", function()
      local r = registry "x11,6000-6063,tcp,,,,,,,,,\n"
      for _, port in ipairs { 6000, 6031, 6063 } do assert.same({ "x11" }, names(r:lookup(port, "tcp"))) end
      assert.same({}, r:lookup(5999, "tcp"))
      assert.same({}, r:lookup(6064, "tcp"))
    end)

    it("gives overlapping records in the registry's order", function()
      local r = registry "a,10-20,udp,,,,,,,,,\nb,15,udp,,,,,,,,,\nc,20-30,udp,,,,,,,,,\n"
      assert.same({ "a" }, names(r:lookup(14, "udp")))
      assert.same({ "a", "b" }, names(r:lookup(15, "udp")))
      assert.same({ "a", "c" }, names(r:lookup(20, "udp")))
    end)

    it("reaches both ends of the line of ports", function()
      local r = registry "low,0,tcp,,,,,,,,,\nhigh,65535,dccp,,,,,,,,,\n"
      assert.same({ "low" }, names(r:lookup(0, "tcp")))
      assert.same({ "high" }, names(r:lookup(65535, "dccp")))
      assert.same({}, r:lookup(0, "udp"))
    end)

    it("raises on what is no port and on what is no transport, at the caller's line", function()
      local r = registry ""
      for _, port in ipairs { 70000, -1, 1.5, "80", false } do
        assert.matches("portolan_spec.lua:%d+: .*port expected", raised(function() r:lookup(port, "tcp") end))
      end
      assert.matches("portolan_spec.lua:%d+: .*transport expected, got tpc",
        raised(function() r:lookup(80, "tpc") end))
    end)

    it("gives tables that are the caller's own", function()
      local r = registry "a,1,tcp,,,,,,[RFC1],,,\n"
      local first = r:lookup(1, "tcp")
      first[1].name, first[1].references[1] = "changed", "changed"
      assert.same({ "a", { "RFC1" } }, { r:lookup(1, "tcp")[1].name, r:lookup(1, "tcp")[1].references })
    end)
  end)

  describe("name, status and id", function()
    local r = registry(table.concat({
      "old_name,80,tcp,,,,,,,,,\"This entry is an alias to \"\"web\"\".\nThis entry is now historic.\"",
      "web,80,tcp,,,,,,,,,", "www,80,tcp,,,,,,,,,", ",81,tcp,Reserved,,,,,,,,", ",82,tcp,Unassigned,,,,,,,,",
      ",83,tcp,any private mail system,,,,,,,,", ",84,tcp,De-registered,,,,,,,,", ",84-90,,Unassigned,,,,,,,,",
      "in-a-block,85,tcp,,,,,,,,,", "",
    }, "\n"))

    it("name the record to show first: not an alias where another is there", function()
      assert.equal("web", r:name(80, "tcp"))
      assert.equal(1, r:id(80, "tcp"))
      assert.same({ "old_name", "web", "www" }, names(r:lookup(80, "tcp")))
    end)

    it("are nil where none is assigned", function()
      assert.is_nil(r:name(81, "tcp"))
      assert.is_nil(r:id(5, "udp"))
    end)

    it("tell assigned, reserved, unassigned and dynamic apart", function()
      local seen = {}
      for _, port in ipairs { 80, 81, 82, 83, 84, 85, 86, 91, 50000 } do seen[#seen + 1] = r:status(port, "tcp") end
      assert.same({ "assigned", "reserved", "unassigned", "reserved", "reserved", "assigned", "unassigned",
        "unassigned", "dynamic" }, seen)
    end)

    it("raise as lookup does", function()
      for _, method in ipairs { "name", "status", "id" } do
        assert.matches("spec.lua:%d+: .*'" .. method .. "' %(port",
          raised(function() return (r[method](r, 70000, "tcp")) end))
        assert.error_matches(function() r[method](r, 80) end, "transport expected, got nil")
      end
    end)
  end)

  describe("names", function()
    local r = registry(table.concat({
      "mqtt,1883,tcp,,,,,,,,,", "dns-sd,,udp,,,,,,,,,", "dns-llq,5352,tcp,,,,,,,,,", "DNS-over,5353,tcp,,,,,,,,,",
      "mqtt,,,,,,,,,,,", "domain,53,tcp,,,,,,,,,", "",
    }, "\n"))

    it("are found whatever their case, with a port or without", function()
      assert.same({ { 0, 1883 }, { 4 } }, { { r:named("MQTT")[1].id, r:named("mqtt")[1].first }, { r:named("mqtt")[2].id } })
      assert.is_nil(r:named("mqtt")[2].first)
    end)

    it("are not found by a part of them", function()
      assert.same({}, r:named "mqt")
      assert.same({}, r:named "")
    end)

    it("are found by how they begin, in the order of the alphabet", function()
      assert.same({ "dns-llq", "DNS-over", "dns-sd" }, names(r:starting "dns-"))
      assert.same({}, r:starting "zz")
      assert.equal(6, #r:starting "")
    end)
  end)

  describe("aliases", function()
    it("are linked both ways by what their notes say", function()
      local r = registry('cl_1,172,tcp,,,,,,,,,"This entry is an alias to ""cl-1"".\nThis entry is now historic."\n'
        .. 'cl-1,172,tcp,"Net\nIANA assigned this well-formed service name as a replacement for ""cl_1"".",,,,,,,,\n')
      assert.equal("cl-1", r:record(0).alias_of)
      assert.equal("cl_1", r:record(1).replaces)
      assert.is_nil(r:record(1).alias_of)
    end)
  end)

  describe("search", function()
    local r = registry(table.concat({
      "printer,515,tcp,spooler,,,,,,,,", "ipp,631,tcp,Internet Printing Protocol,,,,,,,,",
      "lpd-note,700,tcp,,,,,,,,,for a printer", "print-srv,9100,tcp,Network PostScript,,,,,,,,", "",
    }, "\n"))

    it("puts names before descriptions, those before notes, and whole words before parts", function()
      assert.same({ "printer", "lpd-note" }, names(r:search "printer"))
      assert.same({ "print-srv", "printer", "ipp", "lpd-note" }, names(r:search "print"))
    end)

    it("wants every word, in any order and case", function()
      assert.same({ "ipp" }, names(r:search "PROTOCOL internet"))
      assert.same({}, r:search "internet spooler")
    end)

    it("gives no more than asked for", function()
      assert.same({ "print-srv" }, names(r:search("print", 1)))
    end)

    it("finds nothing by nothing", function()
      assert.same({}, r:search "")
      assert.same({}, r:search "...")
    end)
  end)

  describe("query", function()
    local r = registry(table.concat({
      "ssh,22,tcp,Secure Shell,[A],[Tatu_Ylonen],1995-07,2006-01-02,[RFC4251],,,",
      "ssh,22,udp,Secure Shell,[A],[Tatu_Ylonen],1995-07,,[RFC 4251],,,",
      ",1000,,Unassigned,,,,,,,in use,", "x11,6000-6063,tcp,X Window System,,[S_G],,,,,,",
      "ping,,dccp,ping,,[S_J],2012-11-14,,,1885957735,,none", ",2000,tcp,Reserved,,,,,,,,", "",
    }, "\n"))

    local function ids(spec)
      local list = {}
      for i, record in ipairs(r:query(spec)) do list[i] = record.id end
      return list
    end

    it("takes any field, and all that is asked must hold", function()
      for _, case in ipairs {
        { { name = "SSH" }, { 0, 1 } }, { { name = "s*" }, { 0, 1 } }, { { description = "window" }, { 3 } },
        { { contact = "tatu_ylonen" }, { 0, 1 } }, { { contact = "s_*" }, { 3, 4 } }, { { assignee = "A" }, { 0, 1 } },
        { { reference = "RFC4251" }, { 0, 1 } }, { { reference = "rfc 4251" }, { 0, 1 } },
        { { reference = "RFC425" }, {} }, { { registered = "1995" }, { 0, 1 } },
        { { registered_from = "2000" }, { 4 } }, { { registered_until = "1995-12-31" }, { 0, 1 } },
        { { modified = "2006-01-02" }, { 0 } }, { { service_code = 1885957735 }, { 4 } },
        { { unauthorized = "use" }, { 2 } }, { { note = "none" }, { 4 } }, { { status = "reserved" }, { 5 } },
        { { status = { "reserved", "unassigned" } }, { 2, 5 } }, { { transport = "udp" }, { 1, 2 } },
        { { range = "system" }, { 0, 1, 2 } }, { { ports = "tcp/6010" }, { 3 } }, { { ports = 22 }, { 0, 1 } },
        { { ports = "udp/1000" }, { 2 } }, { { has = "service_code" }, { 4 } },
        { { lacks = { "name", "unauthorized" } }, { 5 } }, { { name = "ssh", transport = "tcp" }, { 0 } },
        { { limit = 2 }, { 0, 1 } }, { {}, { 0, 1, 2, 3, 4, 5 } },
      } do
        assert.same(case[2], ids(case[1]))
      end
    end)

    it("raises on a field or a word that there is not", function()
      assert.error_matches(function() r:query { colour = "red" } end, "no field is called 'colour'")
      assert.error_matches(function() r:query { status = "free" } end, "no status is called 'free'")
      assert.error_matches(function() r:query { ports = "70000" } end, "port must be 0%-65535")
    end)
  end)

  describe("free", function()
    local r = registry ",1024-49151,,Unassigned,,,,,,,,\na,2000,tcp,,,,,,,,,\nb,2010,udp,,,,,,,,,\n"

    it("gives blocks that are free on every transport asked for", function()
      assert.same({ { first = 1024, last = 1999, count = 976 }, { first = 2001, last = 49151, count = 47151 } },
        r:free { transports = { "tcp" } })
      assert.same({ 1024, 2001, 2011 }, { r:free()[1].first, r:free()[2].first, r:free()[3].first })
    end)

    it("gives the nearest first, and leaves out what is too small", function()
      assert.same({ 2001, 2009 }, { r:free { near = 2005 }[1].first, r:free { near = 2005 }[1].last })
      assert.same({ { first = 1024, last = 1999, count = 976 } }, r:free { near = 2005, count = 500, limit = 1 })
      assert.same({}, r:free { count = 48000 })
    end)
  end)

  describe("as a whole", function()
    it("says what it is", function()
      local r = assert(portolan.read { text = source "a,1,tcp,,,,,,,,,\n", source = "rows.csv", meta = { date = "2026-01-02" } })
      local info = r:info()
      assert.same({ 1, "2026-01-02", "rows.csv", "csv", 64 },
        { info.records, info.date, info.source, info.format, #info.digest })
      assert.equal("registry (1 records)", tostring(r))
    end)

    it("walks all records", function()
      local seen = {}
      for record in registry("a,1,tcp,,,,,,,,,\nb,,,,,,,,,,,\n"):records() do seen[#seen + 1] = record.name end
      assert.same({ "a", "b" }, seen)
    end)

    it("answers nothing once closed, twice or by itself", function()
      local r = registry ""
      r:close()
      r:close()
      for _, call in ipairs {
        function() r:named "a" end, function() r:name(1, "tcp") end, function() r:count() end, function() r:query {} end,
        function() r:status(1, "tcp") end, function() r:lookup(1, "tcp") end, function() r:export "csv" end,
      } do
        assert.matches("portolan_spec.lua:%d+: the registry is closed", raised(call))
      end
      assert.equal("registry (closed)", tostring(r))
    end)

    it("closes at the end of its block, where the language has that", function()
      local kept = registry "a,1,tcp,,,,,,,,,\n"
      local chunk = (loadstring or load)("local r <close> = ... return r:name(1, 'tcp')")
      if not chunk then return assert.equal("a", kept:name(1, "tcp")) end -- LuaJIT
      assert.equal("a", chunk(kept))
      assert.equal("registry (closed)", tostring(kept))
    end)

    it("stays apart from others that are open", function()
      local a, b = registry "a,1,tcp,,,,,,,,,\n", registry "b,1,tcp,,,,,,,,,\n"
      a:close()
      assert.equal("b", b:name(1, "tcp"))
    end)

    it("is let go of by the collector", function()
      for i = 1, 50 do registry(("n%d,%d,tcp,,,,,,,,,\n"):format(i, i)):lookup(i, "tcp") end
      collectgarbage()
      collectgarbage()
      assert.equal("a", registry("a,1,tcp,,,,,,,,,\n"):name(1, "tcp"))
    end)
  end)
end)

describe("a snapshot file", function()
  local path = temporary()
  teardown(function() os.remove(path) end)

  local function compile(rows)
    assert(portolan.compile { text = source(rows), source = "rows.csv", output = path })
  end

  it("gives the same answers as its source, and outlives its file", function()
    compile "a,1,tcp,one,,,,,[RFC1],,,\nb,2-9,udp,,,,,,,,,\n"
    local r = assert(portolan.open(path))
    os.remove(path)
    assert.same({ "a", "b", "b" }, { r:name(1, "tcp"), r:name(2, "udp"), r:name(9, "udp") })
    assert.same({ "a" }, names(r:search "one"))
  end)

  it("is the same bytes for the same input", function()
    compile "a,1,tcp,one,,,,,,,,\n"
    local first = bytes_of(path)
    compile "a,1,tcp,one,,,,,,,,\n"
    assert.is_true(first == bytes_of(path))
  end)

  it("replaces an older one only when all is well", function()
    compile "a,1,tcp,,,,,,,,,\n"
    local before = bytes_of(path)
    assert.is_nil((portolan.compile { text = source "a,x,tcp,,,,,,,,,\n", output = path }))
    assert.is_true(before == bytes_of(path))
    compile "b,1,tcp,,,,,,,,,\n"
    assert.equal("b", assert(portolan.open(path)):name(1, "tcp"))
  end)

  it("can be loaded from memory", function()
    compile "a,1,tcp,,,,,,,,,\n"
    assert.equal("a", assert(portolan.load(bytes_of(path))):name(1, "tcp"))
    local r, message, detail = portolan.load("PORTOLAN and no more", "x.ptl")
    assert.is_nil(r)
    assert.matches("^x.ptl: not a snapshot", message)
    assert.same({ "format", "x.ptl" }, { detail.code, detail.source })
  end)

  it("explains a file that is not there, and a folder that is not", function()
    local r, message, detail = portolan.open "/nowhere/x.ptl"
    assert.is_nil(r)
    assert.equal("/nowhere/x.ptl: No such file or directory", message)
    assert.same({ code = "io", source = "/nowhere/x.ptl" }, detail)
    local ok, trouble = portolan.compile { text = source "", output = "/nowhere/x.ptl" }
    assert.is_nil(ok)
    assert.matches("^/nowhere/x.ptl", trouble)
  end)

  it("opens a source too, reading it", function()
    local file = assert(io.open(path, "wb"))
    file:write(source "web,80,tcp,,,,,,,,,\n")
    file:close()
    assert.equal("web", assert(portolan.open(path)):name(80, "tcp"))
  end)
end)

describe("a CSV source", function()
  local function broken(text)
    local r, message, detail = portolan.read { text = text, source = "rows.csv", format = "csv" }
    assert.is_nil(r)
    return message, detail
  end

  it("is read with its columns in any order, whatever ends its lines", function()
    local r = assert(portolan.read { text = "\239\187\191Port Number,Service Name\r\n1,a\r\n2,\"b\"\r\n", source = "x" })
    assert.same({ "a", "b" }, { r:lookup(1, "tcp")[1].name, r:lookup(2, "udp")[1].name })
  end)

  it("keeps quotes, commas and line ends within a field", function()
    local r = registry 'a,1,tcp,"say ""hi"",\nyou",,,,,,,,\n'
    assert.equal('say "hi",\nyou', r:record(0).description)
  end)

  it("reports the columns that are IANA's and missing, and those that are not IANA's", function()
    local _, remarks = assert(portolan.read { text = "Service Name,Port Number,Colour\na,1,red\n", source = "x.csv" })
    assert.equal("x.csv:1:26: column 'Colour' is not IANA's; left out", remarks[1])
    assert.matches("no column 'Transport Protocol'", remarks[2])
  end)

  it("comes back byte for byte", function()
    local text = source('a,1,tcp,"x ""y"", z",[A],[B],2001-01-01,2002,[R],1,u,"n\nm"\n,2-3,,Unassigned,,,,,,,,\n')
    assert.equal(text, registry("" .. text:sub(#header + 1)):export("csv", "lf"))
    assert.equal((header:gsub("\n", "\r\n")), (registry(""):export "csv"))
  end)

  it("is reported by line and column where it is malformed", function()
    for _, case in ipairs {
      { "a,1,tcp,,,,,,,,,\nb,70000,tcp,,,,,,,,,\n", "rows.csv:3:3: port must be 0-65535 or a range, not '70000'", 3, 3 },
      { "a,9-1,tcp,,,,,,,,,\n", "rows.csv:2:3: port must be 0-65535 or a range, not '9-1'", 2, 3 },
      { "a,1,tpc,,,,,,,,,\n", "rows.csv:2:5: transport must be tcp, udp, sctp or dccp, not 'tpc'", 2, 5 },
      { 'a,1,tcp,"two\nlines",,,,,,,,\nb,x,tcp,,,,,,,,,\n', "rows.csv:4:3: port must be 0-65535 or a range, not 'x'", 4, 3 },
      { 'a,1,tcp,"oops\n', "rows.csv:2:9: quote is never closed", 2, 9 },
      { 'a,1,tcp,"x"y,,,,,,,,\n', "rows.csv:2:12: a comma or the row's end must follow a closing quote, not 'y'", 2, 12 },
      { "a,1\n", "rows.csv:2:1: row has 2 fields, the header has 12", 2, 1 },
      { "a,1,tcp,,,,,,,,,,\n", "rows.csv:2:18: row has more fields than the header has columns", 2, 18 },
    } do
      local message, detail = broken(source(case[1]))
      assert.equal(case[2], message)
      assert.same({ code = "syntax", source = "rows.csv", line = case[3], column = case[4] }, detail)
    end
  end)

  it("is told from what is none", function()
    assert.matches("^rows.csv:1:1: not IANA's header line", (broken "a,b\n1,2\n"))
    local _, message = portolan.read { text = "hello", source = "greeting" }
    assert.matches("^greeting:1:1: .*name the format", message)
  end)
end)

describe("an XML source", function()
  local function document(body)
    return '<?xml version="1.0"?>\n<registry xmlns="x" id="r"><title>T</title><updated>2026-01-02</updated>\n'
      .. '<xref type="rfc" data="rfc6335"/><note title="N">see <xref type="rfc" data="rfc1"/></note>\n' .. body
      .. "<people><person id=\"A_B\"><name>A B</name><uri>mailto:a&amp;b.example</uri></person></people></registry>\n"
  end

  local function read(body)
    return assert(portolan.read { text = document(body), source = "r.xml" })
  end

  it("gives columns as IANA's own CSV has them, children in any order", function()
    local r = read [[<record date="2001-02" updated="2003-04-05"><number>9</number><protocol>dccp</protocol>
      <xref type="person" data="A_B"/><xref type="rfc" data="rfc4340"/><xref type="text">one, two</xref>
      <assignee><xref type="person" data="C_D"/></assignee><sc>1145656131</sc><name>discard</name>
      <description>Dis&amp;card<br/>
        now</description><unauthorized>yes</unauthorized><note>see <xref type="person" data="A_B"/></note></record>]]
    assert.same({ id = 0, name = "discard", first = 9, last = 9, transport = "dccp", status = "assigned",
      range = "system", description = "Dis&card\n        now", assignee = "[C_D]", contact = "[A_B]", registered = "2001-02",
      modified = "2003-04-05", reference = "[RFC4340][one, two]", references = { "RFC4340", "one, two" },
      service_code = 1145656131, unauthorized = "yes", note = "see [A_B]" }, r:record(0))
  end)

  it("takes the contact for the assignee where none is named, and not the other way", function()
    local r = read '<record><name>a</name><xref type="person" data="A_B"/></record>'
    assert.same({ "[A_B]", "[A_B]" }, { r:record(0).assignee, r:record(0).contact })
    r = read '<record><name>a</name><assignee><xref type="person" data="A_B"/></assignee></record>'
    assert.same({ "[A_B]" }, { r:record(0).assignee, r:record(0).contact })
  end)

  it("folds white space as IANA does", function()
    local r = read "<record><name>a</name><note>  one \n  two\n  three<paragraph>four</paragraph>\n </note></record>"
    assert.equal("one two\n  three        four", r:record(0).note)
  end)

  it("takes an empty element for an absent one", function()
    assert.is_nil(read("<record><name/><number>1</number></record>"):record(0).name)
  end)

  it("says what the header says", function()
    local info = read("<record><name>a</name></record>"):info()
    assert.same({ "T", "2026-01-02", { "[RFC6335]" }, { "see [RFC1]" } },
      { info.title, info.date, info.references, info.notes })
  end)

  it("comes back byte for byte, known elements or not", function()
    for _, body in ipairs {
      "", "<!-- a --><record   date='2001'><name>a &lt; b</name><name>twice</name></record>  <other/>\n",
      "<record><xref type='uri' data='http://x.example/[a][b]'/><xref type=\"rfc\" data=\"RFC1\"/></record>",
      "<record><description><![CDATA[<x>]]></description><odd a='1'>t</odd></record>",
      "<record><name>a</name></record><footnote anchor='1'>f</footnote>",
    } do
      assert.equal(document(body), read(body):export "xml")
    end
  end)

  it("keeps what is not in IANA's model, and says so", function()
    local _, remarks = read "<record><name>a</name><colour>red</colour></record>"
    assert.matches("^r.xml:4:%d+: element 'colour' is not in IANA's model", remarks[1])
  end)

  it("is reported by line and column where it is malformed, or holds what no registry can", function()
    for _, case in ipairs {
      { "<record><name>a</record>", "mismatched tag" }, { "<record><number>x</number></record>", "port must be" },
      { "<record><protocol>ip</protocol></record>", "transport must be" },
    } do
      local r, message, detail = portolan.read { text = document(case[1]), source = "r.xml" }
      assert.is_nil(r)
      assert.matches("^r.xml:4:%d+: " .. case[2], message)
      assert.same({ "syntax", 4 }, { detail.code, detail.line })
    end
  end)

  it("is refused with a document type, which could grow without end", function()
    local _, message = portolan.read { text = '<!DOCTYPE x [<!ENTITY a "b">]><x/>', source = "r.xml" }
    assert.matches("^r.xml:1:%d+: a document type", message)
  end)
end)

describe("a port set", function()
  local function ports(text) return assert(portolan.ports(text)) end

  it("reads what people write, and writes what it reads", function()
    for _, case in ipairs {
      { "tcp/22", "tcp/22" }, { "22/tcp, 80/udp", "tcp/22, udp/80" }, { "tcp/10-20,tcp/15-30", "tcp/10-30" },
      { "tcp/1, tcp/2", "tcp/1-2" }, { "53", "tcp/53, udp/53, sctp/53, dccp/53" }, { "", "" }, { "  ", "" },
      { "udp", "udp/0-65535" }, { "tcp/65535, udp/0", "tcp/65535, udp/0" },
      { "*", "tcp/0-65535, udp/0-65535, sctp/0-65535, dccp/0-65535" },
    } do
      assert.equal(case[2], tostring(ports(case[1])))
      assert.is_true(ports(case[1]) == ports(case[2]))
    end
  end)

  it("says by column what it cannot read", function()
    for _, case in ipairs {
      { "tcp/22, udp/x", 13, "port must be" }, { "22/icmp", 4, "transport must be" }, { "tcp/9-1", 5, "port must be" },
      { "22,,23", 4, "port must be" }, { "22/tcp/23", 7, "a comma must follow" },
    } do
      local set, message, detail = portolan.ports(case[1])
      assert.is_nil(set)
      assert.matches(case[3], message)
      assert.equal(case[2], detail.column)
    end
  end)

  it("is an algebra", function()
    local a, b = ports "tcp/10-20, udp/5", ports "tcp/15-25, udp/5"
    assert.equal("tcp/10-25, udp/5", tostring(a + b))
    assert.equal("tcp/15-20, udp/5", tostring(a * b))
    assert.equal("tcp/10-14", tostring(a - b))
    assert.is_true(a * b <= a)
    assert.is_false(a <= b)
    assert.is_false(a == b)
    assert.is_true(a + b == b + a)
  end)

  it("is made of spans, and gives them back", function()
    local set, spans = portolan.ports { { 1, 2, "tcp" }, { 9, 9, "sctp" } }, {}
    for first, last, transport in set:spans() do spans[#spans + 1] = { first, last, transport } end
    assert.same({ { 1, 2, "tcp" }, { 9, 9, "sctp" } }, spans)
    assert.equal(3, set:count())
    assert.same({ true, false }, { set:contains(2, "tcp"), set:contains(2, "udp") })
  end)

  it("obeys its laws for sets at random", function()
    local state = 7
    local function dice(n)
      state = (state * 16807) % 2147483647
      return state % n
    end
    local function random()
      local spans = {}
      for i = 1, dice(6) do
        local first = dice(30)
        spans[i] = { first, first + dice(8), ({ "tcp", "udp" })[dice(2) + 1] }
      end
      return portolan.ports(spans)
    end
    for _ = 1, 300 do
      local a, b = random(), random()
      assert.is_true((a - b) * b == portolan.ports "")
      assert.is_true((a - b) + (a * b) == a)
      for port = 0, 40 do
        local x, y = a:contains(port, "tcp"), b:contains(port, "tcp")
        assert.equal(x or y, (a + b):contains(port, "tcp"))
        assert.equal(x and not y, (a - b):contains(port, "tcp"))
      end
    end
  end)

  it("comes from a registry by status", function()
    local r = registry "a,1-3,tcp,,,,,,,,,\n,4,tcp,Reserved,,,,,,,,\n"
    assert.equal("tcp/1-3", tostring(r:assigned()))
    assert.equal("tcp/1-4", tostring(r:ports { status = { "assigned", "reserved" } }))
    assert.error_matches(function() r:ports { status = "free" } end, "no status")
  end)
end)

describe("a service name", function()
  it("is judged by RFC 6335 section 5.1, rule by rule", function()
    for name, rule in pairs {
      [""] = "is empty", ["sixteen-letters-x"] = "is longer than 15 characters", ["a_b"] = "has a character other",
      ["6000-6063"] = "has no letter", ["-a"] = "begins or ends with a hyphen", ["a--b"] = "has two hyphens together",
    } do
      local ok, rules = portolan.valid_name(name)
      assert.is_false(ok)
      assert.matches(rule, rules[1])
      assert.equal(1, #rules)
    end
    for _, name in ipairs { "http", "x", "6a44", "fifteen-letters", "A-1" } do assert.is_true(portolan.valid_name(name)) end
  end)
end)
