from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from analyzers.runtime.tests import Appended, Asserts, Call, Calls, CheckFunction, Exchange, Stdio, Tests
from analyzers.types import Outcome, Report, Source, Status, TestResult, TestStatus, Verdict
from rewards.types import Item, Score
from trainer.shown import first, leading, passed, submit, verified
from trainer.types import Task

OWN = Asserts(("assert a", "assert b", "assert c"), "setup")
APART = Asserts(("assert x", "assert y"))


def task(shown: Tests | None = None, tests: Tests = OWN, **more: Any) -> Task:
    return Task("t", "p", tests, shown=shown, **more)


def score(outcome: Outcome, *statuses: TestStatus) -> Score:
    verdict = Verdict(outcome, tests=tuple(TestResult(status) for status in statuses))
    report = Report("runtime", Status.OK, verdict=verdict)
    return Score(None, None, outcome, Source("", "python"), "", (report,))


class Judge:
    """Says of every program that it passes the tests that it was told of, and fails the others."""

    def __init__(self, *passing: str, broken: bool = False) -> None:
        self.passing, self.broken = passing, broken
        self.asked: list[Item] = []

    def submit(self, item: Item) -> Future[Score]:
        self.asked.append(item)
        answer: Future[Score] = Future()
        if self.broken:
            answer.set_result(score(Outcome.INFRASTRUCTURE))
            return answer
        parts = item.tests.statements if isinstance(item.tests, Asserts) else ("code",)
        statuses = [TestStatus.PASSED if part in self.passing else TestStatus.FAILED for part in parts]
        passes = set(statuses) == {TestStatus.PASSED}
        answer.set_result(score(Outcome.PASS if passes else Outcome.FAILURE, *statuses))
        return answer


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        (OWN, Asserts(("assert a", "assert b"), "setup")),
        (Calls("f", (Call((1,), 1), Call((2,), 2), Call((3,), 3)), "float"), 2),
        (Stdio((Exchange("1", "1"), Exchange("2", "2"), Exchange("3", "3")), checker="c"), 2),
        (CheckFunction("code", "f"), None),
        (Appended("code"), None),
    ],
)
def test_the_first_tests_keep_their_rule(tests: Tests, expected: Tests | int | None) -> None:
    got = first(tests, 2)
    if isinstance(expected, int):
        assert isinstance(tests, Calls | Stdio)
        assert got == replace(tests, cases=tests.cases[:2])
    else:
        assert got == expected
    assert first(tests, 0) is None


def test_first_ones_are_known_as_such_and_others_are_not() -> None:
    assert leading(task()) is None
    assert leading(task(Asserts(("assert a", "assert b"), "other setup"))) == 2
    assert leading(task(OWN)) == 3
    assert leading(task(Asserts(("assert b",)))) is None
    assert leading(task(APART)) is None
    assert leading(task(Asserts(("assert a", "assert b", "assert c", "assert d")))) is None
    assert leading(task(Stdio((Exchange("", ""),)))) is None


def test_the_verdict_on_all_tests_says_what_comes_of_the_first() -> None:
    shows = task(Asserts(("assert a", "assert b")))
    yes, no = TestStatus.PASSED, TestStatus.FAILED
    assert passed(shows, score(Outcome.FAILURE, yes, yes, no)) is True
    assert passed(shows, score(Outcome.FAILURE, yes, no, yes)) is False
    assert passed(shows, score(Outcome.ERROR)) is False  # it did not get so far
    assert passed(shows, score(Outcome.INFRASTRUCTURE)) is None
    assert passed(task(), score(Outcome.PASS, yes, yes, yes)) is None


def test_others_are_run_by_themselves() -> None:
    judge = Judge("assert x", "assert y")
    program = Item("pass", tests=OWN, holdout=APART, prefix="p")
    assert submit(judge, task(Asserts(("assert a",))), program) is None
    assert submit(judge, task(), program) is None
    future = submit(judge, task(APART), program)
    assert judge.asked == [Item("pass", tests=APART, prefix="p")]
    assert future is not None
    assert passed(task(APART), score(Outcome.FAILURE), future.result()) is True
    assert passed(task(APART), score(Outcome.PASS), score(Outcome.TIMEOUT)) is False
    assert passed(task(APART), score(Outcome.PASS), score(Outcome.INFRASTRUCTURE)) is None


def test_what_the_reference_fails_is_no_test() -> None:
    judge = Judge("assert y", "assert a")
    tasks = [
        task(APART, reference="r"),
        task(Asserts(("assert z",)), reference="r"),
        task(Appended("code"), reference="r"),
        task(APART),  # nobody knows better
        task(Asserts(("assert a",)), reference="r"),
        task(),
    ]
    assert list(verified(tasks, judge)) == [
        (task(Asserts(("assert y",)), reference="r"), 1),
        (task(reference="r"), 1),
        (task(reference="r"), 1),
        (tasks[3], 0),
        (tasks[4], 0),
        (tasks[5], 0),
    ]
    assert len(judge.asked) == 3


def test_what_could_not_be_run_is_not_believed_and_not_counted() -> None:
    assert list(verified([task(APART, reference="r")], Judge(broken=True))) == [(task(reference="r"), 0)]
