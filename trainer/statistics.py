"""How often it works, and how sure one can be: pass@k, and intervals over problems.

Problems are what varies between one benchmark and the next, so an interval of one run resamples problems, never
samples; repeated runs vary by their seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

LEVEL_Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95% interval."""
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over problems with its 95% interval."""

    mean: float
    low: float
    high: float


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Unbiased chance that at least one of `k` samples passes, from `samples` drawn of which `passed` did.

    1 - C(n - c, k) / C(n, k), as a product that neither overflows nor cancels (arXiv:2107.03374, equation 1, figure 3).

    Raises:
        ValueError: fewer samples than `k`, or counts that make no sense.
    """
    if not (0 <= passed <= samples and 1 <= k <= samples):
        raise ValueError(f"pass@k needs 0 <= passed <= samples and 1 <= k <= samples, got {passed=}, {samples=}, {k=}")
    if samples - passed < k:
        return 1.0
    return 1.0 - float(np.prod(1.0 - k / np.arange(samples - passed + 1, samples + 1)))


def estimate(values: Sequence[float], *, seed: int = 0) -> Estimate | None:
    """The mean of one value in [0, 1] per problem, with a percentile bootstrap interval; None of no values.

    Where all values are alike a bootstrap would claim certainty, so the interval is Wilson's.
    """
    if not values:
        return None
    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if np.ptp(array) == 0:
        return wilson(mean, len(array))
    low, high = np.percentile(_resampled_means(array, seed), [2.5, 97.5])
    return Estimate(mean, float(low), float(high))


def wilson(share: float, count: int) -> Estimate:
    """Wilson's score interval of a share of `count` trials; never empty, never outside [0, 1].

    Raises:
        ValueError: no trials, or a share outside [0, 1].
    """
    if count < 1 or not 0 <= share <= 1:
        raise ValueError(f"an interval needs at least one trial and a share in [0, 1], got {count=}, {share=}")
    z2 = LEVEL_Z * LEVEL_Z
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = LEVEL_Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half))


def difference(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> Estimate | None:
    """Mean gain over the same problems in the same order, with a paired bootstrap interval; None of no values.

    Raises:
        ValueError: the two differ in length.
    """
    if len(before) != len(after):
        raise ValueError(f"a paired comparison needs the same problems, got {len(before)} and {len(after)} values")
    if not before:
        return None
    gains = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    low, high = np.percentile(_resampled_means(gains, seed), [2.5, 97.5])
    return Estimate(float(gains.mean()), float(low), float(high))


def over_seeds(values: Sequence[float]) -> Estimate | None:
    """The mean over repetitions of a run, with Student's 95% interval; of one alone it is empty. None of no values."""
    if not values:
        return None
    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if len(array) == 1:
        return Estimate(mean, mean, mean)
    half = float(special.stdtrit(len(array) - 1, 0.975) * array.std(ddof=1) / math.sqrt(len(array)))
    return Estimate(mean, mean - half, mean + half)


def _resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """[RESAMPLES]; means of as many problems, drawn with replacement."""
    picks = np.random.default_rng(seed).integers(0, len(values), size=(RESAMPLES, len(values)))
    means: NDArray[np.float64] = values[picks].mean(axis=1)
    return means
