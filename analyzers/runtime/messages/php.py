"""PHP: what `support/php_report.php` reports."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.runtime.messages import reports

CONVENTION = Convention(line_base=1, column_base=0, unit=Unit.BYTE)
FAILED = re.compile(r'\x1e\{"code":"Exception","message":"(?:Test failed!|Error at \d+th assert statement\.)"')


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing: PHP programs are not compiled beforehand."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The error that ended the program."""
    return reports.findings(errors)
