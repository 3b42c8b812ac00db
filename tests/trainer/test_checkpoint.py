from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trainer import checkpoint
from trainer.checkpoint import BadCheckpoint


def _write_model(folder: Path) -> None:
    (folder / "weights").write_text("w")


def _save(folder: Path, step: int, **more: Any) -> Path:
    return checkpoint.save(folder, step, state={"step": step}, write_model=_write_model, **more)


def test_the_latest_is_the_highest_step(tmp_path: Path) -> None:
    assert checkpoint.latest(tmp_path / "none") is None
    for step in (2, 10, 9):
        _save(tmp_path, step, keep=5)
    found = checkpoint.latest(tmp_path)
    assert found == tmp_path / "step-000010"
    assert checkpoint.load(found) == {"step": 10}
    assert (found / "model" / "weights").read_text() == "w"
    assert checkpoint.latest(tmp_path) != (tmp_path / "latest").resolve()  # 9 was written last


def test_old_ones_and_torn_ones_go(tmp_path: Path) -> None:
    (tmp_path / ".writing-000001-77" / "model").mkdir(parents=True)
    for step in (1, 2, 3):
        _save(tmp_path, step, keep=2)
    assert sorted(os.listdir(tmp_path)) == ["latest", "step-000002", "step-000003"]
    assert os.readlink(tmp_path / "latest") == "step-000003"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["model", "state", "flush", "rename"])
def test_whatever_stops_the_writing_leaves_the_previous_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, place: str
) -> None:
    _save(tmp_path, 1)

    def fail(*arguments: Any, **more: Any) -> None:
        raise error

    def half(folder: Path) -> None:
        (folder / "weights").write_text("half")
        raise error

    targets: dict[str, tuple[Any, str]] = {
        "state": (torch, "save"),
        "flush": (os, "fsync"),
        "rename": (Path, "rename"),
    }
    if place in targets:
        monkeypatch.setattr(*targets[place], fail)
    with pytest.raises(type(error)):
        checkpoint.save(tmp_path, 2, state={"step": 2}, write_model=half if place == "model" else _write_model)
    monkeypatch.undo()
    found = checkpoint.latest(tmp_path)
    assert found == tmp_path / "step-000001"
    assert checkpoint.load(found) == {"step": 1}
    assert sorted(os.listdir(tmp_path)) == ["latest", "step-000001"]


def test_a_step_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    first = _save(tmp_path, 4)
    (first / "mark").touch()
    assert _save(tmp_path, 4) == first
    assert (first / "mark").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x80\x04cos\nsystem\n(S'true'\ntR."])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    """The last one is a pickle that would run a command."""
    found = _save(tmp_path, 1)
    (found / "state.pt").write_bytes(content)
    with pytest.raises(BadCheckpoint, match="cannot read the checkpoint"):
        checkpoint.load(found)


def test_random_states_go_on(tmp_path: Path) -> None:
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    random.gauss(0, 1)
    np.random.normal()
    saved = checkpoint.save(tmp_path, 1, state={"random": checkpoint.random_state()}, write_model=_write_model)

    def draw() -> tuple[float, float, float]:
        return random.gauss(0, 1), np.random.normal(), torch.randn(()).item()

    expected = draw()
    draw()
    checkpoint.restore_random_state(checkpoint.load(saved)["random"])
    assert draw() == expected
