"""Plugin files: Python that defines analyzers, and tree-sitter queries.

A Python file is executed, with all that this process may do: load what you would run. Its analyzers are the objects of
its module that are analyzers, under their own names; whoever only imports a built-in one does not define it. A query
file is described in `analyzers.query`.
"""

from __future__ import annotations

import hashlib
import re
import sys
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from analyzers.errors import AnalyzerFailed
from analyzers.types import Analyzer

SUFFIXES = (".py", ".scm")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_FIELDS = ("name", "languages", "timeout_s", "batch_size", "fingerprint", "run")


class BadPlugin(ValueError):
    """A plugin file that cannot be used; one line says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A plugin file as it was read."""

    path: str
    """Absolute."""
    digest: str
    """Of its content."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin file that was loaded."""

    place: Place
    analyzers: Mapping[str, Analyzer]
    module: ModuleType | None = None
    """None where it is a query."""


def load(path: Path) -> Plugin:
    """Reads a file as it is now.

    Raises:
        BadPlugin: it cannot be read or executed, or defines no analyzer.
    """
    with redirect_stdout(sys.stderr):  # what a command prints may be JSON
        return _open(path.absolute())


def again(place: Place) -> Plugin:
    """A file that was loaded before, perhaps by another process.

    Raises:
        AnalyzerFailed: it is another file by now, or cannot be loaded here.
    """
    try:
        plugin = _open(Path(place.path))
    except BadPlugin as error:
        raise AnalyzerFailed(str(error)) from error
    if plugin.place != place:
        raise AnalyzerFailed(f"the plugin {place.path!r} has changed since it was loaded; start again")
    return plugin


def _open(path: Path) -> Plugin:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadPlugin(f"cannot read the plugin {str(path)!r}: {error.strerror}") from error
    return _load(Place(str(path), hashlib.sha256(data).hexdigest()), data)


@cache
def _load(place: Place, data: bytes) -> Plugin:
    if Path(place.path).suffix == ".scm":
        found, module = [_read(place, data)], None
    elif Path(place.path).suffix == ".py":
        module = _execute(place, data)
        values = vars(module).values()
        found = [value for value in values if _is_analyzer(value) and not _is_built_in(value)]
    else:
        raise BadPlugin(f"the plugin {place.path!r} is no file of Python (.py) or of tree-sitter queries (.scm)")
    if not found:
        raise BadPlugin(
            f"the plugin {place.path!r} defines no analyzer; put @analyzer(NAME, languages=...) above a function"
        )
    by_name: dict[str, Analyzer] = {}
    for analyzer in found:
        if not isinstance(analyzer.name, str) or not _NAME.fullmatch(analyzer.name):
            raise BadPlugin(
                f"the plugin {place.path!r} names an analyzer {analyzer.name!r}; expected letters, digits and '-'"
            )
        if by_name.setdefault(analyzer.name, analyzer) is not analyzer:
            raise BadPlugin(f"the plugin {place.path!r} defines two analyzers named {analyzer.name!r}")
    return Plugin(place, by_name, module)


def _read(place: Place, data: bytes) -> Analyzer:
    from analyzers import query  # takes the grammars along

    try:
        return query.read(data.decode("utf-8-sig"), Path(place.path).stem)
    except ValueError as error:
        raise BadPlugin(f"the query {place.path!r} makes no sense: {error}") from error


def _execute(place: Place, data: bytes) -> ModuleType:
    name = f"spanwise_plugin_{re.sub(r'[^A-Za-z0-9_]', '_', Path(place.path).stem)}_{place.digest[:12]}"
    module = module_from_spec(ModuleSpec(name, None, origin=place.path))
    module.__file__ = place.path
    sys.modules[name] = module
    try:
        exec(compile(data, place.path, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise BadPlugin(f"the plugin {place.path!r} cannot be loaded: {_said(error, place.path)}") from error
    return module


def _said(error: BaseException, path: str) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    said = error.msg if isinstance(error, SyntaxError) else error
    return f"{type(error).__name__}: {said}" + (f" (line {line})" if line else "")


def _is_analyzer(value: Any) -> bool:
    return not isinstance(value, type | ModuleType) and all(hasattr(value, field) for field in _FIELDS)


def _is_built_in(value: Any) -> bool:
    """Whether a plugin only imported it."""
    modules = (module for name, module in tuple(sys.modules.items()) if name.startswith("analyzers."))
    return any(getattr(module, "ANALYZER", None) is value for module in modules)
