"""Records as JSON trees and back, by their own fields and types.

Enumerations travel as lower-case words, tuples as lists, spans as their two numbers by name. `json.dumps` with its
default settings writes lone surrogates as escapes, so that any text survives.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum, IntEnum
from functools import cache
from typing import Any


def encode(value: Any) -> Any:
    """A tree of dicts, lists, strings and numbers."""
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


def decode(kind: Any, tree: Any, place: str) -> Any:
    """The value of type `kind` that `encode` made the tree of.

    Raises:
        ValueError: the tree is none of it; the message names the place, which begins with `place`.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType or origin is typing.Union:
        return None if tree is None else decode(arguments[0], tree, place)
    if origin is tuple:
        _expect(tree, list, place)
        return tuple(decode(arguments[0], item, f"{place}[{index}]") for index, item in enumerate(tree))
    if origin is not None:
        _expect(tree, Mapping, place)
        return {key: decode(arguments[1], item, f"{place}.{key}") for key, item in tree.items()}
    if is_dataclass(kind):
        return _record(kind, tree, place)
    if issubclass(kind, Enum):
        return _member(kind, tree, place)
    _expect(tree, (int, float) if kind is float else kind, place)
    return tree


def _record(kind: Any, tree: Any, place: str) -> Any:
    _expect(tree, Mapping, place)
    hints = _hints(kind)
    missing, unknown = sorted(_required(kind) - set(tree)), sorted(set(tree) - set(hints))
    if missing or unknown:
        raise ValueError(f"{place}: expected the fields of {kind.__name__}; missing {missing}, unknown {unknown}")
    return kind(**{name: decode(hints[name], value, f"{place}.{name}") for name, value in tree.items()})


def _member(kind: type[Enum], tree: Any, place: str) -> Enum:
    words = {encode(member): member for member in kind}
    if tree not in words:
        raise ValueError(f"{place}: expected one of {', '.join(words)}, got {tree!r}")
    return words[tree]


def _expect(tree: Any, kind: Any, place: str) -> None:
    if not isinstance(tree, kind) or (isinstance(tree, bool) and kind is not bool):
        raise ValueError(
            f"{place}: got {type(tree).__name__} {str(tree)[:40]!r}, expected {getattr(kind, '__name__', 'a number')}"
        )


@cache
def _required(kind: Any) -> set[str]:
    """What a tree needs; fields with a default may be younger than it."""
    return {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
