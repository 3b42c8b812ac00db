"""What our own scripts report of a program's end: records of JSON on standard error, each after the sign RS (RFC 7464).

A record is one line of less than 2,000 code points: longer ones are not read. Its keys are `code` and `message`, and
where they apply

    at        places in the program's file, innermost first: [line], [line, column] or [line, column, line, column]
    kind      a word of `analyzers.types.Kind`, `runtime` by default
    failed    true where an assertion of the tests failed
    spread    true where no single place is the cause (unbounded recursion)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from analyzers.findings import Finding
from analyzers.types import Kind, Location, Severity

FAILED = re.compile(r'\x1e\{.*"failed": ?true')
"""Matches the record of an assertion that failed."""

_RECORD = re.compile(r"\x1e(\{.*\})")


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: programs of such languages are compiled when they run."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Why the program was not read or compiled, what ended it, or the tests that failed."""
    return findings(errors)


def findings(errors: str) -> list[Finding]:
    """The findings of all records, each record's places from the innermost outwards.

    A program can print records of its own: a malformed one is passed over.
    """
    return [finding for match in _RECORD.finditer(errors) for finding in _findings(match[1])]


def _findings(text: str) -> list[Finding]:
    try:
        record = json.loads(text)
        code, message, kind = str(record["code"]), str(record["message"]), Kind(record.get("kind", Kind.RUNTIME))
        location = Location.GLOBAL if record.get("spread") else Location.SPAN
        places = list(_places(record.get("at")))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return []
    return [
        Finding(code, message, *place, severity=Severity.FATAL, kind=kind, location=location)
        for place in places or [(None, None, None, None)]
    ]


def _places(at: Any) -> Iterator[tuple[int | None, int | None, int | None, int | None]]:
    for place in at if isinstance(at, list) else ():
        numbers = [number if type(number) is int and number >= 0 else None for number in place][:4]
        line, column, end_line, end_column = (*numbers, None, None, None, None)[:4]
        if line is not None:
            yield line, column, end_line, end_column
