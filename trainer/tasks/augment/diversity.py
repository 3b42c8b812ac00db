"""What sets one test apart from another, before any program is known that it catches.

A wrong program fails on some kind of input: nothing at all, a negative number, two equal elements, the largest one in
front. Each kind that an input is of is a feature; tests are chosen so that each feature is there (as programs that are
to be caught are, see `cover`). What the reference answers is one, too: all the ways out of it should be taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trainer.tasks.augment.form import Case
from trainer.tasks.augment.values import written

MAX_ANSWER = 40
"""Longest text of an answer that is a feature of its own; longer ones are told by their kind."""

NEARLY = 0.01


def features(case: Case) -> frozenset[str]:
    """The features of a test."""
    given = case.given if isinstance(case.given, tuple) else (case.given,)
    found = {f"{place}: {kind}" for place, argument in enumerate(given) for kind in _kinds(argument)}
    found |= {f"{one}<{two}" for one, a in enumerate(given) for two, b in enumerate(given) if _less(a, b)}
    found |= {f"{one}={two}" for one, a in enumerate(given) for two, b in enumerate(given) if one < two and a == b}
    answer = str(written(case.expected))
    found |= {f"answer: {kind}" for kind in _kinds(case.expected)}
    if len(answer) <= MAX_ANSWER:
        found.add(f"answer {answer}")
    return frozenset(found)


def _less(one: Any, two: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, two))
    return numbers and bool(one < two)


def _kinds(value: Any) -> Iterator[str]:
    yield type(value).__name__
    match value:
        case bool() | None:
            yield str(value)
        case int() | float():
            yield from _number(value)
        case str():
            yield f"of length {_rough(len(value))}"
            yield from _text(value)
        case list() | tuple():
            yield f"of length {_rough(len(value))}"
            yield from _items(list(value))
        case set() | frozenset() | dict():
            yield f"of length {_rough(len(value))}"


def _number(value: float) -> Iterator[str]:
    yield f"{'-' if value < 0 else ''}{_rough(abs(int(value)))}"
    if isinstance(value, int):
        yield from (f"{value % by} modulo {by}" for by in (2, 3))
    elif value != int(value):
        yield "nearly a whole number" if abs(value - round(value)) < NEARLY else "no whole number"


def _rough(size: int) -> str:
    return str(size) if size < 4 else f"about {1 << size.bit_length() - 1}"


def _text(value: str) -> Iterator[str]:
    kinds = {"lower": str.islower, "upper": str.isupper, "digit": str.isdigit, "space": str.isspace}
    for name, is_kind in kinds.items():
        share = sum(map(is_kind, value))
        yield f"{'all' if share == len(value) else 'some' if share else 'no'} {name}"
    yield "a palindrome" if value == value[::-1] else "no palindrome"
    yield from _repeats(list(value))
    yield f"{len(value.split())} words"


def _items(value: list[Any]) -> Iterator[str]:
    yield from _repeats([written(item) for item in value])
    for item in value[:8]:
        yield from (f"holds {kind}" for kind in _kinds(item) if not kind.startswith("holds holds"))
    try:
        if len(value) > 1:
            yield f"{'' if value == sorted(value) else 'not '}sorted"
            yield f"{'' if value == sorted(value, reverse=True) else 'not '}sorted backwards"
            yield f"the greatest {_place(value, max(value))}, the least {_place(value, min(value))}"
    except TypeError:
        return


def _repeats(value: list[Any]) -> Iterator[str]:
    if len(value) > 1:
        yield "equal neighbours" if any(map(_same, value, value[1:])) else "no equal neighbours"
        yield f"{min(len(value) - len(set(value)), 3)} repeated"


def _same(one: Any, two: Any) -> bool:
    return bool(one == two)


def _place(value: list[Any], item: Any) -> str:
    at = value.index(item)
    return "first" if at == 0 else "last" if at == len(value) - 1 else "between"
