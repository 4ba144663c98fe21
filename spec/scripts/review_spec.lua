-- The review: an application for an assignment, judged.

local layers = require "portolan.layers"
local portolan = require "portolan"
local review = require "portolan.review"
local suggestion = require "portolan.suggestion"

local registry = portolan.open()

local function run(text, overlays)
  local application = assert(review.read(text, "a.yaml"))
  return review.run { registry = registry, application = application, layers = overlays }
end

local function with_code(text, code)
  for _, found in ipairs((run(text))) do
    if found.code == code then return found end
  end
end

local function message_of(text, code)
  local found = with_code(text, code)
  return found and found.message
end

local function codes(findings)
  local list = {}
  for i, found in ipairs(findings) do list[i] = found.code end
  table.sort(list)
  return list
end

local sound = [[
description: rainfall readings
transports: tcp
assignee: { name: Example, email: rain@example.net }
reference: https://example.net/rainfall
]]

local answers = [[
need: one server a site, found by no directory
security: TLS from the first byte
versions: ALPN
multicast: none
]]

describe("a review", function()
  it("has nothing against a sound application for a name, and tells the procedure", function()
    local findings = run("name: rainfallx\n" .. sound)
    assert.same({ "procedure" }, codes(findings))
    assert.equal("a name without a port is assigned by First Come First Served", findings[1].message)
  end)

  it("has nothing against one for a port, and tells ports that are free", function()
    local findings = run("name: rainfallx\nport: 8123\n" .. sound .. answers, {})
    assert.same({ "alternatives", "procedure" }, codes(findings))
    assert.equal("port 8123 is assigned by IETF Review or IESG Approval or Expert Review",
      message_of("name: rainfallx\nport: 8123\n" .. sound .. answers, "procedure"))
  end)

  it("stands at the line of the field that it speaks of", function()
    local found = with_code("name: rainfallx\n\nport: 80\n" .. sound, "port-assigned")
    assert.same({ source = "a.yaml", line = 3, column = 1 }, found.place)
  end)

  it("tells what is missing", function()
    assert.same({ "field-missing", "field-missing", "field-missing", "field-missing", "field-missing", "procedure" },
      codes((run "note: x")))
    assert.equal("'assignee' has no mail address: 'rain' is none",
      message_of("name: r\nassignee: { name: Example, email: rain }", "email-missing"))
    assert.equal("'contact' has no mail address", message_of("contact: Example", "email-missing"))
  end)

  it("wants the IESG and the IETF Chair for what an IETF document assigns", function()
    assert.matches("the assignee is another", message_of("ietf: true\n" .. sound, "ietf-assignee"))
    assert.is_nil(with_code("ietf: true\nassignee: { name: IESG, email: iesg@example.net }\n"
      .. "contact: { name: IETF Chair, email: chair@example.net }\nreference: RFC 9110\n", "ietf-assignee"))
  end)

  it("tells what it was about", function()
    local application = assert(review.read("name: rain\nport: 8123\n", "a.yaml"))
    assert.equal("application for 'rain', port 8123",
      review.about { registry = registry, application = application }.subject)
  end)
end)

describe("a review of a name", function()
  it("wants it well-formed and free", function()
    assert.equal("the name 'rain_fall' has a character other than A-Z, a-z, 0-9 and hyphen",
      message_of("name: rain_fall", "name-syntax"))
    assert.matches("^the name 'SSH' is registered: ssh 22/tcp", message_of("name: SSH", "name-taken"))
    assert.matches("tvheadend 9981/tcp", message_of("name: tvheadend", "name-used"))
  end)

  it("tells names that are close: by letters, or but for hyphens", function()
    assert.matches("'postgresql'", message_of("name: postgressql", "name-near"))
    assert.matches("'http%-alt'", message_of("name: httpalt", "name-near"))
    assert.is_nil(with_code("name: zyxwvutsrq", "name-near"))
  end)

  it("advises against words that say nothing", function()
    assert.matches("^'service' in the name", message_of("name: rain-service", "name-words"))
    assert.matches("^'port' in the name", message_of("name: rain-port", "name-words"))
    assert.is_nil(with_code("name: airport-rain", "name-words"))
  end)
end)

describe("a review of a port", function()
  it("wants it assigned to nobody, and not reserved, on each transport", function()
    assert.equal("443/tcp is assigned: https 443/tcp", message_of("port: 443\ntransports: tcp", "port-assigned"))
    assert.equal("1024/udp is reserved", message_of("port: 1024\ntransports: udp", "port-reserved"))
    assert.is_nil(with_code("port: 8123\ntransports: tcp", "port-assigned"))
  end)

  it("refuses the dynamic range", function()
    assert.equal("port 50000 is in the dynamic range, where nothing is assigned",
      message_of("port: 50000\ntransports: tcp", "port-dynamic"))
    assert.is_nil(with_code("port: 50000\ntransports: tcp", "procedure"))
  end)

  it("tells another service on another transport", function()
    assert.matches("^port 443 is another service's", message_of("port: 443\ntransports: dccp", "port-elsewhere"))
  end)

  it("tells uses that nobody registered, of the layers and of the registry", function()
    assert.matches("clickhouse%-http", message_of("port: 8123\ntransports: tcp", "port-used"))
    local record = registry:query { has = "unauthorized", ports = portolan.ports "1024-49151" }[1]
    assert.is_truthy(with_code(("port: %d\ntransports: tcp"):format(record.first), "port-reported"))
  end)

  it("advises against system ports, twins for security and versions, and silence", function()
    assert.is_truthy(with_code("range: system", "system-port"))
    assert.matches("secure twin of 'ldap'", message_of("name: ldap-tls\nrange: user", "secure-twin"))
    assert.matches("a version of 'http'", message_of("name: http-v7\nrange: user", "version-twin"))
    assert.is_nil(with_code("name: http-v7", "version-twin"))
    for _, code in ipairs { "need-missing", "security-missing", "versions-missing", "multicast-missing" } do
      assert.is_truthy(with_code("range: user", code), code)
      assert.is_nil(with_code("range: user\n" .. answers, code), code)
    end
  end)

  it("wants the transports that are used, once, and congestion thought of with udp", function()
    assert.equal("2 transports are asked for: tcp, udp", message_of("transports: [tcp, udp]", "transports-many"))
    assert.is_truthy(with_code("transports: [udp, udp]", "transport-twice"))
    assert.is_truthy(with_code("transports: udp", "congestion-missing"))
    assert.is_nil(with_code("transports: udp\ncongestion: one datagram a minute", "congestion-missing"))
  end)
end)

describe("a review of codes and keys", function()
  it("wants a service code with DCCP, valid, free, and none without", function()
    assert.is_truthy(with_code("transports: dccp", "code-missing"))
    assert.is_truthy(with_code("transports: tcp\nservice_code: 7", "code-without-dccp"))
    assert.is_truthy(with_code("transports: dccp\nservice_code: 0", "code-invalid"))
    local held = registry:query { has = "service_code" }[1]
    assert.equal(("the service code %s is that of '%s'"):format(held.service_code, held.name),
      message_of(("transports: dccp\nservice_code: %s"):format(held.service_code), "code-taken"))
  end)

  it("wants TXT keys as RFC 6763 does", function()
    assert.matches("holds '='", message_of("txt_keys: a=b", "txt-key-form"))
    assert.matches("is empty", message_of("txt_keys: ['']", "txt-key-form"))
    assert.matches("printable", message_of('txt_keys: ["a\\tb"]', "txt-key-form"))
    assert.is_truthy(with_code("txt_keys: [path, PATH]", "txt-key-twice"))
    assert.is_truthy(with_code("txt_keys: abcdefghij", "txt-key-long"))
    assert.is_nil(with_code("txt_keys: abcdefghi", "txt-key-long"))
  end)
end)

describe("an application", function()
  it("is refused at the place of its fault", function()
    local none, message = review.read("name: x\nport: 70000\n", "a.yaml")
    assert.is_nil(none)
    assert.equal("a.yaml:2:7: port must be a whole number from 0 to 65535, not '70000'", message)
    assert.matches("^a.yaml:1:1: .*did you mean 'name'", select(2, review.read("nme: x", "a.yaml")))
  end)

  it("comes from a file, or says why not", function()
    local none, _, detail = review.load "no/such.yaml"
    assert.is_nil(none)
    assert.equal("io", detail.code)
  end)

  it("has an example, which has something to learn from", function()
    local application = assert(review.load(assert(require "portolan.shipped".path "examples/application.yaml")))
    local told = {}
    for _, found in ipairs((review.run { registry = registry, application = application })) do told[found.code] = true end
    for _, code in ipairs { "port-assigned", "name-words", "need-missing", "congestion-missing", "alternatives" } do
      assert.is_true(told[code], code)
    end
  end)

  it("has a template, which reads as an empty one", function()
    local findings = run(review.template())
    assert.same({ "field-missing", "field-missing", "field-missing", "field-missing", "field-missing", "procedure" },
      codes(findings))
  end)
end)

describe("portolan review", function()
  local command = require "portolan.commands.review"

  local function review_by_command(text, arguments)
    local path, written = os.tmpname(), {}
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    arguments = arguments or { application = path }
    arguments.format, arguments.overlay = "text", arguments.overlay or {}
    local status, message = command.run(arguments, {
      write = function(page) written[#written + 1] = page end, colour = function() return false end,
    })
    os.remove(path)
    return status, message or table.concat(written)
  end

  it("is content with what has notes alone, and not with a warning", function()
    local status, page = review_by_command("name: rainfallx\n" .. sound)
    assert.equal(0, status)
    assert.matches("application for 'rainfallx', no port; registry of", page)
    assert.equal(1, (review_by_command("name: rainfallx\nrange: user\n" .. sound)))
  end)

  it("writes the template, and says when it has no application", function()
    assert.same({ 0, review.template() }, { review_by_command("", { template = true }) })
    assert.same({ nil, "an application's file is needed; --template writes one" }, { review_by_command("", {}) })
    assert.matches("^no/such.yaml: ", select(2, review_by_command("", { application = "no/such.yaml" })))
  end)
end)

describe("suggested ports", function()
  it("are free on every transport, used by nobody, the nearest first, and say why", function()
    local uses = assert(layers.new(registry, { assert(layers.de_facto()) }))
    local list = suggestion.ports { registry = registry, uses = uses, near = 8080, count = 5 }
    assert.equal(5, #list)
    for i, entry in ipairs(list) do
      for _, transport in ipairs { "tcp", "udp", "sctp", "dccp" } do
        assert.equal("unassigned", registry:status(entry.port, transport))
        for neighbour = entry.port - 1, entry.port + 1 do
          for _, record in ipairs(uses:lookup(neighbour, transport)) do assert.equal("iana", record.layer) end
        end
      end
      assert.is_true(i == 1 or math.abs(entry.port - 8080) >= math.abs(list[i - 1].port - 8080))
      assert.matches(("%d away"):format(math.abs(entry.port - 8080)), entry.reasons[2])
    end
  end)

  it("keep away from a layer's ports", function()
    local first = suggestion.ports { registry = registry, near = 8123, count = 1 }[1].port
    local overlay = assert(layers.read(("name: ours\nadd: [{ name: x, ports: %d/udp, description: x }]"):format(first),
      "o.yaml"))
    local uses = assert(layers.new(registry, { overlay }))
    local second = suggestion.ports { registry = registry, uses = uses, near = 8123, count = 1 }[1].port
    assert.is_true(math.abs(second - first) > 1)
  end)
end)
