"""The tests that a problem shows, apart from those that its programs are judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trainer.shown import first
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

    Shown are those that its set says are (`Task.shown`), or all of them where it has further tests beside
    (`holdout`), or the first `shown` ones.
    """
    tests = task.shown or (task.tests if task.holdout else first(task.tests, shown))
    if tests is None or (tests == task.tests and not task.holdout):
        return None
    public = replace(task, tests=tests, reference=None, holdout=None, shown=None, metadata={})
    return Exam(public, task)
