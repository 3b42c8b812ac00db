from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Asserts, Call, Calls, CheckFunction, Exchange, Stdio
from trainer.tasks import BadTasks, Excluded, TasksMissing, jsonl, load, stream
from trainer.types import Task


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return f"jsonl:{path}"


def row(prompt: str, **fields: Any) -> dict[str, Any]:
    return {"prompt": prompt, "tests": ["assert True"], **fields}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["assert f() == 1"], Asserts(("assert f() == 1",))),
        ("assert f() == 1", Asserts(("assert f() == 1",))),
        ({"check": "def check(c): ...", "entry_point": "f"}, CheckFunction("def check(c): ...", "f")),
        ({"function": "f", "cases": [{"args": [1], "expected": 2}]}, Calls("f", (Call((1,), 2),))),
        ({"stdio": [{"stdin": "1", "stdout": "2"}]}, Stdio((Exchange("1", "2"),))),
    ],
)
def test_tests_come_in_any_form_that_a_suite_can_have(tmp_path: Path, given: object, expected: object) -> None:
    (task,) = load(written(tmp_path / "t.jsonl", row("p", tests=given)), "all")
    assert task.tests == expected


def test_all_fields(tmp_path: Path) -> None:
    spec = written(
        tmp_path / "t.jsonl",
        row("p\n", language="py", reference="r", prefix="x", suffix="y", id="one", metadata={"a": 1}),
    )
    (task,) = load(spec, "all")
    assert (task.id, task.prompt, task.language, task.reference) == ("one", "p", "python", "r")
    assert (task.prefix, task.suffix) == ("x", "y")
    assert task.metadata["a"] == 1


def test_ids_are_file_and_line_unless_given(tmp_path: Path) -> None:
    assert [task.id for task in load(written(tmp_path / "t.jsonl", row("a"), row("b")), "all")] == ["t/1", "t/2"]


def test_rows_may_name_their_split(tmp_path: Path) -> None:
    spec = written(tmp_path / "t.jsonl", row("a", split="train"), row("b", split="test"), row("c", split="train"))
    assert [task.prompt for task in load(spec, "train")] == ["a", "c"]
    assert [task.prompt for task in load(spec, "test")] == ["b"]
    with pytest.raises(BadTasks, match="no row in the split 'dev'; its rows name test, train"):
        load(spec, "dev")


def test_without_splits_a_tenth_of_the_prompts_is_held_out_and_equal_prompts_stay_together(tmp_path: Path) -> None:
    rows = [row(f"prompt {index % 20}") for index in range(40)]
    spec = written(tmp_path / "t.jsonl", *rows)
    train, test = load(spec, "train"), load(spec, "test")
    # 20 distinct prompts, each twice: a tenth is 2 prompts, that is 4 rows.
    assert (len(train), len(test)) == (36, 4)
    assert not {task.prompt for task in train} & {task.prompt for task in test}
    assert len(load(spec, "all")) == 40


def test_the_held_out_rows_do_not_depend_on_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [row(f"prompt {index}") for index in range(30)]
    forward = load(written(tmp_path / "a.jsonl", *rows), "test")
    backward = load(written(tmp_path / "b.jsonl", *reversed(rows)), "test")
    assert {task.prompt for task in forward} == {task.prompt for task in backward}


def test_one_row_cannot_be_split(tmp_path: Path) -> None:
    spec = written(tmp_path / "t.jsonl", row("a"))
    assert len(load(spec, "train")) == 1
    with pytest.raises(BadTasks, match="too few rows to split"):
        load(spec, "test")


def test_a_folder_has_a_file_for_each_split(tmp_path: Path) -> None:
    written(tmp_path / "train.jsonl", row("a"))
    written(tmp_path / "test.jsonl", row("b"))
    assert [task.prompt for task in load(f"jsonl:{tmp_path}", "train")] == ["a"]
    assert {task.prompt for task in load(f"jsonl:{tmp_path}", "all")} == {"a", "b"}
    with pytest.raises(TasksMissing, match=r"no validation.jsonl"):
        load(f"jsonl:{tmp_path}", "validation")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"tests": []}, "no key 'prompt'"),
        ({"prompt": "p"}, "no key 'tests'"),
        ({"prompt": 3, "tests": []}, "'prompt' must be a str, got int"),
        ({"prompt": "p", "tests": 3}, "tests must be assert statements or a mapping, got int"),
        ({"prompt": "p", "tests": {"cases": []}}, "tests need the keys"),
        ({"prompt": "p", "tests": [], "language": "pyton"}, "did you mean python"),
        ({"prompt": "p", "tests": [], "promt": 1}, "unknown key 'promt'"),
    ],
)
def test_bad_rows_are_named_by_their_line(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    spec = written(tmp_path / "t.jsonl", row("fine"), bad)
    task, excluded = stream(spec, "all")
    assert isinstance(task, Task)
    assert isinstance(excluded, Excluded)
    assert message in excluded.why
    assert excluded.where.endswith("t.jsonl, line 2")


def test_of_two_rows_with_one_id_the_second_is_left_out(tmp_path: Path) -> None:
    spec = written(tmp_path / "t.jsonl", row("a", id="x"), row("b", id="x"))
    with pytest.warns(UserWarning, match=r"1 of 2 rows are left out \(1 x two rows have the id 'x'.*line 2"):
        assert [task.prompt for task in load(spec, "all")] == ["a"]


def test_a_row_without_tests_is_left_out_and_not_scored_0(tmp_path: Path) -> None:
    spec = written(tmp_path / "t.jsonl", row("a", tests=[]), row("b"))
    assert next(stream(spec, "all")) == Excluded(f"{tmp_path / 't.jsonl'}, line 1", "no tests", "t/1")


def test_a_file_of_mixed_formats_gives_what_it_has_and_names_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    mbpp = {"task_id": 1, "text": "t", "code": "c", "test_list": ["assert 1"]}
    lines = [json.dumps(row("a")), '{"prompt": "cut o', json.dumps(mbpp), "[1]", "", json.dumps(row("b"))]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = list(stream(f"jsonl:{path}", "all"))
    assert [each.prompt for each in found if isinstance(each, Task)] == ["a", "b"]
    excluded = [each for each in found if isinstance(each, Excluded)]
    assert [each.where.rpartition(" ")[2] for each in excluded] == ["2", "3", "4"]
    for each, why in zip(excluded, ("not JSON", "unknown key 'code'", "expected an object, got list"), strict=True):
        assert each.why.startswith(why)


def test_the_first_row_decides_whether_rows_name_their_split(tmp_path: Path) -> None:
    named = written(tmp_path / "a.jsonl", row("a", split="train"), row("b"))
    assert [str(each.why) for each in stream(named) if isinstance(each, Excluded)] == [
        "the row names no split, and the first row does"
    ]
    unnamed = written(tmp_path / "b.jsonl", row("a"), row("b", split="train"), row("c"))
    assert [str(each.why) for each in stream(unnamed) if isinstance(each, Excluded)] == [
        "the row names the split 'train', the first none"
    ]


def test_a_task_that_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    task = Task("x", "p", Calls("f", (Call((1, [2]), {"a": 1}),)), "cpp", "int f(", "1", Asserts(("assert 1",)), ("}",),
                {"where": "w", "split": "test"})  # fmt: skip
    assert load(written(tmp_path / "t.jsonl", jsonl.row(task)), "test") == [task]


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b"\x1f\x8b but not gzip", b'{"prompt": "\xed\xa0\x80"}'])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("t.jsonl", "t.jsonl.gz"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadTasks, match=r"t\.jsonl.*(not JSON|cannot be read)"):
            load(f"jsonl:{tmp_path / name}", "all")


def test_holdout_tests_stand_beside_the_others(tmp_path: Path) -> None:
    [task] = load(written(tmp_path / "a.jsonl", row("p", holdout=["assert f(2)"], split="train")))
    assert (task.tests, task.holdout) == (Asserts(("assert True",)), Asserts(("assert f(2)",)))
    [excluded] = stream(written(tmp_path / "b.jsonl", row("p", holdout=3, split="train")), "all")
    assert isinstance(excluded, Excluded)
    assert excluded.why.startswith("tests must be")


def test_shown_tests_are_the_first_or_others(tmp_path: Path) -> None:
    both, other = ["assert f(1)", "assert f(2)"], ["assert f(3)"]
    rows = [row("a", tests=both, shown=1), row("b", tests=both, shown=other), row("c", tests=both)]
    tasks = load(written(tmp_path / "t.jsonl", *rows), "all")
    assert [task.shown for task in tasks] == [Asserts(("assert f(1)",)), Asserts(("assert f(3)",)), None]
    assert [jsonl.row(task).get("shown") for task in tasks] == [1, {"asserts": other, "setup": ""}, None]


@pytest.mark.parametrize("shown", [True, 1.5, {"nothing": 1}])
def test_shown_tests_that_are_none_are_refused(tmp_path: Path, shown: object) -> None:
    [excluded] = stream(written(tmp_path / "t.jsonl", row("p", shown=shown)), "all")
    assert isinstance(excluded, Excluded)
