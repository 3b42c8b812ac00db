"""Scores of the candidates of one problem, and what orders candidates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewards.reranking.pools import Pool

Scores: TypeAlias = NDArray[np.float64]
Rank: TypeAlias = Callable[[Pool], ArrayLike]
"""Scores [N] of the candidates of a pool, higher for better: a scorer, or any other order."""


class BadScores(ValueError):
    """Scores that order nothing: not as many as candidates, or no numbers."""


def checked(scores: ArrayLike, count: int) -> Scores:
    """Scores [N] as numbers that can be compared; infinite ones put a candidate first or last.

    Raises:
        BadScores: not `count` of them, or one is NaN.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.shape != (count,):
        raise BadScores(f"expected {count} scores, one for each candidate, got shape {array.shape}")
    bad = np.flatnonzero(np.isnan(array))
    if bad.size:
        raise BadScores(f"the score of candidate {bad[0]} is NaN, and {bad.size - 1} more are")
    return array
