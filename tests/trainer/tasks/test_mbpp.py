from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Asserts
from trainer.tasks import BadTasks, load, stream
from trainer.types import Task


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {"task_id": number, "text": "Add.", "code": "def add(a, b):\r\n    return a + b", "test_setup_code": "",
            "test_list": ["assert add(1, 2) == 3"], "challenge_test_list": [], **fields}  # fmt: skip


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return f"mbpp:{path}"


@pytest.mark.parametrize(
    ("split", "numbers"),
    [("few-shot", [1, 10]), ("test", [11, 510]), ("validation", [511, 600]), ("train", [601, 974])],
)
def test_splits_are_by_number_with_both_ends(tmp_path: Path, split: str, numbers: list[int]) -> None:
    spec = written(tmp_path / "m.jsonl", *(row(n) for n in (1, 10, 11, 510, 511, 600, 601, 974)))
    assert [task.id for task in load(spec, split)] == [f"mbpp/{n}" for n in numbers]


def test_prompt_shows_the_tests_but_not_those_of_the_challenge_list(tmp_path: Path) -> None:
    hidden = "assert add(0, 0) == 0"
    (task,) = load(written(tmp_path / "m.jsonl", row(601, challenge_test_list=[hidden])), "train")
    assert task.prompt == "Add.\nYour code should satisfy these tests:\nassert add(1, 2) == 3"
    assert task.tests == Asserts(("assert add(1, 2) == 3", hidden))
    assert task.prefix == ""


def test_carriage_returns_of_the_reference_are_kept(tmp_path: Path) -> None:
    (task,) = load(written(tmp_path / "m.jsonl", row(601)), "train")
    assert task.reference == "def add(a, b):\r\n    return a + b"


def test_setup_code_and_imports_become_the_setup(tmp_path: Path) -> None:
    spec = written(tmp_path / "m.jsonl", row(601, test_imports=["import math"], test_setup_code="x = 1"))
    (task,) = load(spec, "train")
    assert task.tests == Asserts(("assert add(1, 2) == 3",), setup="import math\nx = 1")


def test_sanitized_form_is_a_list_with_prompt_instead_of_text(tmp_path: Path) -> None:
    path = tmp_path / "sanitized-mbpp.json"
    path.write_text(
        json.dumps([{"task_id": 602, "prompt": "Sub.", "code": "", "test_imports": [], "test_list": ["assert 1"]}])
    )
    (task,) = load(f"mbpp:{path}", "train")
    assert task.prompt.startswith("Sub.\n")
    assert load(f"mbpp:{tmp_path}", "train") == [task]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "line 2: not JSON"),
        ("[1]", "line 2: expected an object, got list"),
        (json.dumps({"task_id": 601}), "line 2: no key 'text'; it has task_id"),
        (json.dumps(row(601, task_id="x")), "line 2: 'task_id' must be a int, got str: 'x'"),
    ],
)
def test_bad_rows_are_named_by_their_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps(row(601)) + "\n" + line + "\n")
    task, excluded = stream(f"mbpp:{path}", "train")
    assert isinstance(task, Task)
    assert message in str(excluded)
    assert str(path) in str(excluded)


def test_unknown_split_lists_the_splits(tmp_path: Path) -> None:
    with pytest.raises(BadTasks, match="no split 'dev'; it has train, validation, test, few-shot"):
        load(written(tmp_path / "m.jsonl", row(601)), "dev")


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.parametrize(("file", "total"), [("mbpp.jsonl", 974), ("sanitized-mbpp.json", 426)])
def test_every_published_row_loads(data: Path, file: str, total: int) -> None:
    splits = ("train", "validation", "test", "few-shot")
    found = [task for split in splits for task in load(f"mbpp:{data / 'mbpp' / file}", split)]
    assert len(found) == len({task.id for task in found}) == total
    for task in found:
        assert isinstance(task.tests, Asserts)
        assert all(statement.startswith("assert") for statement in task.tests.statements)
        assert not task.prompt.endswith("\n")
        compile(task.reference or "", task.id, "exec")
