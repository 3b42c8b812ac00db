"""From the score of a program to what is known of it as a candidate: what its tests say apart from what they do not."""

from __future__ import annotations

from dataclasses import replace

from analyzers.types import Report, Status
from rewards import schemes
from rewards.reranking.pools import Candidate
from rewards.scorer import RUNTIME, SCHEME, settle
from rewards.types import Charge, Evidence, Item, Outcome, Score


def candidate(
    score: Score,
    *,
    public: bool | None = None,
    logprob: float | None = None,
    truncated: bool = False,
    scheme: schemes.Spec = SCHEME,
) -> Candidate:
    """What a score tells of its program.

    Charges are made anew by `scheme`: of the analyzers as if no test had been run, since that is how they are found
    where a candidate is chosen, and of the tests as if no analyzer had been asked.

    Raises:
        ValueError: no such scheme, or no such option of it.
    """
    found = schemes.resolve(scheme)
    judged = score.outcome not in (None, Outcome.INFRASTRUCTURE)
    verdict = score.verdict
    known = Candidate(
        score.completion,
        passed=score.outcome is Outcome.PASS if judged else None,
        pass_rate=verdict.pass_ratio if judged and verdict is not None and verdict.tests else None,
        logprob=logprob,
        outcome=score.outcome,
        findings=findings(score, found),
        public=public,
        truncated=truncated,
    )
    return replace(known, blame=blame(score, found)) if judged else known


def findings(score: Score, scheme: schemes.Scheme) -> tuple[Charge, ...] | None:
    """What analyzers find that need no test, also what costs nothing; None where none was asked, or one failed for
    reasons of its own."""
    reports = tuple(report for report in score.reports if report.analyzer != RUNTIME)
    if not reports or not all(map(_says_something, reports)):
        return None
    return _charged(score, reports, scheme)


def blame(score: Score, scheme: schemes.Scheme) -> tuple[Charge, ...]:
    """What the tests charge."""
    reports = tuple(report for report in score.reports if report.analyzer == RUNTIME)
    return tuple(charge for charge in _charged(score, reports, scheme) if charge.amount)


def _says_something(report: Report) -> bool:
    return report.provoked or report.status in (Status.OK, Status.NOT_APPLICABLE)


def _charged(score: Score, reports: tuple[Report, ...], scheme: schemes.Scheme) -> tuple[Charge, ...]:
    return settle(Item(score.completion), Evidence(score.source, reports), scheme).charges
