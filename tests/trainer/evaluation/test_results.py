from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analyzers.types import Outcome
from trainer.evaluation.graded import Graded
from trainer.evaluation.results import Results, entries, settings_of
from trainer.tasks.files import Excluded

SETTINGS: dict[str, Any] = {"model": "tiny", "samples": 2}


def graded(task: str, **fields: Any) -> Graded:
    return Graded(
        **{"task_id": task, "greedy": False, "completion": "x", "tokens": 3, "outcome": Outcome.PASS, **fields}
    )


def expected(sample: Graded) -> int:
    return 1 if sample.greedy else 2


def test_what_is_whole_is_kept_and_the_rest_is_drawn_again(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with Results(path, SETTINGS, expected) as results:
        for sample in (graded("a"), graded("a"), graded("b"), graded("b", greedy=True), graded("a", condition="hot")):
            results.add(sample)
    with path.open("a") as file:
        file.write('{"task_id": "b", "gre')
    with Results(path, SETTINGS, expected) as results:
        assert results.complete == {("", False, "a"), ("", True, "b")}
        assert results.totals.by_condition[""]["a"].samples == 2
        assert "hot" not in results.totals.by_condition
        results.add(graded("b"))
        results.add(graded("b"))
    with Results(path, SETTINGS, expected) as results:
        assert results.lines == 5
    assert [entry for entry in entries(path) if isinstance(entry, Excluded)] == []


def test_without_groups_all_is_kept_up_to_the_line_that_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with Results(path, SETTINGS) as results:
        results.add(graded("a"))
        results.add(Excluded("f, line 2", "not JSON: x", ""))
    with path.open("ab") as file:
        file.write(b"{\xff\n" + json.dumps(graded("c").to_json()).encode() + b"\n")
    with Results(path, SETTINGS) as results:
        # What stands behind the torn line cannot be told apart from what has to be judged anew.
        assert (results.lines, list(results.totals.by_condition[""])) == (2, ["a"])
        assert (results.excluded.count, dict(results.excluded.reasons)) == (1, {"not JSON": 1})


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with Results(path, SETTINGS) as results:
        results.add(graded("a"))
    with path.open("a") as file:
        file.write("nonsense\n" + json.dumps({"outcome": "pass"}) + "\n" + json.dumps(graded("b").to_json()) + "\n")
    one, torn, lacking, other = entries(path)
    assert (one, other) == (graded("a"), graded("b"))
    assert isinstance(torn, Excluded)
    assert isinstance(lacking, Excluded)
    assert torn.where.endswith("line 3")
    assert "JSONDecodeError" in torn.why
    assert lacking.where.endswith("line 4")
    assert "missing" in lacking.why


def test_another_evaluation_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with Results(path, SETTINGS) as results:
        results.add(graded("a"))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"another evaluation .*model was 'tiny', is 'big'"):
        Results(path, {**SETTINGS, "model": "big"})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert settings_of(path) == SETTINGS


@pytest.mark.parametrize("content", ["my notes\n", "[]\n", "{}\n", '{"evaluation": 3}\n'])
def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match="holds no samples of an evaluation"):
        Results(path, SETTINGS)
    assert path.read_text() == content
