--- Lists of inclusive ranges `{first, last}` of whole numbers.
--
--    ranges.union{ {80, 80}, {22, 22}, {81, 90} }      --> { {22, 22}, {80, 90} }
--    ranges.complement({ {22, 22} }, 65535)            --> { {0, 21}, {23, 65535} }
--
-- What comes out is sorted and apart (no two ranges touch), whatever the order going in;
-- `complement` and `intersect` want such lists.
-- @module portolan.ranges

local ranges = {}

local function before(a, b)
  if a[1] ~= b[1] then return a[1] < b[1] end
  return a[2] < b[2]
end

--- Sort ranges and join those that touch.
-- @tparam {{number,number},...} list in any order, overlapping or not
-- @treturn {{number,number},...} sorted, apart
function ranges.union(list)
  local sorted, joined = {}, {}
  for i, range in ipairs(list) do sorted[i] = range end
  table.sort(sorted, before)
  for _, range in ipairs(sorted) do
    local top = joined[#joined]
    if top and range[1] <= top[2] + 1 then
      top[2] = math.max(top[2], range[2])
    else
      joined[#joined + 1] = { range[1], range[2] }
    end
  end
  return joined
end

--- What a list leaves out of 0 to `maximum`.
-- @tparam {{number,number},...} list sorted, apart
-- @tparam number maximum
-- @treturn {{number,number},...}
function ranges.complement(list, maximum)
  local rest, from = {}, 0
  for _, range in ipairs(list) do
    if range[1] > from then rest[#rest + 1] = { from, range[1] - 1 } end
    from = range[2] + 1
  end
  if from <= maximum then rest[#rest + 1] = { from, maximum } end
  return rest
end

--- What two lists have in common.
-- @tparam {{number,number},...} a sorted, apart
-- @tparam {{number,number},...} b sorted, apart
-- @treturn {{number,number},...}
function ranges.intersect(a, b)
  local common, i, j = {}, 1, 1
  while a[i] and b[j] do
    local first, last = math.max(a[i][1], b[j][1]), math.min(a[i][2], b[j][2])
    if first <= last then common[#common + 1] = { first, last } end
    if a[i][2] < b[j][2] then i = i + 1 else j = j + 1 end
  end
  return common
end

return ranges
