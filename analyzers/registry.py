"""Analyzers by name: the built-in ones by their file, then those of other distributions.

A built-in analyzer is a module of `analyzers.inprocess` or `analyzers.tools`, or `analyzers.syntax`, that defines
`ANALYZER`; its name is the module's. Other distributions add theirs through the entry-point group
`spanwise.analyzers`, whose targets are analyzers under their own names. Names are listed without an import; a module
is imported when its analyzer is used. `runtime` is a name too, but no analyzer: it needs tests, and the engine runs
it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules

from analyzers.errors import AnalyzerFailed
from analyzers.types import Analyzer

ENTRY_POINTS = "spanwise.analyzers"
RUNTIME = "runtime"

_FOLDERS = ("analyzers.inprocess", "analyzers.tools")
_NOT_ANALYZERS = ("base",)


class UnknownAnalyzer(ValueError):
    """No analyzer of that name is known."""


class DuplicateAnalyzer(ValueError):
    """Two distributions offer an analyzer under one name."""


def names() -> tuple[str, ...]:
    """All names, sorted.

    Raises:
        DuplicateAnalyzer: naming both distributions.
    """
    return tuple(sorted({*_built_in(), *_plugins(), RUNTIME}))


def check(wanted: Iterable[str]) -> tuple[str, ...]:
    """The same names, when all of them are known and none comes twice.

    Raises:
        UnknownAnalyzer: with the closest known names.
        ValueError: a name comes twice.
    """
    wanted = tuple(wanted)
    known = names()
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=3)
            hint = f"did you mean {', '.join(close)}?" if close else f"known: {', '.join(known)}"
            raise UnknownAnalyzer(f"unknown analyzer {name!r}; {hint}")
        if wanted.count(name) > 1:
            raise ValueError(
                f"analyzer {name!r} is asked for {wanted.count(name)} times in {', '.join(wanted)}; once is enough"
            )
    return wanted


@cache
def get(name: str) -> Analyzer:
    """The analyzer of that name; its module is imported now.

    Raises:
        UnknownAnalyzer: with the closest known names; `runtime`, which is no analyzer, is unknown here.
        AnalyzerFailed: its module cannot be imported, or holds no analyzer of that name; distribution and cause are
        named.
    """
    check([name])
    if name == RUNTIME:
        raise UnknownAnalyzer(
            f"{RUNTIME!r} needs tests and is run by analyzers.engine.Engine or analyzers.runtime.submit"
        )
    module = _built_in().get(name)
    target = f"{module}:ANALYZER" if module else _plugins()[name].value
    owner = "spanwise" if module else _owner(_plugins()[name])
    try:
        analyzer = import_module(module).ANALYZER if module else _plugins()[name].load()
    except Exception as error:
        raise AnalyzerFailed(
            f"analyzer {name!r} of {owner} cannot be loaded from {target}: {type(error).__name__}: {error}"
        ) from error
    if getattr(analyzer, "name", None) != name or not callable(getattr(analyzer, "run", None)):
        raise AnalyzerFailed(f"{target} of {owner} is no analyzer named {name!r} but {analyzer!r:.120}")
    found: Analyzer = analyzer
    return found


@cache
def _built_in() -> dict[str, str]:
    found = {"syntax": "analyzers.syntax"}
    for folder in _FOLDERS:
        for info in iter_modules(import_module(folder).__path__):
            if info.name not in _NOT_ANALYZERS:
                found[info.name] = f"{folder}.{info.name}"
    return found


@cache
def _plugins() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: (entry.name, entry.value)):
        if entry.name in _built_in() or entry.name == RUNTIME:
            raise DuplicateAnalyzer(f"analyzer {entry.name!r} of {_owner(entry)} is built in; it needs another name")
        if entry.name in found:
            raise DuplicateAnalyzer(
                f"analyzer {entry.name!r} is offered by {_owner(found[entry.name])} and by {_owner(entry)};"
                " uninstall one of them"
            )
        found[entry.name] = entry
    return found


def _owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown distribution"
