"""A task set of your own: one JSON object per line.

    {"prompt": "Write a function add(a, b).", "tests": ["assert add(1, 2) == 3"]}

Keys: `prompt` and `tests` (any form that `analyzers.runtime.tests.parse` takes) are needed; `language` ("python"),
`reference`, `prefix` (program text before the completion), `holdout` (tests that no reward depends on, to see who
passes only what `tests` show), `id`, `split` and `metadata` may be left out.

Splits: a folder holds `train.jsonl`, `test.jsonl` and so on; in a single file the rows name theirs in `split`, or no
row does, and then a tenth of the prompts, chosen by a hash of their text, is `test` and the rest `train`. `all` is
every row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import grammars
from analyzers.runtime.tests import BadTests, parse
from trainer.tasks.files import BadTasks, Row, TasksMissing, field, rows
from trainer.types import Task

NAME = "jsonl"
ALL = "all"
TEST_SHARE = 0.1
_KEYS = {"id", "prompt", "tests", "language", "prefix", "reference", "holdout", "split", "metadata"}


def tasks(split: str, *, path: str | None = None) -> list[Task]:
    """The tasks of one split, in the order of the file.

    Raises:
        BadTasks: no path or no such file, a row that cannot be used (with its line), or no row in the split.
    """
    if path is None:
        raise BadTasks(f"{NAME} needs a file or folder: {NAME}:PATH")
    place = Path(path).expanduser()
    if place.is_dir():
        return _folder(place, split)
    if not place.is_file():
        raise TasksMissing(
            f"no file or folder {str(place)!r} for the task set {NAME!r}; give an existing one: {NAME}:PATH"
        )
    found = list(_tasks(place))
    named = {task.metadata["split"] for task in found if task.metadata.get("split")}
    if split == ALL:
        chosen = found
    elif named:
        chosen = [task for task in found if task.metadata.get("split") == split]
    else:
        chosen = _by_hash(found, split, place)
    if not chosen:
        raise BadTasks(
            f"{place}: no row in the split {split!r}; {_present(named) if named else 'there are too few rows to split'}"
        )
    return chosen


def _folder(folder: Path, split: str) -> list[Task]:
    files = sorted(folder.glob("*.jsonl"))
    chosen = files if split == ALL else [file for file in files if file.stem == split]
    if not chosen:
        raise TasksMissing(
            f"no {split}.jsonl in {str(folder)!r}; it has {', '.join(file.name for file in files) or 'no .jsonl file'}"
        )
    return _distinct([task for file in chosen for task in _tasks(file)])


def _by_hash(found: Sequence[Task], split: str, place: Path) -> list[Task]:
    if split not in ("train", "test"):
        raise BadTasks(f"{place}: no split {split!r}: its rows name none, so it has train, test and {ALL}")
    keys = {task.prompt: hashlib.sha256(task.prompt.encode("utf-8", "surrogatepass")).digest() for task in found}
    ordered = sorted(keys, key=keys.__getitem__)
    held_out = set(ordered[: max(1, round(TEST_SHARE * len(ordered)))] if len(ordered) > 1 else ())
    return [task for task in found if (task.prompt in held_out) == (split == "test")]


def _tasks(path: Path) -> Iterator[Task]:
    return iter(_distinct([_task(row, where, path) for where, row in rows(path)]))


def _distinct(found: list[Task]) -> list[Task]:
    seen: set[str] = set()
    for task in found:
        if task.id in seen:
            raise BadTasks(
                f"two rows have the id {task.id!r}; ids must differ (without 'id' the file and line are used)"
            )
        seen.add(task.id)
    return found


def _task(row: Row, where: str, path: Path) -> Task:
    unknown = sorted(set(row) - _KEYS)
    if unknown:
        raise BadTasks(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    if "tests" not in row:
        raise BadTasks(f"{where}: no key 'tests'; it has {', '.join(sorted(row)) or 'no keys'}")
    try:
        tests = parse(row["tests"])
        holdout = None if row.get("holdout") is None else parse(row["holdout"])
        language = grammars.get(_text(row, "language", where, "python")).name
    except (BadTests, grammars.UnknownLanguage) as error:
        raise BadTasks(f"{where}: {error}") from error
    metadata = {"where": where, **field({"metadata": {}, **row}, "metadata", dict, where)}
    if row.get("split"):
        metadata["split"] = _text(row, "split", where, "")
    return Task(
        id=str(row.get("id", where.replace(str(path), path.stem, 1).replace(", line ", "/"))),
        prompt=field(row, "prompt", str, where).rstrip(),
        tests=tests,
        language=language,
        prefix=_text(row, "prefix", where, ""),
        reference=None if row.get("reference") is None else _text(row, "reference", where, ""),
        holdout=holdout,
        metadata=metadata,
    )


def _text(row: Row, key: str, where: str, default: str) -> str:
    return str(field({key: default, **row}, key, str, where))


def _present(named: set[str]) -> str:
    return f"its rows name {', '.join(sorted(named))}"
