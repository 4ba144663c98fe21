--- Checks that a policy brings along: an expression, or a user's file. Both run in the sandbox.
--
--    own_checks:
--      - { code: open-cleartext, when: service.tag.cleartext and rule.source.world, severity: warning,
--          message: "{who} {reaches} {services}, which anybody can read" }
--      - { file: checks/mine.lua, parameters: { room: "12" } }
--    sandbox: { memory: 33554432, instructions: 50000000, seconds: 2 }
--
-- An expression is asked for each opening, with each of its services; where any makes it true, that is one finding.
-- It sees `rule` and `service`:
--
-- | field | what it is |
-- |---|---|
-- | rule.text, .chain, .hook | as written (nil where the chain's policy opens), "filter/INPUT", "input" or "forward" |
-- | rule.source | `{ world = true }`, or by the name of the zone that the opening is for |
-- | rule.ports, .everything | "tcp/22, udp/53"; whether that is all of a transport |
-- | rule.also, .inputs | what else must hold; the interfaces by which alone it is reached, or nil |
-- | service.name, .first, .last, .transport | nil where no service is assigned to any port of the opening |
-- | service.tag, .reference, .description | `{ cleartext = true }`; "[RFC854]"; or nil |
--
-- A file is a check such as the shipped ones, `{ name =, codes =, run = }`. Its context is plain data: `openings`,
-- each as `rule` above with its `services` and an `index`; `rules`, with `index`, `chain`, `text`, `comment`,
-- `verdict`, `line` and `matches` (FORMS.md); `parameters`, texts; `today`; and `context:report(code, values)`
-- with `opening` or `rule`, `ports` as a text, `notes`, `subject`, and a text for each hole of the message.
--
-- A check that raises or goes past a limit ends in the finding "check-failed", and the others go on. What comes out
-- of the sandbox is judged here before any of it becomes a finding.
-- @module portolan.own_check

local finding = require "portolan.finding"
local portolan = require "portolan"
local sandbox = require "portolan.sandbox"
local span = require "portolan.span"

local own_check = {}

--- The most findings that one check may report.
own_check.most_findings = 10000

-- Of an opening with more services than that, only those with tags are told.
local most_services = 1000

-- The policy's form ----------------------------------------------------------------

local text = { type = "string" }

local function is_either(entry)
  if entry.file and entry.when then return "an own check has a file, or an expression 'when', and not both" end
  if not (entry.file or entry.when) then return "an own check needs 'file' or 'when'" end
  if entry.when and not (entry.code and entry.message) then return "an expression needs 'code' and 'message'" end
end

--- The form of `own_checks` in a policy.
own_check.form = { type = "list", default = {}, of = {
  type = "map", name = "an own check", placed = true, check = is_either, fields = {
    file = text, when = text, code = text, message = text, rationale = text, remedy = text,
    severity = { type = "enum", values = finding.severities },
    references = { type = "list", single = true, of = text },
    parameters = { type = "map", of = text },
  },
} }

--- The form of `sandbox` in a policy.
own_check.limits_form = { type = "map", default = {}, fields = {
  memory = { type = "integer", min = 1048576, max = 4294967296 },
  instructions = { type = "integer", min = 1000, max = 1000000000000 },
  seconds = { type = "integer", min = 1, max = 3600 },
} }

-- Plain data in --------------------------------------------------------------------

local function chain_name(chain)
  return chain.table and chain.table .. "/" .. chain.name or chain.name
end

local function tags_of(context, record)
  local set, any = {}, false
  for _, tag in ipairs(context.policy.tags and context.policy.tags:of(record) or {}) do set[tag], any = true, true end
  return set, any
end

local function plain_service(record, tag)
  return {
    name = record.name, first = record.first, last = record.last, transport = record.transport, tag = tag,
    reference = record.reference, description = record.description,
  }
end

local function services_of(context, ports)
  local records = context.registry:query { ports = ports, status = "assigned", has = "name" }
  local list = {}
  for _, record in ipairs(records) do
    local tag, any = tags_of(context, record)
    if any or #records <= most_services then list[#list + 1] = plain_service(record, tag) end
  end
  return list
end

local function plain_opening(context, opening, index, services_at)
  local ports = tostring(opening.ports)
  services_at[ports] = services_at[ports] or services_of(context, opening.ports)
  return {
    index = index, text = opening.rule and opening.rule.text, chain = chain_name(opening.chain), hook = opening.hook,
    source = { [opening.zone or "world"] = true }, ports = ports,
    everything = opening.everything or false, also = opening.also, inputs = opening.inputs,
    services = services_at[ports],
  }
end

local function openings_of(context)
  local openings, plain, services_at = {}, {}, {}
  for _, zone in ipairs(context.zones) do
    for _, opening in ipairs(zone.openings) do
      openings[#openings + 1] = opening
      plain[#openings] = plain_opening(context, opening, #openings, services_at)
    end
  end
  return openings, plain
end

local function rules_of(context)
  local rules, plain = {}, {}
  for chain, rule in context.ruleset:rules() do
    rules[#rules + 1] = { rule = rule, chain = chain }
    plain[#rules] = {
      index = #rules, chain = chain_name(chain), text = rule.text, comment = rule.comment, verdict = rule.verdict,
      line = rule.place and rule.place.line, matches = rule.matches,
    }
  end
  return rules, plain
end

-- What runs around them in the sandbox -----------------------------------------------

local around_expression = [[
local input = ...
local test = assert(load("return " .. input.when, "=when"))
local function ports_of(opening, found)
  if #opening.services == 0 then return opening.ports end
  local parts = {}
  for i, one in ipairs(found) do
    local last = one.last ~= one.first and "-" .. one.last or ""
    parts[i] = (one.transport and one.transport .. "/" or "") .. one.first .. last
  end
  return table.concat(parts, ", ")
end
local reports = {}
for _, opening in ipairs(input.openings) do
  local found = {}
  for _, one in ipairs(#opening.services > 0 and opening.services or { { tag = {} } }) do
    rule, service = opening, one
    if test() then found[#found + 1] = one end
  end
  if #found > 0 then
    reports[#reports + 1] = { code = input.code, opening = opening.index, ports = ports_of(opening, found) }
  end
end
return { reports = reports }
]]

local around_file = [[
local input = ...
local reports = {}
function input:report(code, values)
  local said = {}
  for key, value in pairs(values or {}) do said[key] = value end
  said.code = code
  if type(said.opening) == "table" then said.opening = said.opening.index end
  if type(said.rule) == "table" then said.rule = said.rule.index end
  reports[#reports + 1] = said
end
local check = assert(load(input.source, "@" .. input.name))()
if type(check) ~= "table" or type(check.run) ~= "function" then
  error(input.name .. ": a check is a table with name, codes and run", 0)
end
check.run(input)
return { codes = check.codes, reports = reports }
]]

-- What came out, judged ------------------------------------------------------------

local is_severity = {}
for _, severity in ipairs(finding.severities) do is_severity[severity] = true end

local function expect(holds, message, ...)
  if not holds then error(message:format(...), 0) end
end

local function texts_of(list)
  local texts = {}
  for i, value in ipairs(type(list) == "table" and list or {}) do texts[i] = tostring(value) end
  return texts
end

local function optional_text(value)
  return type(value) == "string" and value or nil
end

local function code_of(name, says)
  expect(type(says) == "table" and type(says.message) == "string", "code '%s' has no message", name)
  expect(is_severity[says.severity], "code '%s' has no severity error, warning or note", name)
  return {
    severity = says.severity, message = says.message, rationale = optional_text(says.rationale),
    remedy = optional_text(says.remedy), references = texts_of(says.references),
  }
end

local function codes_of(codes)
  expect(type(codes) == "table" and next(codes), "a check has codes")
  local judged = {}
  for name, says in pairs(codes) do judged[tostring(name)] = code_of(tostring(name), says) end
  return judged
end

local function ports_of(said)
  if said == nil then return nil end
  local set, message = portolan.ports(tostring(said))
  expect(set, "%s", message)
  return set
end

-- What portolan.frame takes beside the texts for the message's holes; of these the sandbox gives only what is set here.
local fields = { code = true, opening = true, rule = true, chain = true, ports = true, notes = true, subject = true,
  severity = true, references = true, records = true, place = true }

local function holes_of(said)
  local holes = {}
  for key, value in pairs(said) do
    if type(value) == "string" and not fields[key] then holes[key] = value end
  end
  return holes
end

local function values_of(context, said, known)
  local values, rule = holes_of(said), known.rules[said.rule] or {}
  values.opening, values.rule, values.chain = known.openings[said.opening], rule.rule, rule.chain
  values.ports, values.notes, values.subject = ports_of(said.ports), texts_of(said.notes), optional_text(said.subject)
  if values.opening and values.ports then
    values.ports = values.ports * values.opening.ports
    values.services = span.services(context.registry, values.ports)
  end
  return values
end

local function report(context, result, known)
  local reports = type(result.reports) == "table" and result.reports or {}
  expect(#reports <= own_check.most_findings, "more than %d findings", own_check.most_findings)
  for _, said in ipairs(reports) do
    expect(type(said) == "table" and type(said.code) == "string", "a report has a code")
    context:report(said.code, values_of(context, said, known))
  end
end

-- The checks -----------------------------------------------------------------------

local function read_file(path)
  local file, message = io.open(path, "rb")
  expect(file, "%s", message)
  local bytes = file:read "*a"
  file:close()
  expect(bytes, "%s: not a file that can be read", path)
  return bytes
end

local function run_sandboxed(context, source, name, input)
  local limits = context.policy.sandbox or {}
  local result, message = sandbox.run {
    source = source, name = name, input = input,
    memory = limits.memory, instructions = limits.instructions, seconds = limits.seconds,
  }
  expect(result, "%s", message)
  return result
end

local function of_expression(entry)
  local check = { name = entry.code, codes = { [entry.code] = {
    severity = entry.severity or "warning", message = entry.message, rationale = entry.rationale,
    remedy = entry.remedy, references = entry.references,
  } } }
  function check.run(context)
    local known = { rules = {} }
    local input = { when = entry.when, code = entry.code }
    known.openings, input.openings = openings_of(context)
    report(context, run_sandboxed(context, around_expression, entry.code, input), known)
  end
  return check
end

local function of_file(entry)
  local check = { name = entry.file, codes = {} }
  function check.run(context)
    local known = {}
    local input = { source = read_file(entry.path), name = entry.file, parameters = entry.parameters or {},
      today = context.today }
    known.openings, input.openings = openings_of(context)
    known.rules, input.rules = rules_of(context)
    local result = run_sandboxed(context, around_file, entry.file, input)
    check.codes = codes_of(result.codes)
    report(context, result, known)
  end
  return check
end

--- The checks of a policy's `own_checks`.
-- @tparam Policy policy
-- @treturn {table,...} checks, for portolan.frame
function own_check.of(policy)
  local list = {}
  for i, entry in ipairs(policy.own_checks or {}) do
    list[i] = entry.file and of_file(entry) or of_expression(entry)
  end
  return list
end

return own_check
