--- A baseline: an earlier JSON report, whose findings are known.
--
--    local ids, message = baseline.read(text, "last-week.json")
--    baseline.mark(findings, ids)
--
-- A finding is known by its id, which stays when lines move (portolan.finding). Of two rules that are the same the
-- second has an id of its own, so one more of them is new. What was waived in the earlier report is not known by it.
-- @module portolan.baseline

local json = require "portolan.json"

local baseline = {}

local format = "portolan-findings-1"

--- The ids of an earlier report.
-- @tparam string text as portolan.reports.json writes it
-- @tparam string source the document's name, for messages
-- @treturn[1] table by id, true
-- @return[2] nil, "source:line:column: message", { code = "syntax", ... }
function baseline.read(text, source)
  local document, message, detail = json.read(text, source)
  if not document then return nil, message, detail end
  if json.object(document).format ~= format then
    return nil, ("%s:1:1: not a report that 'portolan audit -f json' wrote: its format is not '%s'")
      :format(source, format), { code = "syntax", source = source, line = 1, column = 1 }
  end
  local ids = {}
  for _, found in ipairs(json.list(document.findings)) do
    local id = json.text(json.object(found).id)
    if id and type(found.waived) ~= "table" then ids[id] = true end
  end
  return ids
end

--- Mark the findings that are known.
-- @tparam {table,...} findings those get `known` = true
-- @tparam table ids as from `read`
function baseline.mark(findings, ids)
  for _, found in ipairs(findings) do
    if ids[found.id] then found.known = true end
  end
end

return baseline
