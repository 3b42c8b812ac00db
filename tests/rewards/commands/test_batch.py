from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Asserts
from rewards import from_jsonable
from rewards.commands import settings

Run = Callable[..., int]

ROWS = [
    {"completion": "x = 1\n", "task_id": "a"},
    {"completion": "x = y\n", "task_id": "b", "tests": ["assert x"], "byte_spans": [[0, 4], [4, 6]]},
    {"completion": "x = 2\n", "task_id": "c"},
]


@pytest.fixture
def rows(tmp_path: Path) -> str:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return str(path)


def test_completions_are_scored_with_their_own_tests_or_the_given_ones(
    run: Run, capsys: pytest.CaptureFixture[str], scorer: dict[str, Any], rows: str, tmp_path: Path
) -> None:
    options = ["--tests", "assert x == 1", "--jsonl", str(tmp_path / "out.jsonl"), "--html", str(tmp_path / "out.html")]
    assert run("batch", rows, *options) == 0
    assert [item.tests for item in scorer["items"]] == [
        Asserts(("assert x == 1",)),
        Asserts(("assert x",)),
        Asserts(("assert x == 1",)),
    ]
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["pass", "2", "+2.000"] in said
    assert ["pyflakes", "undefined-name", "1", "1", "1", "-0.100"] in said
    first, second, _ = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert from_jsonable(first).task_id == "a"
    assert (from_jsonable(second["score"]).task_id, second["byte_spans"]) == ("b", [[0, 4], [4, 6]])
    assert "sw-token sw-hit" in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_what_was_written_is_read_again_and_not_scored_again(
    run: Run, capsys: pytest.CaptureFixture[str], scorer: dict[str, Any], rows: str, tmp_path: Path
) -> None:
    kept, again = tmp_path / "kept.jsonl", tmp_path / "again.jsonl"
    assert run("batch", rows, "--jsonl", str(kept)) == 0
    before = capsys.readouterr().out
    scorer.clear()
    assert run("batch", str(kept), "--jsonl", str(again)) == 0
    assert capsys.readouterr().out == before
    assert again.read_text() == kept.read_text()
    assert scorer == {}


def test_rows_from_stdin(run: Run, capsys: pytest.CaptureFixture[str], scorer: dict[str, Any]) -> None:
    assert run("batch", "-", stdin=json.dumps(ROWS[0]).encode()) == 0
    assert "not tested" in capsys.readouterr().out


@pytest.mark.parametrize(("scheme", "expected"), [("static", 1), ("difficulty", 3)])
def test_programs_are_scored_in_chunks_unless_a_scheme_compares_them(
    run: Run, monkeypatch: pytest.MonkeyPatch, scorer: dict[str, Any], rows: str, scheme: str, expected: int
) -> None:
    monkeypatch.setattr(settings, "AT_ONCE", 1)
    assert run("batch", rows, "--scheme", scheme) == 0
    assert len(scorer["items"]) == expected


def test_what_is_known_is_on_disk_when_a_later_chunk_fails(
    run: Run, monkeypatch: pytest.MonkeyPatch, scorer: dict[str, Any], rows: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "AT_ONCE", 1)
    good = settings.Scorer.score_batch

    def score_batch(self: Any, items: Any) -> Any:
        if items[0].task_id == "c":
            raise KeyboardInterrupt
        return good(self, items)

    monkeypatch.setattr(settings.Scorer, "score_batch", score_batch)
    assert run("batch", rows, "--jsonl", str(tmp_path / "out.jsonl")) == 130
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2
