import numpy as np
import pytest

from trainer.reranker.calibration import Bin, fitted, reliability


def test_distance_of_what_was_said_and_what_came():
    found = reliability([0.1, 0.1, 0.9, 0.8, 1.0], [0, 1, 1, 1, 0], bins=2)
    assert found.bins == (Bin(2, 0.1, 0.5), Bin(3, pytest.approx(0.9), pytest.approx(2 / 3)))
    assert found.ece == pytest.approx((2 * 0.4 + 3 * (0.9 - 2 / 3)) / 5)
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.01 + 0.04 + 1.0) / 5)


def test_what_is_no_probability_is_refused():
    for wrong in ([], [1.1], [-0.1]):
        with pytest.raises(ValueError, match="from 0 to 1"):
            reliability(wrong, [1] * len(wrong))


def test_a_scale_finds_the_slope_and_the_shift_that_made_the_outcomes():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=20_000) * 3 + 1
    passed = rng.random(20_000) < 1 / (1 + np.exp(-(scores / 2.0 - 1.5)))
    scale = fitted(scores, passed)
    assert scale.temperature == pytest.approx(2.0, rel=0.1)
    assert scale.shift == pytest.approx(-1.5, abs=0.1)
    assert reliability(scale(scores), passed).ece < 0.02


def test_a_scale_never_turns_an_order_around():
    scale = fitted([0.0, 1.0, 2.0, 3.0], [1, 1, 0, 0])
    assert scale.temperature > 0
    assert scale([3.0])[0] >= scale([0.0])[0]


@pytest.mark.parametrize(("scores", "passed", "share"), [([2.0, 2.0], [1, 0], 0.5), ([0.0, 1.0], [1, 1], 0.999)])
def test_without_a_difference_there_is_only_a_share(scores, passed, share):
    assert fitted(scores, passed)([np.mean(scores)])[0] == pytest.approx(share)
