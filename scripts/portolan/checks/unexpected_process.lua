--- Programs that listen on ports that IANA assigned to something else.

local listening = require "portolan.listening"
local portolan = require "portolan"
local span = require "portolan.span"

local check = { name = "unexpected-process" }

local services_form = { type = "map", of = { type = "list", single = true, of = { type = "string" } } }

check.parameters = {
  -- Beside those below, and before them: by a program's name the services that it is.
  processes = services_form,
  exposed = { type = "boolean", default = true },
}

local web = { "http", "https", "http-alt", "pcsync-https" }
local mail = { "smtp", "submission", "submissions", "urd" }
local boxes = { "imap", "imaps", "pop3", "pop3s", "sieve" }
local samba = { "microsoft-ds", "netbios-ssn", "netbios-ns", "netbios-dgm" }

-- Programs by the name that a process list shows, and the services that they are.
local usual = {
  apache2 = web, httpd = web, nginx = web, caddy = web, lighttpd = web, haproxy = web, envoy = web, traefik = web,
  master = mail, exim4 = mail, exim = mail, sendmail = mail, smtpd = mail, dovecot = boxes,
  named = { "domain", "domain-s", "rndc" }, unbound = { "domain", "domain-s" },
  dnsmasq = { "domain", "bootps", "tftp" }, pdns_server = { "domain" },
  ["systemd-resolve"] = { "domain", "mdns", "llmnr" }, ["avahi-daemon"] = { "mdns" },
  sshd = { "ssh" }, dropbear = { "ssh" }, telnetd = { "telnet" }, ["in.telnetd"] = { "telnet" },
  vsftpd = { "ftp", "ftp-data", "ftps" }, proftpd = { "ftp", "ftp-data", "ftps" }, ["in.tftpd"] = { "tftp" },
  ntpd = { "ntp" }, chronyd = { "ntp" }, ["systemd-timesyn"] = { "ntp" }, dhcpd = { "bootps" }, dhclient = { "bootpc" },
  mysqld = { "mysql", "mysqlx" }, mariadbd = { "mysql" }, postgres = { "postgresql" }, mongod = { "mongodb" },
  ["redis-server"] = { "redis" }, memcached = { "memcache" }, slapd = { "ldap", "ldaps" }, smbd = samba, nmbd = samba,
  rpcbind = { "sunrpc" }, ["rpc.mountd"] = { "mountd" }, snmpd = { "snmp", "smux" }, cupsd = { "ipp", "ipps" },
  rsyslogd = { "syslog", "syslog-tls", "shell" }, xrdp = { "ms-wbt-server" }, Xvnc = { "rfb" }, openvpn = { "openvpn" },
  dockerd = { "docker", "docker-s" }, squid = { "http-alt" }, nrpe = { "nrpe" },
  ["beam.smp"] = { "amqp", "amqps", "epmd" },
  mosquitto = { "mqtt", "secure-mqtt" }, etcd = { "etcd-client", "etcd-server" }, charon = { "isakmp", "ipsec-nat-t" },
}

check.codes = {
  ["process-unexpected"] = {
    severity = "error",
    message = "{process} listens on {ports}, which IANA assigned to {services}",
    rationale = "Rules and logs speak of the port by its service; what answers is another.",
    remedy = "Move the program to a port that IANA assigned to its service.",
    references = { "RFC6335 section 8.1" },
  },
  ["process-on-unassigned"] = {
    severity = "warning",
    message = "{process} listens on {ports}, which IANA assigned to no service",
    rationale = "Nobody outside can say what the port is for.",
    remedy = "Move the program to its assigned port, or register one (RFC 6335, section 8.1).",
    references = { "RFC6335 section 8.1" },
  },
  ["process-unknown"] = {
    severity = "note",
    message = "{process} listens on {ports}; whether it is {services} is unknown",
    rationale = "Only the assigned service should run on an exposed port, and here nobody could tell.",
    remedy = "See what it is, and name it in the policy under checks, unexpected-process, processes. Where the process "
      .. "itself is unknown, list the sockets as root.",
  },
}

local function letters(text)
  return (text:lower():gsub("[^%l%d]", ""))
end

-- "mysqld" and "mysql", "postgres" and "postgresql"; what is shorter proves nothing.
local function sounds_like(process, service)
  local a, b = letters(process), letters(service)
  if a == b then return true end
  if #a < 3 or #b < 3 then return false end
  return a:sub(1, #b) == b or b:sub(1, #a) == a
end

local function contains(list, name)
  for _, known in ipairs(list or {}) do
    if known:lower() == name then return true end
  end
  return false
end

local function services_of(context, process)
  return (context.parameters.processes or {})[process] or usual[process]
end

local function is_one_of(context, process, records)
  local services = services_of(context, process)
  for _, record in ipairs(records) do
    local name = record.name:lower()
    if contains(services, name) or not services and sounds_like(process, name) then return true end
  end
  return false
end

local function code_for(context, process, records)
  if #records == 0 then return "process-on-unassigned" end
  if not process then return "process-unknown" end
  if is_one_of(context, process, records) then return nil end
  return services_of(context, process) and "process-unexpected" or "process-unknown"
end

local function names_of(records)
  local names = {}
  for i, record in ipairs(records) do names[i] = record.name end
  return table.concat(names, " or ")
end

local function judge(context, socket)
  local records = context.registry:query {
    ports = listening.port(socket), status = "assigned", has = "name",
  }
  local code = code_for(context, socket.process, records)
  if code then
    context:report(code, {
      process = socket.process or "an unknown process", ports = listening.port(socket), services = names_of(records),
      records = records, place = socket.place, subject = listening.text(socket),
    })
  end
end

local function exposed(context)
  if not context.parameters.exposed then return portolan.ports "*" end
  local sets = {}
  for _, opening in ipairs(context.openings) do
    if opening.hook == "input" then sets[#sets + 1] = opening.ports end
  end
  return span.union(sets)
end

function check.run(context)
  if not context.sockets then return end
  local ports, told = context:allowed_away(exposed(context)), {}
  for _, socket in ipairs(listening.of(context.sockets)) do
    local key = ("%s %d/%s"):format(socket.process or "", socket.port, socket.transport)
    if ports:contains(socket.port, socket.transport) and not told[key] then
      told[key] = true
      judge(context, socket)
    end
  end
end

return check
