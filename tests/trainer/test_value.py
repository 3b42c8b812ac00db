from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from trainer import losses, sections
from trainer.policy import Policy
from trainer.step import Learner, Objective
from trainer.types import Beliefs, Experience, Sampling
from trainer.value import ValueHead


@pytest.fixture(params=["decoder", "seq2seq"])
def either(request: pytest.FixtureRequest, policy: Policy, seq2seq_policy: Policy) -> Policy:
    """A policy of each kind whose weights may be changed."""
    copy = (policy if request.param == "decoder" else seq2seq_policy).frozen_copy()
    copy.model.requires_grad_(True)
    return copy


def _learner(policy: Policy, **critic: Any) -> Learner:
    settings = sections.Critic(**{"weight": 1.0, "learning_rate": 0.05, "clip": 0.0} | critic)
    objective = Objective(losses.bind("reinforce"), critic=settings)
    return Learner(policy, objective=objective, settings=sections.Optimizer(schedule="constant"), steps=10)


def _batch(learner: Learner) -> list[Experience]:
    """No advantages; the first token of a completion is worth 1, all others 0."""
    prompts, sampling = ["ab", "def f(x):"], Sampling(max_new_tokens=6)
    rollouts = [
        rollout for group in learner.policy.generate(prompts, samples=3, sampling=sampling, seed=0) for rollout in group
    ]
    samples = []
    for rollout, beliefs in zip(rollouts, learner.believe(rollouts), strict=True):
        returns = np.zeros(len(rollout.completion_ids), dtype=np.float32)
        returns[:1] = 1.0
        samples.append(Experience(rollout, np.zeros_like(returns), beliefs, returns))
    return samples


def _trunk(learner: Learner) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in learner.policy.model.parameters()]).clone()


def test_hidden_states_are_those_that_the_token_was_predicted_from(either: Policy) -> None:
    """The output layer makes the log-probs of the tokens of them."""
    groups = either.generate(["ab", "def f(x):"], samples=2, sampling=Sampling(max_new_tokens=6), seed=0)
    rollouts = [rollout for group in groups for rollout in group]
    with torch.no_grad():
        found = either.logprobs(rollouts, hidden=True)
        assert found.hidden is not None
        assert found.hidden.shape == (*found.values.shape, either.model.config.hidden_size)
        scale = either.model.config.d_model**-0.5 if either.seq2seq and either.model.config.tie_word_embeddings else 1.0
        table = torch.log_softmax(either.model.get_output_embeddings()(found.hidden * scale), -1)
    for row, rollout in enumerate(rollouts):
        for t, token in enumerate(rollout.completion_ids.tolist()):
            assert table[row, t, token].item() == pytest.approx(found.values[row, t].item(), abs=1e-5)


def test_a_new_head_expects_nothing(either: Policy) -> None:
    head = ValueHead.of(either)
    assert head(torch.randn(2, 3, int(either.model.config.hidden_size))).tolist() == [[0.0] * 3] * 2
    assert sum(weight.numel() for weight in head.parameters()) == either.model.config.hidden_size + 1


def test_the_critic_learns_what_to_expect(either: Policy) -> None:
    learner = _learner(either)
    batch = _batch(learner)
    assert all(sample.beliefs.values is not None and not sample.beliefs.values.any() for sample in batch)
    found = [learner.step(batch)["value_loss"] for _ in range(20)]
    # V = 0: half of the share of first tokens.
    tokens = sum(len(sample.advantages) for sample in batch)
    assert found[0] == pytest.approx(0.5 * sum(1 for sample in batch if len(sample.advantages)) / tokens)
    assert found[-1] < 0.3 * found[0]


@pytest.mark.parametrize("shared", [True, False])
def test_the_value_loss_teaches_the_trunk_only_where_it_is_shared(either: Policy, shared: bool) -> None:
    learner = _learner(either, shared=shared)
    batch, before = _batch(learner), _trunk(learner)
    learner.step(batch)  # of a head of zeros no gradient reaches the trunk
    learner.step(batch)
    assert torch.equal(_trunk(learner), before) is not shared


def test_the_critic_goes_on_exactly(policy: Policy) -> None:
    def fresh() -> Learner:
        copy = policy.frozen_copy()
        copy.model.requires_grad_(True)
        return _learner(copy)

    whole, first = fresh(), fresh()
    batch = _batch(whole)
    for _ in range(4):
        whole.step(batch)
    for _ in range(2):
        first.step(batch)
    second = Learner(
        first.policy, objective=first._objective, settings=sections.Optimizer(schedule="constant"), steps=10
    )
    second.restore(first.state())
    for _ in range(2):
        second.step(batch)
    assert torch.equal(_trunk(second), _trunk(whole))
    for one, other in zip(second.state()["value"].values(), whole.state()["value"].values(), strict=True):
        assert torch.equal(one, other)


def test_a_completion_without_any_token_is_no_trouble(either: Policy) -> None:
    learner = _learner(either)
    batch = _batch(learner)
    empty = replace(
        batch[0].rollout, completion_ids=batch[0].rollout.completion_ids[:0], logprobs=np.zeros(0, np.float32)
    )
    beliefs = learner.believe([empty, batch[1].rollout])
    assert beliefs[0] == Beliefs()
    assert beliefs[1].values is not None
    assert learner.believe([empty]) == [Beliefs()]
    nothing = np.zeros(0, dtype=np.float32)
    assert learner.step([Experience(empty, nothing, beliefs[0], nothing), *batch])["learned_samples"] == len(batch)


def test_a_critic_that_went_wrong_does_not_touch_the_weights(policy: Policy) -> None:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    learner = _learner(copy, shared=False)
    assert learner.critics.value is not None
    learner.critics.value.linear.weight.register_hook(lambda gradient: gradient * np.inf)
    assert learner.step(_batch(learner))["skipped_update"] == 1
    assert all(bool(weight.isfinite().all()) for weight in learner.state()["value"].values())


def test_a_critic_without_returns_is_refused(policy: Policy) -> None:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    learner = _learner(copy)
    batch = [Experience(sample.rollout, sample.advantages, sample.beliefs) for sample in _batch(learner)]
    with pytest.raises(ValueError, match="a critic learns from the returns of an advantage function such as 'gae'"):
        learner.step(batch)
