from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Exchange, Stdio
from analyzers.types import Outcome
from trainer.tasks import BadTasks, Excluded, load, stream
from trainer.types import Task

ROW: dict[str, Any] = {
    "name": "1575_A. Add", "description": "Add.\n", "difficulty": 7, "source": 2, "cf_rating": 800,
    "public_tests": {"input": ["1 2"], "output": ["3"]},
    "private_tests": {"input": ["2 2"], "output": ["4"]},
    "generated_tests": {"input": ["5 5"], "output": ["10"]},
    "solutions": {"language": [1, 2, 3, 3], "solution": [
        "print sum(map(int, raw_input().split()))",
        "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }",
        "print(sum(map(int, input().split())))", "a, b = map(int, input().split())\nprint(a + b)"]},
    "incorrect_solutions": {"language": [3], "solution": ["print(3)"]},
    "time_limit": {"seconds": 2, "nanos": 500_000_000}, "input_file": "", "output_file": "",
}  # fmt: skip


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"code_contests:{path}"


def test_columns_of_the_hub(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    [task] = load(written(tmp_path / "train.jsonl", ROW))
    assert task.tests == Stdio((Exchange("1 2", "3"), Exchange("2 2", "4"), Exchange("5 5", "10")))
    assert task.shown == Stdio((Exchange("1 2", "3"),))
    assert task.prompt == "Add.\n\nWrite a python program that reads standard input and prints the answer."
    assert outcome(task, task.reference or "") is Outcome.PASS
    expected = {"difficulty": "a", "time_limit_s": 2.5, "split": "train", "incorrect": ("print(3)",)}
    assert {key: task.metadata[key] for key in expected} == expected
    assert outcome(task, task.metadata["solutions"][0]) is Outcome.PASS
    assert outcome(task, task.metadata["incorrect"][0]) is Outcome.FAILURE


def test_records_and_names_of_languages(tmp_path: Path) -> None:
    records = {
        "public_tests": [{"input": "1 2", "output": "3"}],
        "private_tests": [],
        "generated_tests": [],
        "solutions": [{"language": "CPP", "solution": "int main() {}"}],
    }
    [task] = load(written(tmp_path / "train.jsonl", {**ROW, **records}) + "?language=cpp")
    assert (task.tests, task.language, task.reference) == (Stdio((Exchange("1 2", "3"),)), "cpp", "int main() {}")
    assert task.prompt.endswith("Write a cpp program that reads standard input and prints the answer.")


def test_options_and_splits(tmp_path: Path) -> None:
    written(tmp_path / "train-0.jsonl", ROW)
    spec = written(tmp_path / "valid-0.jsonl", {**ROW, "name": "v", "difficulty": 2}).replace("/valid-0.jsonl", "")
    assert [task.metadata["split"] for task in load(spec, "all")] == ["train", "valid"]
    assert [task.id for task in load(spec, "valid")] == ["code_contests/v"]
    assert [task.id for task in load(f"{spec}?difficulty=medium", "all")] == ["code_contests/v"]
    [task] = load(f"{spec}?compare=float", "train")
    assert isinstance(task.tests, Stdio)
    assert task.tests.compare == "float"
    for query, message in (("language=go", "cpp, python, java"), ("compare=exactly", "no rule 'exactly'")):
        with pytest.raises(BadTasks, match=message):
            load(f"{spec}?{query}")


def test_programs_that_read_files_are_left_out(tmp_path: Path) -> None:
    [excluded] = stream(written(tmp_path / "train.jsonl", {**ROW, "input_file": "in.txt"}))
    assert isinstance(excluded, Excluded)
    assert "read and write files" in excluded.why


def test_the_form_of_evaluators(data: Path) -> None:
    found = load(f"code_contests:{data / 'apps' / 'code_contests_sample.jsonl'}", "test")
    assert len(found) == 20
    assert isinstance(found[0].tests, Stdio)
    assert (len(found[0].tests.cases), found[0].metadata["difficulty"]) == (101, "medium")
    assert found[0].id == "code_contests/a3"
