"""Elixir: what `support/elixir_report.exs` reports."""

from __future__ import annotations

from analyzers.findings import Finding
from analyzers.positions import Convention
from analyzers.runtime.messages import reports
from analyzers.runtime.messages.reports import FAILED as FAILED

CONVENTION = Convention()


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: Elixir programs are compiled when they run."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Why the program was not compiled, the exception that ended it, or the tests that failed."""
    return reports.findings(errors)
