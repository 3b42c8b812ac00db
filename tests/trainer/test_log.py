from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trainer.log import Log, read, truncate


def test_one_line_per_step_with_paths_for_nested_names(tmp_path: Path) -> None:
    with Log(tmp_path) as log:
        log.metrics(1, {"reward": 0.5, "outcome": {"pass": 0.25, "failure": 0.75}})
        log.metrics(2, {"reward": 1.0})
    assert (tmp_path / "metrics.jsonl").read_text().splitlines() == [
        '{"step": 1, "reward": 0.5, "outcome/pass": 0.25, "outcome/failure": 0.75}',
        '{"step": 2, "reward": 1.0}',
    ]


def test_numbers_of_numpy_and_torch_are_plain_and_what_is_not_finite_is_null(tmp_path: Path) -> None:
    values = {
        "a": np.float32(0.5),
        "b": torch.tensor(2),
        "c": float("nan"),
        "d": np.float64("inf"),
        "e": None,
        "f": "word",
    }
    with Log(tmp_path) as log:
        log.metrics(1, values)
    (record,) = read(tmp_path / "metrics.jsonl")
    assert record == {"step": 1, "a": 0.5, "b": 2, "c": None, "d": None, "e": None, "f": "word"}


def test_every_line_is_there_before_the_log_is_closed(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.metrics(1, {"x": 1})
    log.samples(1, [{"score": {"completion": "\ud800", "value": float("nan")}}])
    assert len(list(read(tmp_path / "metrics.jsonl"))) == 1
    (sample,) = read(tmp_path / "samples.jsonl")
    assert sample["score"] == {"completion": "\ud800", "value": None}
    log.close()


def test_tensorboard_has_the_numbers_too(tmp_path: Path) -> None:
    with Log(tmp_path) as log:
        log.metrics(3, {"outcome": {"pass": 0.25}, "word": "none", "missing": None})
    events = EventAccumulator(str(tmp_path / "tb"))
    events.Reload()
    assert events.Tags()["scalars"] == ["outcome/pass"]
    assert [(event.step, event.value) for event in events.Scalars("outcome/pass")] == [(3, 0.25)]


def test_resume_cuts_off_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    with Log(tmp_path) as log:
        for step in (1, 2, 3):
            log.metrics(step, {"x": step})
            log.samples(step, [{"n": step}])
    with Log(tmp_path, resume_from=2) as log:
        log.metrics(3, {"x": 30})
    assert [(r["step"], r["x"]) for r in read(tmp_path / "metrics.jsonl")] == [(1, 1), (2, 2), (3, 30)]
    assert [r["step"] for r in read(tmp_path / "samples.jsonl")] == [1, 2]
    events = EventAccumulator(str(tmp_path / "tb"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("x")] == [(1, 1.0), (2, 2.0), (3, 30.0)]


def test_a_fresh_log_starts_the_files_anew(tmp_path: Path) -> None:
    for value in (1, 2):
        with Log(tmp_path) as log:
            log.metrics(0, {"x": value})
    assert [r["x"] for r in read(tmp_path / "metrics.jsonl")] == [2]


@pytest.mark.parametrize("torn", ['{"step": 2, "x"', "\x00\x00\x00", '"step"', "[" * 100_000, '{"step": "2"}'])
def test_a_torn_last_line_is_dropped_and_the_next_one_stands_on_its_own(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1, "x": 1}\n' + torn)
    with Log(tmp_path, resume_from=1) as log:
        log.metrics(2, {"x": 2})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"step": 1, "x": 1}, {"step": 2, "x": 2}]


def test_what_is_not_there_has_no_records(tmp_path: Path) -> None:
    assert list(read(tmp_path / "none.jsonl")) == []
    truncate(tmp_path / "none.jsonl", 3)
    assert not (tmp_path / "none.jsonl").exists()
