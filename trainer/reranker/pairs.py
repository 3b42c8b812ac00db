"""Which candidates a scorer is shown as better and worse. The rules are explicit, and what they leave out is counted.

The paper's pairs are a solution that the judge accepts and one that it does not (arXiv 2504.09643); that the worse one
passes something, and a gap between the two, are AceCoder's (arXiv 2502.01718).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from rewards.reranking.pools import Pool
from trainer.reranker.ranking import checked
from trainer.sections import Positive, Section


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates of one pool, by their places in it."""

    better: int
    worse: int
    gap: float
    """By how much more of the tests the better one passes."""


class Rules(Section):
    """Which pairs are made."""

    least_best: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the tests that the better one has to pass."""
    gap: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Least difference of the shares; more than that it always is more than 0."""
    least_worse: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share that the worse one has to pass: above 0 leaves out programs that do nothing right."""
    hard: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Quantile of the scores of the pool's failing candidates from which on one is worth showing as the worse one;
    by default all are. 0.5 takes those that the scorer rates above the median."""
    most: Positive | None = None
    """Pairs of a problem, drawn at random where there are more; by default all."""


_ALL = Rules()


@dataclass(frozen=True, slots=True)
class Made:
    """The pairs of one pool, and what there was."""

    pool: Pool
    """The one that the places of the pairs are of: judged, and without duplicates."""
    pairs: tuple[Pair, ...]
    unjudged: int
    duplicates: int
    without: str = ""
    """Why there is no pair: `positive` or `negative`, which the pool lacks; else empty."""


def build(pool: Pool, rules: Rules = _ALL, *, scores: ArrayLike | None = None, seed: int = 0) -> Made:
    """The pairs of a pool; `scores` [N] of its candidates are what `rules.hard` goes by.

    Raises:
        ValueError: `rules.hard` without scores.
        BadScores: there are not as many scores as candidates, or one is NaN.
    """
    if rules.hard is not None and scores is None:
        raise ValueError("hard negatives are those that a scorer rates highly: give its scores")
    known = pool.judged()
    distinct = known.distinct()
    places = [place for place, each in enumerate(pool.candidates) if any(each is kept for kept in distinct.candidates)]
    rated = None if scores is None else checked(scores, len(pool.candidates))[places]
    rates, passed = distinct.rates, distinct.passed
    positives = np.flatnonzero(passed if rules.least_best == 1.0 else rates >= rules.least_best)
    negatives = _negatives(rates, passed, rules, rated)
    pairs = [
        Pair(int(better), int(worse), float(rates[better] - rates[worse]))
        for better in positives
        for worse in negatives
        if better != worse and rates[better] > rates[worse] and rates[better] - rates[worse] >= rules.gap
    ]
    return Made(
        distinct,
        tuple(drawn(pairs, rules.most, seed=seed)),
        unjudged=len(pool.candidates) - len(known.candidates),
        duplicates=len(known.candidates) - len(distinct.candidates),
        without="" if pairs else "positive" if not positives.size else "negative",
    )


def _negatives(
    rates: NDArray[np.float64], passed: NDArray[np.bool_], rules: Rules, scores: NDArray[np.float64] | None
) -> NDArray[np.intp]:
    wanted = ~passed & (rates >= rules.least_worse)
    if rules.hard is not None and scores is not None and wanted.any():
        wanted &= scores >= np.quantile(scores[wanted], rules.hard)
    return np.flatnonzero(wanted)


def drawn(pairs: Sequence[Pair], most: int | None, *, seed: int | Sequence[int]) -> Sequence[Pair]:
    """At most so many of them, in their order."""
    if most is None or len(pairs) <= most:
        return pairs
    chosen = np.random.default_rng(seed).choice(len(pairs), size=most, replace=False)
    return [pairs[place] for place in np.sort(chosen)]
