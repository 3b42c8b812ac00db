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
from scipy import special, stats

LEVEL_Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95% interval."""
RESAMPLES = 2000
RESAMPLED_VALUES = 2**20
"""Values that the bootstrap holds at a time."""


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


def n_at_k(samples: int, filtered: int, passed: int, *, n: int, k: int) -> float:
    """Chance that one of `n` submissions passes, chosen at random of those of `k` samples that a filter lets through;
    all of these where they are fewer than `n`.

    Of the `samples` that were drawn the filter lets `filtered` through, and `passed` of those pass all tests. How many
    of `k` are let through is hypergeometric; which ones is chance, so that the rest is pass@n among the filtered.
    The measure is that of arXiv:2203.07814 (section 2.2), whose filter is the tests in the text of the problem.

    Raises:
        ValueError: counts that make no sense.
    """
    if not (0 <= passed <= filtered <= samples and 1 <= n <= k <= samples):
        raise ValueError(
            "n@k needs 0 <= passed <= filtered <= samples and 1 <= n <= k <= samples, "
            f"got {passed=}, {filtered=}, {samples=}, {n=}, {k=}"
        )
    if passed == 0:
        return 0.0
    through = np.arange(1, min(filtered, k) + 1)
    chances = stats.hypergeom.pmf(through, samples, filtered, k)
    return float(sum(p * pass_at_k(filtered, passed, min(n, int(f))) for p, f in zip(chances, through, strict=True)))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p-value of McNemar's test: of the problems that two systems judge differently, `gained` pass with
    the second alone and `lost` with the first alone; 1 where there are none.

    Raises:
        ValueError: a negative count.
    """
    if gained < 0 or lost < 0:
        raise ValueError(f"counts are not negative, got {gained=}, {lost=}")
    if gained + lost == 0:
        return 1.0
    return float(stats.binomtest(gained, gained + lost, 0.5).pvalue)


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
    return _bootstrap(array, seed)


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
    if len(gains) == 1:
        return Estimate(float(gains[0]), float(gains[0]), float(gains[0]))
    return _bootstrap(gains, seed)


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


def percent(value: Estimate | None) -> str:
    """A share as people read it, with its interval where that is not empty."""
    if value is None:
        return "-"
    interval = "" if value.low == value.high else f" [{100 * value.low:.1f}, {100 * value.high:.1f}]"
    return f"{100 * value.mean:.1f}%{interval}"


def points(value: Estimate | None) -> str:
    """A difference of shares in percentage points, likewise."""
    if value is None:
        return "-"
    interval = "" if value.low == value.high else f" [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"
    return f"{100 * value.mean:+.1f}{interval}"


def _bootstrap(values: NDArray[np.float64], seed: int) -> Estimate:
    """The mean of at least two values, with its percentile bootstrap interval."""
    found = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, RESAMPLED_VALUES // len(values)),
        method="percentile",
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return Estimate(float(values.mean()), float(found.low), float(found.high))
