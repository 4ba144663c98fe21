--- Does a text fit a pattern in which `*` is any text and `?` any one byte?
--
--    glob.fits("-A INPUT -p tcp --dport 22 -j ACCEPT", "*--dport 22 *")    --> true
--
-- Time is at most the product of the lengths, whatever the pattern: only the last `*` is ever taken back.
-- @module portolan.glob

local glob = {}

local STAR, ONE = ("*?"):byte(1, 2)

--- Compare.
-- @tparam string text
-- @tparam string pattern all else but `*` and `?` stands for itself
-- @treturn boolean
function glob.fits(text, pattern)
  local at, p, star, mark = 1, 1, nil, nil
  while at <= #text do
    local wanted = pattern:byte(p)
    if wanted == STAR then
      star, mark, p = p, at, p + 1
    elseif wanted == ONE or wanted == text:byte(at) then
      at, p = at + 1, p + 1
    elseif star then
      mark = mark + 1
      at, p = mark, star + 1
    else
      return false
    end
  end
  return pattern:find("^%**$", p) ~= nil
end

return glob
