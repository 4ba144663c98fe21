-- The example scripts, run by the command line over the built-in registry.

local function text(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- What a script printed, and its exit status.
local function run(arguments)
  local pipe = assert(io.popen(("LD_PRELOAD='%s' scripts/bin/portolan run scripts/examples/%s 2>&1; echo \"status $?\"")
    :format(os.getenv "PORTOLAN_PRELOAD" or "", arguments)))
  local output = pipe:read "*a"
  pipe:close()
  return output:match "^(.*)status (%d+)\n$"
end

local examples = {
  { "free_ports", "free_ports.lua 8080 5", "finds free ports near a wish" },
  { "owner", "owner.lua apple", "tells who owns what" },
  { "stale_contacts", "stale_contacts.lua 2005 5", "finds contacts that nobody has heard of since" },
  { "growth", "growth.lua 2000", "shows the registry's growth by year" },
  { "rfc", "rfc.lua 4960", "lists the services of an RFC" },
}

describe("an example script", function()
  for _, example in ipairs(examples) do
    it(example[3] .. ": " .. example[2], function()
      local output, status = run(example[2])
      assert.equal(text("spec/golden/examples/" .. example[1] .. ".txt"), output)
      assert.equal("0", status)
    end)
  end

  it("says so where there is nothing to tell", function()
    local output, status = run "rfc.lua 99999"
    assert.equal("no service refers to RFC99999\n", output)
    assert.equal("1", status)
  end)
end)
