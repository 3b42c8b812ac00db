"""The page of a batch: a row for each program, to be sorted and filtered, with the program itself inside."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from analyzers.types import Outcome
from rewards.explain import Explanation
from rewards.render.html import code_html
from rewards.render.pages import POLICY, template
from rewards.render.summary import called, summary
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
        programs.update({_rule(row) for row in of_program})
        for row in of_program:
            findings[_rule(row)] += 1
            charged[_rule(row)] += bool(row.amount)
            amounts[_rule(row)] = amounts.get(_rule(row), 0.0) + (row.amount or 0.0)
    found = [Rule(*key, findings[key], programs[key], charged[key], amounts[key]) for key in findings]
    return sorted(found, key=lambda rule: (rule.amount, -rule.findings, rule.analyzer, rule.code))


def batch_html(
    scores: Sequence[Score], *, title: str, byte_spans: Sequence[NDArray[np.int64] | None] | None = None
) -> str:
    """A self-contained page of many scores; all of it can be read where no script may run.

    Raises:
        ValueError: tokens are those of another completion.
    """
    explained = [score.explain() for score in scores]
    known = rules(explained)
    numbers = {(rule.analyzer, rule.code): number for number, rule in enumerate(known)}
    spans = byte_spans or [None] * len(scores)
    rows = [
        _entry(score, number, found, numbers) | {"code": Markup(code_html(score, span))}
        for number, (score, found, span) in enumerate(zip(scores, explained, spans, strict=True), 1)
    ]
    script = files("rewards").joinpath("templates/batch.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return template(
        "batch.html.j2",
        title=title,
        policy=f"{POLICY}; script-src 'sha256-{digest}'",
        script=Markup(script),
        rows=rows,
        outcomes=outcomes(scores),
        rules=known,
    )


def _entry(
    score: Score, number: int, found: Sequence[Explanation], numbers: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    verdict = score.verdict
    facts = summary(score)
    return {
        "number": number,
        "name": called(score, number),
        "outcome": facts.pop("outcome"),
        "value": score.value,
        "charges": sum(charge.amount for charge in score.charges),
        "ratio": verdict.pass_ratio if verdict and verdict.tests else None,
        "tests": f"{verdict.passed}/{len(verdict.tests)}" if verdict and verdict.tests else "",
        "facts": facts,
        "rows": found,
        "rules": " ".join(str(number) for number in sorted({numbers[_rule(row)] for row in found})),
    }


def _rule(row: Explanation) -> tuple[str, str]:
    return row.analyzer, row.rule
