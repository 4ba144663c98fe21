--- The real rulesets that specs are held to, where they are to be had.
--
--    local corpus = require "corpus"
--    local promise = corpus.promises(it, pending)
--    promise("cisco", "are all read", function() ... end)      -- pending, in words, without the folder

local lfs = require "lfs"

local corpus = {}

--- Where they are, with a slash at its end.
corpus.root = (os.getenv "PORTOLAN_CORPUS" or "../shared/corpus") .. "/firewall/"

function corpus.has(folder)
  return lfs.attributes(corpus.root .. folder, "mode") == "directory"
end

--- `it`, of a folder: busted gives `it` and `pending` to specs alone, so they come along.
function corpus.promises(it, pending)
  return function(folder, text, run)
    if corpus.has(folder) then it(text, run) else pending(text .. ": skipped: no corpus") end
  end
end

--- The names of a folder's files, in order.
function corpus.names(folder)
  local names = {}
  for name in lfs.dir(corpus.root .. folder) do
    if not name:find "^%." then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

function corpus.text(folder, name)
  local file = assert(io.open(corpus.root .. folder .. "/" .. name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

return corpus
