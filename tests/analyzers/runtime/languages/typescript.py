ADD = """
import * as fs from "fs";
const [a, b]: number[] = fs.readFileSync(0, "utf8").split(" ").map(Number);
console.log(a + b);
"""
BROKEN = ('const é: string = "😀"; const n: number = é;\n', "TS2322", "n")
CRASH = (
    "interface Box { foo?: { bar: number } }\nfunction g(x: Box): number { const é = '😀'; return x.foo.bar; }\n"
    "console.log(g({}));\n",
    "TypeError",
    "bar",
)
HANG = "for (;;);\n"
FUNCTION = "//Adds one.\nfunction f(x: number): number {\n  return x + 1;\n}"
WRONG = "function f(x: number): number {\n  return 2;\n}"
RAISES = (
    "type N = number;\nfunction f(x: N): N {\n  throw new RangeError('é');\n}",
    "RangeError",
    "new",
)
LEAVES = "function f(x: number): number {\n  process.exit(0);\n}"
NOISY = """
function f(x: number): number {
  console.error("ERROR SyntaxError AssertionError FAIL");
  console.log("x".repeat(250000));
  return x + 1;
}
"""
TESTS = """declare var require: any;
const assert = require('node:assert');


function test() {
  let candidate = f;
  assert.deepEqual(candidate(1),2);
  assert.deepEqual(candidate(2),3);
}

test();
"""
