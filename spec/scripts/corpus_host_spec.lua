-- Real files of hosts, clouds and clusters: the readers take them all, or say why not.

local corpus = require "corpus"
local dialects = require "portolan.dialects"
local inventories = require "portolan.inventories"
local lfs = require "lfs"
local readers = require "portolan.readers"

local is_there, promise = corpus.has, corpus.promises(it, pending)

local function texts_of(folder)
  local texts = {}
  for i, name in ipairs(corpus.names(folder)) do texts[i] = corpus.text(folder, name) end
  return texts
end

local fields = { family = true, source = true, destination = true, protocols = true, source_ports = true,
  destination_ports = true, icmp_types = true, input = true, output = true, states = true }

local with_ports = { tcp = true, udp = true, sctp = true, dccp = true, udplite = true }

local function assert_ranges(list)
  local past = -1
  for _, range in ipairs(list or {}) do
    assert.is_true(past < range[1] and range[1] <= range[2] and range[2] <= 65535)
    past = range[2] + 1
  end
end

local function assert_match(match)
  for field in pairs(match) do assert.is_true(fields[field], field) end
  for _, field in ipairs { "source_ports", "destination_ports", "icmp_types" } do assert_ranges(match[field]) end
  for _, protocol in ipairs((match.source_ports or match.destination_ports) and match.protocols or {}) do
    assert.is_true(with_ports[protocol])
  end
end

local function assert_normal(ruleset)
  for _, chain in ipairs(ruleset.chains) do
    assert.is_true(chain.hook == nil or chain.policy ~= nil)
    for _, rule in ipairs(chain.rules) do
      assert.is_string(rule.text)
      assert.equal(ruleset.source, rule.place.source)
      for _, match in ipairs(rule.matches) do assert_match(match) end
    end
  end
end

-- Peers that are no addresses: security groups, pods, zones. Which addresses they have stands in no file.
local function names_peers(rule)
  for _, also in ipairs(rule.also) do
    if not (also:find "^source " or also:find "^destination %a+ " or also:find "^from zone ") then return false end
    if also:find "^destination port " then return false end
  end
  return #rule.also > 0
end

local function add_rules(count, ruleset)
  count.unread = count.unread + #ruleset.unread
  for _, chain in ipairs(ruleset.chains) do
    for _, rule in ipairs(chain.rules) do
      count.rules = count.rules + 1
      count.whole = count.whole + (#rule.also == 0 and 1 or 0)
      count.peers = count.peers + (names_peers(rule) and 1 or 0)
    end
  end
end

local function new_count()
  return { rules = 0, whole = 0, peers = 0, unread = 0 }
end

-- Folder, dialect, how many files are refused, the least shares in per cent: of rules understood whole, and of these
-- with those that name peers which are no addresses.
local cases = {
  { "aws-sg", "aws-sg", 0, 75, 100 },
  { "aws-nacl", "aws-nacl", 0, 100, 100 },
  { "firewalld-zone", "firewalld", 0, 70, 95 },
  { "firewalld-service", "firewalld", 0, 85, 85 },
  { "ufw-app", "ufw-profile", 0, 100, 100 },
  { "k8s", "kubernetes", 0, 9, 94 },
  { "compose", "compose", 0, 100, 100 },
  { "terraform", "terraform", 25, 60, 100 },
}

local options = { service = function(name) return dialects.ports("firewalld", name) end }

local function read_all(dialect, folder)
  local count, refused = new_count(), {}
  for number, text in ipairs(texts_of(folder)) do
    local source = ("%s %03d"):format(folder, number)
    assert.equal(dialect, readers.guess(text), source)
    local ruleset, message = dialect.read(text, source, options)
    if ruleset then
      assert_normal(ruleset)
      add_rules(count, ruleset)
    else
      assert.truthy(message:find("^" .. folder .. " %d+:%d+:%d+: "))
      refused[#refused + 1] = message
    end
  end
  return count, refused
end

describe("real files", function()
  for _, case in ipairs(cases) do
    local folder, name, refusals, least, least_known = case[1], case[2], case[3], case[4], case[5]
    promise(folder, ("of %s are guessed and read"):format(folder), function()
      local count, refused = read_all(readers.by_name(name), folder)
      local share, known = 100 * count.whole / count.rules, 100 * (count.whole + count.peers) / count.rules
      io.write(("%s: %d of %d rules understood whole (%.1f %%; %.1f %% with those of named peers), %d unread, "
        .. "%d files refused\n"):format(folder, count.whole, count.rules, share, known, count.unread, #refused))
      assert.equal(refusals, #refused)
      assert.is_true(share >= least and known >= least_known)
    end)
  end

  promise("ufw-rules", "of ufw are told from iptables-save, and their tuples are understood whole", function()
    local count, tuples = new_count(), 0
    for _, text in ipairs(texts_of "ufw-rules") do
      local dialect = assert(readers.guess(text))
      assert.equal(text:find("### RULES ###", 1, true) and "ufw" or "iptables-save", dialect.name)
      if dialect.name == "ufw" then
        for _ in text:gmatch "### tuple ###" do tuples = tuples + 1 end
        add_rules(count, assert(dialect.read(text, "ufw", { policies = {} })))
      end
    end
    assert.same({ rules = tuples, whole = tuples, peers = 0, unread = 0 }, count)
  end)

  promise("aws-sg", "of other dialects are left to theirs", function()
    local own, mine = { ["gen-k8s"] = true, ["ufw-rules"] = true }, { ufw = true }
    for _, case in ipairs(cases) do own[case[1]], mine[case[2]] = true, true end
    for folder in lfs.dir(corpus.root) do
      local is_folder = is_there(folder) and not folder:find "^%."
      for number, text in ipairs(is_folder and not own[folder] and texts_of(folder) or {}) do
        local dialect = readers.guess(text)
        assert.is_nil(mine[dialect and dialect.name], ("%s %d"):format(folder, number))
      end
    end
  end)

  promise("terraform", "of Terraform's language are refused with what to give instead", function()
    local dialect = readers.by_name "terraform"
    for _, text in ipairs(texts_of "terraform") do
      local ruleset, message = dialect.read(text, "t")
      assert.is_true(ruleset ~= nil or message:find("terraform show -json", 1, true) ~= nil)
    end
  end)
end)

describe("real inventories", function()
  for _, folder in ipairs { "sockets", "nmap-xml" } do
    promise(folder, ("of %s are guessed and read, with a reason for all that is unknown"):format(folder), function()
      local count, known = 0, 0
      for _, text in ipairs(texts_of(folder)) do
        local inventory = assert(assert(inventories.guess(text)).read(text, "s"))
        assert.same({}, inventory.unread)
        for _, socket in ipairs(inventory.sockets) do
          local whole = socket.address ~= nil and socket.port ~= nil
          assert.equal(whole, socket.why == nil, socket.text)
          assert.is_string(socket.evidence)
          count, known = count + 1, known + (whole and 1 or 0)
        end
      end
      io.write(("%s: %d sockets, %d with address and port known\n"):format(folder, count, known))
      assert.is_true(known >= 0.8 * count)
    end)
  end
end)
