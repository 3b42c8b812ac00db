"""Ruby: what `support/ruby_report.rb` reports."""

from __future__ import annotations

from analyzers.positions import Convention, Unit
from analyzers.runtime.messages.reports import FAILED, compile_findings, run_findings

__all__ = ["CONVENTION", "FAILED", "compile_findings", "run_findings"]

CONVENTION = Convention(line_base=1, column_base=0, unit=Unit.BYTE)
