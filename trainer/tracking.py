"""Metrics of a run for the services that accelerate knows: wandb, trackio, mlflow, comet_ml and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from rewards.registry import did_you_mean
from trainer.log import flat

PROJECT = "spanwise"


class Trackers:
    """Services that are told the settings of a run and the metrics of each step; a context manager."""

    def __init__(self, names: Sequence[str], *, folder: Path, settings: Mapping[str, Any]) -> None:
        """Begins a run of the project `spanwise` in each service; `settings` are those of the run.

        Raises:
            ValueError: a service is not known, or its package is not installed.
        """
        from accelerate.tracking import LOGGER_TYPE_TO_CLASS

        check(names)
        self._trackers = []
        for kind in map(LOGGER_TYPE_TO_CLASS.__getitem__, names):
            self._trackers.append(kind(PROJECT, str(folder)) if kind.requires_logging_directory else kind(PROJECT))
        for tracker in self._trackers:
            tracker.start()
            tracker.store_init_configuration({name: _plain(value) for name, value in flat(settings)})

    def metrics(self, step: int, values: Mapping[str, Any]) -> None:
        """Tells the numbers of a step."""
        numbers = {name: value for name, value in flat(values) if isinstance(value, (int, float))}
        for tracker in self._trackers:
            tracker.log(numbers, step=step)

    def __enter__(self) -> Trackers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for tracker in self._trackers:
            with suppress(Exception):  # what a service makes of the end of a run must not end it otherwise
                tracker.finish()


def check(names: Sequence[str]) -> None:
    """Finds out whether the services can be used, before a run begins.

    Raises:
        ValueError: a service is not known, or its package is not installed.
    """
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

    known = sorted(set(LOGGER_TYPE_TO_CLASS) - {"tensorboard"})
    installed = set(map(str, get_available_trackers()))
    for name in names:
        if name == "tensorboard":
            raise ValueError("every run writes TensorBoard events, to tb/ in its folder; leave it out of run.trackers")
        if name not in known:
            raise ValueError(f"unknown tracker {name!r}; {did_you_mean(name, known)}")
        if name not in installed:
            raise ValueError(f"the tracker {name!r} is not installed: pip install {name.replace('_', '-')}")


def _plain(value: Any) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
