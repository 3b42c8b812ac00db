"""Public tests: those that the text of a problem shows, and that a program may be chosen by before it is judged.

They are the first of a task's tests (MBPP, CodeContests), whose verdict says what comes of them; or others (the
examples in HumanEval's prompts), which are run by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol

from analyzers.runtime.tests import Asserts, Call, Calls, Exchange, Stdio, Tests
from analyzers.types import Outcome, TestStatus
from rewards.types import Item, Score
from trainer.items import item
from trainer.types import Task


class Judge(Protocol):
    """What runs programs on tests: a `rewards.Scorer`, say."""

    def submit(self, item: Item) -> Future[Score]:
        """The score of a program, later."""


def first(tests: Tests, count: int) -> Tests | None:
    """The first `count` tests; None where there are none, or where it is code that is run as it stands."""
    match tests:
        case Asserts(statements) if statements[:count]:
            return replace(tests, statements=statements[:count])
        case Calls(_, cases) if cases[:count]:
            return replace(tests, cases=cases[:count])
        case Stdio(cases) if cases[:count]:
            return replace(tests, cases=cases[:count])
    return None


def leading(task: Task) -> int | None:
    """How many tests are shown, where they are the first of the task's own; None where they are others, or none."""
    shown, own = _parts(task.shown), _parts(task.tests)
    if not shown or type(task.shown) is not type(task.tests) or tuple(own[: len(shown)]) != tuple(shown):
        return None
    return len(shown)


def submit(judge: Judge, task: Task, program: Item) -> Future[Score] | None:
    """The score of a program on shown tests that are not among the task's own, later; None where there are no such."""
    if task.shown is None or leading(task) is not None:
        return None
    return judge.submit(replace(program, tests=task.shown, holdout=None))


def passed(task: Task, score: Score, apart: Score | None = None) -> bool | None:
    """Whether a program passes the shown tests; None where there are none, or where nobody could tell.

    `score` is that on the task's own tests, `apart` what `submit` led to.
    """
    if apart is not None:
        return None if apart.outcome in (None, Outcome.INFRASTRUCTURE) else apart.outcome is Outcome.PASS
    count, verdict = leading(task), score.verdict
    if count is None or verdict is None or score.outcome is Outcome.INFRASTRUCTURE:
        return None
    told = verdict.tests[:count]
    return len(told) == count and all(test.status is TestStatus.PASSED for test in told)


def leading_only(tasks: Iterable[Task]) -> list[Task]:
    """The tasks without shown tests that would have to be run by themselves."""
    return [task if leading(task) is not None else replace(task, shown=None) for task in tasks]


def verified(tasks: Iterable[Task], judge: Judge) -> Iterator[tuple[Task, int]]:
    """The tasks without those of their shown tests that the reference fails, and how many these are.

    Code that is run as it stands is kept or left out as a whole. Tests that could not be run on a reference are left
    out and not counted; tests without a reference are believed.
    """
    listed = list(tasks)
    programs = [None if task.reference is None else item(task, task.reference, raw=True) for task in listed]
    waiting = [
        None if program is None else submit(judge, task, program)
        for task, program in zip(listed, programs, strict=True)
    ]
    for task, future in zip(listed, waiting, strict=True):
        yield (task, 0) if future is None else _kept(task, future.result())


def _kept(task: Task, score: Score) -> tuple[Task, int]:
    shown, outcome = task.shown, score.outcome
    verdict = score.verdict
    if outcome is Outcome.PASS or shown is None:
        return task, 0
    if outcome in (None, Outcome.INFRASTRUCTURE) or verdict is None:
        return replace(task, shown=None), 0
    statements = _parts(shown)
    if not isinstance(shown, Asserts) or len(verdict.tests) != len(statements):
        return replace(task, shown=None), max(1, len(statements))
    passing = tuple(
        statement
        for statement, test in zip(shown.statements, verdict.tests, strict=True)
        if test.status is TestStatus.PASSED
    )
    kept = replace(shown, statements=passing) if passing else None
    return replace(task, shown=kept), len(statements) - len(passing)


def _parts(tests: Tests | None) -> Sequence[str | Call | Exchange]:
    match tests:
        case Asserts(statements):
            return statements
        case Calls(cases=calls):
            return calls
        case Stdio(cases=exchanges):
            return exchanges
    return ()
