"""Passing, times how safe the program is: each weakness takes its share of what the others left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from analyzers.types import Kind
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
    passes,
    priced,
    shared,
    total,
    waived,
)
from rewards.schemes.rltf import ALPHA_CAP
from rewards.types import Evidence, Reward

RISKS: Mapping[str, float] = MappingProxyType(
    {"info": 0.0, "low": 0.1, "medium": 0.3, "high": 0.6, "critical": 0.9, "fatal": 1.0}
)


@scheme("security")
def security(
    evidence: Evidence, *, risks: Mapping[str, float] = RISKS, cap: float = CAP, alpha_cap: float = ALPHA_CAP
) -> Reward:
    """1 where all tests pass, else 0, times a gate that each security finding of a program that passes narrows.

    value = pass * (1 - cap * (1 - S)), S = product of (1 - risk) over the findings of kind security, one for each
    defect. With `cap` near 1 this is pass * S: as in Posterior-GRPO (arXiv:2508.05170) the second factor counts only
    where the first does, while of the sum of REAL (arXiv:2505.22704) safe programs that do nothing earn their part.
    What the gate takes is charged to the findings in proportion to their risks, also to those of rules that fire on
    right programs as often as on wrong ones: weaknesses pass tests. Where an analyzer failed by the program's doing, S
    is 0. Without tests the outcome part is 0, and the gate is open where no hard error was found.

    Raises:
        ValueError: `risks` has a key that is no severity or a value outside [0, 1], `cap` is not in [0, 1), or
            `alpha_cap` is below 1.
    """
    check_alpha(alpha_cap)
    check_cap(cap, gap=1.0)
    risks = completed(risks, RISKS, most=1.0)
    if evidence.verdict is None and evidence.tested:
        return Reward(None)
    prices = priced(evidence, weights=risks, alpha_cap=alpha_cap, noise=True)
    findings = [charge for charge in prices if charge.diagnostic.kind is Kind.SECURITY]
    findings = findings if passes(prices, evidence) else [waived(charge, "gated") for charge in findings]
    found = [charge for cluster in by_defect((), findings, evidence.source.text) for charge in as_one(cluster)]
    safe = math.prod(1.0 + charge.amount for charge in found)
    unit = cap * (1.0 - safe) / (total(found) or 1.0)
    charges = shared(found, unit=unit, alone=lambda risk: cap * risk)
    if any(risks.values()) and passes(prices, evidence):
        escapes = escaped(evidence)
        charges += [replace(charge, amount=0.0 - cap * safe / len(escapes)) for charge in escapes]
    return Reward(binary(evidence).parts or {}, tuple(sorted(charges, key=lambda charge: charge.span)))
