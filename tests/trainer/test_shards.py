"""What can be told of shards in one process; `test_distributed` trains with them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from trainer import shards


@pytest.fixture(autouse=True)
def _launched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCELERATE_USE_FSDP", "true"), ("FSDP_VERSION", "2"), ("FSDP_OFFLOAD_PARAMS", "false")):
        monkeypatch.setenv(name, value)


def test_the_launcher_says_whether_weights_are_sharded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shards.wanted()
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "false")
    monkeypatch.setenv("FSDP_VERSION", "1")
    assert not shards.wanted()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("FSDP_VERSION", "1", "set fsdp_version: 2"), ("FSDP_OFFLOAD_PARAMS", "true", "set fsdp_offload_params: false")],
)
def test_what_is_not_to_be_had_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=message):
        shards.wanted()


def test_float16_is_refused() -> None:
    with pytest.raises(ValueError, match=r"float32 or bf16, got 'fp16': set model.mixed_precision"):
        shards.shard(torch.nn.Linear(2, 2), mixed_precision="fp16")


def test_whole_weights_are_left_as_they_are() -> None:
    model = torch.nn.Linear(2, 2)
    assert not shards.is_sharded(model)
    assert shards.full(model.weight) is model.weight


def _trained(*, fused: bool = False) -> torch.optim.AdamW:
    weights = [torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(2))]
    groups: list[dict[str, Any]] = [{"params": weights[:1]}, {"params": weights[1:], "weight_decay": 0.5}]
    optimizer = torch.optim.AdamW(groups, fused=fused)
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    return optimizer


def test_an_optimiser_goes_on_with_its_moments_and_computes_in_its_own_way() -> None:
    before, after = _trained(fused=True), _trained(fused=False)
    before.param_groups[1]["lr"] = 0.25
    after.load_state_dict(shards.placed(before.state_dict(), after.param_groups))
    assert [group["fused"] for group in after.param_groups] == [False, False]
    assert (after.param_groups[1]["lr"], after.param_groups[1]["weight_decay"]) == (0.25, 0.5)
    moments = [next(iter(each.state.values()))["exp_avg"] for each in (before, after)]
    assert torch.equal(*moments)


def test_an_optimiser_of_other_weights_is_refused() -> None:
    with pytest.raises(ValueError, match=r"groups of \[1, 1\] weights, and has groups of \[2\]"):
        shards.placed(_trained().state_dict(), [{"params": [torch.ones(3), torch.ones(2)]}])
