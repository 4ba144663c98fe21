--- IP addresses as firewalls write them, made canonical.
--
--    address.read "10.1.2.3/8"                      --> "10.0.0.0/8", "ip"
--    address.read "10.0.0.0/255.0.0.0"              --> "10.0.0.0/8", "ip"
--    address.read "128.12.9.1/255.255.0.255"        --> "128.12.0.1/255.255.0.255", "ip"
--    address.read "2001:DB8:0::1"                   --> "2001:db8::1", "ip6"
--    address.read "www.example.com"                 --> nil
--
-- An address is a list of 4 or 16 bytes; nothing here is written once for each width. Bits that a mask
-- leaves out are zero in what comes out, as the kernels do it; IPv6 text is RFC 5952's. Text that is not
-- an address is nil: names are never resolved.
-- @module portolan.address

local address = {}

local function is_byte(digits)
  return #digits <= 3 and (digits == "0" or not digits:find "^0") and tonumber(digits) <= 255
end

local function read_v4(text)
  local bytes = { text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
  if #bytes ~= 4 then return nil end
  for i, digits in ipairs(bytes) do
    if not is_byte(digits) then return nil end
    bytes[i] = math.floor(tonumber(digits))
  end
  return bytes
end

-- "2001:db8" -> { 0x20, 0x01, 0x0d, 0xb8 }; "" -> {}
local function read_groups(text)
  local bytes = {}
  if text == "" then return bytes end
  for group in (text .. ":"):gmatch "([^:]*):" do
    if not group:find "^%x%x?%x?%x?$" then return nil end
    local number = tonumber(group, 16)
    bytes[#bytes + 1] = math.floor(number / 256)
    bytes[#bytes + 1] = number % 256
  end
  return bytes
end

-- The last 32 bits may be written as IPv4 (RFC 4291, section 2.2).
local function without_v4_tail(text)
  local head, tail = text:match "^(.*:)(%d+%.[%d.]+)$"
  if not head then return text end
  local bytes = read_v4(tail)
  return bytes and ("%s%x:%x"):format(head, bytes[1] * 256 + bytes[2], bytes[3] * 256 + bytes[4])
end

local function filled(head, tail)
  local bytes = {}
  for i = 1, 16 do bytes[i] = head[i] or tail[i - 16 + #tail] or 0 end
  return bytes
end

local function read_v6(text)
  if #text > 45 or not text:find ":" then return nil end
  text = without_v4_tail(text)
  if not text then return nil end
  local before, after = text:match "^(.-)::(.*)$"
  local head, tail = read_groups(before or text), read_groups(after or "")
  if not (head and tail) then return nil end
  if before and #head + #tail > 14 or not before and #head ~= 16 then return nil end
  return filled(head, tail)
end

local function bytes_of(text)
  return read_v4(text) or read_v6(text)
end

-- Where the longest run of two zero groups or more begins, and how long it is.
local function longest_zeros(groups)
  local at, length, run = nil, 1, 0
  for i = 1, 8 do
    run = groups[i] == 0 and run + 1 or 0
    if run > length then at, length = i - run + 1, run end
  end
  return at, length
end

local function write_v6(bytes)
  local groups, words = {}, {}
  for i = 1, 8 do
    groups[i] = bytes[2 * i - 1] * 256 + bytes[2 * i]
    words[i] = ("%x"):format(groups[i])
  end
  local at, length = longest_zeros(groups)
  if not at then return table.concat(words, ":") end
  return table.concat(words, ":", 1, at - 1) .. "::" .. table.concat(words, ":", at + length)
end

local function write(bytes)
  if #bytes == 4 then return ("%d.%d.%d.%d"):format(bytes[1], bytes[2], bytes[3], bytes[4]) end
  return write_v6(bytes)
end

local function family(bytes)
  return #bytes == 4 and "ip" or "ip6"
end

-- The length of a mask of ones then zeros; nil for any other.
local function length_of_mask(mask)
  local length = 0
  for i, byte in ipairs(mask) do
    if byte ~= 0 and length < 8 * (i - 1) then return nil end
    while byte >= 128 do
      length, byte = length + 1, (byte - 128) * 2
    end
    if byte ~= 0 then return nil end
  end
  return length
end

local function common_bits(a, b)
  local common, bit = 0, 1
  while a > 0 and b > 0 do
    if a % 2 == 1 and b % 2 == 1 then common = common + bit end
    a, b, bit = math.floor(a / 2), math.floor(b / 2), bit * 2
  end
  return common
end

-- The bytes with all bits past the length zero, written with it.
local function shortened(value, length)
  local short = {}
  for i, byte in ipairs(value) do
    local rest = 2 ^ math.max(0, math.min(8, 8 * i - length))
    short[i] = math.floor(byte / rest) * math.floor(rest)
  end
  if length == 8 * #value then return write(short), family(value) end
  return ("%s/%d"):format(write(short), length), family(value)
end

local function masked(value, mask)
  local length = length_of_mask(mask)
  if length then return shortened(value, length) end
  local rest = {}
  for i, byte in ipairs(value) do rest[i] = common_bits(byte, mask[i]) end
  return write(rest) .. "/" .. write(mask), family(value)
end

--- An address and the length of its prefix.
-- @tparam string text the address; bits past the prefix are dropped
-- @tparam number length 0 to 32 or 128
-- @treturn[1] string canonical text; a whole address is written without its length
-- @treturn[1] string "ip" or "ip6"
-- @return[2] nil
function address.prefix(text, length)
  local bytes = bytes_of(text)
  if not bytes or not length or length % 1 ~= 0 or length < 0 or length > #bytes * 8 then return nil end
  return shortened(bytes, length)
end

--- An address under a mask in which a one means "must be equal".
-- @tparam string text
-- @tparam string mask any mask, of the same family
-- @treturn[1] string a prefix where the mask is one, or else "value/mask"
-- @treturn[1] string "ip" or "ip6"
-- @return[2] nil
function address.masked(text, mask)
  local value, bits = bytes_of(text), bytes_of(mask)
  if not (value and bits) or #value ~= #bits then return nil end
  return masked(value, bits)
end

--- An address under a wildcard, in which a one means "any" (Cisco's).
-- @tparam string text
-- @tparam string wildcard any wildcard, of the same family
-- @treturn[1] string
-- @treturn[1] string "ip" or "ip6"
-- @return[2] nil
function address.wildcard(text, wildcard)
  local value, bits = bytes_of(text), bytes_of(wildcard)
  if not (value and bits) or #value ~= #bits then return nil end
  for i, byte in ipairs(bits) do bits[i] = 255 - byte end
  return masked(value, bits)
end

local function in_order(a, b)
  for i, byte in ipairs(a) do
    if byte ~= b[i] then return byte < b[i] end
  end
  return true
end

--- All addresses from one to another.
-- @tparam string first
-- @tparam string last of the same family, not before `first`
-- @treturn[1] string "first-last", or one address where both are the same
-- @treturn[1] string "ip" or "ip6"
-- @return[2] nil
function address.range(first, last)
  local from, to = bytes_of(first), bytes_of(last)
  if not (from and to) or #from ~= #to or not in_order(from, to) then return nil end
  local text, till = write(from), write(to)
  return text == till and text or text .. "-" .. till, family(from)
end

-- "10/8" and "192.168/16": iptables and pf fill with zeros.
local function zero_filled(text)
  if not text:find "^%d[%d.]*$" then return text end
  local _, dots = text:gsub("%.", "")
  return text .. (".0"):rep(3 - dots)
end

local function read_with_mask(text, mask)
  if mask:find "^%d%d?%d?$" then return address.prefix(zero_filled(text), tonumber(mask)) end
  return address.masked(text, mask)
end

--- Read an address, a prefix, a range, or a value and mask.
-- @tparam string text "a", "a/length", "a/mask", "a-b"
-- @treturn[1] string canonical text
-- @treturn[1] string "ip" or "ip6"
-- @return[2] nil where it is none of these (a host name, say)
function address.read(text)
  local value, mask = text:match "^([^/]+)/([^/]+)$"
  if value then return read_with_mask(value, mask) end
  local first, last = text:match "^([^-]+)%-([^-]+)$"
  if first then return address.range(first, last) end
  local bytes = bytes_of(text)
  if not bytes then return nil end
  return write(bytes), family(bytes)
end

-- The first and the last address of a prefix, in bytes.
local function ends(prefix)
  local network, length = prefix:match "^([^/]+)/?(%d*)$"
  local first, last = bytes_of(network), {}
  local bits = tonumber(length) or #first * 8
  for i, byte in ipairs(first) do
    local kept = math.max(0, math.min(8, bits - 8 * (i - 1)))
    last[i] = byte + math.floor(2 ^ (8 - kept)) - 1
  end
  return { first = first, last = last }
end

-- The address one after or one before; nil past either end.
local function neighbour(bytes, step)
  local moved = {}
  for i = 1, #bytes do moved[i] = bytes[i] end
  for i = #moved, 1, -1 do
    moved[i] = (moved[i] + step) % 256
    if moved[i] ~= (step > 0 and 0 or 255) then return moved end
  end
end

local function begins_before(a, b)
  return in_order(a.first, b.first) and not in_order(b.first, a.first)
end

local function earlier(a, b)
  return a and (in_order(a, b) and a or b)
end

local function add_range(list, first, last)
  if first and last and in_order(first, last) then list[#list + 1] = address.range(write(first), write(last)) end
end

--- What prefixes leave of a prefix.
-- @tparam string prefix canonical, as `read` gives it
-- @tparam {string,...} prefixes canonical, of the same family
-- @treturn {string,...} ranges and addresses, in order
function address.subtract(prefix, prefixes)
  local whole, taken, rest = ends(prefix), {}, {}
  for i, text in ipairs(prefixes) do taken[i] = ends(text) end
  table.sort(taken, begins_before)
  local from = whole.first
  for _, part in ipairs(taken) do
    add_range(rest, from, earlier(neighbour(part.first, -1), whole.last))
    local following = neighbour(part.last, 1)
    if not from or not following or in_order(from, following) then from = following end
  end
  add_range(rest, from, whole.last)
  return rest
end

return address
