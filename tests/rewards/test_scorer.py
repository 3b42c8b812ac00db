from __future__ import annotations

import warnings
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from analyzers.runtime.tests import Asserts, Tests
from analyzers.types import Outcome, Report, Source, Span, Status
from rewards.items import BadItem
from rewards.schemes.static import static
from rewards.scorer import Scorer, settle
from rewards.types import Evidence, Item, Reward, Score

PROGRAM = "def f(x):\n    return y\n"
HOLDOUT = Asserts(("assert f(2)",))


class Engine:
    """Answers every source with the reports it was made with, and remembers what it was asked."""

    def __init__(
        self, *reports: Report, fail: Exception | None = None, holdout: tuple[Report, ...] | Exception = ()
    ) -> None:
        self.reports, self.fail = reports, fail
        self.holdout = holdout
        self.asked: list[tuple[Source, Tests | None]] = []
        self.closed = False

    def submit(self, source: Source, tests: Tests | None = None) -> Future[tuple[Report, ...]]:
        self.asked.append((source, tests))
        future: Future[tuple[Report, ...]] = Future()
        answer = self.holdout if tests is HOLDOUT else self.fail or self.reports
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
        return future

    def submit_batch(self, sources: list[Source], tests: list[Tests | None]) -> list[Future[tuple[Report, ...]]]:
        return [self.submit(source, suite) for source, suite in zip(sources, tests, strict=True)]

    def close(self) -> None:
        self.closed = True


def scorer(*reports: Report, **changes: Any) -> Scorer:
    return Scorer(changes.pop("analyzers", ("runtime", "pyflakes")), engine=Engine(*reports, **changes))  # type: ignore[arg-type]


def test_a_fenced_completion_is_charged_where_it_stands(make: Any) -> None:
    completion = f"Sure é:\n```python\n{PROGRAM}```\nDone"
    runtime = make.runtime(Outcome.ERROR, 0, 1, make.crash(PROGRAM, "y", "NameError"))
    found = Report("pyflakes", Status.OK, (make.finding(PROGRAM, "y"),))
    score = scorer(runtime, found).submit(Item(completion, tests=Asserts(("assert f(1)",)))).result()
    # coarse -0.6, adaptive -0.3; the undefined name is the failing frame: one charge of -0.3.
    assert (score.base, score.value) == (pytest.approx(-0.9), pytest.approx(-1.2))
    assert score.parts == pytest.approx({"coarse": -0.6, "adaptive": -0.3})
    assert score.outcome is Outcome.ERROR
    [charge] = [charge for charge in score.charges if charge.amount]
    assert charge.span.start == completion.index("return y") + len("return ")
    assert completion[charge.span.start : charge.span.end] == "y"


def test_what_was_given_is_never_charged(make: Any) -> None:
    prefix, body = "def f(x):\n", "    return y\n"
    found = Report("pyflakes", Status.OK, (make.finding(PROGRAM, "x"), make.finding(PROGRAM, "y")))
    item = Item(body, prefix=prefix, tests=Asserts(("assert f(1)",)))
    score = scorer(make.runtime(Outcome.PASS, 1, 1), found).submit(item).result()
    assert [(charge.span, charge.amount) for charge in score.charges] == [(Span(11, 12), -0.1)]
    assert score.source == Source(PROGRAM, prefix=len(prefix))


def test_a_scheme_that_charges_the_prefix_cannot_reach_outside_of_the_completion(make: Any) -> None:
    def everything(evidence: Evidence) -> Reward:
        charges = settle(Item(PROGRAM), make.evidence(PROGRAM, findings=[make.finding(PROGRAM, "x")]), static).charges
        spans = [Span(0, 5), Span(3, 99), Span(10, 10)]
        return Reward({}, tuple(type(charges[0])(charges[0].diagnostic, span, -1.0) for span in spans))

    score = settle(Item("    return y\n"), Evidence(Source(PROGRAM, prefix=10)), everything)
    assert [charge.span for charge in score.charges] == [Span(0, 13), Span(0, 0)]
    assert score.value == -2.0


@pytest.mark.parametrize(
    "reports",
    [(), (Report("runtime", Status.FAILED, detail="gone"),), (Report("runtime", Status.TIMED_OUT),)],
)
def test_no_verdict_is_no_value(reports: tuple[Report, ...]) -> None:
    score = scorer(*reports).submit(Item(PROGRAM, tests=Asserts(("assert f(1)",)))).result()
    assert (score.value, score.base, score.charges) == (None, None, ())
    assert score.outcome is Outcome.INFRASTRUCTURE
    assert score.reports == reports


def test_infrastructure_is_no_value(make: Any) -> None:
    score = (
        scorer(make.runtime(Outcome.INFRASTRUCTURE, 0, 0)).submit(Item(PROGRAM, tests=Asserts(("assert 1",)))).result()
    )
    assert (score.value, score.base, score.outcome) == (None, None, Outcome.INFRASTRUCTURE)


def test_another_analyzer_that_fails_leaves_the_value(make: Any) -> None:
    broken = Report("pyflakes", Status.FAILED, detail="crashed")
    score = (
        scorer(make.runtime(Outcome.PASS, 1, 1), broken).submit(Item(PROGRAM, tests=Asserts(("assert 1",)))).result()
    )
    assert score.value == pytest.approx(2.0)
    assert broken in score.reports


def test_without_tests_there_is_no_outcome(make: Any) -> None:
    found = Report("pyflakes", Status.OK, (make.finding(PROGRAM, "y"),))
    score = scorer(Report("runtime", Status.NOT_APPLICABLE), found).submit(Item(PROGRAM)).result()
    assert (score.outcome, score.base, score.value) == (None, 0.0, pytest.approx(-0.1))


def test_tests_without_runtime_are_warned_of_once_and_not_run(make: Any) -> None:
    engine = Engine(Report("pyflakes", Status.OK, (make.finding(PROGRAM, "y"),)))
    made = Scorer(("pyflakes",), engine=engine)  # type: ignore[arg-type]
    item = Item(PROGRAM, tests=Asserts(("assert f(1)",)))
    with pytest.warns(UserWarning, match="'runtime' is not among the analyzers"):
        score = made.submit(item).result()
    assert (score.outcome, score.value) == (None, pytest.approx(-0.1))
    assert engine.asked[0][1] is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.submit(item)


def test_a_scheme_that_raises_and_an_engine_that_fails_are_passed_on() -> None:
    def broken(evidence: Evidence) -> Reward:
        raise ZeroDivisionError("in a scheme")

    with pytest.raises(ZeroDivisionError, match="in a scheme"):
        Scorer(("pyflakes",), scheme=broken, engine=Engine()).submit(Item("x")).result()  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="no workers"):
        scorer(fail=RuntimeError("no workers")).submit(Item("x")).result()


def test_a_batch_keeps_its_order_and_is_checked_before_anything_runs(make: Any) -> None:
    made = scorer(make.runtime(Outcome.PASS, 1, 1))
    items = [Item("a = 1\n", task_id="first"), {"completion": "b = 2\n", "task_id": "second", "token_ids": [1, 2]}]
    assert [score.task_id for score in made.score_batch(items)] == ["first", "second"]
    untouched = Engine()
    with pytest.raises(BadItem):
        Scorer(engine=untouched).score_batch([Item("a"), {"completion": 3}])  # type: ignore[arg-type]
    assert untouched.asked == []


def test_a_batch_can_be_submitted_without_waiting_for_it(make: Any) -> None:
    found = scorer(Report("pyflakes", Status.OK), analyzers=("pyflakes",))
    futures = found.submit_batch([{"completion": "a = 1"}, {"completion": "b = 1"}])
    assert [future.result().completion for future in futures] == ["a = 1", "b = 1"]
    assert [future.result() for future in futures] == found.score_batch([Item("a = 1"), Item("b = 1")])
    asked = len(found._engine.asked)  # type: ignore[attr-defined]
    with pytest.raises(BadItem):
        found.submit_batch([{"completion": "a"}, {}])
    assert len(found._engine.asked) == asked  # type: ignore[attr-defined]


def test_only_an_engine_of_its_own_is_closed() -> None:
    shared = Engine()
    with Scorer(engine=shared):  # type: ignore[arg-type]
        pass
    assert not shared.closed


def test_what_the_scorer_gives_the_engine() -> None:
    engine = Engine()
    Scorer(engine=engine).submit({"completion": "x\n```", "language": "py", "truncated": True, "raw": True})  # type: ignore[arg-type]
    assert engine.asked == [(Source("x\n```", "python", truncated=True), None)]


@pytest.mark.parametrize("batch", [False, True])
def test_holdout_tests_are_run_on_what_passes_and_change_no_reward(make: Any, batch: bool) -> None:
    def scored(found: Scorer, **item: Any) -> Score:
        given = Item(PROGRAM, tests=Asserts(("assert f(1)",)), **item)
        return found.score_batch([given])[0] if batch else found.submit(given).result()

    passed, failed = make.runtime(Outcome.PASS, 1, 1), make.runtime(Outcome.FAILURE, 0, 1)
    plain = scored(scorer(passed))
    assert (plain.outcome, plain.holdout) == (Outcome.PASS, None)
    special = scored(scorer(passed, holdout=(failed,)), holdout=HOLDOUT)
    assert special == replace(plain, holdout=Outcome.FAILURE)
    assert scored(scorer(passed, holdout=(passed,)), holdout=HOLDOUT).holdout is Outcome.PASS
    silent = (Report("runtime", Status.FAILED, detail="gone"),)
    assert scored(scorer(passed, holdout=silent), holdout=HOLDOUT) == replace(plain, holdout=Outcome.INFRASTRUCTURE)
    without = scorer(failed, holdout=(passed,))
    assert scored(without, holdout=HOLDOUT).holdout is None
    assert len(without._engine.asked) == 1  # type: ignore[attr-defined]
    for broken in (scorer(passed, holdout=RuntimeError("closed")), scorer(fail=RuntimeError("closed"))):
        with pytest.raises(RuntimeError, match="closed"):
            scored(broken, holdout=HOLDOUT)


def test_what_the_holdout_tests_say_outlasts_the_group(make: Any) -> None:
    engine = Engine(make.runtime(Outcome.PASS, 1, 1), holdout=(make.runtime(Outcome.ERROR, 0, 1),))
    item = Item(PROGRAM, tests=Asserts(("assert f(1)",)), task_id="t", holdout=HOLDOUT)
    found = Scorer(("runtime",), scheme="difficulty", engine=engine).score_batch([item, item])  # type: ignore[arg-type]
    assert [score.holdout for score in found] == [Outcome.ERROR, Outcome.ERROR]
