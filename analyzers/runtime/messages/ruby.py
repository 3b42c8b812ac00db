"""Ruby: what `support/ruby_report.rb` reports."""

from __future__ import annotations

from collections.abc import Mapping

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


GOOD = "puts [1, 2].sum\n"
BAD: Mapping[str, tuple[str, str]] = {
    'def f(x)\n  "é" + x.foo(3)\nend\nf(nil)\n': ("NoMethodError", "x.foo(3)"),
    "def f(x)\n  x + 1 * )\nend\n": ("SyntaxError", ")"),
    "puts 1 / 0\n": ("ZeroDivisionError", "1 / 0"),
    'require "no_such_library"\n': ("LoadError", 'require "no_such_library"'),
}
