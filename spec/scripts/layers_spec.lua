-- Layers around IANA's registry.

local layers = require "portolan.layers"
local portolan = require "portolan"
local shipped = require "portolan.shipped"

local iana = portolan.open()

local function overlay(text)
  return assert(layers.read(text, "o.yaml"))
end

local function with(text)
  return assert(layers.new(iana, { overlay("name: ours\n" .. text) }))
end

local function seen(records)
  local list = {}
  for i, record in ipairs(records) do list[i] = record.layer .. ":" .. (record.name or record.status) end
  return list
end

local function fault(text)
  local none, message = layers.read(text, "o.yaml")
  assert.is_nil(none)
  return message
end

describe("a layered registry", function()
  it("answers as IANA's does where no layer has anything to say", function()
    local layered = with "about: nothing"
    local record = layered:lookup(22, "tcp")[1]
    assert.equal("iana", record.layer)
    record.layer = nil
    assert.same(iana:lookup(22, "tcp")[1], record)
    assert.equal(iana:name(22, "tcp"), layered:name(22, "tcp"))
    assert.equal(iana:status(22, "tcp"), layered:status(22, "tcp"))
    assert.equal(iana:info().date, layered:info().date)
  end)

  it("adds a site's services before IANA's, each with its layer and its line", function()
    local layered = with "add:\n  - { name: billing, ports: 443/tcp, description: the billing API, tags: [internal] }"
    local records = layered:lookup(443, "tcp")
    assert.same({ "ours:billing", "iana:https" }, seen(records))
    assert.same({ "internal" }, records[1].tags)
    assert.same({ source = "o.yaml", line = 3, column = 5 }, records[1].place)
    assert.equal("billing", layered:name(443, "tcp"))
    assert.same({ "ours:billing" }, seen(layered:named "BILLING"))
    assert.same({ "ours:billing" }, seen(layered:starting "billi"))
    assert.same({ "ours:billing" }, seen(layered:search "billing API"))
    assert.same({ "ours:billing", "iana:https" }, seen(layered:query { ports = "443/tcp" }))
  end)

  it("renames and describes a service, and tells what IANA has", function()
    local layered = with("rename:\n  - { service: http-alt, ports: 8080/tcp, name: portal }\n"
      .. "describe:\n  - { service: ssh, ports: 22/tcp, description: jump hosts only }")
    local portal, ssh = layered:lookup(8080, "tcp")[1], layered:lookup(22, "tcp")[1]
    assert.same({ "ours", "portal", "http-alt" }, { portal.layer, portal.name, portal.was.name })
    assert.same({ "ours", "ssh", "jump hosts only" }, { ssh.layer, ssh.name, ssh.description })
    assert.matches("Secure Shell", ssh.was.description)
    assert.equal("portal", layered:name(8080, "tcp"))
    assert.equal("http-alt", layered:name(8080, "udp"))
    assert.same({ "ours:portal" }, seen(layered:named "portal"))
  end)

  it("tags and denies records of every layer", function()
    local layered = with("add:\n  - { name: old, ports: 9/tcp, description: x, tags: [a] }\n"
      .. "tag:\n  - { ports: '9, 23', tags: [b] }\ndeny:\n  - { service: telnet, reason: cleartext }")
    local old, telnet = layered:lookup(9, "tcp")[1], layered:lookup(23, "tcp")[1]
    assert.same({ "a", "b" }, old.tags)
    assert.is_nil(old.denied)
    assert.same({ "iana", "cleartext" }, { telnet.layer, telnet.denied })
    assert.same({ "b" }, telnet.tags)
  end)

  it("gives every record an id of its own", function()
    local layered, ids = with "add:\n  - { name: a, ports: '9/tcp, 10/tcp', description: x }", {}
    for record in layered:records() do
      assert.is_nil(ids[record.id])
      ids[record.id] = true
    end
    assert.equal(iana:count() + 1, #seen(layered:query {}))
  end)

  it("switches the other layers off", function()
    local layered = with "add:\n  - { name: billing, ports: 443/tcp, description: x }"
    assert.same({ "ours", "iana" }, layered:names())
    assert.same({ "iana:https" }, seen(assert(layered:only "iana"):lookup(443, "tcp")))
    assert.same({ "ours:billing" }, seen(assert(layered:only "ours"):lookup(443, "tcp")))
    assert.equal("https", layered:only "iana":name(443, "tcp"))
    assert.is_nil(layered:only "ours":name(22, "tcp"))
    assert.same({ nil, "no layer is called 'site'; there are ours, iana" }, { layered:only "site" })
  end)

  it("undoes a rename where IANA alone is asked", function()
    local layered = with "rename:\n  - { service: http-alt, name: portal }"
    assert.same({}, layered:named "http-alt")
    assert.is_true(#layered:only "iana":named "http-alt" > 0)
    assert.equal("http-alt", layered:only "iana":name(8080, "tcp"))
  end)

  it("orders several layers as they are given, and those below IANA after it", function()
    local function one(name, order)
      return overlay(("name: %s\norder: %s\nadd: [{ name: %s, ports: 443/tcp, description: x }]"):format(name, order, name))
    end
    local layered = assert(layers.new(iana, { one("low", "below"), one("b", "above"), one("a", "above") }))
    assert.same({ "b", "a", "iana", "low" }, layered:names())
    assert.same({ "b:b", "a:a", "iana:https", "low:low" }, seen(layered:lookup(443, "tcp")))
    assert.equal("tcp/443", tostring(layered:ports_of "low"))
  end)

  it("tells what IANA says against a layer", function()
    local layered = with("add:\n  - { name: ssh, ports: 50022/tcp, description: x }\n"
      .. "  - { name: jump, ports: 22/tcp, description: x }\n  - { name: calm, ports: 8123/tcp, description: x }\n"
      .. "rename:\n  - { service: http-alt, ports: 8080/tcp, name: https }")
    local told = {}
    for i, conflict in ipairs(layered.conflicts) do told[i] = ("%s %s %d"):format(conflict.code, conflict.name,
      conflict.place.line) end
    table.sort(told)
    assert.same({ "overlay-dynamic ssh 3", "overlay-name https 7", "overlay-name ssh 3", "overlay-port jump 4" }, told)
  end)

  it("tells entries that change nothing", function()
    local layered = with("add:\n  - { name: mine, ports: 8123/tcp, description: x }\ntag:\n"
      .. "  - { service: mine, tags: [a] }\n  - { service: tellnet, tags: [a] }\n"
      .. "deny:\n  - { service: telnet, ports: 24/tcp, reason: x }\n  - { ports: 8124, reason: x }")
    local told = {}
    for i, conflict in ipairs(layered.conflicts) do told[i] = ("%s %s %d"):format(conflict.code, conflict.name,
      conflict.place.line) end
    assert.same({ "overlay-idle tellnet 6", "overlay-idle telnet 8" }, told)
  end)

  it("renames services, and no block of ports that nobody has", function()
    local layered = with "rename:\n  - { ports: 29200/tcp, name: rain }"
    assert.is_nil(layered:name(29200, "tcp"))
    assert.same({ "iana:unassigned" }, seen(layered:lookup(29200, "tcp")))
  end)

  it("raises at the caller's mistakes, as a registry does", function()
    assert.has_error(function() with "about: x":lookup(70000, "tcp") end)
  end)
end)

describe("an overlay", function()
  it("is refused at the place of its fault", function()
    assert.equal("o.yaml:1:1: an overlay needs 'name'", fault "about: x")
    assert.equal("o.yaml:1:7: an overlay cannot be called 'iana'", fault "name: iana")
    assert.matches("^o.yaml:2:15: the name 'a_b' has a character",
      fault "name: x\nadd: [{ name: a_b, ports: 1, description: x }]")
    assert.matches("^o.yaml:2:%d+: an entry needs 'ports'", fault "name: x\nadd: [{ name: a, description: x }]")
    assert.matches("^o.yaml:2:%d+: an entry needs service, ports or both", fault "name: x\ndeny: [{ reason: x }]")
    assert.matches("did you mean 'rename'", fault "name: x\nrenam: []")
  end)

  it("comes from a file, or says why not", function()
    local none, _, detail = layers.load "no/such.yaml"
    assert.is_nil(none)
    assert.equal("io", detail.code)
  end)
end)

describe("the example overlay", function()
  it("is read, and conflicts with IANA as little as it says", function()
    local layered = assert(layers.new(iana, { assert(layers.load(shipped.path "examples/overlay.yaml")) }))
    assert.equal("portal", layered:name(8080, "tcp"))
    assert.equal("debug bridges stay in the laboratory", layered:lookup(5555, "tcp")[1].denied)
    local told = {}
    for i, conflict in ipairs(layered.conflicts) do told[i] = conflict.code .. " " .. conflict.name end
    assert.same({ "overlay-port billing" }, told)
  end)
end)

describe("the layers of the command line", function()
  local source = require "portolan.source"

  it("are those that --overlay names, by file or as shipped", function()
    local registry = assert(source.registry { overlay = { "de-facto", shipped.path "examples/overlay.yaml" } })
    assert.same({ "example site", "iana", "de-facto" }, registry:names())
    assert.equal("wireguard", registry:name(51820, "udp"))
  end)

  it("are switched off by --layer", function()
    assert.is_nil(assert(source.registry { overlay = { "de-facto" }, layer = "iana" }):name(51820, "udp"))
    assert.same({ nil, "no layer is called 'site'; there are iana" }, { source.registry { layer = "site" } })
  end)

  it("are not there where none is asked for", function()
    assert.is_nil(source.registry({}).names)
  end)
end)

describe("the shipped uses that nobody registered", function()
  local layered = assert(layers.new(iana, { assert(layers.de_facto()) }))
  local own = assert(layered:only "de-facto")

  it("are at least 60, each with a name, a port and a description", function()
    local names, count = {}, 0
    for record in own:records() do
      assert.is_truthy(record.name and record.first and record.description)
      if not names[record.name] then names[record.name], count = true, count + 1 end
    end
    assert.is_true(count >= 60, tostring(count))
  end)

  local function none_registered_in(registry)
    for record in own:records() do
      for _, theirs in ipairs(registry:lookup(record.first, record.transport)) do
        assert.are_not.equal(record.name, theirs.name)
      end
    end
  end

  it("are none of them IANA's own service there", function()
    none_registered_in(iana)
  end)

  it("are none of them IANA's own service there on 2026-08-17 either", function()
    local path = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/registry/xml/2026-08-17.xml"
    local file = io.open(path)
    if not file then return pending "skipped: no corpus" end
    file:close()
    none_registered_in(assert(portolan.open(path)))
  end)

  it("stand below IANA, and say which layer they are of", function()
    assert.same({ "iana:pumpkindb", "de-facto:tvheadend" }, seen(layered:lookup(9981, "tcp")))
    assert.equal("pumpkindb", layered:name(9981, "tcp"))
    assert.equal("wireguard", layered:name(51820, "udp"))
    assert.equal("minecraft", layered:name(25565, "tcp"))
    assert.equal("adb", layered:lookup(5555, "tcp")[2].name)
  end)

  it("come with Portolan", function()
    assert.is_truthy(shipped.path "overlays/de-facto.yaml")
  end)
end)
