"""OCaml: `File "main.ml", line 2, characters 6-9:` with the error below it, and the frames of a backtrace."""

from __future__ import annotations

import re
from typing import Any

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=0, unit=Unit.BYTE)
FAILED = re.compile(r"(?!)")  # an assertion that fails is told by its place

_PLACE = (
    r'ile "(?P<file>[^"]+)"(?: \(inlined\))?, lines? (?P<line>\d+)(?:-(?P<end_line>\d+))?,'
    r" characters (?P<column>\d+)-(?P<end_column>\d+)"
)
_REFUSED = re.compile(rf"^F{_PLACE}:\n(?:.*\n)*?Error(?: \([^)]*\))?: (?P<message>.*(?:\n {{2,}}.*)*)", re.MULTILINE)
_ENDED = re.compile(r"^Fatal error: exception (?P<message>(?P<code>[\w.]+).*)$", re.MULTILINE)
_FRAME = re.compile(rf"^(?:Raised|Re-raised|Called) .*? in f{_PLACE}$", re.MULTILINE)
_SYNTAX = re.compile(r"Syntax error|Illegal character|literal|not terminated|Comment|comment")


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The error at which the compiler stopped."""
    return [_refused(match) for match in _REFUSED.finditer(errors)]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that nobody caught, from where it was raised outwards."""
    ended = _ENDED.search(errors)
    if ended is None:
        return []
    code, message = ended["code"], ended["message"]
    # Of unbounded recursion no single place is the cause.
    location = Location.GLOBAL if code in ("Stack_overflow", "Out_of_memory") else Location.SPAN
    places = [_placed(match) for match in _FRAME.finditer(errors, ended.end())]
    return [
        Finding(code, message, severity=Severity.FATAL, kind=Kind.RUNTIME, location=location, **place)
        for place in places or [{}]
    ]


def _refused(match: re.Match[str]) -> Finding:
    message = " ".join(match["message"].split())
    kind = Kind.SYNTAX if _SYNTAX.search(message) else Kind.NAME if message.startswith("Unbound") else Kind.TYPE
    return Finding(f"{kind}-error", message, severity=Severity.FATAL, kind=kind, **_placed(match))


def _placed(match: re.Match[str]) -> dict[str, Any]:
    return {
        "file": match["file"],
        "line": int(match["line"]),
        "column": int(match["column"]),
        "end_line": int(match["end_line"] or match["line"]),
        "end_column": int(match["end_column"]),
    }
