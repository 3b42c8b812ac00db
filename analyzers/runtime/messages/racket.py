"""Racket: what `support/racket_report.rkt` reports."""

from __future__ import annotations

from analyzers.positions import Convention
from analyzers.runtime.messages.reports import FAILED, compile_findings, run_findings

__all__ = ["CONVENTION", "FAILED", "compile_findings", "run_findings"]

CONVENTION = Convention(line_base=0, column_base=0)
