"""One where all tests pass, else zero: the reward that most trainers use."""

from __future__ import annotations

from analyzers.types import Outcome
from rewards.schemes import scheme
from rewards.types import Evidence, Reward


@scheme("binary")
def binary(evidence: Evidence) -> Reward:
    """1 where all tests pass, else 0, as AceCoder (arXiv:2502.01718) has it. No charges.

    value = [all tests pass]. Nothing is known without tests: parts are then None.
    """
    verdict = evidence.verdict
    return Reward(None) if verdict is None else Reward({"pass": float(verdict.outcome is Outcome.PASS)})
