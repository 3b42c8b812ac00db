"""The file of graded completions, a line each, from which an interrupted evaluation goes on.

The first line says what was asked: `{"evaluation": {...}}`. Every further one is a graded completion, or
`{"excluded": {"where": ..., "why": ..., "task": ...}}`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from trainer.evaluation.counts import Totals
from trainer.evaluation.graded import Graded
from trainer.tasks.files import Excluded

Expected: TypeAlias = Callable[[Graded], int]
"""How many completions belong together with one: its task is drawn again where there are fewer or more."""
EXAMPLES = 20
"""Exclusions that are kept in memory, to be shown."""


@dataclass(slots=True)
class Exclusions:
    """What is left out of the figures, counted by reason."""

    count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first: list[Excluded] = field(default_factory=list)

    def add(self, excluded: Excluded) -> None:
        """Counts one."""
        self.count += 1
        self.reasons[excluded.reason] += 1
        if len(self.first) < EXAMPLES:
            self.first.append(excluded)

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain values."""
        first = [asdict(excluded) for excluded in self.first]
        return {"count": self.count, "reasons": dict(self.reasons.most_common()), "first": first}


class Results:
    """A results file that is being written; a context manager. It sums up what it holds.

    `totals` and `excluded` begin with what an interrupted evaluation with the same settings left: with `expected` its
    whole groups of a condition and task (`complete`), else all lines up to the first that is torn (`lines` of them).
    The rest is dropped.

    Raises:
        ValueError: the file is of another evaluation, or is something else.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], expected: Expected | None = None) -> None:
        self.path = path
        self.totals = Totals()
        self.excluded = Exclusions()
        self.complete: set[tuple[str, bool, str]] = set()
        self.lines = 0
        resumed = path.exists() and path.stat().st_size > 0
        if resumed:
            _same(settings_of(path), settings, path)
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            file.write(_line({"evaluation": dict(settings)}))
            if resumed:
                for entry in _whole(path, expected) if expected else _until_torn(path):
                    self._count(entry)
                    file.write(_line(_row(entry)))
        os.replace(part, path)
        self._file: BinaryIO = path.open("ab")

    def add(self, entry: Graded | Excluded) -> None:
        """Appends a completion, or something that is left out."""
        self._count(entry)
        self._file.write(_line(_row(entry)))
        self._file.flush()

    def _count(self, entry: Graded | Excluded) -> None:
        self.lines += 1
        if isinstance(entry, Excluded):
            self.excluded.add(entry)
        else:
            self.totals.add(entry)
            self.complete.add(_group(entry))

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def settings_of(path: Path) -> dict[str, Any]:
    """What the evaluation was asked whose results are in a file.

    Raises:
        ValueError: it holds no results.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        first = file.readline()
    try:
        return dict(json.loads(first)["evaluation"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{str(path)!r} holds no samples of an evaluation: its first line must be {{'evaluation': ...}}, "
            f"got {first[:60].decode('utf-8', 'replace')!r}"
        ) from error


def entries(path: Path) -> Iterator[Graded | Excluded]:
    """What a results file holds behind its first line; a line that cannot be read is an `Excluded` that says so.

    Raises:
        OSError: it cannot be read.
    """
    for _, entry in _numbered(path):
        yield entry


def _numbered(path: Path) -> Iterator[tuple[bool, Graded | Excluded]]:
    """Whether a line could be read, and what it holds."""
    with path.open("rb") as file:
        next(file, b"")
        for number, line in enumerate(file, 2):
            try:
                row = json.loads(line)
                yield True, Excluded(**row["excluded"]) if "excluded" in row else Graded.from_json(row)
            except (ValueError, KeyError, TypeError) as error:
                why = f"no result ({type(error).__name__}: {error}): {line[:60].decode('utf-8', 'replace')!r}"
                yield False, Excluded(f"{path}, line {number}", why)


def _until_torn(path: Path) -> Iterator[Graded | Excluded]:
    for readable, entry in _numbered(path):
        if not readable:
            return
        yield entry


def _whole(path: Path, expected: Expected) -> Iterator[Graded]:
    sizes = Counter(map(_group, _graded(path)))
    return (graded for graded in _graded(path) if sizes[_group(graded)] == expected(graded))


def _graded(path: Path) -> Iterator[Graded]:
    return (entry for _, entry in _numbered(path) if isinstance(entry, Graded))


def _same(before: Mapping[str, Any], settings: Mapping[str, Any], path: Path) -> None:
    asked = json.loads(json.dumps(dict(settings)))
    differing = sorted(key for key in {*before, *asked} if before.get(key) != asked.get(key))
    if differing:
        key = differing[0]
        raise ValueError(
            f"{str(path)!r} holds the samples of another evaluation ({key} was {before.get(key)!r}, "
            f"is {asked.get(key)!r}); give --samples-out another file"
        )


def _group(graded: Graded) -> tuple[str, bool, str]:
    return graded.condition, graded.greedy, graded.task_id


def _row(entry: Graded | Excluded) -> dict[str, Any]:
    return {"excluded": asdict(entry)} if isinstance(entry, Excluded) else entry.to_json()


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row).encode() + b"\n"
