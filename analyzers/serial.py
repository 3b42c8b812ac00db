"""Records as JSON trees and back, by their own fields and types.

Enumerations travel as lower-case words, tuples as lists, spans as their two numbers by name. `json.dumps` with its
default settings writes lone surrogates as escapes, so that any text survives.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum, IntEnum
from functools import cache
from typing import Any, NoReturn, TypeAlias

Step: TypeAlias = Callable[[Any], Any]

_PLAIN = frozenset({str, int, float, bool, type(None)})


class _Misfit(Exception):
    """A part of a tree is not what it should be; the path to it grows while the exception rises."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.path = ""


def encode(value: Any) -> Any:
    """A tree of dicts, lists, strings and numbers."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _writer(kind)(value)


def decode(kind: Any, tree: Any, place: str) -> Any:
    """The value of type `kind` that `encode` made the tree of.

    Raises:
        ValueError: the tree is none of it; the message names the place, which begins with `place`.
    """
    try:
        return _reader(kind)(tree)
    except _Misfit as error:
        raise ValueError(f"{place}{error.path}: {error}") from error.__cause__


@cache
def _writer(kind: type) -> Step:
    """What turns a value of a type into a tree; found out once, since scores are many and alike."""
    if issubclass(kind, IntEnum):
        return lambda value: value.name.lower()
    if issubclass(kind, Enum):
        return lambda value: value.value
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {name: encode(getattr(value, name)) for name in names}
    if issubclass(kind, Mapping):
        return lambda value: {str(key): encode(item) for key, item in value.items()}
    if issubclass(kind, tuple):
        return lambda value: [encode(item) for item in value]
    return lambda value: value


@cache
def _reader(kind: Any) -> Step:
    """What turns a tree into a value of a type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType or origin is typing.Union:
        some = _reader(arguments[0])
        return lambda tree: None if tree is None else some(tree)
    if origin is tuple:
        return _items(_reader(arguments[0]))
    if origin is not None:
        return _values(_reader(arguments[1]))
    if is_dataclass(kind):
        return _record(kind)
    if issubclass(kind, Enum):
        return _member(kind)
    return _plain((int, float) if kind is float else kind)


def _items(read: Step) -> Step:
    def items(tree: Any) -> Any:
        if not isinstance(tree, list):
            _refuse(tree, list)
        found = []
        for item in tree:
            try:
                found.append(read(item))
            except _Misfit as error:
                error.path = f"[{len(found)}]{error.path}"
                raise
        return tuple(found)

    return items


def _values(read: Step) -> Step:
    return lambda tree: _read_each(tree, lambda key: read)


def _record(kind: Any) -> Step:
    hints = typing.get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in (field.name for field in fields(kind))}
    # Fields with a default may be younger than the tree.
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def record(tree: Any) -> Any:
        if isinstance(tree, Mapping) and not required <= tree.keys() <= readers.keys():
            missing, unknown = sorted(required - tree.keys()), sorted(tree.keys() - readers.keys())
            raise _Misfit(f"expected the fields of {kind.__name__}; missing {missing}, unknown {unknown}")
        values = _read_each(tree, readers.__getitem__)
        try:
            return kind(**values)
        except ValueError as error:
            raise _Misfit(str(error)) from error

    return record


def _read_each(tree: Any, reader: Callable[[str], Step]) -> dict[str, Any]:
    if not isinstance(tree, Mapping):
        _refuse(tree, Mapping)
    found = {}
    for key, item in tree.items():
        try:
            found[key] = reader(key)(item)
        except _Misfit as error:
            error.path = f".{key}{error.path}"
            raise
    return found


def _member(kind: type[Enum]) -> Step:
    words = {encode(member): member for member in kind}

    def member(tree: Any) -> Enum:
        if not isinstance(tree, str) or tree not in words:
            raise _Misfit(f"expected one of {', '.join(words)}, got {tree!r:.80}")
        return words[tree]

    return member


def _plain(kind: Any) -> Step:
    def plain(tree: Any) -> Any:
        if not isinstance(tree, kind) or (isinstance(tree, bool) and kind is not bool):
            _refuse(tree, kind)
        return tree

    return plain


def _refuse(tree: Any, kind: Any) -> NoReturn:
    raise _Misfit(f"got {type(tree).__name__} {str(tree)[:40]!r}, expected {getattr(kind, '__name__', 'a number')}")
