"""Plain values: what an input and an answer may be, and their text as code."""

from __future__ import annotations

import ast
import math
from typing import Any

MAX_TEXT = 2_000
"""Longest text of an input or an answer: what people and models have to read."""
MAX_DEPTH = 20


def plain(value: Any, depth: int = 0) -> bool:
    """Whether a value is data whose text gives it back: finite numbers, texts, and collections of them."""
    if depth > MAX_DEPTH:
        return False
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return all(plain(item, depth + 1) for item in value)
    if kind is dict:
        return all(plain(item, depth + 1) for pair in value.items() for item in pair)
    if kind is float:
        return math.isfinite(value)
    return kind in (bool, int, str, bytes, type(None))


def literal(text: str) -> Any:
    """The plain value that a text stands for, whoever wrote it; no code is run.

    Raises:
        ValueError: it stands for none, or is longer than MAX_TEXT.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"a value of {len(text)} characters, at most {MAX_TEXT} are read")
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, TypeError, ValueError, MemoryError, RecursionError) as error:
        raise ValueError(f"no plain value ({type(error).__name__}): {text[:60]!r}") from error
    if not plain(value):
        raise ValueError(f"no plain value: {text[:60]!r}")
    return value


def written(value: Any) -> str | None:
    """A plain value as code, the same for equal values of the same types; None where it is too long to be read."""
    try:
        text = _written(value)
    except ValueError:  # an integer of more digits than Python writes
        return None
    return text if len(text) <= MAX_TEXT else None


def _written(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
        case set() | frozenset():
            inside = ", ".join(sorted(map(_written, value)))
            made = f"{{{inside}}}" if value else "set()"
            return made if isinstance(value, set) else f"frozenset({made if value else ''})"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case tuple():
            return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def holds_float(value: Any) -> bool:
    """Whether a number in it may be rounded otherwise by another program that is right."""
    if isinstance(value, dict):
        return any(holds_float(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(holds_float, value))
    return isinstance(value, float)


def negative(value: Any) -> bool:
    """Whether there is a negative number in it."""
    if isinstance(value, dict):
        return any(negative(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(negative, value))
    return isinstance(value, int | float) and value < 0


def alike(one: Any, two: Any) -> bool:
    """Whether two plain answers of one program are the same: types and all, but for the last digits of floats."""
    if type(one) is not type(two):
        return False
    if isinstance(one, float):
        return math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(alike, one, two))
    if isinstance(one, dict):
        return list(one) == list(two) and all(map(alike, one.values(), two.values()))
    return bool(one == two)
