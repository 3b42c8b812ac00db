from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rewards.registry import UnknownName
from trainer import advantages
from trainer.advantages import AdvantageInputs

NAN = float("nan")


def _inputs(rewards: list[float], groups: list[int], best: list[float] | None = None) -> AdvantageInputs:
    return AdvantageInputs(
        np.array(rewards), np.array(groups), np.array(best if best is not None else [NAN] * len(rewards))
    )


def test_rltf_compares_with_the_best_so_far() -> None:
    # Task 0 has seen -0.3: 1 - (-0.3) = 1.3 and -1 - (-0.3) = -0.7. Task 1 is new: the reward itself.
    inputs = _inputs([1.0, -1.0, -0.6], [0, 0, 1], [-0.3, -0.3, NAN])
    assert_allclose(advantages.bind("rltf")(inputs), [1.3, -0.7, -0.6])
    # With -0.5 in place of the missing baseline: -0.6 + 0.5 = -0.1.
    assert_allclose(advantages.bind("rltf", first=-0.5)(inputs), [1.3, -0.7, -0.1])


def test_grpo_normalises_within_the_group() -> None:
    # Group 0: mean 0, population deviation 1. Group 1: mean 0.5, deviation 0.5. They are interleaved on purpose.
    inputs = _inputs([1.0, 1.0, -1.0, 0.0], [0, 1, 0, 1])
    assert_allclose(advantages.bind("grpo", epsilon=0.0)(inputs), [1.0, 1.0, -1.0, -1.0])
    assert_allclose(advantages.bind("grpo", std=False)(inputs), [1.0, 0.5, -1.0, -0.5])


@pytest.mark.parametrize("name", ["grpo", "rloo"])
def test_a_group_without_contrast_says_nothing(name: str) -> None:
    assert_allclose(advantages.bind(name)(_inputs([1.0, 1.0, 0.3], [0, 0, 1])), [0.0, 0.0, 0.0])


def test_rloo_leaves_one_out() -> None:
    # 1 - (0 + 0.5) / 2 = 0.75; 0 - (1 + 0.5) / 2 = -0.75; 0.5 - (1 + 0) / 2 = 0.
    assert_allclose(advantages.bind("rloo")(_inputs([1.0, 0.0, 0.5], [7, 7, 7])), [0.75, -0.75, 0.0])


def test_the_dense_term_is_added_after_the_outcome() -> None:
    # 0.5 + 2 * (0, -0.3) = (0.5, -0.1)
    assert_allclose(advantages.per_token(0.5, np.array([0.0, -0.3]), weight=2.0), [0.5, -0.1], rtol=1e-6)


def test_the_outcome_is_withheld_where_it_says_nothing() -> None:
    credited = np.array([True, False, False])
    found = advantages.per_token(0.5, np.array([0.0, 0.0, -0.3]), weight=2.0, credited=credited)
    assert_allclose(found, [0.5, 0.0, -0.6], rtol=1e-6)


def test_the_dense_term_is_not_centred_per_position() -> None:
    """The stop-or-go-on bandit of verl's RFC 7244: every token costs the same, so stopping early must look better.

    Two rollouts of one task with equal outcomes, of 1 and of 3 tokens, each token charged -0.1. A mean over "token t of
    the group" would make every advantage 0. Here the longer one keeps all of its cost.
    """
    outcome = advantages.bind("grpo")(_inputs([1.0, 1.0], [0, 0]))
    short = advantages.per_token(float(outcome[0]), np.full(1, -0.1), weight=1.0)
    long = advantages.per_token(float(outcome[1]), np.full(3, -0.1), weight=1.0)
    assert_allclose([short.sum(), long.sum()], [-0.1, -0.3], rtol=1e-6)


def test_unknown_names_and_options_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'grpo'"):
        advantages.bind("gpro")
    with pytest.raises(UnknownName, match="did you mean 'std'"):
        advantages.bind("grpo", sdt=True)
    assert set(advantages.ADVANTAGES.names()) >= {"grpo", "rloo", "rltf"}


@pytest.mark.parametrize("name", ["grpo", "rloo", "rltf"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_bandit_learns_the_paying_arm(name: str, sign: float) -> None:
    """Three arms, the first pays; REINFORCE by hand. With the sign turned the paying arm dies out."""
    advantage = advantages.bind(name)
    random, logits, best = np.random.default_rng(0), np.zeros(3), NAN
    for _ in range(80):
        probabilities = np.exp(logits) / np.exp(logits).sum()
        arms = random.choice(3, size=16, p=probabilities)
        pay = np.where(arms == 0, 1.0, -0.3)
        values = sign * advantage(_inputs(list(pay), [0] * 16, [best] * 16))
        # d log p(arm) / d logits = one-hot(arm) - p
        logits += 0.3 * np.mean(values[:, None] * (np.eye(3)[arms] - probabilities), axis=0)
        best = float(np.nanmax([best, pay.max()]))
    paying = np.exp(logits[0]) / np.exp(logits).sum()
    assert paying > 0.85 if sign > 0 else paying < 0.1
