ADD = """
using System;
using System.Linq;
class Sum {
    static void Main() { Console.WriteLine(Console.ReadLine().Split(' ').Select(int.Parse).Sum()); }
}
"""
BROKEN = ('class A { static void Main() { var é = "😀"; missing(é); } }\n', "CS0103", "missing")
CRASH = (
    'class A {\n    static void Main(string[] a) {\n        var é = "😀"; a[7] = é;\n    }\n}\n',
    "IndexOutOfRangeException",
    'var é = "😀"; a[7] = é;',
)
HANG = "class A { static void Main() { while (true) { } } }\n"
FUNCTION = "using System;\nusing System.Diagnostics;\nclass Problem {\n    public static int F(int x) {\n        return x + 1;\n"
WRONG = FUNCTION.replace("x + 1", "2")
RAISES = (FUNCTION.replace("x + 1", "x / (x - x)"), "DivideByZeroException", "return x / (x - x);")
LEAVES = FUNCTION.replace("return x + 1", "Environment.Exit(0); return 2")
NOISY = FUNCTION.replace(
    "return x + 1",
    'Console.Error.WriteLine("ERROR SyntaxError AssertionError FAIL");'
    ' for (int i = 0; i < 25000; i++) Console.WriteLine("123456789"); return x + 1',
)
TESTS = """    }
    public static void Main(string[] args) {
    Debug.Assert(F((1)) == (2));
    Debug.Assert(F((2)) == (3));
    }

}
"""
