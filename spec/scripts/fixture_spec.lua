-- Fixtures of policies, and baselines.

local baseline = require "portolan.baseline"
local finding = require "portolan.finding"
local fixture = require "portolan.fixture"
local json_report = require "portolan.reports.json"

local function made(line, code)
  return finding.new { code = code or "a", check = "c", severity = "warning", message = "m " .. line, rule = "r" .. line,
    place = { source = "x.rules", line = line }, ports = "tcp/22" }
end

local function place(line)
  return { source = "x.expected.yaml", line = line }
end

describe("a fixture", function()
  it("is met where each expected finding is there, and no other", function()
    local expected = { findings = { { code = "a", line = 3, severity = "warning", message = "m*", waived = false } } }
    assert.same({}, fixture.differences({ made(3) }, expected))
  end)

  it("tells what is missing and what is too much, with their places", function()
    local expected = { findings = { { code = "a", line = 4, place = place(7) } } }
    assert.same({ "x.expected.yaml:7: no such finding: a", "x.rules:3: not expected: warning a: m 3" },
      fixture.differences({ made(3) }, expected))
  end)

  it("takes each finding once", function()
    local expected = { findings = { { code = "a", place = place(1) }, { code = "a", place = place(2) } } }
    assert.same({ "x.expected.yaml:2: no such finding: a" }, fixture.differences({ made(3) }, expected))
  end)

  it("is about the codes that it names", function()
    assert.same({}, fixture.differences({ made(3, "b") }, { only = { "a" }, findings = {} }))
  end)

  it("is not found where none is", function()
    assert.matches("no such folder", (select(2, fixture.list "/nowhere/x")))
    assert.matches("no fixture", (select(2, fixture.list "core")))
  end)
end)

describe("a baseline", function()
  it("knows findings wherever their lines have gone, and no others", function()
    local ids = assert(baseline.read(json_report { made(3) }, "b.json"))
    local moved, new = made(3), made(4)
    moved.place.line = 30
    baseline.mark({ moved, new }, ids)
    assert.same({ true, nil }, { moved.known, new.known })
  end)

  it("does not know what was waived then", function()
    local waived = made(3)
    waived.waived = { reason = "r", expires = "2027-01-01" }
    assert.same({}, baseline.read(json_report { waived }, "b.json"))
  end)

  it("says what is no report", function()
    for _, text in ipairs { "", "[", "[]", "{}", '"x"', "null", '{"format":"portolan-findings-2"}' } do
      local ids, message, detail = baseline.read(text, "b.json")
      assert.is_nil(ids, text)
      assert.matches("^b.json:1:%d+: not ", message)
      assert.equal("syntax", detail.code)
    end
    assert.same({}, baseline.read('{"format":"portolan-findings-1","findings":[1,null,{"id":7}]}', "b.json"))
  end)
end)
