from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from trainer.evaluation.samples import Given, read, tasks_of
from trainer.tasks.files import Excluded

PROBLEM: dict[str, Any] = {
    "name": "HumanEval_0_f",
    "language": "js",
    "prompt": "function f() {\n",
    "tests": "}\nassert.equal(f(), 1);\n",
    "stop_tokens": ["\n}"],
    "completions": ["  return 1;\n", 3],
}


def lines(path: Path, *rows: Any) -> list[Given | Excluded]:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return list(read(path))


def test_completions_and_solutions_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    found = lines(
        path,
        {"task_id": "a", "completion": "  return 1"},
        {"task_id": "b", "solution": "def f(): pass", "completion": "pass"},
        {"task_id": "c", "completion": "x", "token_ids": [1, 2]},
        {"task_id": "d", "completion": "x", "tokens": 7},
    )
    assert found == [
        Given(f"{path}, line 1", "a", "  return 1"),
        Given(f"{path}, line 2", "b", "def f(): pass", whole=True),
        Given(f"{path}, line 3", "c", "x", tokens=2),
        Given(f"{path}, line 4", "d", "x", tokens=7),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"task_id": "a", "comple', "not JSON"),
        ("[1]", "expected an object, got list"),
        ({"prompt": "p", "samples": ["x"]}, "no sample: it needs 'task_id' with 'completion'"),
        ({"task_id": "a", "completion": None}, "no sample"),
        ({"completion": "x"}, "no key 'task_id'"),
        ({"task_id": 3, "completion": "x"}, "'task_id' must be a str"),
        ({}, "it has no keys"),
    ],
)
def test_a_line_that_is_no_sample_is_named_and_the_rest_goes_on(tmp_path: Path, line: Any, why: str) -> None:
    good = {"task_id": "a", "completion": "x"}
    one, bad, other = lines(tmp_path / "s.jsonl", good, line, good)
    assert isinstance(one, Given)
    assert isinstance(other, Given)
    assert isinstance(bad, Excluded)
    assert bad.where.endswith("line 2")
    assert why in bad.why


def test_results_of_an_evaluation_can_be_judged_anew(tmp_path: Path) -> None:
    (found,) = lines(
        tmp_path / "s.jsonl",
        {"evaluation": {"samples": 1}},
        {"excluded": {"where": "x", "why": "y", "task": ""}},
        {"task_id": "a", "completion": "x", "tokens": 2, "outcome": "pass", "whole": True},
    )
    assert found == Given(f"{tmp_path / 's.jsonl'}, line 3", "a", "x", whole=True, tokens=2)


@pytest.mark.parametrize("name", ["p.json", "p.json.gz"])
def test_a_problem_of_multipl_e_brings_its_task(tmp_path: Path, name: str) -> None:
    data = json.dumps(PROBLEM).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (tmp_path / "p.results.json").write_text("{}")  # what was judged lies beside it
    one, bad = read(tmp_path)
    assert isinstance(one, Given)
    assert one.task is not None
    assert (one.task_id, one.text, one.task.language, one.task.prefix) == (
        "HumanEval_0_f/js", "  return 1;\n", "javascript", "function f() {\n",
    )  # fmt: skip
    assert isinstance(bad, Excluded)
    assert "expected text, got int" in bad.why


def test_tasks_that_samples_bring(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(PROBLEM))
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "s.jsonl").write_text(json.dumps({"task_id": "a", "completion": "x"}) + "\n")
    found = tasks_of(tmp_path)
    assert {name: task.prefix for name, task in found.items()} == {"HumanEval_0_f/js": "function f() {\n"}
    assert tasks_of(tmp_path / "s.jsonl") == {}
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        tasks_of(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object, got list"),
        (json.dumps({**PROBLEM, "language": "klingon"}), "unknown language 'klingon'"),
        (json.dumps({key: value for key, value in PROBLEM.items() if key != "tests"}), "no key 'tests'"),
        (json.dumps({key: value for key, value in PROBLEM.items() if key != "completions"}), "no key 'completions'"),
    ],
)
def test_a_file_that_is_no_problem_is_named(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "a.json").write_text(content)
    (tmp_path / "b.json").write_text(json.dumps(PROBLEM))
    bad, good, _ = read(tmp_path)
    assert isinstance(bad, Excluded)
    assert why in bad.why
    assert isinstance(good, Given)


def test_what_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        next(read(tmp_path / "none.jsonl"))
    with pytest.raises(FileNotFoundError, match=r"holds no \.jsonl"):
        next(read(tmp_path))
