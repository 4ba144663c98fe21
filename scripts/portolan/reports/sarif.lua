--- Findings as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), as code hosts read it.
--
-- One run; a rule for each code that was found; a result for each finding. The finding's id is its partial
-- fingerprint. A place with a line is a physical location with a region, and what has no line is named by a logical
-- location: chain, handle, record. Columns are left out, since ours count bytes and SARIF's do not. All results have
-- `suppressions`, as section 3.27.23 asks for where one has, empty where it is not waived; and all a `baselineState`
-- where the findings were compared with an earlier report.
-- @module portolan.reports.sarif

local json = require "portolan.json"
local portolan = require "portolan"

local order = { "$schema", "version", "runs", "tool", "driver", "name", "id", "ruleId", "ruleIndex", "level", "message",
  "text" }

local function text(words)
  return { text = words }
end

local function help_text(found)
  local parts = { found.rationale }
  parts[#parts + 1] = found.remedy
  if #found.references > 0 then parts[#parts + 1] = "See " .. table.concat(found.references, ", ") .. "." end
  return #parts > 0 and table.concat(parts, " ") or found.code
end

local function rule_of(found)
  return {
    id = found.code, shortDescription = text(found.rationale or found.code), help = text(help_text(found)),
    defaultConfiguration = { level = found.severity }, properties = { check = found.check },
  }
end

-- The rules by code, each once; how they are numbered, from 0.
local function rules_of(findings)
  local rules, index = json.list {}, {}
  for _, found in ipairs(findings) do
    if not index[found.code] then
      index[found.code], rules[#rules + 1] = #rules, rule_of(found)
    end
  end
  return rules, index
end

local function percent(byte)
  return ("%%%02X"):format(byte:byte())
end

-- RFC 3986: a path whose other characters are percent-encoded; never taken for a scheme.
local function uri_of(source)
  local path = source:gsub("[^%w/._~-]", percent)
  return path:find "^/" and "file://" .. path or path
end

local function physical(found)
  local place = found.place
  if not (place and place.source and place.source ~= "") then return nil end
  local snippet = found.rule and text(found.rule)
  return {
    artifactLocation = { uri = uri_of(place.source) },
    region = place.line and { startLine = place.line, snippet = snippet } or nil,
  }
end

local function logical(found)
  local place = found.place or {}
  if place.line and not found.chain then return nil end
  local parts = { found.chain }
  if not found.chain then parts[#parts + 1] = place.where end
  if place.handle then parts[#parts + 1] = ("handle %d"):format(place.handle) end
  if place.record then parts[#parts + 1] = ("record %d"):format(place.record) end
  return #parts > 0 and { { fullyQualifiedName = table.concat(parts, " ") } } or nil
end

local function locations(found)
  local location = { physicalLocation = physical(found), logicalLocations = logical(found) }
  return json.list(next(location) and { location } or {})
end

local function suppressions(found)
  local waived = found.waived
  if not waived then return json.list {} end
  local justification = ("%s; until %s"):format(waived.reason, waived.expires)
  return { { kind = "external", status = "accepted", justification = justification } }
end

local function properties(found)
  return {
    rule = found.rule, hook = found.hook, ports = found.ports, also = json.list(found.also),
    notes = json.list(found.notes), references = json.list(found.references), records = json.list(found.records),
    moreRecords = found.more_records, waived = found.waived,
  }
end

local function baseline_state(found)
  return found.known and "unchanged" or "new"
end

local function result_of(found, index, has_baseline)
  return {
    ruleId = found.code, ruleIndex = index[found.code], level = found.severity, message = text(found.message),
    locations = locations(found), partialFingerprints = { ["portolanFinding/v1"] = found.id },
    suppressions = suppressions(found), baselineState = has_baseline and baseline_state(found) or nil,
    properties = properties(found),
  }
end

--- Write findings.
-- @tparam {table,...} findings
-- @tparam ?table options `baseline`, true where known findings are marked
-- @treturn string
return function(findings, options)
  local has_baseline = options ~= nil and options.baseline
  local rules, index = rules_of(findings)
  local results = json.list {}
  for i, found in ipairs(findings) do results[i] = result_of(found, index, has_baseline) end
  local driver = { name = "Portolan", version = portolan._VERSION, rules = rules }
  return json.encode({
    ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json", version = "2.1.0",
    runs = { { tool = { driver = driver }, results = results } },
  }, { order = order, indent = "  " }) .. "\n"
end
