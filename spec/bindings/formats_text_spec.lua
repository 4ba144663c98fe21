-- IANA's plain text and its page: what is written is what IANA's browser shows, and all of it is read again.

local portolan = require "portolan"

local corpus = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/registry/"

local function slurp(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

local function corpus_file(name)
  local text = slurp(corpus .. name)
  if not text then pending "skipped: no corpus" end
  return text
end

local function read(text, format)
  return assert(portolan.read { text = text, source = "registry", format = format })
end

local function export(registry, format)
  return assert(registry:export(format))
end

local function squeezed(text)
  return text and (text:gsub("%s+", ""))
end

local columns = { "name", "first", "last", "transport", "assignee", "contact", "registered", "modified",
  "reference", "service_code", "unauthorized", "description", "note", "status" }

local function facts(record)
  local list = {}
  for i, column in ipairs(columns) do list[i] = squeezed(tostring(record[column] or "")) end
  return table.concat(list, "|")
end

-- How many records differ, white space aside.
local function unlike(a, b)
  local left, right, n = a:query {}, b:query {}, 0
  assert.equal(#left, #right)
  for i, record in ipairs(left) do
    if facts(record) ~= facts(right[i]) then n = n + 1 end
  end
  return n
end

local source = [[
<registry xmlns="http://www.iana.org/assignments" id="service-names-port-numbers">
<title>Service Names</title><updated>2024-02-03</updated><xref type="rfc" data="rfc6335"/>
<expert>one
two</expert><note>As in <xref type="rfc" data="rfc6335"/>.

Not otherwise.</note>
<record date="2001-02" updated="2024-02-03"><name>alpha</name><protocol>tcp</protocol><number>1</number>
<description>Alpha, of which so much is to be said that it takes several lines to say it all, and one more</description>
<xref type="person" data="Group_A"/><xref type="uri" data="https://www.example.com/alpha">Alpha</xref>
<note>First<br/><br/>Second <xref type="note" data="1"/><paragraph>Third</paragraph></note></record>
<record><name>alpha</name><protocol>udp</protocol><number>1</number><description>A &lt;b&gt; &amp; "c"</description>
<xref type="person" data="Group_A"/></record>
<record><protocol>tcp</protocol><number>2-9</number><description>Unassigned</description></record>
<footnote anchor="1">Only for
experiments.</footnote>
<people><person id="Group_A"><name>Group A</name><org>Org of A</org><uri>mailto:a&amp;example.com</uri>
<uri>mailto:b&amp;example.com</uri><updated>2020-01</updated></person></people></registry>
]]

-- ---------------------------------------------------------------- writing --

describe("plain text", function()
  local text = export(read(source), "text")

  it("centres its titles, wraps cells at blanks and sets them in the middle of their row", function()
    assert.truthy(text:find("\nService  Port  Transport              Description              Assignee   Contact  "
      .. "Registration Modification Reference Service Unauthorized Assignment\n Name   Number Protocol", 1, true))
    assert.truthy(text:find("\nalpha     1       tcp    that it takes several lines to say it [Group_A] [Group_A] "
      .. "2001-02      2024-02-03   [Alpha]                        Second [1]\n", 1, true))
    assert.truthy(text:find("\nalpha     1       udp    A <b> & \"c\" ", 1, true))
    assert.truthy(text:find("\n         2-9      tcp    Unassigned\n", 1, true))
  end)

  it("keeps one empty line for two breaks, and for a paragraph", function()
    local notes = {}
    for line in text:match("Notes\n(.-\n)alpha     1       udp"):gmatch "([^\n]*)\n" do
      notes[#notes + 1] = line:sub(141)
    end
    assert.same({ "First", "", "Second [1]", "", "Third" }, notes)
  end)

  it("has the people and the footnotes below", function()
    assert.truthy(text:find("[Group_A] Group A Org of A     mailto:a&example.com 2020-01\n"
      .. (" "):rep(31) .. "mailto:b&example.com\n", 1, true))
    assert.truthy(text:find("\n[1] Only for\n    experiments.\n", 1, true))
  end)

  it("refuses a word that no page is wide enough for", function()
    local registry = read((source:gsub("Unassigned", ("x"):rep(1001))))
    local nothing, message = registry:export "text"
    assert.is_nil(nothing)
    assert.equal("plain text has no room for a word of 1001 characters (Description)", message)
  end)
end)

describe("the page", function()
  local page = export(read(source), "html")

  it("is whole in itself: it asks for no other file", function()
    assert.is_nil(page:find "<script")
    assert.is_nil(page:find "<link")
    assert.is_nil(page:find "src=")
  end)

  it("links people, references and footnotes", function()
    assert.truthy(page:find('[<a href="#Group_A">Group_A</a>]', 1, true))
    assert.truthy(page:find('<a id="Group_A">[Group_A]</a>', 1, true))
    assert.truthy(page:find('[<a href="https://www.example.com/alpha">Alpha</a>]', 1, true))
    assert.truthy(page:find('[<a href="#note1">1</a>]', 1, true))
  end)

  it("escapes what a registry says, and links to nothing that could run", function()
    assert.truthy(page:find('<td>A &lt;b&gt; &amp; &quot;c&quot;</td>', 1, true))
    local hostile = export(read((source:gsub("https://www.example.com/alpha", "javascript:alert(1)"))), "html")
    assert.is_nil(hostile:find "javascript:")
  end)
end)

-- ---------------------------------------------------------------- reading --

for _, format in ipairs { "text", "html" } do
  describe(format .. ", read again,", function()
    local original = read(source)
    local again = read(export(original, format))

    it("is known by its content", function()
      assert.equal(format, again:info().format)
    end)

    it("gives the same records", function()
      assert.equal(0, unlike(original, again))
    end)

    it("gives the same people and header fields", function()
      assert.same(original:people(), again:people())
      local before, after = original:info(), again:info()
      for _, key in ipairs { "title", "date", "experts", "references", "footnotes", "notes" } do
        assert.same(before[key], after[key])
      end
    end)
  end)
end

describe("read_text", function()
  local text = export(read(source), "text")

  local function refused(changed)
    local registry, message = portolan.read { text = changed, source = "page.txt", format = "text" }
    assert.is_nil(registry)
    return message
  end

  it("says where a port is none", function()
    assert.equal("page.txt:28:9: port must be 0-65535 or a range, not '2-x'", refused((text:gsub("2%-9", "2-x"))))
  end)

  it("refuses text without the table", function()
    assert.equal("page.txt:1:1: no line has the column titles of IANA's table", refused "ssh 22/tcp\n")
  end)

  it("says which rows do not stand as rows do, and keeps them", function()
    local changed = text:gsub("\n +Third\n", "\n")
    local registry, account = portolan.read { text = changed, source = "page.txt", format = "text" }
    assert.equal(3, registry:count())
    assert.equal(1, account.repaired)
    assert.truthy(account[1]:find "^page.txt:%d+:1: lines %d+ to %d+ do not stand as a row's do; taken as one")
  end)
end)

describe("rows that plain text cannot tell apart", function()
  -- "One" and the next row's "Two", "Three" -- or "One", "Two" and "Three"? Both stand in the middle.
  local rows = { "gamma     1       tcp    Eleven letters here", "                         Twelve letters here",
    "delta     2       tcp    Eleven letters here", "                         Twelve letters here" }
  local titles = "Service  Port  Transport Description\n Name   Number Protocol\n"

  it("are named in a remark", function()
    local registry, account = portolan.read { text = titles .. table.concat(rows, "\n"), source = "page.txt",
      format = "text" }
    assert.equal(2, registry:count())
    assert.equal("page.txt:5:1: lines 5 to 6 are taken as one row; it could begin at another line", account[1])
  end)
end)

describe("read_html", function()
  local function refused(page)
    local registry, message = portolan.read { text = page, source = "page.html", format = "html" }
    assert.is_nil(registry)
    return message
  end

  local heading = "<table><tr><th>Service Name</th><th>Port Number</th></tr>\n"

  it("refuses a page that is not well-formed, with line and column", function()
    assert.equal("page.html:3:3: mismatched tag", refused("<html><body>\n<p>one<br>\n</p></body></html>"))
  end)

  it("refuses a document type that defines something", function()
    assert.truthy(refused('<!DOCTYPE html [<!ENTITY a "b">]><html/>'):find "with definitions is not accepted")
  end)

  it("says which row's port is none, and which row has other cells than the heading", function()
    assert.equal("page.html:2:1: port must be 0-65535 or a range, not '70000'",
      refused(heading .. "<tr><td>a</td><td>70000</td></tr></table>"))
    assert.equal("page.html:2:1: row and heading differ in their cells",
      refused(heading .. "<tr><td>a</td></tr></table>"))
  end)

  it("leaves out scripts, and tables of other things", function()
    local registry = read("<html><script>1</script><table><tr><th>Range</th></tr><tr><td>0-9</td></tr></table>"
      .. heading .. "<tr><td>a<script>2</script></td><td>7</td></tr></table></html>", "html")
    assert.equal("a", registry:query({})[1].name)
    assert.equal(1, registry:count())
  end)
end)

-- -------------------------------------------------------- IANA's own files --

-- The record table and the contact table: what is above and below differs by IANA's years.
local function tables(text)
  local from = text:find "\n[^\n]*Port[Number ]+Transport"
  return (text:sub(from):gsub("\n *Footnote\n.*", ""):gsub("%s*$", ""))
end

local function shown_by_elinks(page)
  local path = os.tmpname()
  local file = assert(io.open(path .. ".html", "wb"))
  file:write(page)
  file:close()
  local pipe = io.popen("elinks -no-home -eval 'set document.browse.margin_width = 0' -no-numbering "
    .. "-no-references -dump -dump-width 150 -dump-charset UTF-8 " .. path .. ".html")
  local text = pipe:read "*a"
  pipe:close()
  os.remove(path)
  os.remove(path .. ".html")
  return text
end

local function has_elinks()
  local pipe = io.popen "command -v elinks"
  local path = pipe:read "*a"
  pipe:close()
  return path ~= ""
end

describe("a registry that a page has room for", function()
  it("has the columns that a text browser gives it", function()
    if not has_elinks() then pending "skipped: no elinks" end
    local registry = read(source)
    assert.equal(tables(shown_by_elinks(export(registry, "html"))), tables(export(registry, "text")))
  end)
end)

for _, date in ipairs { "2025-10-30", "2026-08-17" } do
  describe("IANA's registry of " .. date, function()
    it("becomes IANA's own tables as plain text, line for line", function()
      local xml, text = corpus_file("xml/" .. date .. ".xml"), corpus_file("txt/" .. date .. ".txt")
      assert.is_true(tables(export(read(xml), "text")) == tables(text))
    end)

    it("becomes a page that a text browser shows as IANA's own tables", function()
      if not has_elinks() then pending "skipped: no elinks" end
      local xml, text = corpus_file("xml/" .. date .. ".xml"), corpus_file("txt/" .. date .. ".txt")
      assert.is_true(tables(shown_by_elinks(export(read(xml), "html"))) == tables(text))
    end)

    it("is read from its page as from its XML", function()
      local registry = read(corpus_file("xml/" .. date .. ".xml"))
      assert.equal(0, unlike(registry, read(export(registry, "html"))))
    end)

    it("is read from plain text as from its XML, but for two rows that text cannot tell apart", function()
      local xml, text = corpus_file("xml/" .. date .. ".xml"), corpus_file("txt/" .. date .. ".txt")
      local registry, account = portolan.read { text = text, source = "txt" }
      assert.is_true(unlike(read(xml), registry) <= 2)
      assert.equal(#read(xml):people(), #registry:people())
      assert.same({ 0, 0 }, { account.repaired, account.refused })
    end)
  end)
end

describe("older files of IANA's", function()
  it("are read: plain text whose positions are bytes", function()
    local registry, account = portolan.read { text = corpus_file "txt/2013-06-26.txt", source = "txt" }
    assert.equal(13306, registry:count())
    assert.same({ 13306, 0, 0 }, { account.kept, account.repaired, account.refused })
    assert.equal("2013-06-26", registry:info().date)
  end)

  it("are read: a page of 2015, with its people", function()
    local registry = read(corpus_file "other/2015-03-16-page1.xhtml")
    assert.equal(100, registry:count())
    assert.equal("2015-03-16", registry:info().date)
    assert.equal("[Mark_Lottor]", registry:named("tcpmux")[1].contact)
  end)
end)
