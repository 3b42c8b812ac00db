"""Mono: lines of the C# compiler, and exceptions that nobody caught."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.UTF16)
FAILED = re.compile(r"Exception --- test case \d+ failed to pass|System\.Exception: assertion of the tests failed")

_MESSAGE = re.compile(
    r"^(?P<file>[^\n(]+)\((?P<line>\d+),(?P<column>\d+)\+?\): error (?P<code>CS\d+): (?P<message>.*)$", re.MULTILINE
)
_NAMES = frozenset("CS0103 CS0117 CS0234 CS0246 CS0426 CS1061 CS0119 CS0841 CS0111 CS0128".split())
_UNCAUGHT = re.compile(
    r"Unhandled Exception:\n(?P<type>[\w.`+]+)(?:: (?P<message>.*(?:\n(?! +at |\[ERROR\]).*)*?))?\n"
    r"(?P<trace>(?s:.*?))(?:\[ERROR\]|\Z)"
)
_INNER = re.compile(r" ---> (?P<type>[\w.`+]+)(?:: (?P<message>.*?))?$", re.MULTILINE)
_FRAME = re.compile(r"^ +at .* in (?P<file>\S+):(?P<line>\d+)\s*$", re.MULTILINE)
_OVERFLOW = "Stack overflow"


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of mcs, in its order."""
    return [
        Finding(
            match["code"],
            match["message"],
            line=int(match["line"]),
            column=int(match["column"]),
            severity=Severity.FATAL,
            kind=_kind(match["code"]),
            file=match["file"],
        )
        for match in _MESSAGE.finditer(errors)
    ]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that nobody caught, with its frames in the program."""
    thrown = _UNCAUGHT.search(errors)
    if thrown is None:
        if _OVERFLOW in errors:
            return [_dead("StackOverflowException", "Stack overflow", spread=True)]
        return []
    code, message = thrown["type"].rpartition(".")[2], (thrown["message"] or "").strip()
    inner = _INNER.search(message)
    if inner is not None:
        code, message = inner["type"].rpartition(".")[2], inner["message"] or ""
    spread = code in ("StackOverflowException", "OutOfMemoryException")
    found = [
        _dead(code, message, line=int(match["line"]), spread=spread)
        for match in _FRAME.finditer(thrown["trace"])
        if match["file"].rpartition("/")[2] == file
    ]
    return found or [_dead(code, message, spread=spread)]


def _kind(code: str) -> Kind:
    """Numbers from CS1001 to CS1056, and those near CS1500 and CS1520, are the parser's."""
    if code in _NAMES:
        return Kind.NAME
    number = int(code[2:])
    return Kind.SYNTAX if 1000 <= number <= 1060 or number in (1513, 1514, 1519, 1525, 1026, 8025) else Kind.TYPE


def _dead(code: str, message: str, *, line: int | None = None, spread: bool = False) -> Finding:
    location = Location.GLOBAL if spread else Location.LINE
    return Finding(code, message, line=line, severity=Severity.FATAL, kind=Kind.RUNTIME, location=location)
