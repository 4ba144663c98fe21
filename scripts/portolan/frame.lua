--- The check frame: checks run over a subject, and what they have to say collected.
--
--    local run = frame.new {
--      subject = { registry = registry },                  -- fields of every check's context
--      severity = function(check, code, values) return check.codes[code].severity end,
--      describe = function(values) return { place = values.place }, { port = "22/tcp" } end,
--    }
--    run:check(a_check)
--    local findings = run:findings()
--
-- A check's `run(context)` sees the subject's fields, its own `parameters`, and `context:report(code, values)`.
-- The audit, the lint and the review differ in what they put in: what a finding is about is for `describe` to say,
-- what fills the message's {holes} too, besides each text among the values. A check that raises ends in the finding
-- "check-failed", and the others go on.
-- @module portolan.frame

local finding = require "portolan.finding"

local frame = {}

-- What the frame itself may have to say, in the shape of a check.
local own = { name = "frame", codes = {
  ["check-failed"] = {
    severity = "error",
    message = "the check '{check}' stopped: {reason}",
    rationale = "What it would have found from there on is unknown.",
    remedy = "Correct the check, or turn it off in the policy.",
  },
} }

local function filled(template, holes)
  return (template:gsub("{(%w+)}", function(name)
    return holes[name] or error(("nothing given for {%s}"):format(name), 0)
  end))
end

local function add_texts(holes, values)
  for name, value in pairs(values) do
    if type(value) == "string" then holes[name] = value end
  end
  return holes
end

local function with(list, more)
  local all = {}
  for _, text in ipairs(list or {}) do all[#all + 1] = text end
  for _, text in ipairs(more or {}) do all[#all + 1] = text end
  return all
end

local Context = {}
Context.__index = Context

--- Add a finding, if its severity is not "off".
-- @tparam string code one of the check's
-- @tparam table values what the job's `describe` takes; `references`, `notes`, `records`, `subject` as in
--   portolan.finding; and a text for each further hole of the code's message
function Context:report(code, values)
  local check, job = self.check, self.job
  local says = check.codes[code] or error(("check '%s' has no code '%s'"):format(check.name, code), 2)
  local severity = job.severity(check, code, values)
  if not severity then return end
  local fields, holes = job.describe(values)
  fields.code, fields.check, fields.severity = code, check.name, severity
  fields.message = filled(says.message, add_texts(holes, values))
  fields.rationale, fields.remedy = says.rationale, says.remedy
  fields.references = with(values.references or says.references, job.references and job.references(check, code))
  fields.notes, fields.records, fields.subject = values.notes, fields.records or values.records, values.subject
  job.found[#job.found + 1] = finding.new(fields)
end

local Run = {}
Run.__index = Run

--- A run, before its first check.
-- @tparam table job `subject`; `severity(check, code, values)`, nil for what is not to be said;
--   `describe(values)`, a finding's fields and the message's holes; optional `parameters(check)`,
--   `references(check, code)`, which come after the code's own, and `source`
-- @treturn Run
function frame.new(job)
  job.found = {}
  return setmetatable({ job = job }, Run)
end

--- What a check is given.
-- @tparam table check
-- @treturn table
function Run:context(check)
  local context = { check = check, job = self.job }
  for key, value in pairs(self.job.subject) do context[key] = value end
  if self.job.parameters then context.parameters = self.job.parameters(check) end
  return setmetatable(context, Context)
end

-- "…/checks/mine.lua:3: reason" tells the reader of a report nothing by its folder.
local function reason_of(raised)
  return (tostring(raised):gsub("%c", " "):gsub("^.-([^/\\]*:%d+: )", "%1"))
end

--- Run a check.
-- @tparam table check
function Run:check(check)
  local ok, raised = pcall(check.run, self:context(check))
  if ok then return end
  self:context(own):report("check-failed", {
    check = check.name, reason = reason_of(raised), subject = check.name, place = { source = self.job.source },
  })
end

--- What was found.
-- @treturn {table,...} findings, the worst first, then by place
function Run:findings()
  return finding.sort(self.job.found)
end

return frame
