--- The statements of an nft rule, from text to what libnftables would print for them in JSON.
--
--    nft_statements.read(cursor, scope)
--      --> { { match = { op = "==", left = { payload = ... }, right = "22" } }, { accept = null } }, "the comment"
--
-- What a statement means is nft_rule's to say; here is only the grammar. A statement that is known but says
-- nothing that a field can hold comes out as `{ ["limit rate 5/second"] = null }`: its own text, so that it is
-- kept. One that cannot be understood at all is refused.
--
-- Sources: nft(8), libnftables-json(5).
-- @module portolan.grammar.nft_statements

local cjson = require "cjson"

local nft_statements = {}

local null = cjson.null

--- How many values the variables and sets of a document may come to.
nft_statements.most_values = 2000000

local deepest = 32

local function word_set(text)
  local set = {}
  for word in text:gmatch "%S+" do set[word] = true end
  return set
end

local payloads = word_set [[ether vlan arp ip icmp igmp ip6 icmpv6 ah esp comp udp udplite tcp dccp sctp th gre vxlan
geneve gretap]]

local bare_metas = word_set [[mark iif iifname iiftype oif oifname oiftype skuid skgid rtclassid ibrname obrname
ibriport obriport ibrvproto ibrpvid pkttype cpu iifgroup oifgroup cgroup nftrace iifkind oifkind length protocol nfproto
l4proto day hour time sdif sdifname]]

-- Values -----------------------------------------------------------------------------------

local read_value, read_set

--- A scope for variables.
-- @tparam ?table parent the scope around it
-- @treturn table whose `shared` is that of all scopes of a document; `shared.open_chain` is to read the chain that
--   stands in braces after `jump` and to return its name
function nft_statements.scope(parent)
  return { variables = {}, parent = parent, shared = parent and parent.shared or { values = 0 }, depth = 0 }
end

local function spend(cursor, scope, values)
  scope.shared.values = scope.shared.values + values
  if scope.shared.values > nft_statements.most_values then cursor:refuse "more values than can be right" end
end

-- A value may hold others many times over: each use counts as all that is in it.
local function variable(cursor, scope)
  local token = cursor:take()
  local around = scope
  while around do
    local known = around.variables[token.text]
    if known then
      spend(cursor, scope, known.size)
      return known.value
    end
    around = around.parent
  end
  cursor:refuse("no 'define' before this gives $%s a value", token, token.text)
end

local function grouped(cursor, scope)
  cursor:expect "("
  local value = read_value(cursor, scope)
  cursor:expect ")"
  return value
end

local plain = { word = true, string = true }

-- Words that nft takes for no value.
local reserved = word_set "accept drop reject return jump goto counter log"

local function primary(cursor, scope)
  local token = cursor:peek()
  local is_reserved = token.kind == "word" and reserved[token.text]
  if plain[token.kind] and not is_reserved then return cursor:take().text end
  if token.kind == "variable" then return variable(cursor, scope) end
  if token.kind == "set" then return "@" .. cursor:take().text end
  if cursor:is "{" then return read_set(cursor, scope) end
  if cursor:is "(" then return grouped(cursor, scope) end
  if cursor:accept "*" then return "*" end
  if cursor:accept "-" then return "-" .. cursor:take().text end
  cursor:refuse("a value was expected, not %s", nil, cursor.shown(token))
end

local function prefixed(cursor, scope, value)
  if not cursor:is "/" or type(value) ~= "string" or not cursor:peek(1).text:find "^%d+$" then return value end
  cursor:take()
  return { prefix = { addr = value, len = tonumber((primary(cursor, scope))) } }
end

local function ranged(cursor, scope)
  local value = prefixed(cursor, scope, primary(cursor, scope))
  if not cursor:accept "-" then return value end
  return { range = { value, primary(cursor, scope) } }
end

local operators = { ["|"] = "|", ["&"] = "&", ["^"] = "^", ["<<"] = "<<", [">>"] = ">>", ["or"] = "|", ["and"] = "&",
  xor = "^", lshift = "<<", rshift = ">>" }

local function take_operator(cursor)
  local token = cursor:peek()
  local operator = (token.kind == "sign" or token.kind == "word") and operators[token.text]
  if operator then cursor:take() end
  return operator or nil
end

-- A value with those that operators join to it, as they nest in JSON.
local function joined(cursor, scope, value)
  local count, operator = 0, take_operator(cursor)
  while operator do
    count = count + 1
    if count > deepest then cursor:refuse "more operators than can be right" end
    value = { [operator] = { value, ranged(cursor, scope) } }
    operator = take_operator(cursor)
  end
  return value
end

local function combined(cursor, scope)
  return joined(cursor, scope, ranged(cursor, scope))
end

function read_value(cursor, scope)
  scope.depth = scope.depth + 1
  if scope.depth > deepest then cursor:refuse "nested deeper than can be right" end
  local parts = { combined(cursor, scope) }
  while cursor:accept "." do parts[#parts + 1] = combined(cursor, scope) end
  scope.depth = scope.depth - 1
  return parts[2] and { concat = parts } or parts[1]
end

--- A value, or several with commas between: what a `define` gives, and what a match compares with.
-- @treturn string|table
function nft_statements.value(cursor, scope)
  local list = { read_value(cursor, scope) }
  while cursor:accept "," do
    cursor:skip_newlines()
    if cursor:at_end() then break end
    list[#list + 1] = read_value(cursor, scope)
  end
  return list[2] and list or list[1]
end

local function size_of(value)
  if type(value) ~= "table" then return 1 end
  local size = 1
  for _, part in pairs(value) do size = size + size_of(part) end
  return size
end

--- Give a variable the value that stands here.
-- @tparam Cursor cursor
-- @tparam table scope
-- @tparam string name
function nft_statements.define(cursor, scope, name)
  local value = nft_statements.value(cursor, scope)
  scope.variables[name] = { value = value, size = size_of(value) }
end

--- One word: a name, a policy, a number; or a variable that holds one.
-- @tparam Cursor cursor
-- @tparam table scope
-- @tparam ?string what it is, for the message
-- @treturn string
function nft_statements.name(cursor, scope, what)
  local token, value = cursor:peek(), nil
  if token.kind == "variable" then
    value = variable(cursor, scope)
  elseif plain[token.kind] then
    value = cursor:take().text
  end
  if type(value) ~= "string" then
    cursor:refuse("%s was expected, not %s", token, what or "a name", value and "several values" or cursor.shown(token))
  end
  return value
end

local verdicts = word_set "accept drop return continue queue"

local function read_verdict(cursor, scope)
  local word = cursor:peek().text
  if cursor:peek().kind ~= "word" then return nil end
  if verdicts[word] then return { [cursor:take().text] = null } end
  if word ~= "jump" and word ~= "goto" then return nil end
  cursor:take()
  if cursor:is "{" and scope.shared.open_chain then return { [word] = { target = scope.shared.open_chain() } } end
  return { [word] = { target = nft_statements.name(cursor, scope, "a chain") } }
end

-- `timeout 1h`, `counter packets 0 bytes 0`, `comment "..."`: what may stand after an element.
local function skip_element_options(cursor, is_key)
  while not (cursor:is "," or cursor:is "}" or is_key and cursor:is ":") do
    if cursor:take().kind == "end" then cursor:refuse "a '{' that is not closed" end
  end
end

local function splice(list, value)
  local values = value.set or value
  for _, item in ipairs(values) do list[#list + 1] = item end
  return #values
end

local function is_list(value)
  return type(value) == "table" and (value.set ~= nil or value[1] ~= nil or next(value) == nil)
end

local function read_element(cursor, scope, list)
  local value = read_value(cursor, scope)
  skip_element_options(cursor, true)
  if cursor:accept ":" then
    cursor:skip_newlines()
    value = { value, read_verdict(cursor, scope) or read_value(cursor, scope) }
    skip_element_options(cursor)
  elseif is_list(value) then
    return spend(cursor, scope, splice(list, value))
  end
  list[#list + 1] = value
  spend(cursor, scope, 1)
end

function read_set(cursor, scope)
  local opened, list = cursor:peek(), {}
  cursor:expect "{"
  cursor:skip_newlines()
  while not cursor:accept "}" do
    if cursor:peek().kind == "end" then cursor:refuse("a '{' that is not closed", opened) end
    read_element(cursor, scope, list)
    cursor:skip_newlines()
    if not cursor:is "}" then cursor:expect "," end
    cursor:skip_newlines()
  end
  return { set = list }
end

--- The elements of a named set: braces, or a variable that holds them.
-- @treturn {table,...}
function nft_statements.elements(cursor, scope)
  local value, list = read_value(cursor, scope), {}
  if not is_list(value) then return { value } end
  spend(cursor, scope, splice(list, value))
  return list
end

-- Left sides --------------------------------------------------------------------------------
-- Each returns what JSON has, or nil for one of which only the text is kept.

local function word(cursor, what)
  local token = cursor:peek()
  if token.kind ~= "word" then cursor:refuse("%s was expected, not %s", nil, what, cursor.shown(token)) end
  return cursor:take().text
end

local function option_of_header(cursor)
  cursor:take()
  word(cursor, "an option")
  local following = cursor:peek()
  local is_field = following.kind == "word" and not (following.text == "set" or following.text == "exists"
    or following.text == "missing")
  if is_field then cursor:take() end
end

local function payload_side(cursor)
  local protocol = cursor:take().text
  if cursor:is "option" then return option_of_header(cursor) end
  local field = word(cursor, "a field of " .. protocol)
  if protocol == "arp" and (cursor:is "ip" or cursor:is "ether") then field = field .. " " .. cursor:take().text end
  return { payload = { protocol = protocol, field = field } }
end

local function meta_side(cursor)
  cursor:accept "meta"
  return { meta = { key = word(cursor, "a key of meta") } }
end

local function ct_side(cursor)
  cursor:take()
  local key = word(cursor, "a key of ct")
  local direction = (key == "original" or key == "reply") and key or nil
  if direction then
    if not (cursor:accept "ip") then cursor:accept "ip6" end
    key = word(cursor, "a key of ct")
  end
  if key == "count" then
    cursor:accept "over"
    return nil
  end
  return { ct = { key = key, dir = direction } }
end

local fib_results = word_set "oif oifname type"

local function fib_side(cursor)
  cursor:take()
  repeat
    local is_result = fib_results[cursor:peek().text]
    if cursor:at_end() then cursor:refuse "what fib gives was expected: oif, oifname or type" end
    cursor:take()
  until is_result
end

-- Its first word, and so many more.
local function words_side(count)
  return function(cursor)
    for _ = 0, count do word(cursor, "a word") end
  end
end

local function hash_side(cursor)
  while not (cursor:at_end() or cursor:is "mod") do cursor:take() end
  cursor:expect "mod"
  cursor:take()
  if cursor:accept "seed" then cursor:take() end
  if cursor:accept "offset" then cursor:take() end
end

local function rt_side(cursor)
  cursor:take()
  if not cursor:accept "ip" then cursor:accept "ip6" end
  word(cursor, "a key of rt")
end

local function raw_payload_side(cursor)
  cursor:take()
  for _ = 1, 2 do
    cursor:expect ","
    cursor:take()
  end
end

local function socket_side(cursor)
  cursor:take()
  word(cursor, "a key of socket")
  if cursor:accept "level" then cursor:take() end
end

local sides = {
  meta = meta_side, ct = ct_side, fib = fib_side, rt = rt_side, socket = socket_side, numgen = hash_side,
  jhash = hash_side, symhash = hash_side, osf = words_side(1), exthdr = words_side(1), hbh = words_side(1),
  frag = words_side(1), dst = words_side(1), mh = words_side(1), srh = words_side(1), ipsec = words_side(2),
  tunnel = words_side(1),
}
for key in pairs(payloads) do sides[key] = payload_side end
for key in pairs(bare_metas) do sides[key] = meta_side end

local function side_at(cursor)
  local token = cursor:peek()
  if token.kind == "set" and cursor:peek(1).text == "," then return raw_payload_side end
  return token.kind == "word" and sides[token.text] or nil
end

local read_left

local function one_left(cursor, scope)
  if cursor:accept "(" then
    local left = read_left(cursor, scope)
    cursor:expect ")"
    return left
  end
  local side = side_at(cursor)
  if not side then cursor:refuse("what to look at was expected, not %s", nil, cursor.shown(cursor:peek())) end
  return side(cursor)
end

local function masked_left(cursor, scope)
  return joined(cursor, scope, one_left(cursor, scope))
end

-- nil where one of several is known by its text alone.
function read_left(cursor, scope)
  scope.depth = scope.depth + 1
  if scope.depth > deepest then cursor:refuse "nested deeper than can be right" end
  local lefts, whole = {}, true
  repeat
    local left = masked_left(cursor, scope)
    whole = whole and left ~= nil
    lefts[#lefts + 1] = left or {}
  until not cursor:accept "."
  scope.depth = scope.depth - 1
  return whole and (lefts[2] and { concat = lefts } or lefts[1]) or nil
end

-- Statements that begin with what they look at --------------------------------------------------

local comparisons = { ["=="] = "==", ["!="] = "!=", ["<"] = "<", [">"] = ">", ["<="] = "<=", [">="] = ">=", ["!"] = "!",
  eq = "==", ne = "!=", lt = "<", gt = ">", le = "<=", ge = ">=" }

local function comparison(cursor)
  local token = cursor:peek()
  local known = (token.kind == "sign" or token.kind == "word") and comparisons[token.text]
  if known then cursor:take() end
  return known or nil
end

-- A value may itself look at the packet: `ct mark`, `ip saddr map { ... }`.
local function skip_assigned(cursor, scope)
  repeat
    if side_at(cursor) then read_left(cursor, scope) else nft_statements.value(cursor, scope) end
    if cursor:accept "map" then primary(cursor, scope) end
  until not take_operator(cursor)
end

local function assignment(cursor, scope)
  skip_assigned(cursor, scope)
  return { mangle = {} }
end

-- `tcp flags syn / syn,ack` is `tcp flags & (syn | ack) == syn`.
local function slashed(cursor, scope, left)
  if not (left and cursor:accept "/") then return left end
  return { ["&"] = { left, nft_statements.value(cursor, scope) } }
end

local function looking(cursor, scope)
  local from = cursor.at
  local left = read_left(cursor, scope)
  if cursor:accept "set" then return assignment(cursor, scope) end
  if cursor:accept "vmap" then
    return { vmap = { key = left or {}, data = primary(cursor, scope) } }
  end
  local operator = comparison(cursor)
  local right = nft_statements.value(cursor, scope)
  local is_list_of_flags = type(right) == "table" and right[1] ~= nil
  left = slashed(cursor, scope, left)
  if cursor:accept "map" then primary(cursor, scope) end
  if not left then return { [cursor:text(from, cursor.at - 1)] = null } end
  return { match = { op = operator or is_list_of_flags and "in" or "==", left = left, right = right } }
end

-- Other statements ---------------------------------------------------------------------------------

local statements

local function begins_statement(cursor)
  return cursor:peek().kind == "word" and statements[cursor:peek().text] ~= nil or side_at(cursor) ~= nil
end

local function skip_to_statement(cursor)
  while not (cursor:at_end() or begins_statement(cursor)) do
    if cursor:is "{" then cursor:skip_braces() else cursor:take() end
  end
end

-- A statement of which the text is kept.
local function kept(skip)
  return function(cursor, scope)
    local from = cursor.at
    cursor:take()
    skip(cursor, scope)
    return { [cursor:text(from, cursor.at - 1)] = null }
  end
end

-- A statement that is its first word and says nothing else that counts here.
local function named(skip)
  return function(cursor, scope)
    local kind = cursor:take().text
    skip(cursor, scope)
    return { [kind] = null }
  end
end

local function nothing() end

-- `counter name "web"`, `limit name ip saddr map @limits`
local function skip_named(cursor, scope)
  if not side_at(cursor) then return primary(cursor, scope) end
  read_left(cursor, scope)
  cursor:expect "map"
  primary(cursor, scope)
end

local function skip_amount(cursor, scope)
  if cursor:accept "name" then return skip_named(cursor, scope) end
  while cursor:peek().kind == "word" or cursor:peek().kind == "string" or cursor:is "/" do
    if begins_statement(cursor) then return end
    cursor:take()
  end
end

local function skip_counter(cursor, scope)
  if cursor:accept "name" then return skip_named(cursor, scope) end
  if cursor:peek().kind == "string" then return cursor:take() end
  for _, part in ipairs { "packets", "bytes" } do
    if cursor:accept(part) then cursor:take() end
  end
end

local function skip_flags(cursor)
  local layer = word(cursor, "a flag of log")
  if layer == "tcp" or layer == "ip" then word(cursor, "a flag of log") end
  while cursor:accept "," do word(cursor, "a flag of log") end
end

local log_options = word_set "prefix group snaplen queue-threshold level"

local function skip_log(cursor, scope)
  while cursor:peek().kind == "word" do
    if log_options[cursor:peek().text] then
      cursor:take()
      primary(cursor, scope)
    elseif cursor:accept "flags" then
      skip_flags(cursor)
    else
      return
    end
  end
end

local function skip_to(cursor, scope)
  if not cursor:accept "ip" then cursor:accept "ip6" end
  cursor:expect "to"
  if cursor:peek().kind == "word" then cursor:take() end
  if cursor:peek().kind == "variable" then variable(cursor, scope) end
  skip_to_statement(cursor)
end

local function skip_flow(cursor)
  if not cursor:accept "add" then cursor:expect "offload" end
  cursor:take()
end

local function skip_change(cursor)
  if cursor:peek().kind ~= "set" then cursor:refuse "a set was expected: @name" end
  cursor:take()
  if cursor:is "{" then cursor:skip_braces() end
end

local function skip_old_change(cursor)
  while not (cursor:at_end() or cursor:peek().kind == "set") do cursor:take() end
  if cursor:peek().kind == "set" then cursor:take() end
end

local function skip_meter(cursor)
  while not (cursor:at_end() or cursor:is "{") do cursor:take() end
  if cursor:is "{" then cursor:skip_braces() end
end

local function skip_dup(cursor, scope)
  cursor:expect "to"
  primary(cursor, scope)
  if cursor:accept "device" then primary(cursor, scope) end
end

-- After these nothing of the rule is reached but its comment.
local last = word_set "accept drop reject return queue jump goto dnat snat masquerade redirect fwd synproxy"

local function read_jump(cursor, scope)
  return read_verdict(cursor, scope)
end

local function read_reject(cursor)
  cursor:take()
  if not cursor:accept "with" then return { reject = null } end
  local kind = word(cursor, "what to answer with")
  return { reject = { type = kind == "tcp" and "tcp reset" or kind } }
end

statements = {
  counter = named(skip_counter), log = named(skip_log), notrack = named(nothing), continue = named(nothing),
  flow = named(skip_flow), dup = named(skip_dup),
  limit = kept(skip_amount), quota = kept(skip_amount), last = kept(skip_amount), tproxy = kept(skip_to),
  add = kept(skip_change), update = kept(skip_change), delete = kept(skip_change), set = kept(skip_old_change),
  map = kept(skip_old_change), meter = kept(skip_meter), reset = kept(skip_to_statement),
  xt = kept(skip_to_statement), jump = read_jump, ["goto"] = read_jump, reject = read_reject,
}
for kind in pairs(last) do statements[kind] = statements[kind] or named(nothing) end

-- A word that no nft of our time knows: kept, unless it is all there is or nothing follows that we know.
local function read_unknown(cursor)
  local token, from = cursor:peek(), cursor.at
  if token.kind ~= "word" or not token.text:find "^%l[%l%d_-]*$" then
    cursor:refuse("no statement begins with %s", nil, cursor.shown(token))
  end
  cursor:take()
  skip_to_statement(cursor)
  if cursor:at_end() then cursor:refuse("no statement begins with %s", token, cursor.shown(token)) end
  return { [cursor:text(from, cursor.at - 1)] = null }
end

-- Adds a statement; returns whether it is the last.
local function add_statement(cursor, scope, list)
  local token = cursor:peek()
  local is_looking = side_at(cursor) or cursor:is "("
  local read = is_looking and looking or token.kind == "word" and statements[token.text] or read_unknown
  list[#list + 1] = read(cursor, scope)
  return not is_looking and last[token.text]
end

local function read_comment(cursor, scope)
  cursor:take()
  return nft_statements.name(cursor, scope)
end

local function skip_to_comment(cursor)
  while not (cursor:at_end() or cursor:is "comment") do
    if cursor:is "{" then cursor:skip_braces() else cursor:take() end
  end
end

--- Read the statements of a rule, up to its end.
-- @tparam Cursor cursor
-- @tparam table scope
-- @treturn {table,...} as in JSON
-- @treturn ?string the rule's comment
function nft_statements.read(cursor, scope)
  local list, comment = {}, nil
  while not cursor:at_end() do
    if cursor:is "comment" then
      comment = read_comment(cursor, scope)
    else
      if add_statement(cursor, scope, list) then skip_to_comment(cursor) end
    end
  end
  return list, comment
end

return nft_statements
