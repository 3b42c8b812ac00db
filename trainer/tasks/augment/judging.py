"""Programs on tests, as far as augmenting tasks wants to know: which tests tell that a program is wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from dataclasses import dataclass

from analyzers import runtime
from analyzers.runtime import Limits, Tier
from analyzers.runtime.tests import Tests
from analyzers.types import Outcome, Report, Source, TestStatus

KILLED = frozenset({TestStatus.FAILED, TestStatus.ERROR, TestStatus.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a program on a suite."""

    outcome: Outcome | None
    """None where there is no verdict: the harness failed, or time was up."""
    statuses: tuple[TestStatus, ...] = ()
    why: str = ""
    slowest_s: float = 0.0
    """Seconds of the test that took longest."""

    @property
    def passes(self) -> bool:
        """Whether it passes all tests."""
        return self.outcome is Outcome.PASS

    @property
    def killed_by(self) -> frozenset[int]:
        """The tests that it fails; one that did not run says nothing."""
        return frozenset(index for index, status in enumerate(self.statuses) if status in KILLED)


@dataclass(frozen=True, slots=True)
class Clock:
    """When the time of a task is up."""

    until: float

    @staticmethod
    def of(seconds: float) -> Clock:
        """A clock that begins to run."""
        return Clock(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(0.0, self.until - time.monotonic())


def judge(
    programs: Sequence[str], language: str, tests: Tests, *, limits: Limits, isolation: Tier, clock: Clock
) -> list[Judged]:
    """What comes of each program; without a verdict where the time is up before."""
    found = [runtime.submit(Source(text, language), tests, limits, isolation=isolation) for text in programs]
    return [_judged(future, clock) for future in found]


def _judged(future: Future[Report], clock: Clock) -> Judged:
    try:
        report = future.result(timeout=clock.left)
    except NotDone:
        future.cancel()
        return Judged(None, why="time is up")
    verdict = report.verdict
    if verdict is None or verdict.outcome is Outcome.INFRASTRUCTURE:
        return Judged(None, why=report.detail or "no verdict")
    why = next((test.message for test in verdict.tests if test.status is not TestStatus.PASSED), "")
    slowest_s = max((test.seconds for test in verdict.tests), default=0.0)
    return Judged(verdict.outcome, tuple(test.status for test in verdict.tests), why or verdict.exception, slowest_s)
