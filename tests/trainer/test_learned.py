from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from analyzers.runtime.tests import Asserts
from rewards import Scorer
from rewards.reranking.pools import Pool
from rewards.types import Item, Outcome, Score
from trainer import learned
from trainer.learned import RATING, Rated, read_scale, write_scale
from trainer.reranker.calibration import Scale

PROMPTS = {"a": "write a", "b": "write b"}


@pytest.fixture(scope="module")
def tested() -> Iterator[Scorer]:
    with Scorer(["runtime", "pyflakes"], workers=1) as scorer:
        yield scorer


def _scores(rated: Rated, items: Sequence[Item]) -> list[Score]:
    futures: list[Future[Score]] = [rated.submit(item) for item in items]
    return rated.grouped(items, [future.result() for future in futures])


def _rate(ratings: dict[str, float], asked: list[Pool] | None = None) -> Rated:
    def rate(pool: Pool) -> list[float]:
        if asked is not None:
            asked.append(pool)
        return [ratings[each.completion] for each in pool.candidates]

    return Rated(rate, PROMPTS, Scorer([]))


def test_a_rating_is_twice_the_chance_less_one() -> None:
    """sigmoid(ln 3) = 3/4, so 1/2; sigmoid(0) = 1/2, so 0; sigmoid(-ln 3) = 1/4, so -1/2."""
    rated = _rate({"x = 1": math.log(3), "x = 2": 0.0, "x = 3": -math.log(3)})
    scores = _scores(rated, [Item(f"x = {n}", task_id="a") for n in (1, 2, 3)])
    assert [score.value for score in scores] == pytest.approx([0.5, 0.0, -0.5])
    assert [score.base for score in scores] == pytest.approx([0.5, 0.0, -0.5])
    assert scores[0].parts == {RATING: pytest.approx(0.5)}


def test_the_scale_stretches_and_shifts() -> None:
    """sigmoid(4 / 2 - 2) = 1/2."""
    rated = Rated(lambda pool: [4.0], PROMPTS, Scorer([]), scale=Scale(2.0, -2.0))
    assert _scores(rated, [Item("x = 1", task_id="a")])[0].value == pytest.approx(0.0)


def test_programs_of_one_task_are_one_pool_with_its_prompt() -> None:
    asked: list[Pool] = []
    rated = _rate({"one": 0.0, "two": 0.0, "three": 0.0}, asked)
    items = [Item("one", task_id="a"), Item("two", task_id="b", truncated=True), Item("three", task_id="a")]
    assert [score.completion for score in _scores(rated, items)] == ["one", "two", "three"]
    assert [(pool.prompt, [each.completion for each in pool.candidates]) for pool in asked] == [
        ("write a", ["one", "three"]),
        ("write b", ["two"]),
    ]
    assert asked[1].candidates[0].truncated


def test_a_rating_that_is_no_number_is_no_reward() -> None:
    """Masked as a failure of the harness is, never 0."""
    scores = _scores(_rate({"x": math.nan, "y": 0.0}), [Item("x", task_id="a"), Item("y", task_id="a")])
    assert (scores[0].value, scores[0].base, scores[1].value) == (None, None, 0.0)


def test_tests_are_for_the_record_and_findings_are_charged(tested: Scorer) -> None:
    """A program that fails, and one that passes and has an undefined name where nobody comes by: both are rated alike,
    and the name is charged as if no test had been run."""
    asked: list[Pool] = []

    def rate(pool: Pool) -> list[float]:
        asked.append(pool)
        return [0.0] * len(pool.candidates)

    rated = Rated(rate, PROMPTS, tested)
    tests = Asserts(("assert f() == 1",))
    programs = ["def f():\n    return 2\n", "def f():\n    return 1\ndef g():\n    return missing\n"]
    wrong, right = _scores(rated, [Item(program, tests=tests, task_id="a") for program in programs])
    assert (wrong.outcome, right.outcome) == (Outcome.FAILURE, Outcome.PASS)
    assert (wrong.base, right.base) == (0.0, 0.0)
    assert (wrong.charges, wrong.value) == ((), 0.0)
    assert [right.completion[each.span.start : each.span.end] for each in right.charges] == ["missing"]
    assert right.value == pytest.approx(sum(each.amount for each in right.charges))
    assert sum(each.amount for each in right.charges) < 0
    shown = asked[0].candidates
    assert all(each.passed is None and each.outcome is None and not each.blame for each in shown)
    assert [len(each.findings or ()) for each in shown] == [0, 1]


def test_the_scale_is_kept_beside_the_scorer(tmp_path: Path) -> None:
    assert read_scale(tmp_path) == Scale(1.0, 0.0)
    write_scale(tmp_path, Scale(0.5, -1.25))
    assert read_scale(tmp_path) == Scale(0.5, -1.25)
    (tmp_path / learned.SCALE).write_text('{"temperature": "warm"}')
    with pytest.raises(ValueError, match=r"scale\.json is no scale of a scorer"):
        read_scale(tmp_path)


def test_a_folder_without_a_scorer_is_refused(tmp_path: Path) -> None:
    """A language model would be given new heads, and random ratings."""
    (tmp_path / "config.json").write_text("{}")
    with Scorer([]) as scorer, pytest.raises(ValueError, match="holds none"):
        learned.load(str(tmp_path), [], device="cpu", analysing=scorer)


def test_a_run_without_a_scorer_loads_none() -> None:
    code = "import sys, trainer.build; print('trainer.learned' in sys.modules, 'trainer.reranker.model' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]
