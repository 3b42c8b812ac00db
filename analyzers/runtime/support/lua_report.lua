-- Loaded before a program (LUA_INIT): runs the tests of LuaUnit without its own report.
function spanwise_unit(luaunit)
  local runner = luaunit.LuaUnit.new()
  runner:setOutputType("nil")
  runner:runSuite()
  local result = runner.result
  for _, node in ipairs(result.errorTests) do
    io.stderr:write("lua: ", tostring(node.msg), "\n", tostring(node.stackTrace), "\n")
  end
  for _, node in ipairs(result.failedTests) do
    io.stderr:write("spanwise: an assertion failed: ", tostring(node.msg), "\n")
  end
  if result.notSuccessCount > 0 or result.runCount == 0 then
    os.exit(1, true)
  end
end
