"""scalac: errors of the Scala compiler, and its lint. It has no codes; those here are read from its messages.
https://docs.scala-lang.org/overviews/compiler-options/

`support/ScalaPrograms.java` compiles each program of a batch for itself. Offsets count UTF-16 units.
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
from grammars.scala import COMPILER, LIBRARIES

SUPPORT = "ScalaPrograms.java"
ERRORS = {
    r".* expected\b|unclosed|unbalanced|illegal |unmatched|invalid escape|expected |eof ": (
        "syntax", Severity.FATAL, Kind.SYNTAX,
    ),
    r"not found: ": ("undefined-name", Severity.CRITICAL, Kind.NAME),
    r"(?:value|type|object|method) .* is not a member of": ("missing-member", Severity.HIGH, Kind.NAME),
    r".* is already defined": ("redeclaration", Severity.HIGH, Kind.NAME),
    r"reassignment to val": ("const-assign", Severity.HIGH, Kind.TYPE),
    r"type mismatch": ("type-mismatch", Severity.HIGH, Kind.TYPE),
    r"not enough arguments|too many arguments|wrong number of": ("wrong-number-arg", Severity.HIGH, Kind.TYPE),
    r"": ("error", Severity.HIGH, Kind.TYPE),
}  # fmt: skip
WARNINGS = {
    r"unreachable code|dead code|patterns after a variable pattern": ("unreachable-code", Severity.MEDIUM, Kind.LOGIC),
    r"match may not be exhaustive": ("inexhaustive-match", Severity.MEDIUM, Kind.LOGIC),
    r"a pure expression does nothing": ("no-effect-statement", Severity.MEDIUM, Kind.LOGIC),
    r"possible missing interpolator": ("missing-interpolator", Severity.MEDIUM, Kind.LOGIC),
    r"comparing .* will always yield|.* are unrelated: they will": ("constant-condition", Severity.MEDIUM, Kind.LOGIC),
    r".* eliminated by erasure": ("unchecked-type", Severity.MEDIUM, Kind.LOGIC),
    r"Adapting argument list": ("adapted-arguments", Severity.LOW, Kind.LOGIC),
    r"(?:local|private) .* is never used": ("unused-variable", Severity.LOW, Kind.STYLE),
}
"""What is not here is taste: what is deprecated, and variables that could be values."""


def _finding(record: dict[str, Any]) -> Finding | None:
    table = {"ERROR": ERRORS, "WARNING": WARNINGS, "INFO": {}}[record["severity"]]
    message = record["message"]
    rated = by_message(table, message)
    if rated is None:
        return None
    code, severity, kind = rated
    start, end = record["start"], record["end"]
    return Finding(
        code, message, offset=start if start >= 0 else None, end_offset=end if end > start else None,
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="scalac",
    languages=("scala",),
    argv=(
        *JAVA, "-Xmx1g", "-classpath", COMPILER, "{settings}/" + SUPPORT, "-usejavacp", "-Yrangepos", "-Xlint",
        "-Ywarn-unused", "-Ywarn-dead-code", "-Ystop-after:tailcalls", "--", "{files}",
    ),
    parse=from_json(_finding),
    convention=Convention(unit=Unit.UTF16),
    package="debian:scala",
    needs=("javac", LIBRARIES + "scala-compiler.jar"),
    ok_exit_codes=(0,),
    file="Main.scala",
    settings={SUPPORT: with_records(SUPPORT)},
    batch_size=64,
    timeout_s=180.0,
    version_argv=("-classpath", COMPILER, "scala.tools.nsc.Main", "-version"),
)  # fmt: skip

GOOD = [
    "// é😀\nobject Main {\n  def add(x: Int, y: Int): Int = x + y\n"
    "  def main(args: Array[String]): Unit = println(add(1, 2))\n}\n",
]
BAD = [
    ('object A { val s = "é😀"; val n: Int = s }\n', "type-mismatch", "s"),
    ('object A { val s = "é😀"; val n = missing }\n', "undefined-name", "missing"),
    ('object A { val n = "é😀".absent }\n', "missing-member", "absent"),
    ('object A { val s = "é😀"; def f( = 1 }\n', "syntax", "="),
    ('object A { def f(s: String): Int = { println("é😀" + s); 1 + 2; 3 } }\n', "no-effect-statement", "+ 2"),
    ('object A { def f(s: String): String = "é😀 $s" }\n', "missing-interpolator", '"é😀 $s"'),
    (
        'object A { def f(o: Option[Int]) = { println("é😀"); o match { case Some(n) => n } } }\n',
        "inexhaustive-match",
        "o",
    ),
    (
        'object A { @SuppressWarnings(Array("all")) def f() = { println("é😀"); val x = 1 } }\n',
        "unused-variable",
        "x = 1",
    ),
]
