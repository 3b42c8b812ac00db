"""R: what `support/r_report.R` reports."""

from __future__ import annotations

from analyzers.findings import Finding
from analyzers.positions import Convention
from analyzers.runtime.messages import reports
from analyzers.runtime.messages.reports import FAILED as FAILED

CONVENTION = Convention(end_inclusive=True)


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: R programs are not compiled beforehand."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Why the program was not parsed, or the error that ended it."""
    return reports.findings(errors)
