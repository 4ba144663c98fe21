--- Waivers: findings that somebody has decided to live with, until a day and for a reason.
--
--    waivers:
--      - { code: open-reserved, ports: 1023/tcp, reason: moves with the portal, expires: 2027-03-01, by: the lead }
--
-- A waiver is for the findings that all its selectors fit: `code`, `check`, `id`, `rule` and `place` (as reports show
-- them, with `*` and `?`), `ports` (every port of the finding is among them). What is waived is kept and marked. In
-- doubt a finding is reported: a waiver without a reason or an end, or past its end, waives nothing and is a finding
-- itself; so is one that nothing needs.
-- @module portolan.waiver

local finding = require "portolan.finding"
local glob = require "portolan.glob"
local portolan = require "portolan"

local waiver = { name = "waiver" }

waiver.codes = {
  ["waiver-expired"] = {
    severity = "warning",
    message = "a waiver ended on {expires}: {reason}",
    rationale = "What it waived is reported again.",
    remedy = "Mend what it was for, or decide anew and give it a new end.",
  },
  ["waiver-malformed"] = {
    severity = "warning",
    message = "a waiver waives nothing: {fault}",
    rationale = "A waiver must say what it is for, why, and until when.",
    remedy = "Correct it.",
  },
  ["waiver-unused"] = {
    severity = "note",
    message = "no finding needs this waiver: {reason}",
    rationale = "It may one day hide what it was never meant for.",
    remedy = "Take it out of the policy.",
  },
}

local selectors = { "code", "check", "id", "rule", "place", "ports" }

local function selects_nothing(entry)
  for _, key in ipairs(selectors) do
    if entry[key] then return nil end
  end
  return "a waiver needs one of " .. table.concat(selectors, ", ")
end

local function names_of(checks)
  local names, codes = {}, {}
  for _, check in ipairs(checks) do
    names[#names + 1] = check.name
    for code in pairs(check.codes) do codes[#codes + 1] = code end
  end
  table.sort(codes)
  return names, codes
end

--- The form of a list of waivers; what is wrong with one is kept in its `fault`.
-- @tparam {table,...} checks
-- @treturn table for portolan.schema
function waiver.form(checks)
  local names, codes = names_of(checks)
  return { type = "list", default = {}, forgiving = true, of = {
    type = "map", name = "a waiver", placed = "written_at", check = selects_nothing, fields = {
      code = { type = "enum", values = codes }, check = { type = "enum", values = names }, id = { type = "string" },
      rule = { type = "string" }, place = { type = "string" }, ports = { type = "ports" },
      reason = { type = "string", required = true }, expires = { type = "date", required = true },
      by = { type = "string" },
    },
  } }
end

local fits = {}

function fits.code(found, code) return found.code == code end
function fits.check(found, name) return found.check == name end
function fits.id(found, id) return found.id == id end
function fits.rule(found, pattern) return found.rule ~= nil and glob.fits(found.rule, pattern) end
function fits.place(found, pattern) return glob.fits(finding.where(found.place), pattern) end
function fits.ports(found, ports) return found.ports ~= nil and portolan.ports(found.ports) <= ports end

local function is_for(entry, found)
  for _, key in ipairs(selectors) do
    if entry[key] and not fits[key](found, entry[key]) then return false end
  end
  return true
end

local function waive(entry, findings)
  local used = false
  for _, found in ipairs(findings) do
    if is_for(entry, found) then
      found.waived = found.waived
        or { reason = entry.reason, expires = entry.expires, by = entry.by, place = entry.written_at }
      used = true
    end
  end
  return used
end

local function trouble(entry, findings, today)
  if entry.fault then return "waiver-malformed" end
  if entry.expires < today then return "waiver-expired" end
  if not waive(entry, findings) then return "waiver-unused" end
end

local function report(context, entry, code)
  context:report(code, {
    place = entry.written_at, subject = finding.where(entry.written_at), reason = entry.reason,
    expires = entry.expires, fault = entry.fault,
  })
end

--- Mark the findings that are waived, then report what is wrong with waivers, which no waiver waives.
-- @tparam {table,...} waivers a policy's
-- @tparam {table,...} findings those waived get `waived` = { reason, expires, by, place }
-- @tparam string today "2026-11-23"; a waiver counts up to its last day
-- @tparam table context a check's
function waiver.apply(waivers, findings, today, context)
  local codes = {}
  for i, entry in ipairs(waivers) do codes[i] = trouble(entry, findings, today) or false end
  for i, entry in ipairs(waivers) do
    if codes[i] then report(context, entry, codes[i]) end
  end
end

local function ids_of(findings)
  local ids = {}
  for _, found in ipairs(findings) do ids[found.id] = true end
  return ids
end

local function is_in_all(id, by_list)
  for _, ids in ipairs(by_list) do
    if not ids[id] then return false end
  end
  return true
end

-- What is wrong with a waiver is said once; that nothing needs it, where no ruleset does.
local function is_said(found, by_list, said)
  if found.check ~= waiver.name then return true end
  if said[found.id] then return false end
  said[found.id] = true
  return found.code ~= "waiver-unused" or is_in_all(found.id, by_list)
end

--- The findings of several rulesets under one policy, without what each says again of its waivers.
-- @tparam {{table,...},...} lists findings by ruleset
-- @treturn {table,...} sorted
function waiver.join(lists)
  local by_list, said, kept = {}, {}, {}
  for i, list in ipairs(lists) do by_list[i] = ids_of(list) end
  for i, list in ipairs(lists) do
    kept[i] = {}
    for _, found in ipairs(list) do
      if is_said(found, by_list, said) then table.insert(kept[i], found) end
    end
  end
  return finding.join(kept)
end

return waiver
