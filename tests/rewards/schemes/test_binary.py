from __future__ import annotations

from typing import Any

import pytest

from analyzers.types import Outcome
from rewards.schemes.binary import binary
from rewards.types import Reward


@pytest.mark.parametrize(
    ("outcome", "passed", "value"),
    [(Outcome.PASS, 2, 1.0), (Outcome.FAILURE, 1, 0.0), (Outcome.ERROR, 1, 0.0), (Outcome.SYNTAX_ERROR, 0, 0.0)],
)
def test_all_or_nothing(make: Any, outcome: Outcome, passed: int, value: float) -> None:
    assert binary(make.evidence("x", outcome, passed=passed)) == Reward({"pass": value})


def test_nothing_is_known_without_a_verdict(make: Any) -> None:
    assert binary(make.evidence("x")).parts is None
