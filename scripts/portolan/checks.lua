--- The checks there are, each loaded when it is first asked for.
--
--    for _, check in ipairs(checks.all()) do check.run(context) end
--
-- A check is one module in `checks/`, those of the lint, the review and the succession each in their own folder
-- below; its file has its name with `_` for `-`:
-- `{ name =, codes = { [code] = { severity =, message =, rationale =, remedy =, references = } }, run =,
-- parameters = forms of portolan.schema by name, or nil, on_request = true where it is silent unless a policy names it
-- under `checks` }`. See portolan.audit for what `run` is given.
-- @module portolan.checks

local checks = {}

--- Names of the shipped checks, in the order in which they run.
checks.list = { "accept-all", "denied-service", "open-unassigned", "open-dynamic", "unauthorized-use",
  "wrong-transport", "open-port-range", "weaker-v6", "default-policy", "missing-hook", "established", "loopback",
  "egress", "logging", "name-mismatch", "historic-alias", "transport-not-given", "no-comment", "expiring-rule",
  "duplicate-rule", "rule-after-all", "unused-chain", "unused-set", "unused-rule", "long-chain", "mergeable-rules",
  "never-matching", "hidden-rule", "redundant-rule", "conflicting-rules", "uncovered-socket", "idle-opening",
  "unexpected-process", "changed-registry" }

--- Those of the lint (portolan.lint).
checks.lint = { "name-syntax", "name-case", "name-words", "alias", "several-names", "several-ports", "range",
  "experiment", "status", "overlap", "required", "people", "reference", "service-code", "dates", "unregistered-use",
  "overlay" }

--- Those of the review (portolan.review).
checks.review = { "required", "name", "port", "transports", "service-code", "txt-keys", "advice", "procedure" }

--- Those of the succession (portolan.succession).
checks.succession = { "de-assigned", "reserved", "owner" }

--- A shipped check.
-- @tparam string name one of `list`, `lint`, `review` or `succession`
-- @tparam ?string job "lint", "review" or "succession", if not the audit
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
