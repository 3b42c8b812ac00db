import json

import pytest

from analyzers.runtime.tests import Asserts
from trainer.tasks import BadTasks
from trainer.tasks.augment import samples
from trainer.types import Task

TASK = Task("a/1", "", Asserts(("assert f() == 1",)), prefix="def f():\n")


def test_completions_follow_the_prefix_and_solutions_stand_alone(tmp_path):
    path = tmp_path / "samples.jsonl"
    rows = [
        {"task_id": "a/1", "completion": "    return 1\n"},
        {"task_id": "a/1", "completion": "    return 1\n"},
        {"task_id": "a/1", "solution": "f = int"},
        {"task_id": "a/2", "completion": "x"},
        {"task_id": "a/1"},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows) + "{broken\n")
    found = samples.read(path)
    assert found.of(TASK) == ("def f():\n    return 1\n", "f = int")
    assert len(found) == 4
    assert [str(each).partition(": ")[0] for each in found.refused] == [f"{path}, line 5", f"{path}, line 6"]


def test_a_file_without_a_program(tmp_path):
    (tmp_path / "none.jsonl").write_text('{"prompt": "x"}\n')
    with pytest.raises(BadTasks, match=r"holds no program.*line 1"):
        samples.read(tmp_path / "none.jsonl")
    with pytest.raises(BadTasks, match="no file"):
        samples.read(tmp_path / "absent.jsonl")
