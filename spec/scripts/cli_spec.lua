-- The command line, run as a user runs it.

local cjson = require "cjson"

local build = os.getenv "B" or "build"

local function text(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function put(bytes)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

-- Exit status, standard output, standard error.
local function portolan(arguments)
  local out, err = os.tmpname(), os.tmpname()
  local pipe = io.popen(("LD_PRELOAD='%s' scripts/bin/portolan </dev/null %s >%s 2>%s; echo $?"):format(
    os.getenv "PORTOLAN_PRELOAD" or "", arguments, out, err))
  local status = tonumber(pipe:read "*a")
  pipe:close()
  local output, trouble = text(out), text(err)
  os.remove(out)
  os.remove(err)
  return status, output, trouble
end

local commands = { "lookup", "search", "query", "free", "translate", "info", "compile", "convert", "diff", "history",
  "update", "lint", "review", "audit", "test-policy", "trace", "compare", "run" }

describe("portolan", function()
  it("explains itself and each command, with an example", function()
    local status, out = portolan "--help"
    assert.equal(0, status)
    for _, command in ipairs(commands) do
      assert.matches("\n +" .. command:gsub("%-", "%%-") .. " ", out)
      local sub_status, help = portolan(command .. " --help")
      assert.equal(0, sub_status)
      assert.matches("Example:\n +portolan", (help:gsub("iptables%-save | ", "")))
    end
  end)

  it("ends with 2 and one line that says what to do, where it is asked wrongly", function()
    for arguments, message in pairs {
      ["loook"] = "portolan: unknown command 'loook'; see 'portolan %-%-help'\n",
      ["lookup"] = "portolan: missing argument 'what'; see 'portolan lookup %-%-help'\n",
      ["lookup 70000"] = "portolan: 70000: port must be 0%-65535 or a range, not '70000'\n",
      ["lookup 22 -r /nowhere/x"] = "portolan: /nowhere/x: No such file or directory\n",
      ["query --status free"] = "portolan: no status is called 'free'\n",
      ["audit /nowhere/x"] = "portolan: /nowhere/x: No such file or directory\n",
      ["run /nowhere/x"] = "portolan: cannot open /nowhere/x[^\n]*\n",
    } do
      local status, out, err = portolan(arguments)
      assert.same({ 2, "" }, { status, out })
      assert.matches("^" .. message .. "$", err)
    end
  end)

  describe("lookup", function()
    it("shows what is at a port, of a name, or of a glob", function()
      local status, out = portolan "lookup 443/tcp 6010/udp ssh 'ipp*'"
      assert.equal(0, status)
      for _, line in ipairs { "443/tcp +https", "6000%-6063/udp +x11", "22/tcp +ssh", "631/tcp +ipp" } do
        assert.matches(line, out)
      end
    end)

    it("says of a port without records what it is, and ends with 1", function()
      local status, _, err = portolan "lookup 50000/tcp"
      assert.equal(1, status)
      assert.matches("50000/tcp is dynamic", err)
      assert.equal(1, (portolan "lookup no-such-name"))
    end)

    it("gives JSON with every field, and CSV with IANA's columns", function()
      local _, out = portolan "lookup 9/dccp --format json"
      local records = cjson.decode(out)
      assert.same({ "discard", 1145656131, 9 }, { records[1].name, records[1].service_code, records[1].first })
      local _, csv = portolan "lookup 80/tcp --format csv"
      assert.equal(4, select(2, csv:gsub("\r\n", "")))
      assert.matches("^Service Name,Port Number,Transport Protocol,", csv)
    end)

    it("shows no control character that a registry may hold", function()
      local source = put "Service Name,Port Number,Transport Protocol,Description\nevil,1,tcp,\"a\27[31mb\nc\"\n"
      local _, out = portolan("lookup 1/tcp -r " .. source)
      os.remove(source)
      assert.is_nil(out:find "\27")
      assert.equal(1, select(2, out:gsub("\n", "")))
    end)
  end)

  it("searches words, the best first", function()
    local status, out = portolan "search secure shell --limit 2"
    assert.equal(0, status)
    assert.matches("ssh", out:match "^[^\n]*")
    assert.equal(1, (portolan "search qqqqqq"))
  end)

  it("queries by flags and by a file, flags first", function()
    local _, out = portolan "query --has service_code --transport dccp --format json"
    assert.is_true(#cjson.decode(out) >= 4)
    local config = put "transport: [dccp]\nhas: [service_code]\nlimit: 1\n"
    local status, one = portolan("query --config " .. config .. " --format json")
    assert.same({ 0, 1 }, { status, #cjson.decode(one) })
    local _, two = portolan("query --limit 2 --config " .. config .. " --format json")
    assert.equal(2, #cjson.decode(two))
    os.remove(config)
  end)

  it("says where a query's file is wrong, and what may have been meant", function()
    local config = put "transport: udp\nreferense: RFC1\n"
    local status, _, err = portolan("query --config " .. config)
    os.remove(config)
    assert.equal(2, status)
    assert.matches(":2:1: .*did you mean 'reference'", err)
  end)

  it("finds free ports near a wish", function()
    local status, out = portolan "free --transport tcp --transport udp --count 3 --near 8000 --limit 1 --format csv"
    assert.equal(0, status)
    assert.matches("^first,last,count\n%d+,%d+,%d+\n$", out)
  end)

  it("says what the registry is and how old", function()
    local _, out = portolan "info"
    assert.matches("date +%d+%-%d+%-%d+\n", out)
    assert.matches("age +%d+ days", out)
    local _, json = portolan "info --format json"
    assert.is_true(cjson.decode(json).records > 14000)
  end)

  it("compiles a source, and answers from the snapshot", function()
    local source = put "Service Name,Port Number,Transport Protocol,Odd\nmine,4242,tcp,x\n"
    local snapshot = os.tmpname()
    local status, _, err = portolan(("compile %s -o %s --date 2026-01-02 --verbose"):format(source, snapshot))
    assert.equal(0, status)
    assert.matches("column 'Odd' is not IANA's", err)
    local _, out = portolan("lookup 4242/tcp -r " .. snapshot)
    assert.matches("mine", out)
    assert.matches("2026%-01%-02", (select(2, portolan("info -r " .. snapshot))))
    os.remove(source)
    os.remove(snapshot)
  end)

  it("converts to CSV and back without a difference, and to services and JSON", function()
    local csv = os.tmpname()
    assert.equal(0, (portolan("convert --to csv -o " .. csv)))
    local _, again = portolan("convert --to csv " .. csv)
    assert.is_true(text(csv) == again)
    assert.is_true(text(csv) == text "data/registry/registry.csv")
    os.remove(csv)
    local _, services = portolan "convert --to services"
    assert.matches("\nssh\t22/tcp\t", services)
    local _, lf = portolan "convert --to csv --eol lf"
    assert.is_nil(lf:find "\r\n")
    local _, json = portolan "convert --to json"
    assert.is_true(#cjson.decode(json).records > 14000)
  end)

  local header = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,"
    .. "Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes\n"

  it("says what it read, kept, repaired and refused, and salvages when asked", function()
    local source = put(header .. "a,1,tcp,,,,,,,,,\nb,x,tcp,,,,,,,,,\nc,3,tcp,,,,,,,,,\n")
    assert.equal(2, (portolan("convert --to csv " .. source)))
    local status, out, err = portolan("convert --to csv --salvage --verbose " .. source)
    os.remove(source)
    assert.equal(0, status)
    assert.matches("\r\nc,3,tcp", out)
    assert.matches(":3:3: port must be", err)
    assert.matches("3 rows read, 2 kept, 0 repaired, 1 refused", err)
  end)

  it("writes for nft, firewalld and SQLite", function()
    assert.matches("define tcp_ssh = 22\n", select(2, portolan "convert --to nft"))
    assert.matches('<port protocol="tcp" port="22"/>', select(2, portolan "convert --to firewalld --name ssh"))
    assert.matches("CREATE TABLE record", select(2, portolan "convert --to sql"))
    assert.equal(2, (portolan "convert --to firewalld"))
    local database = os.tmpname()
    assert.equal(0, (portolan("convert --to sqlite -o " .. database)))
    local pipe = io.popen(("sqlite3 %s \"SELECT name FROM record WHERE first = 443 AND transport = 'tcp'\""):format(database))
    assert.equal("https\n", pipe:read "*a")
    pipe:close()
    os.remove(database)
    assert.equal(2, (portolan "convert --to sqlite"))
  end)

  it("translates a port's name between vendors", function()
    assert.matches("80/tcp +http +iana", select(2, portolan "translate www --from cisco-ios"))
    local status, _, err = portolan "translate www --from acme"
    assert.equal(2, status)
    assert.matches("no dialect is called 'acme'", err)
  end)

  it("looks through the layers that are asked for, and says whose a name is", function()
    local _, out = portolan "lookup 5555/tcp --overlay de-facto"
    assert.matches("adb %(de%-facto%)", out)
    assert.is_nil(select(2, portolan "lookup 5555/tcp"):find "adb")
    assert.is_nil(select(2, portolan "lookup 5555/tcp --overlay de-facto --layer iana"):find "adb")
  end)

  it("tells what changed, and keeps a history of it", function()
    local before, after = put(header .. "a,1,tcp,,,[A],,,,,,\n"), put(header .. "a,1,tcp,,,[B],,,,,,\nb,2,tcp,,,,,,,,,\n")
    local status, out = portolan(("diff %s %s"):format(before, after))
    assert.equal(1, status)
    assert.matches("1 assigned, 1 contact changed", out)
    assert.equal(0, (portolan(("diff %s %s"):format(before, before))))
    local kept, snapshot = os.tmpname(), os.tmpname()
    os.remove(kept)
    assert.equal(0, (portolan(("history add %s %s --date 2025-01-01"):format(kept, before))))
    assert.equal(0, (portolan(("history add %s %s --date 2026-01-01"):format(kept, after))))
    assert.matches("2025%-01%-01 +1 records.*2026%-01%-01 +2 records", select(2, portolan("history log " .. kept)))
    assert.matches("2026%-01%-01  assigned: 2/tcp b", select(2, portolan(("history of %s 2/tcp"):format(kept))))
    assert.equal(0, (portolan(("history at %s 2025-06-01 -o %s"):format(kept, snapshot))))
    assert.equal(1, (portolan("lookup b -r " .. snapshot)))
    for _, path in ipairs { before, after, kept, snapshot } do os.remove(path) end
  end)

  it("lints a registry, and what became of it", function()
    local before, after = put(header .. "a_b,1,tcp,,[A],[A],,,,,,\n"), put(header .. ",1,tcp,Unassigned,,,,,,,,\n")
    local status, out = portolan("lint --strict " .. before)
    assert.equal(1, status)
    assert.matches("a_b", out)
    assert.matches("de%-assigned%-free", select(2, portolan(("lint %s --since %s"):format(after, before))))
    os.remove(before)
    os.remove(after)
  end)

  it("reviews an application, and gives one to fill in", function()
    local status, template = portolan "review --template"
    assert.equal(0, status)
    local application = put(template)
    assert.is_true((portolan("review " .. application)) >= 1)
    os.remove(application)
    assert.is_true((portolan "review data/examples/application.yaml") <= 1)
  end)

  it("updates a snapshot from a file", function()
    local source, output = put "<registry><title>T</title></registry>", os.tmpname()
    local status, _, err = portolan(("update -o %s --source %s"):format(output, source))
    os.remove(source)
    os.remove(output)
    assert.equal(2, status)
    assert.equal(1, select(2, err:gsub("\n", "")))
  end)

  it("follows a packet through rules, and says what becomes of it", function()
    local to = "--to 192.0.2.1 --in eth0 data/examples/edge.rules"
    local status, out = portolan("trace --from 198.51.100.70 tcp/443 " .. to)
    assert.equal(0, status)
    assert.matches("edge.rules:%d+  .*%-%-dports 80,443.*\naccept\n$", out)
    status, out = portolan("trace --from 198.51.100.70 tcp/4444 --format json " .. to)
    assert.same({ 1, { "drop" } }, { status, cjson.decode(out)[1].verdicts })
    assert.equal(2, (portolan("trace --from nowhere tcp/1 " .. to)))
    assert.equal(2, (portolan("trace --from 198.51.100.70 tpc/1 " .. to)))
  end)

  it("compares what two rulesets let pass, with a packet for each difference", function()
    local old = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"
    local a, b = put(old), put((old:gsub("22", "23")))
    local status, out = portolan(("compare %s %s"):format(a, b))
    assert.equal(1, status)
    assert.matches("newly accepted at input: 23/tcp\n    by .-\n    such .-port 23", out)
    assert.matches("newly dropped at input: 22/tcp", out)
    assert.equal(0, (portolan(("compare %s %s"):format(a, a))))
    os.remove(a)
    os.remove(b)
  end)

  describe("audit", function()
    it("finds what the example is made to show, ends with 1, and colours nothing in a file", function()
      local status, out = portolan "audit data/examples/edge.rules --policy internet-edge"
      assert.equal(1, status)
      for _, code in ipairs { "denied%-service", "open%-unassigned", "open%-dynamic" } do assert.matches(code, out) end
      assert.matches("data/examples/edge.rules:%d+", out)
      assert.is_nil(out:find "\27")
    end)

    it("gives the same findings as JSON", function()
      local _, out = portolan "audit data/examples/edge.rules --format json"
      local report = cjson.decode(out)
      local counted = 0
      for _, count in pairs(report.summary) do counted = counted + count end
      assert.is_true(counted > 3)
      assert.equal(counted, #report.findings)
    end)

    it("reads standard input, and nft's JSON as well", function()
      local status, out = portolan "audit - --format json <data/examples/edge.rules"
      assert.same({ 1, "stdin" }, { status, cjson.decode(out).source })
      assert.equal(1, (portolan "audit data/examples/edge.nft.json"))
    end)

    it("ends with 0 where there is nothing to say", function()
      local rules = put("*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n"
        .. "-A INPUT -m state --state ESTABLISHED -j ACCEPT\nCOMMIT\n")
      local status, out = portolan("audit " .. rules)
      os.remove(rules)
      assert.equal(0, status)
      assert.matches("0 errors", out)
    end)

    it("says where a policy is wrong", function()
      local policy = put "name: x\ndeny:\n  - { servise: ssh, reason: no }\n"
      local status, _, err = portolan("audit data/examples/edge.rules --policy " .. policy)
      os.remove(policy)
      assert.equal(2, status)
      assert.matches(":3:%d+: .*did you mean 'service'", err)
    end)

    it("asks for the dialect where it cannot tell", function()
      local rules = put "hello\n"
      local status, _, err = portolan("audit " .. rules)
      os.remove(rules)
      assert.equal(2, status)
      assert.matches("name it with %-%-from", err)
    end)

    it("writes each format, with the same number of findings in it", function()
      local counts = {
        json = '"id": "', sarif = '"ruleId"', junit = "<testcase ", csv = "\r\n", markdown = "\n### ", github = "title=",
      }
      local _, json = portolan "audit data/examples/edge.rules -f json"
      local expected = #cjson.decode(json).findings
      for format, mark in pairs(counts) do
        local status, out = portolan("audit data/examples/edge.rules -f " .. format)
        assert.same({ format, 1, expected + (format == "csv" and 1 or 0) }, { format, status, select(2, out:gsub(mark, "")) })
      end
    end)

    it("ends with 1 only from the severity that --fail-on names", function()
      local rules = put "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -p tcp --dport 4 -j ACCEPT\nCOMMIT\n"
      assert.equal(1, (portolan("audit --fail-on warning " .. rules)))
      assert.equal(0, (portolan("audit --fail-on error " .. rules)))
      os.remove(rules)
    end)

    it("shows what a baseline has as known, and counts what is new", function()
      local _, before = portolan "audit data/examples/edge.rules -f json"
      local baseline = put(before)
      local status, out = portolan("audit data/examples/edge.rules --baseline " .. baseline)
      assert.equal(0, status)
      assert.matches("0 errors, 0 warnings, 0 notes, %d+ known\n$", out)
      local rules = put(text "data/examples/edge.rules":gsub("%-A INPUT %-i lo", "-A INPUT -p tcp --dport 5 -j ACCEPT\n%0"))
      local worse, report = portolan(("audit %s -f json --baseline %s"):format(rules, baseline))
      assert.equal(1, worse)
      for _, found in ipairs(cjson.decode(report).findings) do
        assert.equal(not found.known, (found.rule or ""):find "dport 5 " ~= nil, found.id)
      end
      os.remove(rules)
      os.remove(baseline)
    end)

    it("says what is no baseline", function()
      local status, _, err = portolan "audit data/examples/edge.rules --baseline data/examples/edge.nft.json"
      assert.equal(2, status)
      assert.matches("edge.nft.json:1:1: not a report", err)
    end)

    it("judges several rulesets in one report, and names each", function()
      local status, out = portolan "audit data/examples/edge.rules data/examples/edge.nft.json -f json"
      local document = cjson.decode(out)
      assert.same({ 1, 2, "data/examples/edge.nft.json" }, { status, #document.rulesets, document.rulesets[2].source })
      local sources = {}
      for _, found in ipairs(document.findings) do sources[found.place.source] = true end
      assert.is_true(sources["data/examples/edge.rules"] and sources["data/examples/edge.nft.json"])
    end)

    it("crosses rules with sockets, and with what a registry has changed", function()
      local rules = put "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 4242 -j ACCEPT\nCOMMIT\n"
      local sockets = put "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
      local _, out = portolan(("audit %s --sockets %s"):format(rules, sockets))
      assert.matches("rule%-without%-listener", out)
      local head = "Service Name,Port Number,Transport Protocol\n"
      local old, new = put(head .. "a,4242,tcp\n"), put(head .. "b,4242,tcp\n")
      local _, changed = portolan(("audit %s --changes %s %s"):format(rules, old, new))
      assert.matches("registry%-changed", changed)
      for _, path in ipairs { rules, sockets, old, new } do os.remove(path) end
    end)

    it("reads a dialect of the user's", function()
      local folder = io.popen "mktemp -d":read "*l"
      local reader = assert(io.open(folder .. "/mine.lua", "w"))
      reader:write [[return { name = "mine", guess = function(text) return text:find "^MINE" ~= nil end,
        read = function(text, source) return { dialect = "mine", source = source, unread = {}, chains = { {
          name = "in", family = "ip", hook = "input", policy = "drop", place = { source = source, line = 1 }, rules = { {
            place = { source = source, line = 2 }, text = "open 4", verdict = "accept", also = {},
            matches = { { protocols = { "tcp" }, destination_ports = { { 4, 4 } } } } } } } } } end }]]
      reader:close()
      local rules = put "MINE\nopen 4\n"
      local status, out = portolan(("audit %s --readers %s"):format(rules, folder))
      assert.equal(1, status)
      assert.matches("mine, 1 rule.*open%-unassigned", out)
      local policy = put(("name: p\nreaders: %s\n"):format(folder))
      assert.matches("mine, 1 rule.*open%-unassigned", (select(2, portolan(("audit %s -p %s"):format(rules, policy)))))
      os.remove(policy)
      os.remove(rules)
      os.execute("rm -rf " .. folder)
    end)

    it("asks the host, and says what is unknown", function()
      local status, out, err = portolan "audit --host -f json"
      assert.is_true(status == 0 or status == 1, err)
      for _, found in ipairs(cjson.decode(out).findings) do
        if found.code == "host-unknown" then assert.matches(": unknown: ", found.message) end
      end
      local wrong, _, message = portolan "audit"
      assert.same({ 2, "portolan: name a ruleset, or ask for --host\n" }, { wrong, message })
    end)
  end)

  describe("test-policy", function()
    it("runs the shipped policies' fixtures, which are met", function()
      local status, out = portolan "test-policy data/policies/tests"
      assert.equal(0, status, out)
      assert.matches("\n%d+ fixtures, 0 failed\n$", out)
    end)

    it("shows what differs, and ends with 1; with 2 where there is nothing to run", function()
      local folder = io.popen "mktemp -d":read "*l"
      for name, bytes in pairs {
        rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 4 -j ACCEPT\nCOMMIT\n",
        ["expected.yaml"] = "policy: baseline\nonly: open-unassigned\nfindings: [ { code: open-unassigned, line: 4 } ]\n",
      } do
        local file = assert(io.open(folder .. "/a." .. name, "w"))
        file:write(bytes)
        file:close()
      end
      local status, out = portolan("test-policy " .. folder)
      assert.equal(1, status)
      assert.matches("FAILED .*/a\n.*a.expected.yaml:3: no such finding.*a.rules:3: not expected", out)
      os.execute("rm -rf " .. folder)
      assert.equal(2, (portolan("test-policy " .. folder)))
    end)
  end)

  it("runs a script of the user's, with its own arguments and status", function()
    local script = put [[print(portolan.open():name(tonumber(arg[1]), arg[2]), ...) return 1]]
    local status, out = portolan("run " .. script .. " 443 tcp --option")
    assert.same({ 1, "https\t443\ttcp\t--option\n" }, { status, out })
    os.remove(script)
    local broken = put "return +"
    assert.equal(2, (portolan("run " .. broken)))
    os.remove(broken)
  end)

  it("shows one line of trouble, not a trace, where a script fails", function()
    local script = put "error('no luck')"
    local status, _, err = portolan("run " .. script)
    os.remove(script)
    assert.equal(2, status)
    assert.equal(1, select(2, err:gsub("\n", "")))
    assert.matches("no luck", err)
  end)
end)

describe("make install", function()
  it("puts in place all that the command needs", function()
    local folder = io.popen "mktemp -d":read "*l"
    assert(os.execute(("rocks/install %s %s 0 >/dev/null 2>&1"):format(folder, build)))
    local pipe = io.popen(("cd / && env -u PORTOLAN_HOME LD_PRELOAD='%s' %s/bin/portolan lookup 443/tcp 2>&1")
      :format(os.getenv "PORTOLAN_PRELOAD" or "", folder))
    assert.matches("443/tcp +https", pipe:read "*a")
    pipe:close()
    local audit = io.popen(("env -u PORTOLAN_HOME LD_PRELOAD='%s' %s/bin/portolan audit data/examples/edge.rules 2>&1")
      :format(os.getenv "PORTOLAN_PRELOAD" or "", folder))
    assert.matches("denied%-service", audit:read "*a")
    audit:close()
    os.execute("rm -rf " .. folder)
  end)
end)
