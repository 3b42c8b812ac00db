"""Hand-made evidence: what a program, its runtime report and its findings look like, without running anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from analyzers.types import (
    Diagnostic,
    Kind,
    Location,
    Outcome,
    Report,
    Severity,
    Source,
    Span,
    Status,
    TestResult,
    TestStatus,
    Verdict,
)
from rewards.types import Evidence, Score


def finding(
    text: str,
    under: str | Span,
    *,
    analyzer: str = "pyflakes",
    code: str = "undefined-name",
    severity: Severity = Severity.HIGH,
    kind: Kind = Kind.NAME,
    location: Location = Location.SPAN,
) -> Diagnostic:
    """A diagnostic on the first place where `under` stands in the text."""
    span = under if isinstance(under, Span) else Span(text.index(under), text.index(under) + len(under))
    return Diagnostic(analyzer, code, severity, f"{code} at {span.start}", span, kind, location)


def crash(text: str, under: str | Span, code: str, **changes: Any) -> Diagnostic:
    """The diagnostic of a failing frame, as the runtime makes it."""
    given = {"kind": Kind.RUNTIME, "location": Location.LINE, **changes}
    return finding(text, under, analyzer="runtime", code=code, severity=Severity.FATAL, **given)


def runtime(outcome: Outcome, passed: int, total: int, *diagnostics: Diagnostic) -> Report:
    """The runtime's report, with `passed` of `total` tests passed."""
    worse = TestStatus.FAILED if outcome is Outcome.FAILURE else TestStatus.ERROR
    tests = tuple(TestResult(TestStatus.PASSED if index < passed else worse) for index in range(total))
    return Report("runtime", Status.OK, diagnostics, verdict=Verdict(outcome, tests))


def evidence(text: str | Source, outcome: Outcome | None = None, **given: Any) -> Evidence:
    """Evidence on a program: `passed` and `total` tests, its `crash`, and `findings` by any analyzers."""
    source = Source(text) if isinstance(text, str) else text
    reports = []
    if outcome is not None:
        crashes = [given["crash"]] if "crash" in given else []
        reports.append(runtime(outcome, given.get("passed", 0), given.get("total", 2), *crashes))
    by_analyzer: dict[str, list[Diagnostic]] = {}
    for diagnostic in given.get("findings", ()):
        by_analyzer.setdefault(diagnostic.analyzer, []).append(diagnostic)
    reports += [Report(name, Status.OK, tuple(found)) for name, found in by_analyzer.items()]
    return Evidence(source, tuple(reports), tested=outcome is not None)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    return SimpleNamespace(finding=finding, crash=crash, runtime=runtime, evidence=evidence)


@pytest.fixture(scope="session")
def timeless() -> Callable[[Score], Score]:
    """Takes out of a score what the clock says."""

    def timeless(score: Score) -> Score:
        """The score without what the clock says."""
        reports = []
        for report in score.reports:
            verdict = report.verdict
            if verdict is not None:
                tests = tuple(replace(test, seconds=0.0) for test in verdict.tests)
                verdict = replace(verdict, tests=tests, cpu_s=0.0)
            reports.append(replace(report, seconds=0.0, verdict=verdict))
        return replace(score, reports=tuple(reports))

    return timeless
