"""Node: reports of `support/node_report.js`, and syntax errors as node prints them."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.runtime.messages import reports
from analyzers.types import Kind, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.UTF16)
FAILED = re.compile(reports.FAILED.pattern + r"|Error at \d+th assert statement")

_SYNTAX = re.compile(
    r"^(?P<file>\S*?[^/\s]+):(?P<line>\d+)\n.*\n(?P<blanks>\s*)(?P<marks>\^+)?\s*\n+SyntaxError: (?P<message>.*)",
    re.MULTILINE,
)


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing is compiled beforehand."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Why the program was not compiled, or the exception that nobody caught with its frames in the program."""
    match = _SYNTAX.search(errors)
    if match is None or match["file"].rpartition("/")[2] != file:
        return reports.findings(errors)
    column = len(match["blanks"]) + 1 if match["marks"] else None
    return [
        Finding(
            "SyntaxError",
            match["message"],
            line=int(match["line"]),
            column=column,
            end_column=column and column + len(match["marks"]),
            severity=Severity.FATAL,
            kind=Kind.SYNTAX,
        )
    ]
