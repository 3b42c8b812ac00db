from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Source
from rewards.types import Score
from trainer.evaluation import Graded, summarise
from trainer.parts import Part, joined, measured, slowest
from trainer.rollout import Round
from trainer.types import Beliefs, Rollout, Scored, Task


def _scored(name: str, sample: int) -> Scored:
    ids = np.arange(2)
    rollout = Rollout(name, ids, ids, np.zeros(2, dtype=np.float32), f"{name}{sample}", False)
    score = Score(1.0, 1.0, Outcome.PASS, Source(""), "", task_id=name)
    return Scored(rollout, score, np.zeros(2))


def _belief(number: float) -> Beliefs:
    return Beliefs(values=np.full(2, number, dtype=np.float32))


def _part(names: str, first: float, **more: Any) -> Part:
    tasks = tuple(Task(name, name, Asserts(("assert True",))) for name in names)
    groups = tuple(tuple(_scored(name, sample) for sample in range(2)) for name in names)
    collected = Round(tasks, groups, seconds={"generate": first, "score": 1.0}, **more)
    return Part(collected, [_belief(first + place) for place in range(2 * len(names))], seconds=first)


def test_a_round_is_put_together_in_the_order_of_its_tasks() -> None:
    found = joined([[0, 2], [1], []], [_part("ac", 10.0), _part("b", 20.0), _part("", 0.0)])
    assert [task.id for task in found.collected.tasks] == ["a", "b", "c"]
    assert [each.rollout.completion for each in found.collected.scored] == ["a0", "a1", "b0", "b1", "c0", "c1"]
    values = [float(belief.values[0]) for belief in found.beliefs if belief.values is not None]
    assert values == [10.0, 11.0, 20.0, 21.0, 12.0, 13.0]
    assert found.collected.seconds == {"generate": 20.0, "score": 1.0}
    assert found.seconds == 20.0
    assert found.collected.greedy == ()


def test_greedy_answers_stay_with_their_tasks() -> None:
    parts = [_part("ac", 1.0, greedy=(_scored("a", 9), _scored("c", 9))), _part("b", 1.0, greedy=(_scored("b", 9),))]
    found = joined([[0, 2], [1]], parts)
    assert [each.rollout.completion for each in found.collected.greedy] == ["a9", "b9", "c9"]


def test_an_evaluation_in_parts_is_the_one_of_them_all() -> None:
    def graded(name: str, outcome: Outcome, greedy: bool = False) -> Graded:
        return Graded(name, greedy, "x", 3, outcome)

    first = [graded("a", Outcome.PASS), graded("a", Outcome.FAILURE), graded("a", Outcome.PASS, True)]
    second = [graded("b", Outcome.ERROR), graded("b", Outcome.PASS), graded("b", Outcome.FAILURE, True)]
    parts = [
        (summarise(second, seconds={"generate": 4.0}), second),
        (summarise(first, seconds={"generate": 9.0}), first),
    ]
    found = measured(["a", "b"], parts)
    assert found == summarise([*first[:2], *second[:2], first[2], second[2]], seconds={"generate": 9.0})
    assert list(found.per_task) == ["a", "b"]
    assert found.pass_at[1].mean == 0.5


def test_a_process_without_tasks_has_a_part_all_the_same() -> None:
    graded = [Graded("a", False, "x", 3, Outcome.PASS)]
    found = measured(["a"], [(summarise(graded, seconds={"score": 1.0}), graded), (summarise([]), [])])
    assert (found.tasks, found.pass_at[1].mean, found.seconds) == (1, 1.0, {"score": 1.0})


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([{"a": 1.0, "b": 5.0}, {"a": 2.0}], {"a": 2.0, "b": 5.0}), ([{}], {}), ([], {})],
)
def test_all_wait_for_the_slowest(seconds: list[dict[str, float]], expected: dict[str, float]) -> None:
    assert slowest(seconds) == expected
