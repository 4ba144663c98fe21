--- Fixtures of policies and checks: a ruleset, and the findings that it must give.
--
--    edge.rules            the ruleset, in any dialect
--    edge.expected.yaml    policy: internet-edge            # a shipped one, or a path from here
--                          today: 2026-11-23                # for waivers; today's date if not given
--                          only: [denied-service]           # the codes that this is about; all if not given
--                          findings:
--                            - { code: denied-service, line: 4, severity: error, ports: tcp/23 }
--
-- Of a finding only the keys that are given are compared, `message` by its `*` and `?`. Each expected finding must
-- be there, and no other.
-- @module portolan.fixture

local finding = require "portolan.finding"
local glob = require "portolan.glob"
local lfs = require "lfs"
local schema = require "portolan.schema"

local fixture = {}

local text = { type = "string" }
local texts = { type = "list", single = true, of = text }

local form = { type = "map", name = "a fixture", fields = {
  policy = { type = "string", required = true }, today = { type = "date" }, from = text, only = texts,
  findings = { type = "list", required = true, of = { type = "map", short = "code", placed = true,
    name = "an expected finding", fields = {
      code = { type = "string", required = true }, line = { type = "integer", min = 1 }, ports = { type = "ports" },
      severity = { type = "enum", values = finding.severities }, message = text, chain = text,
      waived = { type = "boolean" },
    },
  } },
} }

local ending = "%.expected%.yaml$"

--- The fixtures of a folder, by name.
-- @tparam string folder
-- @treturn[1] {string,...} paths without their endings
-- @return[2] nil, message, detail
function fixture.list(folder)
  if lfs.attributes(folder, "mode") ~= "directory" then
    return nil, folder .. ": no such folder", { code = "io", source = folder }
  end
  local list = {}
  for name in lfs.dir(folder) do
    if name:find(ending) then list[#list + 1] = folder:gsub("/+$", "") .. "/" .. name:gsub(ending, "") end
  end
  table.sort(list)
  if #list > 0 then return list end
  return nil, folder .. ": no fixture; one is NAME.rules and NAME.expected.yaml", { code = "io", source = folder }
end

--- Read what a fixture expects.
-- @tparam string path without ending
-- @treturn[1] table `rules` and `policy` (paths, or a shipped policy's name), `today`, `from`, `only`, `findings`
-- @return[2] nil, message, detail as from schema.load
function fixture.load(path)
  local expected, message, detail = schema.load(path .. ".expected.yaml", form)
  if not expected then return nil, message, detail end
  expected.rules = path .. ".rules"
  local is_path = expected.policy:find "[/.]" and not expected.policy:find "^/"
  if is_path then expected.policy = (path:match "^(.*/)" or "") .. expected.policy end
  return expected
end

local fits = {}

function fits.code(found, code) return found.code == code end
function fits.line(found, line) return found.place ~= nil and found.place.line == line end
function fits.severity(found, severity) return found.severity == severity end
function fits.ports(found, ports) return found.ports == tostring(ports) end
function fits.message(found, pattern) return glob.fits(found.message, pattern) end
function fits.chain(found, chain) return found.chain == chain end
function fits.waived(found, waived) return (found.waived ~= nil) == waived end

local function is_expected(expected, found)
  for key, test in pairs(fits) do
    if expected[key] ~= nil and not test(found, expected[key]) then return false end
  end
  return true
end

local function take(findings, expected)
  for i, found in ipairs(findings) do
    if is_expected(expected, found) then return table.remove(findings, i) end
  end
end

local function considered(findings, only)
  local wanted, list = {}, {}
  for _, code in ipairs(only or {}) do wanted[code] = true end
  for _, found in ipairs(findings) do
    if not only or wanted[found.code] then list[#list + 1] = found end
  end
  return list
end

--- What differs between findings and what is expected.
-- @tparam {table,...} findings
-- @tparam table expected as from `load`
-- @treturn {string,...} a line each; empty where nothing does
function fixture.differences(findings, expected)
  local left, differences = considered(findings, expected.only), {}
  for _, one in ipairs(expected.findings) do
    if not take(left, one) then
      differences[#differences + 1] = ("%s: no such finding: %s"):format(finding.where(one.place), one.code)
    end
  end
  for _, found in ipairs(left) do
    differences[#differences + 1] = ("%s: not expected: %s %s: %s"):format(
      finding.where(found.place), found.severity, found.code, found.message)
  end
  return differences
end

return fixture
