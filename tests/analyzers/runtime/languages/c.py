ADD = r"""
#include <stdio.h>
int main(void) { int a, b; scanf("%d %d", &a, &b); printf("%d\n", a + b); return 0; }
"""
BROKEN = ('#include <stdio.h>\nint main(void) { puts("é😀"); return x; }\n', "name-error", "x")
CRASH = ("int main(void) { int *p = 0; *p = 1; return 0; }\n", "SIGSEGV", "")
HANG = "int main(void) { for (;;); }\n"
FUNCTION = "int f(int x) { return x + 1; }"
WRONG = "int f(int x) { return 2; }"
RAISES = ("#include <stdlib.h>\nint f(int x) { abort(); }", "SIGABRT", "")
LEAVES = "#include <stdlib.h>\nint f(int x) { exit(0); }"
NOISY = r"""
#include <stdio.h>
int f(int x) {
    fputs("ERROR SyntaxError AssertionError FAIL\n", stderr);
    for (int i = 0; i < 25000; i++) puts("123456789");
    return x + 1;
}
"""
TESTS = """
#include <assert.h>
int main() {
    assert(f(1) == 2);
    assert(f(2) == 3);
    return 0;
}
"""
