"""Finding and reading the files of data sets: one row at a time, with the line number in every complaint."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO, TypeAlias

DATA_VARIABLE = "SPANWISE_DATA"
"""Environment variable that names the folder where data sets lie."""

Row: TypeAlias = dict[str, Any]


class BadTasks(ValueError):
    """A task set that cannot be used; the message is one line and says what to do."""


class TasksMissing(BadTasks):
    """The files of a task set are not there."""


def locate(name: str, path: str | None, files: Sequence[str]) -> Path | None:
    """The file that holds the set `name`: `path` itself, or the first of `files` in the folder `path`.

    Without a path it looks in `$SPANWISE_DATA/NAME`, `$SPANWISE_DATA`, `./data/NAME` and `./data`, in this order, and
    returns None where none of them holds one of `files`.

    Raises:
        TasksMissing: a path was given and is not there, or is a folder without any of `files`.
    """
    if path is None:
        return next((found for folder in places(name) if (found := _first(folder, files))), None)
    place = Path(path).expanduser()
    if place.is_file():
        return place
    if not place.is_dir():
        raise TasksMissing(
            f"no file or folder {str(place)!r} for the task set {name!r}; give an existing one: {name}:PATH"
        )
    found = _first(place, files)
    if found is None:
        raise TasksMissing(f"the folder {str(place)!r} holds none of {', '.join(files)} (task set {name!r})")
    return found


def places(name: str) -> list[Path]:
    """The folders where the set `name` is looked for when no path is given."""
    roots = [Path(folder).expanduser() for folder in (os.environ.get(DATA_VARIABLE), "data") if folder]
    return [folder for root in roots for folder in (root / name, root)]


def missing(name: str, files: Sequence[str], why: str) -> TasksMissing:
    """The error for a set that is in none of its places; `why` says what became of the hub."""
    looked = ", ".join(str(folder) for folder in places(name))
    return TasksMissing(
        f"no {' or '.join(files)} for the task set {name!r} in {looked}; {why}; "
        f"offline, give the file as {name}:PATH or set {DATA_VARIABLE} to the folder that holds {name}/"
    )


def hub_rows(dataset: str, config: str | None) -> Iterator[Row]:
    """Rows of every split of a data set on the Hugging Face hub; needs the package `datasets`.

    Raises:
        BadTasks: the package is not installed, or the hub did not deliver; the cause is chained.
    """
    if find_spec("datasets") is None:
        raise BadTasks("the Hugging Face hub was not asked, because the package 'datasets' is not installed")
    try:
        splits = import_module("datasets").load_dataset(dataset, config)
        for split in splits.values():
            yield from (dict(row) for row in split)
    except Exception as error:
        first_line = next(iter(str(error).splitlines()), "")
        raise BadTasks(f"the Hugging Face hub gave no {dataset!r} ({type(error).__name__}: {first_line})") from error


def rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows of a `.jsonl` (read line by line) or `.json` file (a list), plain or `.gz`, each with where it stands.

    Raises:
        BadTasks: not JSON, or a row that is not an object; names the file and the line.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            yield from (_listed if ".json" in path.suffixes else _lined)(path, file)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadTasks(f"cannot read {str(path)!r}: {error}") from error


def field(row: Row, key: str, kind: type, where: str) -> Any:
    """`row[key]`, checked.

    Raises:
        BadTasks: the key is not there, or its value is not a `kind`.
    """
    if key not in row:
        raise BadTasks(f"{where}: no key {key!r}; it has {', '.join(sorted(row)) or 'no keys'}")
    value = row[key]
    if not isinstance(value, kind):
        raise BadTasks(f"{where}: {key!r} must be a {kind.__name__}, got {type(value).__name__}: {str(value)[:60]!r}")
    return value


def _first(folder: Path, files: Sequence[str]) -> Path | None:
    return next((folder / file for file in files if (folder / file).is_file()), None)


def _lined(path: Path, file: TextIO) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadTasks(f"{where}: not JSON ({error}): {line[:60]!r}") from error
        yield where, _object(row, where)


def _listed(path: Path, file: TextIO) -> Iterator[tuple[str, Row]]:
    try:
        listed = json.load(file)
    except (ValueError, RecursionError) as error:
        raise BadTasks(f"{path}: not JSON ({error})") from error
    if not isinstance(listed, list):
        raise BadTasks(
            f"{path}: expected a list of rows, got a {type(listed).__name__}; one object a line needs the suffix .jsonl"
        )
    for number, row in enumerate(listed, 1):
        where = f"{path}, row {number}"
        yield where, _object(row, where)


def _object(row: object, where: str) -> Row:
    if not isinstance(row, dict):
        raise BadTasks(f"{where}: expected an object, got {type(row).__name__}: {str(row)[:60]!r}")
    return row
