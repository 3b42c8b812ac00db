from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from analyzers.runtime.tests import CheckFunction
from trainer.tasks import BadTasks, load
from trainer.tasks.humaneval import helpers

PROMPT = '''import math
LIMIT = 3


def poly(x: float):
    """helper"""
    return math.pow(x, LIMIT)


def find(x: float):
    """ what is to be written """
'''
ROW = {"task_id": "HumanEval/0", "prompt": PROMPT, "canonical_solution": "    return x\n", "entry_point": "find",
       "test": "def check(candidate):\n    assert poly(candidate(0)) == 0\n"}  # fmt: skip


def test_helpers_are_all_but_the_entry_point() -> None:
    scope: dict[str, object] = {}
    source = helpers(PROMPT, "find")
    exec(source, scope)
    assert {"math", "LIMIT", "poly"} <= set(scope)
    assert "find" not in scope
    assert eval("poly(2.0)", scope) == 8.0  # 2 ** 3


def test_a_prompt_of_one_function_has_no_helpers() -> None:
    assert helpers('def f(x):\n    """ doc """\n', "f") == ""


def test_prefix_is_the_prompt_as_published_and_the_prompt_ends_without_newline(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROW).encode()))
    (task,) = load(f"humaneval:{path}", "test")
    assert task.prefix == PROMPT
    assert task.prompt == PROMPT.rstrip()
    assert isinstance(task.tests, CheckFunction)
    assert task.tests.entry_point == "find"
    assert "def poly" in task.tests.setup


def test_training_on_it_is_refused_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps(ROW))
    with pytest.raises(BadTasks, match=r"evaluation only .* force:humaneval:PATH"):
        load(f"humaneval:{path}", "train")
    assert len(load(f"force:humaneval:{path}", "train")) == 1


def test_a_prompt_that_is_no_python_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps({**ROW, "prompt": "int main() {"}))
    with pytest.raises(BadTasks, match="line 1: the prompt is not the beginning of a Python function"):
        load(f"humaneval:{path}", "test")


def test_every_published_problem_loads(data: Path) -> None:
    found = {task.id: task for task in load(f"humaneval:{data / 'humaneval'}", "test")}
    assert len(found) == 164
    setups = {}
    for task in found.values():
        assert isinstance(task.tests, CheckFunction)
        compile(task.prefix + (task.reference or "") + "\n" + task.tests.code, task.id, "exec")
        setups[task.id] = task.tests.setup
    for number, helper in ((32, "poly"), (38, "encode_cyclic"), (50, "encode_shift"), (10, "is_palindrome")):
        assert f"def {helper}(" in setups[f"HumanEval/{number}"]
    assert setups["HumanEval/2"] == ""
