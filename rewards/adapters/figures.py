"""A score as figures, for the logs of trainers: the same keys for every score."""

from __future__ import annotations

import math

from analyzers.types import Outcome
from rewards.types import Score


def figures(score: Score) -> dict[str, float]:
    """The numbers of a score that the harness gave a verdict on.

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


def listed(score: Score) -> str:
    """The charges of a score in one line."""
    charged = [charge for charge in score.charges if charge.amount]
    return "; ".join(f"{c.diagnostic.analyzer} {c.diagnostic.code} {c.amount:+.2f}" for c in charged)
