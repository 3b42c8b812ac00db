"""R: what `support/r_report.R` reports."""

from __future__ import annotations

from analyzers.positions import Convention
from analyzers.runtime.messages.reports import FAILED, compile_findings, run_findings

__all__ = ["CONVENTION", "FAILED", "compile_findings", "run_findings"]

CONVENTION = Convention(end_inclusive=True)
