ADD = """
import std.stdio;
void main() { int a, b; readf(" %d %d", a, b); writeln(a + b); }
"""
BROKEN = ('void main() { auto é = "😀"; missing(é); }\n', "name-error", "missing")
CRASH = ('void main(string[] a) {\n    auto é = "😀"; a[7] = é;\n}\n', "ArrayIndexError", 'auto é = "😀"; a[7] = é;')
HANG = "void main() { while (true) { } }\n"
FUNCTION = "int f(int x) {\n    return x + 1;\n}\n"
WRONG = FUNCTION.replace("x + 1", "2")
RAISES = (FUNCTION.replace("return x + 1", 'throw new Exception("é")'), "Exception", 'throw new Exception("é");')
LEAVES = FUNCTION.replace("return x + 1", "import core.stdc.stdlib : exit; exit(0); return 2")
NOISY = "import std.stdio;\n" + FUNCTION.replace(
    "return x + 1",
    'stderr.writeln("ERROR SyntaxError AssertionError FAIL"); foreach (i; 0 .. 25000) writeln("123456789"); return x + 1',
)
TESTS = """
unittest
{
    alias candidate = f;

    assert(candidate(1) == 2);
    assert(candidate(2) == 3);
}
void main(){}
"""
