"""Scores as figures, for the logs of trainers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from analyzers.types import Outcome
from rewards.adapters.sampled import Charged
from rewards.scorer import RUNTIME
from rewards.types import Score


def figures(score: Score) -> dict[str, float]:
    """The numbers of a score that the harness gave a verdict on, with the same keys for every score.

    `value` and `base` are the score's own, `charges` the sum of what its findings cost, and `passed` is 1 for a program
    that passes all of its tests and 0 for any other; `tests` is the share of tests that it passes, 0 without tests.

    Raises:
        ValueError: the harness failed, so that there are no numbers.
    """
    if score.value is None or score.base is None:
        raise ValueError(f"the harness gave no verdict on a program of task {score.task_id!r}: it has no figures")
    verdict = score.verdict
    return {
        "value": score.value,
        "base": score.base,
        "charges": math.fsum(charge.amount for charge in score.charges),
        "passed": float(score.outcome is Outcome.PASS),
        "tests": verdict.passed / max(len(verdict.tests), 1) if verdict else 0.0,
    }


def outcome_of(score: Score) -> str:
    """The outcome's name; empty where no tests were run."""
    return score.outcome.value if score.outcome else ""


def unjudged(score: Score) -> str:
    """What to say of a program that the harness failed on: its task, and why."""
    runtime = [report for report in score.reports if report.analyzer == RUNTIME]
    words = [report.verdict.detail if report.verdict else report.detail for report in runtime]
    reasons = "; ".join(filter(None, words)) or "no report says why"
    return f"the harness failed on a program of task {score.task_id!r} ({reasons})"


def listed(score: Score) -> str:
    """The charges of a score in one line."""
    charged = [charge for charge in score.charges if charge.amount]
    return "; ".join(f"{c.diagnostic.analyzer} {c.diagnostic.code} {c.amount:+.2f}" for c in charged)


def summary(scores: Sequence[Score], charged: Sequence[Charged] = ()) -> dict[str, float]:
    """Figures of a batch; means and shares leave out what the harness failed to judge; what is not known has no key."""
    judged = [score for score in scores if score.value is not None]
    mix = Counter(score.outcome for score in judged if score.outcome is not None)
    tested = sum(mix.values())
    metrics = {
        "infrastructure": 1 - len(judged) / max(len(scores), 1),
        **_means("value", [score.value for score in judged]),
        **_means("base", [score.base for score in judged]),
        **_means("charges", [math.fsum(charge.amount for charge in score.charges) for score in judged]),
    }
    if tested:
        shown = [outcome for outcome in Outcome if outcome is not Outcome.INFRASTRUCTURE]
        metrics |= {f"outcome/{outcome.value}": mix[outcome] / tested for outcome in shown}
    tokens = sum(len(one.ids) for one in charged)
    if tokens:
        metrics["charged_tokens"] = sum(int(np.count_nonzero(one.dense)) for one in charged) / tokens
    return metrics


def _means(name: str, values: Sequence[float | None]) -> dict[str, float]:
    known = [value for value in values if value is not None]
    return {name: math.fsum(known) / len(known)} if known else {}
