"""mcs: errors and warnings of Mono's C# compiler. Lines and columns count from 1, in UTF-16 units; there are no ends.
https://www.mono-project.com/docs/about-mono/languages/csharp/

The directives that silence warnings and rename lines become comments at equal length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzers.findings import Finding
from analyzers.parsers import from_regex
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

NAMES = ("0103", "0111", "0117", "0119", "0128", "0234", "0246", "0426", "0841", "1061")
SYNTAX = ("100", "101", "102", "103", "104", "105", "1513", "1514", "1519", "1525", "1026", "8025")
RATINGS = {
    "error": (Severity.HIGH, Kind.TYPE),
    **{f"error CS{number}": (Severity.FATAL, Kind.SYNTAX) for number in SYNTAX},
    **{f"error CS{number}": (Severity.CRITICAL, Kind.NAME) for number in NAMES},
    "error CS0165": (Severity.HIGH, Kind.NAME),
    "warning": (Severity.MEDIUM, Kind.LOGIC),
    **{f"warning CS{number}": (Severity.LOW, Kind.STYLE) for number in ("0168", "0169", "0219", "0414", "0649")},
}
"""By the start of severity and code."""
COMPILE = (
    r"LC_ALL=C sed -Ei -e 's:#[lp](ine|ragma)\b://\1:g' "
    r"""-e 's:#[^A-Za-z0-9_]([^A-Za-z0-9_]{0,40}(line|pragma)\b)://\1:g' -- "$@"; """
    "for file; do mcs -langversion:latest -warn:4 -nowarn:1591,1998,3021 -r:System.Numerics.dll -target:library "
    '-out:"$TMPDIR/out.dll" "$file"; done 2>&1; exit 0'
)
_lines = from_regex(
    r"(?P<file>[^(]+)\((?P<line>\d+),(?P<column>\d+)\+?\): (?P<code>(?:error|warning) CS\d+): (?P<message>.*)",
    # The line feed that a message tells of stands in it, so that its last quote is a line of its own.
    otherwise=r"\s*|'|Compilation (?:succeeded|failed).*|.*\(Location of the symbol related to previous \w+\)",
)


def parse(output: str) -> Iterator[Finding]:
    """The findings, rated by severity and code."""
    for finding in _lines(output):
        severity, kind = rate(RATINGS, finding.code)
        yield replace(finding, code=finding.code.split()[1], severity=severity, kind=kind)


ANALYZER = Tool(
    name="mcs",
    languages=("csharp",),
    argv=("sh", "-c", COMPILE, "sh", "{files}"),
    parse=parse,
    convention=Convention(unit=Unit.UTF16),
    package="debian:mono-mcs",
    needs=("mcs",),
    ok_exit_codes=(0,),
    file="Main.cs",
    batch_size=16,
    timeout_s=120.0,
    version_argv=("-c", "mcs --version"),
)

GOOD = [
    "using System;\n\n// é😀\npublic class Program {\n    static int Add(int x, int y) { return x + y; }\n"
    "    public static void Main() { Console.WriteLine(Add(1, 2)); }\n}\n",
]
BAD = [
    ('class A { string s = "é😀"; int n = missing; }\n', "CS0103", "missing"),
    ('class A { int n = "é😀"; }\n', "CS0029", '"'),
    ('class A { string s = "é😀"; int n = = 1; }\n', "CS1525", "="),
    ('class A { int F() { string s = "é😀"; s = s; return 1; } }\n', "CS1717", "s"),
    ('class A { bool F(int n) { "é😀".Trim(); return n == n; } }\n', "CS1718", "n"),
    ('class A { int F() { "é😀".Trim(); return 1; F(); } }\n', "CS0162", "F"),
    ('#pragma warning disable\nclass A { void F() { "é😀".Trim(); int unused = 1; } }\n', "CS0219", "unused"),
    ('#line 100 "x.cs"\nclass A { int F() { string s = "é😀"; return n; } }\n', "CS0103", "n"),
]
