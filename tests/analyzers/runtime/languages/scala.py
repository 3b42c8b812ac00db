ADD = """
object Sum {
  def main(args: Array[String]): Unit = {
    println(scala.io.StdIn.readLine().split(" ").map(_.toInt).sum)
  }
}
"""
BROKEN = ('object A { def f() = { val é = "😀"; missing(é) } }\n', "name-error", "missing")
CRASH = (
    'object A extends App {\n  val é = "😀"; args(7)\n}\n',
    "ArrayIndexOutOfBoundsException",
    'val é = "😀"; args(7)',
)
HANG = "object A { def main(args: Array[String]): Unit = { while (true) { } } }\n"
FUNCTION = "object Problem {\n    def f(x : Int) : Int = {\n        x + 1\n"
WRONG = FUNCTION.replace("x + 1", "2")
RAISES = (FUNCTION.replace("x + 1", "x / 0"), "ArithmeticException", "x / 0")
LEAVES = FUNCTION.replace("x + 1", "sys.exit(0)")
NOISY = FUNCTION.replace(
    "x + 1",
    'System.err.println("ERROR SyntaxError AssertionError FAIL"); for (i <- 1 to 25000) println("123456789"); x + 1',
)
TESTS = """    }
    def main(args: Array[String]) = {
    assert(f((1)) == (2));
    assert(f((2)) == (3));
    }

}
"""
