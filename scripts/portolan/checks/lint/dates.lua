--- Dates that are none, or cannot be.

local check = { name = "dates" }

check.codes = {
  ["date-form"] = {
    severity = "error",
    message = "{record} is {role} on '{date}', which is no date",
    rationale = "Whatever sorts or counts by date leaves it out.",
    remedy = "Write YYYY-MM-DD, or YYYY-MM where the day is not known.",
  },
  ["date-order"] = {
    severity = "warning",
    message = "{record} is modified on {date}, before it was registered on {registered}",
    rationale = "One of the two dates is wrong.",
    remedy = "Correct it.",
  },
  ["date-future"] = {
    severity = "note",
    message = "{record} is {role} on {date}, after the registry's own date {published}",
    rationale = "The record is newer than what it stands in.",
    remedy = "Correct the date, or the registry's.",
  },
}

local days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_in(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or days[month] or 0
end

local function is_date(text)
  local year, month = text:match "^(%d%d%d%d)%-(%d%d)$"
  if year then return days_in(tonumber(year), tonumber(month)) > 0 end
  local day
  year, month, day = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  return year and tonumber(day) >= 1 and tonumber(day) <= days_in(tonumber(year), tonumber(month))
end

local function check_date(context, record, role)
  local date, published = record[role], context.info.date
  if not date then return end
  if not is_date(date) then return context:report("date-form", { record = record, role = role, date = date }) end
  if published and date > published then
    context:report("date-future", { record = record, role = role, date = date, published = published })
  end
end

-- A month is before none of its own days.
local function is_before(a, b)
  local shorter = math.min(#a, #b)
  return a:sub(1, shorter) < b:sub(1, shorter)
end

function check.run(context)
  for _, record in ipairs(context.catalogue.records) do
    check_date(context, record, "registered")
    check_date(context, record, "modified")
    if record.registered and record.modified and is_before(record.modified, record.registered) then
      context:report("date-order", { record = record, date = record.modified, registered = record.registered })
    end
  end
end

return check
