ADD = 'local a, b = io.read("n", "n")\nprint(a + b)\n'
BROKEN = ("local é😀 = 1\n", "SyntaxError", "local é😀 = 1")
CRASH = ('local function g(x)\n  return "é" .. x.a.b\nend\nprint(g({}))\n', "NotIndexable", 'return "é" .. x.a.b')
HANG = "while true do end\n"
FUNCTION = "local function f(x)\n  return x + 1\nend"
WRONG = "local function f(x)\n  return 2\nend"
RAISES = ("local function f(x)\n  return string.rep()\nend", "BadArgument", "return string.rep()")
LEAVES = "local function f(x)\n  os.exit(0)\nend"
NOISY = """
local function f(x)
  io.stderr:write("ERROR SyntaxError AssertionError FAIL\\n")
  io.write(("x"):rep(250000))
  return x + 1
end
"""
TESTS = """lu = require('luaunit')

function test_humaneval()
local candidate = f
    lu.assertEquals(candidate(1), 2)
    lu.assertEquals(candidate(2), 3)
end

os.exit(lu.LuaUnit.run())
"""
