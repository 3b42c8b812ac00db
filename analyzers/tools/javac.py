"""javac: what the Java compiler refuses, and its lint. Offsets count UTF-16 units.
https://docs.oracle.com/en/java/javase/17/docs/specs/man/javac.html

`support/JavaPrograms.java` compiles each program of a batch for itself and without its `@SuppressWarnings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity
from grammars.java import JAVA, LIBRARIES

SUPPORT = "JavaPrograms.java"


def with_records(name: str) -> str:
    """A program of the folder `support` and the class by which it prints what it finds: java compiles a single file."""
    return "".join((Path(__file__).parent / "support" / part).read_text("utf-8") for part in (name, "Records.java"))


SETTINGS = {SUPPORT: with_records(SUPPORT)}
SYNTAX = (
    "array.dimension", "catch.without", "class.not.allowed", "else.without", "empty.char", "enum", "expected",
    "finally.without", "fp.number", "illegal.char", "illegal.dot", "illegal.esc", "illegal.line",
    "illegal.nonascii", "illegal.start", "illegal.text", "illegal.underscore", "illegal.unicode", "initializer.not",
    "int.number", "invalid.binary", "invalid.hex", "invalid.meth.decl", "invalid.permits", "invalid.yield",
    "malformed", "not.stmt", "orphaned", "premature.eof", "record.header", "repeated", "restricted.type",
    "statement", "switch.case", "this.as.identifier", "try.without", "unclosed", "underscore", "varargs.must",
    "variable.not.allowed",
)  # fmt: skip
RATINGS = {
    "ERROR": (Severity.HIGH, Kind.TYPE),
    **{f"ERROR {start}": (Severity.FATAL, Kind.SYNTAX) for start in SYNTAX},
    "ERROR already.defined": (Severity.HIGH, Kind.NAME),
    "ERROR cant.resolve": (Severity.CRITICAL, Kind.NAME),
    "ERROR doesnt.exist": (Severity.CRITICAL, Kind.NAME),
    "ERROR var.might.not": (Severity.HIGH, Kind.NAME),
    "WARNING": (Severity.MEDIUM, Kind.LOGIC),
    "WARNING div.zero": (Severity.HIGH, Kind.TYPE),
    "WARNING has.been.deprecated": (Severity.LOW, Kind.STYLE),
    "WARNING static.not.qualified": (Severity.LOW, Kind.STYLE),
}
"""By the start of kind and code."""


def finding(record: dict[str, Any], ratings: Mapping[str, tuple[Severity, Kind]]) -> Finding | None:
    """What a record of `JavaPrograms` says, unless it is a mere note."""
    if record["kind"] not in ("ERROR", "WARNING", "MANDATORY_WARNING"):
        return None
    start, end = record["start"], record["end"]
    code = record["code"].removeprefix("compiler.err.").removeprefix("compiler.warn.")
    severity, kind = rate(ratings, f"{record['kind'].removeprefix('MANDATORY_')} {code}")
    return Finding(
        code, record["message"], offset=start if start >= 0 else None, end_offset=end if end > start else None,
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="javac",
    languages=("java",),
    argv=(
        *JAVA, "-Xmx512m", "{settings}/" + SUPPORT, "javac", "-proc:none", "-classpath", LIBRARIES,
        # Without cast, deprecation, rawtypes, serial and unchecked: taste.
        "-Xlint:divzero,empty,fallthrough,finally,overrides,removal,static,synchronization,text-blocks,try",
        "--", "{files}",
    ),
    parse=from_json(lambda record: finding(record, RATINGS)),
    convention=Convention(unit=Unit.UTF16),
    package="debian:default-jdk-headless",
    needs=("javac",),
    ok_exit_codes=(0,),
    file="Main.java",
    settings=SETTINGS,
    batch_size=256,
    timeout_s=60.0,
    version_argv=("-version",),
)  # fmt: skip

GOOD = [
    "import java.util.*;\n\npublic class Sum {\n    static int of(List<Integer> all) {\n        int sum = 0;\n"
    "        for (int one : all) sum += one; // é😀\n        return sum;\n    }\n}\n",
    'package p;\npublic record Pair(int left, int right) { String é() { return "é😀"; } }\n',
]
BAD = [
    ('class A { String s = "é😀"; int n = missing; }\n', "cant.resolve.location", "missing"),
    ('class A { int n = "é😀".size(); }\n', "cant.resolve.location.args", "size"),
    ('class A { String s = "é😀"; int n = s; }\n', "prob.found.req", "s"),
    ('class A { boolean b = "é😀".length(); }\n', "prob.found.req", '"é😀".length()'),
    ('class A { boolean b = "é😀" - 1 > 0; }\n', "operator.cant.be.applied.1", "-"),
    ('class A { int f() { String s = "é😀"; } }\n', "missing.ret.stmt", "}"),
    ('class A { int f(int n) { int i; return "é😀".length() + i; } }\n', "var.might.not.have.been.initialized", "i"),
    ('class A { String s = "é😀"; int n = = 1; }\n', "illegal.start.of.expr", "="),
    ('class A { String s = "é😀"; int n = 1 }\n', "expected", "1"),
    ('class A { String s = "é😀"; int n = s.length() / 0; }\n', "div.zero", "0"),
    ('class A { @SuppressWarnings("empty") void f(String s) { if (s == "é😀"); } }\n', "empty.if", ";"),
    ('class A { int f() { try { return 1; } finally { return "é😀".length(); } } }\n', "finally.cannot.complete", "}"),
]
