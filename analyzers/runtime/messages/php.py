"""PHP: what `support/php_report.php` reports."""

from __future__ import annotations

import re

from analyzers.positions import Convention, Unit
from analyzers.runtime.messages.reports import compile_findings, run_findings

__all__ = ["CONVENTION", "FAILED", "compile_findings", "run_findings"]

CONVENTION = Convention(line_base=1, column_base=0, unit=Unit.BYTE)
FAILED = re.compile(r'\x1e\{"code":"Exception","message":"(?:Test failed!|Error at \d+th assert statement\.)"')
