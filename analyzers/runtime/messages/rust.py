"""Rust: diagnostics of rustc as JSON, one to a line, and panics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.CODEPOINT)
FAILED = re.compile(r"assertion (?:`left == right` |`left != right` )?failed")

_NAMES = frozenset("E0412 E0422 E0423 E0424 E0425 E0426 E0432 E0433 E0405 E0407 E0408 E0531 E0532 E0599 E0609".split())
# Before version 1.73 the message stands in quotes before the place, afterwards on the lines behind it.
_OLD = re.compile(r"thread '[^']*' panicked at '(?P<message>.*?)', (?P<file>\S+?):(?P<line>\d+):\d+$", re.M | re.S)
_NEW = re.compile(r"thread '[^']*' (?:\(\d+\) )?panicked at (?P<file>\S+?):(?P<line>\d+):\d+:\n(?P<message>.*)")
_OVERFLOW = re.compile(r"thread '[^']*' (?:\(\d+\) )?has overflowed its stack")


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of rustc at their primary spans, in its order."""
    return [finding for line in errors.splitlines() if line.startswith("{") for finding in _findings(line)]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The panic, at the place that caused it: std tells that of its caller."""
    if _OVERFLOW.search(errors):
        message = "a thread has overflowed its stack"
        return [Finding("StackOverflow", message, severity=Severity.FATAL, kind=Kind.RUNTIME, location=Location.GLOBAL)]
    panic = _OLD.search(errors) or _NEW.search(errors)
    if panic is None:
        return []
    own = panic["file"].rpartition("/")[2] == file
    return [
        Finding(
            "panic",
            panic["message"],
            # The column counts cells of a terminal, which nobody can count back.
            line=int(panic["line"]) if own else None,
            severity=Severity.FATAL,
            kind=Kind.RUNTIME,
            location=Location.LINE,
        )
    ]


def _findings(text: str) -> Iterator[Finding]:
    try:
        record: Mapping[str, Any] = json.loads(text)
        primary = [span for span in record["spans"] if span["is_primary"]]
        code = (record["code"] or {}).get("code", "")
        if record["level"] != "error" or not (primary or code):
            return
    except (ValueError, LookupError, TypeError):
        return
    kind = Kind.SYNTAX if not code else Kind.NAME if code in _NAMES else Kind.TYPE
    for span in primary[:1]:
        # What a macro of std was expanded to is not the program's text; where it was called is.
        while span["file_name"].startswith("<") or (span.get("expansion") and not _in_program(span)):
            span = span["expansion"]["span"]
        yield Finding(
            code or "syntax",
            record["message"],
            line=span["line_start"],
            column=span["column_start"],
            end_line=span["line_end"],
            end_column=span["column_end"],
            severity=Severity.FATAL,
            kind=kind,
            file=span["file_name"],
        )


def _in_program(span: Mapping[str, Any]) -> bool:
    return not span["file_name"].startswith(("/rustc/", "<", "/usr/src/", "/usr/lib/"))
