"""Lists whose order makes no difference to the answer in any test of a task, and so is taken for one that the task does
not speak of.

The two closest of some numbers, say: where two pairs are equally close, a reference takes the one that it comes to
first, and another program that is right takes another (a metamorphic relation, doi:10.1145/3143561, that is learnt).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trainer.tasks.augment.execution import Answer, End
from trainer.tasks.augment.values import alike

Arguments = tuple[Any, ...]
Ask = Callable[[Sequence[Arguments]], Sequence[Answer]]
"""What the reference answers on calls."""
SEEN = 3
"""Calls in which the order has to be seen to make no difference."""


def reordered(given: Arguments, place: int) -> list[Arguments]:
    """The call with one list backwards, sorted, and with its first element last, as far as these are other calls."""
    value = given[place]
    if not isinstance(value, list | tuple):
        return []
    items = list(value)
    orders = [items[::-1], sorted(items, key=repr), items[1:] + items[:1]]
    return [(*given[:place], type(value)(order), *given[place + 1 :]) for order in orders if order != items]


def unordered(calls: Sequence[Arguments], answers: Sequence[Answer], ask: Ask) -> list[int]:
    """Places of the lists whose order makes no difference in any of the calls."""
    found = []
    for place in range(min(map(len, calls), default=0)):
        changed, differ = _differ(calls, answers, place, ask)
        if changed >= SEEN and not differ:
            found.append(place)
    return found


def ambiguous(calls: Sequence[Arguments], answers: Sequence[Answer], places: Sequence[int], ask: Ask) -> set[int]:
    """Indices of the calls in which the order of a list at one of the places makes a difference after all."""
    return {index for place in places for index in _differ(calls, answers, place, ask)[1]}


def _differ(calls: Sequence[Arguments], answers: Sequence[Answer], place: int, ask: Ask) -> tuple[int, set[int]]:
    """How many calls there are in another order, and the indices of those in which that makes a difference."""
    changed = [(index, other) for index, given in enumerate(calls) for other in reordered(given, place)]
    told = ask([other for _, other in changed])
    differ = {index for (index, _), answer in zip(changed, told, strict=True) if not _same(answers[index], answer)}
    return len({index for index, _ in changed}), differ


def _same(one: Answer, two: Answer) -> bool:
    return one.end is two.end is End.ANSWERED and alike(one.value, two.value)
