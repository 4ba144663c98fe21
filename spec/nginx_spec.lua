-- Real nginx, with the Lua module and LuaJIT, on loopback: started, asked and stopped by this spec.

local cjson = require "cjson"

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local out = pipe:read "*a"
  pipe:close()
  return out
end

local function has(command)
  return run("command -v " .. command) ~= ""
end

local function text(path)
  local file = io.open(path, "rb")
  if not file then return "" end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

describe("the registry inside nginx", function()
  if not (has "nginx" and has "curl" and text "/usr/lib/nginx/modules/ngx_http_lua_module.so" ~= "") then
    pending "skipped: no nginx with libnginx-mod-http-lua"
    return
  end

  local here = run "pwd":gsub("%s+$", "")
  local build = here .. "/" .. (os.getenv "B" or "build")
  local port = 20000 + math.floor(os.clock() * 1e6 + os.time()) % 12000 -- below those that the kernel gives out
  local prefix

  -- The shipped configuration, in a folder of its own and on a port of its own.
  setup(function()
    prefix = run "mktemp -d":gsub("%s+$", "")
    local conf = text "scripts/nginx/nginx.conf":gsub("8043", tostring(port))
      :gsub("%$prefix/%.%./%.%./build", build):gsub("%$prefix/%?", here .. "/scripts/nginx/?")
      :gsub("error_log stderr", "error_log error.log")
    local file = assert(io.open(prefix .. "/nginx.conf", "wb"))
    file:write(conf)
    file:close()
    os.execute(("chmod 755 %s; LD_PRELOAD='%s' nginx -p %s/ -c nginx.conf >%s/out 2>&1"):format(prefix,
      os.getenv "PORTOLAN_PRELOAD" or "", prefix, prefix))
    for _ = 1, 50 do
      if text(prefix .. "/nginx.pid") ~= "" then return end
      os.execute "sleep 0.1"
    end
    error("nginx did not start: " .. text(prefix .. "/out") .. text(prefix .. "/error.log"))
  end)

  teardown(function()
    local pid = text(prefix .. "/nginx.pid"):match "%d+"
    if pid then os.execute("kill -QUIT " .. pid) end
    for _ = 1, 50 do
      if text(prefix .. "/nginx.pid") == "" then break end
      os.execute "sleep 0.1"
    end
    os.execute("rm -rf " .. prefix)
  end)

  local function ask(path, options)
    local out = run(("curl -sS -m 10 -w '\\n%%{http_code} %%{content_type}' %s 'http://127.0.0.1:%d%s'")
      :format(options or "", port, path))
    local body, status, kind = out:match "^(.*)\n(%d+) ([^\n]*)$"
    return tonumber(status), body and body ~= "" and cjson.decode(body), kind
  end

  it("answers a port with its status, its name and all its records", function()
    local status, body, kind = ask "/v1/ports/tcp/443"
    assert.same({ 200, "application/json" }, { status, kind })
    assert.same({ "tcp", 443, "assigned", "https" }, { body.transport, body.port, body.status, body.name })
    assert.same({ "https", 443 }, { body.records[1].name, body.records[1].first })
    assert.equal(3, #select(2, ask "/v1/ports/tcp/80").records)
  end)

  it("answers a port where nothing is assigned", function()
    local status, body = ask "/v1/ports/udp/50000"
    assert.same({ 200, "dynamic", {} }, { status, body.status, body.records })
    assert.is_nil(body.name)
  end)

  it("answers a service by its name, whatever its case", function()
    local status, body = ask "/v1/services/HTTPS"
    assert.equal(200, status)
    assert.is_true(#body.records >= 3)
  end)

  it("says what it does not have, and what it does not understand", function()
    local status, body = ask "/v1/services/no-such"
    assert.same({ 404, "no service has this name", {} }, { status, body.error, body.records })
    assert.equal(400, (ask "/v1/ports/tcp/70000"))
    assert.equal(400, (ask "/v1/ports/icmp/1"))
    assert.equal(400, (ask "/v1/ports/tcp/0x50"))
    assert.equal(404, (ask "/v1/else"))
    assert.equal(405, (ask("/v1/ports/tcp/443", "-X POST")))
  end)

  it("serves one registry from every worker, many times over", function()
    local out = run(("for i in $(seq 40); do curl -s http://127.0.0.1:%d/v1/ports/tcp/22 | cksum; done | sort -u | wc -l")
      :format(port))
    assert.equal("1", out:match "%d+")
  end)

  it("answers while it is reloaded, from new workers after", function()
    local pid = text(prefix .. "/nginx.pid"):match "%d+"
    local out = run(("for i in $(seq 30); do [ $((i %% 10)) -eq 5 ] && kill -HUP %s; curl -s -o /dev/null -w '%%{http_code}\\n' "
      .. "http://127.0.0.1:%d/v1/services/ssh; done | sort | uniq -c"):format(pid, port))
    assert.equal("30 200", out:match "^%s*(%d+ %d+)%s*$")
  end)

  it("leaves no complaint in the log", function()
    assert.equal("", text(prefix .. "/error.log"))
  end)
end)
