--- Make data/registry/ anew: registry.csv, what it says of itself (about), and
-- the table of digests in README.md.
--
--    lua5.4 data/registry/remake.lua          from the project's root; needs npm
--
-- The same package versions give the same bytes. To take newer packages,
-- change the versions below, and since when at the earliest they can be.

package.path = "data/registry/?.lua;" .. package.path

local cjson = require "cjson"
local csv = require "csv"
local merge = require "merge"

local home = "data/registry/"

local packages = {
  current = {
    name = "port-numbers", version = "8.0.35", since = "2026-07-07",
    file = "index.json", licence = "BSD-2-Clause",
  },
  earlier = {
    name = "service-names-port-numbers", version = "2.0.0", since = "2015-07-30",
    file = "service-names-port-numbers.json", licence = "MIT",
  },
}

local page_date = "2025-10-30"

-- What the build writes into the snapshot, one key=value a line.
local about = [[
title=Service Name and Transport Protocol Port Number Registry
date=%s
source=names, descriptions and reserved ports: npm %s %s, not before %s; all else: npm %s %s of %s, IANA's page of %s
]]

-- ------------------------------------------------------------ the outside --

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  assert(pipe:close(), "this command did not succeed: " .. command)
  return (text:gsub("%s+$", ""))
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

-- Returns the path of the package's one file that we read.
local function fetch(folder, source)
  local into = folder .. "/" .. source.name
  output_of(("mkdir %s && cd %s && npm pack --silent %s@%s && tar -xzf *.tgz")
    :format(into, into, source.name, source.version))
  return into .. "/package/" .. source.file
end

local function digests(path)
  local function digest(command) return output_of(command .. " " .. path):match "^%x+" end
  return digest "sha256sum", digest "b2sum -l 256"
end

-- ---------------------------------------------------------------- sources --

local function earlier_rows(text)
  local rows = {}
  for i, fields in ipairs(cjson.decode(text)) do
    rows[i] = {}
    for _, column in ipairs(merge.columns) do rows[i][column[1]] = fields[column[3]] end
  end
  return rows
end

local function page_rows(text)
  local records = assert(csv.read(text), "page-excerpt.csv is not CSV")
  local rows = {}
  for i = 2, #records do
    rows[i - 1] = {}
    for j, column in ipairs(merge.columns) do rows[i - 1][column[1]] = records[i][j] end
  end
  return rows
end

-- ---------------------------------------------------------------- results --

local function header()
  local cells = {}
  for i, column in ipairs(merge.columns) do cells[i] = column[2] end
  return cells
end

local function without_trailing_blanks(text)
  return (text:gsub("[ \t]+\n", "\n"):gsub("%s+$", ""))
end

local function records(rows)
  local all = { header() }
  for i, row in ipairs(rows) do
    all[i + 1] = {}
    for j, column in ipairs(merge.columns) do all[i + 1][j] = without_trailing_blanks(row[column[1]]) end
  end
  return all
end

local function digest_line(what, date, licence, path)
  return ("| %s | %s | %s | `%s` | `%s` |\n"):format(what, date, licence, digests(path))
end

local function package_line(source, path)
  local what = ("npm `%s` %s, `%s`"):format(source.name, source.version, source.file)
  return digest_line(what, source.since, source.licence, path)
end

-- Replaces what stands between the two marks in README.md.
local function note_digests(lines)
  local path = home .. "README.md"
  local columns = "| file | not before | licence | SHA-256 | BLAKE2b-256 |\n|---|---|---|---|---|\n"
  local text, n = read(path):gsub("(<!%-%- digests %-%->\n).-(<!%-%- end %-%->)", function(from, to)
    return from .. columns .. table.concat(lines) .. to
  end)
  assert(n == 1, "README.md has no place for the digests")
  write(path, text)
end

local function note_about(current, earlier)
  write(home .. "about", about:format(
    current.since, current.name, current.version, current.since,
    earlier.name, earlier.version, earlier.since, page_date))
end

local function remake(folder)
  local current, earlier = fetch(folder, packages.current), fetch(folder, packages.earlier)
  local page, result = home .. "page-excerpt.csv", home .. "registry.csv"
  local rows = merge.rows(cjson.decode(read(current)), earlier_rows(read(earlier)), page_rows(read(page)))
  write(result, csv.write(records(rows)))
  note_digests {
    package_line(packages.current, current),
    package_line(packages.earlier, earlier),
    digest_line("`page-excerpt.csv`", page_date, "IANA's data", page),
    digest_line("`registry.csv`, made of these", packages.current.since, "IANA's data", result),
  }
  note_about(packages.current, packages.earlier)
end

local folder = output_of "mktemp -d"
local ok, message = pcall(remake, folder)
output_of("rm -rf " .. folder)
assert(ok, message)
