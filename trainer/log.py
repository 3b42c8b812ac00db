"""What a run leaves behind while it goes: metrics.jsonl, samples.jsonl and TensorBoard events in tb/.

One JSON object per line, flushed as it is written; a line torn by a crash is dropped on resume. Metric names are paths:
`reward`, `pass`, `loss`, and by group `outcome/pass`, `outcome/failure` ... (shares that add up to 1) and
`seconds/generate`, `seconds/score`, `seconds/learn`; under `programs/` stand those of `rewards.batch_metrics`, which
show first when rewards are gamed. The report draws `outcome/` and `seconds/` as areas, the rest as curves, those of one
group in one chart.
"""

from __future__ import annotations

import json
import math
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

METRICS = "metrics.jsonl"
SAMPLES = "samples.jsonl"
EVENTS = "tb"


class Log:
    """Appends to the files of a run folder, which is made if needed; a context manager.

    `resume_from` is the step of the checkpoint that the run goes on from: what was logged after it is cut off, so that
    no step stands there twice. None starts the files anew. All of its methods raise OSError where the disk is full.
    """

    def __init__(self, folder: str | Path, *, resume_from: int | None = None) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (METRICS, SAMPLES):
            truncate(self.folder / name, -1 if resume_from is None else resume_from)
        with ExitStack() as files:
            purge_step = None if resume_from is None else resume_from + 1
            self._events = files.enter_context(Events(self.folder / EVENTS, purge_step=purge_step))
            self._metrics = files.enter_context(_appending(self.folder / METRICS))
            self._samples = files.enter_context(_appending(self.folder / SAMPLES))
            self._files = files.pop_all()

    def metrics(self, step: int, values: Mapping[str, Any]) -> None:
        """Logs one step. Nested mappings become paths; numbers that are not finite become null."""
        numbers = dict(flat(values))
        _write(self._metrics, {"step": step, **numbers})
        self._events.scalars(step, {name: value for name, value in numbers.items() if isinstance(value, (int, float))})

    def samples(self, step: int, records: Iterable[Mapping[str, Any]]) -> None:
        """Logs a few scored rollouts of one step; see `trainer.report.sample_record` for what a record holds."""
        for record in records:
            _write(self._samples, {"step": step, **record})

    def close(self) -> None:
        """Closes the files."""
        self._files.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Events:
    """A file of TensorBoard events, written as it is told of them, so that a full disk is seen where it happens.

    The writer of torch writes in a thread, which prints its own traceback then. A context manager.
    """

    def __init__(self, folder: Path, *, purge_step: int | None = None) -> None:
        """What other files of the folder say of `purge_step` and later steps is void."""
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        # Files are read in the order of their names.
        self._file = (folder / f"events.out.tfevents.{time.time():.9f}.{socket.gethostname()}.{os.getpid()}").open("wb")
        self._records = RecordWriter(self._file)
        self._put(file_version="brain.Event:2")
        if purge_step is not None:
            self._put(step=purge_step, session_log=SessionLog(status=SessionLog.START))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Logs the numbers of a step."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        named = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._put(step=step, summary=Summary(value=named))

    def _put(self, **event: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._records.write(Event(wall_time=time.time(), **event).SerializeToString())
        self._file.flush()

    def __enter__(self) -> Events:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read(path: str | Path) -> Iterator[dict[str, Any]]:
    """The whole records of a log, in order; lines torn by a crash are left out, a file that is not there has none."""
    if not Path(path).is_file():
        return
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict) and isinstance(record.get("step"), int):
                yield record


def truncate(path: Path, step: int) -> None:
    """Keeps the whole records up to and with `step`. Replaces the file in one move, so that a crash leaves either."""
    if not path.exists():
        return
    kept = path.with_name(path.name + ".kept")
    with kept.open("w", encoding="utf-8") as file:
        for record in read(path):
            if record["step"] <= step:
                _write(file, record)
    os.replace(kept, path)


def flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Values of nested mappings by their paths, `group/name`; numbers of numpy and torch as Python's own."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{name}/")
        else:
            yield f"{path}{name}", _plain(value)


def _appending(path: Path) -> TextIO:
    return path.open("a", encoding="utf-8")


def _write(file: TextIO, record: Mapping[str, Any]) -> None:
    file.write(json.dumps(_finite(record), allow_nan=False) + "\n")
    file.flush()


def _plain(value: Any) -> Any:
    """A number of numpy or torch as Python's own, and None where it is not finite."""
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity, whatever Python writes: null says as much and can be read everywhere."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return _plain(value)
