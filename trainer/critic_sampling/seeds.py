"""Where a program is cut, and how often each beginning is gone on from."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
DOUBT = 0.5
"""Below it, failing is likelier than passing."""


def cut(values: NDArray[np.float32]) -> int:
    """How many tokens of a program to keep (CodeRL, section 3.3.4, eq. 11).

    `values` [T] says how likely the program is to pass, after each token. Kept is what comes up to the highest of them,
    less everything from the first token on after which failing is likelier. The last token always goes: something has
    to be left to sample.
    """
    if len(values) < 2:
        return 0
    best = int(np.argmax(values[:-1])) + 1
    doubtful = np.flatnonzero(values[:best] < DOUBT)
    return int(doubtful[0]) if len(doubtful) else best


def stacked(candidates: list[T], count: int) -> list[T]:
    """`count` candidates, each as often as the others, or once more where it does not come out even."""
    times, left = divmod(count, len(candidates))
    return [each for place, each in enumerate(candidates) for _ in range(times + (place < left))]
