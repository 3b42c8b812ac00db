"""The share of the tests that pass, each weighted by how seldom the group passes it."""

from __future__ import annotations

from collections.abc import Sequence

from analyzers.types import TestResult, TestStatus
from rewards.schemes import Need, scheme
from rewards.types import Evidence, Reward

FLOOR = 0.1


@scheme("difficulty", needs=(Need.GROUP,))
def difficulty(evidence: Evidence, *, floor: float = FLOOR) -> Reward:
    """Passed tests by weight, in [0, 1]; after VeRPO (arXiv:2601.03525), against the pull of easy tests. No charges.

    value = sum of w_k over passed tests / sum over all tests, w_k = max(1 - share of the group that passes k, floor).
    A program alone, or whose group has another number of tests, has equal weights: the plain share, as `pass_ratio`.
    Nothing is known without tests: parts are then None. VeRPO keeps the outcome beside it; so does a list of `static`
    with `adaptive = false` and this.

    Raises:
        ValueError: `floor`, the weight of a test that all pass, is not in (0, 1].
    """
    if not 0 < floor <= 1:
        raise ValueError(f"floor must be above 0 and at most 1, got {floor}")
    verdict = evidence.verdict
    if verdict is None:
        return Reward(None)
    group = evidence.group
    if group is None or len(group) != len(verdict.tests):
        return Reward({"difficulty": verdict.pass_ratio})
    return Reward({"difficulty": _share(verdict.tests, [max(1.0 - passing, floor) for passing in group])})


def _share(tests: Sequence[TestResult], weights: Sequence[float]) -> float:
    if all(test.status is TestStatus.PASSED for test in tests):
        return 1.0 if tests else 0.0  # whatever the weights add up to in binary
    passed = sum(weight for test, weight in zip(tests, weights, strict=True) if test.status is TestStatus.PASSED)
    return passed / sum(weights)
