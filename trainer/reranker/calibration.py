"""Whether a scorer's probabilities mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Candidates whose probability lies in one part of [0, 1]."""

    count: int
    said: float
    """Their mean probability."""
    passed: float
    """The share of them that passes."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far probabilities are from shares."""

    ece: float
    """Expected calibration error: the mean distance of `said` and `passed`, by counts (arXiv 1706.04599)."""
    brier: float
    """Mean squared distance of probability and outcome."""
    bins: tuple[Bin, ...]
    """Those of equal width that hold anything, from 0 to 1."""


def reliability(probabilities: ArrayLike, passed: ArrayLike, *, bins: int = BINS) -> Reliability:
    """Of probabilities [N] against outcomes [N].

    Raises:
        ValueError: none, or one outside [0, 1].
    """
    said, came = np.asarray(probabilities, dtype=np.float64), np.asarray(passed, dtype=np.float64)
    if not said.size or not ((said >= 0) & (said <= 1)).all():
        raise ValueError("calibration is of at least one probability, and all of them from 0 to 1")
    places = np.minimum((said * bins).astype(np.int64), bins - 1)
    found = []
    for place in range(bins):
        inside = places == place
        if inside.any():
            found.append(Bin(int(inside.sum()), float(said[inside].mean()), float(came[inside].mean())))
    ece = sum(each.count * abs(each.said - each.passed) for each in found) / said.size
    return Reliability(float(ece), float(((said - came) ** 2).mean()), tuple(found))


@dataclass(frozen=True, slots=True)
class Scale:
    """How scores become probabilities: sigmoid(score / temperature + shift)."""

    temperature: float
    shift: float

    def __call__(self, scores: ArrayLike) -> NDArray[np.float64]:
        """[N] probabilities."""
        found: NDArray[np.float64] = special.expit(np.asarray(scores, dtype=np.float64) / self.temperature + self.shift)
        return found


def fitted(scores: ArrayLike, passed: ArrayLike) -> Scale:
    """The scale under which the outcomes [N] are most probable; to be fitted on other problems than it is used on.

    A scorer that is trained on pairs has no zero of its own, hence the shift. Scores that are all alike, or outcomes
    that are, leave the slope at 1. The slope is never negative: that would turn the order around.
    """
    values, came = np.asarray(scores, dtype=np.float64), np.asarray(passed, dtype=np.float64)

    def surprise(parameters: NDArray[np.float64]) -> float:
        logits = np.exp(parameters[0]) * values + parameters[1]
        return float(np.mean(np.logaddexp(0.0, logits) - came * logits))

    if len(values) < 2 or np.ptp(values) == 0 or np.ptp(came) == 0:
        share = np.clip(came.mean() if len(came) else 0.5, 1e-3, 1 - 1e-3)
        return Scale(1.0, float(special.logit(share) - (values.mean() if len(values) else 0.0)))
    bounds = [(-10.0, 10.0), (-50.0, 50.0)]
    best = optimize.minimize(surprise, np.zeros(2), method="L-BFGS-B", bounds=bounds).x
    return Scale(float(np.exp(-best[0])), float(best[1]))
