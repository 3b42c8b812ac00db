"""Task sets by name: `load("builtin")`, `load("mbpp:PATH", "test")`, `stream("apps:PATH?difficulty=interview")`.

A set is named `NAME`, `NAME:PATH` or `NAME:hf://OWNER/NAME` (see `trainer.tasks.hub`), with options behind a question
mark: `NAME:PATH?option=value&option=value`. `python -m trainer.tasks --help` lists them.

A task set is a function `tasks(split, *, path=None) -> Iterable[Task | Excluded]`; one that takes no `path` lives
without files. Its options are its further keyword arguments whose default is a string. Built-in sets are the modules of
this package that define `tasks`. Other distributions add theirs through the entry-point group `spanwise.tasks`, whose
targets are such functions.
"""

from __future__ import annotations

import inspect
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from itertools import chain, islice
from pkgutil import iter_modules
from typing import TypeAlias
from urllib.parse import parse_qsl

import grammars
from rewards.registry import did_you_mean
from trainer.tasks.files import ALL, BadTasks, Excluded, NoSplit, TasksMissing
from trainer.types import Task

__all__ = [
    "BadTasks",
    "Excluded",
    "TasksMissing",
    "UnknownTasks",
    "every",
    "load",
    "names",
    "options",
    "stops",
    "stream",
]

ENTRY_POINTS = "spanwise.tasks"
FORCE = "force:"
"""Prefix of a spec that hands out an evaluation set for training."""
SPLITS = (ALL, "train", "validation", "test", "few-shot")
"""Those that are looked for where none is named; `all` alone where there is one."""
FENCE_STOP = "\n```"

Loader: TypeAlias = Callable[..., Iterable[Task | Excluded]]


class UnknownTasks(BadTasks):
    """No task set of that name is known."""


def load(spec: str, split: str = "train") -> list[Task]:
    """The tasks of one split of the set that `spec` names: `NAME`, `NAME:PATH`, `force:NAME:PATH`, with options behind
    a question mark.

    Splits are "train" and "test", and what the set has beside them. Rows that are no tasks are left out, with a warning
    that counts them.

    Raises:
        UnknownTasks: no such set; with the closest names.
        BadTasks: the set cannot be used as asked (missing file, no usable row, no such split, evaluation only).
    """
    found: dict[str, Task] = {}
    excluded: list[Excluded] = []
    for each in stream(spec, split):
        if isinstance(each, Excluded):
            excluded.append(each)
        elif each.id in found:
            excluded.append(Excluded(_place(each), f"two rows have the id {each.id!r}; ids must differ", each.id))
        else:
            found[each.id] = each
    if not found:
        raise BadTasks(
            f"{excluded[0]}; no row of {spec!r} can be used"
            if excluded
            else f"the task set {spec!r} has no task in the split {split!r}"
        )
    if excluded:
        counts = Counter(each.reason for each in excluded).most_common(3)
        reasons = "; ".join(f"{count} x {reason}" for reason, count in counts)
        warnings.warn(
            f"{spec}: {len(excluded)} of {len(found) + len(excluded)} rows are left out ({reasons}); the first is "
            f"{excluded[0]}; `python -m trainer.tasks inspect` names them",
            stacklevel=2,
        )
    return list(found.values())


def stream(spec: str, split: str = "train") -> Iterator[Task | Excluded]:
    """As `load`, one task after the other, with the rows that are no tasks; none is kept in memory.

    Raises:
        UnknownTasks: no such set; with the closest names.
        BadTasks: the set cannot be used as asked; some of it may show only when its rows are read.
    """
    place, _, query = spec.rpartition("?") if "=" in spec.rpartition("?")[2] and "?" in spec else (spec, "", "")
    forced = place.startswith(FORCE)
    name, _, path = place.removeprefix(FORCE).partition(":")
    name = name.strip().lower()
    loader = _loader(name)
    accepted = inspect.signature(loader).parameters
    if path and "path" not in accepted:
        raise BadTasks(f"the task set {name!r} has no files and takes no path, got {path!r}; write just {name}")
    given: dict[str, object] = {**_chosen(name, query, _options(loader))}
    if path:
        given["path"] = path
    if forced and "force" in accepted:
        given["force"] = True
    return iter(loader(split, **given))


def every(spec: str, splits: Sequence[str] = ()) -> Iterator[Task | Excluded]:
    """What is in the splits that are named, or in all that the set has, as `stream` gives it.

    Raises:
        UnknownTasks: no such set; with the closest names.
        BadTasks: the set or a split that is named cannot be read, or there is none of SPLITS.
    """
    found = _every(spec, splits)
    first = list(islice(found, 1))  # what cannot be read is told at once
    return chain(first, found)


def _every(spec: str, splits: Sequence[str]) -> Iterator[Task | Excluded]:
    refused: BadTasks | None = None
    empty = True
    for split in splits or SPLITS:
        begun = False
        try:
            for each in stream(spec, split):
                begun, empty = True, False
                yield each
        except BadTasks as error:
            if splits or begun:
                raise
            if refused is None or not isinstance(error, NoSplit):
                refused = error
        if begun and split == ALL:
            return
    if empty and refused is not None:
        raise refused


def names() -> tuple[str, ...]:
    """Names of all task sets, sorted."""
    return tuple(sorted(_entries()))


def options(name: str) -> Mapping[str, str]:
    """The options of a set and their defaults.

    Raises:
        UnknownTasks: no such set.
        BadTasks: it is another distribution's, and cannot be imported.
    """
    return _options(_loader(name))


def summary(name: str) -> str:
    """The first line of what a set says of itself.

    Raises:
        UnknownTasks: no such set.
        BadTasks: it is another distribution's, and cannot be imported.
    """
    loader = _loader(name)
    told = inspect.getdoc(inspect.getmodule(loader)) or inspect.getdoc(loader) or ""
    return told.partition("\n")[0]


def stops(task: Task, *, fenced: bool = False) -> tuple[str, ...]:
    """Strings at which a completion of `task` is over.

    Those that the data set names for it; else, where the prompt is the beginning of a program, the marks at which a
    function body ends in its language. `fenced` adds the closing fence, for prompts that opened a code block
    (`trainer.prompts` knows).
    """
    ends = task.stops or (grammars.get(task.language).stops if task.prefix else ())
    return (*ends, FENCE_STOP) if fenced else ends


def _place(task: Task) -> str:
    return str(task.metadata.get("where", task.id))


def _options(loader: Loader) -> dict[str, str]:
    parameters = inspect.signature(loader).parameters.values()
    return {
        each.name: each.default
        for each in parameters
        if each.kind is inspect.Parameter.KEYWORD_ONLY and isinstance(each.default, str)
    }


def _chosen(name: str, query: str, known: Mapping[str, str]) -> dict[str, str]:
    chosen = dict(parse_qsl(query, keep_blank_values=True))
    for key in chosen.keys() - known.keys():
        raise BadTasks(f"the task set {name!r} has no option {key!r}; {did_you_mean(key, known)}")
    return chosen


def _loader(name: str) -> Loader:
    entries = _entries()
    name = name if name in entries else name.replace("-", "_")
    if name not in entries:
        raise UnknownTasks(f"unknown task set {name!r}; {did_you_mean(name, names())}; a file of your own: jsonl:PATH")
    entry = entries[name]
    if not isinstance(entry, EntryPoint):
        return entry
    owner = entry.dist.name if entry.dist else "an unknown distribution"
    try:
        loader = entry.load()
    except Exception as error:
        raise BadTasks(
            f"the task set {name!r} of {owner} cannot be imported ({type(error).__name__}: {error})"
        ) from error
    if not callable(loader):
        raise BadTasks(
            f"{entry.value} of {owner} is a {type(loader).__name__}, expected a function tasks(split, path=None)"
        )
    return loader


@cache
def _entries() -> dict[str, Loader | EntryPoint]:
    found: dict[str, Loader | EntryPoint] = {}
    for module in sorted(info.name for info in iter_modules(__path__) if info.name != "__main__"):
        loader = getattr(import_module(f"{__name__}.{module}"), "tasks", None)
        if callable(loader):
            found[module] = loader
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        if entry.name in found:
            owner = entry.dist.name if entry.dist else "an unknown distribution"
            raise BadTasks(f"the task set {entry.name!r} of {owner} is already defined by spanwise or another plugin")
        found[entry.name] = entry
    return found
