from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from analyzers.runtime.tests import Appended, Asserts
from analyzers.types import Outcome, Report, Source, Status, TestResult, TestStatus, Verdict
from rewards.types import Item, Score
from trainer.evaluation import given as module
from trainer.evaluation.counts import Totals
from trainer.evaluation.given import grade, references
from trainer.evaluation.graded import Graded
from trainer.evaluation.samples import Given
from trainer.tasks.files import Excluded
from trainer.types import Task


def task(name: str, **fields: Any) -> Task:
    return Task(name, "p", **{"tests": Asserts(("assert a", "assert b")), "prefix": "def f():\n", **fields})


TASKS = {
    "a": task("a", shown=Asserts(("assert a",))),
    "Mbpp/2": task("Mbpp/2"),
    "none": task("none", tests=Appended(" ")),
}


class Late(Future[Score]):
    """Has its result when it is asked for, and not before."""

    def __init__(self, scorer: Scorer, score: Score) -> None:
        super().__init__()
        self.scorer, self.score = scorer, score

    def result(self, timeout: float | None = None) -> Score:
        self.scorer.waiting -= 1
        return self.score


class Scorer:
    """Says of a program what stands in it: how many of its two tests pass, or that the harness failed."""

    def __init__(self) -> None:
        self.asked: list[Item] = []
        self.waiting = self.most = 0

    def submit(self, item: Item) -> Late:
        self.asked.append(item)
        word = item.completion.split()[-1]
        if word == "broken":
            verdict = Verdict(Outcome.INFRASTRUCTURE, detail="no compiler")
        else:
            passed = int(word)
            tests = [TestResult(TestStatus.PASSED)] * passed + [TestResult(TestStatus.FAILED, message="no")] * (
                2 - passed
            )
            verdict = Verdict(Outcome.PASS if passed == 2 else Outcome.FAILURE, tuple(tests))
        report = Report("runtime", Status.OK, verdict=verdict)
        text = item.completion
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        return Late(self, Score(1.0, 1.0, verdict.outcome, Source(text), text, (report,), task_id=item.task_id))


def judged(*samples: Given | Excluded, **asked: Any) -> list[Graded | Excluded]:
    return list(grade(samples, TASKS, Scorer(), **asked))  # type: ignore[arg-type]


def test_verdicts_come_in_order_with_the_numbers_of_the_samples() -> None:
    bad = Excluded("f, line 2", "not JSON")
    found = judged(Given("1", "a", "2"), bad, Given("3", "a", "1"), Given("4", "mbpp/2", "0", tokens=9))
    assert found[1] is bad
    graded = [each for each in found if isinstance(each, Graded)]
    assert [(each.task_id, each.index, each.outcome, each.public, each.tokens) for each in graded] == [
        ("a", 0, Outcome.PASS, True, None),
        ("a", 1, Outcome.FAILURE, True, None),  # the shown test passes
        ("Mbpp/2", 0, Outcome.FAILURE, None, 9),
    ]
    assert graded[1].detail == "no"


def test_tests_that_are_shown_and_no_part_of_the_others_are_run_by_themselves() -> None:
    """Both runs of this scorer end alike, whatever the tests are."""
    scorer, examples = Scorer(), Asserts(("assert x", "assert y"))
    tasks = {"a": task("a", shown=examples, holdout=Asserts(("assert z",)))}
    found = list(grade([Given("1", "a", "2"), Given("2", "a", "1")], tasks, scorer))  # type: ignore[arg-type]
    assert [each.public for each in found if isinstance(each, Graded)] == [True, False]
    assert [(item.tests, item.holdout) for item in scorer.asked] == [(tasks["a"].tests, None), (examples, None)] * 2


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (Given("1", "z", "2"), "no such task: 'z' is not in the task set"),
        (Given("1", "none", "2"), "no tests"),
        (Given("1", "a", "2"), "the reference fails"),
    ],
)
def test_what_nothing_can_be_said_of_is_left_out_and_not_failed(sample: Given, why: str) -> None:
    (found,) = judged(sample, unfit={"a": "the reference fails"})
    assert isinstance(found, Excluded)
    assert (found.where, found.why) == ("1", why)


def test_a_harness_that_fails_is_no_failing_program() -> None:
    (found,) = judged(Given("1", "a", "broken"))
    assert isinstance(found, Graded)
    assert (found.judged, found.public, found.detail) == (False, None, "no compiler")


def test_a_whole_program_has_nothing_before_it() -> None:
    scorer = Scorer()
    list(grade([Given("1", "a", "2"), Given("2", "a", "2", whole=True)], TASKS, scorer))  # type: ignore[arg-type]
    assert [(item.prefix, item.raw) for item in scorer.asked] == [("def f():\n", True), ("", True)]


def test_shards_take_turns_and_know_the_numbers_of_the_whole() -> None:
    samples = [Given(str(n), "a", "2") for n in range(5)]
    parts = [judged(*samples, shard=(part, 2)) for part in (1, 2)]
    assert [[each.index for each in part if isinstance(each, Graded)] for part in parts] == [[0, 2, 4], [1, 3]]
    rest = judged(*samples, shard=(1, 2), skip=2)
    assert [each.index for each in rest if isinstance(each, Graded)] == [4]


def test_references_that_fail_are_told_and_those_nobody_could_run_are_not() -> None:
    tasks = [task("a", reference="2"), task("b", reference="1"), task("c"), task("d", reference="broken")]
    found = {each.id: why for each, why in references(tasks, Scorer())}  # type: ignore[arg-type]
    assert found == {"a": "", "b": "the reference fails its tests: failure (no)", "c": "", "d": ""}


def test_memory_does_not_grow_with_the_number_of_samples() -> None:
    def peak(count: int) -> tuple[int, int]:
        scorer, totals = Scorer(), Totals()

        def samples() -> Iterator[Given]:
            for number in range(count):
                yield Given(str(number), "a", f"{number} " + "x" * 1000 + " 2")
                scorer.asked.clear()

        tracemalloc.start()
        for each in grade(samples(), TASKS, scorer):  # type: ignore[arg-type]
            assert isinstance(each, Graded)
            totals.add(each)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert totals.by_condition[""]["a"].passed == count
        return most, scorer.most

    peak(module.AHEAD)  # what is imported and cached at first
    (small, few), (large, many) = peak(4 * module.AHEAD), peak(16 * module.AHEAD)
    assert few == many == module.AHEAD + 1
    assert large < 1.2 * small
