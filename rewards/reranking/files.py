"""Pools as lines of JSON, one pool a line, plain or `.gz`: read one at a time, and written as they come.

A line that is no pool is an `Unread`, with its number and what is wrong with it; the rest goes on.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from analyzers import serial
from rewards.reranking.pools import Pool


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no pool."""

    where: str
    """File and line."""
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def to_line(pool: Pool) -> str:
    """A pool as a line of JSON, without its end."""
    return json.dumps(serial.encode(pool))


def from_line(line: str | bytes) -> Pool:
    """The pool that `to_line` wrote.

    Raises:
        ValueError: the line is none of it; the message says where it differs.
    """
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({error}): {line[:60]!r}") from error
    pool: Pool = serial.decode(Pool, tree, "pool")
    return pool


def read(path: Path) -> Iterator[Pool | Unread]:
    """The pools of a file in its order, and the lines that are none; empty ones are passed over.

    Raises:
        OSError: the file cannot be opened.
    """
    with _opened(path, "rb") as file:
        number = 0
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _read(line, f"{path}, line {number}")
        except (OSError, EOFError, zlib.error) as error:
            yield Unread(f"{path}, line {number + 1}", f"cannot be read on from here ({error})")


def load(path: Path) -> tuple[list[Pool], list[Unread]]:
    """All pools of a file, the last one of those with one id, and what is none.

    Raises:
        OSError: the file cannot be opened.
    """
    found: dict[str, Pool] = {}
    unread = []
    for each in read(path):
        if isinstance(each, Unread):
            unread.append(each)
        else:
            found[each.task_id] = each
    return list(found.values()), unread


def write(path: Path, pools: Iterable[Pool]) -> None:
    """Pools as a file, which is there once all of them are written, and not before.

    Raises:
        OSError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    with _opened(part, "wb", like=path) as file:
        for pool in pools:
            file.write(to_line(pool).encode() + b"\n")
    part.replace(path)


@contextmanager
def appending(path: Path) -> Iterator[Callable[[Pool], None]]:
    """What adds a pool to the end of a file, on the disk before it returns: so that a long job goes on from there.

    Raises:
        OSError: it cannot be written.
    """
    with _opened(path, "ab") as file:
        if path.stat().st_size:
            file.write(b"\n")  # behind what a crash may have cut short

        def add(pool: Pool) -> None:
            file.write(to_line(pool).encode() + b"\n")
            file.flush()

        yield add


def _opened(path: Path, mode: str, *, like: Path | None = None) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, mode) if (like or path).suffix == ".gz" else path.open(mode))


def _read(line: bytes, where: str) -> Pool | Unread:
    try:
        return from_line(line)
    except ValueError as error:
        return Unread(where, str(error))
