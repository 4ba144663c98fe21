--- portolan review: an application for an assignment, judged before it is sent to IANA.
-- @module portolan.commands.review

local finding = require "portolan.finding"
local layers = require "portolan.layers"
local portolan = require "portolan"
local reports = require "portolan.reports"
local review = require "portolan.review"
local source = require "portolan.source"

local command = {
  name = "review",
  summary = "Judge an application for a name or port before it is sent to IANA.",
  example = "portolan review --template > application.yaml; portolan review application.yaml",
}

function command.options(parser)
  parser:argument("application", "The application, in YAML; - is standard input."):args "?":argname "FILE"
  parser:flag("--template", "Write an application to fill in.")
  source.option(parser)
  source.overlay_option(parser)
  reports.option(parser)
end

-- The shipped uses that nobody registered, and the user's own.
local function overlays_of(arguments)
  local overlays, message = source.overlays(arguments)
  if not overlays then return nil, message end
  local shipped, trouble = layers.de_facto()
  if not shipped then return nil, trouble end
  overlays[#overlays + 1] = shipped
  return overlays
end

local function options_of(arguments)
  local application, message = review.load(arguments.application)
  if not application then return nil, message end
  local registry, trouble = portolan.open(arguments.registry)
  if not registry then return nil, trouble end
  local overlays, fault = overlays_of(arguments)
  if not overlays then return nil, fault end
  return { application = application, registry = registry, layers = overlays }
end

-- Notes tell the way; only what speaks against the application makes it fail.
local function status_of(findings)
  local counts = finding.count(findings)
  return counts.error + counts.warning > 0 and 1 or 0
end

function command.run(arguments, terminal)
  if arguments.template then
    terminal.write(review.template())
    return 0
  end
  if not arguments.application then return nil, "an application's file is needed; --template writes one" end
  local options, message = options_of(arguments)
  if not options then return nil, message end
  local findings, trouble = review.run(options)
  if not findings then return nil, trouble end
  local report = reports.by_name(arguments.format)
  terminal.write(report(findings, { about = review.about(options),
    colour = arguments.format == "text" and terminal.colour() }))
  return status_of(findings)
end

return command
