from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Appended, Asserts, Call, Calls, CheckFunction, Exchange, Stdio
from trainer.tasks import BadTasks, Excluded, TasksMissing, stream
from trainer.tasks.files import counted, embedded, fault, field, locate, one_of, read, rows, split_in
from trainer.types import Task

ROWS: list[dict[str, Any]] = [{"a": 1}, {"a": 2.5, "b": ["ü", None]}]


def of(path: Path) -> list[dict[str, Any]]:
    return [entry[1] for entry in rows(path) if isinstance(entry, tuple)]


def excluded(path: Path) -> list[Excluded]:
    return [entry for entry in rows(path) if isinstance(entry, Excluded)]


def test_every_form_of_a_file_holds_the_same_rows(tmp_path: Path) -> None:
    lines = "\n".join(map(json.dumps, ROWS)).encode()
    listed = json.dumps(ROWS).encode()
    named = json.dumps(dict(zip("xy", ROWS, strict=True)), indent=1).encode()
    for name, content in (("r.jsonl", lines), ("r.json", listed), ("n.json", named)):
        (tmp_path / name).write_bytes(content)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        for path in (tmp_path / name, tmp_path / f"{name}.gz"):
            assert of(path) == ROWS, path
            assert excluded(path) == []


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    made = [{"id": number, "tests": {"input": ["1"], "output": ["2"]}} for number in range(40)]
    parquet.write_table(arrow.Table.from_pylist(made), tmp_path / "r.parquet", row_group_size=7)
    assert of(tmp_path / "r.parquet") == made
    assert [entry[0] for entry in rows(tmp_path / "r.parquet")][-1] == f"{tmp_path / 'r.parquet'}, row 40"
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadTasks, match=r"cannot read .*bad\.parquet"):
        list(rows(tmp_path / "bad.parquet"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"a": 1', "not JSON (Expecting ',' delimiter"),
        (b"[1]", "expected an object, got list: '[1]'"),
        (b"\xff\xfe", "not JSON ('utf-8' codec"),
        (b"[" * 100_000, "not JSON (maximum recursion depth"),
    ],
)
def test_a_corrupt_line_is_named_and_the_rest_goes_on(tmp_path: Path, line: bytes, why: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"a": 1}\r\n\n' + line + b'\n{"a": 2}')
    assert of(path) == [{"a": 1}, {"a": 2}]
    [found] = excluded(path)
    assert found.where == f"{path}, line 3"
    assert found.why.startswith(why)
    assert len(found.why) < 250


def test_a_list_that_is_cut_off_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('[{"a": 1}, 3, {"a": 2}, {"a": [1, 2')
    assert of(path) == [{"a": 1}, {"a": 2}]
    wrong, cut = excluded(path)
    assert (wrong.where, wrong.why) == (f"{path}, row 2", "expected an object, got int: '3'")
    assert cut.where == f"{path}, row 4"
    assert cut.why.startswith("not JSON, and nothing behind it can be read")


def test_a_list_in_which_no_row_begins_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    assert of(path) == []
    assert [found.why.partition(" (")[0] for found in excluded(path)][-1:] != []
    path.write_text("prose")
    assert "one object a line needs the suffix .jsonl" in excluded(path)[0].why


def test_a_compressed_file_that_is_cut_off_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    whole = gzip.compress("".join(json.dumps({"a": number}) + "\n" for number in range(50_000)).encode(), mtime=0)
    path.write_bytes(whole[: len(whole) // 2])
    found = of(path)
    assert 10 < len(found) < 50_000
    assert found == [{"a": number} for number in range(len(found))]
    assert "cannot be read on from here" in excluded(path)[0].why


def test_locate_takes_the_files_of_the_first_pattern_that_fits(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.json"):
        (tmp_path / name).touch()
    (tmp_path / "d.jsonl").mkdir()
    assert [path.name for path in locate("n", str(tmp_path), ("x", "*.jsonl", "*.json"))] == ["a.jsonl", "b.jsonl"]
    assert locate("n", str(tmp_path / "c.json"), ("x",)) == [tmp_path / "c.json"]
    with pytest.raises(TasksMissing, match="holds none of x, y"):
        locate("n", str(tmp_path), ("x", "y"))


def test_what_a_loader_stumbles_over_is_an_exclusion_with_the_id() -> None:
    def make(row: dict[str, Any], where: str) -> Task | None:
        return None if row["skip"] else Task(row["id"], row["prompt"].strip(), Asserts(tuple(row["tests"])))

    given = [
        {"skip": False, "id": "a", "prompt": "p", "tests": ["assert 1"]},
        {"skip": True},
        {"skip": False, "id": "b", "prompt": 3, "tests": []},
        {"skip": False, "id": "c", "prompt": "p", "tests": []},
        {},
    ]
    task, *others = read(((str(number), row) for number, row in enumerate(given)), make)
    assert isinstance(task, Task)
    assert [(each.where, each.task) for each in others if isinstance(each, Excluded)] == [
        ("2", "b"),
        ("3", "c"),
        ("4", ""),
    ]
    assert [str(each.why) for each in others if isinstance(each, Excluded)] == [
        "not as published (AttributeError: 'int' object has no attribute 'strip')",
        "no tests",
        "not as published (KeyError: 'skip')",
    ]


@pytest.mark.parametrize(
    ("tests", "count"),
    [
        (Asserts(("assert 1", "assert 2")), 2),
        (Calls("f", (Call((), 1),)), 1),
        (Stdio((Exchange("", ""),) * 3), 3),
        (CheckFunction("def check(c): ...", "f"), 1),
        (Appended(" \n"), 0),
    ],
)
def test_counted(tests: Any, count: int) -> None:
    assert counted(tests) == count


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        (Asserts(()), "no tests"),
        (Asserts(("assert 1", " ")), "no usable tests: an assertion is empty"),
        (Asserts(("assert 1", 2)), "no usable tests: expected text, got int: '2'"),  # type: ignore[arg-type]
        (Stdio((Exchange("", 3),)), "no usable tests: expected text, got int: '3'"),  # type: ignore[arg-type]
        (Stdio((Exchange("", ""),)), ""),
        (Asserts(("assert 1",)), ""),
    ],
)
def test_a_suite_by_which_nothing_can_be_judged(tests: Any, why: str) -> None:
    assert fault(tests) == why


@pytest.mark.parametrize(
    ("where", "split"),
    [
        ("/data/apps/train/0001", "train"),
        ("apps/test.jsonl.gz, line 3", "test"),
        ("/home/train/test-00000-of-00001.parquet, row 1", "test"),
        ("/tmp/test_apps/latest.jsonl, line 1", ""),
        ("owner/name/train, row 7", "train"),
    ],
)
def test_split_in(where: str, split: str) -> None:
    assert split_in(where, ("train", "test")) == split


def test_values_are_checked() -> None:
    assert embedded({"a": "[1]", "b": [2], "c": " "}, "a") == [1]
    assert embedded({"b": [2]}, "b") == [2]
    assert embedded({"c": " "}, "c") is embedded({}, "d") is None
    with pytest.raises(BadTasks, match=r"'a' is not JSON .*'\[1'"):
        embedded({"a": "[1"}, "a")
    with pytest.raises(BadTasks, match="'a' must be a str, got int: '1'"):
        field({"a": 1}, "a", str)
    one_of("set", "language", "", ("cpp",))
    with pytest.raises(BadTasks, match="set has no language 'c#'; it has cpp, go"):
        one_of("set", "language", "c#", ("cpp", "go"))


def written(path: Path, count: int) -> Path:
    """That many tasks of a kilobyte or two, as lines or as a list."""
    listed = path.suffix == ".json"
    long = "word " * 400
    made: Iterator[str] = (
        json.dumps(
            {"question": f"{number} {long}", "inputs": ["1\n"], "outputs": ["1"], "id": number}
            if listed
            else {"prompt": f"{number} {long}", "tests": ["assert f() == 1"]}
        )
        for number in range(count)
    )
    with path.open("w", encoding="utf-8") as file:
        file.write("[" * listed)
        for number, line in enumerate(made):
            file.write((",\n" if listed else "\n") * bool(number) + line)
        file.write("]" * listed)
    return path


@pytest.mark.parametrize(("spec", "name"), [("jsonl", "a.jsonl"), ("jsonl?split", "s.jsonl"), ("apps_plus", "a.json")])
def test_memory_does_not_grow_with_the_size_of_a_set(tmp_path: Path, spec: str, name: str) -> None:
    peaks = []
    for count in (200, 2_000):
        path = written(tmp_path / f"{count}{name}", count)
        split = "train" if spec.endswith("split") else "all"
        tracemalloc.start()
        try:
            found = sum(isinstance(each, Task) for each in stream(f"{spec.partition('?')[0]}:{path}", split))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert found >= 0.85 * count
    # 2,000 of them take 4 MB as text, and eight bytes each where a split has to be chosen.
    assert peaks[1] < peaks[0] + 300_000
