ADD = "<?php\n[$a, $b] = explode(' ', trim(fgets(STDIN)));\necho $a + $b, PHP_EOL;\n"
BROKEN = ("<?php\nfunction f($x) {\n    $é = '😀' . $x + ;\n}\n", "ParseError", ";")
CRASH = (
    "<?php\nfunction g($x) {\n    return 'é' . intdiv(1, $x);\n}\ng(0);\n",
    "DivisionByZeroError",
    "return 'é' . intdiv(1, $x);",
)
HANG = "<?php\nfor (;;);\n"
FUNCTION = "<?php\nfunction f($x) {\n    return $x + 1;\n}\n"
WRONG = "<?php\nfunction f($x) {\n    return 2;\n}\n"
RAISES = ("<?php\nfunction f($x) {\n    return g($x);\n}\n", "Error", "return g($x);")
LEAVES = "<?php\nfunction f($x) {\n    exit(0);\n}\n"
NOISY = """<?php
function f($x) {
    fwrite(STDERR, "ERROR SyntaxError AssertionError FAIL\\n");
    echo str_repeat("x", 250000);
    return $x + 1;
}
"""
TESTS = """function candidate(...$args) {
    return f(...$args);
}

function test(): void {
    if (candidate(1) !== 2) { throw new Exception("Test failed!"); }
    if (candidate(2) !== 3) { throw new Exception("Test failed!"); }
}

test();
"""
