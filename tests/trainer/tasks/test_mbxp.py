from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Appended, CheckFunction
from trainer.tasks import BadTasks, Excluded, load, stops, stream
from trainer.tasks.mbxp import behind
from trainer.types import Task

CPP = {"task_id": "MBCPP/601", "language": "cpp", "prompt": "int twice(int x) {\n", "entry_point": "twice",
       "test": "\nint main() { assert(twice(2) == 4); }", "canonical_solution": "  return 2 * x;\n}"}  # fmt: skip
RUBY = {"task_id": "MBRBP/11", "language": "ruby", "prompt": "def twice(x)", "entry_point": "twice",
        "test": "raise StandardError if twice(2) != 4", "canonical_solution": None}  # fmt: skip
PYTHON = {"task_id": "MBPP/2", "language": "python", "entry_point": "twice", "canonical_solution": "\treturn 2 * x",
          "prompt": 'import math\n\ndef twice(x):\n\t"""\n\tDouble.\n\t"""\n',
          "test": "def check(candidate):\n    assert candidate(2) == 4\n"}  # fmt: skip
HUMANEVAL = {**CPP, "task_id": "HumanEval/0"}


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"mbxp:{path}"


def test_rows_become_programs_with_their_tests_behind(tmp_path: Path) -> None:
    cpp, ruby, python = load(written(tmp_path / "r.jsonl", CPP, RUBY, PYTHON), "all")
    assert (cpp.prefix, cpp.prompt, cpp.tests) == (CPP["prompt"], "int twice(int x) {", Appended(str(CPP["test"])))
    assert (ruby.prefix, ruby.reference) == ("def twice(x)\n", None)
    assert isinstance(python.tests, CheckFunction)
    assert (python.tests.entry_point, python.tests.setup) == ("twice", "import math")


def test_splits_are_those_of_mbpp_and_humaneval_is_for_evaluation(tmp_path: Path) -> None:
    spec = written(tmp_path / "r.jsonl", CPP, RUBY, PYTHON, HUMANEVAL)
    ids = {split: [task.id for task in load(spec, split)] for split in ("train", "test", "few-shot")}
    assert ids == {"train": ["MBCPP/601"], "test": ["MBRBP/11", "HumanEval/0"], "few-shot": ["MBPP/2"]}
    assert [task.id for task in load(f"{spec}?language=ruby", "all")] == ["MBRBP/11"]
    with pytest.raises(BadTasks, match="no language 'c'; it has cpp, csharp"):
        load(f"{spec}?language=c", "all")


def test_completions_keep_the_end_of_their_function(tmp_path: Path) -> None:
    [task] = load(written(tmp_path / "r.jsonl", CPP))
    assert "\n}" not in stops(task)
    assert "\nint main" in stops(task)
    for language in ("java", "csharp", "go", "javascript", "rust", "typescript"):
        assert behind(language)
        assert all(any(map(str.isalnum, stop)) or stop.strip() in {"//", "/*"} for stop in behind(language)), language


def test_published_counts(data: Path) -> None:
    found = list(stream(f"mbxp:{data / 'mbxp'}", "all"))
    tasks = [task for task in found if isinstance(task, Task)]
    assert Counter(task.language for task in tasks) == {
        "cpp": 848, "csharp": 968, "go": 939, "java": 966, "javascript": 966, "kotlin": 966, "perl": 966, "php": 966,
        "python": 973, "ruby": 966, "scala": 966, "swift": 966, "typescript": 968,
    }  # fmt: skip
    # Its docstring is not indented: no program that begins like this can be right.
    [excluded] = [each for each in found if isinstance(each, Excluded)]
    assert (excluded.task, excluded.why[:45]) == ("MBPP/64", "the prompt is not the beginning of a Python f")
    with_references = Counter(task.language for task in tasks if task.reference)
    assert with_references == {
        "cpp": 773, "csharp": 725, "java": 874, "javascript": 938, "kotlin": 796, "php": 950, "python": 973,
        "ruby": 784, "typescript": 967,
    }  # fmt: skip
