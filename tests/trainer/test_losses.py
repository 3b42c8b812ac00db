from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from rewards.registry import UnknownName
from trainer import losses
from trainer.losses import LossInputs

LN2 = math.log(2.0)


def _inputs(
    logprobs: list[float],
    generator: list[float],
    advantages: list[float],
    *,
    mask: list[bool] | None = None,
    tokens: int,
) -> LossInputs:
    return LossInputs(
        logprobs=torch.tensor([logprobs], requires_grad=True),
        generator_logprobs=torch.tensor([generator]),
        advantages=torch.tensor([advantages]),
        mask=torch.tensor([mask or [True] * len(logprobs)]),
        step_tokens=tokens,
    )


def _gradient(loss: Tensor, inputs: LossInputs) -> list[float]:
    (gradient,) = torch.autograd.grad(loss, inputs.logprobs)
    return [float(value) for value in gradient[0]]


def test_reinforce_on_two_tokens() -> None:
    # (-(0.5)(-1) - (-1)(-2)) / 4 = (0.5 - 2) / 4 = -0.375, with 4 tokens in the whole step; d/dlogp = -A / 4.
    inputs = _inputs([-1.0, -2.0], [-1.0, -2.0], [0.5, -1.0], tokens=4)
    output = losses.bind("reinforce")(inputs)
    assert output.loss.item() == pytest.approx(-0.375)
    assert _gradient(output.loss, inputs) == pytest.approx([-0.125, 0.25])
    assert output.metrics["ratio"].item() == pytest.approx(0.5)  # two of four tokens, each with ratio 1


@pytest.mark.parametrize(
    ("log_ratio", "advantage", "loss", "gradient", "cut"),
    [
        # rho = 2: a good token is held at 1.28, where the gradient ends; a bad one is pushed down by rho A.
        (LN2, 1.0, -1.28, 0.0, 1.0),
        (LN2, -1.0, 2.0, 2.0, 0.0),
        # rho = 1/2: a good token is pulled up; a bad one is held at 1 - 0.2.
        (-LN2, 1.0, -0.5, -0.5, 0.0),
        (-LN2, -1.0, 0.8, 0.0, 1.0),
        # rho = 1: the plain policy gradient.
        (0.0, 1.0, -1.0, -1.0, 0.0),
    ],
)
def test_clipped_by_sign_and_ratio(
    log_ratio: float, advantage: float, loss: float, gradient: float, cut: float
) -> None:
    inputs = _inputs([-1.0 + log_ratio], [-1.0], [advantage], tokens=1)
    output = losses.bind("clipped", clip_low=0.2, clip_high=0.28)(inputs)
    assert output.loss.item() == pytest.approx(loss)
    assert _gradient(output.loss, inputs) == pytest.approx([gradient])
    assert output.metrics["clip_fraction"].item() == cut
    assert output.metrics["ratio"].item() == pytest.approx(math.exp(log_ratio))


def _double(rows: int = 5, width: int = 7, seed: int = 0, **more: Any) -> LossInputs:
    """Random inputs in double precision: rows of unlike length, ratios from about a third to three, charges."""
    generator = torch.Generator().manual_seed(seed)
    sampled = -torch.rand(rows, width, generator=generator, dtype=torch.float64) - 0.1
    logprobs = (sampled + 0.4 * torch.randn(rows, width, generator=generator, dtype=torch.float64)).requires_grad_()
    outcome = torch.randn(rows, 1, generator=generator, dtype=torch.float64)
    dense = -torch.rand(rows, width, generator=generator, dtype=torch.float64).round()
    lengths = torch.arange(rows) % width + 1
    mask = torch.arange(width)[None] < lengths[:, None]
    counts = {"step_tokens": int(mask.sum()), "step_sequences": rows, "token_limit": width + 2}
    return LossInputs(logprobs, sampled, outcome + more.pop("charges", 1.0) * dense, mask, **(counts | more))


def _naive(name: str, inputs: LossInputs, *, low: float, high: float, average: str) -> float:
    """The loss token by token, in plain Python."""
    total = 0.0
    for row in range(len(inputs.mask)):
        length = int(inputs.mask[row].sum())
        new, old, advantages = (
            [float(value) for value in values[row, :length]]
            for values in (inputs.logprobs.detach(), inputs.generator_logprobs, inputs.advantages)
        )
        sequence = math.exp(sum(n - o for n, o in zip(new, old, strict=True)) / length)
        for n, o, a in zip(new, old, advantages, strict=True):
            ratio = sequence if name == "gspo" else math.exp(n - o)
            bounded = min(max(ratio, 1 - low), 1 + high)
            term = {
                "reinforce": a * n,
                "clipped": min(ratio * a, bounded * a),
                "gspo": min(ratio * a, bounded * a),
                "cispo": bounded * a * n,
            }[name]
            share = {
                "tokens": 1 / inputs.step_tokens,
                "sequences": 1 / length / inputs.step_sequences,
                "limit": 1 / inputs.token_limit / inputs.step_sequences,
            }[average]
            total -= term * share
    return total


@pytest.mark.parametrize("average", losses.AVERAGES)
@pytest.mark.parametrize("name", ["reinforce", "clipped", "gspo", "cispo"])
def test_every_loss_is_the_naive_loop(name: str, average: str) -> None:
    inputs = _double()
    bounds = {} if name == "reinforce" else {"clip_low": 0.2, "clip_high": 0.3}
    found = losses.bind(name, average=average, **bounds)(inputs).loss.item()
    assert found == pytest.approx(_naive(name, inputs, low=0.2, high=0.3, average=average), rel=1e-12)


@pytest.mark.parametrize("name", ["reinforce", "clipped"])
def test_gradients_are_those_of_the_value(name: str) -> None:
    """By finite differences; the bounds of the other losses stop gradients on purpose."""
    inputs = _double()

    def loss(logprobs: Tensor) -> Tensor:
        return losses.bind(name, average="sequences")(replace(inputs, logprobs=logprobs)).loss

    assert torch.autograd.gradcheck(loss, (inputs.logprobs.detach().requires_grad_(),))


def test_averages_on_two_completions() -> None:
    """Of 1 and of 3 tokens; each token is worth 1, the token limit is 4."""
    mask = torch.tensor([[True, False, False], [True, True, True]])
    ones = torch.ones(2, 3)
    inputs = LossInputs(ones, ones, ones, mask, step_tokens=4, step_sequences=2, token_limit=4)
    rows = torch.tensor([[8.0, 9.0, 9.0], [1.0, 1.0, 2.0]])
    assert inputs.averaged(rows, "tokens").item() == pytest.approx(3.0)  # (8 + 4) / 4
    assert inputs.averaged(rows, "sequences").item() == pytest.approx((8 + 4 / 3) / 2)
    assert inputs.averaged(rows, "limit").item() == pytest.approx(1.5)  # (8 / 4 + 4 / 4) / 2


@pytest.mark.parametrize(
    ("advantages", "loss", "gradient", "cut"),
    [
        # Ratios 2 and 1/8 make s = (1/4) ** (1/2) = 1/2, below 1 - 0.2: a good completion is pulled up by s A / 2 a
        # token, a bad one is held at 0.8.
        ([1.0, 1.0], -0.5, [-0.25, -0.25], 0.0),
        ([-1.0, -1.0], 0.8, [0.0, 0.0], 1.0),
        # A charge on the first token of a good completion: that token is held, the other one is pulled up.
        ([-1.0, 1.0], (0.8 - 0.5) / 2, [0.0, -0.25], 0.5),
    ],
)
def test_gspo_on_two_tokens(advantages: list[float], loss: float, gradient: list[float], cut: float) -> None:
    inputs = _inputs([-1.0 + LN2, -1.0 - 3 * LN2], [-1.0, -1.0], advantages, tokens=2)
    output = losses.bind("gspo", clip_low=0.2, clip_high=0.3)(inputs)
    assert output.loss.item() == pytest.approx(loss)
    assert _gradient(output.loss, inputs) == pytest.approx(gradient)
    assert output.metrics["clip_fraction"].item() == pytest.approx(cut)
    assert output.metrics["ratio"].item() == pytest.approx(0.5)


def test_gspo_without_charges_has_the_gradient_of_the_sequence_ratio() -> None:
    """min(s A, clip(s) A) with s = exp(mean of log rho), differentiated through s."""
    inputs = _double(charges=0.0)
    lengths = inputs.mask.sum(-1)
    s = torch.exp(torch.where(inputs.mask, inputs.logprobs - inputs.generator_logprobs, 0.0).sum(-1) / lengths)
    outcome = inputs.advantages[:, 0]
    expected = -torch.minimum(s * outcome, s.clamp(0.8, 1.3) * outcome).mean()
    found = losses.bind("gspo", clip_low=0.2, clip_high=0.3)(inputs).loss
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, inputs.logprobs), torch.autograd.grad(expected, inputs.logprobs)
    )


def test_cispo_on_two_tokens() -> None:
    # rho = 8 is held at 5 and keeps its gradient; rho = 1/2 has no bound below. Advantages 1 and -1, log p -1 and -2:
    # -(5 * 1 * -1 + 1/2 * -1 * -2) / 2 = 2; d/dlogp = -(5, -1/2) / 2.
    inputs = _inputs([-1.0, -2.0], [-1.0 - 3 * LN2, -2.0 + LN2], [1.0, -1.0], tokens=2)
    output = losses.bind("cispo")(inputs)
    assert output.loss.item() == pytest.approx(2.0)
    assert _gradient(output.loss, inputs) == pytest.approx([-2.5, 0.25])
    assert output.metrics["clip_fraction"].item() == 0.5


@pytest.mark.parametrize("name", ["reinforce", "clipped", "gspo", "cispo"])
def test_a_charge_lowers_its_token_alone(name: str) -> None:
    """On-policy, no outcome: descent makes the charged token rarer and leaves the other where it is."""
    inputs = _inputs([-1.0, -1.0], [-1.0, -1.0], [0.0, -0.3], tokens=2)
    left, right = _gradient(losses.bind(name)(inputs).loss, inputs)
    assert left == 0
    assert right > 0


def test_the_learner_s_own_log_probs_come_before_the_generator_s() -> None:
    inputs = replace(_inputs([-1.0], [-9.0], [1.0], tokens=1), old_logprobs=torch.tensor([[-1.0 - LN2]]))
    assert losses.bind("clipped", clip_high=5.0)(inputs).loss.item() == pytest.approx(-2.0)


def test_truncated_importance_weights_on_two_tokens() -> None:
    # p_old / p_generator = 4 and 1/2, capped at 3: advantages 3 and -1/2. The ratio to p_old is 1.
    inputs = replace(
        _inputs([-1.0, -1.0], [-1.0 - 2 * LN2, -1.0 + LN2], [1.0, -1.0], tokens=2),
        old_logprobs=torch.tensor([[-1.0, -1.0]]),
    )
    weighed, metrics = losses.importance_truncated(inputs, cap=3.0)
    assert weighed.advantages[0].tolist() == pytest.approx([3.0, -0.5])
    assert metrics["importance"].item() == pytest.approx(2.25)
    assert metrics["importance_cut"].item() == 0.5
    output = losses.bind("clipped")(weighed)
    assert output.loss.item() == pytest.approx(-1.25)
    assert _gradient(output.loss, inputs) == pytest.approx([-1.5, 0.25])  # no gradient through the weight
    # Nobody noted p_old: the current weights drew the samples.
    fresh, _ = losses.importance_truncated(replace(inputs, old_logprobs=None), cap=3.0)
    assert fresh.advantages[0].tolist() == pytest.approx([3.0, -0.5])
    assert losses.bind("clipped")(fresh).metrics["ratio"].item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("estimator", "values"),
    [
        ("k1", [LN2, -LN2]),
        ("k2", [LN2**2 / 2, LN2**2 / 2]),
        ("k3", [0.5 - 1 + LN2, 2 - 1 - LN2]),
    ],
)
def test_kl_estimates_by_hand(estimator: str, values: list[float]) -> None:
    # p/q = 2 and 1/2
    assert losses.kl_estimate(torch.tensor([LN2, -LN2]), estimator).tolist() == pytest.approx(values)


def test_kl_estimates_are_right_on_average() -> None:
    """Expectation under p = (0.7, 0.3) against q = (0.4, 0.6), whose KL is 0.7 ln(7/4) + 0.3 ln(1/2)."""
    p, q = torch.tensor([0.7, 0.3], dtype=torch.float64), torch.tensor([0.4, 0.6], dtype=torch.float64)
    true = 0.7 * math.log(7 / 4) + 0.3 * math.log(1 / 2)
    for estimator in ("k1", "k3"):
        assert (p * losses.kl_estimate((p / q).log(), estimator)).sum().item() == pytest.approx(true)
    logits = p.log().requires_grad_()
    logprobs = torch.log_softmax(logits, -1)
    expected = torch.autograd.grad((logprobs.exp() * (logprobs - q.log())).sum(), logits)[0]
    logprobs = torch.log_softmax(logits, -1)
    for estimator, gradient in (("k2", expected), ("k1", torch.zeros(2, dtype=torch.float64))):
        loss = (p * losses.kl_estimate(logprobs - q.log(), estimator)).sum()  # p weighs, as samples from it would
        torch.testing.assert_close(torch.autograd.grad(loss, logits, retain_graph=True)[0], gradient)


def test_value_loss_on_two_tokens() -> None:
    # V_old = 0 and 0, clip 0.2. V = 0.5 with R = 1: held at 0.2, so max(0.25, 0.64) / 2 = 0.32 and no gradient.
    # V = -0.5 with R = 1: held at -0.2; max(2.25, 1.44) / 2 = 1.125, whose gradient is V - R = -1.5, over 2 tokens.
    inputs = _inputs([-1.0, -1.0], [-1.0, -1.0], [0.0, 0.0], tokens=2)
    values = torch.tensor([[0.5, -0.5]], requires_grad=True)
    more = {"old": torch.zeros(1, 2), "returns": torch.ones(1, 2)}
    loss = losses.value_loss(inputs, values, clip=0.2, **more)
    assert loss.item() == pytest.approx((0.32 + 1.125) / 2)
    assert torch.autograd.grad(loss, values)[0][0].tolist() == pytest.approx([0.0, -0.75])
    # Free: (0.25 + 2.25) / 2 / 2.
    assert losses.value_loss(inputs, values, clip=0.0, **more).item() == pytest.approx(0.625)


def test_kl_is_k3() -> None:
    # q/p = 2 and 1/2: k3 = 2 - 1 - ln 2 = 0.30685 and 1/2 - 1 + ln 2 = 0.19315; their mean is 0.25.
    # d k3 / d logp = -(q/p) + 1, over 2 tokens: -0.5 and 0.25.
    inputs = _inputs([-1.0, -1.0], [-1.0, -1.0], [0.0, 0.0], tokens=2)
    kl = losses.kl_to_reference(inputs, torch.tensor([[-1.0 + LN2, -1.0 - LN2]]))
    assert kl.item() == pytest.approx(0.25)
    assert _gradient(kl, inputs) == pytest.approx([-0.5, 0.25])


def test_supervised_is_the_mean_negative_log_likelihood() -> None:
    # (1 + 3) / 8 reference tokens in the step; the third position is padding.
    logprobs = torch.tensor([[-1.0, -3.0, -99.0]])
    loss = losses.supervised(logprobs, torch.tensor([[True, True, False]]), step_tokens=8)
    assert loss.item() == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["reinforce", "clipped", "gspo", "cispo"])
@pytest.mark.parametrize("junk", [float("inf"), float("nan"), -1e9, 1e9])
def test_padding_never_counts(name: str, junk: float) -> None:
    inputs = _inputs([-1.0, -2.0], [-1.0, junk], [0.5, junk], mask=[True, False], tokens=1)
    output = losses.bind(name)(inputs)
    expected = 0.5 if name in ("reinforce", "cispo") else -0.5
    assert output.loss.item() == pytest.approx(expected)
    assert _gradient(output.loss, inputs) == pytest.approx([-0.5, 0.0])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("reinforce", {}),
        ("clipped", {"clip_high": 0.3}),
        ("clipped", {"average": "sequences"}),
        ("clipped", {"average": "limit"}),
        ("gspo", {}),
        ("cispo", {}),
    ],
)
def test_micro_batches_add_up_to_the_step(name: str, options: dict[str, Any]) -> None:
    loss = losses.bind(name, **options)
    generator = torch.Generator().manual_seed(0)
    logprobs, sampled, advantages = (torch.randn(4, 6, generator=generator) for _ in range(3))
    mask = torch.rand(4, 6, generator=generator) > 0.3
    tokens = int(mask.sum())

    def part(rows: slice) -> Tensor:
        return loss(LossInputs(logprobs[rows], sampled[rows], advantages[rows], mask[rows], tokens, 4, 8)).loss

    whole = part(slice(0, 4))
    torch.testing.assert_close(part(slice(0, 1)) + part(slice(1, 4)), whole)


@pytest.mark.parametrize("name", ["reinforce", "clipped", "gspo", "cispo"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_bandit_learns_the_paying_arm(name: str, sign: float) -> None:
    """Three arms, the first pays. With the right sign it takes over; with the sign turned it dies out."""
    loss = losses.bind(name)
    logits = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=0.5)
    generator = torch.Generator().manual_seed(1)
    for _ in range(60):
        with torch.no_grad():
            sampled = torch.log_softmax(logits, -1)
            arms = torch.multinomial(sampled.exp(), 32, replacement=True, generator=generator)
        pay = (arms == 0).float()
        inputs = LossInputs(
            logprobs=torch.log_softmax(logits, -1)[arms][:, None],
            generator_logprobs=sampled[arms][:, None],
            advantages=sign * (pay - pay.mean())[:, None],
            mask=torch.ones(32, 1, dtype=torch.bool),
            step_tokens=32,
            step_sequences=32,
        )
        optimizer.zero_grad()
        loss(inputs).loss.backward()
        optimizer.step()
    probability = torch.softmax(logits, -1)[0].item()
    assert probability > 0.9 if sign > 0 else probability < 0.05


def test_unknown_options_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'clip_high' or 'clip_low'"):
        losses.bind("clipped", clip_hig=0.3)
    with pytest.raises(UnknownName, match="unknown average 'token' of loss 'clipped'; did you mean 'tokens'"):
        losses.bind("clipped", average="token")
