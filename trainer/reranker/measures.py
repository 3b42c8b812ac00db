"""How well an order chooses over many problems: each measure per problem, then averaged, intervals over problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rewards.reranking.pools import Kinds, Pool, kinds
from rewards.reranking.scores import Rank as Rank
from trainer.reranker import ranking
from trainer.statistics import RESAMPLES, Estimate, difference, estimate, pass_at_k

NO_WAY = 1e-9
"""What rounding leaves of a difference that is none."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The best of `n` candidates, against any of them and against one that passes where there is one."""

    n: int
    picked: Estimate
    chance: Estimate
    """pass@1 of a candidate that is picked blindly."""
    oracle: Estimate
    """pass@n."""
    gained: Estimate
    """`picked` less `chance`, over the same problems."""
    share: Estimate | None = None
    """Share of the way from chance to oracle, with an interval that resamples problems; None where there is no way."""

    @property
    def closed(self) -> float | None:
        """`share` without its interval."""
        return None if self.share is None else self.share.mean


@dataclass(frozen=True, slots=True)
class Measured:
    """What an order is worth on a set of problems."""

    pools: Kinds
    choices: tuple[Choice, ...]
    """By n, over the problems that have as many candidates."""
    means: Mapping[str, Estimate]
    """`pairwise_accuracy`, `auc`, `reciprocal_rank`, `ndcg`, `length` (correlation of score and length) and
    `wrong_on_top` (a hard negative), each over the problems in which it is defined."""


def measure(pools: Sequence[Pool], rank: Rank, *, sizes: Sequence[int] = (1, 2, 4, 8), seed: int = 0) -> Measured:
    """What the order that `rank` gives is worth; candidates that could not be judged are left out.

    Raises:
        ValueError: no pool holds as many judged candidates as the least of `sizes`; BadScores.
    """
    judged = [each for pool in pools if (each := pool.judged()).candidates]
    if not judged:
        raise ValueError("nothing can be measured: no problem has a candidate of which it is known whether it passes")
    if min(sizes) > (most := max(len(pool.candidates) for pool in judged)):
        raise ValueError(f"the best of {min(sizes)} cannot be measured: no problem has more than {most} candidates")
    scored = [(pool, ranking.checked(rank(pool), len(pool.candidates))) for pool in judged]
    choices = [choice for n in sizes if (choice := _choice(scored, n, seed)) is not None]
    return Measured(kinds([pool.judged() for pool in pools]), tuple(choices), _means(scored, seed))


def _choice(scored: Sequence[tuple[Pool, ranking.Scores]], n: int, seed: int) -> Choice | None:
    enough = [(pool, scores) for pool, scores in scored if len(pool.candidates) >= n]
    picked = [ranking.picked(scores, pool.passed, n) for pool, scores in enough]
    chance = [float(pool.passed.mean()) for pool, _ in enough]
    oracle = [pass_at_k(len(pool.passed), int(pool.passed.sum()), n) for pool, _ in enough]
    estimates = [estimate(values, seed=seed) for values in (picked, chance, oracle)]
    gained = difference(chance, picked, seed=seed)
    if gained is None or any(each is None for each in estimates):
        return None
    first, second, third = (each for each in estimates if each is not None)
    return Choice(n, first, second, third, gained, _share(picked, chance, oracle, seed))


def _share(picked: Sequence[float], chance: Sequence[float], oracle: Sequence[float], seed: int) -> Estimate | None:
    """(picked - chance) / (oracle - chance), of sums over problems: those without a way weigh nothing."""
    gains, ways = np.subtract(picked, chance), np.subtract(oracle, chance)
    if ways.sum() <= NO_WAY:
        return None
    drawn = np.random.default_rng(seed).integers(len(ways), size=(RESAMPLES, len(ways)))
    sums = ways[drawn].sum(1)
    shares = gains[drawn].sum(1)[sums > NO_WAY] / sums[sums > NO_WAY]  # a sample may happen to hold no way at all
    low, high = np.quantile(shares, (0.025, 0.975))
    return Estimate(float(gains.sum() / ways.sum()), float(low), float(high))


def _means(scored: Sequence[tuple[Pool, ranking.Scores]], seed: int) -> dict[str, Estimate]:
    values: dict[str, list[float | None]] = {
        "pairwise_accuracy": [ranking.pairwise_accuracy(scores, pool.passed) for pool, scores in scored],
        "auc": [ranking.auc(scores, pool.passed) for pool, scores in scored],
        "reciprocal_rank": [ranking.reciprocal_rank(scores, pool.passed) for pool, scores in scored if pool.mixed],
        "ndcg": [ranking.ndcg(scores, pool.rates) for pool, scores in scored if np.ptp(pool.rates) > 0],
        "wrong_on_top": [
            1.0 - ranking.picked(scores, pool.passed, len(pool.candidates)) for pool, scores in scored if pool.mixed
        ],
    }
    found = {name: estimate([value for value in each if value is not None], seed=seed) for name, each in values.items()}
    lengths = [
        ranking.with_length(scores, [len(each.completion) for each in pool.candidates]) for pool, scores in scored
    ]
    known = [value for value in lengths if value is not None]
    found["length"] = difference([0.0] * len(known), known, seed=seed)
    return {name: each for name, each in found.items() if each is not None}


def against(pools: Sequence[Pool], one: Rank, other: Rank, *, n: int | None = None, seed: int = 0) -> Estimate | None:
    """By how much more the best of `n` (of all, where None) passes in the order of `one` than in that of `other`.

    The interval is paired, over the problems that have as many candidates; None where there is none.
    """
    judged = [each for pool in pools if len((each := pool.judged()).candidates) >= (n or 1)]
    values = [
        [ranking.picked(rank(pool), pool.passed, n or len(pool.candidates)) for pool in judged] for rank in (other, one)
    ]
    return difference(*values, seed=seed)
