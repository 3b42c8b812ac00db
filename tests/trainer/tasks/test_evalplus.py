from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.types import Outcome
from trainer.tasks import BadTasks, Excluded, evalplus, load, stream
from trainer.tasks.mbpp_plus import typed
from trainer.types import Task

ZERO = {
    "task_id": "HumanEval/32", "entry_point": "find_zero", "atol": 1e-4,
    "prompt": 'import math\n\n\ndef poly(xs: list, x: float):\n    """ value """\n'
              "    return sum(c * math.pow(x, i) for i, c in enumerate(xs))\n\n\n"
              'def find_zero(xs: list):\n    """ any zero """\n',
    "canonical_solution": "    return -xs[0] / xs[1]\n", "base_input": [[[1, 2]]], "plus_input": [[[-4, 2]]],
}  # fmt: skip
MEAN = {
    "task_id": "HumanEval/4", "entry_point": "mean", "atol": 0,
    "prompt": 'def mean(xs: list) -> float:\n    """ the mean """\n',
    "canonical_solution": "    xs.sort()\n    return sum(xs) / len(xs)\n",
    "base_input": [[[1.0, 2.0]]], "plus_input": [[[0.1, 0.2, 0.3]], [[float("inf"), 1.0]]],
}  # fmt: skip
SIMILAR = {
    "task_id": "Mbpp/2", "entry_point": "similar_elements", "atol": 0,
    "prompt": '"""\nFind the shared elements.\nassert set(similar_elements((3, 4),(4, 7))) == set((4,))\n"""\n',
    "canonical_solution": "def similar_elements(a, b):\n    return tuple(set(a) & set(b))\n",
    "base_input": [[[3, 4, 5], [5, 4, 7]]], "plus_input": [[[1], [2]]], "contract": "",
}  # fmt: skip


def written(path: Path, name: str, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"{name}:{path}"


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("    return sum(xs) / len(xs)\n", Outcome.PASS),
        ("    return sum(x / len(xs) for x in xs)\n", Outcome.PASS),  # not the same float
        ("    return round(sum(xs) / len(xs), 3)\n", Outcome.PASS),  # 0.2
        ("    return xs[0]\n", Outcome.FAILURE),
        ("    return str(sum(xs) / len(xs))\n", Outcome.FAILURE),
        ("    return 1.5\n", Outcome.FAILURE),  # right on the first input alone
    ],
)
def test_answers_are_those_of_the_reference(
    tmp_path: Path, outcome: Callable[[Task, str], Outcome], completion: str, expected: Outcome
) -> None:
    [task] = load(written(tmp_path / "h.jsonl", "humaneval_plus", MEAN), "test")
    assert outcome(task, completion) is expected


def test_any_zero_is_right(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    [task] = load(written(tmp_path / "h.jsonl", "humaneval_plus", ZERO), "test")
    assert outcome(task, task.reference or "") is Outcome.PASS
    assert outcome(task, "    return -xs[0] / xs[1] + 1e-5\n") is Outcome.PASS
    assert outcome(task, "    return -xs[0] / xs[1] + 1e-3\n") is Outcome.FAILURE
    # A helper that the program redefines changes nothing.
    assert outcome(task, "    return 0.0\n\ndef poly(xs, x):\n    return 0.0\n") is Outcome.FAILURE


def test_types_that_json_has_lost_come_back(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    [task] = load(written(tmp_path / "m.jsonl", "mbpp_plus", SIMILAR), "test")
    assert task.prompt.startswith("Find the shared")
    assert not task.prompt.endswith('"')
    assert outcome(task, task.reference or "") is Outcome.PASS
    adding = "def similar_elements(a, b):\n    return sorted(set(a + ()) & set(b), reverse=True)"
    assert outcome(task, adding) is Outcome.PASS
    assert outcome(task, "def similar_elements(a, b):\n    return a") is Outcome.FAILURE


@pytest.mark.parametrize(
    ("number", "given", "expected"),
    [
        (2, [[1], [2]], [(1,), (2,)]),
        (63, [[[1, 2], [3]]], [[(1, 2), (3,)]]),
        (75, [[[1]], 2], [[(1,)], 2]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1], {}]], [[{1}, {}]]),
        (124, ["1", "2j"], [1.0, 2j]),
        (250, [[1], 2], [(1,), 2]),
        (252, ["1+2j"], [1 + 2j]),
        (259, [[[1]], [[2]]], [((1,),), ((2,),)]),
        (278, [[1, [2]]], [(1, (2,))]),
        (307, [[1], 2, 3], [(1,), 2, 3]),
        (580, [[1, [2, [3]]]], [(1, (2, (3,)))]),
        (722, [{"a": [1]}, 2], [{"a": (1,)}, 2]),
        (3, [[1]], [[1]]),
    ],
)
def test_each_shape_of_inputs(number: int, given: list[Any], expected: list[Any]) -> None:
    assert typed(number, given) == expected


def test_rows_of_the_hub(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    check = "def check(candidate):\n    for xs, y in (([1.0], 1.0), ([1.0, 3.0], 2.0)):\n        assert candidate(xs) == y\n"
    row = {key: MEAN[key] for key in ("task_id", "prompt", "canonical_solution", "entry_point")} | {"test": check}
    [task] = load(written(tmp_path / "h.jsonl", "humaneval_plus", row), "test")
    assert outcome(task, task.reference or "") is Outcome.PASS
    assert outcome(task, "    return 1.0\n") is Outcome.FAILURE
    mbpp = {"task_id": 3, "code": "def f(x):\n    return x", "prompt": "Same.", "test_list": ["assert f(1) == 1"],
            "test_imports": [], "source_file": "x.py",
            "test": "for given in (1, 2):\n    assert f(given) == given\n"}  # fmt: skip
    [task] = load(written(tmp_path / "m.jsonl", "mbpp_plus", mbpp), "test")
    assert task.prompt == "Same.\nassert f(1) == 1"
    assert outcome(task, task.reference or "") is Outcome.PASS
    assert outcome(task, "def f(x):\n    return 1") is Outcome.FAILURE


def test_what_has_no_inputs_and_what_takes_any_answer_is_left_out(tmp_path: Path) -> None:
    spec = written(
        tmp_path / "m.jsonl",
        "mbpp_plus",
        {**SIMILAR, "base_input": [], "plus_input": []},
        {**SIMILAR, "entry_point": "sum_div", "task_id": "Mbpp/295"},
        {**SIMILAR, "base_input": [3]},
    )
    assert [each.why for each in stream(spec, "test") if isinstance(each, Excluded)] == [
        "no tests: there are no inputs",
        "no usable tests: EvalPlus takes any answer",
        "no usable tests: each input must be a list of arguments",
    ]


@pytest.mark.parametrize("name", ["humaneval_plus", "mbpp_plus"])
def test_they_are_for_evaluation_only(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadTasks, match=rf"{name} is for evaluation only"):
        load(written(tmp_path / "x.jsonl", name, MEAN), "train")


def test_a_contract_is_kept_where_there_is_one():
    assert evalplus.contract({"contract": "\n    assert x > 0"}) == {"contract": "\n    assert x > 0"}
    assert evalplus.contract({"contract": "\n"}) == evalplus.contract({}) == evalplus.contract({"contract": None}) == {}
