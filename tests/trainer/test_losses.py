from __future__ import annotations

import math
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


@pytest.mark.parametrize("name", ["reinforce", "clipped"])
@pytest.mark.parametrize("junk", [float("inf"), float("nan"), -1e9, 1e9])
def test_padding_never_counts(name: str, junk: float) -> None:
    inputs = _inputs([-1.0, -2.0], [-1.0, junk], [0.5, junk], mask=[True, False], tokens=1)
    output = losses.bind(name)(inputs)
    expected = 0.5 if name == "reinforce" else -0.5
    assert output.loss.item() == pytest.approx(expected)
    assert _gradient(output.loss, inputs) == pytest.approx([-0.5, 0.0])


@pytest.mark.parametrize(("name", "options"), [("reinforce", {}), ("clipped", {"clip_high": 0.3})])
def test_micro_batches_add_up_to_the_step(name: str, options: dict[str, Any]) -> None:
    loss = losses.bind(name, **options)
    generator = torch.Generator().manual_seed(0)
    logprobs, sampled, advantages = (torch.randn(4, 6, generator=generator) for _ in range(3))
    mask = torch.rand(4, 6, generator=generator) > 0.3
    tokens = int(mask.sum())

    def part(rows: slice) -> Tensor:
        return loss(LossInputs(logprobs[rows], sampled[rows], advantages[rows], mask[rows], tokens)).loss

    whole = part(slice(0, 4))
    torch.testing.assert_close(part(slice(0, 1)) + part(slice(1, 4)), whole)


@pytest.mark.parametrize("name", ["reinforce", "clipped"])
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
        )
        optimizer.zero_grad()
        loss(inputs).loss.backward()
        optimizer.step()
    probability = torch.softmax(logits, -1)[0].item()
    assert probability > 0.9 if sign > 0 else probability < 0.05


def test_unknown_options_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'clip_high' or 'clip_low'"):
        losses.bind("clipped", clip_hig=0.3)
