--- Rules whose comment says until when they are meant.

local check = { name = "expiring-rule" }

check.parameters = {
  days = { type = "integer", min = 0, max = 3650, default = 30 },
}

check.codes = {
  ["rule-expired"] = {
    severity = "warning",
    message = "by its comment this rule ended on {date}",
    rationale = "What was opened for a while is open for good.",
    remedy = "Remove the rule, or write why it stays.",
  },
  ["rule-expires-soon"] = {
    severity = "note",
    message = "by its comment this rule ends on {date}",
    rationale = "Whoever needs it will miss it on the day after.",
    remedy = "Ask whether it is still needed, and remove or renew it.",
  },
}

local words = { "expires?", "expiry", "expiration", "until", "till", "valid to", "remove by", "remove after", "ends?" }

local function date_in(comment)
  comment = comment:lower()
  for _, word in ipairs(words) do
    local date = comment:match("%f[%a]" .. word .. "%f[%A][%s:=]*[on]*%s*(%d%d%d%d%-%d%d%-%d%d)%f[%D]")
    if date then return date end
  end
end

-- Days since a day long ago, by the calendar of Gregory.
local function day_number(date)
  local year, month, day = date:match "^(%d+)-(%d+)-(%d+)$"
  year, month = tonumber(year), tonumber(month)
  if month < 3 then year, month = year - 1, month + 12 end
  local leaps = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return 365 * year + leaps + math.floor((153 * month - 457) / 5) + tonumber(day)
end

function check.run(context)
  local today = context.today and day_number(context.today)
  for chain, rule in context.ruleset:rules() do
    local date = today and rule.comment and date_in(rule.comment)
    local left = date and day_number(date) - today
    if left and left <= context.parameters.days then
      context:report(left < 0 and "rule-expired" or "rule-expires-soon", { rule = rule, chain = chain, date = date })
    end
  end
end

return check
