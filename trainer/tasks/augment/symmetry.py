"""Lists whose order makes no difference to the answer in any test of a task, and so is taken for one that the task does
not speak of.

The two closest of some numbers, say: where two pairs are equally close, a reference takes the one that it comes to
first, and another program that is right takes another (a metamorphic relation, doi:10.1145/3143561, that is learnt).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trainer.tasks.augment.execution import Answer, End
from trainer.tasks.augment.values import alike

Arguments = tuple[Any, ...]
Ask = Callable[[Sequence[Arguments]], Sequence[Answer]]
"""What the reference answers on calls."""
SEEN = 3
"""Calls in which the order has to be seen to make no difference."""


def reversed_at(given: Arguments, place: int) -> Arguments | None:
    """The call with one list backwards; None where that is no other call."""
    value = given[place]
    if not isinstance(value, list | tuple) or value[::-1] == value:
        return None
    return (*given[:place], value[::-1], *given[place + 1 :])


def unordered(calls: Sequence[Arguments], answers: Sequence[Answer], ask: Ask) -> list[int]:
    """Places of the lists whose order makes no difference in any of the calls."""
    return [
        place
        for place in range(min(map(len, calls), default=0))
        if len(pairs := list(_pairs(calls, answers, place, ask))) >= SEEN
        and all(_same(answer, backwards) for answer, backwards in pairs)
    ]


def ambiguous(calls: Sequence[Arguments], answers: Sequence[Answer], places: Sequence[int], ask: Ask) -> set[int]:
    """Indices of the calls in which the order of a list at one of the places makes a difference after all."""
    found: set[int] = set()
    for place in places:
        turned = [(index, backwards) for index, given in enumerate(calls) if (backwards := reversed_at(given, place))]
        told = ask([backwards for _, backwards in turned])
        found |= {index for (index, _), answer in zip(turned, told, strict=True) if not _same(answers[index], answer)}
    return found


def _pairs(
    calls: Sequence[Arguments], answers: Sequence[Answer], place: int, ask: Ask
) -> Iterator[tuple[Answer, Answer]]:
    turned = [
        (answer, backwards)
        for given, answer in zip(calls, answers, strict=True)
        if (backwards := reversed_at(given, place))
    ]
    told = ask([backwards for _, backwards in turned])
    yield from ((answer, other) for (answer, _), other in zip(turned, told, strict=True))


def _same(one: Answer, two: Answer) -> bool:
    return one.end is two.end is End.ANSWERED and alike(one.value, two.value)
