"""What two scored programs have in common, and in what they differ: line by line, and finding by finding."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from rewards.explain import Explanation

MANY = 4_000_000
"""Pairs of lines that are compared at most; beyond, only what is equal at both ends is found to be so."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines, by their number from 0, that stand beside each other; None where one side has none."""

    left: int | None
    right: int | None
    changed: bool


def aligned(left: Sequence[str], right: Sequence[str]) -> list[Pair]:
    """The lines of two programs, equal ones beside each other, in the order of both."""
    first = _common(left, right)
    last = _common(left[first:][::-1], right[first:][::-1])
    inner = left[first : len(left) - last], right[first : len(right) - last]
    pairs = [Pair(line, line, False) for line in range(first)]
    for same, start, end, other, other_end in _blocks(*inner):
        numbers = range(first + start, first + end), range(first + other, first + other_end)
        pairs += [Pair(a, b, not same) for a, b in zip_longest(*numbers)]
    shift = len(right) - len(left)
    return [*pairs, *(Pair(line, line + shift, False) for line in range(len(left) - last, len(left)))]


def paired(
    left: Sequence[Explanation], right: Sequence[Explanation]
) -> list[tuple[Explanation | None, Explanation | None]]:
    """Findings of both programs: the same rule with the same message is one, wherever it stands.

    First what only the right one has, then what only the left one has, then what both have.
    """
    waiting: defaultdict[tuple[str, ...], deque[Explanation]] = defaultdict(deque)
    for row in right:
        waiting[_key(row)].append(row)
    both: list[tuple[Explanation | None, Explanation | None]] = []
    gone: list[tuple[Explanation | None, Explanation | None]] = []
    for row in left:
        twins = waiting[_key(row)]
        (both if twins else gone).append((row, twins.popleft() if twins else None))
    kept = {id(twin) for _, twin in both}
    return [*((None, row) for row in right if id(row) not in kept), *gone, *both]


def _key(row: Explanation) -> tuple[str, ...]:
    return row.analyzer, row.rule, row.message


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Number of lines that are equal at the start."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _blocks(left: Sequence[str], right: Sequence[str]) -> list[tuple[bool, int, int, int, int]]:
    if len(left) * len(right) > MANY:
        return [(False, 0, len(left), 0, len(right))]
    found = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [(kind == "equal", *numbers) for kind, *numbers in found]  # type: ignore[misc]
