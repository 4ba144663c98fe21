--- A rule in the words of iptables and ip6tables.
--
--    local words, quoted = iptables_rule.words '-p tcp --dport 22 -j ACCEPT'
--    local rule = iptables_rule.read(words, quoted, 1, { place = place, text = line }, { port = port_of_name })
--
-- Each option is one row of a table: how many words follow it and what it says about the packet. An option
-- without a row, or whose words mean nothing to us, is kept in `also` with the name of its module (`-m`);
-- so no rule ever matches more than was read. After `-j` unknown options are the target's, unless the target
-- takes none. Whether a target that is not iptables' own is a chain, the reader of all lines must say.
--
-- Sources: iptables(8), iptables-extensions(8).
-- @module portolan.grammar.iptables_rule

local reader = require "portolan.reader"

local address, protocols, ranges = reader.address, reader.protocols, reader.ranges

local iptables_rule = {}

-- Words ---------------------------------------------------------------------

local DASH = ("-"):byte()

-- What a quote holds, from `at` (past the mark), and where it ends; nil where no mark ends it.
local function quoted_part(line, at)
  local parts = {}
  while true do
    local plain, mark, following = line:match('^([^"\\]*)(["\\])()', at)
    if not mark then return nil end
    parts[#parts + 1] = plain
    if mark == '"' then return table.concat(parts), following end
    parts[#parts + 1] = line:sub(following, following)
    at = following + 1
  end
end

-- The word at `at`, where the next may begin, whether it begins with a quote; nil where a quote is not closed.
local function mixed_word_at(line, at)
  local parts, is_quoted, from = {}, line:find('^"', at) ~= nil, at
  while line:find("^%S", from) do
    local part, following = line:match('^([^%s"]+)()', from)
    if not part then part, following = quoted_part(line, from + 1) end
    if not part then return nil end
    parts[#parts + 1], from = part, following
  end
  return table.concat(parts), from, is_quoted
end

local function word_at(line, at)
  local word, following = line:match('^([^%s"]+)()', at)
  if word and not line:find('^"', following) then return word, following end
  return mixed_word_at(line, at)
end

-- `--option=value` and `-pVALUE` are two words, as getopt_long(3) has it.
local function split_option(word)
  local option, value = word:match "^(%-%-%a[%w-]*)=(.*)$"
  if option then return option, value end
  return word:match "^(%-[psdiojgmt])([^%s-].*)$"
end

local function add_word(words, word, is_quoted)
  local option, value
  if not is_quoted and #word > 2 and word:byte() == DASH then option, value = split_option(word) end
  words[#words + 1] = option or word
  words[#words + 1] = value
end

--- The words of a line.
-- @tparam string line
-- @treturn[1] {string,...} words
-- @treturn[1] {number=true} which of them were quoted
-- @return[2] nil where a quote is not closed
function iptables_rule.words(line)
  local words, quoted, at = {}, {}, line:find "%S"
  while at do
    local word, following, is_quoted = word_at(line, at)
    if not word then return nil end
    add_word(words, word, is_quoted)
    quoted[#words] = is_quoted
    at = line:find("%S", following)
  end
  return words, quoted
end

-- A draft of a rule: its words, and what they have said so far ---------------

local function is_option(draft, at)
  local word = draft.words[at]
  return word and not draft.quoted[at] and word:find "^%-%-?[%a46]" ~= nil
end

local function taken_mark(draft)
  local marked = draft.words[draft.at] == "!" and not draft.quoted[draft.at]
  if marked then draft.at = draft.at + 1 end
  return marked
end

local function taken_word(draft)
  draft.at = draft.at + 1
  return draft.words[draft.at - 1]
end

local function at_next_option(draft)
  local at = draft.at
  return at > #draft.words or is_option(draft, at) or draft.words[at] == "!" and is_option(draft, at + 1)
end

local function as_written(name, negated, values)
  local mark = negated and "! " or ""
  return mark .. name .. (#values > 0 and " " .. table.concat(values, " ") or "")
end

local function also(draft, text)
  local list = draft.rule.also
  list[#list + 1] = text
end

-- What a module says stands in one entry, after the module's name.
local function open_entry(draft, module)
  if draft.entries[module] then return end
  also(draft, module)
  draft.entries[module] = { at = #draft.rule.also, module }
end

local function also_of_module(draft, text)
  if not draft.module then return also(draft, text) end
  open_entry(draft, draft.module)
  local entry = draft.entries[draft.module]
  entry[#entry + 1] = text
end

-- What options say: each returns whether it was understood -------------------

local function list_of(text)
  local list = {}
  for word in (text .. ","):gmatch "([^,]*)," do list[#list + 1] = word end
  return list
end

local function read_protocol(draft, negated, word)
  local protocol = protocols.read(word)
  if word:lower() == "all" or protocol == "hopopt" then return not negated end
  if not protocol then return false end
  draft.match.protocols = negated and protocols.complement { protocol } or { protocol }
  return true
end

local function read_addresses(text)
  local list = {}
  for i, word in ipairs(list_of(text)) do
    list[i] = address.read(word)
    if not list[i] then return nil end
  end
  return list
end

local function is_any(list)
  return #list == 1 and (list[1] == "0.0.0.0/0" or list[1] == "::/0")
end

local function set_addresses(draft, field, negated, list)
  if draft.match[field] then return false end
  if is_any(list) and not negated then return true end
  list.except = negated or nil
  draft.match[field] = list
  return true
end

local function address_option(field)
  return function(draft, negated, text)
    local list = read_addresses(text)
    if list then return set_addresses(draft, field, negated, list) end
    if not (text:find "^%w[%w_.-]*$" and text:find "%a") then return false end
    also(draft, ("%s%s host name %s"):format(negated and "! " or "", field, text))
    return true
  end
end

local function range_option(field)
  return function(draft, negated, text)
    local range = address.read(text)
    return range ~= nil and text:find("-", 1, true) ~= nil and set_addresses(draft, field, negated, { range })
  end
end

local function interface_option(field)
  return function(draft, negated, name)
    if draft.match[field] then return false end
    if name == "+" then return not negated end
    draft.match[field] = { (name:gsub("%+$", "*")), except = negated or nil }
    return true
  end
end

local function read_port_range(draft, text)
  local from, to = text:match "^([^:]*):([^:]*)$"
  local list = draft.match.protocols
  local first = reader.port(from == "" and 0 or from or text, list, draft.options)
  local last = reader.port(to == "" and 65535 or to or text, list, draft.options)
  if first and last and first <= last then return { first, last } end
  return nil
end

local function read_ports(draft, negated, text)
  local list = {}
  for i, word in ipairs(list_of(text)) do
    list[i] = read_port_range(draft, word)
    if not list[i] then return nil end
  end
  list = ranges.union(list)
  return negated and ranges.complement(list, 65535) or list
end

local function narrow_ports(match, field, list)
  match[field] = match[field] and ranges.intersect(match[field], list) or list
end

local function port_option(field)
  return function(draft, negated, text)
    local list = read_ports(draft, negated, text)
    if list then narrow_ports(draft.match, field, list) end
    return list ~= nil
  end
end

-- multiport's --ports: either end; negated, neither.
local function read_either_ports(draft, negated, text)
  local list = not draft.either and read_ports(draft, negated, text)
  if not list then return false end
  if negated then
    narrow_ports(draft.match, "source_ports", list)
    narrow_ports(draft.match, "destination_ports", list)
  else
    draft.either = list
  end
  return true
end

local function read_states(draft, negated, text)
  local list = {}
  for i, word in ipairs(list_of(text)) do
    list[i] = reader.state(word)
    if not list[i] then return false end
  end
  if draft.match.states then return false end
  draft.match.states = negated and reader.complement_states(list) or reader.union_states(list)
  return true
end

local icmp_names = {
  ["any"] = "255", ["pong"] = "0", ["ping"] = "8", ["network-unreachable"] = "3/0", ["host-unreachable"] = "3/1",
  ["protocol-unreachable"] = "3/2", ["port-unreachable"] = "3/3", ["fragmentation-needed"] = "3/4",
  ["source-route-failed"] = "3/5", ["network-unknown"] = "3/6", ["host-unknown"] = "3/7",
  ["network-prohibited"] = "3/9", ["host-prohibited"] = "3/10", ["TOS-network-unreachable"] = "3/11",
  ["TOS-host-unreachable"] = "3/12", ["communication-prohibited"] = "3/13", ["host-precedence-violation"] = "3/14",
  ["precedence-cutoff"] = "3/15", ["network-redirect"] = "5/0", ["host-redirect"] = "5/1",
  ["TOS-network-redirect"] = "5/2", ["TOS-host-redirect"] = "5/3", ["ttl-exceeded"] = "11",
  ["ttl-zero-during-transit"] = "11/0", ["ttl-zero-during-reassembly"] = "11/1", ["ip-header-bad"] = "12/0",
  ["required-option-missing"] = "12/1",
}

local icmpv6_names = {
  ["ping"] = "128", ["pong"] = "129", ["no-route"] = "1/0", ["communication-prohibited"] = "1/1",
  ["beyond-scope"] = "1/2", ["address-unreachable"] = "1/3", ["port-unreachable"] = "1/4",
  ["failed-policy"] = "1/5", ["reject-route"] = "1/6", ["ttl-exceeded"] = "3", ["ttl-zero-during-transit"] = "3/0",
  ["ttl-zero-during-reassembly"] = "3/1", ["bad-header"] = "4/0", ["unknown-header-type"] = "4/1",
  ["unknown-option"] = "4/2", ["router-solicitation"] = "133", ["router-advertisement"] = "134",
  ["neighbour-solicitation"] = "135", ["neighbor-solicitation"] = "135", ["neighbour-advertisement"] = "136",
  ["neighbor-advertisement"] = "136", ["redirect"] = "137",
}

-- A type with a code narrows `icmp_types` to the type, and the code stays in `also`.
local function icmp_option(protocol, names)
  return function(draft, negated, word)
    local type_word, code = (names[word] or word):match "^([^/]+)/?(.*)$"
    local number = protocols.icmp_type(type_word, protocol)
    if number == 255 and protocol == "icmp" and code == "" then return not negated end
    if not number or negated and code ~= "" then return false end
    local list = { { number, number } }
    draft.match.icmp_types = negated and ranges.complement(list, 255) or list
    return code == ""
  end
end

local function read_comment(draft, negated, text)
  draft.comments[#draft.comments + 1] = text
  return not negated
end

local understood_modules = {
  tcp = true, udp = true, udplite = true, sctp = true, dccp = true, icmp = true, icmp6 = true, icmpv6 = true,
  multiport = true, state = true, conntrack = true, comment = true, iprange = true, standard = true,
}

local function read_module(draft, _, name)
  draft.module, draft.of_target = name, false
  if not understood_modules[name] then open_entry(draft, name) end
  return true
end

local verdicts = {
  ACCEPT = "accept", DROP = "drop", REJECT = "reject", RETURN = "return", QUEUE = "queue", NFQUEUE = "queue",
}

for name in ([[AUDIT CHECKSUM CLASSIFY CONNMARK CONNSECMARK CT DSCP ECN HL HMARK IDLETIMER LED LOG MARK NFLOG
NOTRACK RATEEST SECMARK SET TCPMSS TCPOPTSTRIP TEE TOS TRACE TTL ULOG]]):gmatch "%u+" do
  verdicts[name] = "continue"
end

-- Once one of these has decided, the packet leaves the chain, perhaps with other addresses.
for name in ([[CLUSTERIP DNAT DNPT MASQUERADE MIRROR NETMAP REDIRECT SAME SNAT SNPT SYNPROXY TARPIT
TPROXY]]):gmatch "%u+" do
  verdicts[name] = "other"
end

--- What a target does to a packet.
-- @tparam string name
-- @treturn[1] string a verdict
-- @return[2] nil for a chain or a target we do not know
function iptables_rule.verdict(name)
  return verdicts[name]
end

local logs = { LOG = true, NFLOG = true, ULOG = true }
local takes_options = { queue = true, continue = true, other = true }

local function read_target(draft, negated, name)
  if negated then return false end
  local rule = draft.rule
  rule.verdict, rule.log = verdicts[name] or "jump", logs[name]
  rule.target = not verdicts[name] and name or nil
  draft.module, draft.of_target = nil, takes_options[rule.verdict] or false
  return true
end

local function read_goto(draft, negated, name)
  if negated then return false end
  draft.rule.verdict, draft.rule.target = "goto", name
  draft.module, draft.of_target = nil, false
  return true
end

local function family_option(family)
  return function(draft)
    draft.match.family = family
    return true
  end
end

local function read_table(draft, negated, name)
  draft.table_name = name
  return not negated
end

local function skip()
  return true
end

-- Name -> how many words follow, what they say, whether it is the rule's own (and not its module's).
local options = {
  ["--protocol"] = { 1, read_protocol, own = true },
  ["--source"] = { 1, address_option "source", own = true },
  ["--destination"] = { 1, address_option "destination", own = true },
  ["--in-interface"] = { 1, interface_option "input", own = true },
  ["--out-interface"] = { 1, interface_option "output", own = true },
  ["--jump"] = { 1, read_target, own = true },
  ["--goto"] = { 1, read_goto, own = true },
  ["--match"] = { 1, read_module, own = true },
  ["--table"] = { 1, read_table, own = true },
  ["--fragment"] = { 0, function() return false end, own = true },
  ["--ipv4"] = { 0, family_option "ip", own = true },
  ["--ipv6"] = { 0, family_option "ip6", own = true },
  ["--set-counters"] = { 2, skip, own = true },
  ["--source-port"] = { 1, port_option "source_ports" },
  ["--destination-port"] = { 1, port_option "destination_ports" },
  ["--source-ports"] = { 1, port_option "source_ports" },
  ["--destination-ports"] = { 1, port_option "destination_ports" },
  ["--ports"] = { 1, read_either_ports },
  ["--ctstate"] = { 1, read_states },
  ["--src-range"] = { 1, range_option "source" },
  ["--dst-range"] = { 1, range_option "destination" },
  ["--icmp-type"] = { 1, icmp_option("icmp", icmp_names) },
  ["--icmpv6-type"] = { 1, icmp_option("icmpv6", icmpv6_names) },
  ["--comment"] = { 1, read_comment },
  ["--reject-with"] = { 1, skip },
}

for short, long in pairs {
  ["-p"] = "--protocol", ["--proto"] = "--protocol", ["-s"] = "--source", ["--src"] = "--source",
  ["-d"] = "--destination", ["--dst"] = "--destination", ["-i"] = "--in-interface", ["-o"] = "--out-interface",
  ["-j"] = "--jump", ["-g"] = "--goto", ["-m"] = "--match", ["-t"] = "--table", ["-f"] = "--fragment",
  ["-4"] = "--ipv4", ["-6"] = "--ipv6", ["-c"] = "--set-counters",
  ["--sport"] = "--source-port", ["--dport"] = "--destination-port", ["--sports"] = "--source-ports",
  ["--dports"] = "--destination-ports", ["--state"] = "--ctstate",
} do
  options[short] = options[long]
end

-- One option of a rule --------------------------------------------------------

local function take_values(draft, count)
  local values = {}
  while #values < count and draft.at <= #draft.words do values[#values + 1] = taken_word(draft) end
  return values
end

local function read_known(draft, name, option, negated)
  if option[1] > 0 and taken_mark(draft) then negated = not negated end
  local values = take_values(draft, option[1])
  if #values == option[1] and option[2](draft, negated, values[1]) then return end
  local keep = option.own and also or also_of_module
  keep(draft, as_written(name, negated, values))
end

local function read_unknown(draft, name, negated)
  local values = {}
  while not at_next_option(draft) do values[#values + 1] = taken_word(draft) end
  if not draft.of_target then also_of_module(draft, as_written(name, negated, values)) end
end

local function read_option(draft)
  local negated = taken_mark(draft)
  local known = is_option(draft, draft.at)
  local name = taken_word(draft)
  if not known then return also(draft, as_written(name or "", negated, {})) end
  if options[name] then return read_known(draft, name, options[name], negated) end
  read_unknown(draft, name, negated)
end

local function copy(match)
  local twin = {}
  for field, value in pairs(match) do twin[field] = value end
  return twin
end

local function is_never(match)
  for field, list in pairs(match) do
    if field ~= "family" and #list == 0 then return true end
  end
  return false
end

local function possible(matches)
  local list = {}
  for _, match in ipairs(matches) do
    if not is_never(match) then list[#list + 1] = match end
  end
  return list
end

local function matches_of(draft)
  if not draft.either then return possible { draft.match } end
  local other = copy(draft.match)
  narrow_ports(draft.match, "source_ports", draft.either)
  narrow_ports(other, "destination_ports", draft.either)
  return possible { draft.match, other }
end

local function finish(draft)
  local rule = draft.rule
  for _, entry in pairs(draft.entries) do rule.also[entry.at] = table.concat(entry, " ") end
  rule.comment = #draft.comments > 0 and table.concat(draft.comments, "; ") or nil
  rule.matches = matches_of(draft)
end

--- Read a rule, from a word of its line on.
-- @tparam {string,...} words
-- @tparam {number=true} quoted
-- @tparam number at the first word that is the rule's
-- @tparam table rule what is known of it; filled in
-- @tparam table given the reader's options
-- @treturn table the rule (FORMS.md); its verdict is "jump" for every target that is not iptables' own
-- @treturn ?string the table that it names
function iptables_rule.read(words, quoted, at, rule, given)
  local draft = {
    words = words, quoted = quoted, at = at, options = given, rule = rule, match = {}, entries = {}, comments = {},
    of_target = false,
  }
  rule.also, rule.verdict = {}, "continue"
  while draft.at <= #words do read_option(draft) end
  finish(draft)
  return rule, draft.table_name
end

return iptables_rule
