"""Inputs made from those that the tests use, by changes that keep their types (EvalPlus, arXiv:2305.01210, table 1).

Beside the changes of each type, a value may be replaced by another of its type from anywhere in the inputs
(EvalPlus' ingredients).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trainer.tasks.augment.contract import Arguments, Contract
from trainer.tasks.augment.dictionary import Words

_RUN = re.compile(r"\d+|[A-Za-z]+")
EXCHANGED = 0.15
"""Share of changes that move arguments about."""
AT_THE_ENDS = 0.1
"""Share of the changes of a sequence that bring something in at one of its ends."""
FAR = 1_100
"""A number further away than as deep as Python's calls go."""
FROM_SEEDS = 0.5
"""Share of changes that are made to inputs of the tests themselves."""
POOL = 200
"""Inputs that further ones are made from."""


def proposals(
    seeds: Sequence[Arguments], contract: Contract, chance: random.Random, named: Words | None = None
) -> Iterator[Arguments]:
    """Changed calls, without end; each that the contract allows is changed further. `named` is what the reference
    names, which is brought in, too."""
    pool, ingredients = list(seeds), _ingredients(seeds, named or Words())
    change = _Change(ingredients, chance)
    while True:
        values = list(chance.choice(seeds if chance.random() < FROM_SEEDS else pool))
        if not values:
            return
        if chance.random() < EXCHANGED:
            values = _exchanged(values, chance)
        else:
            for _ in range(chance.choice((1, 1, 2, 3))):
                place = chance.randrange(len(values))
                values[place] = change(values[place], _derived(values, place))
        made = contract.mended(tuple(values))
        if len(pool) < POOL and contract.allows(made):
            pool.append(made)
        yield made


def _ingredients(seeds: Sequence[Arguments], named: Words) -> dict[type, list[Any]]:
    """Values that may stand in place of others of their type."""
    found: dict[type, list[Any]] = {}
    for given in seeds:
        for argument in given:
            _gather(argument, found)
    for kind in (int, float):
        if kind in found:
            found[kind].extend(map(kind, (0, 1, -1)))
    for number in named.numbers:
        found.setdefault(type(number), []).extend((number, number + 1, number - 1))
    found.setdefault(str, []).extend((*named.texts, *named.characters))
    return found


def _exchanged(values: Sequence[Any], chance: random.Random) -> list[Any]:
    """Arguments of one type in another order, one in place of another, or a piece of one text within another."""
    found = list(values)
    kind = chance.choice([type(value) for value in values])
    places = [place for place, value in enumerate(values) if type(value) is kind]
    one, two = chance.choice(places), chance.choice(places)
    match chance.randrange(4):
        case 0:
            found[one] = found[two]
        case 1 if kind is str and one != two:
            found[one] = _with_piece_of(found[one], found[two], chance)
        case _:
            order = chance.sample(places, len(places))
            for place, other in zip(places, order, strict=True):
                found[place] = values[other]
    return found


def _with_piece_of(text: str, other: str, chance: random.Random) -> str:
    """A text with a number or word of another in place of one of its own."""
    own, theirs = list(_RUN.finditer(text)), _RUN.findall(other)
    if not own or not theirs:
        return text
    run = chance.choice(own)
    return text[: run.start()] + chance.choice(theirs) + text[run.end() :]


def _derived(values: Sequence[Any], place: int) -> list[Any]:
    """What the other arguments make up, of the type of one: numbers that are their lengths, sums, differences and ends;
    texts and lists with another argument at an end."""
    value, others = values[place], (*values[:place], *values[place + 1 :])
    kind = type(value)
    if kind is str:
        return [text for other in others if type(other) is str for text in (other + value, value + other)]
    if kind is list and value:
        fitting = [other for other in others if type(other) is type(value[0])]
        return [items for other in fitting for items in ([other, *value], [*value, other])]
    if kind not in (int, float):
        return []
    found: list[Any] = []
    for other in others:
        if isinstance(other, list | tuple) and other and all(type(item) in (int, float) for item in other):
            found += [sum(other), min(other), max(other), abs(other[0] - other[-1]), *other[:5]]
        if isinstance(other, list | tuple | str):
            found += [len(other), len(other) - 1]
        elif type(other) in (int, float):
            found += [other, -other, other + 1, other - 1, 2 * other]
    return [number for number in found if type(number) is kind]


def _gather(value: Any, into: dict[type, list[Any]]) -> None:
    into.setdefault(type(value), []).append(value)
    if isinstance(value, list | tuple | set | frozenset):
        for item in sorted(value, key=repr) if isinstance(value, set | frozenset) else value:
            _gather(item, into)
    elif isinstance(value, dict):
        for pair in value.items():
            for item in pair:
                _gather(item, into)


class _Change:
    """Changes a value a little."""

    def __init__(self, ingredients: dict[type, list[Any]], chance: random.Random) -> None:
        self._ingredients, self._chance = ingredients, chance
        self._kinds: dict[type, Callable[[Any], Any]] = {
            bool: lambda value: not value,
            int: self._number,
            float: self._fraction,
            str: self._text,
            list: self._items,
            tuple: lambda value: tuple(self._items(list(value))),
            set: lambda value: self._set(value, set),
            frozenset: lambda value: self._set(value, frozenset),
            dict: self._mapping,
        }

    def __call__(self, value: Any, derived: Sequence[Any] = ()) -> Any:
        kind = type(value)
        if derived and self._chance.random() < 0.3:
            return self._chance.choice(derived)
        if kind in self._ingredients and self._chance.random() < 0.2:
            return self._chance.choice(self._ingredients[kind])
        return self._kinds[kind](value) if kind in self._kinds else value

    def _number(self, value: int) -> int:
        far = max(3, abs(value))
        near = self._chance.randint(-10, 10)
        steps = (1, -1, 2, -2, -value, value, 9 * value, FAR + near, self._chance.randint(-far, far), near)
        return value + self._chance.choice(steps)

    def _fraction(self, value: float) -> float:
        far = max(3.0, abs(value))
        nearly = int(value) + 0.999 - value  # what rounds, and what cuts off, differ there
        steps = (1.0, -1.0, 0.5, -0.25, -value, -int(value), nearly, round(self._chance.uniform(-far, far)))
        return round(value + self._chance.choice(steps), 4)

    def _text(self, value: str) -> str:
        match self._chance.randrange(7):
            case 0 if len(value.split(" ")) > 1:
                return " ".join(self._sequence(value.split(" "), self._text))
            case 1 | 2 if numbers := list(re.finditer(r"\d+", value)):
                number = self._chance.choice(numbers)
                return value[: number.start()] + self._digits(number[0]) + value[number.end() :]
            case 3:
                at = self._chance.randint(0, len(value))
                return value[:at].swapcase() + value[at:]
            case 4 if value:
                at = self._chance.randrange(len(value))
                return value[:at] + value[at].swapcase() + value[at + 1 :]
            case 5 if known := "".join(self._ingredients.get(str, ())):
                letter = self._chance.choice(known)
                return self._chance.choice((letter + value, value + letter, letter + value + letter))
        letters = [*value, *"".join(self._ingredients.get(str, ()))]
        return "".join(self._sequence(list(value), lambda _: self._chance.choice(letters) if letters else ""))

    def _digits(self, number: str) -> str:
        """Another number, mostly as long as it was."""
        if self._chance.random() < 0.3:
            return str(max(0, int(number[:18]) + self._chance.choice((1, -1, 10, 1000))))
        return "".join(self._chance.choice("0123456789") for _ in number)

    def _items(self, value: list[Any]) -> list[Any]:
        return self._sequence(value, self)

    def _sequence(self, value: list[Any], change: Callable[[Any], Any]) -> list[Any]:
        """Some elements taken out, written again, changed, brought in, or in another order."""
        if value and self._chance.random() < AT_THE_ENDS:
            new = self._brought_in(value)
            return [*new, *value] if self._chance.random() < 0.5 else [*value, *new]
        at, end = sorted((self._chance.randint(0, len(value)), self._chance.randint(0, len(value))))
        match self._chance.randrange(8 if value else 1):
            case 0:
                return [*value[:at], *self._brought_in(value), *value[at:]]
            case 1:
                return value[:at] + value[end:]
            case 2:
                return value[:end] + value[at:end] + value[end:]
            case 3:
                return value[::-1]
            case 4:
                return self._chance.sample(value, len(value))
            case 5:
                return value[:end]
            case _:
                at = min(at, len(value) - 1)
                return [*value[:at], change(value[at]), *value[at + 1 :]]

    def _brought_in(self, value: list[Any]) -> list[Any]:
        kinds = {type(item) for item in value}
        others = [item for kind in kinds for item in self._ingredients.get(kind, ())]
        return [self._chance.choice(others)] if others else []

    def _set(self, value: Any, kind: type) -> Any:
        return kind(self._items(sorted(value, key=repr)))

    def _mapping(self, value: dict[Any, Any]) -> dict[Any, Any]:
        pairs = list(value.items())
        if not pairs:
            return {}
        at = self._chance.randrange(len(pairs))
        key, item = pairs[at]
        match self._chance.randrange(3):
            case 0:
                return dict(pairs[:at] + pairs[at + 1 :])
            case 1:
                return dict([*pairs, (self(key), item)])
            case _:
                return dict([*pairs[:at], (key, self(item)), *pairs[at + 1 :]])
