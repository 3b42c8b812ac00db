"""GCC (C, C++): diagnostics as JSON, and how a program that it made ends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.BYTE, end_inclusive=True)
FAILED = re.compile(r"Assertion [`'].*' failed|test case \d+ did not pass")

_SYNTAX = re.compile(r"expected |stray |missing terminat|unterminated|does not name a type|before .* token")
_NAME = re.compile(r"was not declared|undeclared|has no member|is not a member|No such file|undefined reference")
_THROWN = re.compile(r"terminate called after throwing .*? of '(?P<type>[^']+)'\s*(?:what\(\):\s*(?P<what>.*))?")
_ASSERTED = re.compile(r"(?P<file>[^\s:]+):(?P<line>\d+): .*(?P<message>Assertion [`'].*' failed)")
_NEEDED = re.compile(
    r"^(?P<file>[^\s:]+):(?P<line>\d+):\d+: +required from here\n(?:[^\n]*\n){0,2}?"
    r"[^\s:]+:\d+:\d+: error: (?P<message>.*)",
    re.MULTILINE,
)
_LINKER = re.compile(r"undefined reference to [`'](?P<name>[^']+)'|multiple definition of [`'](?P<twice>[^']+)'")


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of the compiler, in its order; of the linker, without a position; and, where it was asked for text, those
    of templates at the line that needed them."""
    records, rest = _split(errors)
    found = [finding for record in records for finding in _finding(record)]
    found += {match["line"]: _needed(match) for match in reversed([*_NEEDED.finditer(rest)])}.values()
    for match in _LINKER.finditer(rest):
        code = "undefined-reference" if match["name"] else "multiple-definition"
        found.append(Finding(code, match[0], severity=Severity.FATAL, kind=Kind.NAME))
    return found


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that nobody caught, or the assertion that failed; other ends are told by their signal alone."""
    asserted = _ASSERTED.search(errors)
    if asserted:
        return [_dead("assert", asserted["message"], line=int(asserted["line"]), file=asserted["file"])]
    thrown = _THROWN.search(errors)
    return [_dead(thrown["type"], (thrown["what"] or "").strip())] if thrown else []


def _needed(match: re.Match[str]) -> Finding:
    # The column is that of a parenthesis somewhere in the statement: the line says more.
    line, message = int(match["line"]), match["message"]
    return Finding("type-error", message, line=line, severity=Severity.FATAL, kind=Kind.TYPE, file=match["file"])


def _dead(code: str, message: str, *, line: int | None = None, file: str = "") -> Finding:
    return Finding(code, message, line=line, file=file, severity=Severity.FATAL, kind=Kind.RUNTIME)


def _split(errors: str) -> tuple[Sequence[Any], str]:
    """The list of diagnostics, and what else was printed; the assembler and the linker write plain text after it."""
    start = errors.find("[")
    try:
        records, end = json.JSONDecoder().raw_decode(errors, start) if start >= 0 else ([], 0)
    except ValueError:
        return [], errors
    return records, errors[end:]


def _finding(record: Mapping[str, Any]) -> Iterator[Finding]:
    if record["kind"] not in ("error", "fatal error"):
        return
    message = record["message"]
    caret = record["locations"][0] if record.get("locations") else {}
    start = caret.get("start", caret.get("caret", {}))
    end = caret.get("finish", caret.get("caret", {}))
    kind = Kind.SYNTAX if _SYNTAX.search(message) else Kind.NAME if _NAME.search(message) else Kind.TYPE
    yield Finding(
        code=record.get("option") or f"{kind}-error",
        message=message,
        line=start.get("line"),
        column=start.get("byte-column"),
        end_line=end.get("line"),
        end_column=end.get("byte-column"),
        severity=Severity.FATAL,
        kind=kind,
        file=start.get("file", ""),
    )


GOOD = ""
BAD: Mapping[str, tuple[str, str]] = {}
