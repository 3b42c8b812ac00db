"""A task set of your own: one JSON object per line.

    {"prompt": "Write a function add(a, b).", "tests": ["assert add(1, 2) == 3"]}

Keys: `prompt` and `tests` (any form that `analyzers.runtime.tests.parse` takes) are needed; `language` ("python"),
`reference`, `prefix` (program text before the completion), `holdout` (tests that no reward depends on, to see who
passes only what `tests` show), `shown` (the tests that the prompt shows: how many of the first ones, or others),
`stops` (strings at which a completion is over), `id`, `split` and `metadata` may be left out.

Splits: a folder holds `train.jsonl`, `test.jsonl` and so on; in a single file the rows name theirs in `split`, or no
row does, and then a tenth of the prompts, chosen by a hash of their text, is `test` and the rest `train`, for which
eight bytes of each prompt are kept. The first row decides which it is. `all` is every row.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import grammars
from analyzers.runtime.tests import BadTests, Tests, parse, to_json
from trainer.shown import first, leading
from trainer.tasks.files import ALL, BadTasks, Excluded, Row, TasksMissing, existing, field, read, rows
from trainer.types import Task

NAME = "jsonl"
TEST_SHARE = 0.1
_KEYS = frozenset("id prompt tests language prefix suffix reference holdout shown stops split metadata".split())


def tasks(split: str, *, path: str | None = None) -> Iterator[Task | Excluded]:
    """The tasks of one split, in the order of the file.

    Raises:
        BadTasks: no path or no such file, or no row in the split.
    """
    if path is None:
        raise BadTasks(f"{NAME} needs a file or folder: {NAME}:PATH")
    place = existing(NAME, path)
    if place.is_dir():
        return _folder(place, split)
    return _read(place) if split == ALL else _split(place, split)


def row(task: Task) -> Row:
    """What `tasks` reads the same task from: its line, as an object. Needs metadata that are JSON."""
    given: dict[str, Any] = {
        "id": task.id,
        "prompt": task.prompt,
        "tests": to_json(task.tests),
        "language": task.language,
        "prefix": task.prefix,
        "suffix": task.suffix,
        "reference": task.reference,
        "holdout": to_json(task.holdout) if task.holdout else None,
        "shown": _shown_of(task),
        "stops": list(task.stops),
        "split": task.metadata.get("split"),
        "metadata": dict(task.metadata),
    }
    return {key: value for key, value in given.items() if value or key in ("id", "prompt", "tests")}


def _shown_of(task: Task) -> Any:
    count = leading(task)
    return to_json(task.shown) if task.shown is not None and count is None else count


def _folder(folder: Path, split: str) -> Iterator[Task | Excluded]:
    files = sorted((*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")))
    chosen = files if split == ALL else [file for file in files if file.name.partition(".")[0] == split]
    if not chosen:
        raise TasksMissing(
            f"no {split}.jsonl in {str(folder)!r}; it has {', '.join(file.name for file in files) or 'no .jsonl file'}"
        )
    for file in chosen:
        yield from _read(file)


def _read(path: Path) -> Iterator[Task | Excluded]:
    return read(rows(path), partial(_task, path))


def _split(place: Path, split: str) -> Iterator[Task | Excluded]:
    first = next((task for task in _read(place) if isinstance(task, Task)), None)
    by_name = first is not None and bool(first.metadata.get("split"))
    held_out = _nobody if by_name else _held_out(place, split)
    seen: set[str] = set()
    empty = True
    for each in _read(place):
        if isinstance(each, Excluded):
            empty = False
            yield each
            continue
        name = str(each.metadata.get("split") or "")
        if bool(name) != by_name:
            does = "names no split, and the first row does" if by_name else f"names the split {name!r}, the first none"
            yield Excluded(str(each.metadata["where"]), f"the row {does}", each.id)
            continue
        seen.add(name)
        if (name or ("test" if held_out(each) else "train")) == split:
            empty = False
            yield each
    if empty:
        present = f"its rows name {', '.join(sorted(seen))}" if by_name else "there are too few rows to split"
        raise BadTasks(f"{place}: no row in the split {split!r}; {present}")


def _nobody(task: Task) -> bool:
    return False


def _held_out(place: Path, split: str) -> Callable[[Task], bool]:
    """Whether a task belongs to `test`: to the tenth of the distinct prompts whose hashes are the smallest."""
    if split not in ("train", "test"):
        raise BadTasks(f"{place}: no split {split!r}: its rows name none, so it has train, test and {ALL}")
    keys = array("Q", (_key(task.prompt) for task in _read(place) if isinstance(task, Task)))
    distinct = np.unique(np.frombuffer(keys, dtype=np.uint64)) if keys else np.zeros(0, dtype=np.uint64)
    if len(distinct) < 2:
        return _nobody
    last = int(distinct[max(1, round(TEST_SHARE * len(distinct))) - 1])
    return lambda task: _key(task.prompt) <= last


def _key(prompt: str) -> int:
    return int.from_bytes(hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def _task(path: Path, row: Row, where: str) -> Task:
    unknown = sorted(set(row) - _KEYS)
    if unknown:
        raise BadTasks(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    if "tests" not in row:
        raise BadTasks(f"no key 'tests'; it has {', '.join(sorted(row)) or 'no keys'}")
    try:
        tests = parse(row["tests"])
        holdout = None if row.get("holdout") is None else parse(row["holdout"])
        shown = _shown(row.get("shown"), tests)
        language = grammars.get(_text(row, "language", "python")).name
    except (BadTests, grammars.UnknownLanguage) as error:
        raise BadTasks(str(error)) from error
    metadata = {"where": where, **field({"metadata": {}, **row}, "metadata", dict)}
    if row.get("split"):
        metadata["split"] = _text(row, "split", "")
    return Task(
        id=str(row.get("id", where.replace(str(path), path.stem, 1).replace(", line ", "/"))),
        prompt=field(row, "prompt", str).rstrip(),
        tests=tests,
        language=language,
        prefix=_text(row, "prefix", ""),
        suffix=_text(row, "suffix", ""),
        reference=None if row.get("reference") is None else _text(row, "reference", ""),
        holdout=holdout,
        shown=shown,
        stops=tuple(map(str, field({"stops": [], **row}, "stops", list))),
        metadata=metadata,
    )


def _shown(value: Any, tests: Tests) -> Tests | None:
    if value is None:
        return None
    return first(tests, value) if isinstance(value, int) and not isinstance(value, bool) else parse(value)


def _text(row: Row, key: str, default: str) -> str:
    return str(field({key: default, **row}, key, str))
