"""What kind of values arguments are, learnt from those that the tests use.

A shape is what all values seen have in common: their types all the way down, and how large they get. It is meant to be
narrow: a test on an input that a task does not speak of rejects programs that are right.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SCALARS = (bool, int, float, str, bytes, type(None))
_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
FEW = 3
"""So many different characters and no more are taken for all that there are, `01` or `()[]`, say."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Values of one type."""

    kind: type
    low: float = 0
    """Least number, or least length."""
    high: float = 0
    """Greatest number, or greatest length."""
    alphabet: str = ""
    """Characters of texts, sorted."""
    fields: tuple[Shapes, ...] = ()
    """Of a tuple with as many elements as ever: each of them."""
    items: Shapes = ()
    """Of other collections: their elements; the keys of a mapping."""
    values: Shapes = ()
    """Of a mapping: its values."""


Shapes = tuple[Shape, ...]
"""One for each type that values have; none where no value was seen."""


def shapes(values: Iterable[Any]) -> Shapes:
    """What values have in common."""
    groups: dict[type, list[Any]] = {}
    for value in values:
        groups.setdefault(type(value), []).append(value)
    return tuple(_shape(kind, group) for kind, group in groups.items())


def _shape(kind: type, group: Sequence[Any]) -> Shape:
    if kind in (int, float):
        return Shape(kind, min(group), max(group))
    if kind in (bool, type(None)):
        return Shape(kind)
    lengths = [len(value) for value in group]
    low, high = min(lengths), max(lengths)
    if kind is str:
        return Shape(kind, low, high, alphabet=_alphabet(group))
    if kind is dict:
        keys, values = shapes(key for each in group for key in each), shapes(v for each in group for v in each.values())
        return Shape(kind, low, high, items=keys, values=values)
    if kind is tuple and low == high and (low <= FEW or _mixed(group)):
        return Shape(kind, low, high, fields=tuple(shapes(place) for place in zip(*group, strict=True)))
    return Shape(kind, low, high, items=shapes(item for each in group for item in each) if kind is not bytes else ())


def _mixed(group: Sequence[tuple[Any, ...]]) -> bool:
    return any(len({type(item) for item in each}) > 1 for each in group)


def _alphabet(texts: Sequence[str]) -> str:
    seen = {character for text in texts for character in text}
    if len(seen) > FEW:
        for each in _CLASSES:
            if seen & set(each):
                seen |= set(each)
    return "".join(sorted(seen))


def fits(value: Any, expected: Shapes) -> bool:
    """Whether a value is like those that were seen, or a little larger."""
    return any(_fits(value, shape) for shape in expected if type(value) is shape.kind)


def _fits(value: Any, shape: Shape) -> bool:
    if shape.kind in (int, float):
        return least(shape) <= value <= most(shape)
    if shape.kind in (bool, type(None)):
        return True
    if not shortest(shape) <= len(value) <= longest(shape):
        return False
    match value:
        case str():
            return set(value) <= set(shape.alphabet)
        case dict():
            return all(fits(key, shape.items) and fits(item, shape.values) for key, item in value.items())
        case tuple() if shape.fields:
            return all(map(fits, value, shape.fields))
        case bytes():
            return True
    return all(fits(item, shape.items) for item in value)


def least(shape: Shape) -> float:
    """The least number that is like those seen: below zero only if one was, zero only if one was."""
    if shape.low > 0:
        return min(shape.low, 1) if shape.kind is int else shape.low / 2
    return 2 * shape.low


def most(shape: Shape) -> float:
    """The greatest number that is like those seen: a program whose time grows with it may be right."""
    if shape.high < 0:
        return -1 if shape.kind is int else shape.high / 2
    return max(shape.high * 1.5, shape.high + 2) if shape.high > 0 else 0


def shortest(shape: Shape) -> float:
    """The least length: nothing at all only where that was seen, and where all were as long, that alone."""
    if shape.low == shape.high == 1:
        return 1
    return min(shape.low, 1)


def longest(shape: Shape) -> float:
    """The greatest length."""
    return 1 if shape.low == shape.high == 1 and shape.kind is str else shape.high + max(2, shape.high // 2)
