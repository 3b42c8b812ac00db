"""Haskell: messages of GHC as JSON, one to a line, and what its run time says of exceptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.CODEPOINT)
FAILED = re.compile(r"^\S+: assertion failed$", re.MULTILINE)

_SYNTAX = re.compile(r"parse error|lexical error|unterminated|[Ii]ncorrect indentation|missing block", re.IGNORECASE)
_NAME = re.compile(r"not in scope|Could not find module|does not export|lacks an accompanying binding|not \(visible\)")
_RAISED = re.compile(r"^(?P<program>main|\S*/main): (?P<message>.*)$", re.MULTILINE)
_CALLED = re.compile(r"^  (?P<name>\w+), called at (?P<file>\S+?):(?P<line>\d+):(?P<column>\d+) in ", re.MULTILINE)
# `main.hs:8:10-29: ...` on one line, `main.hs:(3,1)-(4,9): ...` over several.
_PLACE = re.compile(
    r"(?P<file>[\w./-]+\.hs):"
    r"(?:(?P<line>\d+):(?P<column>\d+)(?:-(?P<end>\d+))?|\((?P<first>\d+),(?P<at>\d+)\)-\(\d+,\d+\)): "
)


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of GHC, in its order."""
    return [finding for line in output.splitlines() if line.startswith("{") for finding in _findings(line)]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that nobody caught; its place where the run time knows it: `error`, patterns that do not match."""
    raised = _RAISED.search(errors)
    if raised is None:
        return []
    message = raised["message"]
    place = _PLACE.match(message)
    if place is not None:
        line, column = place["line"] or place["first"], place["column"] or place["at"]
        end = int(place["end"]) + 1 if place["end"] else None
        text = message[place.end() :]
        return [_dead(text, line=int(line), column=int(column), end_column=end)]
    called = [match for match in _CALLED.finditer(errors, raised.end()) if match["file"].rpartition("/")[2] == file]
    return [_dead(message, line=int(match["line"]), column=int(match["column"])) for match in called] or [
        _dead(message)
    ]


def _dead(
    message: str, *, line: int | None = None, column: int | None = None, end_column: int | None = None
) -> Finding:
    location = Location.GLOBAL if message.startswith("stack overflow") else Location.SPAN
    return Finding(
        "exception",
        message,
        line=line,
        column=column,
        end_line=line if end_column else None,
        end_column=end_column,
        severity=Severity.FATAL,
        kind=Kind.RUNTIME,
        location=location,
    )


def _findings(text: str) -> Iterator[Finding]:
    try:
        record: Any = json.loads(text)
        if record["severity"] != "SevError":
            return
        span, message = record["span"] or {}, str(record["doc"])
    except (ValueError, LookupError, TypeError):
        return
    kind = Kind.SYNTAX if _SYNTAX.search(message) else Kind.NAME if _NAME.search(message) else Kind.TYPE
    yield Finding(
        f"{kind}-error",
        message,
        line=span.get("startLine"),
        column=span.get("startCol"),
        end_line=span.get("endLine"),
        end_column=span.get("endCol"),
        severity=Severity.FATAL,
        kind=kind,
        file=span.get("file", ""),
    )
