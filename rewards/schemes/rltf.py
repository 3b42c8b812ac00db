"""RLTF, term by term (arXiv:2307.04349, sections 3.3 and 3.4).

| term     | value                                                        | where            |
|----------|--------------------------------------------------------------|------------------|
| coarse   | pass +1, failure -0.3, error -0.6, syntax error -1 (eq. 3)   | all of the tokens |
| fine     | -0.3 for an error, 0 where its place is unreliable (eq. 4)   | line or program, by sub-error (Table 2) |
| adaptive | -0.3 + 1.3 * passed / all (eq. 5)                            | all of the tokens |

Coarse and adaptive are the parts of `base` and add up with unit weights (eq. 6). Their baselines (eq. 8 and 10) are the
same terms of the best program so far, and both are linear: subtracting the best `base` subtracts both. The fine term
has no baseline (eq. 9); it is a charge.
"""

from __future__ import annotations

from analyzers.types import Diagnostic, Kind, Location, Outcome, Verdict
from rewards.schemes import scheme
from rewards.schemes.regions import region
from rewards.schemes.suberrors import suberror
from rewards.types import Charge, Evidence, Reward

COARSE = {
    Outcome.PASS: 1.0,
    Outcome.FAILURE: -0.3,
    Outcome.ERROR: -0.6,
    Outcome.TIMEOUT: -0.6,
    Outcome.SYNTAX_ERROR: -1.0,
}
FINE = -0.3
ADAPTIVE_FLOOR, ADAPTIVE_RANGE = -0.3, 1.3
# The paper's alpha = T / (E - S) has no bound, so that a one-token span would weigh T. With 10, a span of at least a
# tenth of the program (a line of a short function) is compensated in full, and no token carries more than ten times its
# charge.
ALPHA_CAP = 10.0

_ERRORS = (Outcome.ERROR, Outcome.TIMEOUT, Outcome.SYNTAX_ERROR)


@scheme("rltf")
def rltf(
    evidence: Evidence,
    *,
    coarse: bool = True,
    fine: bool = True,
    adaptive: bool = True,
    fine_amount: float = FINE,
    alpha_cap: float = ALPHA_CAP,
) -> Reward:
    """RLTF's three kinds of feedback (arXiv:2307.04349); each can be switched off.

    value = coarse + adaptive + fine, equations 3 to 6. Nothing is known without tests: parts are then None.

    Raises:
        ValueError: `fine_amount` above 0 or not above -0.4, or `alpha_cap` below 1.
    """
    check_charge(fine_amount, alpha_cap)
    if evidence.verdict is None:
        return Reward(None)
    frames = failing_frame(evidence, amount=fine_amount, alpha_cap=alpha_cap) if fine else ()
    return Reward(outcome_parts(evidence.verdict, coarse=coarse, adaptive=adaptive), frames)


def check_charge(amount: float, alpha_cap: float) -> None:
    """Refuses what would reward an error, put it below a syntax error, or weaken a charge for being short.

    Raises:
        ValueError: with both numbers.
    """
    lowest = COARSE[Outcome.SYNTAX_ERROR] - COARSE[Outcome.ERROR]
    if not (lowest < amount <= 0 and alpha_cap >= 1):
        raise ValueError(
            f"fine_amount must be above {lowest:g} (the gap between an error and a syntax error) and at most 0 and"
            f" alpha_cap at least 1, got {amount} and {alpha_cap}"
        )


def outcome_parts(verdict: Verdict, *, coarse: bool = True, adaptive: bool = True) -> dict[str, float]:
    """The coarse and the adaptive term (eq. 3 and 5)."""
    parts = {}
    if coarse:
        parts["coarse"] = COARSE[verdict.outcome]
    if adaptive:
        parts["adaptive"] = ADAPTIVE_FLOOR + ADAPTIVE_RANGE * verdict.pass_ratio
    return parts


def failing_frame(evidence: Evidence, *, amount: float = FINE, alpha_cap: float = ALPHA_CAP) -> tuple[Charge, ...]:
    """The fine term (eq. 4): the first error that stopped the program, charged where Table 2 says; none or one."""
    report, verdict = evidence.runtime, evidence.verdict
    if report is None or verdict is None or verdict.outcome not in _ERRORS or not report.diagnostics:
        return ()
    diagnostic = report.diagnostics[0]
    where = located(diagnostic, outcome=verdict.outcome, truncated=evidence.source.truncated)
    span = region(evidence.source, diagnostic.span, where)
    return (Charge(diagnostic, span, amount, alpha_cap),) if span is not None else ()


def located(diagnostic: Diagnostic, *, outcome: Outcome, truncated: bool) -> Location:
    """Table 2: LINE, GLOBAL or IGNORE, by the class of the exception and two facts of the program's structure."""
    if outcome is Outcome.TIMEOUT:
        return Location.GLOBAL
    location = suberror(diagnostic.code).location
    if location is not Location.LINE:
        return location
    if diagnostic.location in (Location.IGNORE, Location.GLOBAL):
        return diagnostic.location
    return Location.GLOBAL if truncated and diagnostic.kind is Kind.SYNTAX else Location.LINE
