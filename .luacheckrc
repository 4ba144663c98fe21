std = "luajit+lua54"
max_line_length = 120
files["spec"] = { std = "+busted", max_line_length = 200 }
files["scripts/examples"] = { globals = { "portolan" } }
files["scripts/nginx"] = { std = "+ngx_lua" }
