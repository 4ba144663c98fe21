-- Reports: findings to text.

local cjson = require "cjson"
local finding = require "portolan.finding"
local json = require "portolan.json"
local json_schema = require "json_schema"
local json_report = require "portolan.reports.json"
local text_report = require "portolan.reports.text"

local function made(fields)
  local base = {
    code = "open-thing", check = "open-thing", severity = "warning", message = "the world reaches 4/tcp",
    rationale = "Because.", remedy = "Close it.", references = { "RFC6335 section 6" }, chain = "filter/INPUT",
    rule = "-A INPUT -p tcp --dport 4 -j ACCEPT", place = { source = "r.v4", line = 12, column = 1 }, ports = "tcp/4",
    records = { { id = 1, name = "x", first = 4, last = 4, transport = "tcp", status = "assigned",
      description = "The X", assignee = "[Some_Body]", registered = "2005-08", reference = "[RFC1][RFC2]" } },
  }
  for key, value in pairs(fields or {}) do base[key] = value end
  return finding.new(base)
end

local about = {
  source = "r.v4", dialect = "iptables-save", rules = 1, unread = 2, policy = "p", registry = "2026-07-07",
}

describe("the text report", function()
  it("shows finding, rule, registry and remedy, and counts at the end", function()
    local found = made()
    assert.equal(([[
r.v4: iptables-save, 1 rule, 2 not read; policy p; registry of 2026-07-07

warnings

  warning  open-thing  r.v4:12  filter/INPUT
    the world reaches 4/tcp
    rule  -A INPUT -p tcp --dport 4 -j ACCEPT
    IANA  4/tcp x, The X; held by Some Body; since 2005-08; RFC1, RFC2
    id    %s

what to do

  open-thing
    why   Because.
    do    Close it.
    see   RFC6335 section 6

0 errors, 1 warning, 0 notes
]]):format(found.id), text_report({ found }, { about = about }))
  end)

  it("explains a code once", function()
    local page = text_report { made(), made { rule = "other" } }
    local _, times = page:gsub("Close it", "")
    assert.equal(1, times)
  end)

  it("groups by chain where that is asked for", function()
    local page = text_report({ made(), made { chain = "filter/web" } }, { group = "chain" })
    assert.matches("\nfilter/web\n\n  warning", page)
  end)

  it("uses colour only where that is asked for", function()
    assert.is_nil(text_report({ made() }):find "\27")
    assert.is_not_nil(text_report({ made() }, { colour = true }):find("\27[1;33mwarning\27[0m", 1, true))
  end)

  it("lets no control character of a rule through", function()
    local page = text_report { made { rule = "a\27[2Jb\0c\194\155d\233" } }
    assert.matches("a\\x1b[2Jb\\x00c\\xc2\\x9bd\239\191\189", page, 1, true)
  end)

  it("shows four records and counts the rest", function()
    local records = {}
    for i = 1, 20 do records[i] = { id = i, first = i, last = i, status = "unassigned" } end
    local page = text_report { made { records = records } }
    assert.matches("IANA  4 unassigned\n          and 16 more records\n", page, 1, true)
  end)

  it("says what else must hold", function()
    assert.matches("if    also owner 0, limit 3", text_report { made { also = { "owner 0", "limit 3" } } }, 1, true)
  end)

  it("is one line where there are no findings", function()
    assert.equal("0 errors, 0 warnings, 0 notes\n", text_report {})
  end)
end)

describe("the JSON report", function()
  it("is JSON with every finding and field", function()
    local found = made()
    local document = cjson.decode(json_report({ found, made { severity = "error" } }, { about = about }))
    assert.equal("portolan-findings-1", document.format)
    assert.same({ error = 1, warning = 1, note = 0, waived = 0, known = 0 }, document.summary)
    assert.same({ 2, "p", "r.v4" }, { document.unread, document.policy, document.source })
    for key, value in pairs(found) do assert.same(value, document.findings[1][key], key) end
  end)

  it("is the same text each time, keys in their order, lists there when empty", function()
    local text = json_report({ made { records = {}, references = {} } }, { compact = true })
    assert.equal(text, json_report({ made { records = {}, references = {} } }, { compact = true }))
    assert.matches('^{"format":"[%w-]+","summary":{"error":0,"warning":1,"note":0,"waived":0,"known":0},"findings":%[{"id":', text)
    assert.matches('"also":[],"notes":[],"references":[],"records":[]', text, 1, true)
  end)

  it("is an empty list where there are no findings", function()
    assert.matches('"findings": []', json_report({}), 1, true)
  end)

  it("is valid whatever bytes a rule has", function()
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    local document = cjson.decode(json_report { made { rule = table.concat(bytes) } })
    assert.matches("abcdefgh", document.findings[1].rule)
  end)
end)

describe("json.encode", function()
  it("sorts keys, after those that are given an order", function()
    assert.equal('{"z":1,"a":2,"b":{"c":true}}', json.encode({ a = 2, z = 1, b = { c = true } }, { order = { "z" } }))
  end)

  it("writes whole numbers without a point, and others exactly", function()
    assert.equal("[80,0.5,-3,9007199254740992]", json.encode { 80.0, 0.5, -3, 2 ^ 53 })
  end)

  it("tells lists from objects", function()
    assert.equal('[[],{},[1]]', json.encode { json.list {}, {}, { 1 } })
  end)

  it("writes a null that was read, and keeps its place", function()
    assert.equal('{"a":[1,null,2]}', json.encode(assert(json.read('{"a":[1,null,2]}', "x"))))
  end)

  it("raises at what JSON has not", function()
    assert.has_error(function() json.encode { 0 / 0 } end)
    assert.has_error(function() json.encode { print } end)
  end)
end)

local reports = require "portolan.reports"

local function report(name, findings, options)
  return reports.by_name(name)(findings, options)
end

local waiver = { reason = "moves <soon> ]]> \"q\"", expires = "2027-03-01", by = "the lead",
  place = { source = "p.yaml", line = 3, column = 5 } }

local all_bytes = {}
for i = 0, 255 do all_bytes[i + 1] = string.char(i) end
all_bytes = table.concat(all_bytes)

local hostile_texts = {
  "one\ntwo\r\nthree", 'quotes " and \' and ``` and `', "]]> --> <b>&amp; </failure>", "\0\1\27[2J\127\194\155",
  "caf\233 \239\191\190 \255", "::error ::x\n::error::y", "a,b;c\"\"d", "| # [x](y) ![z](w) *b* _u_", "%0A%25 100%",
  all_bytes,
}

-- All severities, waived, known, without a place, and texts that would break each format.
local function menagerie()
  local list = {
    made { severity = "error" }, made(), made { severity = "note", place = { source = "r.json", where = "a/b", handle = 4 } },
    made { rule = "waived", waived = waiver }, made { rule = "known", known = true },
    finding.new { code = "bare", check = "bare", severity = "note", message = "nothing else" },
    made { place = { record = 7, source = "x.csv" } },
  }
  for _, text in ipairs(hostile_texts) do
    list[#list + 1] = made { message = text, rule = text, chain = text, notes = { text }, also = { text },
      remedy = text, rationale = text, place = { source = text, line = 2, column = 1 } }
    list[#list + 1] = made { rule = text, waived = { reason = text, expires = "2027-03-01", by = text } }
  end
  return finding.sort(list)
end

-- RFC 4180.
local function csv_rows(text)
  local rows, at = {}, 1
  while at <= #text do
    local cells = {}
    repeat
      local cell, stop, past = text:match('^"(.-)"([,\r])()', at)
      while cell and select(2, cell:gsub('"', "")) % 2 == 1 do
        local more
        more, stop, past = text:match('^(.-)"([,\r])()', past)
        cell = cell .. '"' .. stop .. more
      end
      if not cell then cell, stop, past = text:match("^([^,\r\"]*)([,\r])()", at) end
      cells[#cells + 1] = cell:gsub('""', '"')
      at = past
    until stop == "\r"
    assert.equal("\n", text:sub(at, at))
    at, rows[#rows + 1] = at + 1, cells
  end
  return rows
end

local function count_lines(text, pattern)
  local count = 0
  for line in text:gmatch "[^\n]*" do
    if line:find(pattern) then count = count + 1 end
  end
  return count
end

local function states(list, state_of)
  local counts = { new = 0, known = 0, waived = 0 }
  for _, item in ipairs(list) do counts[state_of(item)] = counts[state_of(item)] + 1 end
  return counts
end

local function junit_cases(text)
  local cases = {}
  for _, suite in ipairs(assert(require("portolan.xml").read(text, "x")).children) do
    for _, case in ipairs(suite.children) do cases[#cases + 1] = case end
  end
  return cases
end

local function github_state(line)
  return line:match "title=[^:]* %((%w+)%)::" or "new"
end

local function lines_of(text)
  local list = {}
  for line in text:gmatch "([^\n]*)\n" do list[#list + 1] = line end
  return list
end

-- By report: its text -> how many findings of each state it holds, read back from it.
local counted = {}

function counted.json(text)
  return states(cjson.decode(text).findings, finding.state)
end

function counted.sarif(text)
  return states(cjson.decode(text).runs[1].results, function(result)
    return #result.suppressions > 0 and "waived" or result.baselineState == "unchanged" and "known" or "new"
  end)
end

function counted.junit(text)
  return states(junit_cases(text), function(case)
    local outcome = case.children[1]
    return outcome.name == "failure" and "new" or outcome.attributes.message == "known" and "known" or "waived"
  end)
end

function counted.csv(text)
  local rows = csv_rows(text)
  table.remove(rows, 1)
  return states(rows, function(row)
    assert.equal(25, #row)
    return row[5]
  end)
end

function counted.github(text)
  return states(lines_of(text), function(line)
    assert.matches("^::%l+ [^:]*title=[^:]*::", line)
    return github_state(line)
  end)
end

function counted.markdown(text)
  local known, waived = count_lines(text, "^### .* %(known%)$"), count_lines(text, "^### .* %(waived%)$")
  return { new = count_lines(text, "^### ") - known - waived, known = known, waived = waived }
end

function counted.text(text)
  local before_known, after = text:match "^(.-)\nknown\n(.*)$"
  local known, rest = after:match "^(.-)\nwaived\n(.*)$"
  local id = "^    id    "
  return { new = count_lines(before_known, id), known = count_lines(known, id), waived = count_lines(rest, id) }
end

describe("every report", function()
  for _, name in ipairs(reports.list) do
    it("drops no finding, whatever its texts are: " .. name, function()
      local findings = menagerie()
      assert.same(states(findings, finding.state), counted[name](report(name, findings, { baseline = true })))
    end)

    it("is the same each time, and ends its last line: " .. name, function()
      local text = report(name, menagerie())
      assert.equal(text, report(name, menagerie()))
      assert.equal("\n", text:sub(-1))
    end)

    it("lets no control character reach a terminal: " .. name, function()
      assert.is_nil(report(name, menagerie()):find "[%z\1-\9\11\12\14-\31\127]")
    end)

    it("has something to say where there are no findings: " .. name, function()
      assert.is_string(report(name, {}))
    end)
  end
end)

describe("the text report, of findings that are not counted,", function()
  it("has sections of their own, with reason and end", function()
    local page = report("text", { made(), made { rule = "a", known = true }, made { rule = "b", waived = waiver } })
    assert.matches("\nknown\n.*\nwaived\n", page)
    assert.matches("until 2027-03-01, by the lead: moves <soon>", page, 1, true)
    assert.matches("\n0 errors, 1 warning, 0 notes, 1 known, 1 waived\n$", page)
  end)

  it("names every ruleset", function()
    local page = report("text", {}, { rulesets = { about, { source = "b.v4", dialect = "nft", rules = 2, unread = 0,
      policy = "p" } } })
    assert.matches("^r.v4: iptables%-save.*\nb.v4: nft, 2 rules; policy p\n", page)
  end)
end)

local function schema_at(path)
  local file = assert(io.open(path, "rb"))
  local schema = cjson.decode(file:read "*a")
  file:close()
  return schema
end

describe("the JSON report's schema", function()
  local schema = schema_at(assert(require("portolan.shipped").path "schemas/findings.schema.json"))

  it("fits what the report writes", function()
    for _, options in ipairs { {}, { about = about }, { rulesets = { about, about } } } do
      assert.same({}, json_schema.faults(schema, cjson.decode(report("json", menagerie(), options))))
    end
  end)

  it("refuses what the report never writes", function()
    local document = cjson.decode(report("json", menagerie()))
    document.findings[1].id, document.findings[1].severity, document.summary.error = nil, "fatal", -1
    document.findings[2].odd, document.format = true, "x"
    assert.same({ "/findings/1/id: required", "/findings/1/severity: not in the enum: fatal", "/findings/2/odd: not known",
      "/format: not portolan-findings-1", "/summary/error: too small" }, json_schema.faults(schema, document))
  end)
end)

describe("the SARIF report", function()
  local levels = { none = true, note = true, warning = true, error = true }

  local function log(options)
    return cjson.decode(report("sarif", menagerie(), options))
  end

  it("fits the schema of the standard", function()
    local schema = schema_at "spec/schemas/sarif-2.1.0.json"
    for _, findings in ipairs { menagerie(), {} } do
      for _, options in ipairs { {}, { baseline = true } } do
        assert.same({}, json_schema.faults(schema, cjson.decode(report("sarif", findings, options))))
      end
    end
    local document = log()
    document.runs[1].results[1].level, document.runs[1].results[2].message, document.version = "fatal", nil, "2.0"
    document.runs[1].odd = 1
    assert.same({ "/runs/1/odd: not known", "/runs/1/results/1/level: not in the enum: fatal",
      "/runs/1/results/2/message: required", "/version: not in the enum: 2.0" }, json_schema.faults(schema, document))
  end)

  it("is a log of one run with a named tool (3.13, 3.14, 3.19)", function()
    local document = log()
    assert.equal("2.1.0", document.version)
    assert.equal(1, #document.runs)
    assert.equal("Portolan", document.runs[1].tool.driver.name)
    assert.is_not_nil(document.runs[1].results)
  end)

  it("describes each rule once, with help, and results point to it (3.49, 3.27.5)", function()
    local run, seen = log().runs[1], {}
    for _, rule in ipairs(run.tool.driver.rules) do
      assert.is_nil(seen[rule.id])
      seen[rule.id] = true
      assert.is_true(#rule.shortDescription.text > 0 and #rule.help.text > 0)
      assert.is_true(levels[rule.defaultConfiguration.level])
    end
    for _, result in ipairs(run.results) do
      assert.equal(result.ruleId, run.tool.driver.rules[result.ruleIndex + 1].id)
      assert.is_true(levels[result.level])
    end
  end)

  it("gives each result a message and a fingerprint of its own (3.27.11, 3.27.17)", function()
    local seen = {}
    for _, result in ipairs(log().runs[1].results) do
      local print = result.partialFingerprints["portolanFinding/v1"]
      assert.is_nil(seen[print])
      seen[print] = true
      assert.is_true(#result.message.text > 0)
    end
  end)

  it("has places whose URI is one (3.4.3), with a region from line 1, or logical ones", function()
    for _, result in ipairs(log().runs[1].results) do
      for _, location in ipairs(result.locations) do
        local physical = location.physicalLocation
        if physical then
          assert.is_nil(physical.artifactLocation.uri:gsub("%%%x%x", ""):find "[^%w/._~-]")
          assert.is_true(not physical.region or physical.region.startLine >= 1)
        end
        assert.is_not_nil(physical or location.logicalLocations[1].fullyQualifiedName)
      end
    end
  end)

  it("suppresses what is waived, and says so of all results or none (3.27.23, 3.35)", function()
    local found = 0
    for _, result in ipairs(log().runs[1].results) do
      assert.is_table(result.suppressions)
      for _, suppression in ipairs(result.suppressions) do
        assert.same({ "external", "accepted" }, { suppression.kind, suppression.status })
        assert.matches("until 2027", suppression.justification)
        found = found + 1
      end
    end
    assert.is_true(found > 1)
  end)

  it("speaks of a baseline only where there is one (3.27.24)", function()
    for _, result in ipairs(log().runs[1].results) do assert.is_nil(result.baselineState) end
    for _, result in ipairs(log({ baseline = true }).runs[1].results) do
      assert.is_true(result.baselineState == "new" or result.baselineState == "unchanged")
    end
  end)
end)

describe("the GitHub report", function()
  it("writes a command that the runner reads", function()
    assert.equal("::warning file=r.v4,line=12,col=1,title=open-thing::the world reaches 4/tcp%0A"
      .. "-A INPUT -p tcp --dport 4 -j ACCEPT%0AClose it.\n", report("github", { made() }))
  end)

  it("lets no text end a property or a command", function()
    local line = report("github", { made { message = "a%\n::error::b", place = { source = "C:\\x,y::z", line = 1 } } })
    assert.matches("^::warning file=C%%3A\\x%%2Cy%%3A%%3Az,line=1,title=open%-thing::a%%25\\x0a::error::b%%0A", line)
    assert.equal(1, #lines_of(line))
  end)
end)

describe("the Markdown report", function()
  local function of(message, rule)
    return report("markdown", { made { message = message, rule = rule } })
  end

  it("takes no text for markup", function()
    assert.matches("\n\\- a \\# \\*b\\* \\<i\\> \\[x\\](y) c-d \\@e \\| \\`f\\`\n", of("- a # *b* <i> [x](y) c-d @e | `f`"), 1, true)
    assert.matches("\n1\\. a\n", of "1. a", 1, true)
  end)

  it("fences code by more backticks than it holds", function()
    assert.matches("- rule: ``` a `` b ` c ```\n", of("m", "a `` b ` c"), 1, true)
  end)
end)

describe("the JUnit report", function()
  it("counts tests, failures and skipped ones, a suite for each ruleset", function()
    local root = assert(require("portolan.xml").read(report("junit", { made(), made { rule = "a", waived = waiver },
      made { place = { source = "b" } } }), "x"))
    assert.same({ name = "portolan", tests = "3", failures = "2", errors = "0", skipped = "1" }, root.attributes)
    assert.same({ "r.v4", "b" }, { root.children[1].attributes.name, root.children[2].attributes.name })
  end)
end)
