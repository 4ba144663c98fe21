--- UTF-8 (RFC 3629) in bytes that may be anything.
--
--    unicode.stray "caf\233"        --> 4
--    unicode.repaired "caf\233"     --> "caf\239\191\189"
--
-- @module portolan.unicode

local unicode = {}

-- RFC 3629, section 4: no overlong forms, no surrogates, nothing past U+10FFFF.
local sequences = {
  "^[\194-\223][\128-\191]()", "^\224[\160-\191][\128-\191]()", "^[\225-\236\238-\239][\128-\191][\128-\191]()",
  "^\237[\128-\159][\128-\191]()", "^\240[\144-\191][\128-\191][\128-\191]()",
  "^[\241-\243][\128-\191][\128-\191][\128-\191]()", "^\244[\128-\143][\128-\191][\128-\191]()",
}

local function past_sequence(text, at)
  for _, pattern in ipairs(sequences) do
    local following = text:match(pattern, at)
    if following then return following end
  end
end

--- The first byte that is not UTF-8.
-- @tparam string text
-- @tparam ?number from where to begin, at a character; 1 if not given
-- @treturn[1] number
-- @return[2] nil where all is well
function unicode.stray(text, from)
  local at = text:find("[\128-\255]", from)
  while at do
    local following = past_sequence(text, at)
    if not following then return at end
    at = text:find("[\128-\255]", following)
  end
end

--- The text with U+FFFD for each byte that is not UTF-8.
-- @tparam string text
-- @treturn string
function unicode.repaired(text)
  local parts, from = {}, 1
  local at = unicode.stray(text)
  while at do
    parts[#parts + 1] = text:sub(from, at - 1)
    from = at + 1
    at = unicode.stray(text, from)
  end
  parts[#parts + 1] = text:sub(from)
  return table.concat(parts, "\239\191\189")
end

local function hexadecimal(bytes)
  return (bytes:gsub(".", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

--- The text on one line, with nothing in it that a terminal would obey: controls as "\\x1b".
-- @tparam string text
-- @treturn string
function unicode.printable(text)
  -- U+0080 to U+009F, the C1 controls, are two bytes in UTF-8.
  return (unicode.repaired(text):gsub("%c", hexadecimal):gsub("\194[\128-\159]", hexadecimal))
end

return unicode
