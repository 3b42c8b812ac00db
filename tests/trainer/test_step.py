from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from trainer import advantages, losses, sections
from trainer.nonfinite import NotFinite
from trainer.policy import Policy
from trainer.step import Learner, Objective, schedule
from trainer.types import Beliefs, Experience, Rollout, Sampling

OBJECTIVE = Objective(losses.bind("reinforce"))


@pytest.fixture
def fresh(policy: Policy) -> Policy:
    """A policy whose weights may be changed."""
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return copy


def _batch(policy: Policy, count: int = 6, seed: int = 0) -> list[Experience]:
    rollouts = policy.generate(["ab", "def f(x):"], samples=count // 2, sampling=Sampling(max_new_tokens=10), seed=seed)
    random = np.random.default_rng(seed)
    return [
        Experience(rollout, random.normal(size=len(rollout.completion_ids)).astype(np.float32))
        for group in rollouts
        for rollout in group
    ]


def _learner(policy: Policy, objective: Objective = OBJECTIVE, **settings: Any) -> Learner:
    return Learner(policy, objective=objective, settings=sections.Optimizer(**settings), steps=10)


def _weights(policy: Policy) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in policy.model.parameters()]).clone()


@pytest.mark.parametrize(
    ("kind", "warmup", "step", "factor"),
    [
        ("constant", 0, 0, 1.0),
        ("constant", 4, 0, 0.25),
        ("constant", 4, 3, 1.0),
        ("constant", 4, 99, 1.0),
        ("linear", 0, 5, 0.5),  # half of ten steps
        ("linear", 2, 6, 0.5),  # half of the eight after the warm-up
        ("linear", 0, 10, 0.0),
        ("cosine", 0, 5, 0.5),
        ("cosine", 0, 2, 0.5 * (1 + math.cos(math.pi / 5))),
    ],
)
def test_schedule(kind: Any, warmup: int, step: int, factor: float) -> None:
    settings = sections.Optimizer(schedule=kind, warmup_steps=warmup)
    assert schedule(step, settings=settings, steps=10) == pytest.approx(factor)


@pytest.mark.parametrize("name", ["reinforce", "clipped"])
def test_the_cut_into_micro_batches_changes_nothing(policy: Policy, name: str) -> None:
    batch, found = _batch(policy), []
    for budget in (24, 10_000):
        learner = _learner(copied := _thawed(policy), Objective(losses.bind(name)), micro_batch_tokens=budget)
        metrics = learner.step(batch)
        found.append((metrics, _weights(copied)))
    (one, first), (other, second) = found
    assert one["loss"] == pytest.approx(other["loss"], abs=1e-6)
    assert one["grad_norm"] == pytest.approx(other["grad_norm"], rel=1e-4)
    torch.testing.assert_close(first, second, atol=2e-5, rtol=0)


@pytest.fixture
def bf16() -> Iterator[Accelerator]:
    AcceleratorState._reset_state(True)
    yield Accelerator(cpu=True, mixed_precision="bf16")
    AcceleratorState._reset_state(True)


def test_arithmetic_in_bf16_learns_float32_weights(policy: Policy, bf16: Accelerator) -> None:
    """What it computes is near, what it keeps is exact: weights and log-probs stay float32."""
    batch = _batch(policy)
    exact, half = _thawed(policy), _thawed(policy)
    settings = sections.Optimizer(learning_rate=1e-3, schedule="constant")
    expected = _learner(exact, learning_rate=1e-3, schedule="constant").step(batch)
    learner = Learner(half, objective=OBJECTIVE, settings=settings, steps=10, accelerator=bf16)
    seen: list[torch.dtype] = []
    hook = half.model.model.layers[0].mlp.up_proj.register_forward_hook(lambda m, i, out: seen.append(out.dtype))
    found = learner.step(batch)
    hook.remove()
    assert set(seen) == {torch.bfloat16}
    assert {weight.dtype for weight in half.model.parameters()} == {torch.float32}
    assert half.logprobs([batch[0].rollout]).values.dtype == torch.float32
    assert found["loss"] == pytest.approx(expected["loss"], rel=0.05, abs=0.01)
    assert found["grad_norm"] == pytest.approx(expected["grad_norm"], rel=0.1)
    assert half.generate(["ab"], samples=2, sampling=Sampling(max_new_tokens=4), seed=0)


def _thawed(policy: Policy) -> Policy:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return copy


def test_samples_without_advantage_are_skipped_and_still_counted(policy: Policy) -> None:
    """Two silent samples halve the mean of the loss, and cost nothing."""
    batch = _batch(policy)
    silent = [Experience(sample.rollout, np.zeros_like(sample.advantages)) for sample in batch]
    calls: list[int] = []
    learner = _learner(_thawed(policy))
    original = learner.policy.logprobs
    learner.policy.logprobs = lambda rollouts, **more: calls.append(len(rollouts)) or original(rollouts, **more)  # type: ignore
    both = learner.step([*batch, *silent])
    alone = _learner(_thawed(policy)).step(batch)
    assert sum(calls) == len(batch)
    assert both["loss"] == pytest.approx(alone["loss"] / 2, abs=1e-6)
    assert both["learned_samples"] == len(batch)
    assert both["ratio"] == pytest.approx(1.0, abs=1e-4)  # a mean over what was learned, not over all


def test_nothing_to_learn_leaves_the_weights_alone(policy: Policy, fresh: Policy) -> None:
    silent = [Experience(sample.rollout, np.zeros_like(sample.advantages)) for sample in _batch(policy)]
    learner = _learner(fresh)
    before = _weights(fresh)
    metrics = learner.step(silent)
    assert metrics["skipped_update"] == 1
    assert metrics["loss"] == 0
    assert torch.equal(_weights(fresh), before)
    assert learner.step([])["skipped_update"] == 1


def test_an_infinite_gradient_leaves_the_weights_alone(policy: Policy, fresh: Policy) -> None:
    batch, learner = _batch(policy), _learner(fresh)
    before = _weights(fresh)
    handle = next(fresh.model.parameters()).register_hook(lambda gradient: gradient * np.inf)
    assert learner.step(batch)["skipped_update"] == 1
    handle.remove()
    assert torch.equal(_weights(fresh), before)
    assert learner.step(batch)["skipped_update"] == 0  # and does not linger
    assert torch.isfinite(_weights(fresh)).all()


def test_a_loss_that_is_no_number_is_refused_before_anything_changes(policy: Policy, fresh: Policy) -> None:
    batch = _batch(policy)
    broken = Experience(replace(batch[3].rollout, task_id="t/3"), np.full_like(batch[3].advantages, np.nan))
    learner, before = _learner(fresh, objective=replace(OBJECTIVE, entropy_weight=0.1)), _weights(fresh)
    with pytest.raises(
        NotFinite, match=r"policy_loss = nan.*advantages are no numbers in 1 of 6, first for t/3"
    ) as found:
        learner.step([*batch[:3], broken, *batch[4:]])
    assert torch.equal(_weights(fresh), before)
    assert found.value.terms["entropy"] > 0
    assert learner.state()["steps"] == 0


def test_a_supervised_loss_that_is_no_number_is_told_apart(policy: Policy, fresh: Policy) -> None:
    fresh.model.lm_head.weight.data[:] = np.nan
    learner = _learner(fresh, objective=replace(OBJECTIVE, supervised_weight=1.0))
    with pytest.raises(NotFinite, match=r"supervised_loss = nan.*under the weights of now are no numbers in 1 of 1"):
        learner.step([], [policy.teach("ab", "xyz", task_id="t")])


def test_empty_completions_are_left_out(policy: Policy, fresh: Policy) -> None:
    empty = Rollout("", np.array([5]), np.array([], dtype=np.int64), np.array([], dtype=np.float32), "", False)
    metrics = _learner(fresh).step([Experience(empty, np.array([], dtype=np.float32)), *_batch(policy)])
    assert metrics["learned_samples"] == 6


def test_gradients_are_clipped(policy: Policy, fresh: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimiser sees a gradient of the norm asked for; what is reported is the norm before."""
    learner = _learner(fresh, max_grad_norm=1e-3)
    seen: list[float] = []

    def look() -> None:
        gradients = [weight.grad for weight in fresh.model.parameters() if weight.grad is not None]
        seen.append(float(torch.cat([gradient.flatten() for gradient in gradients]).norm()))

    monkeypatch.setattr(learner._optimizer, "step", look)
    assert learner.step(_batch(policy))["grad_norm"] > 1e-2
    assert seen == [pytest.approx(1e-3, rel=1e-3)]


def test_the_anchor_pulls_back_to_the_reference(policy: Policy) -> None:
    """No advantage at all: only KL moves the weights, towards the reference."""
    moved = _thawed(policy)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(0)
        for weight in moved.model.parameters():
            weight.add_(0.02 * torch.randn(weight.shape, generator=generator))
    batch = [Experience(sample.rollout, np.zeros_like(sample.advantages)) for sample in _batch(moved, 24)]
    objective = Objective(losses.bind("reinforce"), kl_weight=1.0)
    learner = Learner(
        moved,
        objective=objective,
        settings=sections.Optimizer(learning_rate=1e-3),
        steps=10,
        reference=policy.frozen_copy(),
    )
    divergences = [learner.step(batch)["kl"] for _ in range(8)]
    assert divergences[0] > 0
    assert divergences[-1] < 0.7 * divergences[0]


def test_the_entropy_bonus_spreads(policy: Policy) -> None:
    batch = [Experience(sample.rollout, np.zeros_like(sample.advantages)) for sample in _batch(policy)]
    learner = _learner(_thawed(policy), Objective(losses.bind("reinforce"), entropy_weight=1.0), learning_rate=1e-3)
    entropies = [learner.step(batch)["entropy"] for _ in range(5)]
    assert entropies[-1] > entropies[0]


def test_the_supervised_term_learns_the_reference(policy: Policy) -> None:
    learner = _learner(_thawed(policy), Objective(losses.bind("reinforce"), supervised_weight=1.0), learning_rate=1e-3)
    given = [policy.teach("ab", "xyz xyz"), policy.teach("def f(x):", " return x")]
    first = learner.step([], given)
    # Mean over all reference tokens of -log p, by hand.
    with torch.no_grad():
        found = policy.logprobs(given)
    assert first["supervised_loss"] == pytest.approx(float(-found.values.sum() / found.mask.sum()), rel=1e-5)
    assert first["loss"] == pytest.approx(first["supervised_loss"])
    assert [learner.step([], given)["supervised_loss"] for _ in range(5)][-1] < first["supervised_loss"]


@pytest.mark.parametrize(
    ("loss", "advantage"), [("reinforce", 1.0), ("reinforce", -1.0), ("clipped", 1.0), ("clipped", -1.0)]
)
def test_praised_tokens_become_likelier_and_blamed_ones_rarer(policy: Policy, loss: str, advantage: float) -> None:
    batch = [Experience(s.rollout, np.full_like(s.advantages, advantage)) for s in _batch(policy)]
    copied = _thawed(policy)
    learner = _learner(copied, Objective(losses.bind(loss)), learning_rate=1e-3)

    def mean() -> float:
        with torch.no_grad():
            return float(copied.logprobs([sample.rollout for sample in batch]).values.sum())

    before = mean()
    learner.step(batch)
    assert (mean() - before) * advantage > 0


def test_a_policy_learns_to_write_what_pays(policy: Policy) -> None:
    """The whole way from generation to weights: completions are paid by their share of printable characters."""
    copied = _thawed(policy)
    learner = _learner(copied, learning_rate=5e-3)
    advantage = advantages.bind("grpo")
    shares = []
    for step in range(25):
        group = copied.generate(["ab"], samples=32, sampling=Sampling(max_new_tokens=6), seed=0, step=step)[0]
        printable = [np.mean([32 < ord(character) < 127 for character in r.completion] or [0]) for r in group]
        inputs = advantages.AdvantageInputs(
            np.array(printable),
            np.zeros(32, dtype=np.int64),
            np.full(32, np.nan),
        )
        shares.append(float(inputs.rewards.mean()))
        learner.step(
            [
                Experience(rollout, np.full(len(rollout.completion_ids), value, dtype=np.float32))
                for rollout, value in zip(group, advantage(inputs), strict=True)
            ]
        )
    assert np.mean(shares[-3:]) > np.mean(shares[:3]) + 0.2


def test_state_goes_on_exactly(policy: Policy) -> None:
    batches = [_batch(policy, seed=seed) for seed in range(3)]
    whole = _learner(one := _thawed(policy), schedule="linear", warmup_steps=1)
    for batch in batches:
        whole.step(batch)
    first = _learner(two := _thawed(policy), schedule="linear", warmup_steps=1)
    first.step(batches[0])
    second = _learner(three := _thawed(two), schedule="linear", warmup_steps=1)
    second.restore(first.state())
    for batch in batches[1:]:
        second.step(batch)
    assert torch.equal(_weights(one), _weights(three))


def test_nothing_is_thought_of_rollouts_where_nothing_needs_it(policy: Policy) -> None:
    learner = _learner(_thawed(policy))
    learner.policy.logprobs = None  # type: ignore[assignment, method-assign]
    rollouts = [sample.rollout for sample in _batch(policy)]
    assert learner.believe(rollouts, record_logprobs=True) == [Beliefs()] * len(rollouts)


def test_the_kl_penalty_of_each_token_is_that_of_its_place(policy: Policy) -> None:
    """k1 = log p - log q, rollout by rollout, whatever shares a micro-batch with it; 0 for the reference itself."""
    rollouts, moved = [sample.rollout for sample in _batch(policy)], _thawed(policy)
    for perturbed in (False, True):
        if perturbed:
            with torch.no_grad():
                moved.model.get_output_embeddings().weight.mul_(1.2)
        objective = Objective(losses.bind("reinforce"), kl_weight=0.1, kl_place="reward", kl_estimator="k1")
        learner = Learner(
            moved, objective=objective, settings=sections.Optimizer(micro_batch_tokens=40), steps=10, reference=policy
        )
        for rollout, beliefs in zip(rollouts, learner.believe(rollouts), strict=True):
            with torch.no_grad():
                p, q = (each.logprobs([rollout]).values[0].numpy() for each in (moved, policy))
            assert beliefs.kl is not None
            assert beliefs.logprobs is None
            np.testing.assert_allclose(beliefs.kl, p - q, atol=1e-4)
            assert perturbed == bool(np.abs(beliefs.kl).max() > 1e-3)
            sample = Experience(rollout, np.zeros_like(rollout.logprobs), beliefs)
            assert learner.step([sample])["kl"] == pytest.approx(float(np.mean(p - q)), abs=1e-4)
        assert not learner._objective.anchored  # a token without advantage has no gradient then


def test_a_generator_of_other_probabilities_is_corrected_for(policy: Policy) -> None:
    """It says that every token was half as likely as the learner finds: weight 2, capped at 1.5."""
    batch = _batch(policy)
    halved = [
        replace(sample, rollout=replace(sample.rollout, logprobs=sample.rollout.logprobs - np.float32(np.log(2))))
        for sample in batch
    ]
    clipped = losses.bind("clipped")
    plain = _learner(_thawed(policy), Objective(clipped)).step(batch)
    corrected = _learner(_thawed(policy), Objective(clipped, importance_cap=1.5)).step(halved)
    assert corrected["importance"] == pytest.approx(2.0, rel=1e-3)
    assert corrected["importance_cut"] == 1.0
    assert corrected["loss"] == pytest.approx(1.5 * plain["loss"], rel=1e-3)
    assert corrected["grad_norm"] == pytest.approx(1.5 * plain["grad_norm"], rel=1e-3)
    assert corrected["ratio"] == pytest.approx(1.0, abs=1e-3)


def test_what_the_learner_thought_at_sampling_is_what_later_steps_compare_with(policy: Policy) -> None:
    copied = _thawed(policy)
    learner = _learner(copied, Objective(losses.bind("clipped"), importance_cap=2.0), learning_rate=1e-2)
    batch = _batch(policy)
    beliefs = learner.believe([sample.rollout for sample in batch], record_logprobs=True)
    batch = [replace(sample, beliefs=each) for sample, each in zip(batch, beliefs, strict=True)]
    assert learner.step(batch)["ratio"] == pytest.approx(1.0, abs=1e-3)
    later = learner.step(batch)
    assert abs(later["ratio"] - 1.0) > 1e-2
    assert later["clip_fraction"] > 0
    assert later["importance"] == pytest.approx(1.0, abs=1e-3)  # the weights that sampled them are still the same


def test_a_kl_term_needs_a_reference(fresh: Policy) -> None:
    with pytest.raises(ValueError, match="needs a reference policy"):
        _learner(fresh, Objective(losses.bind("reinforce"), kl_weight=0.1))
