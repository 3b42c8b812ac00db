from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from analyzers.runtime.tests import Asserts
from trainer.curriculum import Curriculum, Past, Plan, begun, order
from trainer.types import Task

TASKS = [Task(name, f"# {name}\n", Asserts(("assert True",))) for name in "abcd"]
PREFIX = "def f(x):\n"
BODY = "    y = x + 1\n\n    z = y * 2\n    return z\n"
PROGRAM = Task("p", PREFIX, Asserts(("assert f(1) == 4",)), prefix=PREFIX, reference=BODY)


def drawn(curriculum: Curriculum, rounds: range, count: int = 1) -> Counter[str]:
    return Counter(
        task.id for number in rounds for task in curriculum.choose(count, round_number=number, seed=7)
    )  # fmt: skip


def noted(plan: dict[str, Any], *rounds: dict[str, list[bool]]) -> Curriculum:
    curriculum = Curriculum(TASKS, Plan(**plan))
    for number, results in enumerate(rounds):
        curriculum.note(results.items(), round_number=number)
    return curriculum


def test_every_task_comes_once_in_a_pass_in_an_order_that_the_seed_decides() -> None:
    met = [index for number in range(5) for index in order(5, 2, round_number=number, seed=3)]
    assert sorted(met[:5]) == sorted(met[5:]) == list(range(5))
    assert met[:5] != met[5:]
    assert met != [index for number in range(5) for index in order(5, 2, round_number=number, seed=4)]
    assert len(order(3, 8, round_number=0, seed=0)) == 8


def test_the_default_takes_tasks_in_turn_whatever_came_of_them() -> None:
    curriculum = noted({}, {"a": [True, True], "b": [False]})
    assert drawn(curriculum, range(4)) == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert curriculum.figures(1) == {}


def test_learnability_weighs_by_the_chance_of_both_outcomes() -> None:
    curriculum = noted(
        {"sampling": "learnability", "floor": 0.1, "memory": 0.5},
        {"a": [True, True], "b": [True, False], "c": [True, False, False, False]},
        {"c": [True, True, True, False], "a": [True, True]},
    )
    # a: p = 1, floor; b: p = 1/2; c: p = (0.25 + 0.75) / 2 = 1/2; d: unknown, like 1/2. 4 p (1 - p) = 1.
    assert curriculum.weights(2).tolist() == [0.1, 1.0, 1.0, 1.0]
    # Over 620 draws a comes 620 * 0.1 / 3.1 = 20 times.
    counts = drawn(curriculum, range(2, 622))
    assert 8 <= counts["a"] <= 36
    assert all(150 <= counts[name] <= 250 for name in "bcd")


def test_the_average_forgets_as_fast_as_memory_says() -> None:
    curriculum = noted({"sampling": "learnability", "memory": 0.75}, {"a": [False]}, {"a": [True]}, {"a": [True]})
    # 0, then 0.25, then 0.75 * 0.25 + 0.25 = 0.4375
    assert curriculum.state()["a"] == {"share": 0.4375, "streak": 2, "last": 2, "given": 0}


def test_solved_and_hopeless_tasks_rest_and_come_back() -> None:
    curriculum = noted(
        {"sampling": "uniform", "solved": 2, "hopeless": 1, "rest": 3},
        {"a": [True, True], "b": [False, False], "c": [True, False]},
        {"a": [True, True], "c": [True, True]},
    )
    # a was solved in rounds 0 and 1; b was hopeless in round 0; c was solved only once.
    assert (curriculum.weights(2) < 1e-6).tolist() == [True, True, False, False]
    assert curriculum.figures(2) == {"resting_tasks": 0.5}
    assert set(drawn(curriculum, range(2, 4), 2)) == {"c", "d"}
    assert (curriculum.weights(4) < 1e-6).tolist() == [True, False, False, False]  # b has rested for rounds 1, 2, 3
    assert (curriculum.weights(5) < 1e-6).tolist() == [False] * 4


def test_where_others_do_not_suffice_a_resting_task_is_taken() -> None:
    curriculum = noted({"sampling": "uniform", "solved": 1}, {"a": [True], "b": [True], "c": [True]})
    assert {task.id for task in curriculum.choose(4, round_number=1, seed=0)} == set("abcd")
    assert len(curriculum.choose(9, round_number=1, seed=0)) == 4


def test_when_all_rest_all_are_drawn() -> None:
    curriculum = noted({"sampling": "uniform", "hopeless": 1}, {name: [False] for name in "abcd"})
    assert curriculum.weights(1).tolist() == [1.0] * 4


def test_a_round_that_nobody_could_judge_says_nothing() -> None:
    assert noted({"sampling": "uniform", "hopeless": 1}, {"a": []}).state() == {}


def test_parts_of_a_reference_are_given_away_in_whole_lines() -> None:
    assert begun(PROGRAM, 2, 3).prefix == PREFIX + "    y = x + 1\n\n    z = y * 2\n"
    assert begun(PROGRAM, 2, 3).prompt == begun(PROGRAM, 2, 3).prefix
    assert begun(PROGRAM, 2, 3).reference == "    return z\n"
    assert begun(PROGRAM, 1, 3).prefix == PREFIX + "    y = x + 1\n"
    assert begun(PROGRAM, 9, 10).reference == "    return z\n"  # never all of it
    assert begun(PROGRAM, 3, 3).reference == "    return z\n"
    assert begun(PROGRAM, 1, 10) == PROGRAM  # three lines have no tenth


@pytest.mark.parametrize(
    "task", [Task("q", "Write f.", PROGRAM.tests, reference=BODY), Task("r", PREFIX, PROGRAM.tests, prefix=PREFIX)]
)
def test_a_task_that_cannot_be_begun_stays_as_it_is(task: Task) -> None:
    assert begun(task, 1, 2) == task


def test_a_task_is_given_less_after_each_round_that_passes() -> None:
    curriculum = Curriculum([PROGRAM], Plan(stages=3, stage_passed=0.5))

    def lines() -> int:
        (task,) = curriculum.choose(1, round_number=0, seed=0)
        return task.prefix.count("\n") - 1

    assert (lines(), curriculum.figures(0)) == (3, {"parts_given": 2.0})
    curriculum.note([("p", [True, False, False])], round_number=0)
    assert lines() == 3
    curriculum.note([("p", [True, False])], round_number=1)
    assert (lines(), curriculum.figures(2)) == (1, {"parts_given": 1.0})
    curriculum.note([("p", [True, True])], round_number=2)
    curriculum.note([("p", [True, True])], round_number=3)
    assert (lines(), curriculum.figures(4)) == (0, {"parts_given": 0.0})


def test_the_past_survives_a_checkpoint() -> None:
    plan = {"sampling": "learnability", "stages": 4}
    curriculum = noted(plan, {"a": [True], "b": [False]}, {"a": [True]})
    again = Curriculum(TASKS, Plan(**plan))
    again.restore(curriculum.state())
    assert again.state() == curriculum.state()
    assert again.choose(3, round_number=5, seed=1) == curriculum.choose(3, round_number=5, seed=1)
    assert Past(**again.state()["b"]) == Past(0.0, -1, 0, 3)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"solved": 1}, "tasks rest where they are drawn"), ({"stages": 1}, "gives nothing away")]
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, int], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Plan(**wrong)  # type: ignore[arg-type]
