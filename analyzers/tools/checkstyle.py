"""checkstyle: those of its checks that find defects in Java. Lines and columns count from 1, in UTF-16 units; there are
no ends. https://checkstyle.org/checks.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.parsers import xml_root
from analyzers.positions import Convention, Unit
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "CovariantEquals": (Severity.MEDIUM, Kind.LOGIC),
    "DefaultComesLast": (Severity.LOW, Kind.LOGIC),
    "EmptyBlock": (Severity.LOW, Kind.LOGIC),
    "EmptyCatchBlock": (Severity.MEDIUM, Kind.LOGIC),
    "EmptyStatement": (Severity.LOW, Kind.LOGIC),
    "EqualsHashCode": (Severity.MEDIUM, Kind.LOGIC),
    "FallThrough": (Severity.MEDIUM, Kind.LOGIC),
    "InnerAssignment": (Severity.LOW, Kind.LOGIC),
    "ModifiedControlVariable": (Severity.MEDIUM, Kind.LOGIC),
    "NoFinalizer": (Severity.LOW, Kind.LOGIC),
    "StringLiteralEquality": (Severity.HIGH, Kind.LOGIC),
}
"""The checks that find defects; all others are off."""
UNREADABLE = (Severity.LOW, Kind.SYNTAX)
"""What it cannot parse it cannot check. Its grammar is older than the compiler's, which has the say."""
CONFIGURATION = f"""\
<?xml version="1.0"?>
<!DOCTYPE module PUBLIC "-//Checkstyle//DTD Checkstyle Configuration 1.3//EN"
    "https://checkstyle.org/dtds/configuration_1_3.dtd">
<module name="Checker">
  <property name="charset" value="UTF-8"/>
  <property name="haltOnException" value="false"/>
  <property name="severity" value="warning"/>
  <property name="tabWidth" value="1"/>
  <module name="TreeWalker">{"".join(f'<module name="{check}"/>' for check in RATINGS)}</module>
</module>
"""
_UNREADABLE = re.compile(r"while parsing file(?:.*\n)+?Caused by: .*?\b(?P<line>\d+):(?P<column>\d+): (?P<message>.*)")


def parse(output: str) -> Iterator[Finding]:
    """The findings.

    Raises:
        AnalyzerFailed: the output is not checkstyle's XML, or tells of an exception that is not about the grammar.
    """
    for file in xml_root(output, "checkstyle", tool="checkstyle").iter("file"):
        for said in file.iter("error"):
            yield _finding(file.attrib["name"], said.attrib)


def _finding(file: str, said: dict[str, str]) -> Finding:
    code, message = said["source"].rpartition(".")[2].removesuffix("Check"), said["message"]
    if code in RATINGS:
        severity, kind = RATINGS[code]
        place = int(said["line"]), int(said["column"])
        return Finding(code, message, *place, severity=severity, kind=kind, file=file)
    where = _UNREADABLE.search(message)
    if where is None:
        raise AnalyzerFailed(f"checkstyle failed at {file}: {message[:200]!r}")
    severity, kind = UNREADABLE
    place = int(where["line"]), int(where["column"])
    return Finding("unreadable", where["message"], *place, severity=severity, kind=kind, file=file)


ANALYZER = Tool(
    name="checkstyle",
    languages=("java",),
    argv=("checkstyle", "-f", "xml", "-c", "{settings}/checkstyle.xml", "{files}"),
    parse=parse,
    convention=Convention(unit=Unit.UTF16),
    package="debian:checkstyle",
    ok_exit_codes=tuple(range(254)),  # it counts what it could not read
    settings={"checkstyle.xml": CONFIGURATION},
    batch_size=256,
    timeout_s=60.0,
)

GOOD = [
    "public class Sum {\n    /** é😀 */\n    static int add(int x, int y) {\n        return x + y;\n    }\n}\n",
    'record R(int x) { boolean f(String s) { return switch (x) { case 1 -> s.equals("é😀"); default -> false; }; } }\n',
]
BAD = [
    ('class A { boolean f(String s) { return "é😀".length() > 1 && s == "x"; } }\n', "StringLiteralEquality", "="),
    (
        'class A { int f() { String s = "é😀"; for (int i = 0; i < 3; i++) { i = 2; } } }\n',
        "ModifiedControlVariable",
        "=",
    ),
    ('class A { String s = "é😀"; public boolean equals(Object o) { return true; } }\n', "EqualsHashCode", "public"),
    ('class A { @SuppressWarnings("all") int f(int n) { "é😀".trim(); return n = 3; } }\n', "InnerAssignment", "="),
    ('class A { void f() { try { "é😀".trim(); } catch (Exception e) { } } }\n', "EmptyCatchBlock", "{"),
    ('class A { String s = "é😀"; int x = ; }\n', "unreadable", ";"),
    ('class A { String s = "é😀\\s"; }\n', "unreadable", "s"),
    ("sealed interface A permits B {}\n", "unreadable", "sealed"),
]
