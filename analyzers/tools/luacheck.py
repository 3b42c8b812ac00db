"""luacheck: lint of Lua. Its ranges count lines and columns from 1, in code points, ends inclusive.
https://luacheck.readthedocs.io/en/stable/warnings.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from analyzers.findings import Finding
from analyzers.parsers import from_regex
from analyzers.positions import Convention
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "E": (Severity.FATAL, Kind.SYNTAX),
    "W": (Severity.MEDIUM, Kind.LOGIC),
    "W113": (Severity.CRITICAL, Kind.NAME),
    "W143": (Severity.HIGH, Kind.NAME),
    **dict.fromkeys(("W2", "W3", "W4", "W54", "W55"), (Severity.LOW, Kind.STYLE)),
    "W221": (Severity.MEDIUM, Kind.LOGIC),
    "W314": (Severity.MEDIUM, Kind.LOGIC),
    "W321": (Severity.MEDIUM, Kind.LOGIC),
}
"""By the start of the code."""
_FUNCTION = re.compile(r"unused (?:recursive )?function")
_lines = from_regex(
    r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+)-(?P<end_column>\d+): \((?P<code>\w+)\) (?P<message>.*)"
)


def parse(output: str) -> Iterator[Finding]:
    """The findings; a function that nobody calls is what the program was asked for."""
    for finding in _lines(output):
        if not _FUNCTION.match(finding.message):
            severity, kind = rate(RATINGS, finding.code)
            yield replace(finding, severity=severity, kind=kind)


ANALYZER = Tool(
    name="luacheck",
    languages=("lua",),
    argv=(
        "luacheck", "--no-config", "--no-cache", "--no-color", "--formatter=plain", "--codes", "--ranges",
        # Globals are what a program defines, each for itself; loop variables that count, and blanks, are taste.
        "--std=lua54", "--allow-defined", "--module", "--ignore", "131", "213", "6", "--", "{files}",
    ),
    parse=parse,
    convention=Convention(end_inclusive=True),
    package="debian:lua-check",
    ok_exit_codes=(0, 1, 2),
    batch_size=256,
)  # fmt: skip

GOOD = [
    "-- é😀\nlocal function add(a, b)\n    return a + b\nend\n",
    "function twice(n) return 2 * n end\nprint(twice(1), table.unpack({1}), utf8.char(233))\n",
]
BAD = [
    ('local s = "é😀"; print(missing, s)\n', "W113", "missing"),
    ('local s = "é😀"; print(string.missing(s))\n', "W143", "string"),
    ('local s = "é😀"; local unused = s -- luacheck: ignore\n', "W211", "unused"),
    ('local s = "é😀"; local t = = s\n', "E011", "="),
    ('local s = "é😀"; for i = #s, 1 do print(i) end\n', "W571", "for i = #s, 1 do print(i) end"),
    ('return {s = "é😀", a = 1, a = 2}\n', "W314", "a"),
    ('local s = "é😀"; if s then end\n', "W542", "then"),
    ('local s = "é😀"; local t; print(t.x, s)\n', "W221", "t"),
]
