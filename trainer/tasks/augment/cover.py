"""The fewest tests that catch what can be caught (set multicover, greedily)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def cover(kills: Sequence[frozenset[Hashable]], *, depth: int = 1, most: int | None = None) -> list[int]:
    """Indices of tests, in the order in which they were chosen: always the one that catches most of what is not yet
    caught by `depth` tests, the first of those that catch as much; `kills` says which programs each test catches.

    With depth 1 at most 1 + ln(n) times as many as are needed, for n programs.
    """
    owed = Counter(program for caught in kills for program in caught)
    for program, count in owed.items():
        owed[program] = min(depth, count)
    chosen: list[int] = []
    left = list(range(len(kills)))
    while left and (most is None or len(chosen) < most):
        best = max(left, key=lambda test: (sum(owed[program] > 0 for program in kills[test]), -test))
        gained = [program for program in kills[best] if owed[program] > 0]
        if not gained:
            break
        for program in gained:
            owed[program] -= 1
        chosen.append(best)
        left.remove(best)
    return chosen
