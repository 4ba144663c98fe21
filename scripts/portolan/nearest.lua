--- The word that somebody may have meant.
--
--    nearest.word("seervice", { "service", "status" })    --> "service"
--    nearest.hint("htpp", { "http", "ftp" })              --> "; did you mean 'http'?"
--
-- Near is the restricted Damerau-Levenshtein distance, case ignored: letters left out, put in, changed, or
-- swapped with a neighbour. A third of the word may differ; of equally near words the first is taken.
-- @module portolan.nearest

local nearest = {}

local longest = 40

local function row_from(width)
  local row = {}
  for j = 0, width do row[j] = j end
  return row
end

local function cost(a, b, i, j, rows)
  local same = a:byte(i) == b:byte(j)
  local best = math.min(rows[1][j] + 1, rows[0][j - 1] + 1, rows[1][j - 1] + (same and 0 or 1))
  local swapped = i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j)
  return swapped and math.min(best, rows[2][j - 2] + 1) or best
end

--- How many letters lie between two words.
-- @tparam string a
-- @tparam string b
-- @treturn number
function nearest.distance(a, b)
  local rows = { [0] = row_from(#b) }
  for i = 1, #a do
    rows = { [0] = { [0] = i }, rows[0], rows[1] }
    for j = 1, #b do rows[0][j] = cost(a, b, i, j, rows) end
  end
  return rows[0][#b]
end

local function allowed(word)
  return math.max(1, math.floor(#word / 3))
end

--- The nearest of some words, if one is near enough.
-- @tparam string word
-- @tparam {string,...} candidates
-- @treturn[1] string
-- @return[2] nil
function nearest.word(word, candidates)
  if #word > longest then return nil end
  local best, least = nil, allowed(word)
  for _, candidate in ipairs(candidates) do
    if math.abs(#candidate - #word) <= least then
      local distance = nearest.distance(word:lower(), candidate:lower())
      if distance < least or distance == least and not best then
        best, least = candidate, distance
      end
    end
  end
  return best
end

--- The end of a message about a word that is not known.
-- @tparam string word
-- @tparam {string,...} candidates
-- @treturn string "; did you mean 'x'?", or "" where no candidate is near
function nearest.hint(word, candidates)
  local meant = nearest.word(word, candidates)
  return meant and ("; did you mean '%s'?"):format(meant) or ""
end

return nearest
