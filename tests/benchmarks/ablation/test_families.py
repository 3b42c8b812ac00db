"""Families of tasks, in parts that have nothing in common."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.ablation import families
from trainer import tasks
from trainer.tasks import BadTasks, builtin


@pytest.fixture
def others(tmp_path: Path) -> Path:
    folder = tmp_path / "others"
    folder.mkdir()
    for split, count in (("train", 50), ("test", 12)):
        rows = [{"id": f"{split}/{n}", "prompt": f"{split} {n}", "tests": [f"assert f() == {n}"]} for n in range(count)]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_task_set_is_cut_into_parts_that_the_trainer_reads(others: Path, tmp_path: Path) -> None:
    family = families.prepare(f"jsonl:{others}", model="some/model", out=tmp_path / "out")
    assert family.model == "some/model"
    assert re.fullmatch(r"jsonl-[0-9a-f]{6}", family.name)
    assert not family.embedded
    found = {part: [task.id for task in tasks.load(family.spec(part), split)] for part, split in families.PARTS.items()}
    # No validation split: the last fifth of the training tasks is tuned on.
    assert found["train"] == [f"train/{n}" for n in range(40)]
    assert found["tuning"] == [f"train/{n}" for n in range(40, 50)]
    assert found["test"] == [f"test/{n}" for n in range(12)]


def test_files_that_are_there_are_left_as_they_are(others: Path, tmp_path: Path) -> None:
    first = families.prepare(f"jsonl:{others}", model="m", out=tmp_path / "out")
    before = first.file("test").stat().st_mtime_ns
    (others / "test.jsonl").unlink()
    again = families.prepare(f"jsonl:{others}", model="m", out=tmp_path / "out")
    assert again.file("test").stat().st_mtime_ns == before


def test_a_validation_split_is_tuned_on(others: Path, tmp_path: Path) -> None:
    rows = [{"id": f"v{n}", "prompt": f"v {n}", "tests": [f"assert f() == {n}"]} for n in range(11)]
    (others / "validation.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    family = families.prepare(f"jsonl:{others}", model="m", out=tmp_path / "out")
    assert len(tasks.load(family.spec("train"), "train")) == 50
    assert {task.id for task in tasks.load(family.spec("tuning"), "test")} == {f"v{n}" for n in range(11)}


def test_a_set_that_is_too_small_is_refused_with_its_counts(others: Path, tmp_path: Path) -> None:
    lines = (others / "train.jsonl").read_text().splitlines(keepends=True)
    (others / "train.jsonl").write_text("".join(lines[:20]))
    with pytest.raises(BadTasks, match=r"16 for train, 4 for tuning, 12 for test"):
        families.prepare(f"jsonl:{others}", model="m", out=tmp_path / "out")


def test_long_compositions_are_long_different_and_of_their_split() -> None:
    found = list(islice(families.long_compositions("train"), 200))
    assert {len(composition) for composition in found} == {4, 5}
    assert len(set(found)) == 200
    assert {builtin.split_of(composition) for composition in found} == {"train"}
    assert found == list(islice(families.long_compositions("train"), 200))
