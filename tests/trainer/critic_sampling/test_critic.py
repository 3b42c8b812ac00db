from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer import outcomes
from trainer.critic_sampling.critic import Critic
from trainer.outcomes import OutcomeHead
from trainer.policy import Policy
from trainer.types import Rollout, Sampling


@pytest.fixture
def head(policy: Policy) -> OutcomeHead:
    """One with opinions."""
    head = OutcomeHead.of(policy)
    last = list(head.parameters())[-2]
    torch.nn.init.normal_(last, generator=torch.Generator().manual_seed(1))
    return head


def _rollouts(policy: Policy) -> list[Rollout]:
    groups = policy.generate(["ab", "def f(x):"], samples=3, sampling=Sampling(max_new_tokens=7), seed=0)
    taught = policy.teach("ab", "")
    nothing = replace(taught, completion_ids=taught.completion_ids[:0], logprobs=taught.logprobs[:0])
    return [*(rollout for group in groups for rollout in group), nothing]


def test_a_prefix_is_valued_as_a_program(policy: Policy, head: OutcomeHead) -> None:
    """What follows is of no matter, nor which other programs are asked about."""
    critic, rollouts = Critic(policy, head), _rollouts(policy)
    found = critic.told(rollouts)
    assert [len(values) for values in found] == [len(rollout.completion_ids) for rollout in rollouts]
    whole = rollouts[0]
    for length in range(1, len(whole.completion_ids) + 1):
        begun = Rollout("", whole.prompt_ids, whole.completion_ids[:length], whole.logprobs[:length], "", False)
        (alone,) = critic.told([begun])
        assert alone == pytest.approx(found[0][:length], abs=1e-5)


def test_the_value_is_the_probability_of_passing(policy: Policy, head: OutcomeHead) -> None:
    rollout = _rollouts(policy)[0]
    with torch.no_grad():
        states = policy.logprobs([rollout], hidden=True).after
        assert states is not None
        logits = head(states)[0].amax(0)
    expected = logits.softmax(-1)[outcomes.PASSED].item()
    assert Critic(policy, head).told([rollout])[0][-1, outcomes.PASSED] == pytest.approx(expected, abs=1e-5)


def test_how_often_it_is_right(policy: Policy, head: OutcomeHead) -> None:
    rollouts, critic = _rollouts(policy)[:4], Critic(policy, head)
    likeliest = [int(told[-1].argmax()) for told in critic.told(rollouts)]
    assert critic.right(rollouts, likeliest) == 1.0
    assert critic.right(rollouts, [likeliest[0], *((place + 1) % 4 for place in likeliest[1:])]) == 0.25


def test_it_comes_back_as_it_was(policy: Policy, head: OutcomeHead, tmp_path: Path) -> None:
    critic, rollouts = Critic(policy, head), _rollouts(policy)
    critic.save(tmp_path / "critic.pt")
    again = Critic.load(policy, tmp_path / "critic.pt")
    for one, other in zip(again.told(rollouts), critic.told(rollouts), strict=True):
        assert one.tolist() == other.tolist()


def test_another_model_s_critic_is_refused(policy: Policy, tmp_path: Path) -> None:
    torch.save(OutcomeHead(7).state_dict(), tmp_path / "critic.pt")
    with pytest.raises(ValueError, match="is no critic for the states of this model"):
        Critic.load(policy, tmp_path / "critic.pt")
    (tmp_path / "critic.pt").write_text("not a critic")
    with pytest.raises(ValueError, match="is no critic"):
        Critic.load(policy, tmp_path / "critic.pt")
    with pytest.raises(FileNotFoundError):
        Critic.load(policy, tmp_path / "none.pt")
