-- Names of ports by vendor, each answer with the layer it came from.

local dialects = require "portolan.dialects"
local portolan = require "portolan"

local registry = assert(portolan.open())

describe("dialects", function()
  it("are each read, and name the manual they are from", function()
    for _, name in ipairs(dialects.list) do
      assert.same({}, dialects.ports(name, "no such name"))
      assert.is_nil(dialects.port(name, "no such name", "tcp"))
    end
    local read, message = dialects.read("ports: { a: 1/tcp }", "my.yaml")
    assert.is_nil(read)
    assert.matches("^my.yaml:1:1: .*source", message)
  end)

  it("have the ports that vendors mean, which IANA's name may not", function()
    assert.equal(195, dialects.port("cisco-ios", "dnsix", "udp"))
    assert.equal(520, dialects.port("cisco-ios", "rip", "udp"))
    assert.equal(514, dialects.port("cisco-asa", "cmd", "tcp"))
    assert.equal(761, dialects.port("junos", "kpasswd", "udp"))
    assert.equal(8080, dialects.port("etc-services", "http-alt", "tcp"))
    assert.same({ { first = 6000, last = 6063, transport = "tcp" } },
      dialects.ports("junos-applications", "junos-x-windows"))
    assert.is_nil(dialects.port("cisco-ios", "rip", "tcp"))
    assert.is_nil(dialects.port("firewalld", "samba", "tcp"))
  end)

  it("name ports as the vendor does, or not at all", function()
    assert.equal("www", dialects.name("cisco-ios", 80, "tcp"))
    assert.equal("bootps", dialects.name("cisco-ios", 67, "udp"))
    assert.is_nil(dialects.name("cisco-ios", 8080, "tcp"))
  end)

  it("give every registry a method of that name, a layered one too", function()
    local answers = dialects.translate("www", "cisco-ios", "iana", registry)
    assert.same(answers, registry:translate("www", "cisco-ios", "iana"))
    assert.same(answers, require "portolan.layers".new(registry, {}):translate("www", "cisco-ios", "iana"))
    assert.error_matches(function() portolan.extend { lookup = print } end, "new method expected, got lookup")
  end)

  it("translate a name, and say which layer gave the meaning and which the name", function()
    assert.same({ { first = 80, last = 80, transport = "tcp", from = "cisco-ios", name = "http", layer = "iana" } },
      dialects.translate("www", "cisco-ios", "iana", registry))
    local printer = dialects.translate("lpd", "cisco-ios", "junos", registry)[1]
    assert.same({ 515, "tcp", "cisco-ios", "printer", "junos" },
      { printer.first, printer.transport, printer.from, printer.name, printer.layer })
    assert.same({ { first = 4432, last = 4432, transport = "tcp", from = "arista-eos" } },
      { dialects.translate("mlag", "arista-eos", "cisco-ios", registry)[1] })
    local over = dialects.translate("ssh", "pf", "cisco-asa", registry)
    assert.same({ "iana", "ssh", "cisco-asa" }, { over[1].from, over[1].name, over[1].layer })
    assert.same({}, dialects.translate("https", "cisco-ios", "iana", registry))
  end)

  it("resolve names for a reader: the dialects in order, then the registry, and no name of several ports", function()
    local port = dialects.resolver({ "cisco-ios", "arista-eos" }, registry)
    assert.same({ 195, "cisco-ios" }, { port("dnsix", "udp") })
    assert.same({ 4432, "arista-eos" }, { port("mlag", "tcp") })
    assert.same({ 6379, "iana" }, { port("redis", "tcp") })
    assert.is_nil(dialects.resolver("junos", registry)("http-alt", "tcp"))
    assert.is_nil(dialects.resolver "junos"("redis", "tcp"))
  end)

  it("of an unknown name are the caller's mistake", function()
    assert.has_error(function() dialects.port("nope", "x", "tcp") end)
  end)
end)
