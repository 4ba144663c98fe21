--- The reports there are, each loaded when it is first asked for.
--
--    local text = reports.by_name "sarif"(findings, { about = audit.about(subject) })
--
-- A report is one module in `reports/`: a function of findings (portolan.finding) and options, of which it takes what
-- it has a use for, that returns a text. None leaves a finding out.
-- @module portolan.reports

local reports = {}

--- Names of the reports.
reports.list = { "text", "json", "sarif", "junit", "csv", "markdown", "github" }

--- Declare `--format`.
-- @param parser
function reports.option(parser)
  parser:option("-f --format", table.concat(reports.list, ", ") .. "."):choices(reports.list):default "text"
end

--- A report.
-- @tparam string name one of `list`
-- @treturn function
function reports.by_name(name)
  return require("portolan.reports." .. name)
end

return reports
