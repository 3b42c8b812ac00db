"""Whose doing a failure is: the program's, or the machine's.

A program that makes a linter crash or hang escapes its findings, and a policy would learn to write such programs. A
linter that fails because a disk is full, or because its version is not the one that was expected, says nothing of the
program. The two are told apart by a control: directly after the failure the analyzer is given a program in which it is
known to find something, and then the failing program alone once more. Only where it judges the one and fails on the
other again was the failure provoked.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzers import examples
from analyzers.errors import AnalyzerError
from analyzers.types import Analyzer, Report, Source, Status

FAILURES = (Status.FAILED, Status.TIMED_OUT)
"""How an analysis ends that was begun and came to nothing."""
EMPTY = "\n"


def control(analyzer: Analyzer, language: str) -> Source:
    """A program that the analyzer can judge: one of its BAD examples in the language, or an empty program."""
    try:
        known = examples.of(analyzer.name).bad
    except (ValueError, AnalyzerError):  # nobody promised that a plugin has examples
        known = ()
    return next((item.source for item in known if item.language == language), Source(EMPTY, language))


def sound(source: Source, report: Report) -> bool:
    """Whether the analyzer judged its control as it should."""
    return report.status is Status.OK and (source.text == EMPTY or bool(report.diagnostics))


def failed(reports: Sequence[Report]) -> bool:
    """Whether an analysis among these was begun and came to nothing."""
    return any(report.status in FAILURES for report in reports)
