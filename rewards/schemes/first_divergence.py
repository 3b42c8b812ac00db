"""A charge for a wrong answer where the program leaves the path of one that answers rightly."""

from __future__ import annotations

from analyzers.runtime.divergence import CODE
from analyzers.types import Diagnostic, Location, Outcome, Status
from rewards.schemes import Need, scheme
from rewards.schemes.pricing import SMALLEST_GAP, check_cap
from rewards.schemes.regions import region
from rewards.schemes.rltf import ALPHA_CAP, FINE, check_charge, failing_frame, outcome_parts
from rewards.types import Charge, Evidence, Reward


@scheme("first_divergence", needs=(Need.REFERENCE, Need.DIVERGENCE))
def first_divergence(
    evidence: Evidence,
    *,
    coarse: bool = True,
    adaptive: bool = True,
    fine_amount: float = FINE,
    cap: float = 0.2,
    alpha_cap: float = ALPHA_CAP,
) -> Reward:
    """`rltf`, and for a wrong answer a charge on the line that first diverges; after EGCA (arXiv:2603.16158).

    value = coarse + adaptive + fine - cap * [a wrong answer whose divergence was found]. RLTF's fine term places
    crashes; this places failures. What diverges is found by `analyzers.runtime.divergence`, which runs the program and
    the reference once more, compares the values of variables and says on what grounds; that is known of Python programs
    with a reference, and of others nothing is charged. The paper withholds the advantage from all tokens behind the
    divergence; here they keep theirs.

    Raises:
        ValueError: `cap` is not in [0, 0.3), or as `rltf`.
    """
    check_charge(fine_amount, alpha_cap)
    check_cap(cap, gap=SMALLEST_GAP)
    if evidence.verdict is None:
        return Reward(None)
    charges = failing_frame(evidence, amount=fine_amount, alpha_cap=alpha_cap)
    found = divergence(evidence)
    if found is not None:
        span = region(evidence.source, found.span, Location.LINE)
        charges += () if span is None else (Charge(found, span, 0.0 - cap, alpha_cap),)
    return Reward(outcome_parts(evidence.verdict, coarse=coarse, adaptive=adaptive), charges)


def divergence(evidence: Evidence) -> Diagnostic | None:
    """Where a wrong answer began, if that was found."""
    if evidence.verdict is None or evidence.verdict.outcome is not Outcome.FAILURE:
        return None
    told = (d for report in evidence.reports if report.status is Status.OK for d in report.diagnostics)
    return next((diagnostic for diagnostic in told if diagnostic.code == CODE), None)
