"""Named functions whose keyword-only arguments are their configuration.

An algorithm is a function: `registry.register("name")` makes it known, `registry.bind("name", options)` checks the
options against its signature and returns it ready to call. Other distributions add theirs through an entry-point group,
whose targets are the functions; nothing is imported before it is asked for.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class UnknownName(ValueError):
    """No such function, or no such option of it."""


class DuplicateName(ValueError):
    """Two functions want the same name."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The half sentence that ends a message about an unknown name."""
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=3)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else f"known: {', '.join(choices) or 'none'}"


class Registry(Generic[Function]):
    """Functions of one kind, by name."""

    def __init__(self, kind: str, group: str) -> None:
        """`kind` is what messages call them; `group` is the entry-point group for plugins."""
        self.kind = kind
        self.group = group
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
        return tuple(sorted({*self._functions, *self._plugins()}))

    def get(self, name: str) -> Function:
        """The function of that name.

        Raises:
            UnknownName: with the closest known names.
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
            UnknownName: the function or one of the options does not exist.
        """
        function = self.get(name)
        known = self.options(name)
        for option in options or {}:
            if option not in known:
                raise UnknownName(f"{self.kind} {name!r} has no option {option!r}; {did_you_mean(option, known)}")
        return partial(function, **dict(options or {}))

    def _plugins(self) -> dict[str, EntryPoint]:
        found: dict[str, EntryPoint] = {}
        for entry in sorted(entry_points(group=self.group), key=lambda entry: (entry.name, entry.value)):
            if entry.name in found or entry.name in self._functions:
                other = _owner(found[entry.name]) if entry.name in found else "spanwise"
                raise DuplicateName(f"{self.kind} {entry.name!r} of {_owner(entry)} is already defined by {other}")
            found[entry.name] = entry
        return found


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "an unknown distribution"
