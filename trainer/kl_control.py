"""A coefficient of the KL penalty that follows the divergence that is wanted."""

from __future__ import annotations

MOST = 0.2
"""Error, relative to the target, beyond which the coefficient changes no faster."""


def adapted(weight: float, kl: float, *, target: float, samples: int, horizon: int) -> float:
    """beta (1 + clip(KL / target - 1, -0.2, 0.2) samples / horizon) (arXiv 1909.08593, section 2.2).

    `kl` and `target` are nats per completion; after `horizon` samples that are far off, the coefficient has changed by
    about a fifth.
    """
    error = min(MOST, max(-MOST, kl / target - 1.0))
    return weight * (1.0 + error * samples / horizon)
