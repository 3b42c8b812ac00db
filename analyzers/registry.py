"""Analyzers by name: the built-in ones, those of other distributions, those in files, and those that a name describes.

- A module of `analyzers.inprocess` or `analyzers.tools`, or `analyzers.syntax`, that defines `ANALYZER`: named as the
  module, with `-` for `_`.
- An entry point of the group `spanwise.analyzers`: its target is an analyzer of that name.
- A plugin file, `lint/no_eval.py` or `lint/no_eval.scm`: named as it is, with `lint/no_eval.py:no-eval` for one of its
  analyzers, or made known by `add`; its analyzers then have names like all others. See `analyzers.files`.
- A prefix with whatever it takes, `sarif:COMMAND` or `sarif[c cpp]:COMMAND`: the module of that name in this package
  makes the analyzer by its function `from_name(name, rest, folder)`, with the whole name, what stands behind the colon,
  and the folder at which relative paths begin. What it raises as ValueError is bad usage.

Names are listed without an import; a module is imported when its analyzer is used. Names are all that travels to
worker processes, with the `Setup` by which they mean the same there. `runtime` is a name too, but no analyzer: it
needs tests, and the engine runs it.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from analyzers import files
from analyzers.errors import AnalyzerError, AnalyzerFailed
from analyzers.types import Analyzer

ENTRY_POINTS = "spanwise.analyzers"
RUNTIME = "runtime"
PREFIXES = ("ast-grep", "lsp", "sarif")
SUFFIXES: Mapping[str, str] = {".sarif": "sarif", ".yml": "ast-grep", ".yaml": "ast-grep"}
"""Prefixes that go without saying where a name is a file's."""

_FOLDERS = ("analyzers.inprocess", "analyzers.tools")
_NOT_ANALYZERS = ("base",)
_IN_FILE = re.compile(rf"(?P<path>.+(?:{'|'.join(map(re.escape, files.SUFFIXES))}))(?::(?P<name>[^:/\\]+))?")


class UnknownAnalyzer(ValueError):
    """No analyzer of that name is known."""


class DuplicateAnalyzer(ValueError):
    """Two distributions or files offer an analyzer under one name."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What gives names their meaning in this process, for processes in which they shall mean the same."""

    files: Mapping[str, files.Place] = field(default_factory=dict)
    """Where the analyzers of plugin files are, by name."""
    folder: str = ""
    """Where relative paths in names begin; the working folder where it is empty."""


_setup = Setup()


def setup() -> Setup:
    """The present setup; its folder is the working folder unless another one was restored."""
    return Setup(dict(_setup.files), _setup.folder or str(Path.cwd()))


def restore(given: Setup) -> None:
    """Makes names mean what they mean where `setup` was called. Reads no file: the first use does."""
    global _setup
    _setup = given
    get.cache_clear()


def add(path: str | Path) -> tuple[str, ...]:
    """Makes the analyzers of a plugin file known, and answers with their names. A file that has changed is read again.

    Raises:
        analyzers.files.BadPlugin: there is no such file, or it cannot be loaded, or defines no analyzer.
        DuplicateAnalyzer: a name is taken; both owners are named.
    """
    global _setup
    plugin = files.load(Path(_setup.folder, path))
    place, found = plugin.place, tuple(plugin.analyzers)
    others = {name: known for name, known in _setup.files.items() if known.path != place.path}
    for name in found:
        if name in _built_in() or name == RUNTIME:
            raise DuplicateAnalyzer(f"analyzer {name!r} of {place.path} is built in; it needs another name")
        if name in _plugins() or name in others:
            owner = _owner(_plugins()[name]) if name in _plugins() else others[name].path
            raise DuplicateAnalyzer(f"analyzer {name!r} of {place.path} is offered by {owner} too; rename one of them")
    _setup = Setup(others | dict.fromkeys(found, place), _setup.folder)
    get.cache_clear()
    return found


def chosen(wanted: Iterable[str], plugins: Iterable[str | Path] = ()) -> tuple[str, ...]:
    """The names that were asked for, as `check` answers, and all analyzers of some plugin files.

    Raises:
        As `add` and `check` do.
    """
    added = [name for path in plugins for name in add(path)]
    named = check(wanted)
    return (*named, *(name for name in dict.fromkeys(added) if name not in named))


def names() -> tuple[str, ...]:
    """All names that stand for themselves, sorted.

    Raises:
        DuplicateAnalyzer: naming both distributions.
    """
    return tuple(sorted({*_built_in(), *_plugins(), *_setup.files, RUNTIME}))


def split(text: str) -> tuple[str, ...]:
    """The names in a text with commas between them; one that holds a comma itself stands in double quotes."""
    rows = csv.reader([text.replace("\n", " ")], skipinitialspace=True)
    return tuple(name for row in rows for part in row if (name := part.strip()))


def check(wanted: Iterable[str]) -> tuple[str, ...]:
    """The names under which the engine knows what was asked for; a plugin file stands for all of its analyzers.

    Raises:
        UnknownAnalyzer: with the closest known names.
        analyzers.files.BadPlugin: a plugin file cannot be loaded.
        ValueError: a name comes twice, or no analyzer can be made of what stands behind a prefix.
    """
    asked = tuple(str(name) for name in wanted)
    try:
        found = tuple(name for one in asked for name in _resolve(one))
    except AnalyzerError as error:
        raise ValueError(str(error)) from error
    for name in found:
        if found.count(name) > 1:
            raise ValueError(
                f"analyzer {name!r} is asked for {found.count(name)} times in {', '.join(asked)}; once is enough"
            )
    return found


@cache
def get(name: str) -> Analyzer:
    """The analyzer of that name; its module is imported now.

    Raises:
        UnknownAnalyzer: with the closest known names; `runtime`, which is no analyzer, is unknown here.
        AnalyzerFailed: its module cannot be imported, or holds no analyzer of that name; distribution and cause are
        named.
    """
    resolved = _resolve(name)
    if len(resolved) > 1:
        raise UnknownAnalyzer(f"{name} has {len(resolved)} analyzers: {', '.join(f'{name}:{one}' for one in resolved)}")
    (name,) = resolved
    if name == RUNTIME:
        raise UnknownAnalyzer(
            f"{RUNTIME!r} needs tests and is run by analyzers.engine.Engine or analyzers.runtime.submit"
        )
    if name in _setup.files:
        return files.again(_setup.files[name]).analyzers[name]
    if name not in names():
        return _described(name)
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


def fingerprint(name: str) -> str:
    """What the findings of an analyzer depend on; where it stands in a plugin file, on the file too.

    Raises:
        UnknownAnalyzer, AnalyzerFailed: as `get` does.
        analyzers.errors.ToolMissing: what it runs is not installed.
    """
    analyzer = get(name)
    place = _setup.files.get(analyzer.name)
    said = analyzer.fingerprint()
    if not isinstance(said, str):
        raise AnalyzerFailed(f"the fingerprint of {name} is {said!r:.80}, expected a string")
    return f"{place.digest} {said}" if place else said


def module(name: str) -> ModuleType | None:
    """The module in which an analyzer stands, or None where it stands in none.

    Raises:
        UnknownAnalyzer, AnalyzerFailed: as `get` does.
    """
    analyzer = get(name)
    if analyzer.name in _setup.files:
        return files.again(_setup.files[analyzer.name]).module
    entry = _plugins().get(analyzer.name)
    where = entry.module if entry else _built_in().get(analyzer.name)
    return import_module(where) if where else None


def owner(name: str) -> str:
    """Who offers an analyzer: `built in`, a distribution with its version, or the path of a plugin file."""
    if name in _setup.files:
        return _setup.files[name].path
    return _owner(_plugins()[name]) if name in _plugins() else "built in"


def _resolve(name: str) -> tuple[str, ...]:
    """The names under which `get` knows what a name stands for."""
    if name in names():
        return (name,)
    if ":" in name and _prefix(name) in PREFIXES:
        return (_described(name).name,)
    if in_file := _IN_FILE.fullmatch(name):
        found = add(in_file["path"])
        if in_file["name"] and in_file["name"] not in found:
            raise _unknown(in_file["name"], found, of=f" of {in_file['path']}")
        return (in_file["name"],) if in_file["name"] else found
    implied = SUFFIXES.get(Path(name).suffix)
    if implied:
        return (_described(f"{implied}:{name}").name,)
    raise _unknown(name, names(), *(f"{prefix}:" for prefix in PREFIXES if ":" in name))


def _described(name: str) -> Analyzer:
    prefix, rest = _prefix(name), name.partition(":")[2]
    if not rest.strip():
        raise ValueError(f"analyzer {name!r} lacks what stands behind the colon, {prefix}:...")
    folder = Path(_setup.folder or Path.cwd())
    try:
        analyzer: Analyzer = import_module(f"analyzers.{prefix.replace('-', '_')}").from_name(name, rest, folder)
    except (AnalyzerError, ValueError):
        raise
    except Exception as error:
        raise AnalyzerFailed(f"analyzer {name!r} cannot be made: {type(error).__name__}: {error}") from error
    return analyzer


def _prefix(name: str) -> str:
    """What stands before the colon, without what is in brackets: `sarif` of `sarif[c cpp]:...`."""
    return name.partition(":")[0].partition("[")[0]


def _unknown(name: str, known: Iterable[str], *others: str, of: str = "") -> UnknownAnalyzer:
    known = [*known, *others]
    close = difflib.get_close_matches(name, known, n=3) or difflib.get_close_matches(
        f"{name.partition(':')[0]}:", others, n=1
    )
    hint = f"did you mean {', '.join(close)}?" if close else f"known: {', '.join(known)}"
    return UnknownAnalyzer(f"unknown analyzer {name!r}{of}; {hint}")


@cache
def _built_in() -> dict[str, str]:
    found = {"syntax": "analyzers.syntax"}
    for folder in _FOLDERS:
        for info in iter_modules(import_module(folder).__path__):
            if info.name not in _NOT_ANALYZERS:
                found[info.name.replace("_", "-")] = f"{folder}.{info.name}"
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
