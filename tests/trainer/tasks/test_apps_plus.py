from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Call, Calls, Exchange, Stdio
from analyzers.types import Outcome
from trainer.tasks import BadTasks, load, stream
from trainer.types import Task

STDIO = {"id": 7, "question": "Add.", "difficulty": "interview", "starter_code": "def solve():",
         "canonical_solution": "def solve():\n    print(sum(map(int, input().split())))\nsolve()",
         "fn_name": "solve", "inputs": ["1 2\n"], "outputs": ["3\n"]}  # fmt: skip
CALLED = {"id": 8, "question": "Double.", "difficulty": "introductory", "starter_code": "def twice(x):",
          "solutions": ["def twice(x):\n    return 2 * x"], "entry_point": "twice",
          "input_output": json.dumps({"inputs": [[2]], "outputs": [[4]]})}  # fmt: skip


def written(path: Path, rows: Any) -> str:
    path.write_text(json.dumps(rows))
    return f"apps_plus:{path}"


def test_rows_are_read_from_a_list_or_a_mapping(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    found = load(written(tmp_path / "data.json", [STDIO, CALLED]), "all")
    named = load(written(tmp_path / "named.json", {"7": STDIO, "8": CALLED}), "all")
    assert [(task.id, task.tests) for task in found] == [(task.id, task.tests) for task in named]
    assert [(task.id, task.tests) for task in found] == [
        ("apps_plus/7", Stdio((Exchange("1 2\n", "3\n"),))),
        ("apps_plus/8", Calls("twice", (Call((2,), 4),), "json")),
    ]
    for task in found:
        assert outcome(task, task.reference or "") is Outcome.PASS


def test_splits_are_disjoint_and_a_tenth_is_held_out(tmp_path: Path) -> None:
    spec = written(tmp_path / "data.json", [{**STDIO, "id": n, "question": f"{n}"} for n in range(500)])
    train, test = ({task.id for task in load(spec, split)} for split in ("train", "test"))
    assert not train & test
    assert len(train | test) == 500
    assert 30 <= len(test) <= 70
    assert {task.id for task in load(spec, "train")} == train


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    spec = written(tmp_path / "data.json", [{**STDIO, "inputs": []}, {"id": 1}, CALLED])
    assert [str(each).rpartition("row ")[2] for each in stream(spec, "all")][:2] == [
        "1: no tests: there are no inputs or no outputs",
        "2: no key 'question'; it has id",
    ]
    found = stream(f"{spec}?difficulty=introductory", "all")
    assert [task.id for task in found if isinstance(task, Task)] == ["apps_plus/8"]
    with pytest.raises(BadTasks, match="no split 'dev'; it has train, test, all"):
        load(spec, "dev")
