--- IP protocols and ICMP types by name and number.
--
--    protocols.read "ipv6-icmp"           --> "icmpv6"
--    protocols.read "6"                   --> "tcp"
--    protocols.read "253"                 --> 253
--    protocols.icmp_type("echo-request", "icmp")  --> 8
--
-- Numbers are IANA's (protocol-numbers, icmp-parameters, icmpv6-parameters); one number has one name here,
-- and other spellings lead to it. Names are the lower-case ones of /etc/protocols.
-- @module portolan.protocols

local protocols = {}

--- Name of each protocol number that firewalls name.
protocols.names = {
  [0] = "hopopt", [1] = "icmp", [2] = "igmp", [3] = "ggp", [4] = "ipencap", [5] = "st", [6] = "tcp",
  [8] = "egp", [9] = "igp", [12] = "pup", [17] = "udp", [20] = "hmp", [22] = "xns-idp", [27] = "rdp",
  [29] = "iso-tp4", [33] = "dccp", [36] = "xtp", [37] = "ddp", [38] = "idpr-cmtp", [41] = "ipv6",
  [43] = "ipv6-route", [44] = "ipv6-frag", [45] = "idrp", [46] = "rsvp", [47] = "gre", [50] = "esp",
  [51] = "ah", [57] = "skip", [58] = "icmpv6", [59] = "ipv6-nonxt", [60] = "ipv6-opts", [73] = "rspf",
  [81] = "vmtp", [88] = "eigrp", [89] = "ospf", [93] = "ax.25", [94] = "ipip", [97] = "etherip",
  [98] = "encap", [103] = "pim", [108] = "ipcomp", [112] = "vrrp", [115] = "l2tp", [124] = "isis",
  [132] = "sctp", [133] = "fc", [135] = "mobility-header", [136] = "udplite", [137] = "mpls-in-ip",
  [138] = "manet", [139] = "hip", [140] = "shim6", [141] = "wesp", [142] = "rohc",
}

local other_names = {
  ["ipv6-icmp"] = "icmpv6", ["icmp6"] = "icmpv6", ["ipv6-auth"] = "ah", ["ipv6-crypt"] = "esp",
  ["ospfigp"] = "ospf", ["mobility"] = "mobility-header", ["ipv6-mh"] = "mobility-header", ["mh"] = "mobility-header",
  ["ip-encap"] = "ipencap", ["carp"] = "vrrp", ["comp"] = "ipcomp", ["xns"] = "xns-idp",
}

local numbers = {}
for number, name in pairs(protocols.names) do numbers[name] = number end

--- The one name of a protocol, however it is written.
-- @tparam string|number word
-- @return[1] its name, or its number (0 to 255) where there is no name
-- @return[2] nil where it is no protocol we know
function protocols.read(word)
  local name = tostring(word):lower()
  name = other_names[name] or name
  if numbers[name] then return name end
  if not name:find "^%d%d?%d?$" or tonumber(name) > 255 then return nil end
  local number = math.floor(tonumber(name))
  return protocols.names[number] or number
end

--- The number of a protocol.
-- @tparam string|number word
-- @treturn[1] number 0 to 255
-- @return[2] nil
function protocols.number(word)
  local protocol = protocols.read(word)
  return numbers[protocol] or tonumber(protocol)
end

--- Protocols that have ports (RFC 6335, and UDP-Lite, RFC 3828, which shares UDP's).
protocols.with_ports = { tcp = true, udp = true, sctp = true, dccp = true, udplite = true }

--- All protocol names and numbers but those given.
-- @tparam {string|number,...} list names or numbers as `read` gives them
-- @treturn {string|number,...} in the order of their numbers
function protocols.complement(list)
  local named, rest = {}, {}
  for _, protocol in ipairs(list) do named[protocol] = true end
  for number = 0, 255 do
    local protocol = protocols.names[number] or number
    if not named[protocol] then rest[#rest + 1] = protocol end
  end
  return rest
end

local icmp = {
  ["echo-reply"] = 0, ["destination-unreachable"] = 3, ["source-quench"] = 4, ["redirect"] = 5,
  ["echo-request"] = 8, ["router-advertisement"] = 9, ["router-solicitation"] = 10, ["time-exceeded"] = 11,
  ["parameter-problem"] = 12, ["timestamp-request"] = 13, ["timestamp-reply"] = 14, ["info-request"] = 15,
  ["info-reply"] = 16, ["address-mask-request"] = 17, ["address-mask-reply"] = 18,
}

local icmpv6 = {
  ["destination-unreachable"] = 1, ["packet-too-big"] = 2, ["time-exceeded"] = 3, ["parameter-problem"] = 4,
  ["echo-request"] = 128, ["echo-reply"] = 129, ["mld-listener-query"] = 130, ["mld-listener-report"] = 131,
  ["mld-listener-done"] = 132, ["mld-listener-reduction"] = 132, ["nd-router-solicit"] = 133,
  ["nd-router-advert"] = 134, ["nd-neighbor-solicit"] = 135, ["nd-neighbor-advert"] = 136, ["nd-redirect"] = 137,
  ["router-renumbering"] = 138, ["ind-neighbor-solicit"] = 141, ["ind-neighbor-advert"] = 142,
  ["mld2-listener-report"] = 143,
}

local types = { icmp = icmp, icmpv6 = icmpv6 }

--- The number of an ICMP type, by the names that nft uses.
-- @tparam string|number word a number or a name
-- @tparam string protocol "icmp" or "icmpv6"
-- @treturn[1] number 0 to 255
-- @return[2] nil
function protocols.icmp_type(word, protocol)
  local number = types[protocol][word] or tonumber(word)
  if number and number % 1 == 0 and number >= 0 and number <= 255 then return math.floor(number) end
  return nil
end

return protocols
