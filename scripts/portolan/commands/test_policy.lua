--- portolan test-policy: policies and checks, held to the findings that their fixtures expect.
-- @module portolan.commands.test_policy

local audit = require "portolan.audit"
local fixture = require "portolan.fixture"
local ruleset = require "portolan.ruleset"
local source = require "portolan.source"
local printable = require("portolan.unicode").printable

local command = {
  name = "test-policy",
  summary = "Run the fixtures of a policy: a ruleset in, the expected findings out.",
  example = "portolan test-policy policies/tests",
}

function command.options(parser)
  parser:argument("folder", "Where NAME.rules and NAME.expected.yaml are."):argname "DIR"
  source.option(parser)
end

-- What differs, or nil and why nobody can tell.
local function try(path, registry)
  local expected, message = fixture.load(path)
  if not expected then return nil, message end
  local policy, wrong = source.policy(expected.policy, registry)
  if not policy then return nil, wrong end
  local tables, trouble = source.ruleset(expected.rules, { registry = registry, from = expected.from })
  if not tables then return nil, trouble end
  local findings = audit.run {
    ruleset = ruleset.new(tables), registry = registry, policy = policy,
    today = expected.today or os.date "!%Y-%m-%d",
  }
  return fixture.differences(findings, expected)
end

local function show(terminal, path, differences)
  terminal.write(("%-7s %s\n"):format(#differences == 0 and "ok" or "FAILED", path))
  for _, line in ipairs(differences) do terminal.write("        " .. printable(line) .. "\n") end
end

function command.run(arguments, terminal)
  local registry, message = source.registry(arguments)
  if not registry then return nil, message end
  local paths, trouble = fixture.list(arguments.folder)
  if not paths then return nil, trouble end
  local failed = 0
  for _, path in ipairs(paths) do
    local differences, why = try(path, registry)
    if not differences then return nil, why end
    show(terminal, path, differences)
    if #differences > 0 then failed = failed + 1 end
  end
  terminal.write(("%d fixture%s, %d failed\n"):format(#paths, #paths == 1 and "" or "s", failed))
  return failed > 0 and 1 or 0
end

return command
