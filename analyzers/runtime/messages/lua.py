"""Lua: text that begins with `FILE:LINE:`, and the frames of a traceback below it."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention
from analyzers.ratings import by_message
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention()
FAILED = re.compile(r"^spanwise: an assertion failed", re.MULTILINE)

_SAID = re.compile(r"^\S*lua[\d.]*: (?:(?P<file>[^:\n]+):(?P<line>\d+): )?(?P<message>.*)$", re.MULTILINE)
_ASSERTED = re.compile(r"^spanwise: an assertion failed: (?:[^:\n]+:\d+: )?(?P<message>.*)$", re.MULTILINE)
_FRAME = re.compile(r"^\t(?P<file>[^:\n]+):(?P<line>\d+): in ", re.MULTILINE)
_CODES = {
    "attempt to call": "NotCallable",
    "attempt to index": "NotIndexable",
    "attempt to perform arithmetic": "BadOperand",
    "attempt to compare": "BadOperand",
    "attempt to concatenate": "BadOperand",
    "attempt to get length": "BadOperand",
    "bad argument": "BadArgument",
    "module ": "NoSuchModule",
    "stack overflow": "StackOverflow",
    "not enough memory": "OutOfMemory",
}


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: Lua programs are not compiled beforehand."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The error that nobody caught, where it was raised and then where it came through; or the assertion."""
    said = _SAID.search(errors)
    if said is None:
        asserted = _ASSERTED.search(errors)
        return [_finding("AssertionError", asserted["message"], None)] if asserted else []
    frames = list(_FRAME.finditer(errors, said.end()))
    message = said["message"]
    if said["line"] and not frames:
        return [_finding("SyntaxError", message, said, kind=Kind.SYNTAX)]
    code = by_message(_CODES, message) or "error"
    return [_finding(code, message, place) for place in ([said] if said["line"] else []) + frames] or [
        _finding(code, message, None)
    ]


def _finding(code: str, message: str, place: re.Match[str] | None, *, kind: Kind = Kind.RUNTIME) -> Finding:
    return Finding(
        code,
        message,
        int(place["line"]) if place else None,
        file=place["file"] if place else "",
        severity=Severity.FATAL,
        kind=kind,
        location=Location.GLOBAL if code in ("StackOverflow", "OutOfMemory") else Location.SPAN,
    )
