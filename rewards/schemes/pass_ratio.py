"""The share of the tests that pass, as used by APPS-style trainers."""

from __future__ import annotations

from rewards.schemes import scheme
from rewards.types import Evidence, Reward


@scheme("pass_ratio")
def pass_ratio(evidence: Evidence) -> Reward:
    """The share of the tests that pass, the test case average of APPS (arXiv:2105.09938), in [0, 1]. No charges.

    value = passed tests / all tests. Nothing is known without tests: parts are then None.
    """
    verdict = evidence.verdict
    return Reward(None) if verdict is None else Reward({"pass_ratio": verdict.pass_ratio})
