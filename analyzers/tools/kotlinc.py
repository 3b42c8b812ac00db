"""kotlinc: errors and warnings of the Kotlin compiler. It has no codes; those here are read from its messages.
https://kotlinlang.org/docs/command-line.html

`support/KotlinPrograms.java` compiles each program of a batch for itself and without its `@Suppress`. Lines and columns
count from 1, in UTF-16 units, and there are no ends.
"""

from __future__ import annotations

from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.ratings import by_message
from analyzers.tool import Tool
from analyzers.tools.javac import with_records
from analyzers.types import Kind, Severity
from grammars.java import JAVA
from grammars.kotlin import COMPILER, HOME, LIBRARIES

SUPPORT = "KotlinPrograms.java"
ERRORS = {
    r"Expecting|Unexpected|Unclosed|Unsupported \[|Illegal|Incorrect|Unresolved label": (
        "syntax", Severity.FATAL, Kind.SYNTAX,
    ),
    r"Unresolved reference": ("undefined-name", Severity.CRITICAL, Kind.NAME),
    r"(?:Variable|Property) .* must be initialized": ("uninitialized-variable", Severity.HIGH, Kind.NAME),
    r"Conflicting|Redeclaration": ("redeclaration", Severity.HIGH, Kind.NAME),
    r"Only safe|Operator call corresponds to a dot-qualified": ("null-dereference", Severity.HIGH, Kind.TYPE),
    r"A 'return' expression required": ("missing-return", Severity.HIGH, Kind.TYPE),
    r"Type mismatch|Type inference failed|.* does not conform to": ("type-mismatch", Severity.HIGH, Kind.TYPE),
    r"Too many arguments|No value passed": ("wrong-call-args", Severity.HIGH, Kind.TYPE),
    r"Operator .* cannot be applied": ("unsupported-operand", Severity.HIGH, Kind.TYPE),
    r"Val cannot be reassigned": ("const-assign", Severity.HIGH, Kind.TYPE),
    r"": ("error", Severity.HIGH, Kind.TYPE),
}  # fmt: skip
WARNINGS = {
    r"Condition .* is always": ("constant-condition", Severity.MEDIUM, Kind.LOGIC),
    r"Division by zero": ("division-by-zero", Severity.MEDIUM, Kind.LOGIC),  # of floats it is no error
    r"Duplicate label in when": ("duplicate-case", Severity.MEDIUM, Kind.LOGIC),
    r"Identity equality": ("identity-equality", Severity.LOW, Kind.LOGIC),
    r"The expression is unused|The result of .* is not used": ("no-effect", Severity.MEDIUM, Kind.LOGIC),
    r"Unreachable code": ("unreachable-code", Severity.MEDIUM, Kind.LOGIC),
    r"'when' expression .* exhaustive": ("inexhaustive-when", Severity.MEDIUM, Kind.LOGIC),
    r"The value .* is never used|.* assigned but never accessed": ("useless-assignment", Severity.LOW, Kind.STYLE),
    r"(?:Variable|Destructured|Parameter) .* is never used": ("unused-variable", Severity.LOW, Kind.STYLE),
    r"Unchecked cast|This cast can never succeed": ("unchecked-cast", Severity.LOW, Kind.LOGIC),
}
"""What is not here is taste: casts and assertions that are not needed, shadowed names, what is deprecated."""


def _finding(record: dict[str, Any]) -> Finding | None:
    table = {"ERROR": ERRORS, "WARNING": WARNINGS, "STRONG_WARNING": WARNINGS}[record["severity"]]
    rated = by_message(table, record["message"])
    if rated is None:
        return None
    code, severity, kind = rated
    place = record["line"], record["column"]
    return Finding(code, record["message"], *place, severity=severity, kind=kind, file=record["file"])


ANALYZER = Tool(
    name="kotlinc",
    languages=("kotlin",),
    argv=(
        *JAVA, "-Xmx1g", "-Dkotlin.environment.keepalive=true", "-classpath", COMPILER, "{settings}/" + SUPPORT, HOME,
        "{files}",
    ),
    parse=from_json(_finding),
    convention=Convention(unit=Unit.UTF16),
    package="debian:kotlin",
    needs=("javac", LIBRARIES + "kotlin-compiler.jar"),
    ok_exit_codes=(0,),
    file="Main.kt",
    settings={SUPPORT: with_records(SUPPORT)},
    batch_size=128,
    timeout_s=180.0,
    version_argv=("-classpath", COMPILER, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-version"),
)  # fmt: skip

GOOD = [
    "// é😀\nfun add(x: Int, y: Int): Int {\n    return x + y\n}\n\nfun main() {\n    println(add(1, 2))\n}\n",
]
BAD = [
    ('val s = "é😀"; val n: Int = s\n', "type-mismatch", "s"),
    ('val s = "é😀"; val n = missing\n', "undefined-name", "missing"),
    ('fun f(s: String?): Int { println("é😀"); return s.length }\n', "null-dereference", "."),
    ('fun f(): Int { println("é😀") }\n', "missing-return", "}"),
    ('val s = "é😀"; fun f( = 1\n', "syntax", "("),
    ('@Suppress("UNUSED_VARIABLE") fun f() { "é😀".length; val x = 1 }\n', "unused-variable", "x"),
    ('fun f(n: Int) { println("é😀"); n }\n', "no-effect", "n"),
    ('fun f(n: Int): Int { println("é😀" + n); return 1; println(n) }\n', "unreachable-code", "println"),
]
