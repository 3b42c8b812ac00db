"""Bash: lines of its own errors, and the report of `support/bash_report.sh`."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention
from analyzers.runtime.messages import reports
from analyzers.types import Kind, Severity

CONVENTION = Convention()
FAILED = re.compile(r"(?!)")
"""An assertion that fails says nothing; its line is that of the tests."""

_LINE = re.compile(r"^\S*?(?P<file>[^/\s]+): line (?P<line>\d+): (?P<message>.*)$", re.MULTILINE)
_NAMES = {
    "command not found": "CommandNotFound",
    "unbound variable": "UnboundVariable",
    "division by 0": "DivisionByZero",
}


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Syntax errors; the second line of each repeats the text of the first one's."""
    found = [_finding(match, Kind.SYNTAX) for match in _LINE.finditer(errors)]
    return [finding for finding in found if not finding.message.startswith("`")]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Bash's errors, the last one first, and the command that ended the program."""
    said = [_finding(match, Kind.RUNTIME) for match in _LINE.finditer(errors)]
    return said[::-1] + reports.findings(errors)


def _finding(match: re.Match[str], kind: Kind) -> Finding:
    message = match["message"]
    code = "SyntaxError" if kind is Kind.SYNTAX else "BashError"
    code = next((name for words, name in _NAMES.items() if words in message), code)
    return Finding(code, message, line=int(match["line"]), file=match["file"], severity=Severity.FATAL, kind=kind)
