-- README.md promises nothing that does not work.

local policy = require "portolan.policy"
local portolan = require "portolan"

local file = assert(io.open "README.md")
local readme = file:read "*a"
file:close()

-- The indented lines below a heading.
local function block(heading)
  local text = readme:match("\n## " .. heading .. "\n\n(    .-)\n\n%S")
  return (text .. "\n"):gsub("    ([^\n]*\n)", "%1")
end

describe("README.md", function()
  it("shows a policy that is one", function()
    local read = assert(policy.read(block "A policy", "README.md", { registry = portolan.open() }))
    assert.equal("our edge", read.name)
  end)

  it("shows a script that runs, and prints what it says", function()
    local printed = {}
    local env = setmetatable({ portolan = portolan, print = function(...)
      printed[#printed + 1] = table.concat({ tostring((...)) }, "\t")
    end }, { __index = _G })
    local source = block "A script"
    local chunk = setfenv and setfenv(assert(loadstring(source)), env) or assert(load(source, "README.md", "t", env))
    chunk()
    assert.same({ "https", "http", "www", "www-http" }, { printed[1], printed[2], printed[3], printed[4] })
    assert.matches("^tcp/%d+", printed[5])
  end)

  it("names each command that there is", function()
    local pipe = io.popen "ls scripts/portolan/commands"
    for name in pipe:read "*a":gmatch "([%w_]+)%.lua" do
      assert(readme:find("`" .. name:gsub("_", "-") .. "`", 1, true), name .. " is not in README.md")
    end
    pipe:close()
  end)

  it("fits a screen", function()
    assert.is_true(select(2, readme:gsub("\n", "")) <= 70)
  end)
end)
