"""What compilers and run times of the compiled languages print, word for word, and what is read from it."""

import json

import pytest

from analyzers.runtime.messages import ada, clojure, d, go, haskell, java, jvm, mono, rust
from analyzers.types import Kind, Location

JAVAC = json.dumps(
    [
        {"kind": "WARNING", "code": "compiler.warn.x", "line": 1, "at": 1, "start": 1, "end": 2, "message": "w"},
        {
            "kind": "ERROR",
            "code": "compiler.err.expected",
            "line": 2,
            "at": 54,
            "start": 54,
            "end": 54,
            "message": "';'",
        },
        {
            "kind": "ERROR",
            "code": "compiler.err.cant.resolve",
            "line": 3,
            "at": 60,
            "start": 60,
            "end": 63,
            "message": "m",
        },
        {
            "kind": "ERROR",
            "code": "compiler.err.prob.found.req",
            "line": 3,
            "at": 66,
            "start": 60,
            "end": 70,
            "message": "m",
        },
    ]
)
SCALA = """\
/work/program1/main.scala:3: error: type mismatch;
 found   : String
 required: Int
    val é = "😀"; val x: Int = é; printn(y)
                               ^
/work/program1/main.scala:3: warning: unused
    val x = 1
        ^
/work/program1/main.scala:4: error: ')' expected but '}' found.
  }
  ^
two errors found
"""
KOTLIN = """\
program1/main.kt:2:32: error: type mismatch: inferred type is String but Int was expected
    val é = "😀"; val x: Int = é; printn(y)
                               ^
program1/main.kt:2:35: error: unresolved reference: printn
    val é = "😀"; val x: Int = é; printn(y)
                                  ^
program1/main.kt:3:16: error: overload resolution ambiguity:
public final operator fun plus(other: Byte): Int defined in kotlin.Int
public final operator fun plus(other: Double): Double defined in kotlin.Int
    val x = (1 +
               ^
"""
GO = """\
# command-line-arguments
../../built/main.go:4:8: imported and not used: "os"
../../built/main.go:7:34: undefined: x1
../../built/main.go:9:1: syntax error: unexpected }, expecting expression
"""
RUSTC = "\n".join(
    json.dumps(record)
    for record in (
        {"message": "unused", "code": {"code": "unused"}, "level": "warning", "spans": []},
        {
            "message": "cannot find value `y` in this scope",
            "code": {"code": "E0425"},
            "level": "error",
            "spans": [
                {
                    **{"file_name": "/built/main.rs", "line_start": 1, "line_end": 1, "column_start": 56},
                    **{"column_end": 57, "is_primary": True, "expansion": None},
                }
            ],
        },
        {"message": "aborting due to previous error", "code": None, "level": "error", "spans": []},
    )
)
MCS = """\
/built/main.cs(2,54): error CS0029: Cannot implicitly convert type `string' to `int'
/built/main.cs(3,32): error CS1002: ; expected
/usr/lib/mono/4.5/mscorlib.dll (Location of the symbol related to previous error)
/built/main.cs(3,4): error CS0103: The name `y' does not exist in the current context
Compilation failed: 3 error(s), 0 warnings
"""
GDC = json.dumps(
    [
        {
            "kind": "error",
            "message": "cannot implicitly convert expression",
            "locations": [{"caret": {"file": "main.d", "line": 2, "byte-column": 40, "column": 37}}],
            "children": [
                {
                    "kind": "error",
                    "message": "undefined identifier y",
                    "locations": [{"caret": {"file": "main.d", "line": 2, "byte-column": 44, "column": 40}}],
                },
                {"kind": "note", "message": "did you mean z?", "locations": []},
            ],
        }
    ]
)
GNAT = """\
main.adb:3:43: error: expected type "Standard.Integer"
main.adb:5:19: error: missing ";"
main.adb:6:04: error: "Foo" is undefined
main.adb:8:32: warning: value not in range of subtype
gnatmake: "main.adb" compilation error
"""
GHC = (
    '{"span": null,"doc": "Compiling","severity": "SevOutput","reason": null}\n'
    '{"span": {"file": "main.hs","startLine": 4,"startCol": 9,"endLine": 4,"endCol": 10},'
    '"doc": "Variable not in scope: y","severity": "SevError","reason": null}\n'
)


@pytest.mark.parametrize(
    ("module", "output", "errors", "expected"),
    [
        (jvm, SCALA, "", [("type-error", 3, 32), ("syntax-error", 4, 3)]),
        (jvm, KOTLIN, "", [("type-error", 2, 32), ("name-error", 2, 35), ("type-error", 3, 16)]),
        (go, "", GO, [("type-error", 4, 8), ("name-error", 7, 34), ("syntax-error", 9, 1)]),
        (rust, "", RUSTC, [("E0425", 1, 56)]),
        (mono, "", MCS, [("CS0029", 2, 54), ("CS1002", 3, 32), ("CS0103", 3, 4)]),
        (d, "", GDC, [("type-error", 2, 40), ("name-error", 2, 44)]),
        (ada, "", GNAT, [("syntax-error", 3, 43), ("syntax-error", 5, 19), ("name-error", 6, 4)]),
        (haskell, GHC, "", [("name-error", 4, 9)]),
    ],
    ids=["scala", "kotlin", "go", "rust", "csharp", "d", "ada", "haskell"],
)
def test_errors_of_compilers(module, output, errors, expected):
    found = module.compile_findings(output, errors, "main")
    assert [(one.code, one.line, one.column) for one in found] == expected


def test_errors_of_javac_are_told_by_offsets():
    found = java.compile_findings(JAVAC + "\nmore", "", "Main.java")
    assert [(one.code, one.kind, one.offset, one.end_offset) for one in found] == [
        ("expected", Kind.SYNTAX, 54, None),
        ("cant.resolve", Kind.NAME, 60, 63),
        ("prob.found.req", Kind.TYPE, 66, None),
    ]
    assert java.compile_findings("the compiler ran out of resources", "", "Main.java") == []


def test_a_message_of_several_lines_is_kept_whole():
    assert (
        jvm.compile_findings(SCALA, "", "main.scala")[0].message == "type mismatch;\n found   : String\n required: Int"
    )


TRACE = """\
Exception in thread "main" java.lang.RuntimeException: Main.java:7)
is no frame
\tat Solution.f(Main.java:3)
\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)
\tat Main.main(Main.java:9)
"""
CAUSED = TRACE + "Caused by: java.lang.ArithmeticException: / by zero\n\tat Solution.g(Main.java:5)\n\t... 1 more\n"
OVERFLOW = 'Exception in thread "main" java.lang.StackOverflowError\n\tat A.f(Main.java:2)\n\tat A.f(Main.java:2)\n'
GO_PANIC = """\
panic: runtime error: index out of range [7] with length 1 [recovered]
\tpanic: runtime error: index out of range [7] with length 1

goroutine 6 [running]:
testing.tRunner.func1.2({0x5, 0xc})
\t/usr/lib/go-1.19/src/testing/testing.go:1396 +0x24e
main.f(...)
\t/tmp/built/main.go:7
main.main()
\t/tmp/built/main.go:12 +0x65

goroutine 1 [chan receive]:
main.other()
\t/tmp/built/main.go:99 +0x65
"""
TESTIFY = """\
--- FAIL: TestF (0.00s)
    main_test.go:14:
        \tError Trace:\t/built/main_test.go:14
        \tError:      \tNot equal:
        \t            \texpected: 2
        \t            \tactual  : 1
        \tTest:       \tTestF
FAIL
"""
MONO = """
Unhandled Exception:
System.IndexOutOfRangeException: Index was outside the bounds of the array.
  at P.F (System.Int32[] x) [0x00011] in /built/main.cs:5
  at P.Main () [0x00011] in /built/main.cs:9
[ERROR] FATAL UNHANDLED EXCEPTION: System.IndexOutOfRangeException: Index was outside the bounds of the array.
  at P.F (System.Int32[] x) [0x00011] in /built/main.cs:5
"""
DRUNTIME = """\
core.exception.ArrayIndexError@/built/main.d(2): index [7] is out of bounds for array of length 1
----------------
??:? onArrayIndexError [0x7f5849d418c4]
/built/main.d:2 int a.f(int[]) [0x56216a62d333]
/built/main.d:3 void a.__unittest_L3_C1() [0x56216a62d392]
"""
CLOJURE = """\
{:clojure.main/trace
  [[clojure.lang.RT nthFrom "RT.java" 908]
   [user$f invokeStatic "main.clj" 1]
   [user$eval4 invokeStatic "main.clj" 3]]}
Execution error (IndexOutOfBoundsException) at user/f (main.clj:1).
null
"""
CLOJURE_TEST = """\

ERROR in (test-humaneval) (Numbers.java:190)
expected: (= (candidate 1) 2)
  actual: java.lang.ArithmeticException: Divide by zero
 at clojure.lang.Numbers.divide (Numbers.java:190)
    user$f.invokeStatic (main.clj:2)
    user$fn__139.invokeStatic (main.clj:9)

Ran 1 tests containing 2 assertions.
"""


@pytest.mark.parametrize(
    ("module", "file", "output", "errors", "expected"),
    [
        (jvm, "Main.java", "", TRACE, [("RuntimeException", 3), ("RuntimeException", 9)]),
        (jvm, "Main.java", "", CAUSED, [("ArithmeticException", 5)]),
        (jvm, "Main.java", "", "Error: Could not find or load main class Main\nCaused by: x", [("NoMain", None)]),
        (jvm, "Main.java", "", "java.lang.Exception is what I print\n", []),
        (go, "main.go", "", GO_PANIC, [("panic", 7), ("panic", 12)]),
        (go, "main_test.go", TESTIFY, "", [("TestFailed", 14)]),
        (go, "main.go", "", "fatal error: all goroutines are asleep - deadlock!\n", [("fatal", None)]),
        (rust, "main.rs", "", "thread 'main' panicked at 'x\ny', /b/main.rs:3:45\nnote: run", [("panic", 3)]),
        (rust, "main.rs", "", "\nthread 'main' (168) panicked at main.rs:3:45:\nx is\n", [("panic", 3)]),
        (rust, "main.rs", "", "thread 'main' panicked at /rustc/59/library/std/a.rs:3:45:\nx\n", [("panic", None)]),
        (rust, "main.rs", "", "\nthread 'main' has overflowed its stack\nfatal runtime", [("StackOverflow", None)]),
        (mono, "main.cs", "", MONO, [("IndexOutOfRangeException", 5), ("IndexOutOfRangeException", 9)]),
        (d, "main.d", "", DRUNTIME, [("ArrayIndexError", 2), ("ArrayIndexError", 3)]),
        (d, "main.d", "", "object.Exception@/usr/std/conv.d(9): é\n", [("Exception", None)]),
        (ada, "main.adb", "", "\nraised CONSTRAINT_ERROR : main.adb:8 range check failed\n", [("CONSTRAINT_ERROR", 8)]),
        (ada, "main.adb", "", "\nraised STORAGE_ERROR : stack overflow\n", [("STORAGE_ERROR", None)]),
        (haskell, "main.hs", "", "main: main.hs:8:10-29: Non-exhaustive patterns in case\n", [("exception", 8)]),
        (haskell, "main.hs", "", "main: main.hs:(3,1)-(4,9): Non-exhaustive patterns\n", [("exception", 3)]),
        (haskell, "main.hs", "", "main: Prelude.head: empty list\n", [("exception", None)]),
        (clojure, "main.clj", "", CLOJURE, [("IndexOutOfBoundsException", 1), ("IndexOutOfBoundsException", 3)]),
        (clojure, "main.clj", "", CLOJURE_TEST, [("ArithmeticException", 2), ("ArithmeticException", 9)]),
        (clojure, "main.clj", "", "Syntax error compiling at (main.clj:2:17).\nUnable to resolve", [("unresolved", 2)]),
    ],
)
def test_bad_ends(module, file, output, errors, expected):
    assert [(one.code, one.line) for one in module.run_findings(output, errors, file)] == expected


def test_no_place_is_the_cause_of_endless_recursion():
    (first, second) = jvm.run_findings("", OVERFLOW, "Main.java")
    assert (first.location, second.location) == (Location.GLOBAL, Location.GLOBAL)


@pytest.mark.parametrize(
    ("module", "text", "failed"),
    [
        (jvm, 'Exception in thread "main" java.lang.Exception: Exception -- test case 0 did not pass. x0 = 3', True),
        (go, "--- FAIL: TestF (0.00s)\nFAIL\n", True),
        (go, "--- FAIL: TestF (0.00s)\npanic: x", False),
        (rust, "panicked at 'assertion failed: `(left == right)`", True),
        (rust, "assertion `left == right` failed", True),
        (mono, "System.Exception: Exception --- test case 1 failed to pass", True),
        (d, "core.exception.AssertError@main.d(3): unittest failure", True),
        (ada, "raised ADA.ASSERTIONS.ASSERTION_ERROR : Assertion failed at main.adb:21", True),
        (haskell, "main: assertion failed\nCallStack (from HasCallStack):", True),
        (clojure, "\nFAIL in (test-humaneval) (main.clj:6)", True),
        (clojure, "\nERROR in (test-humaneval) (main.clj:6)", False),
    ],
)
def test_an_assertion_of_the_tests_is_known_by_what_it_says(module, text, failed):
    assert bool(module.FAILED.search(text)) is failed
