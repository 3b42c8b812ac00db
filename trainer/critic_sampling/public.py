"""The tests that a problem shows, apart from those that its programs are judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analyzers.runtime.tests import Asserts, Calls, Stdio, Tests
from trainer.types import Task


@dataclass(frozen=True, slots=True)
class Exam:
    """A task as those see it who answer it, and as those do who judge the answers."""

    public: Task
    """With the tests that are shown, and nothing else to learn the solution from."""
    whole: Task
    """With all tests."""


def split(task: Task, *, shown: int) -> Exam | None:
    """The exam that a task makes; None where no test could be held back.

    Shown are as many of its first tests as its set says (`shown_tests` of its metadata), or all of them where it has
    further tests beside (`holdout`), or the first `shown` ones.
    """
    stated = task.metadata.get("shown_tests")
    count = stated if isinstance(stated, int) and stated > 0 else None if task.holdout else shown
    tests = task.tests if count is None else _first(task.tests, count)
    if tests is None:
        return None
    public = replace(task, tests=tests, reference=None, holdout=None, metadata={})
    return Exam(public, task)


def _first(tests: Tests, count: int) -> Tests | None:
    match tests:
        case Asserts(statements) if len(statements) > count:
            return replace(tests, statements=statements[:count])
        case Calls(_, cases) if len(cases) > count:
            return replace(tests, cases=cases[:count])
        case Stdio(cases) if len(cases) > count:
            return replace(tests, cases=cases[:count])
    return None
