-- Tags of services.

local portolan = require "portolan"
local shipped = require "portolan.shipped"
local tags = require "portolan.tags"

local registry = portolan.open()
local given = assert(tags.load(shipped.path "tags.yaml", registry))

local function read(text)
  return tags.read(text, "tags.yaml", registry)
end

describe("the shipped tags", function()
  it("name at least 120 services, each in the registry", function()
    local seen, count = {}, 0
    for _, tag in ipairs(given.names) do
      for name in pairs(given.definitions[tag].services) do
        assert.is_true(#registry:named(name) > 0, name)
        count, seen[name] = count + (seen[name] and 0 or 1), true
      end
    end
    assert.is_true(count >= 120, tostring(count))
  end)

  it("give every service ports, and every tag and service a reason", function()
    for _, tag in ipairs(given.names) do
      assert.is_true(given:ports(tag):count() > 0, tag)
      assert.is_true(#given:about(tag) > 0)
      for name, service in pairs(given.definitions[tag].services) do
        assert.is_true(#given:reason(tag, name) > 0)
        local ports = portolan.ports {}
        for _, record in ipairs(registry:named(name)) do
          for _, transport in ipairs(record.first and { record.transport } or {}) do
            ports = ports + portolan.ports { { record.first, record.last, transport } }
          end
        end
        assert.is_true((service.ports and ports * service.ports or ports):count() > 0, name)
      end
    end
  end)

  it("hold what auditors look for", function()
    assert.is_true(given:ports("cleartext"):contains(23, "tcp"))
    assert.is_true(given:ports("remote-admin"):contains(3389, "tcp"))
    assert.is_true(given:ports("database"):contains(5432, "tcp"))
    assert.is_true(given:ports("industrial"):contains(502, "tcp"))
    assert.is_true(given:ports("file-sharing"):contains(445, "tcp"))
    assert.is_false(given:ports("cleartext"):contains(443, "tcp"))
  end)
end)

describe("tags", function()
  it("tell the tags of a record, and why", function()
    assert.same({ "cleartext", "remote-admin" }, given:of(registry:named("telnet")[1]))
    assert.same({}, given:of(registry:named("https")[1]))
    assert.matches("ssh", given:reason("cleartext", "TELNET"))
    assert.is_nil(given:reason("cleartext", "https"))
  end)

  it("may mean some of a service's ports only", function()
    local one = assert(read "big: { about: x, services: { domain: { ports: 53/udp, reason: y } } }")
    assert.equal("udp/53", tostring(one:ports "big"))
    for _, record in ipairs(registry:lookup(53, "tcp")) do assert.is_false(one:bears(record, "big")) end
    assert.is_true(one:bears(registry:lookup(53, "udp")[1], "big"))
  end)

  it("give no ports for a service that the registry does not have", function()
    assert.equal(0, assert(read "x: { about: x, services: { no-such-thing: y } }"):ports("x"):count())
  end)

  it("want names in small letters, as they are compared", function()
    local _, message = read "x: { about: x, services: { Telnet: y } }"
    assert.equal("tags.yaml:1:28: write 'Telnet' in small letters", message)
  end)

  it("want a reason for each service", function()
    local none, message = read "x: { about: x, services: { telnet: { ports: 23 } } }"
    assert.is_nil(none)
    assert.equal("tags.yaml:1:36: telnet needs 'reason'", message)
  end)
end)

describe("shipped.path", function()
  it("says what it does not find", function()
    local path, message, detail = shipped.path "no-such.yaml"
    assert.is_nil(path)
    assert.matches("^no%-such.yaml: ", message)
    assert.equal("io", detail.code)
  end)
end)
