from concurrent.futures import Future

import numpy as np
import pytest

from analyzers.runtime.tests import Appended, Asserts
from analyzers.types import Outcome, Report, Source, Status, TestResult, TestStatus, Verdict
from rewards.types import Score
from trainer.evaluation.samples import Given
from trainer.reranker import gather as module
from trainer.reranker.gather import Written, gather, label, together
from trainer.tasks.files import Excluded
from trainer.types import Rollout, Sampling, Task

TESTS, FIRST, OTHER = (Asserts(each) for each in (("assert a", "assert b"), ("assert a",), ("assert shown",)))
TASKS = [
    Task("a", "prompt a", TESTS, prefix="def f():\n", shown=FIRST),
    Task("b", "prompt b", TESTS, stops=("STOP",)),
    Task("c", "prompt c", TESTS, prefix="def f():\n", shown=OTHER),
]


class Judge:
    """Says of a completion what its last word says: how many of two tests pass, or that the harness failed."""

    def __init__(self):
        self.asked = []

    def submit(self, item):
        self.asked.append(item)
        word = item.completion.split()[-1] if item.completion.split() else "0"
        clean = Report("pyflakes", Status.OK)
        if item.tests is None:
            reports, outcome = (clean,), None
        elif word == "broken":
            reports, outcome = (Report("runtime", Status.FAILED), clean), Outcome.INFRASTRUCTURE
        else:
            total = len(item.tests.statements)
            count = min(int(word), total)
            tests = (TestResult(TestStatus.PASSED),) * count + (TestResult(TestStatus.FAILED),) * (total - count)
            outcome = Outcome.PASS if count == total else Outcome.FAILURE
            reports = (Report("runtime", Status.OK, verdict=Verdict(outcome, tests)), clean)
        found = Future()
        found.set_result(Score(0.0, 0.0, outcome, Source(item.completion, "python"), item.completion, reports))
        return found

    def grouped(self, items, scores):
        return list(scores)


class Generator:
    """Draws for each task completions that pass 0, 1, 2, 0, ... tests; finishes them in another order."""

    tokenizer = None
    token_bytes = None

    def __init__(self):
        self.calls = []

    def answer(self, tasks, *, samples, sampling, seed, on_done, step=0):
        self.calls.append(([task.id for task in tasks], samples, seed, step))
        for place in reversed(range(len(tasks) * samples)):
            number = place % samples
            ids = np.arange(number, dtype=np.int64)
            logprobs = np.linspace(-number, 0, number, dtype=np.float32)
            text = f"{tasks[place // samples].id} {number % 3}"
            on_done(place, Rollout(tasks[place // samples].id, ids, ids, logprobs, text, truncated=number == 1))


def gathered(generator, judge, tasks=TASKS, **changed):
    return list(gather(generator, tasks, judge, **{"samples": 3, "sampling": Sampling(), "seed": 5, **changed}))


def test_pools_hold_what_was_drawn_and_what_its_tests_say():
    judge, generator, told = Judge(), Generator(), []
    pools = gathered(generator, judge, on_progress=lambda *counts: told.append(counts), step=7)
    assert [each.task_id for each in pools] == ["a", "c", "b"]  # tasks with the same stop strings together
    assert generator.calls == [(["a", "c"], 3, 5, 7), (["b"], 3, 5, 7)]
    first = pools[0]
    assert (first.prompt, first.language) == ("prompt a", "python")
    assert [each.completion for each in first.candidates] == ["a 0", "a 1", "a 2"]
    assert [each.passed for each in first.candidates] == [False, False, True]
    assert [each.pass_rate for each in first.candidates] == [0.0, 0.5, 1.0]
    assert [each.public for each in first.candidates] == [False, True, True]
    assert [each.public for each in pools[1].candidates] == [False, True, True]  # which are others than it is judged by
    assert [each.public for each in pools[2].candidates] == [None] * 3
    assert [each.logprob for each in first.candidates] == [None, -1.0, -1.0]
    assert [each.truncated for each in first.candidates] == [False, True, False]
    assert [each.findings for each in first.candidates] == [(), (), ()]
    assert told == [(done, 9) for done in range(1, 10)]
    assert {item.prefix for item in judge.asked} == {"def f():\n", ""}
    assert [item.truncated for item in judge.asked if item.completion == "a 1"] == [True]


def test_tasks_that_are_left_get_what_they_would_have_got():
    assert gathered(Generator(), Judge(), TASKS[1:2]) == gathered(Generator(), Judge())[2:]


def test_nothing_to_draw():
    assert gathered(Generator(), Judge(), []) == []
    with pytest.raises(ValueError, match="at least one sample"):
        gathered(Generator(), Judge(), samples=0)


def given(name, text, **fields):
    return Given(f"f, line {text}", name, text, **fields)


def test_samples_are_put_together_by_task():
    own = Task("own", "its own", TESTS)
    bad = Excluded("f, line 9", "not JSON")
    samples = [given("b", "0"), given("A", "1"), bad, given("b", "2"), given("x", "1"), given("y", "2", task=own)]
    tasks = {task.id: task for task in [*TASKS, Task("x", "no tests", Appended(" "))]}
    written, excluded = together(samples, tasks)
    assert [(each.task.id, [sample.text for sample in each.samples]) for each in written] == [
        ("b", ["0", "2"]), ("a", ["1"]), ("own", ["2"]),
    ]  # fmt: skip
    assert excluded[0] is bad
    assert excluded[1].task == "x"
    assert together([given("none", "0")], {})[1][0].task == "none"


def test_samples_are_labelled_in_their_order():
    judge, told = Judge(), []
    written = [Written(TASKS[0], (given("a", "2"), given("a", "broken"), given("a", "2", whole=True))),
               Written(TASKS[1], (given("b", "1"),)), Written(TASKS[2], (given("c", "1"), given("c", "0")))]  # fmt: skip
    pools = list(label(written, judge, on_progress=lambda *counts: told.append(counts)))
    assert [[each.passed for each in pool.candidates] for pool in pools] == [
        [True, None, True],
        [False],
        [False, False],
    ]
    assert [each.public for each in pools[0].candidates] == [True, None, True]
    assert [each.public for each in pools[2].candidates] == [True, False]  # other tests than it is judged by
    assert [item.prefix for item in judge.asked[:4]] == ["def f():\n", "def f():\n", "", ""]
    assert all(item.raw for item in judge.asked)
    assert told == [(done, 6) for done in range(1, 7)]


def test_without_tests_nothing_is_known_that_tests_say():
    judge = Judge()
    written = [Written(TASKS[0], (given("a", "1"),)), Written(TASKS[1], (given("b", "1"),))]
    for tests, public in (("none", None), ("shown", True)):
        found = [each for pool in label(written, judge, tests=tests) for each in pool.candidates]
        assert [(each.passed, each.outcome, each.findings) for each in found] == [(None, None, ())] * 2
        assert [each.public for each in found] == [public, None]
    assert [item.tests for item in judge.asked] == [None, None, None, FIRST, None]


def test_no_more_is_under_way_than_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "AHEAD", 4)
    judge = Judge()
    written = [Written(TASKS[0], (given("a", "2"), given("a", "1"))) for _ in range(5)]
    pools = label(written, judge)
    next(pools)
    assert len(judge.asked) == 6
    assert len(list(pools)) == 4
