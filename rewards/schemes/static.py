"""RLTF plus what static analysis found, under seven rules.

1. Hard errors (syntax, undefined name, wrong type, of high severity) are charged always; everything else counts only on
   programs that pass, so that it orders passing programs and cannot buy back a failing one ("gated").
2. After a syntax error only its first cause is charged ("follow-on"). What compiled has no syntax error, whatever a
   tool's own parser says ("contradicted").
3. Findings of several tools on one defect, the failing frame included, are one charge on the narrowest span ("merged").
4. The static charges of a program sum to less than the smallest gap between outcomes, and all charges to less than the
   gap to the next worse outcome ("capped"): with equal pass counts no program overtakes one of a better outcome.
5. Nothing is ever earned: there is no bonus per line or per line without findings.
6. Failed is not clean: a program that made an analyzer crash or hang pays, over all of its text, whatever is left of
   the cap ("unjudged"), so that it cannot fare better than with any findings that the analyzer could have had; one that
   does not compile has paid by its first cause. An analyzer that failed for reasons of its own (`analyzers.blame` tells
   which) is left out, as one that is not installed.
7. Writing nothing is no way out: a program that fails its tests and does nothing with what it is given, so that nothing
   can be found in it, pays whatever is left of the cap ("stub"; `rewards.schemes.stubs`). With the same outcome and as
   many tests passed it is worth no more than any attempt, whatever was found in that.

A finding that costs nothing stays visible as a charge of amount 0 with the reason as its note.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from rewards.schemes import scheme
from rewards.schemes.clusters import by_defect
from rewards.schemes.pricing import (
    CAP,
    SMALLEST_GAP,
    STRICTLY,
    as_one,
    broken,
    check_cap,
    completed,
    escaped,
    first_cause,
    gated,
    idle,
    priced,
    scaled,
    total,
)
from rewards.schemes.rltf import ADAPTIVE_RANGE, ALPHA_CAP, COARSE, FINE, check_charge, failing_frame, outcome_parts
from rewards.types import Charge, Evidence, Reward

# The ratios 0.5 : 1 : 2.5 : 5 : 10 between severities are those of codequal (arXiv:2506.02211); a fatal finding costs
# as much as RLTF's failing frame.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"info": 0.01, "low": 0.02, "medium": 0.05, "high": 0.1, "critical": 0.2, "fatal": 0.3}
)


@scheme("static")
def static(
    evidence: Evidence,
    *,
    coarse: bool = True,
    fine: bool = True,
    adaptive: bool = True,
    fine_amount: float = FINE,
    alpha_cap: float = ALPHA_CAP,
    gate: bool = True,
    noise: bool = False,
    weights: Mapping[str, float] = WEIGHTS,
    cap: float = CAP,
) -> Reward:
    """RLTF (arXiv:2307.04349), and a charge for each finding under the rules of `rewards.schemes.static`.

    value = coarse + adaptive - failing frame - min(sum of the weights of the findings, cap).

    Without tests `base` is 0, and the gate is open where no hard error was found. Reports that are not OK say nothing,
    but for failures that the program provoked. Rules that fire on right programs as often as on wrong ones
    (`rewards.schemes.noise`) are charged where `noise` is set.

    Raises:
        ValueError: `weights` has a key that is no severity or a value below 0, `cap` is not in [0, 0.3), or as `rltf`.
    """
    check_charge(fine_amount, alpha_cap)
    check_cap(cap, gap=SMALLEST_GAP)
    weights = completed(weights, WEIGHTS)
    verdict = evidence.verdict
    if verdict is None and evidence.tested:
        return Reward(None)
    frame = failing_frame(evidence, amount=fine_amount, alpha_cap=alpha_cap) if fine else ()
    findings = priced(evidence, weights=weights, alpha_cap=alpha_cap, noise=noise)
    findings = gated(findings, evidence, gate=gate)
    found = by_defect(frame, findings, evidence.source.text)
    compiles = not broken(evidence)
    found = found if compiles else first_cause(found)
    parts = outcome_parts(verdict, coarse=coarse, adaptive=adaptive) if verdict else {}
    unfound = [*escaped(evidence), *idle(evidence)] if any(weights.values()) else []
    framed, charged = _apart(found, frame)
    charged = scaled(charged, cap)
    # Of a program that does not compile the failing frame counts too: nothing else would be charged beside it.
    left = cap - total([*charged, *(() if compiles else framed)])
    charged += [replace(charge, amount=0.0 - max(left, 0.0) / len(unfound)) for charge in unfound]
    charges = scaled([*framed, *charged], STRICTLY * _gap(evidence, coarse=coarse, adaptive=adaptive))
    return Reward(parts, tuple(sorted(charges, key=lambda charge: charge.span)))


def _apart(clusters: Sequence[Sequence[Charge]], frame: Sequence[Charge]) -> tuple[list[Charge], list[Charge]]:
    """One charge for each cluster: those that the failing frame belongs to, and the static ones."""
    known = {id(charge) for charge in frame}
    framed = [charge for cluster in clusters if id(cluster[0]) in known for charge in as_one(cluster)]
    charged = [charge for cluster in clusters if id(cluster[0]) not in known for charge in as_one(cluster)]
    return framed, charged


def _gap(evidence: Evidence, *, coarse: bool, adaptive: bool) -> float:
    """How far `base` stands above the next worse outcome with the same number of passed tests, or with one less."""
    verdict = evidence.verdict
    if verdict is None:
        return SMALLEST_GAP
    if coarse:
        value = COARSE[verdict.outcome]
        return min((value - worse for worse in COARSE.values() if worse < value), default=math.inf)
    if adaptive and verdict.tests:
        return min(SMALLEST_GAP, ADAPTIVE_RANGE / len(verdict.tests))
    return SMALLEST_GAP
