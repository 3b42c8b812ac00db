from __future__ import annotations

import ast
import copy
import json
import os
import random
import subprocess
import sys
from itertools import combinations, product
from typing import Any

import pytest

from analyzers.engine import Engine
from analyzers.runtime.tests import Calls, parse, to_json
from analyzers.types import Source, Status
from trainer.tasks import builtin
from trainer.tasks.files import BadTasks
from trainer.types import Task

STEPS = {step.name: step for step in (*builtin.MIDDLE, *builtin.FINAL)}


def passes(task: Task, completion: str) -> bool:
    """Runs a completion of our own making in this process; a sampled one must never come here."""
    space: dict[str, Any] = {}
    exec(task.prompt + completion, space)
    assert isinstance(task.tests, Calls)
    try:
        return all(space["solve"](*copy.deepcopy(case.args)) == case.expected for case in task.tests.cases)
    except Exception:
        return False


def steps_of(task: Task) -> list[builtin.Step]:
    split = task.id.split("/")[1]
    return list(next(c for c in builtin.compositions(split) if builtin.fingerprint(c) == task.metadata["composition"]))


def test_the_splits_share_no_composition_and_leave_none_out() -> None:
    splits = {split: set(builtin.compositions(split)) for split in builtin.SPLITS}
    for one, other in combinations(splits.values(), 2):
        assert not one & other
    # 28 middle and 9 final steps: 28 * 9 compositions of two steps and 28 * 28 * 9 of three
    assert sum(map(len, splits.values())) == 28 * 9 + 28 * 28 * 9 == 7308


def test_no_seed_and_no_count_moves_a_composition_to_another_split() -> None:
    seen = {
        split: {task.metadata["composition"] for seed in (0, 1) for task in builtin.tasks(split, seed=seed)}
        for split in builtin.SPLITS
    }
    again = {
        task.metadata["composition"] for task in builtin.tasks("test", count=600)
    }  # more than there are: goes round
    for one, other in combinations(seen.values(), 2):
        assert not one & other
    assert again <= seen["test"]


def test_no_prompt_of_one_split_stands_in_another() -> None:
    prompts = {split: {task.prompt for task in builtin.tasks(split)} for split in builtin.SPLITS}
    for one, other in combinations(prompts.values(), 2):
        assert not one & other


def test_no_two_steps_are_said_or_written_alike() -> None:
    phrases = [phrase for step in STEPS.values() for phrase in step.phrases]
    codes = [step.code for step in STEPS.values()]
    assert len(set(phrases)) == len(phrases)
    assert len(set(codes)) == len(codes) == len(STEPS)


@pytest.mark.parametrize(
    ("names", "split"),
    [
        # printf above/total | sha256sum gives 7fc86c0b7028..., which is 8 modulo 10
        ("above/total", "train"),
        ("sort/first/total", "supervised"),  # 03dd387d040b, 5
        ("add/sort/text", "test"),  # b1838cebd0b7, 9
    ],
)
def test_the_hash_of_the_names_decides_the_split(names: str, split: str) -> None:
    assert builtin.split_of([STEPS[name] for name in names.split("/")]) == split


def test_the_same_arguments_give_the_same_tasks_in_another_process() -> None:
    script = (
        "import json; from trainer.tasks import builtin; from analyzers.runtime.tests import to_json;"
        "print(json.dumps([[t.id, t.prompt, t.reference, to_json(t.tests)] for t in builtin.tasks('test', count=20, seed=3)]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1234"}
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    here = [[t.id, t.prompt, t.reference, to_json(t.tests)] for t in builtin.tasks("test", count=20, seed=3)]
    assert json.loads(other.stdout) == json.loads(json.dumps(here))


def test_the_seed_changes_order_and_data() -> None:
    one, other = builtin.tasks("test", count=20, seed=0), builtin.tasks("test", count=20, seed=1)
    assert [task.id for task in one] != [task.id for task in other]


def test_a_count_beyond_the_compositions_goes_round_with_new_data() -> None:
    once = builtin.tasks("test")
    tasks = builtin.tasks("test", count=len(once) + 5)
    assert tasks[: len(once)] == once
    assert len({task.id for task in tasks}) == len(tasks)
    for task in tasks[len(once) :]:
        first = next(other for other in once if other.metadata["composition"] == task.metadata["composition"])
        assert task.tests != first.tests


@pytest.mark.parametrize(("split", "count"), [("Test", None), ("validation", 1), ("test", -1)])
def test_what_does_not_exist_is_refused(split: str, count: int | None) -> None:
    with pytest.raises(BadTasks, match=r"builtin has no split|must not be negative"):
        builtin.tasks(split, count=count)


def test_no_tasks_may_be_asked_for() -> None:
    assert builtin.tasks("test", count=0) == []


@pytest.mark.parametrize("split", builtin.SPLITS)
def test_a_task_holds_together(split: str) -> None:
    for task in builtin.tasks(split, count=200):
        assert isinstance(task.tests, Calls)
        assert task.reference is not None
        assert task.prompt == task.prefix
        assert not task.prompt.endswith("\n")
        assert task.reference.startswith("\n    ")
        ast.parse(task.prompt + task.reference)
        assert task.metadata["steps"] == task.reference.count("\n") == task.prompt.count(";") + 1
        assert 2 <= task.metadata["steps"] <= 3
        assert len({repr(case.expected) for case in task.tests.cases}) >= 3
        assert 4 <= len(task.tests.cases) <= 6
        assert parse(json.loads(json.dumps(to_json(task.tests)))) == parse(to_json(task.tests))


@pytest.mark.parametrize("split", builtin.SPLITS)
def test_references_pass_their_tests(split: str) -> None:
    for task in builtin.tasks(split, count=150):
        assert passes(task, task.reference or "")


def test_a_composition_of_any_length_is_a_task_whose_reference_passes() -> None:
    names = ("square", "reverse", "skip", "double", "listed")
    task = builtin.task(tuple(STEPS[name] for name in names), split="train")
    assert task is not None
    assert task.metadata["steps"] == task.prompt.count(";") + 1 == 5
    assert passes(task, task.reference or "")
    # Nothing is left of what is both even and odd, so no call can tell anything.
    assert builtin.task(tuple(STEPS[name] for name in ("even", "odd", "square", "total")), split="train") is None


def test_the_tests_notice_a_step_left_out_and_every_misconception() -> None:
    for task in builtin.tasks("test", count=150):
        steps = steps_of(task)
        codes = [step.code for step in steps]
        for place, step in enumerate(steps[:-1]):
            assert not passes(task, builtin.body(codes[:place] + codes[place + 1 :])), f"{task.id} without {step.name}"
        for place, step in enumerate(steps):
            if step.misconception:
                assert not passes(task, builtin.body([*codes[:place], step.misconception, *codes[place + 1 :]]))


def test_an_untidy_way_is_right_too() -> None:
    untidy = [step for step in STEPS.values() if step.unclean]
    assert untidy
    for task in builtin.tasks("test"):
        steps = steps_of(task)
        if any(step in untidy for step in steps):
            assert passes(task, builtin.body([step.unclean or step.code for step in steps]))


def test_references_are_clean_and_untidy_ways_are_not() -> None:
    rng = random.Random(0)
    programs = []
    for first, last in product(builtin.MIDDLE, builtin.FINAL[-1:]):
        programs.append(builtin.prompt((first, last), rng) + builtin.body([first.code, last.code]))
    for last in builtin.FINAL:
        first = STEPS["add"]
        programs.append(builtin.prompt((first, last), rng) + builtin.body([first.code, last.code]))
    untidy = [
        builtin.prompt((step, STEPS["total"]), rng) + builtin.body([step.unclean, "sum(xs)"])
        for step in builtin.MIDDLE
        if step.unclean
    ]
    with Engine(("pylint", "pyflakes"), workers=1) as engine:
        found = engine.analyze_batch([Source(text) for text in [*programs, *untidy]])
    for text, reports in zip(programs, found, strict=False):
        assert [report.status for report in reports] == [Status.OK, Status.OK]
        assert [finding for report in reports for finding in report.diagnostics] == [], text
    for reports in found[len(programs) :]:
        assert [finding.code for finding in reports[0].diagnostics] == ["unnecessary-lambda"]


def test_a_parameter_is_there_exactly_where_it_is_used() -> None:
    rng = random.Random(0)
    assert builtin.prompt((STEPS["above"], STEPS["listed"]), rng).startswith("def solve(xs, n):\n")
    assert builtin.prompt((STEPS["negate"], STEPS["smallest"]), rng) == (
        'def solve(xs):\n    """negate each; return the smallest, or 0 if none"""'
    )


def test_a_body_has_a_line_for_each_step() -> None:
    assert builtin.body(["xs[:n]", "sorted(xs)", "len(xs)"]) == (
        "\n    xs = xs[:n]\n    xs = sorted(xs)\n    return len(xs)"
    )
