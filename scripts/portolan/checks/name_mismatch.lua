--- Rules whose comment names one service while their ports are another's.

local assignment = require "portolan.assignment"
local portolan = require "portolan"
local rules = require "portolan.rule"
local span = require "portolan.span"

local check = { name = "name-mismatch" }

local names_form = { type = "map", of = { type = "list", single = true, of = { type = "string" } } }

-- Words that people write in comments, and the services they may mean by them. Only words that mean nothing else.
local usual = {
  dns = { "domain", "domain-s", "mdns" }, ftp = { "ftp", "ftp-data", "ftps", "ftps-data", "tftp" },
  http = { "http", "http-alt", "https", "pcsync-https" }, https = { "https", "pcsync-https" },
  imap = { "imap", "imaps" }, imaps = { "imaps" }, ipp = { "ipp" }, isakmp = { "isakmp", "ipsec-nat-t" },
  kerberos = { "kerberos", "kerberos-adm", "kpasswd" }, ldap = { "ldap", "ldaps", "msft-gc", "msft-gc-ssl" },
  ldaps = { "ldaps", "msft-gc-ssl" }, mdns = { "mdns" }, mongodb = { "mongodb" }, mysql = { "mysql", "mysqlx" },
  ntp = { "ntp" }, openvpn = { "openvpn" }, pop3 = { "pop3", "pop3s" }, pop3s = { "pop3s" },
  postgres = { "postgresql" }, postgresql = { "postgresql" }, rdp = { "ms-wbt-server" }, redis = { "redis" },
  smtp = { "smtp", "submission", "submissions", "urd" }, smtps = { "submissions", "urd" },
  snmp = { "snmp", "snmptrap" }, ssh = { "ssh" }, submission = { "submission", "submissions" },
  syslog = { "syslog", "syslog-conn", "syslog-tls", "shell" }, telnet = { "telnet", "telnets" }, tftp = { "tftp" },
  vnc = { "rfb" },
}

check.parameters = { names = names_form }

check.codes = {
  ["name-mismatch"] = {
    severity = "note",
    message = "the comment says {word}, which IANA has at {assigned}, but the rule is for {ports}",
    rationale = "Either the number is wrong, or the next reader will look for the service elsewhere.",
    remedy = "Correct the number, or say in the comment that the service is moved.",
  },
}

local function ports_of(registry, names)
  local set = portolan.ports {}
  for _, name in ipairs(names) do set = set + span.of_records(registry:named(name)) end
  return set
end

local function services_for(context, word)
  return (context.parameters.names or {})[word] or usual[word]
end

-- By word its ports, or false; each word is looked up once.
local function lexicon_of(context)
  return setmetatable({}, { __index = function(lexicon, word)
    local names = services_for(context, word)
    lexicon[word] = names and ports_of(context.registry, names) or false
    return lexicon[word]
  end })
end

-- The first word that names a service, and the ports of all services named.
local function meant(lexicon, comment)
  local first, ports = nil, nil
  for word in comment:lower():gmatch "[%w%-]+" do
    local named = lexicon[word]
    first = first or named and word
    if named then ports = ports and ports + named or named end
  end
  return first, ports
end

local function judge(context, chain, rule, word, assigned)
  local ports = rules.ports(rule)
  local all_meant = ports:count() > 0 and ports == assignment.narrow(ports)
  if all_meant and (ports * assignment.on_any_transport(assigned)):count() == 0 then
    context:report("name-mismatch", {
      rule = rule, chain = chain, ports = ports, word = word, assigned = span.summary(assigned, 3), subject = word,
    })
  end
end

function check.run(context)
  local lexicon = lexicon_of(context)
  for chain, rule in context.ruleset:rules() do
    local word, assigned = meant(lexicon, rule.comment or "")
    if word then judge(context, chain, rule, word, assigned) end
  end
end

return check
