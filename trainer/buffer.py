"""The online buffer: what is kept, how stale it may be, what is dropped first (RLTF, arXiv 2307.04349, section 3.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.types import Beliefs, Experience, Rollout

BELIEFS = tuple(field.name for field in fields(Beliefs))


@dataclass(frozen=True, slots=True)
class Staleness:
    """How old samples may become. RLTF: `Staleness(capacity=6400, refresh=50, limit=None, warmup=6400)`."""

    capacity: int = 6400
    """Samples kept; the oldest are dropped first."""
    refresh: int = 1
    """Optimiser steps from one round of rollouts to the next; a round is sampled with the weights of its moment."""
    limit: int | None = 0
    """Largest age in optimiser steps that a sample may be learned from; 0 is on-policy, where each sample is used once;
    None sets no limit."""
    warmup: int = 0
    """Samples that must be there before the first optimiser step."""

    def __post_init__(self) -> None:
        if self.capacity < 1 or self.refresh < 1 or not 0 <= self.warmup <= self.capacity:
            raise ValueError(f"need capacity >= 1, refresh >= 1 and 0 <= warmup <= capacity, got {self}")
        if self.limit is not None and self.limit < self.refresh - 1:
            raise ValueError(
                f"rollouts are refreshed every {self.refresh} steps, so samples reach age {self.refresh - 1}, "
                f"but the staleness limit is {self.limit}; raise the limit or refresh more often"
            )


class Buffer:
    """Samples in the order in which they came."""

    def __init__(self, staleness: Staleness | None = None) -> None:
        self.staleness = staleness or Staleness()
        self._samples: deque[Experience] = deque(maxlen=self.staleness.capacity)
        self._refreshed: int | None = None

    def __len__(self) -> int:
        return len(self._samples)

    def wants_rollouts(self, step: int, *, coming: int | None = None) -> bool:
        """Whether a round of rollouts is due before optimiser step `step`.

        `coming` is the number of samples that rounds of this step have brought already, which are to be added.
        """
        if coming is None:
            return self._refreshed is None or step - self._refreshed >= self.staleness.refresh
        return len(self) + coming < self.staleness.warmup

    def add(self, samples: Iterable[Experience], *, step: int) -> None:
        """Takes the rollouts of a step in; the oldest samples give way."""
        self._samples.extend(samples)
        self._refreshed = step

    def draw(self, count: int | None, *, step: int, seed: int) -> list[Experience]:
        """What optimiser step `step` learns from: `count` samples without replacement, or all of them (None).

        Samples beyond the staleness limit are dropped first. On-policy, the buffer is empty afterwards. The draw
        depends on the contents, `step` and `seed` alone.
        """
        limit = self.staleness.limit
        if limit is not None:
            fresh = [sample for sample in self._samples if step - sample.rollout.step <= limit]
            self._samples = deque(fresh, maxlen=self.staleness.capacity)
        kept = list(self._samples)
        if limit == 0:
            self._samples.clear()
        if count is None or count >= len(kept):
            return kept
        chosen = np.random.default_rng((seed, step)).choice(len(kept), size=count, replace=False)
        return [kept[index] for index in sorted(chosen)]

    def state(self) -> dict[str, Any]:
        """Everything, as plain values and tensors that `torch.load(weights_only=True)` accepts."""
        return {"refreshed": self._refreshed, "samples": [_pack(sample) for sample in self._samples]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` returned."""
        self._refreshed = state["refreshed"]
        self._samples = deque(map(_unpack, state["samples"]), maxlen=self.staleness.capacity)


def _pack(sample: Experience) -> dict[str, Any]:
    rollout = sample.rollout
    return {
        "task_id": rollout.task_id,
        "prompt_ids": torch.from_numpy(rollout.prompt_ids),
        "completion_ids": torch.from_numpy(rollout.completion_ids),
        "logprobs": torch.from_numpy(rollout.logprobs),
        # Bytes, because a completion may hold lone surrogates, which no text encoding takes.
        "completion": rollout.completion.encode("utf-8", "surrogatepass"),
        "truncated": rollout.truncated,
        "step": rollout.step,
        "advantages": torch.from_numpy(sample.advantages),
        "returns": _tensor(sample.returns),
        "outcome": sample.outcome,
        "beliefs": {name: _tensor(getattr(sample.beliefs, name)) for name in BELIEFS},
    }


def _unpack(state: Mapping[str, Any]) -> Experience:
    rollout = Rollout(
        task_id=state["task_id"],
        prompt_ids=state["prompt_ids"].numpy(),
        completion_ids=state["completion_ids"].numpy(),
        logprobs=state["logprobs"].numpy(),
        completion=state["completion"].decode("utf-8", "surrogatepass"),
        truncated=state["truncated"],
        step=state["step"],
    )
    beliefs = Beliefs(**{name: _array(values) for name, values in state["beliefs"].items()})
    return Experience(rollout, state["advantages"].numpy(), beliefs, _array(state["returns"]), state.get("outcome"))


def _tensor(values: NDArray[np.float32] | None) -> torch.Tensor | None:
    return None if values is None else torch.from_numpy(values)


def _array(values: torch.Tensor | None) -> NDArray[np.float32] | None:
    return None if values is None else values.numpy()
