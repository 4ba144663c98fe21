--- The checks there are, each loaded when it is first asked for.
--
--    for _, check in ipairs(checks.all()) do check.run(context) end
--
-- A check is one module in `checks/`, those of the lint and the review each in their own folder below; its file has
-- its name with `_` for `-`:
-- `{ name =, codes = { [code] = { severity =, message =, rationale =, remedy =, references = } }, run =,
-- parameters = forms of portolan.schema by name, or nil }`. See portolan.audit for what `run` is given.
-- @module portolan.checks

local checks = {}

--- Names of the shipped checks, in the order in which they run.
checks.list = { "accept-all", "denied-service", "open-unassigned", "open-dynamic", "unauthorized-use" }

--- Those of the lint (portolan.lint).
checks.lint = { "name-syntax", "name-case", "alias", "several-names", "several-ports", "range", "experiment", "status",
  "overlap", "required", "people", "reference", "service-code", "dates", "unregistered-use", "overlay" }

--- Those of the review (portolan.review).
checks.review = { "required", "name", "port", "transports", "service-code", "txt-keys", "advice", "procedure" }

--- A shipped check.
-- @tparam string name one of `list`, `lint` or `review`
-- @tparam ?string job "lint" or "review", if not the audit
-- @treturn table
function checks.by_name(name, job)
  return require("portolan.checks." .. (job and job .. "." or "") .. name:gsub("%-", "_"))
end

--- All shipped checks of a job.
-- @tparam ?string job as for `by_name`
-- @treturn {table,...}
function checks.all(job)
  local all = {}
  for i, name in ipairs(checks[job or "list"]) do all[i] = checks.by_name(name, job) end
  return all
end

return checks
