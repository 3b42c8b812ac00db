ADD = """
const [a, b] = require("fs").readFileSync(0, "utf8").split(" ").map(Number);
console.log(a + b);
"""
BROKEN = ("const é = 1;\nlet '😀' = 2;\n", "SyntaxError", "'😀'")
CRASH = ("function g(x) { const é = '😀'; return x.foo.bar; }\nconsole.log(g({}));\n", "TypeError", "bar")
HANG = "for (;;);\n"
FUNCTION = "function f(x) { return x + 1; }"
WRONG = "const f = (x) => 2;"
RAISES = ("function f(x) {\n  return g(x);\n}", "ReferenceError", "return")
LEAVES = "function f(x) { process.exit(0); }"
NOISY = """
function f(x) {
  console.error("ERROR SyntaxError AssertionError FAIL");
  console.log("x".repeat(250000));
  return x + 1;
}
"""
TESTS = """const assert = require('node:assert');


function test() {
  let candidate = f;
  assert.deepEqual(candidate(1),2);
  assert.deepEqual(candidate(2),3);
}

test();
"""
