ADD = """
fun main() {
    println(readLine()!!.split(" ").map { it.toInt() }.sum())
}
"""
BROKEN = ('fun f() { val é = "😀"; missing(é) }\n', "name-error", "missing")
CRASH = (
    'fun main(args: Array<String>) {\n    val é = "😀"; println(é + args[7])\n}\n',
    "ArrayIndexOutOfBoundsException",
    'val é = "😀"; println(é + args[7])',
)
HANG = "fun main() { while (true) { } }\n"
FUNCTION = "fun f(x : Int) : Int {\n    return x + 1\n}\n"
WRONG = FUNCTION.replace("x + 1", "2")
RAISES = (FUNCTION.replace("x + 1", "x / 0"), "ArithmeticException", "return x / 0")
LEAVES = FUNCTION.replace("return x + 1", "kotlin.system.exitProcess(0)")
NOISY = FUNCTION.replace(
    "return x + 1",
    'System.err.println("ERROR SyntaxError AssertionError FAIL"); for (i in 1..25000) println("123456789"); return x + 1',
)
TESTS = """
fun main() {
    var x0 : Int = f(1);
    if (x0 != 2) {
        throw Exception("Exception -- test case 0 did not pass. x0 = " + x0)
    }

    var x1 : Int = f(2);
    if (x1 != 3) {
        throw Exception("Exception -- test case 1 did not pass. x1 = " + x1)
    }


}
"""
