"""How well scores choose within one problem: exact expectations over the order of equal scores, and over which n of the
N candidates there are to choose from. Nothing is drawn at random.

Averages are taken over problems, never over all candidates at once: a scorer that only knows which problems are hard
would look good in those.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from rewards.reranking.scores import BadScores as BadScores
from rewards.reranking.scores import Scores as Scores
from rewards.reranking.scores import checked as checked

Passed = NDArray[np.bool_]


def picked(scores: ArrayLike, passed: Passed, n: int) -> float:
    """Chance that the highest-scored of `n` candidates passes, drawn without replacement from the N that there are.

    Of a block of equal scores any one is picked. The highest of the n lies among the m best of N with probability
    1 - C(N - m, n) / C(N, n).

    Raises:
        ValueError: `n` is not from 1 to N; BadScores.
    """
    scores = checked(scores, len(passed))
    if not 1 <= n <= len(passed):
        raise ValueError(f"n must be from 1 to the {len(passed)} candidates, got {n}")
    chance, before = 0.0, 0
    for block in _blocks(scores):
        after = before + len(block)
        chance += (_within(len(passed), after, n) - _within(len(passed), before, n)) * float(passed[block].mean())
        before = after
    return min(1.0, max(0.0, chance))


def _within(count: int, best: int, n: int) -> float:
    """Chance that one of `n` drawn from `count` is among the `best` first."""
    if count - best < n:
        return 1.0
    kept = special.gammaln([count - best + 1, count - n + 1, count - best - n + 1, count + 1])
    return float(1.0 - np.exp(kept[0] + kept[1] - kept[2] - kept[3]))


def pairwise_accuracy(scores: ArrayLike, passed: Passed) -> float | None:
    """Share of the pairs of one that passes and one that does not in which the former is scored higher; None without
    such a pair."""
    better, worse = _sides(scores, passed)
    if not better.size or not worse.size:
        return None
    return float((better[:, None] > worse[None, :]).mean())


def auc(scores: ArrayLike, passed: Passed) -> float | None:
    """As `pairwise_accuracy`, a pair of equal scores counted half: the area under the ROC curve of one problem."""
    better, worse = _sides(scores, passed)
    if not better.size or not worse.size:
        return None
    return float((better[:, None] > worse[None, :]).mean() + 0.5 * (better[:, None] == worse[None, :]).mean())


def reciprocal_rank(scores: ArrayLike, passed: Passed) -> float:
    """Expected 1 / rank of the first candidate that passes; 0 where none does.

    In a block of m equal scores with p that pass, the first of these stands at place x with probability
    C(m - x, p - 1) / C(m, p).
    """
    before = 0
    for block in _blocks(checked(scores, len(passed))):
        size, right = len(block), int(passed[block].sum())
        if right:
            places = np.arange(1, size - right + 2)
            chances = special.binom(size - places, right - 1) / special.binom(size, right)
            return float((chances / (before + places)).sum())
        before += size
    return 0.0


def ndcg(scores: ArrayLike, gains: ArrayLike) -> float | None:
    """Discounted gain of the order against that of the best order, gains from 0 up; None where there is no gain.

    The discount of rank r is 1 / log2(r + 1) (Jarvelin & Kekalainen 2002); equal scores share what their ranks have
    (McSherry & Najork 2008).
    """
    gained = np.asarray(gains, dtype=np.float64)
    discounts = 1.0 / np.log2(np.arange(2, len(gained) + 2))
    best = float(np.sort(gained)[::-1] @ discounts)
    if best == 0.0:
        return None
    found, before = 0.0, 0
    for block in _blocks(checked(scores, len(gained))):
        found += float(gained[block].mean() * discounts[before : before + len(block)].sum())
        before += len(block)
    return min(1.0, found / best)


def with_length(scores: ArrayLike, lengths: ArrayLike) -> float | None:
    """Spearman's correlation of scores and lengths within one problem; None where one of them does not vary."""
    measured = np.asarray(lengths, dtype=np.float64)
    scores = checked(scores, len(measured))
    if len(measured) < 2 or np.ptp(stats.rankdata(scores)) == 0 or np.ptp(measured) == 0:
        return None
    return float(stats.spearmanr(scores, measured).statistic)


def _sides(scores: ArrayLike, passed: Passed) -> tuple[Scores, Scores]:
    scores = checked(scores, len(passed))
    return scores[passed], scores[~passed]


def _blocks(scores: Scores) -> Iterator[NDArray[np.intp]]:
    """Indices of equal scores, the highest first."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    yield from np.split(order, cuts)
