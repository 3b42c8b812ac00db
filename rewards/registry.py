"""Named pure functions whose keyword-only arguments are their configuration.

`registry.register("name")` makes a function known; `registry.bind("name", options)` checks the options against its
signature and returns it ready to call. Built-in functions are found by importing the modules of one package; other
distributions add theirs through an entry-point group, whose targets are the functions. Nothing is imported before it is
asked for.
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import Any, Generic, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class UnknownName(ValueError):
    """No such function, or no such option of it, or an option of the wrong type."""


class DuplicateName(ValueError):
    """Two functions want the same name."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The half sentence that ends a message about an unknown name."""
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=3)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else f"known: {', '.join(choices) or 'none'}"


class Registry(Generic[Function]):
    """Functions of one kind, by name."""

    def __init__(self, kind: str, group: str, package: str = "") -> None:
        """`kind` is what messages call them; `group` the entry-point group; `package` holds the built-in ones."""
        self.kind = kind
        self.group = group
        self._package = package
        self._functions: dict[str, Function] = {}

    def register(self, name: str) -> Callable[[Function], Function]:
        """Decorator that makes a function known.

        Raises:
            DuplicateName: the name is taken.
        """

        def add(function: Function) -> Function:
            if name in self._functions:
                owner = self._functions[name].__module__
                raise DuplicateName(f"{self.kind} {name!r} of {function.__module__} is already defined by {owner}")
            self._functions[name] = function
            return function

        return add

    def names(self) -> tuple[str, ...]:
        """All names, sorted; plugins are listed without being imported."""
        plugins = self._plugins()
        return tuple(sorted({*self._functions, *plugins}))

    def get(self, name: str) -> Function:
        """The function of that name.

        Raises:
            UnknownName: with the closest known names, or with the reason why a plugin cannot be loaded.
            DuplicateName: two distributions define it.
        """
        plugins = self._plugins()
        if name in self._functions:
            return self._functions[name]
        if name not in plugins:
            raise UnknownName(f"unknown {self.kind} {name!r}; {did_you_mean(name, self.names())}")
        entry = plugins[name]
        try:
            function: Function = entry.load()
        except Exception as error:
            raise UnknownName(f"{self.kind} {name!r} of {_owner(entry)} cannot be loaded: {error}") from error
        return function

    def options(self, name: str) -> dict[str, Any]:
        """The keyword-only arguments of a function, with their defaults."""
        parameters = inspect.signature(self.get(name)).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}

    def bind(self, name: str, options: Mapping[str, Any] | None = None) -> Callable[..., Any]:
        """The function with its options set.

        Raises:
            UnknownName: the function or one of the options does not exist, or an option has the wrong type.
        """
        function = self.get(name)
        known = self.options(name)
        for option, value in (options or {}).items():
            if option not in known:
                valid = ", ".join(f"{key}={_shown(default)}" for key, default in known.items()) or "none"
                hint = did_you_mean(option, known)
                hint = f"{hint} " if hint.startswith("did") else ""
                raise UnknownName(f"{self.kind} {name!r} has no option {option!r}; {hint}options: {valid}")
            if isinstance(value, float) and not math.isfinite(value):
                raise UnknownName(f"option {option!r} of {self.kind} {name!r} must be a finite number, got {value}")
            if not _fits(value, known[option]):
                expected = type(known[option]).__name__
                raise UnknownName(
                    f"option {option!r} of {self.kind} {name!r} must be like its default {_shown(known[option])}"
                    f" ({expected}), got {value!r}"
                )
        return partial(function, **dict(options or {}))

    def _plugins(self) -> dict[str, EntryPoint]:
        if self._package:
            for module in iter_modules(import_module(self._package).__path__):
                import_module(f"{self._package}.{module.name}")
        found: dict[str, EntryPoint] = {}
        for entry in sorted(entry_points(group=self.group), key=lambda entry: (entry.name, entry.value)):
            if entry.name in found or entry.name in self._functions:
                other = _owner(found[entry.name]) if entry.name in found else "spanwise"
                raise DuplicateName(f"{self.kind} {entry.name!r} of {_owner(entry)} is already defined by {other}")
            found[entry.name] = entry
        return found


def _fits(value: object, default: object) -> bool:
    """Whether a value can stand where the default stands: same type, an int for a float, any mapping for a mapping."""
    if default is None or default is inspect.Parameter.empty:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float))
    if isinstance(default, Mapping):
        return isinstance(value, Mapping)
    return isinstance(value, type(default))


def _shown(default: object) -> str:
    if default is inspect.Parameter.empty:
        return "(required)"
    return repr(dict(default)) if isinstance(default, Mapping) else repr(default)


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "an unknown distribution"
