"""Perl: text that ends in `at FILE line N`."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention
from analyzers.ratings import by_message
from analyzers.types import Kind, Severity

CONVENTION = Convention()
FAILED = re.compile(r"^Exception -- test case \d+ did not pass\.|^spanwise: an assertion failed", re.MULTILINE)

_PLACED = re.compile(r"^(?P<message>.*?) at (?P<file>\S+) line (?P<line>\d+)(?:, (?P<more>.*?))?\.?$", re.MULTILINE)
_NOT_COMPILED = re.compile(
    r"^(?:Execution of .* aborted due to compilation errors|.* had compilation errors|BEGIN not safe after errors)",
    re.MULTILINE,
)
_CODES = {
    "Illegal division by zero": "DivisionByZero",
    "Can't locate object method": "NoSuchMethod",
    "Can't locate": "NoSuchModule",
    "Undefined subroutine": "UndefinedSubroutine",
    "Can't call method": "NotAnObject",
    "Can't use": "BadReference",
    "Not a": "BadReference",
    "Modification of": "ReadOnly",
    "Out of memory": "OutOfMemory",
}


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: Perl programs are not compiled beforehand."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """What the compiler refused, or the last words of a program that died."""
    found = list(_PLACED.finditer(errors))
    if _NOT_COMPILED.search(errors):
        return [_refused(match) for match in found]
    return [_died(match) for match in reversed(found)]  # warnings come before


def _refused(match: re.Match[str]) -> Finding:
    message = match["message"] + (f", {match['more']}" if match["more"] else "")
    return Finding(
        "SyntaxError", message, int(match["line"]), file=match["file"], severity=Severity.FATAL, kind=Kind.SYNTAX
    )


def _died(match: re.Match[str]) -> Finding:
    message = match["message"]
    code = by_message(_CODES, message) or "die"
    return Finding(code, message, int(match["line"]), file=match["file"], severity=Severity.FATAL, kind=Kind.RUNTIME)
