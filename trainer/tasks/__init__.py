"""Task sets by name: `load("builtin")`, `load("mbpp:PATH", "test")`, `names()`.

A task set is a function `tasks(split, *, path=None) -> list[Task]`; one that takes no `path` lives without files.
Built-in sets are the modules of this package that define `tasks`. Other distributions add theirs through the
entry-point group `spanwise.tasks`, whose targets are such functions.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import TypeAlias

import grammars
from trainer.tasks.files import BadTasks, TasksMissing
from trainer.types import Task

__all__ = ["BadTasks", "TasksMissing", "UnknownTasks", "load", "names", "stops"]

ENTRY_POINTS = "spanwise.tasks"
FORCE = "force:"
"""Prefix of a spec that hands out an evaluation set for training."""
FENCE_STOP = "\n```"

Loader: TypeAlias = Callable[..., list[Task]]


class UnknownTasks(BadTasks):
    """No task set of that name is known."""


def load(spec: str, split: str = "train") -> list[Task]:
    """The tasks of one split of the set that `spec` names: `NAME`, `NAME:PATH`, or `force:NAME:PATH`.

    Splits are "train" and "test", and what the set has beside them.

    Raises:
        UnknownTasks: no such set; with the closest names.
        BadTasks: the set cannot be used as asked (missing file, bad row, no such split, evaluation only).
    """
    forced = spec.startswith(FORCE)
    name, _, path = spec.removeprefix(FORCE).partition(":")
    loader = _loader(name.strip().lower())
    accepted = inspect.signature(loader).parameters
    if path and "path" not in accepted:
        raise BadTasks(f"the task set {name!r} has no files and takes no path, got {path!r}; write just {name}")
    options: dict[str, object] = {"path": path} if path else {}
    if forced and "force" in accepted:
        options["force"] = True
    found = loader(split, **options)
    if not found:
        raise BadTasks(f"the task set {spec!r} has no task in the split {split!r}")
    return found


def names() -> tuple[str, ...]:
    """Names of all task sets, sorted."""
    return tuple(sorted(_entries()))


def stops(task: Task, *, fenced: bool = False) -> tuple[str, ...]:
    """Strings at which a completion of `task` is over.

    Where the prompt is the beginning of a program, these are the marks at which a function body ends in its language;
    `fenced` adds the closing fence, for prompts that opened a code block (`trainer.prompts` knows).
    """
    language = grammars.get(task.language).stops if task.prefix else ()
    return (*language, FENCE_STOP) if fenced else language


def _loader(name: str) -> Loader:
    entries = _entries()
    if name not in entries:
        close = difflib.get_close_matches(name, entries, n=3)
        hint = (
            f"did you mean {', '.join(close)}?"
            if close
            else f"known: {', '.join(names())}; a file of your own: jsonl:PATH"
        )
        raise UnknownTasks(f"unknown task set {name!r}; {hint}")
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
    for module in sorted(info.name for info in iter_modules(__path__)):
        loader = getattr(import_module(f"{__name__}.{module}"), "tasks", None)
        if callable(loader):
            found[module] = loader
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        if entry.name in found:
            owner = entry.dist.name if entry.dist else "an unknown distribution"
            raise BadTasks(f"the task set {entry.name!r} of {owner} is already defined by spanwise or another plugin")
        found[entry.name] = entry
    return found
