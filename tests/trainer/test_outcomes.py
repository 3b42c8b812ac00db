from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rewards.types import Outcome
from trainer import losses, outcomes, sections
from trainer.outcomes import CLASSES, OutcomeHead, class_of
from trainer.policy import Policy
from trainer.step import Learner, Objective
from trainer.types import Experience, Rollout, Sampling

PASS, FAILURE = class_of(Outcome.PASS), class_of(Outcome.FAILURE)
E = math.e


@pytest.fixture(params=["decoder", "seq2seq"])
def either(request: pytest.FixtureRequest, policy: Policy, seq2seq_policy: Policy) -> Policy:
    """A policy of each kind whose weights may be changed."""
    copy = (policy if request.param == "decoder" else seq2seq_policy).frozen_copy()
    copy.model.requires_grad_(True)
    return copy


def _learner(policy: Policy, *, loss: str = "reinforce", supervised: float = 0.0, **critic: Any) -> Learner:
    settings = sections.Critic(**{"weight": 1.0, "learning_rate": 0.02, "predicts": "outcome"} | critic)
    objective = Objective(losses.bind(loss), critic=settings, supervised_weight=supervised)
    return Learner(policy, objective=objective, settings=sections.Optimizer(schedule="constant"), steps=10)


def _rollouts(policy: Policy) -> list[Rollout]:
    groups = policy.generate(["ab", "def f(x):"], samples=3, sampling=Sampling(max_new_tokens=6), seed=0)
    return [rollout for group in groups for rollout in group if len(rollout.completion_ids)]


def _batch(policy: Policy, advantage: float = 0.0) -> list[Experience]:
    """Whatever begins with an even token passes."""
    return [
        Experience(
            rollout,
            np.full(len(rollout.completion_ids), advantage, dtype=np.float32),
            outcome=FAILURE if rollout.completion_ids[0] % 2 else PASS,
        )
        for rollout in _rollouts(policy)
    ]


def _trunk(learner: Learner) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in learner.policy.model.parameters()]).clone()


def test_four_classes() -> None:
    places = [class_of(outcome) for outcome in Outcome]
    named = dict(zip(Outcome, places, strict=True))
    assert named[Outcome.TIMEOUT] == named[Outcome.ERROR]
    assert named[Outcome.INFRASTRUCTURE] is None
    assert class_of(None) is None
    assert sorted({place for place in places if place is not None}) == [0, 1, 2, 3]
    assert CLASSES[outcomes.PASSED] is Outcome.PASS


def test_the_loss_of_two_tokens() -> None:
    """Logits (1, 0, 0, 0) and (0, 0, 2, 0): pooled (1, 0, 2, 0). The padding of the second row would win, if it could."""
    logits = torch.tensor([[[1.0, 0, 0, 0], [0, 0, 2.0, 0]], [[0, 0, 0, 1.0], [9.0, 0, 0, 0]]])
    mask = torch.tensor([[True, True], [True, False]])
    assert outcomes.pooled(logits, mask).tolist() == [[1, 0, 2, 0], [0, 0, 0, 1]]
    loss, right = outcomes.cross_entropy(logits, mask, [0, 3])
    assert loss.item() == pytest.approx(math.log((E + 2 + E**2) / E) + math.log((3 + E) / E))
    assert right.item() == 1
    only, _ = outcomes.cross_entropy(logits, mask, [None, 3])
    assert only.item() == pytest.approx(math.log((3 + E) / E))
    assert outcomes.cross_entropy(logits, mask, [None, None])[0].item() == 0


def test_what_was_foretold_of_the_outcome_that_came() -> None:
    logits = torch.tensor([[[1.0, 0, 0, 0], [0, 0, 2.0, 0]], [[0, 0, 0, 1.0], [9.0, 0, 0, 0]]])
    found = outcomes.foretold(logits, [2, None])
    assert found.tolist() == [pytest.approx([1 / (3 + E), E**2 / (3 + E**2)]), [1.0, 1.0]]


def test_what_is_said_of_a_prefix_is_what_is_said_of_it_as_a_program() -> None:
    logits = torch.randn(2, 5, 4)
    for length in range(1, 6):
        alone = outcomes.pooled(logits[:, :length], torch.ones(2, length, dtype=torch.bool)).softmax(-1)
        assert torch.allclose(outcomes.so_far(logits)[:, length - 1], alone)


def test_a_new_critic_holds_all_outcomes_as_likely(either: Policy) -> None:
    head = OutcomeHead.of(either)
    assert head(torch.randn(2, 3, int(either.model.config.hidden_size))).softmax(-1).unique().tolist() == [0.25]


def test_states_after_a_token_are_those_before_the_next(either: Policy) -> None:
    """And those after the last token have seen it: they are the states before one that is appended."""
    rollouts = _rollouts(either)
    with torch.no_grad():
        found = either.logprobs(rollouts, hidden=True)
        longer = [replace(r, completion_ids=np.append(r.completion_ids, 5)) for r in rollouts]
        expected = either.logprobs(longer, hidden=True).hidden
    assert found.after is not None
    assert expected is not None
    for row, rollout in enumerate(rollouts):
        length = len(rollout.completion_ids)
        assert torch.allclose(found.after[row, :length], expected[row, 1 : length + 1], atol=1e-5)


def test_the_critic_learns_the_outcomes_and_leaves_the_policy_alone(either: Policy) -> None:
    learner = _learner(either)
    batch, before = _batch(either), _trunk(learner)
    assert {sample.outcome for sample in batch} == {PASS, FAILURE}
    found = [learner.step(batch) for _ in range(40)]
    assert found[0]["outcome_loss"] == pytest.approx(math.log(4))
    assert found[-1]["outcome_loss"] < 0.3
    assert found[-1]["outcome_accuracy"] == 1.0
    assert torch.equal(_trunk(learner), before)


def test_advantages_are_weighed_by_what_the_critic_holds(either: Policy) -> None:
    """A new critic holds a quarter everywhere, so the gradient is that of a quarter of the advantage."""
    batch = _batch(either, advantage=1.0)
    plain = [replace(sample, advantages=sample.advantages / 4, outcome=None) for sample in batch]
    weighed, alone = _learner(either, weight=1.0), _learner(either.frozen_copy(), weight=0.0)
    alone.policy.model.requires_grad_(True)
    assert weighed.step(batch)["grad_norm"] == pytest.approx(alone.step(plain)["grad_norm"], rel=1e-5)


def test_a_critic_that_foresaw_the_outcome_lets_the_token_count(policy: Policy) -> None:
    """By hand, -A q log p on two tokens of which the critic held 1/4 and 3/4."""
    copy = policy.frozen_copy()
    learner = _learner(copy)
    rollout = replace(_rollouts(copy)[0], completion_ids=np.array([5, 6]), logprobs=np.zeros(2, dtype=np.float32))
    held = torch.tensor([[0.25, 0.75]])
    learner.critics.foretold = lambda *_: held  # type: ignore[method-assign]
    with torch.no_grad():
        logprobs = copy.logprobs([rollout]).values[0]
    expected = -(0.25 * logprobs[0] + 0.75 * logprobs[1]).item() * 2.0 / 2
    copy.model.requires_grad_(True)
    found = learner.step([Experience(rollout, np.full(2, 2.0, dtype=np.float32), outcome=PASS)])
    assert found["loss"] - found["outcome_loss"] == pytest.approx(expected, rel=1e-5)


def test_while_the_critic_leads_nothing_else_learns(policy: Policy) -> None:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    learner = _learner(copy, supervised=1.0, lead_steps=2)
    batch, given, before = _batch(copy, advantage=1.0), [copy.teach("ab", "xyz")], _trunk(learner)
    first = [learner.step(batch, given) for _ in range(2)]
    assert torch.equal(_trunk(learner), before)
    assert first[1]["outcome_loss"] < first[0]["outcome_loss"]
    learner.step(batch, given)
    assert not torch.equal(_trunk(learner), before)


def test_references_are_programs_that_pass(policy: Policy) -> None:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    learner, given = _learner(copy, supervised=1.0), [copy.teach("ab", "xyz")]
    failing = [replace(sample, outcome=FAILURE) for sample in _batch(copy)]
    for _ in range(30):
        learner.step(failing, given)
    with torch.no_grad():
        found = copy.logprobs(given, hidden=True)
        assert learner.critics.outcomes is not None
        assert found.after is not None
        told = outcomes.pooled(learner.critics.outcomes(found.after), found.mask).softmax(-1)[0]
    assert told[outcomes.PASSED] > 0.5


def test_a_critic_of_outcomes_goes_on_exactly(policy: Policy) -> None:
    def fresh() -> Learner:
        copy = policy.frozen_copy()
        copy.model.requires_grad_(True)
        return _learner(copy)

    whole, first = fresh(), fresh()
    batch = _batch(whole.policy, advantage=0.5)
    for _ in range(4):
        whole.step(batch)
    for _ in range(2):
        first.step(batch)
    torch.manual_seed(99)
    second = Learner(first.policy, objective=first._objective, settings=first._settings, steps=10)
    second.restore(first.state())
    for _ in range(2):
        second.step(batch)
    assert torch.equal(_trunk(second), _trunk(whole))
    for one, other in zip(second.state()["outcomes"].values(), whole.state()["outcomes"].values(), strict=True):
        assert torch.equal(one, other)
