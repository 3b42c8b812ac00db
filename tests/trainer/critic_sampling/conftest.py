"""A judge that runs nothing: a program passes a test when it holds the word that the test asserts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Report, Source, Status, TestResult, TestStatus, Verdict
from rewards.types import Item, Score
from trainer.types import Task


class WordJudge:
    """Remembers every test that it was given."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.items: list[Item] = []

    @property
    def seen(self) -> set[str]:
        return {statement for item in self.items for statement in item.tests.statements}  # type: ignore[union-attr]

    def submit(self, item: Item) -> Future[Score]:
        self.items.append(item)
        assert isinstance(item.tests, Asserts)
        held = [statement in item.completion for statement in item.tests.statements]
        outcome = Outcome.PASS if all(held) else Outcome.FAILURE
        outcome = Outcome.INFRASTRUCTURE if self.broken else outcome
        results = tuple(TestResult(TestStatus.PASSED if each else TestStatus.FAILED) for each in held)
        report = Report("runtime", Status.OK, verdict=Verdict(outcome, results))
        future: Future[Score] = Future()
        value = None if self.broken else float(all(held))
        source = Source(item.prefix + item.completion)
        future.set_result(Score(value, value, outcome, source, item.completion, (report,), task_id=item.task_id))
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        return list(scores)


@pytest.fixture
def judge() -> WordJudge:
    return WordJudge()


@pytest.fixture
def broken_judge() -> WordJudge:
    return WordJudge(broken=True)


@pytest.fixture
def word_task() -> Task:
    """Passes in public with an `e`; in truth it takes a `q`, too."""
    return Task("t", "write e:", Asserts(("e", "q")), reference="eq", shown=Asserts(("e",)))
