-- Waivers: what they are for, and when they are not.

local audit = require "portolan.audit"
local finding = require "portolan.finding"
local glob = require "portolan.glob"
local policy = require "portolan.policy"
local portolan = require "portolan"
local readers = require "portolan.readers"
local ruleset = require "portolan.ruleset"

local registry = portolan.open()

local rules = ruleset.new(assert(readers.by_name("iptables-save").read("*filter\n:INPUT DROP [0:0]\n"
  .. "-A INPUT -p tcp --dport 4 -j ACCEPT\n-A INPUT -p tcp --dport 6 -j ACCEPT\nCOMMIT\n", "rules.v4", {})))

local function run(waivers, today)
  local given = assert(policy.read("name: t\nwaivers:\n" .. waivers, "p.yaml", { registry = registry }))
  return audit.run { ruleset = rules, registry = registry, policy = given, today = today or "2026-11-23" }
end

local function one(selector)
  return run("  - { " .. selector .. ", reason: known, expires: 2026-12-31, by: the lead }\n")
end

local function waived(findings)
  local lines = {}
  for _, found in ipairs(findings) do
    if found.waived then lines[#lines + 1] = found.place.line end
  end
  return lines
end

local function with_code(findings, code)
  for _, found in ipairs(findings) do
    if found.code == code then return found end
  end
end

describe("a waiver", function()
  it("keeps the finding, marks it, and takes it out of the counts", function()
    local findings = one "ports: 4/tcp"
    assert.equal(2, #findings)
    local found = with_code(findings, "open-unassigned")
    assert.same({ reason = "known", expires = "2026-12-31", by = "the lead",
      place = { source = "p.yaml", line = 3, column = 5 } }, found.waived)
    local counts = finding.count(findings)
    assert.same({ 1, 1 }, { counts.warning, counts.waived })
  end)

  it("is for the findings that all of its selectors fit", function()
    local id = with_code(one "ports: 4/tcp", "open-unassigned").id
    assert.same({ 3, 4 }, waived(one "code: open-unassigned"))
    assert.same({ 3, 4 }, waived(one "check: open-unassigned"))
    assert.same({ 3 }, waived(one("id: " .. id)))
    assert.same({ 4 }, waived(one "rule: '*--dport 6 *'"))
    assert.same({ 4 }, waived(one "place: 'rules.v4:4'"))
    assert.same({ 3 }, waived(one "place: 'rules.*', ports: '4/tcp, 5/tcp'"))
  end)

  it("is not for a finding of more ports than it names", function()
    assert.same({}, waived(one "ports: 3/tcp"))
  end)

  it("counts up to its last day, and then tells that it ended", function()
    local text = "  - { ports: '4/tcp', reason: known, expires: 2026-11-23 }\n"
    assert.same({ 3 }, waived(run(text, "2026-11-23")))
    local findings = run(text, "2026-11-24")
    assert.same({}, waived(findings))
    local ended = with_code(findings, "waiver-expired")
    assert.equal("a waiver ended on 2026-11-23: known", ended.message)
    assert.same({ "p.yaml", 3 }, { ended.place.source, ended.place.line })
  end)

  it("that is malformed waives nothing, says so, and leaves the others alone", function()
    local findings = run("  - { ports: 4/tcp, expires: 2026-12-31 }\n  - { ports: 4/tcp, reason: x, expires: someday }\n"
      .. "  - { reason: x, expires: 2026-12-31 }\n  - { ports: 6/tcp, reason: x, expires: 2026-12-31 }\n  - what\n")
    assert.same({ 4 }, waived(findings))
    local faults = {}
    for _, found in ipairs(findings) do
      if found.code == "waiver-malformed" then faults[#faults + 1] = found.message end
    end
    assert.same({
      "a waiver waives nothing: p.yaml:3:5: a waiver needs 'reason'",
      "a waiver waives nothing: p.yaml:4:41: expires must be a date such as 2026-11-23, not 'someday'",
      "a waiver waives nothing: p.yaml:5:5: a waiver needs one of code, check, id, rule, place, ports",
      "a waiver waives nothing: p.yaml:7:5: a waiver must be a map of keys and values, not 'what'",
    }, faults)
  end)

  it("that no finding needs is told, and cannot waive itself", function()
    local findings = run("  - { ports: 99/tcp, reason: y, expires: 2026-12-31 }\n"
      .. "  - { place: '*', reason: all, expires: 2026-12-31 }\n")
    assert.equal("no finding needs this waiver: y", with_code(findings, "waiver-unused").message)
    assert.is_nil(with_code(findings, "waiver-unused").waived)
  end)

  it("is not judged without a date: who calls must give one", function()
    local given = assert(policy.read("name: t\nwaivers: [ { ports: 4, reason: x, expires: 2026-12-31 } ]", "p.yaml",
      { registry = registry }))
    assert.has_error(function() audit.run { ruleset = rules, registry = registry, policy = given } end,
      "bad argument 'today' to 'run' (a date expected: the policy has waivers)")
  end)
end)

describe("glob.fits", function()
  it("takes * for any text and ? for one byte, and all else for itself", function()
    for _, case in ipairs { { "abc", "abc" }, { "abc", "a*" }, { "abc", "*c" }, { "abc", "a?c" }, { "abc", "*" },
      { "", "*" }, { "", "" }, { "a.c", "a.c" }, { "aXbXc", "a*X*c" }, { "abab", "*ab" } } do
      assert.is_true(glob.fits(case[1], case[2]), case[1] .. " " .. case[2])
    end
    for _, case in ipairs { { "abc", "ab" }, { "abc", "a?" }, { "abc", "b*" }, { "", "?" }, { "axc", "a.c" } } do
      assert.is_false(glob.fits(case[1], case[2]), case[1] .. " " .. case[2])
    end
  end)

  it("comes to an end whatever the pattern", function()
    assert.is_false(glob.fits(("a"):rep(20000), ("*a"):rep(50) .. "b"))
  end)
end)

describe("the findings of several rulesets", function()
  local waiver = require "portolan.waiver"

  local function said(code, id)
    return { check = "waiver", code = code, id = id, severity = "note", place = { source = "p.yaml", line = 1 } }
  end

  local function ids(lists)
    local list = {}
    for i, found in ipairs(waiver.join(lists)) do list[i] = found.id end
    return list
  end

  it("say once what is wrong with a waiver", function()
    assert.same({ "a" }, ids { { said("waiver-expired", "a") }, { said("waiver-expired", "a") } })
  end)

  it("say that nothing needs a waiver only where no ruleset does", function()
    assert.same({}, ids { { said("waiver-unused", "a") }, {} })
    assert.same({ "a" }, ids { { said("waiver-unused", "a") }, { said("waiver-unused", "a") } })
  end)

  it("are all there otherwise, sorted, with their ids", function()
    local found = { check = "c", code = "c", id = "same", severity = "error" }
    assert.same({ "same", "same", "b" }, ids { { found }, { said("waiver-expired", "b"), found } })
  end)
end)
