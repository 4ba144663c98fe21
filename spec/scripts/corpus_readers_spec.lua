-- Real rulesets: the readers take them all, and understand most of their rules whole.

local corpus = require "corpus"
local readers = require "portolan.readers"

local promise = corpus.promises(it, pending)

-- Each reads a folder once and counts its rules: all, and those with nothing in `also`.
local function counted(dialect, folder)
  local count = { rules = 0, whole = 0, unread = 0 }
  for _, name in ipairs(corpus.names(folder)) do
    local ruleset = assert(dialect.read(corpus.text(folder, name), name))
    count.unread = count.unread + #ruleset.unread
    for _, chain in ipairs(ruleset.chains) do
      for _, rule in ipairs(chain.rules) do
        count.rules = count.rules + 1
        count.whole = count.whole + (#rule.also == 0 and 1 or 0)
      end
    end
  end
  return count
end

local fields = { family = true, source = true, destination = true, protocols = true, source_ports = true,
  destination_ports = true, icmp_types = true, input = true, output = true, states = true }

local verdicts = { accept = true, drop = true, reject = true, jump = true, ["goto"] = true, ["return"] = true,
  continue = true, queue = true, other = true }

local function assert_ranges(list)
  local past = -1
  for _, range in ipairs(list or {}) do
    assert.is_true(past < range[1] and range[1] <= range[2])
    past = range[2] + 1
  end
end

local function assert_match(match)
  for field in pairs(match) do assert.is_true(fields[field], field) end
  assert_ranges(match.source_ports)
  assert_ranges(match.destination_ports)
  assert_ranges(match.icmp_types)
end

local function assert_rule(rule)
  assert.is_true(verdicts[rule.verdict])
  assert.equal(rule.verdict == "jump" or rule.verdict == "goto", rule.target ~= nil)
  assert.is_string(rule.text)
  for _, match in ipairs(rule.matches) do assert_match(match) end
end

local function assert_normal(ruleset)
  for _, chain in ipairs(ruleset.chains) do
    for _, rule in ipairs(chain.rules) do assert_rule(rule) end
  end
end

-- Folder, reader, the least share of whole rules in per cent.
local cases = {
  { "iptables-save", "iptables-save", 85 },
  { "nft-json-converted", "nft-json", 85 },
  { "nft-json", "nft-json", 70 },
}

describe("real rulesets", function()
  for _, case in ipairs(cases) do
    local folder, name, least = case[1], case[2], case[3]
    local dialect = readers.by_name(name)
    promise(folder, ("of %s are guessed and read, into the normal form alone"):format(folder), function()
      for _, file in ipairs(corpus.names(folder)) do
        local text = corpus.text(folder, file)
        assert.equal(dialect, readers.guess(text), file)
        assert_normal(assert(dialect.read(text, file)))
      end
    end)

    promise(folder, ("of %s are understood whole in %d %% of their rules"):format(folder, least), function()
      local count = counted(dialect, folder)
      local share = 100 * count.whole / count.rules
      io.write(("%s: %d of %d rules understood whole (%.1f %%), %d lines or objects unread\n"):format(folder,
        count.whole, count.rules, share, count.unread))
      assert.is_true(share >= least)
    end)
  end
end)
