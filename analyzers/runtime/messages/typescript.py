"""TypeScript: what `support/typescript_compiler.js` says of a program, and the reports of `support/node_report.js`."""

from __future__ import annotations

import json

from analyzers.findings import Finding
from analyzers.runtime.messages import node, reports
from analyzers.types import Kind, Severity

CONVENTION = node.CONVENTION
FAILED = node.FAILED

_NAMES = frozenset((2304, 2305, 2307, 2339, 2503, 2551, 2552, 2580, 2582, 2724))
"""Codes for names, members and modules that are not known."""


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The compiler's errors, in its order."""
    try:
        return [_finding(**record) for record in json.loads(output)]
    except (ValueError, TypeError):
        return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that nobody caught, with its frames in the program."""
    return reports.findings(errors)


def _finding(*, code: int, message: str, start: int | None, length: int) -> Finding:
    kind = Kind.SYNTAX if code < 2000 else Kind.NAME if code in _NAMES else Kind.TYPE
    end = None if start is None else start + length
    return Finding(f"TS{code}", message, offset=start, end_offset=end, severity=Severity.FATAL, kind=kind)
