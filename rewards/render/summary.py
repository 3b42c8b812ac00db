"""What is said of a program as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from analyzers.types import Status
from rewards.explain import REASONS, Explanation
from rewards.render.signs import visible
from rewards.types import Score


def summary(score: Score) -> dict[str, str]:
    """Outcome, value, its parts, tests, and analyzers that said nothing; ready to be shown."""
    facts = {"outcome": score.outcome.value if score.outcome else "not tested"}
    facts["value"] = "none" if score.value is None else f"{score.value:+.3f}"
    parts = [f"{name} {amount:+.3f}" for name, amount in score.parts.items()]
    charged = sum(charge.amount for charge in score.charges)
    facts["parts"] = ", ".join([*parts, *([f"charges {charged:+.3f}"] if charged else [])])
    verdict = score.verdict
    if verdict and verdict.tests:
        facts["tests"] = f"{verdict.passed} of {len(verdict.tests)} passed"
        facts["first failure"] = next((test.message for test in verdict.tests if test.message), "")
    if score.holdout:
        facts["hold-out tests"] = score.holdout.value
    if verdict and verdict.detail:
        facts["detail"] = verdict.detail
    if score.exempt:
        facts["dimmed"] = "what the outcome says nothing of"
    silent = [
        f"{report.analyzer} {report.status.value} {report.detail}"
        for report in score.reports
        if report.status not in (Status.OK, Status.NOT_APPLICABLE)
    ]
    facts["no word from"] = "; ".join(silent)
    return {name: visible(fact) for name, fact in facts.items() if fact}


def facts_of_both(left: Score, right: Score) -> list[tuple[str, str, str]]:
    """The summaries of two scores, row by row."""
    one, other = summary(left), summary(right)
    return [(fact, one.get(fact, ""), other.get(fact, "")) for fact in {**one, **other}]


def called(score: Score, number: int) -> str:
    """The name of a program on a page."""
    return score.task_id or f"program {number}"


def met(rows: Iterable[Explanation]) -> dict[str, str]:
    """The reasons among these findings, each with its meaning."""
    words = {word for row in rows for word in row.reasons}
    return {word: meaning for word, meaning in REASONS.items() if word in words}


def signed(amount: float | None) -> str:
    """An amount for people; nothing where there is none."""
    return "" if amount is None else f"{amount:+.3f}" if amount else "0"
