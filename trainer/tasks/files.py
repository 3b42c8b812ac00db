"""Finding and reading the files of data sets: one row at a time, each with where it stands.

A row that cannot be read is an `Excluded`, with its line and what is wrong, and the rest goes on.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from io import BufferedIOBase
from pathlib import Path
from typing import Any, TypeAlias

import ijson

from analyzers.runtime.tests import Appended, Asserts, Calls, CheckFunction, Stdio, Tests
from trainer.types import Task

DATA_VARIABLE = "SPANWISE_DATA"
"""Environment variable that names the folder where data sets lie."""
ALL = "all"
"""The split that is every row."""
_PARQUET_ROWS = 16
"""Rows of a Parquet file in memory at a time; one with generated tests takes megabytes."""

Row: TypeAlias = dict[str, Any]


class BadTasks(ValueError):
    """A task set that cannot be used; the message is one line and says what to do."""


class TasksMissing(BadTasks):
    """The files of a task set are not there."""


class NoSplit(BadTasks):
    """A task set has no split of that name."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A row that is no task, and why."""

    where: str
    """File and line, or what else names the row."""
    why: str
    task: str = ""
    """Its id, where it has one."""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"

    @property
    def reason(self) -> str:
        """Why, without particulars."""
        return re.split(r"[:;(]", self.why)[0].strip()


Entry: TypeAlias = tuple[str, Row] | Excluded
"""A row with where it stands, or why there is none."""


def locate(name: str, path: str | None, files: Sequence[str]) -> list[Path]:
    """The files that hold the set `name`: `path` itself, or in the folder `path` those that match the first of the
    patterns `files` that any file matches, sorted.

    Without a path it looks in `$SPANWISE_DATA/NAME`, `$SPANWISE_DATA`, `./data/NAME` and `./data`, in this order, and
    finds nothing where none of them holds one of `files`.

    Raises:
        TasksMissing: a path was given and is not there, or is a folder without any of `files`.
    """
    if path is None:
        return next((found for folder in places(name) if (found := _matching(folder, files))), [])
    place = existing(name, path)
    if place.is_file():
        return [place]
    found = _matching(place, files)
    if not found:
        raise TasksMissing(f"the folder {str(place)!r} holds none of {', '.join(files)} (task set {name!r})")
    return found


def existing(name: str, path: str) -> Path:
    """The file or folder `path`, with `~` for the home folder.

    Raises:
        TasksMissing: it is not there.
    """
    place = Path(path).expanduser()
    if not place.exists():
        raise TasksMissing(
            f"no file or folder {str(place)!r} for the task set {name!r}; give an existing one: {name}:PATH"
        )
    return place


def places(name: str) -> list[Path]:
    """The folders where the set `name` is looked for when no path is given."""
    roots = [Path(folder).expanduser() for folder in (os.environ.get(DATA_VARIABLE), "data") if folder]
    names = dict.fromkeys((name, name.replace("_", "-"), ""))
    return [root / each for root in roots for each in names]


def split_in(where: str, splits: Iterable[str]) -> str:
    """The split that a file or folder is named after, `train` in `apps/train.jsonl, line 3` or `apps/train/0001`; empty
    where there is none."""
    found = re.findall(rf"(?:^|[/\\])({'|'.join(splits)})(?=[/\\.,-]|$)", where)
    return str(found[-1]) if found else ""


def rows(path: Path) -> Iterator[Entry]:
    """Rows of a `.jsonl` file, a `.json` file (a list, or a mapping of names to rows) or a `.parquet` file, the first
    two plain or `.gz`. None is read as a whole.

    Raises:
        BadTasks: the file cannot be opened, or the package that reads Parquet is not installed.
    """
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if suffix == ".parquet":
        yield from _parquet(path)
        return
    try:
        opened = path.open("rb")
    except OSError as error:
        raise BadTasks(f"cannot read {str(path)!r}: {error}") from error
    with opened, gzip.open(opened) if path.suffix == ".gz" else opened as file:
        try:
            yield from (_listed if suffix == ".json" else _lined)(path, file)
        except (OSError, EOFError, zlib.error) as error:
            yield Excluded(str(path), f"cannot be read on from here ({error})")


def read(found: Iterable[Entry], make: Callable[[Row, str], Task | None]) -> Iterator[Task | Excluded]:
    """What `make` makes of each row and where it stands; None is a row that was not asked for.

    A row that `make` refuses with `BadTasks`, or stumbles over, is an `Excluded`.
    """
    for entry in found:
        if isinstance(entry, Excluded):
            yield entry
            continue
        where, row = entry
        try:
            task = make(row, where)
        except BadTasks as error:
            yield Excluded(where, str(error), _id(row))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            yield Excluded(where, f"not as published ({type(error).__name__}: {str(error)[:100]})", _id(row))
        else:
            if task is not None:
                why = fault(task.tests)
                yield Excluded(where, why, task.id) if why else task


def counted(tests: Tests) -> int:
    """The number of tests in a suite; the assertions of code that is run as it stands are not told apart: 1."""
    match tests:
        case Asserts(statements):
            return len(statements)
        case Calls(cases=calls):
            return len(calls)
        case Stdio(exchanges):
            return len(exchanges)
        case CheckFunction(code) | Appended(code):
            return int(bool(code.strip()))


def fault(tests: Tests) -> str:
    """Why nothing can be judged by a suite; empty where it can."""
    if not counted(tests):
        return "no tests"
    texts: tuple[object, ...] = ()
    if isinstance(tests, Asserts):
        texts = tests.statements
    if isinstance(tests, Stdio):
        texts = tuple(text for case in tests.cases for text in (case.stdin, case.stdout))
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        return f"no usable tests: expected text, got {type(wrong).__name__}: {str(wrong)[:60]!r}"
    blank = isinstance(tests, Asserts) and not all(statement.strip() for statement in tests.statements)
    return "no usable tests: an assertion is empty" if blank else ""


def field(row: Row, key: str, kind: type) -> Any:
    """`row[key]`, checked.

    Raises:
        BadTasks: the key is not there, or its value is not a `kind`.
    """
    if key not in row:
        raise BadTasks(f"no key {key!r}; it has {', '.join(sorted(row)) or 'no keys'}")
    value = row[key]
    if not isinstance(value, kind):
        raise BadTasks(f"{key!r} must be a {kind.__name__}, got {type(value).__name__}: {str(value)[:60]!r}")
    return value


def embedded(row: Row, key: str) -> Any:
    """`row[key]` where a data set keeps JSON in a string, or the value that it stands for; None where it is empty.

    Raises:
        BadTasks: the string is not JSON.
    """
    value = row.get(key)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else None
    except (ValueError, RecursionError) as error:
        raise BadTasks(f"{key!r} is not JSON ({error}): {value[:60]!r}") from error


def one_of(name: str, option: str, value: str, known: Iterable[str]) -> None:
    """Checks the value of an option; an empty one asks for nothing.

    Raises:
        BadTasks: it is none of the known ones.
    """
    choices = tuple(known)
    if value and value not in choices:
        raise BadTasks(f"{name} has no {option} {value!r}; it has {', '.join(choices)}")


def check_split(name: str, split: str, known: Iterable[str]) -> None:
    """Checks that a set has a split.

    Raises:
        NoSplit: it has not.
    """
    if split not in (splits := tuple(known)):
        raise NoSplit(f"{name} has no split {split!r}; it has {', '.join(splits)}")


def for_evaluation(name: str, split: str, force: bool) -> None:
    """Refuses to hand out an evaluation set for training: `test` is its only split, but for who forces it.

    Raises:
        NoSplit: another split was asked for.
    """
    if split != "test" and not force:
        raise NoSplit(
            f"{name} is for evaluation only and has no split {split!r}: its problems are what models are compared on; "
            f"train on mbpp:PATH or jsonl:PATH, or, knowing that, name the set force:{name}:PATH"
        )


def _matching(folder: Path, patterns: Sequence[str]) -> list[Path]:
    return next(
        (found for pattern in patterns if (found := sorted(path for path in folder.glob(pattern) if path.is_file()))),
        [],
    )


def _id(row: Row) -> str:
    return str(next((row[key] for key in ("id", "task_id", "name", "problem_id", "question_id") if key in row), ""))


def _lined(path: Path, file: BufferedIOBase) -> Iterator[Entry]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            yield Excluded(where, f"not JSON ({error}): {line[:60].decode('utf-8', 'replace')!r}")
            continue
        yield _checked(row, where)


def _listed(path: Path, file: BufferedIOBase) -> Iterator[Entry]:
    opening = file.read(1024).lstrip()[:1]
    file.seek(0)
    read_items = partial(ijson.items, prefix="item") if opening == b"[" else partial(ijson.kvitems, prefix="")
    if opening not in (b"[", b"{"):
        yield Excluded(str(path), "expected a list of rows; one object a line needs the suffix .jsonl")
        return
    number = 0
    try:
        for number, item in enumerate(read_items(file, use_float=True), 1):
            row = item if opening == b"[" else item[1]
            yield _checked(row, f"{path}, row {number}")
    except (ijson.JSONError, UnicodeDecodeError) as error:
        first = next(iter(str(error).splitlines()), "")
        yield Excluded(f"{path}, row {number + 1}", f"not JSON, and nothing behind it can be read ({first})")


def _parquet(path: Path) -> Iterator[Entry]:
    try:
        file = import_module("pyarrow.parquet").ParquetFile(path)
    except ImportError as error:
        raise BadTasks(f"{path}: Parquet needs the package 'pyarrow'; install 'spanwise[tasks]'") from error
    except (OSError, ValueError) as error:
        raise BadTasks(f"cannot read {str(path)!r}: {next(iter(str(error).splitlines()), '')}") from error
    number = 0
    for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
        for row in batch.to_pylist():
            number += 1
            yield f"{path}, row {number}", row


def _checked(row: object, where: str) -> Entry:
    if not isinstance(row, dict):
        return Excluded(where, f"expected an object, got {type(row).__name__}: {str(row)[:60]!r}")
    return where, row
