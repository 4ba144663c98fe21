-- Checks that a policy brings along.

local audit = require "portolan.audit"
local iptables = require "portolan.readers.iptables_save"
local lfs = require "lfs"
local policy = require "portolan.policy"
local portolan = require "portolan"
local ruleset = require "portolan.ruleset"

local registry = portolan.open()
local rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m multiport --dports 21,22,23 -j ACCEPT\n"
  .. "-A INPUT -s 10.0.0.0/8 -p tcp --dport 80 -m comment --comment \"to do: close\" -j ACCEPT\nCOMMIT\n"

local function findings(text, source)
  local given = assert(policy.read("name: t\n" .. text, source or "p.yaml", { registry = registry }))
  return audit.run { ruleset = ruleset.new(assert(iptables.read(rules, "r", {}))), registry = registry, policy = given,
    checks = {} }
end

local function by_file(text, more)
  local folder = io.popen "mktemp -d":read "*l"
  local file = assert(io.open(folder .. "/mine.lua", "w"))
  file:write(text)
  file:close()
  local found = findings("own_checks: [ { file: mine.lua, parameters: { word: 'to do' } } ]\n" .. (more or ""),
    folder .. "/p.yaml")
  os.remove(folder .. "/mine.lua")
  lfs.rmdir(folder)
  return found
end

local function expression(when, message)
  return ("  - { code: mine, when: \"%s\", message: \"%s\" }\n"):format(when, message or "{who} {reaches} {services}")
end

describe("an expression in a policy", function()
  it("is asked for each service of an opening, and is one finding with those it is true of", function()
    local found = findings("own_checks:\n" .. expression "service.tag.cleartext and rule.source.world")
    assert.equal(1, #found)
    assert.equal("the world reaches ftp 21/tcp, telnet 23/tcp", found[1].message)
    assert.same({ "mine", "warning", 3, "tcp/21, tcp/23" },
      { found[1].code, found[1].severity, found[1].place.line, found[1].ports })
  end)

  it("knows zones", function()
    local zones = "zones: { inside: { networks: [10.0.0.0/8] } }\n"
    local found = findings(zones .. "own_checks:\n" .. expression "rule.source.inside and service.name == 'http'")
    assert.equal("zone inside reaches http 80/tcp", found[1].message)
  end)

  it("that goes past a limit or is wrong ends in check-failed, and the others go on", function()
    local found = findings("sandbox: { instructions: 100000 }\nown_checks:\n" .. expression "(function() while true do end end)()"
      .. expression "string.rep('x', 2^29)" .. expression "servise.name" .. expression("true", "{nothing}")
      .. expression "service.name == 'ssh'")
    local messages = {}
    for i = 1, 4 do
      assert.equal("check-failed", found[i].code)
      messages[i] = found[i].message
    end
    table.sort(messages)
    messages = table.concat(messages, "\n")
    for _, said in ipairs { "100000 instructions", "bytes of memory", "nil value", "nothing given for {nothing}" } do
      assert.matches(said, messages, 1, true)
    end
    assert.same({ 5, "mine" }, { #found, found[5].code })
  end)

  it("must have a code and a message, and be no file too", function()
    for _, entry in ipairs { "{ when: x }", "{ code: a, message: b }", "{ file: a, when: b, code: c, message: d }" } do
      local given, message = policy.read("name: t\nown_checks: [ " .. entry .. " ]", "p.yaml", { registry = registry })
      assert.is_nil(given)
      assert.matches("^p.yaml:2:15: an ", message)
    end
  end)
end)

describe("a user's check", function()
  local head = "local check = { name = 'mine', codes = { found = { severity = 'note', message = '{word} at {chain}' } } }\n"

  it("has the shape of a shipped one, and reports rules and openings", function()
    local found = by_file(head .. [[
      function check.run(context)
        for _, rule in ipairs(context.rules) do
          if (rule.comment or ""):find(context.parameters.word) then
            context:report("found", { rule = rule, word = "left", notes = { "n" } })
          end
        end
        for _, opening in ipairs(context.openings) do
          if #opening.services == 3 then context:report("found", { opening = opening, word = "three" }) end
        end
      end
      return check]])
    assert.same({ "three at filter/INPUT", "left at filter/INPUT" }, { found[1].message, found[2].message })
    assert.same({ 3, 4, "n", "mine.lua" }, { found[1].place.line, found[2].place.line, found[2].notes[1], found[1].check })
  end)

  it("is judged before it is believed", function()
    local function reason(body)
      local found = by_file(body)
      assert.same({ 1, "check-failed" }, { #found, found[1].code })
      return found[1].message
    end
    assert.matches("a check is a table with name, codes and run", reason "return 1", 1, true)
    assert.matches("a check has codes", reason "return { run = function() end }")
    assert.matches("no severity", reason "return { codes = { a = { message = 'x', severity = 'bad' } }, run = print or function() end }")
    assert.matches("has no code 'other'", reason(head .. "function check.run(c) c:report('other', {}) end return check"))
    assert.matches("no luck", reason(head .. "function check.run() error 'no luck' end return check"))
    assert.matches("instructions", reason(head .. "while true do end", "sandbox: { instructions: 1000 }"))
  end)

  it("cannot fill a report with more than is read", function()
    local found = by_file(head .. "function check.run(c) for i = 1, 10001 do c:report('found', { word = 'w' }) end end return check")
    assert.matches("more than 10000 findings", found[1].message)
  end)

  it("that is not there ends in check-failed", function()
    local found = findings "own_checks: [ { file: /nowhere/mine.lua } ]"
    assert.matches("/nowhere/mine.lua: No such file", found[1].message, 1, true)
  end)
end)
