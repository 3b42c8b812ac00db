from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analyzers.runtime.tests import Asserts
from analyzers.types import Kind, Severity
from rewards.types import Charge, Diagnostic, Item, Outcome, Score, Source, Span
from trainer import advantages
from trainer.experience import Shaping, experiences
from trainer.policy import Policy
from trainer.rollout import Round, collect, improve, metrics
from trainer.types import Rollout, Sampling, Scored, Task

NAME_ERROR = Diagnostic("runtime", "NameError", Severity.FATAL, "name 'q' is not defined", Span(0, 1), Kind.NAME)


def _score(base: float | None, *, outcome: Outcome = Outcome.FAILURE, charge: float = 0.0, text: str = "ab") -> Score:
    charges = (Charge(NAME_ERROR, Span(0, 1), charge, alpha_cap=10.0),) if charge else ()
    value = None if base is None else base + charge
    return Score(value, base, outcome, Source(text), text, charges=charges)


def _scored(task: str, base: float | None, *, dense: tuple[float, ...] = (0.0, 0.0), **more: Any) -> Scored:
    ids = np.array([5, 6])
    rollout = Rollout(task, np.array([2]), ids, np.array([-1.0, -1.0], dtype=np.float32), "ab", False)
    return Scored(rollout, _score(base, **more), np.array(dense))


def _task(name: str) -> Task:
    return Task(name, "prompt of " + name, Asserts(("assert f() == 1",)))


def _round(*groups: tuple[Scored, ...]) -> Round:
    return Round(tuple(_task(group[0].rollout.task_id) for group in groups), groups, {"generate": 1.0, "score": 0.0})


class Judge:
    """Scores at once: programs with the letter q pass."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def submit(self, item: Item) -> Future[Score]:
        self.items.append(item)
        passed = "q" in item.completion
        future: Future[Score] = Future()
        future.set_result(
            Score(
                value=1.0 if passed else -0.6,
                base=1.0 if passed else -0.3,
                outcome=Outcome.PASS if passed else Outcome.ERROR,
                source=Source(item.completion),
                completion=item.completion,
                charges=() if passed or not item.completion else (Charge(NAME_ERROR, Span(0, 1), -0.3),),
                task_id=item.task_id,
            )
        )
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        return list(scores)


def test_collect_scores_every_rollout_once(policy: Policy) -> None:
    judge = Judge()
    tasks = [_task("a"), Task("b", "def f(x):\n", Asserts(("assert True",)), prefix="def f(x):\n"), _task("c")]
    drawn = collect(policy, tasks, judge, samples=3, sampling=Sampling(max_new_tokens=8), seed=1, step=4)
    assert [len(group) for group in drawn.groups] == [3, 3, 3]
    assert len(judge.items) == 9
    for task, group in zip(tasks, drawn.groups, strict=True):
        for scored in group:
            assert scored.rollout.task_id == task.id == scored.score.task_id
            assert scored.rollout.completion == scored.score.completion
            assert scored.rollout.step == 4
            assert len(scored.dense) == len(scored.rollout.completion_ids)
    assert {item.prefix for item in judge.items} == {"", "def f(x):\n"}
    assert set(drawn.seconds) == {"generate", "score"}


def test_a_group_is_settled_together_and_exempt_tokens_are_known(policy: Policy) -> None:
    class Grouping(Judge):
        def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
            assert [item.completion for item in items] == [score.completion for score in scores]
            return [
                replace(score, base=float(place), exempt=(Span(0, len(score.completion)),))
                for place, score in enumerate(scores)
            ]

    drawn = collect(
        policy, [_task("a"), _task("b")], Grouping(), samples=3, sampling=Sampling(max_new_tokens=8), seed=1, step=0
    )
    assert [[scored.score.base for scored in group] for group in drawn.groups] == [[0, 1, 2]] * 2
    for scored in drawn.scored:
        assert scored.credited is not None
        spans = policy.token_bytes.spans(scored.rollout.completion_ids)
        assert scored.credited.tolist() == [start == end for start, end in spans.tolist()]
    told = experiences(drawn, advantage=advantages.bind("grpo"), best={}, shaping=Shaping(dense_weight=0))
    for sample, scored in zip(chain.from_iterable(told), drawn.scored, strict=True):
        assert scored.credited is not None
        assert not sample.advantages[~scored.credited].any()


def test_the_dense_term_stands_on_the_tokens_of_the_charge(policy: Policy) -> None:
    drawn = collect(policy, [_task("a")], Judge(), samples=8, sampling=Sampling(max_new_tokens=8), seed=1, step=0)
    charged = [scored for scored in drawn.scored if scored.score.charges and scored.rollout.completion[:1].isascii()]
    assert charged
    for scored in charged:
        spans = policy.token_bytes.spans(scored.rollout.completion_ids)
        expected = [-0.3 if start < 1 and end > 0 else 0.0 for start, end in spans.tolist()]
        assert_allclose(scored.dense, expected)


def test_best_so_far_rises_only() -> None:
    best = {"a": 0.5}
    drawn = _round((_scored("a", 0.2), _scored("a", None)), (_scored("b", -0.3), _scored("b", -1.0)))
    told = chain.from_iterable(experiences(drawn, advantage=advantages.bind("rltf"), best=best))
    # a: 0.2 - 0.5; b has no program yet: the rewards themselves.
    assert_allclose([sample.advantages[0] for sample in told], [-0.3, -0.3, -1.0], rtol=1e-6)
    improve(best, drawn)
    assert best == {"a": 0.5, "b": -0.3}
    improve(best, _round((_scored("b", 1.0),)))
    assert best == {"a": 0.5, "b": 1.0}


def test_metrics_of_a_round() -> None:
    drawn = _round(
        (_scored("a", 1.0, outcome=Outcome.PASS), _scored("a", -0.3, charge=-0.1)),
        (_scored("b", -0.3), _scored("b", None, outcome=Outcome.INFRASTRUCTURE)),
    )
    found = metrics(drawn)
    assert found["reward"] == pytest.approx((1.0 - 0.4 - 0.3) / 3)
    assert found["reward_outcome"] == pytest.approx((1.0 - 0.3 - 0.3) / 3)
    assert found["pass"] == pytest.approx(1 / 3)
    assert found["outcome"] == pytest.approx(
        {"pass": 1 / 3, "failure": 2 / 3, "error": 0.0, "syntax_error": 0.0, "timeout": 0.0}
    )
    assert (found["infrastructure"], found["mixed_groups"]) == (1, 0.5)
    assert (found["samples"], found["tokens"], found["completion_tokens"]) == (4, 8, 2.0)
    # Four times "ab", which two tokens made; one of four with tests could not be judged.
    assert (found["programs"]["length/characters"], found["programs"]["length/tokens"]) == (2.0, 2.0)
    assert found["programs"]["unjudged"] == 0.25


def test_of_programs_that_nobody_ran_no_share_passes() -> None:
    """A scorer rated them, or analyzers alone: that none passes would be a lie."""
    drawn = _round((_scored("a", 0.5, outcome=None), _scored("a", 0.1, outcome=None)))
    found = metrics(drawn)
    assert found["reward"] == pytest.approx(0.3)
    assert found["pass"] is None
    assert set(found["outcome"].values()) == {None}
    assert list(drawn.passed()) == [("a", [])]


def test_metrics_of_a_round_that_nobody_could_judge() -> None:
    found = metrics(_round((_scored("a", None),)))
    assert found["reward"] is None
    assert found["pass"] is None
    assert found["infrastructure"] == 1
