-- data/registry/csv.lua: IANA's CSV, both ways.

local csv = dofile "data/registry/csv.lua"

describe("IANA's CSV", function()
  it("has a cell between any two commas, empty ones too", function()
    assert.same({ { "", "80", "", "" } }, csv.read ",80,,\r\n")
  end)

  it("quotes a cell with a comma, a quote or a line break, and no other", function()
    assert.equal('"a,b","say ""x""","two\nlines", plain <&> \r\n',
      csv.write { { "a,b", 'say "x"', "two\nlines", " plain <&> " } })
  end)

  it("comes back as it was written", function()
    local records = { { "a,b", 'say "x"', "two\nlines", "" }, { "", '"', ",", "x" } }
    assert.same(records, csv.read(csv.write(records)))
  end)

  it("may end its records in LF alone", function()
    assert.same({ { "a", "b" }, { "c", "d" } }, csv.read "a,b\nc,d\n")
  end)

  it("is nothing else: an open quote or text after one is no CSV", function()
    assert.is_nil(csv.read 'a,"b\r\n')
    assert.is_nil(csv.read 'a,"b"c\r\n')
  end)
end)
