--- Refusing a document from deep within its parser.
--
--    refusal.raise("rules.conf", 12, 5, "a '%s' that closes nothing", "}")
--    local tree, message, detail = refusal.guard(parse, text, "rules.conf")
--
-- Only what `raise` raised is caught; any other error is a fault of ours and goes on.
-- @module portolan.grammar.refusal

local reader = require "portolan.reader"

local refusal = {}

local Refusal = {}

--- Refuse a document.
-- @tparam string source
-- @tparam number line
-- @tparam number column
-- @tparam string message a format, if values follow
function refusal.raise(source, line, column, message, ...)
  local said = select("#", ...) > 0 and message:format(...) or message
  error(setmetatable({ source = source, line = line, column = column, message = said }, Refusal), 0)
end

--- Run what may refuse.
-- @tparam function run
-- @return[1] what it returns
-- @return[2] nil, message, detail of the refusal
function refusal.guard(run, ...)
  local ok, result = pcall(run, ...)
  if ok then return result end
  if getmetatable(result) ~= Refusal then error(result, 0) end
  return reader.fail(result.source, result.line, result.column, result.message)
end

return refusal
