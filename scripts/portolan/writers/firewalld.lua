--- One service as firewalld has it: firewalld.service(5).
--
--    <service>
--      <short>ssh</short>
--      <description>The Secure Shell (SSH) Protocol</description>
--      <port protocol="tcp" port="22"/>
--    </service>
--
-- A record without a transport gives a port for each transport. Control characters, which XML cannot have, are
-- blanks, and bytes that are not UTF-8 are replaced.
-- @module portolan.writers.firewalld

local unicode = require "portolan.unicode"

local firewalld = { name = "firewalld", title = "a firewalld service" }

local transports = { "tcp", "udp", "sctp", "dccp" }
local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escaped(text)
  return (unicode.repaired(text):gsub("[%s%c]+", " "):gsub('[&<>"]', escapes))
end

local function span(record)
  if record.first == record.last then return ("%d"):format(record.first) end
  return ("%d-%d"):format(record.first, record.last)
end

-- Each port once, in the records' order.
local function port_lines(records)
  local lines, seen = {}, {}
  for _, record in ipairs(records) do
    for _, transport in ipairs(record.transport and { record.transport } or transports) do
      local line = record.first and ('  <port protocol="%s" port="%s"/>\n'):format(transport, span(record))
      if line and not seen[line] then
        seen[line] = true
        lines[#lines + 1] = line
      end
    end
  end
  return lines
end

local function first_description(records)
  for _, record in ipairs(records) do
    if record.description then return record.description end
  end
  return records[1].name
end

--- The service of some records, which are taken to be of one name.
-- @tparam {record,...} records such as `registry:named "ssh"`
-- @treturn[1] string
-- @return[2] nil, message: none of them has a port
function firewalld.write(records)
  local lines = port_lines(records)
  if #lines == 0 then return nil, "a firewalld service needs a port, and there is none" end
  return table.concat { '<?xml version="1.0" encoding="utf-8"?>\n<service>\n',
    "  <short>", escaped(records[1].name or "unnamed"), "</short>\n",
    "  <description>", escaped(first_description(records) or "unnamed"), "</description>\n",
    table.concat(lines), "</service>\n" }
end

return firewalld
