"""Ruby: what `support/ruby_report.rb` reports."""

from __future__ import annotations

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.runtime.messages import reports
from analyzers.runtime.messages.reports import FAILED as FAILED

CONVENTION = Convention(line_base=1, column_base=0, unit=Unit.BYTE)


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: Ruby programs are not compiled beforehand."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that ended the program, or the tests that failed."""
    return reports.findings(errors)
