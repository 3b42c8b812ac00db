"""ecj: Eclipse's Java compiler, whose analysis of nulls and resources goes beyond javac's. Offsets count UTF-16 units.
https://help.eclipse.org/latest/topic/org.eclipse.jdt.doc.user/tasks/task-using_batch_compiler.htm

`support/JavaPrograms.java` compiles each program of a batch for itself and without its `@SuppressWarnings`.
"""

from __future__ import annotations

from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.tool import Tool
from analyzers.tools.javac import SETTINGS, SUPPORT, finding
from analyzers.types import Kind, Severity
from grammars.java import JAVA, LIBRARIES

COMPILER = ("/usr/share/java/eclipse-jdt-core.jar", "/usr/share/java/eclipse-jdt-compiler-tool.jar")
WARNINGS = (
    "charConcat", "compareIdentical", "conditionAssign", "constructorName", "deadCode", "fallthrough", "finally",
    "hashCode", "maskedCatchBlock", "noEffectAssign", "null", "nullDereference", "pkgDefaultMethod", "removal",
    "resource", "semicolon", "staticReceiver", "syncOverride", "typeHiding", "unlikelyCollectionMethodArgumentType",
    "unlikelyEqualsArgumentType", "unusedAllocation", "unusedLabel", "unusedLocal", "unusedPrivate", "varargsCast",
)  # fmt: skip
RATINGS = {
    "ERROR": (Severity.HIGH, Kind.TYPE),
    "ERROR Syntax.": (Severity.FATAL, Kind.SYNTAX),
    "ERROR Undefined": (Severity.CRITICAL, Kind.NAME),
    "ERROR Unresolved": (Severity.CRITICAL, Kind.NAME),
    "ERROR ImportNotFound": (Severity.CRITICAL, Kind.NAME),
    "ERROR UninitializedLocalVariable": (Severity.HIGH, Kind.NAME),
    "WARNING": (Severity.MEDIUM, Kind.LOGIC),
    "WARNING NullLocalVariableReference": (Severity.HIGH, Kind.TYPE),
    **dict.fromkeys(
        (
            "WARNING LocalVariableIsNeverUsed", "WARNING NonStaticAccess", "WARNING SuperfluousSemicolon",
            "WARNING Unused", "WARNING UsingTerminallyDeprecated",
        ),
        (Severity.LOW, Kind.STYLE),
    ),
}  # fmt: skip
"""By the start of kind and code."""

ANALYZER = Tool(
    name="ecj",
    languages=("java",),
    argv=(
        *JAVA, "-Xmx512m", "-classpath", ":".join(COMPILER), "{settings}/" + SUPPORT, "ecj", "-proc:none", "-17",
        "-classpath", LIBRARIES, "-warn:" + ",".join(WARNINGS), "--", "{files}",
    ),
    parse=from_json(lambda record: finding(record, RATINGS)),
    convention=Convention(unit=Unit.UTF16),
    package="debian:libeclipse-jdt-compiler-tool-java",
    needs=("javac", *COMPILER),
    ok_exit_codes=(0,),
    file="Main.java",
    settings=SETTINGS,
    batch_size=256,
    timeout_s=60.0,
    version_argv=("-classpath", COMPILER[0], "org.eclipse.jdt.internal.compiler.batch.Main", "-version"),
)  # fmt: skip

GOOD = [
    "import java.util.*;\n\npublic class Sum {\n    static int of(List<Integer> all) {\n        int sum = 0;\n"
    "        for (int one : all) sum += one; // é😀\n        return sum;\n    }\n}\n",
    'package p;\npublic record Pair(int left, int right) { String é() { return "é😀"; } }\n',
]
BAD = [
    ('class A { String s = "é😀"; int n = missing; }\n', "UnresolvedVariable", "missing"),
    ('class A { int n = "é😀".size(); }\n', "UndefinedMethod", "size"),
    ('class A { String s = "é😀"; int n = s; }\n', "TypeMismatch", "s"),
    ('class A { String s = "é😀"; int n = = 1; }\n', "Syntax.ParsingErrorDeleteToken", "="),
    (
        'class A { void f(String s) { if (s == "é😀") s = null; s.trim(); } }\n',
        "PotentialNullLocalVariableReference",
        "s",
    ),
    (
        'class A { Object f(String s) { s = null; return "é😀".length() + s.length(); } }\n',
        "NullLocalVariableReference",
        "s",
    ),
    (
        'class A { @SuppressWarnings("all") boolean f() { return "é😀".equals(3); } }\n',
        "UnlikelyEqualsArgumentType",
        "3",
    ),
    ('class A { boolean f(int n) { String s = "é😀"; return n == n; } }\n', "ComparingIdentical", "n == n"),
    ('class A { int f(int n) { String s = "é😀"; n = n; return n; } }\n', "AssignmentHasNoEffect", "n = n"),
    ("class A { void f(boolean é) { if (é = true) f(é); } }\n", "PossibleAccidentalBooleanAssignment", "é = true"),
    ("class A { public boolean equals(Object o) { return this == o; } }\n", "ShouldImplementHashcode", "A"),
]
