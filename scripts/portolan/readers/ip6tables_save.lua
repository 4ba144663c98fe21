--- The dialect of ip6tables-save: iptables-save's, and everything in it is IPv6.
--
-- For who names it: guessing finds iptables-save first, which tells the families by what it reads.
-- @module portolan.readers.ip6tables_save

local iptables_save = require "portolan.readers.iptables_save"

local dialect = { name = "ip6tables-save", title = "ip6tables-save, ip6tables -S", guess = iptables_save.guess }

--- Read a ruleset, as iptables_save.lua does.
-- @tparam string text
-- @tparam string source
-- @tparam ?table options
-- @treturn[1] table ruleset (FORMS.md)
-- @return[2] nil, message, detail
function dialect.read(text, source, options)
  local given = { family = "ip6" }
  for name, value in pairs(options or {}) do given[name] = value end
  local ruleset, message, detail = iptables_save.read(text, source, given)
  if not ruleset then return nil, message, detail end
  ruleset.dialect = dialect.name
  return ruleset
end

return dialect
