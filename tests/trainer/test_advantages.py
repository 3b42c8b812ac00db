from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rewards.registry import UnknownName
from trainer import advantages
from trainer.advantages import AdvantageInputs, TokenAdvantages, TokenInputs

NAN = float("nan")
Rows = list[list[float]]


def _inputs(rewards: list[float], groups: list[int], best: list[float] | None = None) -> AdvantageInputs:
    return AdvantageInputs(
        np.array(rewards), np.array(groups), np.array(best if best is not None else [NAN] * len(rewards))
    )


def _tokens(
    outcome: list[float], dense: Rows, *, kl: Rows | None = None, values: Rows | None = None, **masks: list[list[int]]
) -> AdvantageInputs:
    """Rollouts of one group; every token counts and is credited unless `mask` or `credited` say otherwise."""
    everything = np.ones_like(np.array(dense), dtype=np.bool_)
    mask = np.array(masks.get("mask", everything), dtype=np.bool_)
    tokens = TokenInputs(
        outcome=np.array(outcome),
        dense=np.array(dense),
        kl=np.zeros(mask.shape) if kl is None else np.array(kl),
        mask=mask,
        credited=np.array(masks.get("credited", mask), dtype=np.bool_),
        values=None if values is None else np.array(values),
    )
    count = len(outcome)
    return AdvantageInputs(
        tokens.outcome - tokens.kl.sum(1), np.zeros(count, dtype=np.int64), np.full(count, NAN), tokens
    )


def _found(name: str, inputs: AdvantageInputs, **options: Any) -> TokenAdvantages:
    found = advantages.bind(name, **options)(inputs)
    assert isinstance(found, TokenAdvantages)
    return found


def test_reinforce_takes_the_mean_of_the_round_off() -> None:
    # Mean of 1, 0 and 0.5 over both groups: 0.5.
    inputs = _inputs([1.0, 0.0, 0.5], [0, 0, 1])
    assert_allclose(advantages.bind("reinforce")(inputs), [0.5, -0.5, 0.0])
    assert_allclose(advantages.bind("reinforce", baseline=False)(inputs), [1.0, 0.0, 0.5])


def test_the_greedy_answer_is_taken_off() -> None:
    """1 - 0.5 and -0.3 - 0.5; the other task has none, and the mean of its group, 0.2, stands in."""
    inputs = replace(_inputs([1.0, -0.3, 0.4, 0.0], [0, 0, 1, 1]), greedy=np.array([0.5, 0.5, NAN, NAN]))
    assert_allclose(advantages.bind("greedy")(inputs), [0.5, -0.8, 0.2, -0.2])


def test_gae_on_two_tokens() -> None:
    # V = (0.5, 0.25), rewards (-0.1, 0.2 + 1): the outcome is paid with the last token.
    # d_2 = 1.2 - 0.25 = 0.95; d_1 = -0.1 + 0.9 * 0.25 - 0.5 = -0.375; A_1 = d_1 + 0.9 * 0.8 * 0.95 = 0.309.
    inputs = _tokens([1.0], [[-0.1, 0.2]], values=[[0.5, 0.25]])
    found = _found("gae", inputs, gamma=0.9, lam=0.8, whiten=False)
    assert_allclose(found.values, [[0.309, 0.95]])
    assert found.returns is not None
    assert_allclose(found.returns, [[0.809, 1.2]])  # A + V


def test_gae_without_decay_is_reward_to_go_less_the_value() -> None:
    # lam = 1: A_1 = (-0.1 - 0.3 + 0.2 + 1) - 0.5 = 0.3 and A_2 = 1.2 - 0.25; KL is 0.3 on the first token.
    inputs = _tokens([1.0], [[-0.1, 0.2]], kl=[[0.3, 0.0]], values=[[0.5, 0.25]])
    assert_allclose(_found("gae", inputs, lam=1.0, whiten=False).values, [[0.3, 0.95]])


def test_gae_ends_where_a_completion_ends() -> None:
    """The second row has one token; what stands in its padding is never looked at."""
    inputs = _tokens(
        [0.0, 1.0], [[0.0, 0.0], [0.0, 99.0]], values=[[0.0, 0.0], [0.25, 99.0]], mask=[[1, 1], [1, 0]],
        credited=[[1, 1], [1, 0]],
    )  # fmt: skip
    found = _found("gae", inputs, whiten=False)
    assert_allclose(found.values[:, 0], [0.0, 0.75])
    assert found.returns is not None
    assert_allclose(found.returns, [[0.0, 0.0], [1.0, 0.0]])


def test_gae_pays_the_outcome_with_the_last_token_that_it_is_about() -> None:
    # The last token was never run. lam = 1, V = 0: A_1 = 1 + (-0.4), the charge of the token after it included; A_2 is
    # that charge alone.
    inputs = _tokens([1.0], [[0.0, -0.4]], values=[[0.0, 0.0]], credited=[[1, 0]])
    assert_allclose(_found("gae", inputs, lam=1.0, whiten=False).values, [[0.6, -0.4]])


def test_gae_pays_the_outcome_once() -> None:
    # The token in the middle was never run: it is not the last one of those that were.
    inputs = _tokens([1.0], [[0.0, 0.0, 0.0]], values=[[0.0, 0.0, 0.0]], credited=[[1, 0, 1]])
    assert_allclose(_found("gae", inputs, lam=1.0, whiten=False).values, [[1.0, 0.0, 1.0]])


def test_gae_is_whitened_over_all_tokens() -> None:
    # lam = 1, V = 0: rewards to go (1, 1) and (-1, -1); mean 0, deviation 1. Shifted by V = 0.5: (0.5, 0.5), (-1.5, -1.5).
    zero = [[0.0, 0.0], [0.0, 0.0]]
    for values in (zero, [[0.5, 0.5], [0.5, 0.5]]):
        found = _found("gae", _tokens([1.0, -1.0], zero, values=values), lam=1.0)
        assert_allclose(found.values, [[1.0, 1.0], [-1.0, -1.0]], atol=1e-6)
        assert found.returns is not None
        assert_allclose(found.returns, [[1.0, 1.0], [-1.0, -1.0]])  # from before


def test_gae_is_the_naive_loop() -> None:
    random = np.random.default_rng(0)
    lengths, width, gamma, lam = [5, 3, 1], 5, 0.97, 0.9
    mask = np.arange(width)[None] < np.array(lengths)[:, None]
    dense, kl, values = (np.where(mask, random.normal(size=mask.shape), 0.0) for _ in range(3))
    outcome = random.normal(size=3)
    inputs = _tokens(list(outcome), dense.tolist(), kl=kl.tolist(), values=values.tolist(), mask=mask.tolist())
    found = _found("gae", inputs, gamma=gamma, lam=lam, whiten=False)
    for row, length in enumerate(lengths):
        rewards = [dense[row, t] - kl[row, t] + (outcome[row] if t == length - 1 else 0.0) for t in range(length)]
        worth = [*values[row, :length], 0.0]
        surprise = [rewards[t] + gamma * worth[t + 1] - worth[t] for t in range(length)]
        for t in range(length):
            expected = sum((gamma * lam) ** (later - t) * surprise[later] for later in range(t, length))
            assert found.values[row, t] == pytest.approx(expected, abs=1e-12)


def test_gae_needs_a_critic() -> None:
    with pytest.raises(ValueError, match="needs the values of a critic"):
        advantages.bind("gae")(_tokens([1.0], [[0.0]]))
    with pytest.raises(ValueError, match=r"needs AdvantageInputs\.tokens"):
        advantages.bind("gae")(_inputs([1.0], [0]))


def test_reinforce_plus_plus_normalises_over_all_tokens() -> None:
    # Outcomes 1 and -1 with a KL of 1 on the last token of the first: to go (0, 0) and (-1, -1), mean -0.5, deviation
    # 0.5, so 1 and -1. The charge -0.4 is added as it is.
    inputs = _tokens([1.0, -1.0], [[0.0, 0.0], [-0.4, 0.0]], kl=[[0.0, 1.0], [0.0, 0.0]])
    assert_allclose(_found("reinforce++", inputs, epsilon=0.0).values, [[1.0, 1.0], [-1.4, -1.0]])


def test_reinforce_plus_plus_charges_kl_to_the_tokens_before() -> None:
    # KL 1 on the first token: to go (0, 1) and (1, 1) of outcomes 1 and 1: mean 0.75, deviation sqrt(3) / 4.
    inputs = _tokens([1.0, 1.0], [[0.0, 0.0], [0.0, 0.0]], kl=[[1.0, 0.0], [0.0, 0.0]])
    third = 1 / np.sqrt(3)
    assert_allclose(_found("reinforce++", inputs, epsilon=0.0).values, [[-3 * third, third], [third, third]])


def test_reinforce_plus_plus_with_the_baseline_of_the_group() -> None:
    # Groups (3, 1) and (0, 0): centred (1, -1, 0, 0), whose deviation is sqrt(1/2). One token each.
    inputs = _tokens([3.0, 1.0, 0.0, 0.0], [[0.0]] * 4)
    inputs = replace(inputs, groups=np.array([0, 0, 1, 1]))
    found = _found("reinforce++", inputs, group_baseline=True, epsilon=0.0).values[:, 0]
    assert_allclose(found, [np.sqrt(2), -np.sqrt(2), 0.0, 0.0])


@pytest.mark.parametrize("name", ["gae", "reinforce++"])
def test_padding_has_no_part_in_the_statistics(name: str) -> None:
    short = _tokens([1.0, 0.0], [[0.0], [0.0]], values=[[0.0], [0.0]])
    padded = _tokens(
        [1.0, 0.0], [[0.0, 50.0], [0.0, -9.0]], kl=[[0.0, 0.0], [0.0, 0.0]], values=[[0.0, 7.0], [0.0, 3.0]],
        mask=[[1, 0], [1, 0]], credited=[[1, 0], [1, 0]],
    )  # fmt: skip
    assert_allclose(_found(name, padded).values[:, 0], _found(name, short).values[:, 0])


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
    outcome = np.asarray(advantages.bind("grpo")(_inputs([1.0, 1.0], [0, 0])))
    short = advantages.per_token(float(outcome[0]), np.full(1, -0.1), weight=1.0)
    long = advantages.per_token(float(outcome[1]), np.full(3, -0.1), weight=1.0)
    assert_allclose([short.sum(), long.sum()], [-0.1, -0.3], rtol=1e-6)


def test_unknown_names_and_options_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'grpo'"):
        advantages.bind("gpro")
    with pytest.raises(UnknownName, match="did you mean 'std'"):
        advantages.bind("grpo", sdt=True)
    assert set(advantages.ADVANTAGES.names()) >= {"gae", "grpo", "reinforce", "reinforce++", "rloo", "rltf"}


@pytest.mark.parametrize("name", ["grpo", "reinforce", "rloo", "rltf"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_bandit_learns_the_paying_arm(name: str, sign: float) -> None:
    """Three arms, the first pays; REINFORCE by hand. With the sign turned the paying arm dies out."""
    advantage = advantages.bind(name)
    random, logits, best = np.random.default_rng(0), np.zeros(3), NAN
    for _ in range(80):
        probabilities = np.exp(logits) / np.exp(logits).sum()
        arms = random.choice(3, size=16, p=probabilities)
        pay = np.where(arms == 0, 1.0, -0.3)
        values = sign * np.asarray(advantage(_inputs(list(pay), [0] * 16, [best] * 16)))
        # d log p(arm) / d logits = one-hot(arm) - p
        logits += 0.3 * np.mean(values[:, None] * (np.eye(3)[arms] - probabilities), axis=0)
        best = float(np.nanmax([best, pay.max()]))
    paying = np.exp(logits[0]) / np.exp(logits).sum()
    assert paying > 0.85 if sign > 0 else paying < 0.1
