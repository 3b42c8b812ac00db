"""gcc: what the compiler says of C. Its JSON has columns in bytes from 1; ends are inclusive.

https://gcc.gnu.org/onlinedocs/gcc/Diagnostic-Message-Formatting-Options.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from analyzers.directives import NO_PRAGMA
from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "syntax": (Severity.FATAL, Kind.SYNTAX),
    "undeclared": (Severity.FATAL, Kind.NAME),
    "error": (Severity.FATAL, Kind.TYPE),
    "implicit-function-declaration": (Severity.HIGH, Kind.NAME),
    **dict.fromkeys(("int-conversion", "incompatible-pointer-types", "implicit-int"), (Severity.HIGH, Kind.TYPE)),
    "format": (Severity.MEDIUM, Kind.TYPE),
    **dict.fromkeys(("format-extra-args", "format-zero-length", "unused", "comment"), (Severity.LOW, Kind.STYLE)),
    **dict.fromkeys(("unused-value", "unused-result", "unused-comparison"), (Severity.MEDIUM, Kind.LOGIC)),
    "": (Severity.MEDIUM, Kind.LOGIC),
}
"""By the option that switches a warning on, without -W; of errors by what they are about."""

# What prompts and headers bring about, and taste.
WARNINGS = (
    "-Wall", "-Wextra", "-Wno-sign-compare", "-Wno-unused-parameter", "-Wno-unused-function", "-Wno-unknown-pragmas",
    "-Wno-attributes", "-Wno-missing-field-initializers", "-Wno-pragmas",
)  # fmt: skip
TOO_MANY = "compilation terminated due to -fmax-errors"
HEADER = "in a header: "
CONVENTION = Convention(unit=Unit.BYTE, end_inclusive=True, skips_bom=True)

_NAME = re.compile(
    r"undeclared|was not declared|has not been declared|does not name a type|has no member named|unknown type name"
    r"|is not a member of|no member named|use of undeclared|no type named|no template named|No such file"
    r"|file not found|does not refer to a"
)
_SYNTAX = re.compile(
    r"(?:fatal error: )?(?:extra )?(?:expected |stray |missing terminating |unterminated |extraneous |unmatched "
    r"|invalid suffix |invalid preprocessing |#error|extra tokens|null character|source file is not valid)"
)


def error_code(message: str) -> str:
    """What an error of a C compiler is about: `syntax`, `undeclared` or else `error`."""
    return "undeclared" if _NAME.search(message) else "syntax" if _SYNTAX.match(message) else "error"


def own(path: str) -> bool:
    """Whether a path is that of the program, which lies in the working folder, and not that of a header."""
    return re.fullmatch(r"p\d+\.\w+", PurePath(path).name) is not None and not path.startswith("/usr/")


def parse(output: str) -> Iterator[Finding]:
    """The findings of one program; an error in a header is about all of it, since nothing says which line met it.

    Raises:
        AnalyzerFailed: there is no document of JSON, or the compiler says more: that it has no memory left, say.
    """
    lines = [line for line in output.split("\n") if line and not line.startswith("compilation terminated")]
    if not lines and TOO_MANY in output:  # it then forgets what it has found
        yield Finding("syntax", "more than 100 errors", severity=Severity.FATAL, kind=Kind.SYNTAX)
        return
    try:
        (document,) = lines
        records = json.loads(document, strict=False)  # gcc leaves control characters of a message as they are
        yield from (found for record in records for found in _findings(record))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AnalyzerFailed(f"not gcc's JSON ({type(error).__name__}: {error}): {output[:200]!r}") from error


def _findings(record: dict[str, Any]) -> Iterator[Finding]:
    """The finding of a record, and those of warnings and errors that stand below it."""
    found = _finding(record)
    if found is not None:
        yield found
    for child in record.get("children", ()):
        yield from _findings(child)


def _finding(record: dict[str, Any]) -> Finding | None:
    """The finding of one record; None of a note, or of a warning about a header."""
    kind, message, places = record["kind"], record["message"], record["locations"]
    if kind == "note":
        return None
    if kind not in ("error", "fatal error", "warning"):
        raise AnalyzerFailed(f"gcc says {kind}: {message}")
    code = record["option"][2:].rstrip("=") if "option" in record else error_code(message)
    severity, rated = rate(RATINGS, code if kind == "warning" else error_code(message))
    if not places or not own(places[0]["caret"]["file"]):
        return None if kind == "warning" else Finding(code, HEADER + message, severity=severity, kind=rated)
    place = places[0]
    start = place.get("start", place["caret"])
    end = place.get("finish", place["caret"] if "start" in place else {})
    return Finding(
        code, message, start["line"], start["byte-column"], end.get("line"), end.get("byte-column"),
        severity=severity, kind=rated,
    )  # fmt: skip


ANALYZER = Tool(
    name="gcc",
    languages=("c",),
    argv=(
        "gcc",
        "-std=gnu17",
        "-fsyntax-only",
        "-fdiagnostics-format=json",
        "-fmax-errors=100",
        *WARNINGS,
        NO_PRAGMA,
        "{file}",
    ),
    parse=parse,
    stderr=True,
    convention=CONVENTION,
    package="debian:gcc",
)

GOOD = [
    '#include <stdio.h>\n#include <string.h>\nint f(const char *s) { return printf("é😀 %zu\\n", strlen(s)); }\n',
    "int f(void) { return (" + " + ".join(["1"] * 500) + "); }\n",
]
BAD = [
    ('int f(void) { const char *s = "é😀"; return missing + *s; }\n', "undeclared", "missing"),
    ('#include <stdio.h>\nvoid f(void) { const char *s = "é😀"; printf("%d", s); }\n', "format", "%d"),
    ("int f(int a) { /* é😀 */ if (a = 3) return 1; return 0; }\n", "parentheses", "a"),
    ("int f(int a) { /* é😀 */ return a + ; }\n", "syntax", ";"),
    ("int f(int a) { int é = g(a); return é; }\n", "implicit-function-declaration", "g"),
    ('#include "/etc/passwd"\n', "syntax", "inclu"),
]
