--- Services that came to another assignee.

local check = { name = "owner" }

check.codes = {
  ["owner-undated"] = {
    severity = "warning",
    message = "{record} went from {old} to {new}, and its modification date is as it was",
    rationale = "Assignments are not transferred between parties; what IANA changes, it dates.",
    remedy = "See that IANA made the change; give it a modification date.",
    references = { "RFC6335 section 8.4", "RFC6335 section 8.5" },
  },
  ["name-re-pointed"] = {
    severity = "warning",
    message = "{record} is at {ports} now, and {new} has it in place of {old}",
    rationale = "One name, another service: whoever looks it up is led to somebody else.",
    remedy = "See that the old assignment ended and that the new one was applied for.",
    references = { "RFC6335 section 8.3", "RFC6335 section 8.5" },
  },
}

local function report(context, code, event)
  local change = event.fields.assignee
  context:report(code, { event = event, old = change.before, new = change.after, ports = event.port or "no port" })
end

function check.run(context)
  for _, event in ipairs(context.events) do
    local change = event.fields.assignee
    if change and change.before and change.after then
      if event.kind == "owner changed" and not event.fields.modified then report(context, "owner-undated", event) end
      if event.kind == "moved" then report(context, "name-re-pointed", event) end
    end
  end
end

return check
