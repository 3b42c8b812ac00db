"""Ada: lines of GNAT, and exceptions that nobody handled."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.BYTE)
FAILED = re.compile(r"^raised (?:ADA|SYSTEM)\.ASSERT\w*\.ASSERT\w*", re.MULTILINE | re.IGNORECASE)

_MESSAGE = re.compile(r"^(?P<file>\S+?):(?P<line>\d+):(?P<column>\d+):(?: error:)? (?P<message>.*)$", re.MULTILINE)
_OTHER = re.compile(r"^(?:warning|\(style\)|info|note)\b")
_SYNTAX = re.compile(
    r"^(?:missing|expected|unexpected|illegal|incorrect|misspell|binary operator|end of file|.* expected$|\")"
)
_NAME = re.compile(r"is undefined|is not visible|not declared|no selector|no candidate|file .* not found")
_RAISED = re.compile(
    r"^(?:Execution of \S+ terminated by unhandled exception\n)?raised (?P<type>[\w.]+) : (?P<message>.*)$", re.M
)
_PLACE = re.compile(r"(?P<file>[\w.-]+\.ad[abs]):(?P<line>\d+)(?::(?P<column>\d+))?")


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of GNAT, in its order."""
    return [
        Finding(
            f"{_kind(match['message'])}-error",
            match["message"],
            line=int(match["line"]),
            column=int(match["column"]),
            severity=Severity.FATAL,
            kind=_kind(match["message"]),
            file=match["file"],
        )
        for match in _MESSAGE.finditer(errors)
        if not _OTHER.match(match["message"])
    ]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that nobody handled; GNAT tells the place of those that its own checks raise."""
    raised = _RAISED.search(errors)
    if raised is None:
        return []
    place = _PLACE.search(raised["message"])
    spread = raised["type"].upper() == "STORAGE_ERROR"
    return [
        Finding(
            raised["type"],
            raised["message"],
            line=int(place["line"]) if place else None,
            column=int(place["column"]) if place and place["column"] else None,
            severity=Severity.FATAL,
            kind=Kind.RUNTIME,
            location=Location.GLOBAL if spread else Location.LINE,
            file=place["file"] if place else "",
        )
    ]


def _kind(message: str) -> Kind:
    return Kind.NAME if _NAME.search(message) else Kind.SYNTAX if _SYNTAX.search(message) else Kind.TYPE
