"""Files that a long check leaves: verdicts that survive a crash, and results that are whole or not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from trainer.tasks.jsonl import row
from trainer.types import Task


def fingerprint(task: Task, **circumstances: object) -> str:
    """What a verdict on a task depends on, as 16 hexadecimal digits: all but its metadata, and `circumstances`."""
    depends = {key: value for key, value in row(task).items() if key not in ("metadata", "split")}
    text = json.dumps([depends, circumstances], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Journal:
    """Verdicts by fingerprint, one a line; a line that a crash has cut short counts as not written."""

    def __init__(self, path: Path | None) -> None:
        """Reads what is there; without a path nothing is kept.

        Raises:
            OSError: the file cannot be read or written.
        """
        self._known: dict[str, Any] = {}
        self._file: TextIO | None = None
        if path is None:
            return
        if path.exists():
            for line in path.read_bytes().splitlines():
                try:
                    key, verdict = json.loads(line)
                except (ValueError, TypeError):
                    continue
                self._known[key] = verdict
        self._file = path.open("a", encoding="utf-8")
        self._file.write("\n")  # behind what a crash may have cut short

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> Any:
        """The verdict that was written for a fingerprint, or None."""
        return self._known.get(key)

    def write(self, key: str, verdict: Any) -> None:
        """Keeps a verdict, which is JSON."""
        if self._file is not None:
            self._file.write(json.dumps([key, verdict]) + "\n")
            self._file.flush()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


@contextmanager
def whole(path: Path | None) -> Iterator[Lines]:
    """Lines that are in `path` once all of them are written, and not before; nowhere without a path."""
    if path is None:
        yield Lines(None)
        return
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        yield Lines(file)
    part.replace(path)


class Lines:
    """Where objects are written, one a line."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def write(self, value: Mapping[str, Any]) -> None:
        """Writes one object."""
        if self._file is not None:
            self._file.write(json.dumps(value, default=str) + "\n")
