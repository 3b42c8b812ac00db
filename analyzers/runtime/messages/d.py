"""D: diagnostics of GDC as JSON, and what druntime says of a throwable that nobody caught."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.BYTE)
FAILED = re.compile(r"^core\.exception\.AssertError@.*: (?:unittest failure|Assertion failure)", re.MULTILINE)

_SYNTAX = re.compile(
    r"when expecting|expected|unterminated|End of File|unmatched|unrecognized|basic type|is not a valid"
)
_NAME = re.compile(r"undefined identifier|no property|is not defined|unable to read module|cannot be read at|not found")
_THROWN = re.compile(r"^(?P<type>[\w.]+)@(?P<file>[^\n(]+)\((?P<line>\d+)\): (?P<message>.*)$", re.MULTILINE)
_BARE = re.compile(r"^(?P<type>(?:object|std|core)\.[\w.]*(?:Exception|Error))@?: ?(?P<message>.*)$", re.MULTILINE)
_FRAME = re.compile(r"^(?P<file>\S+?\.d):(?P<line>\d+) .*\[0x[0-9a-f]+\]$", re.MULTILINE)


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of the compiler, in its order; GDC hangs each on the one before it."""
    start = errors.find("[{")
    try:
        records, _ = json.JSONDecoder().raw_decode(errors, start) if start >= 0 else ([], 0)
    except ValueError:
        return []
    return [finding for record in records for finding in _findings(record)]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The throwable with the place where it was made, then its frames in the program."""
    thrown = _THROWN.search(errors) or _BARE.search(errors)
    if thrown is None:
        return []
    code, message = thrown["type"].rpartition(".")[2], thrown["message"]
    places = [(thrown["file"], thrown["line"])] if "line" in thrown.re.groupindex else []
    places += [(match["file"], match["line"]) for match in _FRAME.finditer(errors, thrown.end())]
    found = [
        _dead(code, message, line=int(line)) for path, line in dict.fromkeys(places) if path.rpartition("/")[2] == file
    ]
    return found or [_dead(code, message)]


def _findings(record: Mapping[str, Any]) -> Iterator[Finding]:
    message = record["message"]
    if record["kind"] == "error":
        caret = record["locations"][0]["caret"] if record.get("locations") else {}
        kind = Kind.SYNTAX if _SYNTAX.search(message) else Kind.NAME if _NAME.search(message) else Kind.TYPE
        yield Finding(
            f"{kind}-error",
            message,
            line=caret.get("line"),
            column=caret.get("byte-column"),
            severity=Severity.FATAL,
            kind=kind,
            file=caret.get("file", ""),
        )
    for child in record.get("children", ()):
        yield from _findings(child)


def _dead(code: str, message: str, *, line: int | None = None) -> Finding:
    return Finding(code, message, line=line, severity=Severity.FATAL, kind=Kind.RUNTIME, location=Location.LINE)
