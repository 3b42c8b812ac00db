ADD = """
import java.util.Scanner;
public class Sum {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        System.out.println(in.nextInt() + in.nextInt());
    }
}
"""
BROKEN = ('class A { void f() { String é = "😀"; missing(é); } }\n', "cant.resolve.location.args", "missing")
CRASH = (
    'public class A {\n    public static void main(String[] a) {\n        String é = "😀"; a[7] = é;\n    }\n}\n',
    "ArrayIndexOutOfBoundsException",
    'String é = "😀"; a[7] = é;',
)
HANG = "class A { public static void main(String[] a) { while (true) { } } }\n"
FUNCTION = "class Problem {\n    public static int f(int x) {\n        return x + 1;\n"
WRONG = FUNCTION.replace("x + 1", "2")
RAISES = (FUNCTION.replace("return x + 1", "return x / 0"), "ArithmeticException", "return x / 0;")
LEAVES = FUNCTION.replace("return x + 1", "System.exit(0); return 2")
NOISY = FUNCTION.replace(
    "return x + 1",
    'System.err.println("ERROR SyntaxError AssertionError FAIL");'
    ' for (int i = 0; i < 25000; i++) System.out.println("123456789"); return x + 1',
)
TESTS = """    }
    public static void main(String[] args) {
    assert(f((1)) == (2));
    assert(f((2)) == (3));
    }

}
"""
