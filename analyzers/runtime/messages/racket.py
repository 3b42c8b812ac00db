"""Racket: what `support/racket_report.rkt` reports."""

from __future__ import annotations

from analyzers.findings import Finding
from analyzers.positions import Convention
from analyzers.runtime.messages import reports
from analyzers.runtime.messages.reports import FAILED as FAILED

CONVENTION = Convention(line_base=0, column_base=0)


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: Racket programs are compiled when they run."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Why the program was not read or expanded, or the exception that ended it."""
    return reports.findings(errors)
