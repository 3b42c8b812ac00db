from __future__ import annotations

from dataclasses import replace

import pytest

from analyzers.runtime.tests import Appended, Asserts, Call, Calls, CheckFunction, Exchange, Stdio, Tests
from trainer.critic_sampling.public import split
from trainer.types import Task

CALLS = tuple(Call((number,), number) for number in range(3))
EXCHANGES = tuple(Exchange(str(number), str(number)) for number in range(3))


def _task(tests: Tests, **more: object) -> Task:
    return Task("t", "prompt", tests, reference="the solution", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tests", "first"),
    [
        (Asserts(("a", "b", "c"), "setup"), Asserts(("a", "b"), "setup")),
        (Calls("f", CALLS, "floats"), Calls("f", CALLS[:2], "floats")),
        (Stdio(EXCHANGES, checker="c"), Stdio(EXCHANGES[:2], checker="c")),
    ],
)
def test_the_first_tests_are_shown(tests: Tests, first: Tests) -> None:
    exam = split(_task(tests), shown=2)
    assert exam is not None
    assert exam.public.tests == first
    assert exam.whole.tests == tests


def test_what_the_set_says_goes_first() -> None:
    exam = split(_task(Asserts(("a", "b", "c")), shown=Asserts(("a",))), shown=2)
    assert exam is not None
    assert exam.public.tests == Asserts(("a",))


def test_where_there_are_further_tests_all_of_these_are_shown() -> None:
    task = _task(CheckFunction("code", "f"), holdout=Asserts(("hidden",)))
    exam = split(task, shown=2)
    assert exam is not None
    assert exam.public.tests == task.tests
    assert exam.whole == task


@pytest.mark.parametrize("tests", [Asserts(("a", "b")), CheckFunction("code", "f"), Appended("code"), Calls("f", ())])
def test_a_task_of_which_no_test_could_be_held_back_is_no_exam(tests: Tests) -> None:
    assert split(_task(tests), shown=2) is None


def test_nothing_of_the_solution_is_left_to_be_seen() -> None:
    """Neither hidden tests, nor the reference, nor what the set knows of them."""
    task = _task(Asserts(("shown", "hidden-1")), holdout=Asserts(("hidden-2",)), metadata={"solutions": ("hidden-3",)})
    public = split(replace(task, shown=Asserts(("shown",))), shown=1)
    assert public is not None
    for secret in ("hidden", "the solution"):
        assert secret not in repr(public.public)
