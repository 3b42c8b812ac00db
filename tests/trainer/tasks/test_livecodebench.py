from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Call, Calls, Exchange, Stdio
from analyzers.types import Outcome
from trainer.tasks import BadTasks, Excluded, load, stream
from trainer.types import Task


def case(given: str, expected: str, kind: str = "stdin") -> dict[str, str]:
    return {"input": given, "output": expected, "testtype": kind}


def packed(value: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(value)))).decode()


STDIO: dict[str, Any] = {
    "question_title": "Add", "question_content": "Add.", "platform": "atcoder", "question_id": "abc301_a",
    "contest_id": "abc301", "contest_date": "2023-05-13T00:00:00", "starter_code": "", "difficulty": "easy",
    "public_test_cases": json.dumps([case("1 2\n", "3\n")]), "private_test_cases": packed([case("2 2\n", "4\n")]),
    "metadata": "{}",
}  # fmt: skip
METHOD = {
    **STDIO, "question_id": "2777", "platform": "leetcode", "contest_date": "2024-08-01T00:00:00", "difficulty": "hard",
    "starter_code": "class Solution:\n    def join(self, xs: List[int], sep: str) -> str:\n        ",
    "public_test_cases": json.dumps([case('[1, 2]\n"-"', '"1-2"', "functional")]),
    "private_test_cases": json.dumps([case('[]\n","', '""', "functional")]),
    "metadata": json.dumps({"func_name": "join"}),
}  # fmt: skip


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"livecodebench:{path}"


def test_both_kinds_of_tests(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    stdio, method = load(written(tmp_path / "test.jsonl", STDIO, METHOD), "test")
    assert stdio.tests == Stdio((Exchange("1 2\n", "3\n"), Exchange("2 2\n", "4\n")))
    assert method.tests == Calls("Solution.join", (Call(([1, 2], "-"), "1-2"), Call(([], ","), "")), "json")
    assert method.prompt == (
        "Add.\n\nComplete this starter code:\nfrom typing import List\n\n"
        "class Solution:\n    def join(self, xs: List[int], sep: str) -> str:"
    )
    assert stdio.shown == Stdio((Exchange("1 2\n", "3\n"),))
    assert method.shown == Calls("Solution.join", (Call(([1, 2], "-"), "1-2"),), "json")
    assert outcome(stdio, "print(sum(map(int, input().split())))") is Outcome.PASS
    right = "class Solution:\n    def join(self, xs, sep):\n        return sep.join(map(str, xs))"
    assert outcome(method, right) is Outcome.PASS


def test_days_grades_and_platforms_choose(tmp_path: Path) -> None:
    spec = written(tmp_path / "test.jsonl", STDIO, METHOD)

    def ids(query: str) -> list[str]:
        return [task.id for task in load(f"{spec}?{query}", "test")]

    old, new = "livecodebench/abc301_a", "livecodebench/2777"
    assert ids("since=2024-08-01") == ids("difficulty=hard") == ids("platform=leetcode") == [new]
    assert ids("until=2023-05-13") == ids("since=2023-05-13&until=2024-07-31") == [old]
    assert ids("until=2024-08-01") == [old, new]
    with pytest.raises(BadTasks, match="since must be a day as 2024-08-01, got 'August'"):
        ids("since=August")
    with pytest.raises(BadTasks, match="for evaluation only"):
        load(spec, "train")


def test_all_files_of_a_folder_are_read(tmp_path: Path) -> None:
    written(tmp_path / "test.jsonl", STDIO)
    written(tmp_path / "test2.jsonl", METHOD)
    assert len(load(f"livecodebench:{tmp_path}", "test")) == 2


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("code of the data set ran",))


@pytest.mark.parametrize(
    ("private", "why"),
    [
        (base64.b64encode(zlib.compress(pickle.dumps(Attack()))).decode(), "refused builtins.print"),
        ("not base64!", "cannot be read"),
        (packed([case("1", "1")])[:40], "cannot be read"),
        (packed(3), "test cases must be a list of mappings, got int"),
        (packed([case("1", "1", "functional")]), "expected those of one type"),
        (packed([{"input": "1"}]), "not as published (KeyError: 'testtype')"),
    ],
)
def test_private_tests_that_are_none_are_named_and_run_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], private: str, why: str
) -> None:
    [excluded] = stream(written(tmp_path / "test.jsonl", {**STDIO, "private_test_cases": private}), "test")
    assert isinstance(excluded, Excluded)
    assert why in excluded.why
    assert capsys.readouterr().out == ""


def test_private_tests_that_would_fill_the_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.tasks.livecodebench.MAX_BYTES", 1000)
    private = packed([case("1" * 10_000, "1")])
    [excluded] = stream(written(tmp_path / "test.jsonl", {**STDIO, "private_test_cases": private}), "test")
    assert "longer than 1000 bytes" in str(excluded)


def test_a_call_without_a_name_and_no_tests_are_left_out(tmp_path: Path) -> None:
    bare = {**STDIO, "public_test_cases": "[]", "private_test_cases": ""}
    found = stream(written(tmp_path / "test.jsonl", {**METHOD, "metadata": "{}"}, bare), "test")
    assert [str(each).rpartition(": ")[2] for each in found] == [
        "they call a function, and 'metadata' does not name it in 'func_name'",
        "no tests",
    ]
