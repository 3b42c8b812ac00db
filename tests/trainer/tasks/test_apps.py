from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Call, Calls, Exchange, Stdio
from analyzers.types import Outcome
from trainer.tasks import BadTasks, Excluded, load, stream
from trainer.tasks.apps import suite, with_imports
from trainer.types import Task

SOLUTION = (
    "class Solution:\n    def pick(self, xs: List[int]) -> int:\n        return Counter(xs).most_common(1)[0][0]\n"
)
PROBLEMS: dict[str, dict[str, Any]] = {
    "0000": {"question": "Add.\n", "solutions": ["print(sum(map(int, input().split())))", "print(1)"],
             "input_output": {"inputs": ["1 2\n", ["3 4", ""]], "outputs": ["3\n", ["7"]]}},
    "0001": {"question": "Pick.", "solutions": [SOLUTION], "difficulty": "interview",
             "starter_code": "class Solution:\n    def pick(self, xs: List[int]) -> int:\n        ",
             "input_output": {"fn_name": "pick", "inputs": [[[1, 2, 2]], [[3]]], "outputs": [2, 3]}},
    "0002": {"question": "Swap.", "solutions": ["def swap(d):\n    return {v: k for k, v in d.items()}"],
             "starter_code": "def swap(d):\n\t",
             "input_output": {"fn_name": "swap", "inputs": [[{"1": 2}]], "outputs": [[{"2": 1}]]}},
}  # fmt: skip


def row(number: str) -> dict[str, Any]:
    """A row as the hub has it: what is structured stands in texts."""
    problem = {"difficulty": "introductory", "starter_code": "", "url": f"https://x/{number}", **PROBLEMS[number]}
    texts = {key: json.dumps(problem[key]) for key in ("solutions", "input_output")}
    return {"problem_id": int(number), **problem, **texts}


def as_folder(root: Path) -> str:
    for number in PROBLEMS:
        folder = root / "train" / number
        folder.mkdir(parents=True)
        given = row(number)
        (folder / "question.txt").write_text(given["question"])
        for key in ("solutions", "input_output"):
            (folder / f"{key}.json").write_text(given[key])
        if given["starter_code"]:
            (folder / "starter_code.py").write_text(given["starter_code"])
        (folder / "metadata.json").write_text(json.dumps({key: given[key] for key in ("difficulty", "url")}))
    return f"apps:{root}"


def as_rows(root: Path, *rows: dict[str, Any]) -> str:
    root.mkdir(exist_ok=True)
    given = rows or tuple(map(row, PROBLEMS))
    (root / "train.jsonl").write_text("".join(json.dumps(each) + "\n" for each in given))
    return f"apps:{root}"


def test_both_forms_hold_the_same_tasks(tmp_path: Path) -> None:
    def told(spec: str) -> list[Any]:
        return [(task.id, task.prompt, task.tests, task.reference, task.metadata["difficulty"]) for task in load(spec)]

    found = told(as_folder(tmp_path / "a"))
    assert found == told(as_rows(tmp_path / "b"))
    assert [each[0] for each in found] == ["apps/train/0000", "apps/train/0001", "apps/train/0002"]
    assert told(f"apps:{tmp_path / 'a' / 'train' / '0001'}") == found[1:2]
    assert told(f"apps:{tmp_path / 'b' / 'train.jsonl'}") == found


def test_standard_input_methods_and_functions(tmp_path: Path) -> None:
    stdio, method, function = (task.tests for task in load(as_rows(tmp_path)))
    assert stdio == Stdio((Exchange("1 2\n", "3\n"), Exchange("3 4\n", "7")))
    assert method == Calls("Solution.pick", (Call(([1, 2, 2],), 2), Call(([3],), 3)), "json")
    # The one value is in a list of its own, and the keys were numbers.
    assert function == Calls("swap", (Call(({1: 2},), {2: 1}),), "json")


def test_references_pass_and_others_do_not(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    for task in load(as_rows(tmp_path)):
        assert task.reference is not None
        assert outcome(task, task.reference) is Outcome.PASS
        assert outcome(task, "") is not Outcome.PASS


def test_prompts_have_the_form_of_the_authors(tmp_path: Path) -> None:
    stdio, method, _ = (task.prompt for task in load(as_rows(tmp_path)))
    assert stdio == "QUESTION:\nAdd.\nUse Standard Input format\nANSWER:"
    assert method == (
        "QUESTION:\nPick.\nfrom typing import List\n\nclass Solution:\n    def pick(self, xs: List[int]) -> int:\n"
        "Use Call-Based format\nANSWER:"
    )


def test_starter_code_does_not_make_a_task_call_based(tmp_path: Path) -> None:
    [task] = load(as_rows(tmp_path, {**row("0000"), "starter_code": "def f():\n"}))
    assert isinstance(task.tests, Stdio)
    assert "Use Standard Input format" in task.prompt


def test_options_choose(tmp_path: Path) -> None:
    spec = as_folder(tmp_path)
    assert [task.id for task in load(f"{spec}?difficulty=interview")] == ["apps/train/0001"]
    assert [task.id for task in load(f"{spec}?kind=stdio")] == ["apps/train/0000"]
    assert [task.id for task in load(f"{spec}?kind=call&difficulty=introductory")] == ["apps/train/0002"]
    [task] = load(f"{spec}?kind=stdio&compare=float")
    assert task.tests == Stdio((Exchange("1 2\n", "3\n"), Exchange("3 4\n", "7")), "float")
    for query, message in (
        ("difficulty=easy", "introductory, interview"),
        ("dificulty=x", "did you mean 'difficulty'"),
    ):
        with pytest.raises(BadTasks, match=message):
            load(f"{spec}?{query}")


def test_a_file_of_training_problems_has_no_test_split(tmp_path: Path) -> None:
    spec = as_rows(tmp_path)
    assert len(load(spec, "all")) == 3
    with pytest.raises(BadTasks, match="no task in the split 'test'"):
        load(f"{spec}/train.jsonl", "test")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "no tests: 'input_output' is empty"),
        (None, "no tests: 'input_output' is empty"),
        ('{"inputs": [', "'input_output' is not JSON"),
        ("[1]", "'input_output' must be a mapping, got list"),
        ({"inputs": [], "outputs": []}, "no tests: there are no inputs or no outputs"),
        ({"inputs": ["1"]}, "no tests: there are no inputs or no outputs"),
        ({"inputs": ["1", "2"], "outputs": ["1"]}, "no usable tests: 2 inputs and 1 outputs"),
        ({"inputs": [[1]], "outputs": ["1"]}, "no usable tests: expected text or lines, got list"),
        ({"inputs": ["1", "2"], "outputs": ["\n", ""]}, "no usable tests: nothing is to be printed"),
        ({"fn_name": "f", "inputs": ["1"], "outputs": [1]}, "no usable tests: the inputs of a function must be lists"),
    ],
)
def test_problems_without_usable_tests_are_known_by_what_is_wrong(tmp_path: Path, given: Any, why: str) -> None:
    text = json.dumps(given) if isinstance(given, dict) else given
    [excluded, good] = stream(as_rows(tmp_path, {**row("0000"), "input_output": text}, row("0000")))
    assert isinstance(excluded, Excluded)
    assert excluded.why.startswith(why)
    assert excluded.where.endswith("line 1")
    assert isinstance(good, Task)


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    spec = as_folder(tmp_path)
    (tmp_path / "train" / "0001" / "metadata.json").write_text("{")
    (tmp_path / "train" / "0002" / "input_output.json").unlink()
    good, unread, without = stream(spec)
    assert isinstance(good, Task)
    assert (str(unread).partition(":")[0], str(without)) == (
        str(tmp_path / "train" / "0001"),
        f"{tmp_path / 'train' / '0002'}: no tests: 'input_output' is empty",
    )


@pytest.mark.parametrize(
    ("program", "lines"),
    [
        ("def f(x: List[int]) -> Optional[int]: ...", ["from typing import List, Optional"]),
        ("from typing import List\ndef f(x: List[int]): ...", []),
        ("from typing import *\nx: List[int] = []", []),
        ("class Counter: ...\nCounter()", []),
        ("print(math.pi, sqrt(2))", ["from math import sqrt", "import math"]),
        ("import math\nprint(math.sqrt(2))", []),
        ("reduce = max\nreduce(1, 2)", []),
        ("self.heappush(1); x.re.y; List = 3", []),
    ],
)
def test_imports_that_are_used_and_not_made_are_added(program: str, lines: list[str]) -> None:
    assert with_imports(program) == "\n".join([*lines, "", program] if lines else [program])


def test_a_method_keeps_answers_that_are_lists() -> None:
    given = {"fn_name": "f", "inputs": [[1]], "outputs": [[1]]}
    assert suite(given, method=True) == Calls("Solution.f", (Call((1,), [1]),), "json")
    assert suite(given, method=False) == Calls("f", (Call((1,), 1),), "json")


def test_published_problems(data: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    found = load(f"apps:{data / 'apps'}")
    assert [(task.id[-4:], task.metadata["kind"], task.metadata["difficulty"]) for task in found] == [
        ("0001", "stdio", "interview"),
        ("0111", "stdio", "interview"),
        ("2287", "stdio", "competition"),
        ("2404", "call", "introductory"),
        ("4184", "call", "introductory"),
    ]
    for task in found:
        assert outcome(task, task.reference or "") is Outcome.PASS, task.id
