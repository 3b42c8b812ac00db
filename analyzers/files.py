"""Plugin files: Python that defines analyzers, and tree-sitter queries.

A Python file is executed, with all that this process may do: load what you would run. Its analyzers are the objects of
its module that are analyzers, under their own names.
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

SUFFIXES = (".py",)
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


def load(path: Path) -> tuple[Place, Mapping[str, Analyzer]]:
    """Reads a file as it is now: its place, and its analyzers by name.

    Raises:
        BadPlugin: it cannot be read or executed, or defines no analyzer.
    """
    path = path.absolute()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadPlugin(f"cannot read the plugin {str(path)!r}: {error.strerror}") from error
    place = Place(str(path), hashlib.sha256(data).hexdigest())
    return place, _load(place, data)


def again(place: Place) -> Mapping[str, Analyzer]:
    """The analyzers of a file that was read before, perhaps by another process.

    Raises:
        AnalyzerFailed: it is another file by now, or cannot be loaded here.
    """
    try:
        found, analyzers = load(Path(place.path))
    except BadPlugin as error:
        raise AnalyzerFailed(str(error)) from error
    if found != place:
        raise AnalyzerFailed(f"the plugin {place.path!r} has changed since it was loaded; start again")
    return analyzers


@cache
def _load(place: Place, data: bytes) -> Mapping[str, Analyzer]:
    found: dict[str, Analyzer] = {}
    for value in vars(_execute(place, data)).values():
        if not _is_analyzer(value) or _is_built_in(value):
            continue
        if not _NAME.fullmatch(str(value.name)):
            raise BadPlugin(
                f"the plugin {place.path!r}: an analyzer's name is of letters, digits and -, not {value.name!r}"
            )
        if found.setdefault(value.name, value) is not value:
            raise BadPlugin(f"the plugin {place.path!r} defines two analyzers named {value.name!r}")
    if not found:
        raise BadPlugin(
            f"the plugin {place.path!r} defines no analyzer; put @analyzer(NAME, languages=(...)) on a function"
        )
    return found


def _execute(place: Place, data: bytes) -> ModuleType:
    name = f"spanwise_plugin_{re.sub(r'[^A-Za-z0-9_]', '_', Path(place.path).stem)}_{place.digest[:12]}"
    module = module_from_spec(ModuleSpec(name, None, origin=place.path))
    module.__file__ = place.path
    sys.modules[name] = module
    try:
        with redirect_stdout(sys.stderr):
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
