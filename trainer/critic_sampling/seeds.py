"""Where a program is cut, and how often each beginning is gone on from."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from trainer.outcomes import PASSED

T = TypeVar("T")


def cut(told: NDArray[np.float32]) -> int:
    """How many tokens of a program to keep (CodeRL, section 3.3.4, eq. 11).

    `told` [T, C] says how likely each outcome is, after each token. Kept is what comes up to where passing is most
    likely, less everything from the first token on after which another outcome is likelier. The last token always goes:
    something has to be left to sample.
    """
    passing = told[:-1, PASSED]
    if not len(passing):
        return 0
    best = int(np.argmax(passing)) + 1
    doubtful = np.flatnonzero(told[:best].max(-1) > told[:best, PASSED])
    return int(doubtful[0]) if len(doubtful) else best


def stacked(candidates: list[T], count: int) -> list[T]:
    """`count` candidates, each as often as the others, or once more where it does not come out even."""
    times, left = divmod(count, len(candidates))
    return [each for place, each in enumerate(candidates) for _ in range(times + (place < left))]
