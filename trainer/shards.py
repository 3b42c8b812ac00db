"""Weights that no process holds in whole: FSDP2, where the launcher asks for it.

Every pass through a sharded model is a conversation of all processes. Sampling, where each of them goes its own way,
therefore takes the weights in whole, for as long as it lasts.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

HALVES = {"no": None, "bf16": torch.bfloat16}


def wanted() -> bool:
    """Whether the launcher asks for sharded weights.

    Raises:
        ValueError: it asks for what is not to be had here.
    """
    if os.environ.get("ACCELERATE_USE_FSDP", "").lower() != "true":
        return False
    if os.environ.get("FSDP_VERSION", "1") != "2":
        raise ValueError("weights are sharded by FSDP2: set fsdp_version: 2 in the configuration of accelerate")
    if os.environ.get("FSDP_OFFLOAD_PARAMS", "").lower() == "true":
        raise ValueError("sharded weights stay on their device: set fsdp_offload_params: false")
    return True


def shard(model: Any, *, mixed_precision: str = "no") -> None:
    """Spreads the weights of a model over all processes, layer by layer; they gather in whole for one layer at a time.

    Raises:
        ValueError: float16, which would need a scaler of gradients.
    """
    if mixed_precision not in HALVES:
        raise ValueError(
            f"sharded weights learn in float32 or bf16, got {mixed_precision!r}: set model.mixed_precision"
        )
    half = HALVES[mixed_precision]
    policy = MixedPrecisionPolicy() if half is None else MixedPrecisionPolicy(half, reduce_dtype=torch.float32)
    mesh = init_device_mesh(model.device.type, (torch.distributed.get_world_size(),))
    # It is said of outputs that are changed in place, which none is here.
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view tensor")
    layers = set(model._no_split_modules or ())
    for module in [module for module in model.modules() if type(module).__name__ in layers]:
        fully_shard(module, mesh=mesh, mp_policy=policy, reshard_after_forward=_given_back())
    # What is outside of the layers, the head among it, stays whole from the forward pass to the end of the backward.
    fully_shard(model, mesh=mesh, mp_policy=policy, reshard_after_forward=False)


def is_sharded(model: Any) -> bool:
    """Whether no process holds all of the weights."""
    return isinstance(model, FSDPModule)


@contextmanager
def whole(model: Any) -> Iterator[None]:
    """Inside, each process holds all weights of a model and may use it by itself, without gradient.

    All processes enter it together.
    """
    parts = [module for module in model.modules() if isinstance(module, FSDPModule)]
    for part in parts:
        part.set_reshard_after_forward(False, recurse=False)
        part.unshard()
    try:
        yield
    finally:
        for part in parts:
            part.set_reshard_after_forward(_given_back() and part is not model, recurse=False)
            part.reshard()


def full(tensor: Tensor) -> Tensor:
    """A tensor in whole; all processes call it together."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def weights(model: Any, *, keep: bool) -> dict[str, Tensor]:
    """The weights of a sharded model in whole, on the CPU, in those processes that `keep` them; the others help.

    All processes call it together.
    """
    found = ((name, full(weight.detach())) for name, weight in model.state_dict().items())
    return {name: weight.cpu() for name, weight in found if keep}


def optimizer_state(state: Mapping[str, Any], *, keep: bool) -> dict[str, Any]:
    """The state of an optimiser with its moments in whole, likewise."""
    moments = {}
    for index, values in state["state"].items():
        found = {name: full(value) if isinstance(value, Tensor) else value for name, value in values.items()}
        if keep:
            moments[index] = {
                name: value.cpu() if isinstance(value, Tensor) else value for name, value in found.items()
            }
    return {**state, "state": moments}


def placed(state: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `optimizer_state` returned, for an optimiser with these `groups` of weights: each moment is spread like its
    weight, and how the optimiser computes is left to itself.

    Raises:
        ValueError: it is that of other weights.
    """
    counts = [[len(group["params"]) for group in each] for each in (state["param_groups"], groups)]
    if counts[0] != counts[1]:
        raise ValueError(f"the optimiser had groups of {counts[0]} weights, and has groups of {counts[1]}")
    weights = [weight for group in groups for weight in group["params"]]
    moments = {
        index: {name: _like(value, weights[index]) for name, value in values.items()}
        for index, values in state["state"].items()
    }
    own = [{key: group[key] for key in ("fused", "foreach") if key in group} for group in groups]
    kept = [{**saved, **each} for saved, each in zip(state["param_groups"], own, strict=True)]
    return {"state": moments, "param_groups": kept}


def _like(value: Any, weight: Tensor) -> Any:
    if not isinstance(weight, DTensor) or not isinstance(value, Tensor) or value.shape != weight.shape:
        return value
    here = value.to(weight.device)
    return distribute_tensor(here, weight.device_mesh, weight.placements, src_data_rank=None)


def _given_back() -> bool:
    """Whether layers let go of their whole weights between the forward and the backward pass."""
    return os.environ.get("FSDP_RESHARD_AFTER_FORWARD", "true").lower() == "true"
