"""What holds between the arguments of every call that the tests make, and so is taken for a part of the task.

Likely invariants (Daikon, doi:10.1109/32.908957) of a fixed list: a number that is always the length of a list, lists
of one length, lists that are sorted, rows that make a rectangle. A new input has to keep them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from math import isqrt
from typing import Any

Arguments = tuple[Any, ...]
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
SEEN = 2
"""Calls in which something has to hold, and to say something, before it is taken for a rule."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A rule on one or two arguments."""

    name: str
    places: tuple[int, ...]

    def holds(self, given: Arguments) -> bool:
        """Whether arguments keep it."""
        try:
            return bool(_RULES[self.name].holds(*(given[place] for place in self.places)))
        except (TypeError, IndexError):
            return False


@dataclass(frozen=True, slots=True)
class _Rule:
    holds: Callable[..., bool]
    telling: Callable[..., bool] = lambda *_: True
    """Whether it says anything of a call: a list of one is always sorted."""


def _sized(value: Any) -> bool:
    return isinstance(value, list | tuple | str | dict | set)


def _listed(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _ascending(value: Any) -> bool:
    return _listed(value) and all(one <= two for one, two in pairwise(value))


def _descending(value: Any) -> bool:
    return _listed(value) and all(one >= two for one, two in pairwise(value))


def _balanced(value: Any) -> bool:
    """Whether each bracket in a text has its partner."""
    if not isinstance(value, str):
        return False
    open_brackets: list[str] = []
    for character in value:
        if character in _BRACKETS:
            open_brackets.append(character)
        elif character in _BRACKETS.values() and (not open_brackets or _BRACKETS[open_brackets.pop()] != character):
            return False
    return not open_brackets


def _rows(value: Any) -> bool:
    return _listed(value) and len(value) > 1 and all(map(_listed, value))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _prime(value: Any) -> bool:
    return type(value) is int and value > 1 and all(value % each for each in range(2, isqrt(min(value, _FAR)) + 1))


def _long(value: Any, *_: Any) -> bool:
    return _listed(value) and len(value) > 2


def _unlike(value: Any, *_: Any) -> bool:
    return _sized(value) and len(value) > 1


_RULES: dict[str, _Rule] = {
    "sorted": _Rule(_ascending, _long),
    "sorted backwards": _Rule(_descending, _long),
    "all different": _Rule(lambda value: _listed(value) and len(set(map(repr, value))) == len(value), _long),
    "a rectangle": _Rule(lambda value: _listed(value) and len(set(map(len, value))) <= 1, _rows),
    "a square": _Rule(lambda value: _listed(value) and all(len(row) == len(value) for row in value), _rows),
    "balanced": _Rule(_balanced, lambda value: isinstance(value, str) and bool(set(value) & set(_BRACKETS))),
    "of even length": _Rule(lambda value: len(value) % 2 == 0, _long),
    "of odd length": _Rule(lambda value: len(value) % 2 == 1, _long),
    "sorted inside": _Rule(lambda value: _listed(value) and all(map(_ascending, value)), _rows),
    "a prime": _Rule(_prime),
    "not a prime": _Rule(lambda value: type(value) is int and not _prime(value)),
    "with a prime": _Rule(lambda value: _listed(value) and any(map(_prime, value))),
    "the length of": _Rule(lambda one, two: type(one) is int and _sized(two) and one == len(two)),
    "at most the length of": _Rule(lambda one, two: type(one) is int and _sized(two) and one <= len(two)),
    "an index of": _Rule(lambda one, two: type(one) is int and _sized(two) and one < len(two)),
    "as long as": _Rule(lambda one, two: _sized(one) and _sized(two) and len(one) == len(two), _unlike),
    "one shorter than": _Rule(lambda one, two: _sized(one) and _sized(two) and len(one) + 1 == len(two)),
    "an element of": _Rule(lambda one, two: _sized(two) and type(one) is not dict and one in two),
    "at most": _Rule(lambda one, two: _number(one) and _number(two) and one <= two),
    "less than": _Rule(lambda one, two: _number(one) and _number(two) and one < two),
}
_ALONE = ("sorted", "sorted backwards", "balanced", "a rectangle", "a square", "sorted inside")
_ALONE_OF_MANY = ("all different", "of even length", "of odd length")
_ALONE_OF_PRIMES = ("a prime", "not a prime", "with a prime")
_PAIRED = (
    "the length of",
    "at most the length of",
    "an index of",
    "as long as",
    "one shorter than",
    "an element of",
    "at most",
    "less than",
)
_FAR = 10**8
"""Numbers beyond it are looked at like it: what has no small factor is called a prime."""
MANY = 5
"""Calls before what may well be so by chance is taken for a rule."""


def relations(calls: Sequence[Arguments], *, different: bool = False, prime: bool = False) -> tuple[Relation, ...]:
    """What holds in all of some calls with equally many arguments.

    `different` and `prime` say that the task speaks of that; of primes nothing is a rule where it does not.
    """
    many = (*_ALONE_OF_MANY[different:], *_ALONE_OF_PRIMES, "at most", "less than")
    alone = (*_ALONE, *_ALONE_OF_MANY, *_ALONE_OF_PRIMES[: len(_ALONE_OF_PRIMES) * prime])
    return tuple(each for each in _possible(len(calls[0]), alone) if _seen(each, calls, many)) if calls else ()


def _possible(count: int, alone: Sequence[str]) -> Iterator[Relation]:
    yield from (Relation(name, (place,)) for name in alone for place in range(count))
    yield from (Relation(name, pair) for name in _PAIRED for pair in permutations(range(count), 2))


def _seen(relation: Relation, calls: Sequence[Arguments], many: Sequence[str]) -> bool:
    if not all(relation.holds(given) for given in calls):
        return False
    rule = _RULES[relation.name]
    telling = sum(rule.telling(*(given[place] for place in relation.places)) for given in calls)
    return telling >= (MANY if relation.name in many else SEEN)


def mended(given: Arguments, rules: Sequence[Relation]) -> Arguments:
    """Arguments that keep those rules that can be put right: lengths are told, lists cut and sorted."""
    values = list(given)
    for rule in rules:
        place, other = rule.places[0], rule.places[-1]
        value = values[place]
        try:
            if rule.name in ("sorted", "sorted backwards"):
                values[place] = type(value)(sorted(value, reverse=rule.name != "sorted"))
            elif rule.name == "all different":
                values[place] = type(value)({repr(item): item for item in value}.values())
            elif rule.name == "as long as" and place < other:
                shortest = min(len(value), len(values[other]))
                values[place], values[other] = value[:shortest], values[other][:shortest]
            elif rule.name == "one shorter than":
                shortest = min(len(value), len(values[other]) - 1)
                values[place], values[other] = value[:shortest], values[other][: shortest + 1]
        except TypeError:
            continue
    for rule in rules:  # once nothing is cut any more
        if rule.name == "the length of" and _sized(values[rule.places[1]]):
            values[rule.places[0]] = len(values[rule.places[1]])
        elif rule.name == "sorted inside":
            values[rule.places[0]] = _sorted_inside(values[rule.places[0]])
    return tuple(values)


def _sorted_inside(value: Any) -> Any:
    try:
        return type(value)(type(row)(sorted(row)) for row in value)
    except TypeError:
        return value
