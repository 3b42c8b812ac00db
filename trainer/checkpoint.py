"""Checkpoints: everything that a run needs to go on as if it had never stopped, written whole or not at all.

    checkpoints/
      step-000040/model/      weights and tokenizer; a folder that `--model` takes
      step-000040/state.pt    optimiser, schedule, step, buffer, baselines, random states
      latest -> step-000040   for people; what counts is the highest step
      best -> step-000020     where a run measures on its way: the one that did best, which is kept, too

A checkpoint is written beside its place, flushed to the disk, and moved there in one rename. Whatever stops the
writing, a full disk or `kill -9`, leaves the previous checkpoint as it was, and a folder `step-*` is always whole.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

LATEST = "latest"
BEST = "best"
MODEL = "model"
STATE = "state.pt"


class BadCheckpoint(ValueError):
    """What is there is no whole checkpoint."""


def save(
    folder: Path, step: int, *, state: Mapping[str, Any], write_model: Callable[[Path], None], keep: int = 2
) -> Path:
    """Writes the checkpoint of a step, unless it is there, and keeps the last `keep` of them.

    `state` is made of plain values and tensors; `write_model` writes the weights into the folder that it is given.

    Raises:
        OSError: it could not be written; the previous checkpoint is untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = place(folder, step)
    if target.exists():  # a run that went on from an earlier checkpoint comes by again
        return target
    work = folder / f".writing-{step:06d}-{os.getpid()}"
    try:
        (work / MODEL).mkdir(parents=True)
        write_model(work / MODEL)
        torch.save(dict(state), work / STATE)
        _flush(work)
        work.rename(target)
        _flush_folder(folder)
    except (SafetensorError, RuntimeError) as error:  # what these writers make of a full disk
        raise OSError(" ".join(str(error).split())) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _point(folder / LATEST, target.name)
    _prune(folder, keep)
    return target


def place(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step belongs."""
    return folder / f"step-{step:06d}"


def mark_best(checkpoint: Path) -> None:
    """Says that a checkpoint did best so far: it is kept until another one does better."""
    _point(checkpoint.parent / BEST, checkpoint.name)


def latest(folder: Path) -> Path | None:
    """The last whole checkpoint, or None."""
    return max(_whole(folder), key=_step, default=None)


def load(checkpoint: Path) -> dict[str, Any]:
    """The state of a checkpoint; its weights are in its folder `model`.

    Raises:
        BadCheckpoint: it cannot be read.
    """
    try:
        state: dict[str, Any] = torch.load(checkpoint / STATE, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise bad(checkpoint, reason[0]) from error
    return state


def bad(checkpoint: Path, reason: str) -> BadCheckpoint:
    """The error of a checkpoint that cannot be used, with the way around it."""
    earlier = max(
        (path for path in _whole(checkpoint.parent) if _step(path) < _step(checkpoint)), key=_step, default=None
    )
    instead = f"go on from {earlier.name}" if earlier else "begin anew"
    return BadCheckpoint(
        f"cannot read the checkpoint {checkpoint}: {reason.rstrip('.')}; without that folder, --resume would {instead}"
    )


def random_state() -> dict[str, Any]:
    """The states of the random generators of Python, numpy and torch, as plain values and tensors."""
    kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (str(kind), torch.from_numpy(np.asarray(keys, dtype=np.int64)), position, has_gauss, gauss),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Puts back what `random_state` returned."""
    version, internal, gauss_next = state["python"]
    random.setstate((version, tuple(internal), gauss_next))
    kind, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, gauss))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def _flush(folder: Path) -> None:
    """To the disk, files before the folders that name them."""
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _point(link: Path, name: str) -> None:
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(name)
    fresh.replace(link)
    _flush_folder(link.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prune(folder: Path, keep: int) -> None:
    """Removes old checkpoints but the best, and what a process that was killed left half written."""
    best = (folder / BEST).resolve()
    for path in [*sorted(_whole(folder), key=_step)[: -max(keep, 1)], *folder.glob(".writing-*")]:
        if path.resolve() != best:
            shutil.rmtree(path, ignore_errors=True)


def _whole(folder: Path) -> list[Path]:
    return [path for path in folder.glob("step-*") if re.fullmatch(r"step-\d+", path.name)]


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("step-"))
