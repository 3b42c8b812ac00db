from __future__ import annotations

from typing import Any

import pytest

from analyzers.types import Outcome
from rewards.schemes.pass_ratio import pass_ratio


@pytest.mark.parametrize(("passed", "value"), [(0, 0.0), (1, 0.25), (4, 1.0)])
def test_passed_over_all(make: Any, passed: int, value: float) -> None:
    outcome = Outcome.PASS if passed == 4 else Outcome.FAILURE
    reward = pass_ratio(make.evidence("x", outcome, passed=passed, total=4))
    assert (reward.parts, reward.charges) == ({"pass_ratio": value}, ())


def test_nothing_is_known_without_a_verdict(make: Any) -> None:
    assert pass_ratio(make.evidence("x")).parts is None
