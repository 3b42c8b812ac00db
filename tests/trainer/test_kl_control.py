from __future__ import annotations

import pytest

from trainer.kl_control import adapted


@pytest.mark.parametrize(
    ("kl", "expected"),
    [
        (2.0, 0.1),  # at the target
        (2.2, 0.1 * (1 + 0.1 * 50 / 1000)),  # a tenth too far: stronger
        (1.8, 0.1 * (1 - 0.1 * 50 / 1000)),
        (40.0, 0.1 * (1 + 0.2 * 50 / 1000)),  # the error is cut at a fifth
        (-3.0, 0.1 * (1 - 0.2 * 50 / 1000)),  # an estimate may be negative
    ],
)
def test_the_weight_follows_the_target(kl: float, expected: float) -> None:
    assert adapted(0.1, kl, target=2.0, samples=50, horizon=1000) == pytest.approx(expected, rel=1e-12)
