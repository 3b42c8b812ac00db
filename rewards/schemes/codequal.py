"""Passing, less what the quality of the program lacks: bounded, so that many findings cost hardly more than some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from rewards.schemes import scheme
from rewards.schemes.binary import binary
from rewards.schemes.clusters import by_defect
from rewards.schemes.pricing import (
    CAP,
    as_one,
    check_alpha,
    check_cap,
    completed,
    escaped,
    gated,
    passes,
    priced,
    shared,
    total,
)
from rewards.schemes.rltf import ALPHA_CAP
from rewards.types import Evidence, Reward

# The paper's; a fatal finding, which it does not know, weighs as its worst.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"info": 0.5, "low": 1.0, "medium": 2.5, "high": 5.0, "critical": 10.0, "fatal": 10.0}
)


@scheme("codequal")
def codequal(
    evidence: Evidence,
    *,
    weights: Mapping[str, float] = WEIGHTS,
    cap: float = CAP,
    alpha_cap: float = ALPHA_CAP,
    noise: bool = False,
) -> Reward:
    """1 where all tests pass, else 0, less what a program that passes lacks of the quality 1 / (1 + W).

    value = pass * (1 - cap * W / (1 + W)), W = sum of the weights of the findings, one for each defect; after
    arXiv:2506.02211, which adds quality to programs that fail, too. A finding of weight w is charged cap * w / (1 + W)
    where it stands, and nothing on a program that does not pass. Where an analyzer failed by the program's doing, no
    quality is left. Without tests the outcome part is 0, and the gate is open where no hard error was found.

    Raises:
        ValueError: `weights` has a key that is no severity or a value below 0, `cap` is not in [0, 1), or `alpha_cap`
            is below 1.
    """
    check_alpha(alpha_cap)
    check_cap(cap, gap=1.0)
    weights = completed(weights, WEIGHTS)
    if evidence.verdict is None and evidence.tested:
        return Reward(None)
    prices = priced(evidence, weights=weights, alpha_cap=alpha_cap, noise=noise)
    findings = gated(prices, evidence, gate=True, spare=False)
    found = [charge for cluster in by_defect((), findings, evidence.source.text) for charge in as_one(cluster)]
    unit = cap / (1.0 + total(found))
    charges = shared(found, unit=unit, alone=lambda weight: cap * weight / (1.0 + weight))
    if any(weights.values()) and passes(prices, evidence):
        escapes = escaped(evidence)
        charges += [replace(charge, amount=0.0 - unit / len(escapes)) for charge in escapes]
    parts = binary(evidence).parts or {}
    return Reward(parts, tuple(sorted(charges, key=lambda charge: charge.span)))
