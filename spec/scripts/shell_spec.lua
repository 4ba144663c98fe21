-- Running commands.

local shell = require "portolan.shell"

describe("a command", function()
  it("gets each argument as it is", function()
    for _, argument in ipairs { "", "a b", "it's", '"$HOME" `id`', "a\nb", "\\", "-n", "*", "';exit 3;'" } do
      local text, status = shell.run { "printf", "%s", argument }
      assert.equal(argument, text)
      assert.equal(0, status)
    end
  end)

  it("gives its status, and its errors with what it prints", function()
    local text, status = shell.run { "sh", "-c", "echo out; echo err >&2; exit 7" }
    assert.equal("out\nerr\n", text)
    assert.equal(7, status)
  end)

  it("has a status where there is none such", function()
    local _, status = shell.run { "/nonexistent/command" }
    assert.equal(127, status)
  end)

  it("runs within limits that are set before", function()
    local path = os.tmpname()
    local _, status = shell.run({ "cp", "/proc/self/exe", path }, "ulimit -f 1")
    os.remove(path)
    assert.is_true(status ~= 0)
  end)
end)
