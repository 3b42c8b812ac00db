"""What happened to a batch, in numbers: by outcome and by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analyzers.types import Outcome
from rewards.explain import Explanation
from rewards.types import Score

UNTESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule did to a batch."""

    analyzer: str
    code: str
    findings: int
    programs: int
    charged: int
    """Findings that cost something."""
    amount: float
    """The sum of what they cost."""


def outcomes(scores: Sequence[Score]) -> list[tuple[str, int, float | None]]:
    """Each outcome, best first, with the number of programs and the mean of their values."""
    found = []
    for outcome in (*Outcome, None):
        of_it = [score for score in scores if score.outcome is outcome]
        values = [score.value for score in of_it if score.value is not None]
        if of_it:
            name = outcome.value if outcome else UNTESTED
            found.append((name, len(of_it), sum(values) / len(values) if values else None))
    return found


def rules(rows: Sequence[Sequence[Explanation]]) -> list[Rule]:
    """The rules of a batch, given the explanations of each program; the most costly first, then the most frequent."""
    findings, programs, charged = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    amounts: dict[tuple[str, str], float] = {}
    for of_program in rows:
        programs.update({rule_of(row) for row in of_program})
        for row in of_program:
            findings[rule_of(row)] += 1
            charged[rule_of(row)] += bool(row.amount)
            amounts[rule_of(row)] = amounts.get(rule_of(row), 0.0) + (row.amount or 0.0)
    found = [Rule(*key, findings[key], programs[key], charged[key], amounts[key]) for key in findings]
    return sorted(found, key=lambda rule: (rule.amount, -rule.findings, rule.analyzer, rule.code))


def rule_of(row: Explanation) -> tuple[str, str]:
    """Analyzer and code."""
    return row.analyzer, row.rule
