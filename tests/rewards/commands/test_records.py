from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzers.runtime.tests import Asserts
from rewards import jsonable
from rewards.commands.programs import BadUsage
from rewards.commands.records import Record, read_records
from rewards.tokens import TokenBytes
from rewards.types import Item, Score, Source

SCORE = Score(1.0, 1.0, None, Source("é = 1\n"), "é = 1\n", task_id="t/1")
TOKENS = TokenBytes((b"\xc3", b"\xa9", b" = ", b"1\n"), np.array([1, 1, 3, 2, 0]))


def written(folder: Path, *rows: Any, name: str = "rows.jsonl") -> str:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_scores_and_completions_line_by_line(tmp_path: Path) -> None:
    path = written(tmp_path, jsonable(SCORE), {"completion": "x", "tests": ["assert 1"], "task_id": "t/2"})
    first, second = read_records(path)
    assert (first, first.name) == (Record(score=SCORE), "t/1")
    assert (second.item, second.name) == (Item("x", tests=Asserts(("assert 1",)), task_id="t/2"), "t/2")


@pytest.mark.parametrize("tree", [jsonable(SCORE), [jsonable(SCORE)]])
def test_one_json_value_over_many_lines(tmp_path: Path, tree: Any) -> None:
    (tmp_path / "scores.json").write_text(json.dumps(tree, indent=2))
    assert read_records(str(tmp_path / "scores.json")) == [Record(score=SCORE)]


def test_samples_of_a_training_run_with_their_tokens(tmp_path: Path) -> None:
    path = written(tmp_path, {"step": 3, "score": jsonable(SCORE), "byte_spans": [[0, 1], [1, 7], [7, 7]]})
    [record] = read_records(path)
    assert record.score == SCORE
    assert record.byte_spans is not None
    assert record.byte_spans.tolist() == [[0, 1], [1, 7], [7, 7]]


def test_token_ids_count_where_there_is_a_tokenizer(tmp_path: Path) -> None:
    path = written(tmp_path, {"completion": SCORE.completion, "token_ids": [0, 1, 2, 3]})
    [record] = read_records(path)
    assert record.byte_spans is None
    [record] = read_records(path, TOKENS)
    assert record.byte_spans is not None
    assert record.byte_spans.tolist() == [[0, 1], [1, 2], [2, 5], [5, 7]]
    assert record.sampled == "é = 1\n".encode()


def test_sampled_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    path = written(tmp_path, {"completion": "\ufffd = 1\n", "token_ids": [0, 2, 3]})
    [record] = read_records(path, TOKENS)
    assert record.sampled == b"\xc3 = 1\n"
    path = written(tmp_path, {"completion": "\ufffd = 1\n", "byte_spans": [[0, 1], [1, 6]]})
    [record] = read_records(path)  # without the bytes nobody knows how long U+FFFD was
    assert record.byte_spans is not None


def test_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (json.dumps(jsonable(SCORE)) + "\n\n").encode() * 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert [record.score for record in read_records("-")] == [SCORE, SCORE]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (3, ":2: expected an object, a score or a completion, got '3'"),
        ({"completon": "x"}, ":2: unknown key 'completon' in an item; did you mean 'completion'?"),
        ({"completion": 3}, ":2: a completion is text, got int"),
        ({"completion": "x", "tests": {"asert": []}}, ":2: tests need the keys"),
        (jsonable(SCORE) | {"value": "high"}, ":2: score.value: got str 'high', expected a number"),
        ({"completion": "xyz", "byte_spans": [[0, 1]]}, ":2: the tokens cover 1 bytes, the completion has 3"),
        ({"completion": "xy", "byte_spans": [0, 2]}, ":2: byte_spans are pairs of a start and an end"),
        ({"completion": "xy", "byte_spans": [[0, 1], [0, 2]]}, ":2: byte_spans are half-open, begin at 0"),
        ({"completion": "xy", "byte_spans": [[1, 2]]}, ":2: byte_spans are half-open, begin at 0"),
        ({"completion": "xy", "byte_spans": ["a"]}, ":2: "),
        ({"completion": "xy", "token_ids": [3]}, ":2: the sampled bytes do not decode to the text"),
        ({"completion": "xy", "token_ids": "ab"}, ":2: "),
        ({"completion": "xy", "token_ids": [-1]}, ":2: ids must be one row of numbers from 0 up"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, row: Any, message: str) -> None:
    path = written(tmp_path, jsonable(SCORE), row)
    with pytest.raises(BadUsage) as error:
        read_records(path, TOKENS)
    assert str(error.value).startswith(f"{path}{message}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds neither scores nor completions"),
        (b"[]", "holds neither scores nor completions"),
        (b'{"completion": "x"}\n{"compl', "rows.jsonl:2 is no JSON: Unterminated string"),
        (b"\xff\xfe", "it is no UTF-8 text"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_files_that_hold_nothing_of_use(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(data)
    with pytest.raises(BadUsage, match=message):
        read_records(str(tmp_path / "rows.jsonl"))
    with pytest.raises(BadUsage, match=r"cannot read 'nowhere\.jsonl': No such file"):
        read_records("nowhere.jsonl")


def test_line_breaks_within_strings_of_json_are_none_between_rows(tmp_path: Path) -> None:
    score = replace(SCORE, completion="a\u2028b", source=Source("a\u2028b"))
    path = tmp_path / "rows.jsonl"
    path.write_text((json.dumps(jsonable(score), ensure_ascii=False) + "\n") * 2, encoding="utf-8")
    assert [record.score for record in read_records(str(path))] == [score, score]
