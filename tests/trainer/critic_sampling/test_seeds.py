from __future__ import annotations

import numpy as np
import pytest

from trainer.critic_sampling.seeds import cut, stacked
from trainer.outcomes import PASSED


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([0.6, 0.9, 0.7, 0.8], 2),  # up to the highest
        ([0.6, 0.4, 0.9, 0.8], 1),  # less everything from the first doubtful token on
        ([0.4, 0.6, 0.9, 0.8], 0),
        ([0.6, 0.9, 0.4, 0.8], 2),  # doubt after the cut is no matter
        ([0.6, 0.7, 0.8, 0.9], 3),  # the last token always goes
        ([0.5, 0.5, 0.5], 1),  # evenly is no doubt; the first of equals
        ([0.9], 0),
        ([], 0),
    ],
)
def test_where_a_program_is_cut(values: list[float], kept: int) -> None:
    """What is not passing is failing."""
    told = np.zeros((len(values), 4), dtype=np.float32)
    told[:, PASSED], told[:, 2] = values, 1 - np.array(values)
    assert cut(told) == kept


def test_passing_may_be_likeliest_without_being_likely() -> None:
    assert cut(np.array([[0.2, 0.2, 0.25, 0.35], [0.2, 0.1, 0.3, 0.4], [0.3, 0.3, 0.3, 0.1]], dtype=np.float32)) == 2
    assert cut(np.array([[0.2, 0.36, 0.09, 0.35], [0.2, 0.1, 0.3, 0.4], [0, 0, 0, 1]], dtype=np.float32)) == 0


def test_candidates_are_stacked_evenly() -> None:
    assert stacked(["a"], 3) == ["a"] * 3
    assert stacked(["a", "b", "c"], 8) == ["a", "a", "a", "b", "b", "b", "c", "c"]
    assert stacked(["a", "b", "c"], 2) == ["a", "b"]
