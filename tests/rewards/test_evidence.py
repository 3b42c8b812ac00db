from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from analyzers.runtime import Limits
from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Report, Source, Span, Status, TestResult, TestStatus, Verdict
from rewards import evidence
from rewards.evidence import gathered, groups, limits_for, reference
from rewards.schemes import Need
from rewards.scorer import Scorer
from rewards.types import Item, Score

TWO = Asserts(("assert f(1)", "assert f(2)"))
OTHER = Asserts(("assert g(1)", "assert g(2)"))


def judged(*passed: bool, outcome: Outcome | None = None, language: str = "python") -> Score:
    statuses = [TestStatus.PASSED if ok else TestStatus.FAILED for ok in passed]
    verdict = Verdict(outcome or Outcome.FAILURE, tuple(map(TestResult, statuses)))
    report = Report("runtime", Status.OK, verdict=verdict)
    return Score(0.0, 0.0, verdict.outcome, Source("x", language), "x", (report,))


def test_shares_are_those_of_the_programs_for_one_task() -> None:
    rows = [
        (Item("x", tests=TWO, task_id="a"), judged(True, False)),
        (Item("x", tests=OTHER, task_id="a"), judged(True, True)),
        (Item("x", tests=TWO, task_id="b"), judged(False, False)),
        (Item("x", tests=Asserts(TWO.statements), task_id="a"), judged(True, True)),
        (Item("x", tests=OTHER, task_id="a"), judged(False, True)),
        (Item("x", tests=TWO, task_id="a"), judged(False, False)),
        (Item("x", language="c++", tests=TWO, task_id="a"), judged(True, False, language="cpp")),
    ]
    items, scores = zip(*rows, strict=True)
    first, second = (2 / 3, 1 / 3), (0.5, 1.0)
    assert groups(items, scores) == [first, second, None, first, second, first, None]


def test_who_was_not_judged_does_not_count() -> None:
    items = [Item("x", tests=TWO)] * 4 + [Item("x")]
    lost = Score(None, None, Outcome.INFRASTRUCTURE, Source("x"), "x", (Report("runtime", Status.FAILED),))
    scores = [
        judged(True, False),
        judged(True, True),
        lost,
        judged(False, outcome=Outcome.INFRASTRUCTURE),
        judged(True),
    ]
    assert groups(items, scores) == [(1.0, 0.5), (1.0, 0.5), None, None, None]


def test_programs_that_ran_another_number_of_tests_are_another_group() -> None:
    items = [Item("x", tests=TWO)] * 4
    scores = [judged(True, False), judged(True), judged(False, False), judged(False)]
    assert groups(items, scores) == [(0.5, 0.0), (0.5,), (0.5, 0.0), (0.5,)]


def test_the_reference_is_a_whole_program() -> None:
    item = Item("    return 2\n", prefix="def f(x):\n", reference="    return x\n")
    assert reference(item) == "def f(x):\n    return x\n"
    assert reference(Item("x", reference="```python\ny = 1\n```")) == "y = 1\n"
    assert reference(Item("x")) is None
    source = Source("def f(x):\n    return 2\n", prefix=10)
    assert gathered(item, source, (), tested=False, needs={Need.REFERENCE}).reference == reference(item)
    assert gathered(item, source, (), tested=False, needs=set()).reference is None


def test_lines_are_told_only_where_they_are_wanted() -> None:
    assert limits_for(set(), None) is None
    assert limits_for({Need.GROUP}, Limits(timeout_s=1)) == Limits(timeout_s=1)
    assert limits_for({Need.EXECUTED}, Limits(timeout_s=1)) == Limits(timeout_s=1, executed=True)
    assert limits_for({Need.EXECUTED}, None) == Limits(executed=True)


class Engine:
    """Answers every source with one verdict after the other."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)

    def submit(self, source: Source, tests: object = None) -> Future[tuple[Report, ...]]:
        future: Future[tuple[Report, ...]] = Future()
        future.set_result((Report("runtime", Status.OK, verdict=self.verdicts.pop(0)),))
        return future

    def submit_batch(self, sources: list[Source], tests: list[object]) -> list[Future[tuple[Report, ...]]]:
        return [self.submit(source) for source in sources]


def verdict(*passed: bool) -> Verdict:
    found = judged(*passed, outcome=Outcome.PASS if all(passed) else Outcome.FAILURE).verdict
    assert found is not None
    return found


def scorer(scheme: Any, *verdicts: Verdict) -> Scorer:
    return Scorer(("runtime",), scheme=scheme, engine=Engine(*verdicts))  # type: ignore[arg-type]


def test_a_batch_is_a_group_and_an_item_by_itself_is_none() -> None:
    items = [Item("x", tests=TWO, task_id="a")] * 2
    verdicts = verdict(True, False), verdict(True, True)
    # Weights: max(1 - 1, 0.1) = 0.1 and 1 - 0.5 = 0.5.
    made = scorer("difficulty", *verdicts)
    assert [score.base for score in made.score_batch(items)] == pytest.approx([0.1 / 0.6, 1.0])
    made = scorer("difficulty", *verdicts)
    alone = [made.submit(item).result() for item in items]
    assert [score.base for score in alone] == [0.5, 1.0]
    assert [score.base for score in made.grouped(items, alone)] == pytest.approx([0.1 / 0.6, 1.0])


def test_a_scheme_that_does_not_ask_for_the_group_is_not_asked_twice() -> None:
    made = scorer("pass_ratio", verdict(True, False), verdict(True, True))
    items = [Item("x", tests=TWO)] * 2
    scores = made.score_batch(items)
    again = made.grouped(items, scores)
    assert all(one is other for one, other in zip(scores, again, strict=True))


@pytest.mark.parametrize("asked", [True, False])
def test_a_wrong_answer_is_compared_where_that_is_wanted(asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def submit(source: Source, solution: str, *_: object, **more: object) -> Future[Report]:
        compared.append((source.text, solution))
        future: Future[Report] = Future()
        future.set_result(Report("divergence", Status.FAILED, detail="it was never called"))
        return future

    monkeypatch.setattr("analyzers.runtime.divergence.submit", submit)
    items = [Item("x", tests=TWO, reference="y"), Item("z", tests=TWO, reference="y"), Item("w", tests=TWO)]
    verdicts = verdict(False, True), verdict(True, True), verdict(False, False)
    made = scorer("first_divergence" if asked else "rltf", *verdicts)
    scores = made.score_batch(items)
    assert compared == ([("x", "y")] if asked else [])
    assert [len(score.reports) for score in scores] == ([2, 1, 1] if asked else [1, 1, 1])
    one = scorer("first_divergence" if asked else "rltf", verdicts[0]).submit(items[0]).result()
    assert one == scores[0]


def test_a_comparison_that_cannot_be_asked_for_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no isolation")

    monkeypatch.setattr("analyzers.runtime.divergence.submit", refuse)
    item = Item("x", tests=TWO, reference="y")
    with pytest.raises(OSError, match="no isolation"):
        scorer("first_divergence", verdict(False, True)).submit(item).result()


def test_nothing_is_compared_without_a_verdict() -> None:
    item = Item("x", tests=TWO, reference="y")
    assert (
        evidence.divergence(item, Source("x"), [Report("runtime", Status.FAILED)], limits=None, isolation="weak")
        is None
    )


def test_exempt_parts_move_with_the_program_and_what_was_given_is_none_of_them() -> None:
    from rewards.scorer import settle
    from rewards.types import Evidence, Reward

    source = Source("given\nx = 1\n", prefix=6, offset=4)
    reward = Reward({}, exempt=(Span(0, 5), Span(2, 8), Span(6, 11)))
    score = settle(Item("```\nx = 1\n"), Evidence(source), lambda _: reward)
    assert score.exempt == (Span(4, 6), Span(4, 9))
